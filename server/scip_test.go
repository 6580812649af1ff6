package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bindings "github.com/scip-code/scip/bindings/go/scip"
	"google.golang.org/protobuf/proto"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/scip"
	"lanser/server/trace"
)

// scipFiles are in two languages whose servers count in different units, with letters
// that they count differently.
var scipFiles = map[string]string{
	"go.mod": "module ex.com/m\n\ngo 1.21\n",
	"a.go": "package m\n\n// F is one.\nfunc F() {}\n\ntype T struct{ é int }\n\n" +
		"func (t T) M() { F(); _ = \"💥\"; F() }\n",
	"b_test.go":     "package m\n\nvar _ = T.M\n",
	"tsconfig.json": "{}\n",
	"src/s.ts":      "export class Store {\n  load() { return '💥' + this.load(); }\n}\nnew Store().load();\n",
}

// exported is the index of a workspace.
func exported(t *testing.T, dir string) *server.Exported {
	t.Helper()
	got, err := untraced(t, dir).ExportSCIP(context.Background(), nil, nil)
	if err != nil || len(got.Short) > 0 {
		t.Fatalf("%v, %v", err, got)
	}
	return got
}

// written returns the path of a new file with the index.
func written(t *testing.T, index []byte) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "index.scip")
	if err := os.WriteFile(file, index, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// fromIndex returns an engine that answers from a SCIP index instead of from language servers.
func fromIndex(t *testing.T, dir string, files ...string) *server.Engine {
	t.Helper()
	e, err := server.New(server.Config{Root: dir, SCIP: files})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// At every symbol, an exported index gives the answers of the servers, and names itself as their source. Two exports
// have the same bytes.
func TestAnExportedIndexGivesTheAnswersOfTheServers(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "a language server")
	dir := indextest.Files(t, scipFiles)
	got := exported(t, dir)
	if again := exported(t, indextest.Files(t, scipFiles)); !bytes.Equal(again.Index, got.Index) {
		t.Error("another export is of other bytes")
	}
	file := written(t, got.Index)
	x := fromIndex(t, dir, file)
	live := untraced(t, dir)
	outline := do(t, live, api.Request{Op: "symbols", Paths: []string{"."}})
	places := func(e *server.Engine, op, sel string) (out []string) {
		b := do(t, e, api.Request{Op: op, Selector: selector(sel)})
		for _, l := range append(b.Facts.References, b.Facts.Definitions...) {
			raw, err := json.Marshal([]any{l.URI, l.Text, l.Container})
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(raw))
		}
		fromIndex := b.Facts.Provenance == "scip" && b.Evidence.State == bundle.Heuristic &&
			b.Environment.Server.Name == "scip lanser"
		if e == x && !fromIndex {
			t.Errorf("%s: %s, %s, %+v", sel, b.Facts.Provenance, b.Evidence.State, b.Environment.Server)
		}
		return out
	}
	for _, s := range outline.Facts.Symbols {
		for _, op := range []string{"refs", "def"} {
			if diff := cmp.Diff(places(live, op, s.Selector), places(x, op, s.Selector)); diff != "" {
				t.Errorf("%s %s (-server +index):\n%s", op, s.Selector, diff)
			}
		}
	}
	if _, err := x.Do(context.Background(), api.Request{Op: "diag"}); !fault.Is(err, fault.Unsupported) {
		t.Errorf("diag of an index: %v", err)
	}
	// What has changed since is told.
	if err := os.WriteFile(filepath.Join(dir, "c.go"), []byte("package m\n\nfunc use() { F() }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := do(t, x, api.Request{Op: "refs", Selector: selector("go://ex.com/m#F")})
	if b.Evidence.State != bundle.Partial {
		t.Errorf("with a file that is not in it: %s %v", b.Evidence.State, b.Evidence.Reasons)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package m\n\nfunc F() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Do(context.Background(), api.Request{Op: "refs", Selector: selector("go://ex.com/m#F")}); !fault.Is(
		err,
		fault.VersionSkew,
	) {
		t.Errorf("of a file that has changed: %v", err)
	}
}

// A reader of SCIP that is not part of lanser finds everything that was written to the index.
func TestAnotherReaderFindsEverythingInAnExportedIndex(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "a language server")
	got := exported(t, indextest.Files(t, scipFiles))
	dir := npmInstalled(t, "@c4312/scip@0.1.0", "@bufbuild/protobuf@2.2.3")
	const script = `
import { fromBinary } from '@bufbuild/protobuf';
import * as scip from '@c4312/scip';
import { readFileSync } from 'node:fs';
const schema = Object.values(scip).find(v => v?.typeName === 'scip.Index');
const index = fromBinary(schema, readFileSync('index.scip'));
const sum = f => index.documents.reduce((n, d) => n + f(d), 0);
console.log(JSON.stringify({
  documents: index.documents.map(d => d.relativePath), symbols: sum(d => d.symbols.length),
definitions: sum(d => d.occurrences.filter(o => o.symbolRoles & 1).length),
uses: sum(d => d.occurrences.filter(o => !(o.symbolRoles & 1)).length),
}));`
	for name, content := range map[string][]byte{"read.mjs": []byte(script), "index.scip": got.Index} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	node := exec.Command("node", "read.mjs")
	node.Dir = dir
	out, err := node.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := mustJSON(
		t,
		map[string]any{
			"documents":   []string{"a.go", "b_test.go", "src/s.ts"},
			"symbols":     got.Symbols,
			"definitions": got.Symbols,
			"uses":        got.References,
		},
	)
	var a, b any
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, a); diff != "" {
		t.Errorf("(-exported +read):\n%s", diff)
	}
}

// An index of another tool gives the server's answers, with the reservation that it may be outdated, because it does
// not contain the texts.
func TestAnIndexOfAnotherToolAnswers(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server typescript")
	dir := indextest.Files(
		t,
		map[string]string{
			"tsconfig.json": "{}\n",
			"package.json":  `{"name":"w","version":"1.0.0"}`,
			"src/s.ts":      scipFiles["src/s.ts"],
		},
	)
	work := npmInstalled(t, "@sourcegraph/scip-typescript@0.4.0")
	file := filepath.Join(work, "index.scip")
	index := exec.Command(filepath.Join(work, "node_modules", ".bin", "scip-typescript"), "index", "--output", file)
	index.Dir = dir
	if out, err := index.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	x := fromIndex(t, dir, file)
	live := untraced(t, dir)
	for _, sel := range []string{"ts://src/s#Store", "ts://src/s#Store.load"} {
		q := api.Request{Op: "refs", Selector: selector(sel)}
		got, want := do(t, x, q), do(t, live, q)
		type place struct {
			URI, Text, Container string
			Line                 int
		}
		places := func(b *bundle.Bundle) (out []place) {
			for _, l := range b.Facts.References {
				out = append(out, place{l.URI, l.Text, l.Container, l.Range[0]})
			}
			return out
		}
		if diff := cmp.Diff(places(want), places(got)); diff != "" {
			t.Errorf("%s (-server +index):\n%s", sel, diff)
		}
		if got.Evidence.State != bundle.Partial || got.Environment.Server.Name != "scip scip-typescript" {
			t.Errorf("%s: %s from %+v", sel, got.Evidence.State, got.Environment.Server)
		}
	}
	b := do(t, x, api.Request{Op: "hover", Selector: selector("ts://src/s#Store.load")})
	if len(b.Facts.Hover) != 1 || !strings.Contains(b.Facts.Hover[0].Contents, "load(): ") {
		t.Errorf("%+v", b.Facts.Hover)
	}
}

// If references may be missing from an index, none of its answers is complete.
func TestAnswersOfAnIncompleteIndexArePartial(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "a language server")
	dir := indextest.Files(t, map[string]string{"a.c": "int F(void) { return 0; }\n"}) // no database
	got, err := untraced(t, dir).ExportSCIP(context.Background(), nil, nil)
	if err != nil || len(got.Short) == 0 {
		t.Fatalf("%v, %+v", err, got)
	}
	file := written(t, got.Index)
	x := fromIndex(t, dir, file)
	if b := do(t, x, api.Request{Op: "refs", Selector: selector("cpp://*#F")}); b.Evidence.State != bundle.Partial {
		t.Errorf("%s %v", b.Evidence.State, b.Evidence.Reasons)
	}
	_, err = server.New(server.Config{Root: dir, SCIP: []string{file}, Trace: trace.NewRecorder(io.Discard, false)})
	if !fault.Is(err, fault.Usage) {
		t.Errorf("a trace of an index: %v", err)
	}
}

func TestAFileThatIsNotAnIndexIsRefused(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "no index", "\x12\x03\x0a\x01\x00\x12"} {
		if _, err := scip.Read([]byte(raw)); !fault.Is(err, fault.Usage) {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

// References that may be in files which the project excludes are counted, and do not make the export fail. References
// that may be in a file of the project do.
func TestAnIndexUsesTheCoverageOfACheck(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	files := map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.24\n",
		"a.go": "package m\n\nfunc A() int { return B() }\n\nfunc B() int { return 1 }\n" +
			"\ntype T struct{}\n\nfunc (T) M() {}\n",
		"gen.go":          "//go:build ignore\n\npackage main\n\nfunc main() { println(A()) }\n",
		"cgo_windows.go":  "package m\n\nimport \"C\"\n\nfunc C() int { return B() }\n",
		"asm_arm64.s":     "TEXT ·A(SB), $0\n\tCALL ·B(SB)\n",
		"testdata/x/x.go": "package x\n\nfunc A() { absent() }\n",
	}
	for name, tt := range map[string]struct {
		more     map[string]string
		short    int
		excluded int
	}{
		"files of other builds": {excluded: 4},
		"a file of this project": {
			more: map[string]string{"b.go": "package m\n\nfunc X() { unknown().M() }\n"}, short: 1, excluded: 4,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indextest.Files(t, files)
			for file, content := range tt.more {
				indextest.Write(t, dir, file, content)
			}
			got, err := untraced(t, dir).ExportSCIP(context.Background(), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Short) != tt.short || got.Excluded != tt.excluded {
				t.Errorf("short %q, %d excluded; want %d, %d", got.Short, got.Excluded, tt.short, tt.excluded)
			}
		})
	}
}

// indexOf returns a SCIP index of a tool with a document of Go. Each occurrence is a symbol in line 0 of the document;
// a definition has "=" before it. Text stands in the columns that follow each other, each of one letter.
func indexOf(t *testing.T, tool, path, content string, symbols ...string) string {
	t.Helper()
	doc := &bindings.Document{RelativePath: path, Text: content}
	for i, s := range symbols {
		name, isDefinition := strings.CutPrefix(s, "=")
		//lint:ignore SA1019 most tools only write the old field
		o := &bindings.Occurrence{Symbol: name, Range: []int32{2, int32(i), int32(i + 1)}}
		if isDefinition {
			o.SymbolRoles = int32(bindings.SymbolRole_Definition)
		}
		doc.Occurrences = append(doc.Occurrences, o)
	}
	raw, err := proto.Marshal(&bindings.Index{
		Metadata:  &bindings.Metadata{ToolInfo: &bindings.ToolInfo{Name: tool, Version: "1"}},
		Documents: []*bindings.Document{doc},
	})
	if err != nil {
		t.Fatal(err)
	}
	return written(t, raw)
}

// A symbol is followed from one index into the others, and what can hide its uses makes the answer partial.
func TestSeveralIndexesAnswerAsOne(t *testing.T) {
	t.Parallel()
	const source, other = "package m\n\nFGH\n", "package n\n\nFGH\n"
	dir := indextest.Files(t, map[string]string{"m/a.go": source, "n/b.go": other, "n/c.py": "x\n\nFGH\n"})
	const f, newer, pkg = "scip-go gomod m v1 `m`/F().", "scip-go gomod m v2 `m`/F().", "scip-go gomod m v1 `m`/"
	first := indexOf(t, "scip-go", "m/a.go", source, "="+f, "="+pkg)
	for name, tt := range map[string]struct {
		second string
		state  string
		uses   []string // "" for the error
		reason string   // or message of the error
	}{
		"a use": {
			second: indexOf(t, "scip-go", "n/b.go", other, f, "="+pkg), state: bundle.Heuristic,
			uses: []string{"m/a.go", "n/b.go"},
		},
		"another version": {
			second: indexOf(t, "scip-go", "n/b.go", other, newer), state: bundle.Partial, uses: []string{"m/a.go"},
			reason: "also has the symbol " + newer,
		},
		"another tool": {
			second: indexOf(t, "other", "n/b.go", other, "other go m v1 F()."), state: bundle.Partial,
			uses: []string{"m/a.go"}, reason: "n/b.go is in an index of other",
		},
		"another definition": {
			second: indexOf(t, "scip-go", "n/b.go", other, "="+f), reason: "m/a.go and n/b.go define the same symbol",
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := api.Request{Op: "refs", Selector: selector("m/a.go@L3:C1")}
			var ids []string
			for _, files := range [][]string{{first, tt.second}, {tt.second, first}} {
				b, err := fromIndex(t, dir, files...).Do(t.Context(), q)
				if tt.uses == nil {
					if !fault.Is(err, fault.Ambiguous) || !strings.Contains(err.Error(), tt.reason) {
						t.Errorf("got %v, want an error with %q", err, tt.reason)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				var uses []string
				for _, l := range b.Facts.References {
					uses = append(uses, l.URI)
				}
				if diff := cmp.Diff(tt.uses, uses); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if b.Evidence.State != tt.state ||
					!strings.Contains(strings.Join(b.Evidence.Reasons, "\n"), tt.reason) {
					t.Errorf("%s: %q; want %s, %q", b.Evidence.State, b.Evidence.Reasons, tt.state, tt.reason)
				}
				ids = append(ids, b.BundleID)
			}
			if len(ids) == 2 && ids[0] != ids[1] {
				t.Errorf("the order of the indexes changes the answer: %q", ids)
			}
		})
	}
	t.Run("a package", func(t *testing.T) {
		x := fromIndex(t, dir, first, indexOf(t, "scip-go", "n/b.go", other, f, "="+pkg))
		b := do(t, x, api.Request{Op: "def", Selector: selector("m/a.go@L3:C2")})
		if len(b.Facts.Definitions) != 2 {
			t.Errorf("%+v", b.Facts.Definitions)
		}
	})
	t.Run("documents that differ", func(t *testing.T) {
		same := indexOf(t, "scip-go", "m/a.go", source, "="+f, "="+pkg)
		fromIndex(t, dir, first, same)
		differs := indexOf(t, "scip-go", "m/a.go", source, "="+f)
		_, err := server.New(server.Config{Root: dir, SCIP: []string{first, differs}})
		if !fault.Is(err, fault.Usage) || !strings.Contains(err.Error(), `"m/a.go" differs`) {
			t.Errorf("got %v", err)
		}
	})
}
