package editor

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"go.lsp.dev/jsonrpc2"

	"lanser/selectors/lazyregexp"
	"lanser/server/wire"
)

// frames reads the base protocol of LSP (3.17, "Base Protocol") from a client, and yields only the
// well-formed messages, each in a frame of its own. Anything else is answered with an error of JSON-RPC, and
// reading continues at the next well-formed message:
//
//   - After a malformed body, the next frame follows directly, because the length was right.
//   - After a malformed header, everything is skipped up to the next "Content-Length: N" at the end of a line. The
//     skipped bytes may be a body, which does not end with a newline.
type frames struct {
	in  *bufio.Reader
	out *lockedWriter

	pending   []byte // unread bytes of the current frame
	resyncing bool   // skipping to the next header; the error was already sent
}

// lockedWriter writes one message at a time.
type lockedWriter struct {
	mu sync.Mutex
	io.Writer
}

// Write writes to the writer below, which no other goroutine uses meanwhile.
func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Writer.Write(p)
}

// newFrames returns a reader of the frames in in. Error responses are written to out.
func newFrames(in io.Reader, out *lockedWriter) *frames {
	return &frames{in: bufio.NewReaderSize(in, maxHeaderLine), out: out}
}

// maxHeaderLine bounds the part of a header line that is kept, in bytes.
const maxHeaderLine = 4 << 10

// Read yields the bytes of well-formed frames. The JSON-RPC library behind it ends the connection at the first frame
// that it cannot read, so it must not see any.
func (f *frames) Read(p []byte) (int, error) {
	for len(f.pending) == 0 {
		body, err := f.next()
		if err != nil {
			return 0, err
		}
		if body != nil {
			f.pending = fmt.Appendf(nil, "Content-Length: %d\r\n\r\n%s", len(body), body)
		}
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

// next returns the body of the next frame, nil if it was refused.
func (f *frames) next() ([]byte, error) {
	length, err := f.header()
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer // grows as bytes arrive: a large length alone allocates nothing
	if _, err := io.CopyN(&body, f.in, length); err != nil {
		return nil, unexpected(err)
	}
	if err := wire.Check(body.Bytes()); err != nil {
		return nil, f.refuse(jsonrpc2.ParseError, err)
	}
	if bytes.HasPrefix(bytes.TrimSpace(body.Bytes()), []byte("[")) {
		return body.Bytes(), nil // the JSON-RPC library checks each message of a batch
	}
	if _, err := jsonrpc2.DecodeMessage(body.Bytes()); err != nil {
		return nil, f.refuse(jsonrpc2.InvalidRequest, err)
	}
	return body.Bytes(), nil
}

// unexpected replaces io.EOF, for a stream that ends within a frame.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// header reads a header up to its empty line, and returns the length of the body in bytes. At the first line that is no
// header field it sends one error response, and from then on looks for a header in what follows: of
// "garbage{}Content-Length: 5\r\n\r\n" that is the end of the first line.
func (f *frames) header() (length int64, err error) {
	length = -1
	for first := true; ; first = false {
		line, err := f.line()
		if err != nil && first {
			return 0, err
		} else if err != nil {
			return 0, unexpected(err)
		}

		var bad error // what is wrong with the line
		switch name, value, ok := fieldOf(line, f.resyncing); {
		case line == "" && length >= 0:
			f.resyncing = false
			return length, nil
		case line == "":
			bad = errors.New("the header has no Content-Length")
		case !ok:
			bad = fmt.Errorf("not a header field: %q", line[:min(len(line), 80)])
		case strings.EqualFold(name, contentLength):
			length, bad = parseLength(value)
		}

		if bad == nil {
			continue
		}
		length = -1
		if !f.resyncing {
			f.resyncing = true
			if err := f.refuse(jsonrpc2.ParseError, bad); err != nil {
				return 0, err
			}
			length = lengthAtEnd(line)
		}
	}
}

// contentLength is the header field with the length of the body. Header fields are case-insensitive.
const contentLength = "Content-Length"

// maxFieldName is the longest accepted name of a header field, in bytes. Anything longer is a body that does
// not end with a newline.
const maxFieldName = 64

// fieldOf splits a header field. While the reader is resyncing, the field may follow other bytes on the same
// line.
func fieldOf(line string, lost bool) (name, value string, ok bool) {
	if lost {
		if n := lengthAtEnd(line); n >= 0 {
			return contentLength, strconv.FormatInt(n, 10), true
		}
		return "", "", true // skipped
	}

	name, value, ok = strings.Cut(line, ":")
	isToken := name != "" && len(name) <= maxFieldName && !strings.ContainsAny(name, separators)
	return name, strings.TrimSpace(value), ok && isToken
}

// separators are the characters that the name of a header field cannot contain (RFC 9110, section 5.6.2).
const separators = " \t\"{}[]<>()@,;\\/?="

// lengthAtEnd returns the length if a line ends with "Content-Length: N", otherwise -1.
func lengthAtEnd(line string) int64 {
	at := lengthField.FindStringSubmatch(line)
	if at == nil {
		return -1
	}
	n, err := parseLength(strings.TrimSpace(at[1]))
	if err != nil {
		return -1
	}
	return n
}

// lengthField matches the last Content-Length of a line, whose other bytes may be invalid UTF-8.
var lengthField = lazyregexp.New(`(?is).*` + contentLength + `:(.*)$`)

// parseLength parses the length of a body in bytes; it returns -1 with an error.
func parseLength(value string) (int64, error) {
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil || n == 0 {
		return -1, fmt.Errorf("Content-Length is not a valid length: %q", value[:min(len(value), 80)])
	}
	if n > wire.MaxMessage {
		return -1, fmt.Errorf("Content-Length: %w", wire.ErrLong)
	}
	return int64(n), nil
}

// line reads a line without its end. Of a long line only the last bytes are kept.
func (f *frames) line() (string, error) {
	kept, err := wire.ReadLine(f.in, maxHeaderLine, wire.KeepEnd)
	if err != nil && len(kept) > 0 {
		err = unexpected(err)
	}
	return strings.TrimRight(string(kept), "\r\n"), err
}

// refuse sends an error response for something that is not a message.
func (f *frames) refuse(code jsonrpc2.Code, why error) error {
	raw, err := json.Marshal(
		map[string]any{"jsonrpc": "2.0", "id": nil, "error": map[string]any{"code": code, "message": why.Error()}},
	)
	if err != nil {
		return err
	}
	_, err = f.out.Write(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n%s", len(raw), raw))
	return err
}
