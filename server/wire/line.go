package wire

import (
	"bufio"
	"errors"
	"io"
)

// ErrLineTooLong says that a line has more bytes than the reader allows.
var ErrLineTooLong = errors.New("the line is too long")

// LongLine says what [ReadLine] does with a line of more bytes than it may hold.
type LongLine int

const (
	// FailAtOnce returns ErrLineTooLong with what was read of the line, as soon as that is too much.
	// The rest of the line stays unread: whoever sends it need not end it.
	FailAtOnce LongLine = iota
	// SkipLine reads to the end of the line, keeps nothing of it, and returns ErrLineTooLong.
	SkipLine
	// KeepEnd reads to the end of the line and returns its last bytes, without an error.
	KeepEnd
)

// ReadLine returns the next line of r with its line end, in a slice of its own. It holds at most
// max bytes of the line, its end included, and one buffer of r; long says what happens to a line
// that has more.
//
// At the end of the input it returns io.EOF, with the bytes after the last line end if there are
// any. Any other error of r is returned in the same way.
func ReadLine(r *bufio.Reader, max int, long LongLine) (line []byte, err error) {
	tooLong := false
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		tooLong = tooLong || len(line) > max
		switch {
		case tooLong && long == FailAtOnce:
			return line, ErrLineTooLong
		case tooLong && long == SkipLine:
			line = nil
		case tooLong:
			line = line[len(line)-max:]
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull): // the line goes on
		case tooLong && long == SkipLine && (err == nil || errors.Is(err, io.EOF)):
			return nil, ErrLineTooLong
		default:
			return line, err
		}
	}
}
