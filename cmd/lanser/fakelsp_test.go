package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// fakeLSP is a language server that misbehaves as its argument says.
func fakeLSP() {
	f := fake{mode: os.Args[1], in: bufio.NewReader(os.Stdin)}
	if f.mode == "die" {
		fmt.Fprintln(os.Stderr, "starting")
		fmt.Fprintln(os.Stderr, "fatal: the licence has expired")
		os.Exit(3)
	}
	for {
		m, ok := f.read()
		if !ok || m.Method == "exit" {
			return
		}
		f.answer(m)
	}
}

type fake struct {
	mode string
	in   *bufio.Reader
}

type message struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method"`
	Params struct {
		TextDocument struct{ URI string }
	}
	Result struct{ Applied *bool }
}

func (f *fake) read() (m message, ok bool) {
	n := 0
	for {
		line, err := f.in.ReadString('\n')
		if err != nil {
			return m, false
		}
		if line = strings.TrimSpace(line); line == "" {
			break
		}
		if _, v, found := strings.Cut(line, ":"); found {
			n, _ = strconv.Atoi(strings.TrimSpace(v))
		}
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(f.in, body); err != nil {
		return m, false
	}
	json.Unmarshal(body, &m)
	return m, true
}

func (f *fake) send(format string, args ...any) {
	body := fmt.Sprintf(format, args...)
	fmt.Printf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

func (f *fake) reply(m message, result string) {
	f.send(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
}

func (f *fake) answer(m message) {
	at := func(line int) string {
		return fmt.Sprintf(`{"uri":%q,"range":{"start":{"line":%d,"character":0},"end":{"line":%d,"character":3}}}`, m.Params.TextDocument.URI, line, line)
	}
	switch m.Method {
	case "initialize":
		encoding := map[string]string{"encoding": "utf-7"}[f.mode]
		if encoding == "" {
			encoding = "utf-8"
		}
		if f.mode == "hang" {
			return
		}
		f.reply(m, fmt.Sprintf(`{"capabilities":{"positionEncoding":%q,"referencesProvider":true,"definitionProvider":true,"diagnosticProvider":{}},"serverInfo":{"name":"fake","version":"1"}}`, encoding))
	case "initialized":
		f.send(`{"jsonrpc":"2.0","method":"$/progress","params":{"token":"t","value":{"kind":"begin","title":"diagnosing initial workspace load"}}}`)
		f.send(`{"jsonrpc":"2.0","method":"$/progress","params":{"token":"t","value":{"kind":"end"}}}`)
	case "shutdown":
		f.reply(m, "null")
	case "textDocument/references":
		switch f.mode {
		case "die-on-question":
			fmt.Fprintln(os.Stderr, "panic: index out of range")
			os.Exit(2)
		case "lie":
			f.reply(m, "["+at(0)+","+at(9999)+"]")
		case "twice": // answers one request two times, and one nobody asked
			f.reply(m, "["+at(0)+"]")
			f.reply(m, "[]")
			f.send(`{"jsonrpc":"2.0","id":4711,"result":null}`)
		case "edit": // answers only if its edit was refused
			f.send(`{"jsonrpc":"2.0","id":"e1","method":"workspace/applyEdit","params":{"edit":{"changes":{}}}}`)
			if r, ok := f.read(); ok && r.Result.Applied != nil && !*r.Result.Applied {
				f.reply(m, "["+at(0)+"]")
			}
		case "single":
			f.reply(m, at(0))
		default:
			f.reply(m, "[]")
		}
	case "textDocument/definition":
		f.send(`{"jsonrpc":"2.0","id":%s,"error":{"code":0,"message":"not supported here"}}`, m.ID)
	case "textDocument/diagnostic":
		f.send(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32803,"message":"no metadata for this file"}}`, m.ID)
	default:
		if m.ID != nil && m.Method != "" {
			f.reply(m, "null")
		}
	}
}
