// Package wire owns what foreign bytes must be before any decoder sees them: lines of bounded
// size, and a client's JSON values of bounded size and depth.
//
// It promises that memory is bounded whatever is sent: [ReadLine] holds no more of a line than
// its caller allows, and a value that [Check] accepts is valid UTF-8, is nested at most
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

// ErrLong says that a message, such as a line of [Lines], is longer than [MaxMessage].
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
			text, err := ReadLine(br, MaxMessage+len("\r\n"), SkipLine)
			last, long := errors.Is(err, io.EOF), errors.Is(err, ErrLineTooLong)
			if err != nil && !last && !long {
				yield(Line{N: n, Err: err})
				return
			}
			if last && len(text) == 0 {
				return
			}
			line := Line{N: n, Text: text}
			if long || len(bytes.TrimRight(text, "\r\n")) > MaxMessage {
				line = Line{N: n, Err: ErrLong}
			}
			if !yield(line) || last {
				return
			}
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
