package beneath

import (
	"context"
	"io/fs"
	"os"
)

// ReadGiven returns the content of a file that the user has named on the command line,
// anywhere: a named pipe too, as a shell makes one for <(command), whose writer is waited
// for until ctx ends. A file of more than max bytes is [ErrTooLarge].
func ReadGiven(ctx context.Context, file string, max int64) ([]byte, error) {
	type result struct {
		b   []byte
		err error
	}
	done := make(chan result, 1)
	go func() { // left behind if nobody ever writes
		b, err := readGiven(file, max)
		done <- result{b, err}
	}()
	select {
	case r := <-done:
		return r.b, r.err
	case <-ctx.Done():
		return nil, &fs.PathError{Op: "read", Path: file, Err: context.Cause(ctx)}
	}
}

func readGiven(file string, max int64) ([]byte, error) {
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
