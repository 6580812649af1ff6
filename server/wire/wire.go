// Package wire owns what a client's bytes must be before any decoder sees them: lines and
// JSON values of bounded size and depth.
//
// It promises that memory is bounded whatever is sent: a line that is too long is dropped
// while it is read, and a value that [Check] accepts is valid UTF-8, is nested at most
// [MaxDepth] deep, and has no object with two members of one name, of which decoders would
// take the one or the other.
//
// It does not know what messages mean; each protocol refuses bad ones with its own error.
package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxMessage bounds a message from a client, in bytes.
const MaxMessage = 16 << 20

// MaxDepth bounds how deep arrays and objects of a message are nested: decoders recurse.
const MaxDepth = 1000

// ErrLong says that a line is longer than [MaxMessage].
var ErrLong = fmt.Errorf("it has more than %d bytes", MaxMessage)

// Line is a line of input.
type Line struct {
	N    int // 1-based
	Text []byte
	Err  error // ErrLong, or why there are no more lines
}

// Lines yields the lines of r. One that is too long is ErrLong, and the rest goes on.
func Lines(r io.Reader) func(func(Line) bool) {
	return func(yield func(Line) bool) {
		br := bufio.NewReaderSize(r, 64<<10)
		for n := 1; ; n++ {
			text, long, err := readLine(br)
			last := err != nil
			switch {
			case err != nil && !errors.Is(err, io.EOF):
				yield(Line{N: n, Err: err})
				return
			case last && len(text) == 0 && !long:
				return
			case long:
				if !yield(Line{N: n, Err: ErrLong}) {
					return
				}
			case !yield(Line{N: n, Text: text}):
				return
			}
			if last {
				return
			}
		}
	}
}

// readLine reads a line with its end; of one that is too long nothing is kept.
func readLine(br *bufio.Reader) (text []byte, long bool, err error) {
	for {
		part, err := br.ReadSlice('\n')
		size := len(text) + len(bytes.TrimRight(part, "\r\n"))
		long = long || size > MaxMessage
		if long {
			text = nil
		} else {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, long, err
		}
	}
}

// Check says why raw is not one JSON value as the package promises it; nil where it is.
// Escapes of lone surrogates ("\ud800") pass: editors send them for what is no text.
func Check(raw []byte) error {
	if err := checkDepth(raw); err != nil {
		return err
	}
	if !utf8.Valid(raw) {
		return errors.New("not valid UTF-8")
	}
	dec := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowInvalidUTF8(true))
	if _, err := dec.ReadValue(); err != nil {
		return notJSON(err)
	}
	_, err := dec.ReadToken()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return errors.New("more than one JSON value")
}

func notJSON(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("empty")
	case errors.Is(err, jsontext.ErrDuplicateName):
		return errors.New("an object has two members of one name")
	case errors.As(err, &syntax): // counted from 1
		return fmt.Errorf("not JSON at byte %d: %w", syntax.ByteOffset+1, syntax.Err)
	}
	return fmt.Errorf("not JSON: %w", err)
}

// checkDepth fails where brackets outside of strings are nested too deep. It needs no
// stack, and is right for whatever begins like JSON.
func checkDepth(raw []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case inString && c == '\\':
			i++ // what is escaped ends no string
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		}
		if depth > MaxDepth {
			return fmt.Errorf("arrays and objects are nested more than %d deep", MaxDepth)
		}
	}
	return nil
}
