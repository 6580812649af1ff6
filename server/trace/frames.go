package trace

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// framed splits a message of LSP's base protocol into its body, as far as it is
// there, and the length in bytes that its header gives.
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

// bodyOf is the body of a whole message; all of what is none.
func bodyOf(whole []byte) []byte {
	if body, _, ok := framed(whole); ok {
		return body
	}
	return whole
}

func enframe(body []byte) []byte {
	return append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...)
}
