package beneath

import (
	"context"
	"io/fs"
	"os"
)

// ReadUserFile returns the content of a file anywhere that the user has named on the command line. It may be
// a named pipe, such as a shell creates for <(command); the writer is waited for until ctx ends. The error is
// [ErrTooLarge] for a file of more than max bytes.
func ReadUserFile(ctx context.Context, file string, max int64) ([]byte, error) {
	type result struct {
		b   []byte
		err error
	}
	done := make(chan result, 1)
	go func() { // leaks if nobody ever writes to the pipe
		b, err := readUserFile(file, max)
		done <- result{b, err}
	}()
	select {
	case r := <-done:
		return r.b, r.err
	case <-ctx.Done():
		return nil, &fs.PathError{Op: "read", Path: file, Err: context.Cause(ctx)}
	}
}

// readUserFile is [ReadUserFile] without a limit on the time.
func readUserFile(file string, max int64) ([]byte, error) {
	fd, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer fd.Close()
	info, err := fd.Stat()
	if err != nil {
		return nil, err
	}
	return readAll(fd, file, info.Size(), max)
}

// OpenUserFile opens a file anywhere that the user has named on the command line, for a caller that reads value by
// value. It may be a named pipe, whose writer is waited for until ctx ends. The file is closed then, so that a read
// that waits for the writer fails.
func OpenUserFile(ctx context.Context, file string) (*os.File, error) {
	type result struct {
		f   *os.File
		err error
	}
	done := make(chan result, 1)
	go func() { // leaks if nobody ever opens the pipe for writing
		f, err := os.Open(file)
		done <- result{f: f, err: err}
	}()
	select {
	case r := <-done:
		if r.err == nil {
			context.AfterFunc(ctx, func() { r.f.Close() })
		}
		return r.f, r.err
	case <-ctx.Done():
		return nil, &fs.PathError{Op: "open", Path: file, Err: context.Cause(ctx)}
	}
}
