package lsp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"lanser/server/wire"
)

// MaxMessage bounds a message of a server, in bytes.
const MaxMessage = 64 << 20

// bounded reads a stream of messages of LSP's base protocol message by message. It fails
// before it reads a message that is larger than MaxMessage. It replaces bytes that are not
// UTF-8, which some servers write into their logs, by question marks: one bad letter must not
// end a session.
type bounded struct {
	io.Closer
	r    *bufio.Reader
	next bytes.Buffer // the message that is being returned
	fail func(error)  // called with the reason before an error is returned
}

// maxHeaders bounds the headers of a message, in bytes.
const maxHeaders = 64 << 10

// newBounded returns a reader of the messages in r.
func newBounded(r io.ReadCloser, fail func(error)) *bounded {
	return &bounded{Closer: r, r: bufio.NewReaderSize(r, 64<<10), fail: fail}
}

// Read returns the bytes of whole messages.
func (b *bounded) Read(p []byte) (int, error) {
	if b.next.Len() == 0 {
		if err := b.message(); err != nil {
			return 0, err
		}
	}
	return b.next.Read(p)
}

// message reads the next message into b.next.
func (b *bounded) message() error {
	var head []byte
	var size int64
	for {
		line, err := wire.ReadLine(b.r, maxHeaders-len(head), wire.FailAtOnce)
		head = append(head, line...)
		if errors.Is(err, wire.ErrLineTooLong) {
			return b.refuse(fmt.Errorf("it sent %d bytes of headers", len(head)))
		}
		if err != nil {
			return err
		}
		name, value, _ := strings.Cut(string(line), ":")
		if strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			if err != nil || n < 0 {
				return b.refuse(fmt.Errorf("it sent the length %q", strings.TrimSpace(value)))
			}
			if n > MaxMessage {
				return b.refuse(fmt.Errorf("it sent a message of %d bytes, more than %d", n, MaxMessage))
			}
			size = n
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}

	b.next.Write(head)

	// CopyN allocates for the bytes that arrive, not for those that were announced.
	if _, err := io.CopyN(&b.next, b.r, size); err != nil {
		return err
	}
	if body := b.next.Bytes()[len(head):]; !utf8.Valid(body) {
		for i := 0; i < len(body); {
			r, n := utf8.DecodeRune(body[i:])
			if r == utf8.RuneError && n == 1 {
				body[i] = '?'
			}
			i += n
		}
	}

	return nil
}

// refuse reports why no further messages are read.
func (b *bounded) refuse(err error) error {
	b.fail(err)
	return err
}
