package beneath_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"lanser/index/beneath"
)

// A pipe that nobody opens for writing is not waited for after the end of the context, and neither is a writer that
// says nothing.
func TestAPipeOfTheUserIsWaitedForUntilTheContextEnds(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := beneath.OpenUserFile(ended, pipe); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody writes: %v", err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	writer, err := os.OpenFile(pipe, os.O_RDWR, 0) // does not wait for a reader
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	f, err := beneath.OpenUserFile(ctx, pipe)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	read := make(chan error)
	go func() {
		_, err := io.ReadAll(f)
		read <- err
	}()
	cancel()
	if err := <-read; !errors.Is(err, os.ErrClosed) {
		t.Errorf("a writer that says nothing: %v", err)
	}
}
