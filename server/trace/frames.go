package trace

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// framed returns the body of a message of LSP's base protocol, as far as it was received, and the
// length in bytes that its header names.
func framed(whole []byte) (body []byte, size int, ok bool) {
	head, body, ok := bytes.Cut(whole, []byte("\r\n\r\n"))
	if !ok {
		head, body, ok = bytes.Cut(whole, []byte("\n\n"))
		if !ok {
			return nil, 0, false
		}
	}

	for line := range strings.SplitSeq(string(head), "\n") {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
				size = n
			}
		}
	}
	return body, size, true
}

// bodyOf returns the body of a whole message, or all bytes if they are no message.
func bodyOf(whole []byte) []byte {
	if body, _, ok := framed(whole); ok {
		return body
	}
	return whole
}

// enframe returns a body as a message of LSP's base protocol.
func enframe(body []byte) []byte {
	return append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...)
}
