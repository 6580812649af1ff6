package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
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
		switch {
		case f.mode == "ignore-shutdown" && (!ok || m.Method == "exit" || m.Method == "shutdown"):
			if !ok {
				select {}
			}
		case !ok || m.Method == "exit":
			return
		case f.mode == "crash-at-"+m.Method:
			fmt.Fprintln(os.Stderr, "panic: at", m.Method)
			os.Exit(2)
		case f.mode == "" || !f.misbehave(m):
			f.answer(m)
		}
	}
}

// questions are the methods that ask for facts.
var questions = []string{
	"textDocument/references", "textDocument/definition", "textDocument/hover", "textDocument/diagnostic", "textDocument/prepareCallHierarchy",
}

// misbehave answers a question as the mode says; false where the mode has nothing
// to do with it.
func (f *fake) misbehave(m message) bool {
	if !slices.Contains(questions, m.Method) {
		return false
	}
	good := f.good(m)
	switch f.mode {
	case "hang-at-question":
	case "half-a-frame":
		fmt.Printf("Content-Length: %d\r\n\r\n%s", 1000, `{"jsonrpc":"2.0","id":`)
		os.Stdout.Close()
	case "length-too-long": // waits for bytes that never come
		body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, good)
		fmt.Printf("Content-Length: %d\r\n\r\n%s", len(body)+100, body)
	case "length-too-short":
		body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, good)
		fmt.Printf("Content-Length: %d\r\n\r\n%s", len(body)-5, body)
	case "length-no-number":
		fmt.Printf("Content-Length: many\r\n\r\n{}")
	case "no-json":
		f.send(`{"jsonrpc":"2.0","id":%s,"result":}`, m.ID)
	case "no-utf-8":
		f.send(`{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3,"message":"%s"}}`, "\xff\xfe")
		f.reply(m, good)
	case "huge":
		fmt.Printf("Content-Length: %d\r\n\r\n", 200<<20)
		chunk := strings.Repeat(" ", 1<<20)
		for range 200 {
			fmt.Print(chunk)
		}
	case "flood":
		out := bufio.NewWriter(os.Stdout)
		for i := range 20_000 {
			body := fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{"uri":"file:///nowhere/%d","diagnostics":[]}}`, i)
			fmt.Fprintf(out, "Content-Length: %d\r\n\r\n%s", len(body), body)
		}
		out.Flush()
		f.reply(m, good)
	case "stderr-flood":
		line := strings.Repeat("x", 1000)
		for range 20_000 {
			fmt.Fprintln(os.Stderr, line)
		}
		f.reply(m, good)
	case "grows": // says nothing of its progress, and more each time until the fourth
		if m.Method != "textDocument/references" {
			return false
		}
		f.asked++
		var places []string
		for i := range min(f.asked, 4) {
			places = append(places, fmt.Sprintf(`{"uri":%q,"range":{"start":{"line":%d,"character":0},"end":{"line":%d,"character":10}}}`, m.Params.TextDocument.URI, i, i))
		}
		f.reply(m, "["+strings.Join(places, ",")+"]")
	case "unknown-id":
		f.send(`{"jsonrpc":"2.0","id":4711,"result":null}`)
		f.send(`{"jsonrpc":"2.0","id":"a string","result":null}`)
		f.reply(m, good)
	case "two-replies":
		f.reply(m, good)
		f.reply(m, "null")
	case "closed-output":
		os.Stdout.Close()
		select {}
	case "children":
		child := exec.Command("setsid", "sleep", "1000")
		if child.Start() == nil {
			f.reply(m, good)
		}
	case "ignore-shutdown":
		f.reply(m, good)
	default:
		return false
	}
	return true
}

// good is a right answer to a question.
func (f *fake) good(m message) string {
	at := fmt.Sprintf(`{"uri":%q,"range":{"start":{"line":2,"character":5},"end":{"line":2,"character":6}}}`, m.Params.TextDocument.URI)
	switch m.Method {
	case "textDocument/hover":
		return `{"contents":"a hover"}`
	case "textDocument/diagnostic":
		return `{"kind":"full","items":[]}`
	case "textDocument/prepareCallHierarchy":
		return "[]"
	}
	return "[" + at + "]"
}

type fake struct {
	mode  string
	asked int
	in    *bufio.Reader
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
		line = strings.TrimSpace(line)
		if line == "" {
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
		f.reply(m, fmt.Sprintf(`{"capabilities":{"positionEncoding":%q,"referencesProvider":true,"definitionProvider":true,"hoverProvider":true,"callHierarchyProvider":true,"diagnosticProvider":{}},"serverInfo":{"name":"fake","version":"1"}}`, encoding))
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
		if half, ok := strings.CutSuffix(f.mode, "-half-way"); ok { // of a check: two files are checked
			switch f.asked++; {
			case f.asked <= 2:
				f.reply(m, `{"kind":"full","items":[{"range":{"start":{"line":2,"character":5},"end":{"line":2,"character":6}},"severity":1,"source":"fake","code":"F1","message":"bad"}]}`)
			case half == "die":
				fmt.Fprintln(os.Stderr, "panic: out of luck")
				os.Exit(2)
			case half == "hang":
			}
			return
		}
		f.send(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32803,"message":"no metadata for this file"}}`, m.ID)
	default:
		if m.ID != nil && m.Method != "" {
			f.reply(m, "null")
		}
	}
}
