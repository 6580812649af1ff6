package server_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/trace"
)

// Of many files outside of all projects, those stay closed at a use that cannot know what it means. The answer is the
// same as if all were open: for a symbol of a module, for one of the global scope, and for one of a library.
func TestAtAUseAmongManyFilesTheAnswerIsWhole(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "typescript")
	files := map[string]string{
		"tsconfig.json":  `{"compilerOptions": {"allowJs": true}, "include": ["src"]}`,
		"src/cart.ts":    "export function open() {}\n",
		"dist/cart.js":   "export function open() {}\n",
		"dist/main.js":   "import { open } from './cart.js';\nopen();\n",
		"dist/shared.js": "function shared() {}\n",
	}
	shared, console := []string{"dist/shared.js:1:10"}, []string{}
	for i := range 120 {
		name := fmt.Sprintf("dist/page%d.js", i)
		files[name] = "export const open = shared();\nconsole.log(open);\n"
		shared = append(shared, name+":1:21")
		console = append(console, name+":2:1")
	}
	dir := indextest.Files(t, files)
	e := engine(t, dir)
	for at, want := range map[string][]string{
		"dist/main.js@L2:C1":   {"dist/cart.js:1:17", "dist/main.js:1:10", "dist/main.js:2:1"},
		"dist/page7.js@L1:C21": shared,
		"dist/page7.js@L2:C1":  console,
		"dist/page7.js@L2:C13": {"dist/page7.js:1:14", "dist/page7.js:2:13"},
	} {
		b, err := e.Do(t.Context(), api.Request{Op: "references", Selector: selector(at)})
		if err != nil {
			t.Errorf("%s: %v", at, err)
			continue
		}
		var got []string
		for _, r := range b.Facts.References {
			if strings.HasPrefix(r.URI, "node:") {
				continue // where the library declares it
			}
			got = append(got, fmt.Sprintf("%s:%d:%d", r.URI, r.Range[0]+1, r.Range[1]+1))
		}
		slices.Sort(got)
		slices.Sort(want)
		if n := b.Evidence.Ledger.Confirmed; n > 0 {
			t.Errorf("%s: the server does not list %d of the uses: it has not read their files", at, n)
		}
		if d := cmp.Diff(want, got); d != "" || b.Evidence.State != bundle.Complete {
			t.Errorf("%s is %s: %v (-want +got)\n%s", at, b.Evidence.State, b.Evidence.Reasons, d)
		}
	}
}

// Where imports join all files but a few with a symbol's, questions at its declaration and at its uses open each
// document once: a server works for long when one is closed or opened.
func TestAFewUnlinkedFilesStayOpen(t *testing.T) {
	indextest.Needs(t, "typescript")
	files := map[string]string{
		"cart.ts":   "export function open() {}\n",
		"alone.ts":  "export const alone = 1;\n",
		"global.js": "var shared = 1;\n",
	}
	for i := range 40 {
		files[fmt.Sprintf("page%d.ts", i)] = "import { open } from './cart';\nopen();\n"
	}
	dir := indextest.Files(t, files)
	var tape bytes.Buffer
	e, err := server.New(server.Config{Root: dir, Trace: trace.NewRecorder(&tape, false)})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"ts://cart#open", "page7.ts@L2:C1", "ts://cart#open", "page8.ts@L2:C1"} {
		if b, err := e.Do(t.Context(), api.Request{Op: "references", Selector: selector(at)}); err != nil {
			t.Errorf("%s: %v, %v", at, err, b.Evidence.Reasons)
		}
	}
	e.Close()
	opened := bytes.Count(tape.Bytes(), []byte(`"method":"textDocument/didOpen"`))
	closed := bytes.Count(tape.Bytes(), []byte(`"method":"textDocument/didClose"`))
	if opened != len(files) || closed != 0 {
		t.Errorf("%d of %d documents were opened, and %d closed", opened, len(files), closed)
	}
}

// recordedCheck checks a workspace, and returns the findings as "path: message" and the trace of the check.
func recordedCheck(t *testing.T, dir string) (findings []string, tape string) {
	t.Helper()
	var recorded bytes.Buffer
	e, err := server.New(server.Config{Root: dir, Trace: trace.NewRecorder(&recorded, false)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := e.Do(t.Context(), api.Request{Op: "diagnostics"})
	e.Close()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range b.Facts.Diagnostics {
		findings = append(findings, d.URI+": "+d.Message)
	}
	return findings, recorded.String()
}

// A check keeps a file of each module open while others of it are checked: gopls loads a module when the first of its
// files is opened, and drops it when the last one is closed.
func TestACheckHasEachModuleLoadedOnce(t *testing.T) {
	indextest.Needs(t, "gopls")
	dir := indextest.Files(t, map[string]string{
		"a/go.mod": "module ex.com/a\n\ngo 1.21\n", "a/1.go": "package a\n\nvar _ = first\n",
		"a/2.go": "package a\n", "a/sub/3.go": "package sub\n\nvar _ = third\n",
		"a/in/go.mod": "module ex.com/a/in\n\ngo 1.21\n", "a/in/alone.go": "package in\n",
		"b/go.mod": "module ex.com/b\n\ngo 1.21\n", "b/4.go": "package b\n", "b/5.go": "package b\n\nvar _ = fifth\n",
	})
	found, tape := recordedCheck(t, dir)
	want := []string{"a/1.go: undefined: first", "a/sub/3.go: undefined: third", "b/5.go: undefined: fifth"}
	if d := cmp.Diff(want, found); d != "" {
		t.Errorf("findings (-want +got)\n%s", d)
	}
	var documents []string
	for _, m := range sentDocument.FindAllStringSubmatch(tape, -1) {
		documents = append(documents, m[1]+" "+m[2])
	}
	want = []string{
		"Open a/1.go", "Open a/2.go", "Close a/2.go", "Open a/in/alone.go", "Close a/in/alone.go",
		"Open a/sub/3.go", "Close a/sub/3.go", "Close a/1.go",
		"Open b/4.go", "Open b/5.go", "Close b/5.go", "Close b/4.go",
	}
	if d := cmp.Diff(want, documents); d != "" {
		t.Errorf("documents (-want +got)\n%s", d)
	}
}

// sentDocument matches the messages that open and close documents.
var sentDocument = regexp.MustCompile(`"method":"textDocument/did(Open|Close)"[^\n]*?"uri":"[^"]*?/((?:a|b)/[^"]*)"`)

// A check opens no file that gopls has the same findings in while it is closed. The files of other modules, which it
// must have open, come last: each has it load another module, and check all other files anew.
func TestACheckOpensOnlyFilesOfOtherModules(t *testing.T) {
	indextest.Needs(t, "gopls")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() { missing() }\n",
		"b_test.go":    "package m\n\nvar _ = lacking\n",
		"other/go.mod": "module ex.com/o\n\ngo 1.21\n", "other/o.go": "package o\n\nvar _ = gone\n",
		"z/z.go": "package z\n\nvar _ = nowhere\n",
	})
	got, tape := recordedCheck(t, dir)
	want := []string{
		"a.go: undefined: missing", "b_test.go: undefined: lacking", "other/o.go: undefined: gone",
		"z/z.go: undefined: nowhere",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("findings (-want +got)\n%s", d)
	}
	var sent []string
	message := regexp.MustCompile(`"method":"textDocument/(didOpen|diagnostic)".*?/([\w/]+\.go)"`)
	for _, m := range message.FindAllStringSubmatch(tape, -1) {
		sent = append(sent, m[1]+" "+filepath.Base(m[2]))
	}
	want = []string{
		"diagnostic a.go", "diagnostic b_test.go", "diagnostic z.go", "didOpen o.go", "diagnostic o.go",
	}
	if d := cmp.Diff(want, sent); d != "" {
		t.Errorf("messages (-want +got)\n%s", d)
	}
}

// gopls reads the package of a closed file anew for each question: at many words of a folder that took it a minute. The
// files of folders with several such words are opened, others stay closed.
func TestFilesWithManyWordsToAskAboutAreOpened(t *testing.T) {
	indextest.Needs(t, "gopls")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\ntype S struct{}\n\nfunc (S) Run() {}\n",
		"b.go":      "package m\n\ntype T struct{}\n\nfunc (T) Run() {}\n",
		"b_test.go": "package m\n\nfunc b(t T) { t.Run(); t.Run(); t.Run() }\n",
		"c_test.go": "package m_test\n\nimport \"ex.com/m\"\n\nfunc c(t m.T) { t.Run() }\n",
		"d/d.go":    "package d\n\nimport \"ex.com/m\"\n\nfunc d(t m.T) { t.Run() }\n",
	})
	var tape bytes.Buffer
	e, err := server.New(server.Config{Root: dir, Trace: trace.NewRecorder(&tape, false)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := e.Do(t.Context(), api.Request{Op: "references", Selector: selector("go://ex.com/m#S.Run")})
	e.Close()
	if err != nil || b.Evidence.State != bundle.Complete || b.Evidence.Ledger.Other != 5 {
		t.Errorf("%v, %v, %+v", err, b.Evidence.State, b.Evidence.Ledger)
	}
	message := regexp.MustCompile(`"method":"textDocument/didOpen".*?/(\w+\.go)"`)
	var opened []string
	for _, m := range message.FindAllStringSubmatch(tape.String(), -1) {
		opened = append(opened, m[1])
	}
	if d := cmp.Diff([]string{"a.go", "b_test.go", "c_test.go"}, opened); d != "" {
		t.Errorf("documents (-want +got)\n%s", d)
	}
}
