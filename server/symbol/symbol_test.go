package symbol_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/sandbox"
	"lanser/server/symbol"
	"lanser/server/uses"
)

// The tests ask a server that knows of each word what the files say between « and »: a name for the symbol, one of
// the signs below, and the word.
//
//	«a=Load»  the declaration of the symbol a
//	«a+Load»  a use of a, which the server lists among the references
//	«a-Load»  a use of a, which it does not list, and names if it is asked for the definition of this word
//
// It knows nothing of other words. An implementation of a is «a.x=Load», for any x.
const (
	declares = "="
	lists    = "+"
	knows    = "-"
)

// known is a word that the server knows.
type known struct {
	Path       string
	Line, Char int // 0-based, in bytes of the line
	Length     int
	ID, Sign   string
}

// knownVar is the variable of the environment that makes this test binary the server.
const knownVar = "LANSER_SYMBOL_TEST_KNOWN"

func TestMain(m *testing.M) {
	sandbox.Main()
	if raw := os.Getenv(knownVar); raw != "" {
		var words []known
		if err := json.Unmarshal([]byte(raw), &words); err != nil {
			panic(err)
		}
		serve(words, bufio.NewReader(os.Stdin), os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// unmarked returns files without their marks, and the words that were marked.
func unmarked(t *testing.T, marked map[string]string) (files map[string]string, words []known) {
	t.Helper()
	files = map[string]string{}
	for p, content := range marked {
		var out strings.Builder
		for {
			before, rest, found := strings.Cut(content, "«")
			out.WriteString(before)
			if !found {
				break
			}
			mark, after, closed := strings.Cut(rest, "»")
			at := strings.IndexAny(mark, declares+lists+knows)
			if !closed || at < 0 {
				t.Fatalf("%s: a mark without a sign, or without an end: %s", p, mark)
			}
			written := out.String()
			word := mark[at+1:]
			words = append(words, known{
				Path: p, Line: strings.Count(written, "\n"), Char: len(written) - strings.LastIndex(written, "\n") - 1,
				Length: len(word), ID: mark[:at], Sign: mark[at : at+1],
			})
			out.WriteString(word)
			content = after
		}
		files[p] = out.String()
	}
	return files, words
}

// serve answers requests of the language server protocol by what it knows of words.
func serve(words []known, in *bufio.Reader, out io.Writer) {
	for {
		var length int
		if _, err := fmt.Fscanf(in, "Content-Length: %d\r\n\r\n", &length); err != nil {
			return
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		var m struct {
			ID     json.RawMessage
			Method string
			Params struct {
				TextDocument struct{ URI string }
				Position     struct{ Line, Character int }
				NewName      string
			}
		}
		if err := json.Unmarshal(body, &m); err != nil || m.Method == "exit" {
			return
		}
		if m.ID == nil {
			continue
		}
		at := slices.IndexFunc(words, func(w known) bool {
			return strings.HasSuffix(m.Params.TextDocument.URI, "/"+w.Path) && w.Line == m.Params.Position.Line &&
				w.Char <= m.Params.Position.Character && m.Params.Position.Character <= w.Char+w.Length
		})
		root := strings.TrimSuffix(m.Params.TextDocument.URI, filepath.Base(m.Params.TextDocument.URI))
		result, _ := json.Marshal(reply(m.Method, words, at, root, m.Params.NewName))
		answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
		fmt.Fprintf(out, "Content-Length: %d\r\n\r\n%s", len(answer), answer)
	}
}

// reply is the result of a request about the word at an index, -1 for one that the server does not know.
func reply(method string, words []known, at int, root, newName string) any {
	if method == "initialize" {
		provides := map[string]any{
			"positionEncoding": "utf-16", "textDocumentSync": 1, "referencesProvider": true, "definitionProvider": true,
			"implementationProvider": true, "renameProvider": true,
		}
		return map[string]any{"capabilities": provides}
	}
	if at < 0 {
		return nil
	}
	if method == "textDocument/prepareRename" {
		return map[string]any{"defaultBehavior": true}
	}
	id := words[at].ID
	implements := func(w known) bool { return strings.HasPrefix(w.ID, id+".") && w.Sign == declares }
	wanted := map[string]func(w known) bool{
		"textDocument/definition":     func(w known) bool { return w.ID == id && w.Sign == declares },
		"textDocument/references":     func(w known) bool { return w.ID == id && w.Sign != knows },
		"textDocument/rename":         func(w known) bool { return w.ID == id && w.Sign != knows },
		"textDocument/implementation": implements,
	}[method]
	if wanted == nil {
		return nil
	}
	locations, changes := []any{}, map[string][]any{}
	for _, w := range words {
		if !wanted(w) {
			continue
		}
		span := map[string]any{
			"start": map[string]int{"line": w.Line, "character": w.Char},
			"end":   map[string]int{"line": w.Line, "character": w.Char + w.Length},
		}
		locations = append(locations, map[string]any{"uri": root + w.Path, "range": span})
		changes[root+w.Path] = append(changes[root+w.Path], map[string]any{"range": span, "newText": newName})
	}
	if method == "textDocument/rename" {
		return map[string]any{"changes": changes}
	}
	return locations
}

// ask begins an answer about a selector of marked files, for an operation, with a session of the server.
func ask(t *testing.T, marked map[string]string, selector, op string, options api.Options,
) (*symbol.Answer, *lsp.Session) {
	t.Helper()
	files, words := unmarked(t, marked)
	files["go.mod"] = "module ex.com/m\n\ngo 1.21\n"
	w, err := index.Open(indextest.Files(t, files), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	snap, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := selectors.Parse(selector, text.UTF16)
	if err != nil {
		t.Fatal(err)
	}
	target, err := selectors.Resolve(t.Context(), snap, parsed)
	if err != nil {
		t.Fatal(err)
	}
	srv := &catalogue.Server{
		Name: "fake", Version: "0",
		Reading: catalogue.Reading{
			Configs:     []string{"go.mod"},
			LanguageIDs: map[string]string{".go": "go", ".py": "python"},
		},
	}
	raw, err := json.Marshal(words)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, err := lsp.Start(t.Context(), lsp.Config{
		Server: srv, Argv: []string{self}, Root: w.Root(),
		Env: []string{knownVar + "=" + string(raw), "GORACE=atexit_sleep_ms=10"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.Sync(t.Context(), snap, []string{target.Path}); err != nil {
		t.Fatal(err)
	}
	request := api.Request{Op: op, Options: options}
	a := &symbol.Answer{Finder: uses.Finder{
		Reading: uses.Reading{
			Question: &uses.Question{
				Operation: api.Lookup(op), Request: request, Target: target, Snap: snap, Disk: snap, OneSymbol: true,
				Installed: func(*catalogue.Server) bool { return false },
			},
			Bundle: request.Bundle(w.Root(), "linux/amd64"),
			Roots:  bundle.NewRoots(bundle.Root{Dir: w.Root()}),
		},
		Scope: uses.Scope{Name: "workspace", Keep: func(string) bool { return true }},
	}}
	a.Bundle.Evidence.State = bundle.Complete
	a.LookForNames(t.Context(), srv)
	return a, s
}

// lines returns the places of locations as "path:line", 1-based, with a mark for those that the server left out.
func lines(found []bundle.Location) (out []string) {
	for _, l := range found {
		line := fmt.Sprintf("%s:%d", l.URI, l.Range[0]+1)
		if l.Confirmed {
			line += " confirmed"
		}
		if l.Family {
			line += " family"
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// sums describes a ledger by the numbers of its entries that are not 0.
func sums(l *bundle.Ledger) string {
	out := fmt.Sprintf("%d words:", l.Words)
	for _, e := range []struct {
		name string
		n    int
	}{
		{"references", l.References},
		{"confirmed", l.Confirmed},
		{"family", l.Family},
		{"other", l.Other},
		{"declarations", l.Declarations},
		{"not code", l.NotCode},
		{"possible", l.Possible},
	} {
		if e.n > 0 {
			out += fmt.Sprintf(" %d %s", e.n, e.name)
		}
	}
	return out
}

// Every word of the symbol's name is entered once, and what nobody can rule out makes the answer partial.
func TestTheReferencesHaveEveryWordOfTheName(t *testing.T) {
	no := false
	for name, tt := range map[string]struct {
		files    map[string]string
		selector string
		options  api.Options
		want     []string // references
		ledger   string
		state    string
	}{
		"the server lists all": {
			files: map[string]string{
				"a.go": "package m\n\nfunc «a=Load»() {}\n", "b.go": "package m\n\nvar _ = «a+Load»\n",
			},
			selector: "go://ex.com/m#Load", want: []string{"a.go:3", "b.go:3"}, ledger: "2 words: 2 references",
			state: bundle.Complete,
		},
		"it leaves one out, and knows it": {
			files: map[string]string{
				"a.go": "package m\n\nfunc «a=Load»() {}\n", "b.go": "package m\n\nvar _ = «a-Load»\n",
			},
			selector: "go://ex.com/m#Load", want: []string{"a.go:3", "b.go:3 confirmed"},
			ledger: "2 words: 1 references 1 confirmed", state: bundle.Complete,
		},
		"a word means another symbol": {
			files: map[string]string{
				"a.go": "package m\n\nfunc «a=Load»() {}\n",
				"b.go": "package m\n\ntype T struct{ «b=Load» int }\n\nvar _ = T{}.«b+Load»\n",
			},
			selector: "go://ex.com/m#Load", want: []string{"a.go:3"},
			ledger: "3 words: 1 references 1 other 1 declarations", state: bundle.Complete,
		},
		"a word in a comment and one in a string": {
			files: map[string]string{
				"a.go": "package m\n\n// Load loads.\nfunc «a=Load»() {}\n\nconst s = \"Load\"\n",
			},
			selector: "go://ex.com/m#Load", want: []string{"a.go:4"}, ledger: "3 words: 1 references 2 not code",
			state: bundle.Complete,
		},
		"nobody knows a word": {
			files: map[string]string{
				"a.go": "package m\n\nfunc «a=Load»() {}\n", "b.go": "package m\n\nvar _ = Load\n",
			},
			selector: "go://ex.com/m#Load", want: []string{"a.go:3"}, ledger: "2 words: 1 references 1 possible",
			state: bundle.Partial,
		},
		"asked at a use": {
			files: map[string]string{
				"a.go": "package m\n\nfunc «a=Load»() {}\n", "b.go": "package m\n\nvar _ = «a+Load»\n",
			},
			selector: "b.go@L3:C9", want: []string{"a.go:3", "b.go:3"}, ledger: "2 words: 2 references",
			state: bundle.Complete,
		},
		"asked at a use, without declarations": {
			files: map[string]string{
				"a.go": "package m\n\nfunc «a=Load»() {}\n", "b.go": "package m\n\nvar _ = «a+Load»\n",
			},
			selector: "b.go@L3:C9", options: api.Options{Declaration: &no}, want: []string{"b.go:3"},
			ledger: "2 words: 2 references", state: bundle.Complete,
		},
		"another package cannot use a name in lower case": {
			files: map[string]string{
				"a.go": "package m\n\nfunc «a=load»() {}\n", "p/b.go": "package p\n\nvar _ = load\n",
			},
			selector: "go://ex.com/m#load", want: []string{"a.go:3"}, ledger: "2 words: 1 references 1 other",
			state: bundle.Complete,
		},
		"a method and the interface that it implements": {
			files: map[string]string{
				"a.go": "package m\n\ntype T struct{}\n\nfunc (T) «i.t=Load»() {}\n",
				"b.go": "package m\n\ntype I interface{ «i=Load»() }\n\nvar _ = I.«i+Load»\n",
			},
			selector: "go://ex.com/m#T.Load", want: []string{"a.go:5"},
			ledger: "3 words: 1 references 2 family", state: bundle.Complete,
		},
		"a method with its family": {
			files: map[string]string{
				"a.go": "package m\n\ntype T struct{}\n\nfunc (T) «i.t=Load»() {}\n",
				"b.go": "package m\n\ntype I interface{ «i=Load»() }\n\nvar _ = I.«i+Load»\n",
			},
			selector: "go://ex.com/m#T.Load", options: api.Options{Family: true},
			want:   []string{"a.go:5", "b.go:3 family", "b.go:5 family"},
			ledger: "3 words: 1 references 2 family", state: bundle.Complete,
		},
		"a method of the same name that has nothing to do with it": {
			files: map[string]string{
				"a.go": "package m\n\ntype T struct{}\n\nfunc (T) «a=Load»() {}\n",
				"b.go": "package m\n\ntype U struct{}\n\nfunc (U) «b=Load»() {}\n",
			},
			selector: "go://ex.com/m#T.Load", options: api.Options{Family: true}, want: []string{"a.go:5"},
			ledger: "2 words: 1 references 1 declarations", state: bundle.Complete,
		},
		"a name under which it is imported is a name of it": {
			files: map[string]string{
				"a.py": "def «a=load»(): pass\n", "b.py": "from a import «a+load» as «a-read»\n«a-read»()\n",
				"c.py": "read = 1\n",
			},
			selector: "py://a#load", want: []string{"a.py:1", "b.py:1", "b.py:1 confirmed", "b.py:2 confirmed"},
			ledger: "5 words: 2 references 2 confirmed 1 declarations", state: bundle.Complete,
		},
		"what imports that name from there means it too": {
			files: map[string]string{
				"a.py": "def «a=load»(): pass\n", "b.py": "from a import «a+load» as «a-read»\n",
				"c.py": "from b import «a-read»\n«a-read»()\n",
			},
			selector: "py://a#load",
			want:     []string{"a.py:1", "b.py:1", "b.py:1 confirmed", "c.py:1 confirmed", "c.py:2 confirmed"},
			ledger:   "5 words: 2 references 3 confirmed", state: bundle.Complete,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := ask(t, tt.files, tt.selector, "references", tt.options)
			if err := a.References(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if got := lines(a.Bundle.Facts.References); !slices.Equal(got, tt.want) {
				t.Errorf("references %q, want %q", got, tt.want)
			}
			if got := sums(a.Bundle.Evidence.Ledger); got != tt.ledger {
				t.Errorf("ledger %q, want %q", got, tt.ledger)
			}
			if got := a.Bundle.Evidence; got.State != tt.state {
				t.Errorf("%s for %q, want %s", got.State, got.Reasons, tt.state)
			}
		})
	}
}

// A symbol that many files import is followed in each of them, under one name or under as many as there are files.
func TestManyNamesOfASymbol(t *testing.T) {
	const importers = 30
	for name, tt := range map[string]struct {
		alias func(file int) string
		uses  int // at the least: the imports, and what follows from the names
		state string
	}{
		"one name in many files": {func(int) string { return "same" }, 1 + 3*importers, bundle.Complete},
		"another name in each one": {
			func(file int) string { return fmt.Sprintf("other%d", file) }, 1 + 3*importers, bundle.Complete,
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"a.py": "def «a=load»(): pass\n"}
			for i := range importers {
				as := tt.alias(i)
				files[fmt.Sprintf("b%02d.py", i)] = fmt.Sprintf("from a import «a+load» as «a-%s»\n«a-%[1]s»()\n", as)
			}
			a, s := ask(t, files, "py://a#load", "references", api.Options{})
			if err := a.References(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if got := len(a.Bundle.Facts.References); got < tt.uses {
				t.Errorf("%d uses, want %d", got, tt.uses)
			}
			if got := a.Bundle.Evidence; got.State != tt.state {
				t.Errorf("%s for %q, want %s", got.State, got.Reasons, tt.state)
			}
		})
	}
}

// A rename is refused where a use would keep the old name, and where the new one is taken.
func TestARenameReachesEveryUseOrIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		files    map[string]string
		selector string
		to       string
		changed  int    // lines of the diff that are added
		refused  string // part of the error
	}{
		"every use is among the edits": {
			files: map[string]string{
				"a.go": "package m\n\nfunc «a=Load»() {}\n", "b.go": "package m\n\nvar _ = «a+Load»\n",
			},
			selector: "go://ex.com/m#Load", to: "Read", changed: 2,
		},
		"the server would leave a use as it is": {
			files: map[string]string{
				"a.go": "package m\n\nfunc «a=Load»() {}\n", "b.go": "package m\n\nvar _ = «a-Load»\n",
			},
			selector: "go://ex.com/m#Load", to: "Read", refused: "b.go:3",
		},
		"nobody knows a word": {
			files: map[string]string{
				"a.go": "package m\n\nfunc «a=Load»() {}\n", "b.go": "package m\n\nvar _ = Load\n",
			},
			selector: "go://ex.com/m#Load", to: "Read", refused: "b.go",
		},
		"the interface would keep the name": {
			files: map[string]string{
				"a.go": "package m\n\ntype T struct{}\n\nfunc (T) «i.t=Load»() {}\n",
				"b.go": "package m\n\ntype I interface{ «i=Load»() }\n",
			},
			selector: "go://ex.com/m#T.Load", to: "Read", refused: "b.go:3",
		},
		"Python: a class that matches the protocol would keep the name": {
			files: map[string]string{
				"a.py": "from typing import Protocol\nclass P(Protocol):\n    def «a=load»(self): ...\n" +
					"    def stop(self): ...\n",
				"b.py": "class A:\n    def «b=load»(self): pass\n    def stop(self): pass\n",
			},
			selector: "py://a#P.load", to: "read",
			refused: "b.py:2 keeps its name: A has all members of P, and may be used as one",
		},
		"Python: the protocol that the class matches would keep the name": {
			files: map[string]string{
				"a.py": "from typing import Protocol\nclass P(Protocol):\n    def «a=load»(self): ...\n",
				"b.py": "class A:\n    def «b=load»(self): pass\n    def stop(self): pass\n",
			},
			selector: "py://b#A.load", to: "read",
			refused: "a.py:3 keeps its name: A has all members of P, and may be used as one",
		},
		"Python: a class that lacks a member of the protocol": {
			files: map[string]string{
				"a.py": "from typing import Protocol\nclass P(Protocol):\n    def «a=load»(self): ...\n" +
					"    def stop(self): ...\n",
				"b.py": "class A:\n    def «b=load»(self): pass\n",
			},
			selector: "py://a#P.load", to: "read", changed: 1,
		},
		"Python: two classes": {
			files: map[string]string{
				"a.py": "class A:\n    def «a=load»(self): pass\nclass B:\n    def «b=load»(self): pass\n",
			},
			selector: "py://a#A.load", to: "read", changed: 1,
		},
		"TypeScript: a class that matches the interface would keep the name": {
			files: map[string]string{
				"a.ts": "export interface P { «a=load»(): void }\nexport class A { «b=load»() {} stop() {} }\n",
			},
			selector: "ts://a#P.load", to: "read",
			refused: "a.ts:2 keeps its name: A has all members of P, and may be used as one",
		},
		"TypeScript: an object that matches the interface would keep the name": {
			files: map[string]string{
				"a.ts": "export interface P { «a=load»: number; stop: number }\n" +
					"f({ stop: 1, «b=load»: { x: 1 } })\n",
			},
			selector: "ts://a#P.load", to: "read",
			refused: "a.ts:2 keeps its name: an object has all members of P, and may be used as one",
		},
		"TypeScript: an object that lacks a member of the interface": {
			files: map[string]string{
				"a.ts": "export interface P { «a=load»: number; stop: number }\n" +
					"f({ «b=load»: { x: 1 } }, { stop: 1 })\n",
			},
			selector: "ts://a#P.load", to: "read", changed: 1,
		},
		"TypeScript: an object that lacks an optional member would keep the name": {
			files: map[string]string{
				"a.ts": "export interface P { «a=load»?: number; stop: number; wait?: number }\n" +
					"const o = { stop: 1, «b=load»: 1 }\n",
			},
			selector: "ts://a#P.load", to: "read",
			refused: "a.ts:2 keeps its name: o has all members of P, and may be used as one",
		},
		"TypeScript: an object may be of a type whose members are all optional": {
			files: map[string]string{
				"a.ts": "export interface P { «a=load»?: number; wait?: number }\nconst o = { «b=load»: 1 }\n",
			},
			selector: "ts://a#P.load", to: "read",
			refused: "a.ts:2 keeps its name: an object has all members of P, and may be used as one",
		},
		"TypeScript: a class that shares a member with a type whose members are all optional": {
			files: map[string]string{
				"a.ts": "export interface P { «a=load»?: number; wait?: number }\nexport class A { «b=load» = 1 }\n",
			},
			selector: "ts://a#P.load", to: "read", changed: 1,
		},
		"the new name is declared": {
			files:    map[string]string{"a.go": "package m\n\nfunc «a=Load»() {}\n\nfunc Read() {}\n"},
			selector: "go://ex.com/m#Load", to: "Read", refused: "go://ex.com/m#Read is declared already, in a.go",
		},
		"the new name is the old one": {
			files:    map[string]string{"a.go": "package m\n\nfunc «a=Load»() {}\n"},
			selector: "go://ex.com/m#Load", to: "Load", refused: "go://ex.com/m#Load has that name",
		},
		"the new name is none": {
			files:    map[string]string{"a.go": "package m\n\nfunc «a=Load»() {}\n"},
			selector: "go://ex.com/m#Load", to: "2x", refused: `"2x" is no name that a symbol can have`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := ask(t, tt.files, tt.selector, "rename", api.Options{To: tt.to})
			err := a.CheckRename(t.Context(), nil)
			if err == nil {
				_, err = a.Rename(t.Context(), s)
			}
			if tt.refused != "" {
				if err == nil || !strings.Contains(fault.From(err).Message, tt.refused) {
					t.Errorf("%v, want an error that says %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			diff := *a.Bundle.Edits.Diff
			if got := strings.Count(diff, "\n+") - strings.Count(diff, "\n+++"); got != tt.changed {
				t.Errorf("%d lines are added, want %d:\n%s", got, tt.changed, diff)
			}
		})
	}
}

// A cancelled question ends with the error of its context.
func TestACancelledQuestionEnds(t *testing.T) {
	a, s := ask(t, map[string]string{"a.go": "package m\n\nfunc «a=Load»() {}\n"}, "go://ex.com/m#Load", "references",
		api.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.References(ctx, s); err == nil {
		t.Error("no error")
	}
}
