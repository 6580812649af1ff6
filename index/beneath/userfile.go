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
