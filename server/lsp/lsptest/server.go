package lsptest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"slices"
	"strconv"
	"strings"
)

// server is one run of the fake server.
type server struct {
	mode  Mode
	in    *bufio.Reader
	texts map[string]string // of the open documents, by URI
	asked int               // how often a question was put whose answers the mode counts

	// What the mode Remembers knows.
	memory  map[string]string // texts by the base names of files
	gone    map[string]int    // how often the text of a file was asked for after the file was gone
	reloads int

	unloaded bool // in the mode Unloads: a file has changed
}

func newServer(mode Mode) *server {
	return &server{
		mode: mode, in: bufio.NewReader(os.Stdin), texts: map[string]string{},
		memory: map[string]string{}, gone: map[string]int{},
	}
}

// message is what the server reads of a message of the client.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		TextDocument struct {
			URI     string
			Version int
			Text    string
		}
		ContentChanges []struct{ Text string }
		Changes        []struct {
			URI  string
			Type int
		}
		URI string
	}
	Result struct{ Applied *bool }
}

// isQuestion reports whether a message asks for facts.
func (m message) isQuestion() bool {
	switch m.Method {
	case "textDocument/references", "textDocument/definition", "textDocument/hover", "textDocument/diagnostic",
		"textDocument/prepareCallHierarchy":
		return true
	}
	return false
}

// whenAsked holds what the modes do that have one answer to every question.
var whenAsked = map[Mode]func(s *server, m message){
	Good:           (*server).answerWell,
	Echo:           (*server).echo,
	Remembers:      (*server).recall,
	Links:          (*server).answerWithLinks,
	Pushes:         (*server).answerWell,
	GivesUp:        (*server).answerWell,
	Registers:      (*server).unregister,
	HangAtQuestion: func(*server, message) {},
	HalfAFrame: func(s *server, m message) {
		fmt.Printf("Content-Length: %d\r\n\r\n%s", 1000, `{"jsonrpc":"2.0","id":`)
		os.Stdout.Close()
	},
	LengthTooLong:  func(s *server, m message) { s.answerWithLength(m, 100) },
	LengthTooShort: func(s *server, m message) { s.answerWithLength(m, -5) },
	LengthNoNumber: func(*server, message) { fmt.Printf("Content-Length: many\r\n\r\n{}") },
	NoJSON:         func(s *server, m message) { s.send(`{"jsonrpc":"2.0","id":%s,"result":}`, m.ID) },
	NoUTF8: func(s *server, m message) {
		s.log("\xff\xfe")
		s.answerWell(m)
	},
	Deaf: func(s *server, _ message) {
		params := `{"items":[` + strings.Repeat(`{"section":"x"},`, 1000) + `{}]}`
		for i := 0; ; i++ {
			s.send(`{"jsonrpc":"2.0","id":"deaf %d","method":"workspace/configuration","params":%s}`, i, params)
		}
	},
	Huge:        func(*server, message) { sendHuge() },
	Flood:       (*server).flood,
	StderrFlood: (*server).floodStderr,
	UnknownID: func(s *server, m message) {
		s.send(`{"jsonrpc":"2.0","id":4711,"result":null}`)
		s.send(`{"jsonrpc":"2.0","id":"a string","result":null}`)
		s.answerWell(m)
	},
	TwoReplies: func(s *server, m message) {
		s.answerWell(m)
		s.reply(m, "null")
	},
	ClosedOutput: func(*server, message) {
		os.Stdout.Close()
		hang()
	},
	Children: func(s *server, m message) {
		if exec.Command("setsid", "sleep", "1000").Start() == nil {
			s.answerWell(m)
		}
	},
	IgnoreShutdown: (*server).answerWell,
	KnowsNothing: func(s *server, m message) {
		if m.Method == "textDocument/diagnostic" {
			s.answerWell(m)
			return
		}
		s.reply(m, "null")
	},
}

// otherModes lists the modes that treat some questions or messages differently from others.
var otherModes = []Mode{Die, Hang, DieOnQuestion, DieHalfWay, HangHalfWay, Lie, Twice, Edit, Single, Grows, Unloads}

func (mode Mode) known() bool {
	return slices.Contains(slices.Collect(maps.Keys(whenAsked)), mode) || slices.Contains(otherModes, mode) ||
		strings.HasPrefix(string(mode), crashAt) || strings.HasPrefix(string(mode), countsIn)
}

// serve reads messages and answers them until the client is done.
func (s *server) serve() {
	if s.mode == Die {
		fmt.Fprintln(os.Stderr, "starting")
		fmt.Fprintln(os.Stderr, "fatal: the licence has expired")
		os.Exit(3)
	}
	for {
		m, ok := s.read()
		switch {
		case s.mode == IgnoreShutdown && !ok:
			hang()
		case s.mode == IgnoreShutdown && (m.Method == "exit" || m.Method == "shutdown"):
		case !ok || m.Method == "exit":
			return
		case s.mode == CrashAt(m.Method):
			die("panic: at " + m.Method)
		case m.isQuestion():
			s.answer(m)
		default:
			s.note(m)
		}
	}
}

// answer answers a question as the mode says.
func (s *server) answer(m message) {
	if misbehave := whenAsked[s.mode]; misbehave != nil {
		misbehave(s, m)
		return
	}
	switch {
	case s.mode == Unloads && s.unloaded:
		s.refuse(m, 0, "no package metadata for file")
	case strings.HasPrefix(string(s.mode), countsIn), s.mode == Unloads:
		s.answerWell(m)
	case m.Method == "textDocument/references":
		s.answerReferences(m)
	case m.Method == "textDocument/definition":
		s.refuse(m, 0, "not supported here")
	case m.Method == "textDocument/diagnostic":
		s.answerDiagnostic(m)
	default:
		s.reply(m, "null")
	}
}

// note deals with a message that is no question.
func (s *server) note(m message) {
	document := m.Params.TextDocument
	switch m.Method {
	case "initialize":
		if s.mode != Hang {
			s.initialize(m)
		}
	case "initialized":
		s.initialized()
	case "textDocument/didOpen":
		s.texts[document.URI] = document.Text
		s.memory[path.Base(document.URI)] = document.Text
		s.publish(m)
	case "textDocument/didChange":
		for _, change := range m.Params.ContentChanges {
			s.texts[document.URI] = change.Text
			s.memory[path.Base(document.URI)] = change.Text
		}
		s.publish(m)
	case "workspace/didChangeWatchedFiles":
		s.unloaded = true
		for _, change := range m.Params.Changes {
			if change.Type == deleted {
				s.gone[path.Base(change.URI)] = 0
			}
			if change.Type != edited && s.mode == Remembers {
				s.log(Ready)
			}
		}
	case "rust-analyzer/viewFileText":
		s.answerText(m)
	case "workspace/executeCommand":
		s.reloads++
		s.reply(m, "null")
	case "textDocument/didClose":
		delete(s.texts, document.URI)
	default:
		if m.ID != nil && m.Method != "" {
			s.reply(m, "null")
		}
	}
}

func (s *server) initialize(m message) {
	capabilities := map[string]any{
		"positionEncoding": "utf-8", "referencesProvider": true, "definitionProvider": true, "hoverProvider": true,
		"callHierarchyProvider": true, "diagnosticProvider": map[string]any{},
	}
	if encoding, ok := strings.CutPrefix(string(s.mode), countsIn); ok {
		capabilities["positionEncoding"] = encoding
		if encoding == "" {
			delete(capabilities, "positionEncoding")
		}
	}
	if s.mode == Registers {
		delete(capabilities, "diagnosticProvider")
	}
	raw, _ := json.Marshal(capabilities) // plain data
	s.reply(m, fmt.Sprintf(`{"capabilities":%s,"serverInfo":{"name":"fake","version":"1"}}`, raw))
}

// initialized reports gopls' first look at the workspace, which some sessions wait for.
func (s *server) initialized() {
	const progress = `{"jsonrpc":"2.0","method":"$/progress","params":{"token":"t","value":%s}}`
	s.send(progress, `{"kind":"begin","title":"diagnosing initial workspace load"}`)
	s.send(progress, `{"kind":"end"}`)
	if s.mode == Registers {
		s.send(`{"jsonrpc":"2.0","id":"r","method":"client/registerCapability",` +
			`"params":{"registrations":[{"id":"1","method":"textDocument/diagnostic"}]}}`)
		s.log(Ready)
	}
}

// unregister takes the registration of diagnostics back before a hover.
func (s *server) unregister(m message) {
	if m.Method == "textDocument/hover" {
		s.send(`{"jsonrpc":"2.0","id":"u","method":"client/unregisterCapability",` +
			`"params":{"unregisterations":[{"id":"1","method":"textDocument/diagnostic"}]}}`)
	}
	s.answerWell(m)
}

// publish pushes diagnostics of a document: first of the version before, then of this one.
func (s *server) publish(m message) {
	document := m.Params.TextDocument
	if s.mode == GivesUp && m.Method == "textDocument/didOpen" {
		s.log(GaveUp + document.URI)
		return
	}
	if s.mode != Pushes && s.mode != Remembers && s.mode != GivesUp {
		return
	}
	if s.mode == GivesUp && strings.Contains(s.texts[document.URI], Failed) {
		s.log(Failed + "no reason")
	}
	for _, version := range []int{document.Version - 1, document.Version} {
		found := finding(Finding)
		if version != document.Version {
			found = finding("outdated")
		}
		s.send(`{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics",`+
			`"params":{"uri":%q,"version":%d,"diagnostics":[%s]}}`, document.URI, version, found)
	}
}

// finding is a diagnostic at the place of good answers.
func finding(text string) string {
	return fmt.Sprintf(`{"range":%s,"severity":1,"source":"fake","code":"F1","message":%q}`, goodRange, text)
}

// lineRange is a range of one line.
func lineRange(line, start, end int) string {
	const form = `{"start":{"line":%[1]d,"character":%[2]d},"end":{"line":%[1]d,"character":%[3]d}}`
	return fmt.Sprintf(form, line, start, end)
}

var goodRange = lineRange(Line, Start, End)

// location is a location in the document that a question is about.
func location(m message, where string) string {
	return fmt.Sprintf(`{"uri":%q,"range":%s}`, m.Params.TextDocument.URI, where)
}

// goodAnswer is a right answer to a question.
func goodAnswer(m message) string {
	switch m.Method {
	case "textDocument/hover":
		return `{"contents":"a hover"}`
	case "textDocument/diagnostic":
		return `{"kind":"full","items":[]}`
	case "textDocument/prepareCallHierarchy":
		return "[]"
	}
	return "[" + location(m, goodRange) + "]"
}

func (s *server) answerWell(m message) { s.reply(m, goodAnswer(m)) }

// answerWithLength answers well, in a frame whose length is wrong by so many bytes.
func (s *server) answerWithLength(m message, wrong int) {
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, goodAnswer(m))
	fmt.Printf("Content-Length: %d\r\n\r\n%s", len(body)+wrong, body)
}

func (s *server) answerWithLinks(m message) {
	if m.Method != "textDocument/definition" && m.Method != "textDocument/references" {
		s.answerWell(m)
		return
	}
	s.reply(m, fmt.Sprintf(`[{"targetUri":%q,"targetRange":%s,"targetSelectionRange":%s}]`,
		m.Params.TextDocument.URI, lineRange(Line, 0, End), goodRange))
}

// LSP's FileChangeType of a file that has other contents, and of one that is gone.
const (
	edited  = 2
	deleted = 3
)

// recall is the mode Remembers.
func (s *server) recall(m message) {
	if m.Method != "textDocument/hover" {
		s.answerWell(m)
		return
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.memory)) {
		fmt.Fprintf(&out, "%s=%s;", name, s.memory[name])
	}
	contents, _ := json.Marshal(out.String() + strings.Repeat("reloaded;", s.reloads)) // a string
	s.reply(m, fmt.Sprintf(`{"contents":%s}`, contents))
}

// answerText answers a question for the text of a file.
func (s *server) answerText(m message) {
	name := path.Base(m.Params.URI)
	if asked, isGone := s.gone[name]; isGone {
		s.gone[name]++
		if asked == 2 {
			delete(s.memory, name)
		}
	}
	if _, ok := s.memory[name]; !ok {
		s.refuse(m, -32603, "file not found")
		return
	}
	s.reply(m, `"text"`)
}

func (s *server) echo(m message) {
	if m.Method != "textDocument/hover" {
		s.answerWell(m)
		return
	}
	content, open := s.texts[m.Params.TextDocument.URI]
	if !open {
		content = "closed"
	}
	raw, _ := json.Marshal(map[string]string{"contents": content}) // plain data
	s.reply(m, string(raw))
}

func sendHuge() {
	fmt.Printf("Content-Length: %d\r\n\r\n", 200<<20)
	chunk := strings.Repeat(" ", 1<<20)
	for range 200 {
		fmt.Print(chunk)
	}
}

func (s *server) flood(m message) {
	out := bufio.NewWriter(os.Stdout)
	for i := range 20_000 {
		body := fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics",`+
			`"params":{"uri":"file:///nowhere/%d","diagnostics":[]}}`, i)
		fmt.Fprintf(out, "Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	out.Flush()
	s.answerWell(m)
}

func (s *server) floodStderr(m message) {
	line := strings.Repeat("x", 1000)
	for range 20_000 {
		fmt.Fprintln(os.Stderr, line)
	}
	s.answerWell(m)
}

func (s *server) grow(m message) {
	s.asked++
	var found []string
	for line := range min(s.asked, 4) {
		found = append(found, location(m, lineRange(line, 0, 10)))
	}
	s.reply(m, "["+strings.Join(found, ",")+"]")
}

// answerReferences answers in the modes of a server that answers references only.
func (s *server) answerReferences(m message) {
	first := location(m, lineRange(0, 0, 3))
	switch s.mode {
	case DieOnQuestion:
		die("panic: index out of range")
	case Lie:
		s.reply(m, "["+first+","+location(m, lineRange(9999, 0, 3))+"]")
	case Twice:
		s.reply(m, "["+first+"]")
		s.reply(m, "[]")
		s.send(`{"jsonrpc":"2.0","id":4711,"result":null}`)
	case Edit:
		s.send(`{"jsonrpc":"2.0","id":"e1","method":"workspace/applyEdit","params":{"edit":{"changes":{}}}}`)
		r, ok := s.read()
		if ok && r.Result.Applied != nil && !*r.Result.Applied {
			s.reply(m, "["+first+"]")
		}
	case Single:
		s.reply(m, first)
	case Grows:
		s.grow(m)
	default:
		s.reply(m, "[]")
	}
}

// answerDiagnostic refuses, but for the modes that stop half way in a check: those answer for
// two files.
func (s *server) answerDiagnostic(m message) {
	if s.mode != DieHalfWay && s.mode != HangHalfWay {
		s.refuse(m, -32803, "no metadata for this file")
		return
	}
	s.asked++
	if s.asked <= 2 {
		s.reply(m, `{"kind":"full","items":[`+finding(Finding)+`]}`)
	} else if s.mode == DieHalfWay {
		die("panic: out of luck")
	}
}

// read reads the next message; ok is false at the end of the input.
func (s *server) read() (m message, ok bool) {
	length := 0
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return m, false
		}
		line = strings.TrimSpace(line)
		if line == "" {
			break
		}
		if _, value, found := strings.Cut(line, ":"); found {
			length, _ = strconv.Atoi(strings.TrimSpace(value)) // other headers are never sent
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(s.in, body); err != nil {
		return m, false
	}
	_ = json.Unmarshal(body, &m) // what has other types is not what a mode reads
	return m, true
}

// send sends a message in a correct frame.
func (s *server) send(format string, args ...any) {
	body := fmt.Sprintf(format, args...)
	fmt.Printf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

func (s *server) reply(m message, result string) {
	s.send(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
}

func (s *server) refuse(m message, code int, why string) {
	s.send(`{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":%q}}`, m.ID, code, why)
}

func (s *server) log(text string) {
	s.send(`{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3,"message":"%s"}}`, text)
}

// die exits with status 2 and last words.
func die(words string) {
	fmt.Fprintln(os.Stderr, words)
	os.Exit(2)
}

// hang blocks until the process is killed. Waiting for signals keeps the runtime from ending a
// process all of whose goroutines are blocked.
func hang() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	select {}
}
