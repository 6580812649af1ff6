package server_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
)

// BenchmarkReferences measures the same question put to the server by the raw
// client and through the engine: cold is from nothing to the first final answer,
// warm is one more question. Compare them within one run:
//
//	go test ./server -run '^$' -bench References -benchtime 5x
func BenchmarkReferences(b *testing.B) {
	questions := map[string]struct {
		selector, file string
		pos            rawPos
	}{
		"cobra":   {"go://*#Command.Execute", "command.go", rawPos{1069, 18}},
		"mailpkg": {"py://mailpkg.message#Message.get_payload", "mailpkg/message.py", rawPos{242, 8}},
		"rxjs":    {"ts://*#createOperatorSubscriber", "src/internal/operators/OperatorSubscriber.ts", rawPos{14, 16}},
	}
	for _, cb := range codebases {
		q := questions[cb.name]
		dir := cb.copy(b)
		files := sources(b, dir, cb.server)
		request := api.Request{Op: "refs", Selector: selector(q.selector)}
		ask := func(b *testing.B, c *rawClient) int {
			c.open(q.file)
			return len(c.locations("textDocument/references", q.file, q.pos))
		}
		want := len(do(b, thawed(b, dir), request).Facts.References)
		same := func(b *testing.B, n int) {
			if n != want {
				b.Fatalf("%d references, want %d", n, want)
			}
		}
		b.Run(cb.name+"/cold/server", func(b *testing.B) {
			for b.Loop() {
				c := raw(b, cb, dir, files)
				same(b, ask(b, c))
				c.stop()
			}
		})
		b.Run(cb.name+"/cold/lanser", func(b *testing.B) {
			for b.Loop() {
				e := thawed(b, dir)
				same(b, len(do(b, e, request).Facts.References))
				e.Close()
			}
		})
		b.Run(cb.name+"/warm/server", func(b *testing.B) {
			c := raw(b, cb, dir, files)
			same(b, ask(b, c))
			for b.Loop() {
				same(b, ask(b, c))
			}
		})
		b.Run(cb.name+"/warm/lanser", func(b *testing.B) {
			e := thawed(b, dir)
			do(b, e, request)
			for b.Loop() {
				same(b, len(do(b, e, request).Facts.References))
			}
		})
	}
}

// leftovers is how many words of a name the server did not list as references, and syntax cannot enter: at
// most so many are put to the server.
func leftovers(l *bundle.Ledger) int { return l.Words - l.References - l.NotCode - l.Declarations }

// BenchmarkLedger puts references of identifiers drawn at random to a warm server by an independent client
// and through the engine, which accounts for every word of the name, first the one and then the other by
// turns. It reports the medians for names with up to 50 words that the server did not list, and for all.
// No question is put twice.
//
//	go test ./server -run '^$' -bench Ledger -benchtime 300x
func BenchmarkLedger(b *testing.B) {
	const few = 50
	for _, cb := range codebases {
		b.Run(cb.name, func(b *testing.B) {
			dir, witnessed := cb.copy(b), cb.copy(b)
			files := sources(b, dir, cb.server)
			e, c := thawed(b, dir), raw(b, cb, witnessed, files)
			spots := identifiers(b, dir, files, 8000)
			next, words := 0, 0
			pair := func() (theirs, ours time.Duration, l *bundle.Ledger) {
				at := spots[next%len(spots)]
				next++
				both := []func(){
					func() {
						began := time.Now()
						c.open(at.file)
						_, _ = c.tryLocations("textDocument/references", at.file, at.pos)
						theirs = time.Since(began)
					},
					func() {
						sel := selector(fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1))
						began := time.Now()
						answer, _ := e.Do(context.Background(), api.Request{Op: "refs", Selector: sel})
						ours, l = time.Since(began), answer.Evidence.Ledger // nothing found is an answer too
					},
				}
				both[next%2]()
				both[1-next%2]()
				return theirs, ours, l
			}
			for began := time.Now(); time.Since(began) < 5*time.Second; { // until the files are known not to change
				pair()
			}
			var theirs, ours, fewTheirs, fewOurs []time.Duration
			for b.Loop() {
				t, o, l := pair()
				theirs, ours = append(theirs, t), append(ours, o)
				if l != nil && leftovers(l) <= few {
					words += l.Words
					fewTheirs, fewOurs = append(fewTheirs, t), append(fewOurs, o)
				}
			}
			if len(fewOurs) == 0 {
				b.Fatal("no answer has a ledger")
			}
			measured(b, "raw", fewTheirs)
			measured(b, "lanser", fewOurs)
			measured(b, "all-raw", theirs)
			measured(b, "all-lanser", ours)
			b.ReportMetric(float64(len(fewOurs)), "names")
			b.ReportMetric(float64(words)/float64(len(fewOurs)), "words/name")
			b.ReportMetric(float64(quantile(fewOurs, 50))/float64(quantile(fewTheirs, 50)), "p50-ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// declaresType matches a line that declares a type; its group is the name.
var declaresType = regexp.MustCompile(
	`^\s*(?:export\s+)?(?:default\s+)?(?:abstract\s+)?(?:class|interface|type)\s+(\w+)`,
)

// declaredTypes returns the places of the names of types that are declared in files.
func declaredTypes(b *testing.B, dir string, files []string) (spots []spotIn) {
	b.Helper()
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			b.Fatal(err)
		}
		for i, line := range strings.Split(string(content), "\n") {
			if m := declaresType.FindStringSubmatchIndex(line); m != nil {
				spots = append(spots, spotIn{f, rawPos{i, m[2]}})
			}
		}
	}
	return spots
}

// BenchmarkTypes asks a warm server for the implementations, or the subtypes, of the types that a code base declares,
// after an independent client has asked another server for the implementations, or the references, of the same type.
// The answers account for the words of the type's name. Types that nothing names are among them. No question is put
// twice.
//
//	go test ./server -run '^$' -bench Types -benchtime 30x
func BenchmarkTypes(b *testing.B) {
	for _, cb := range codebases {
		for _, op := range []string{"impl", "types"} {
			b.Run(cb.name+"/"+op, func(b *testing.B) {
				dir, witnessed := cb.copy(b), cb.copy(b)
				files := sources(b, dir, cb.server)
				e, c := thawed(b, dir), raw(b, cb, witnessed, files)
				spots := declaredTypes(b, dir, files)
				ask := func(op string, at spotIn) (theirs, ours time.Duration) {
					method := "textDocument/references"
					if op == "impl" && cb.server != "pyright" { // it has no such question
						method = "textDocument/implementation"
					}
					began := time.Now()
					c.open(at.file)
					_, _ = c.tryLocations(method, at.file, at.pos)
					theirs = time.Since(began)
					sel := selector(fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1))
					request := api.Request{Op: op, Selector: sel}
					request.Options.Sub = op == "types"
					began = time.Now()
					_, _ = e.Do(context.Background(), request) // none found is an answer too
					return theirs, time.Since(began)
				}
				others := identifiers(b, dir, files, 8000)
				for began := time.Now(); time.Since(began) < 5*time.Second; others = others[1:] {
					ask("refs", others[0])
				}
				var theirs, ours []time.Duration
				for b.Loop() {
					if len(ours) < len(spots) {
						t, o := ask(op, spots[len(ours)])
						theirs, ours = append(theirs, t), append(ours, o)
					}
				}
				measured(b, "raw", theirs)
				measured(b, "lanser", ours)
				b.ReportMetric(float64(len(ours)), "types")
				b.ReportMetric(float64(quantile(ours, 50))/float64(quantile(theirs, 50)), "p50-ratio")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkManyWords asks for the references of a name that is written 5,000 times, nearly all of them uses
// of other symbols, of a warm server. The bound on the words that are put to the server is part of the answer.
//
//	go test ./server -run '^$' -bench ManyWords -benchtime 5x
func BenchmarkManyWords(b *testing.B) {
	const words, perFile = 5000, 50
	for _, lang := range []struct {
		name, selector string
		files          func(i int) (name, text string)
		more           map[string]string
	}{
		{
			name: "go", selector: "go://*#T.Put",
			more: map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n",
				"t/t.go": "package t\n\ntype T struct{}\n\nfunc (T) Put() {}\n",
			},
			files: func(i int) (string, string) {
				return fmt.Sprintf("p%d/p.go", i), fmt.Sprintf(
					"package p%d\n\nimport \"ex.com/m/t\"\n\ntype U struct{}\n\nfunc (U) Put() {}\n\n"+
						"func f(u U, v t.T) {\n%s\tv.Put()\n}\n",
					i, strings.Repeat("\tu.Put()\n", perFile-2),
				)
			},
		},
		{
			name: "python", selector: "py://t#T.put",
			more: map[string]string{"t.py": "class T:\n    def put(self): pass\n"},
			files: func(i int) (string, string) {
				return fmt.Sprintf("p%d.py", i), "from t import T\n\nclass U:\n    def put(self): pass\n\n" +
					"def f(u: U, v: T):\n" +
					strings.Repeat("    u.put()\n", perFile-2) + "    v.put()\n"
			},
		},
		{
			name: "typescript", selector: "ts://t#T.put",
			more: map[string]string{"tsconfig.json": "{}\n", "t.ts": "export class T {\n  put() {}\n}\n"},
			files: func(i int) (string, string) {
				return fmt.Sprintf("p%d.ts", i), "import { T } from './t';\n\nclass U {\n  put() {}\n}\n\n" +
					"export function f(u: U, v: T) {\n" +
					strings.Repeat("  u.put();\n", perFile-2) + "  v.put();\n}\n"
			},
		},
	} {
		b.Run(lang.name, func(b *testing.B) {
			all := lang.more
			for i := range words / perFile {
				name, text := lang.files(i)
				all[name] = text
			}
			dir := indextest.Files(b, all)
			e := thawed(b, dir)
			ask := func() (time.Duration, *bundle.Bundle) {
				indextest.Write(b, dir, "notes.txt", fmt.Sprint(time.Now().UnixNano())) // no answer is remembered
				began := time.Now()
				answer := do(b, e, api.Request{Op: "refs", Selector: selector(lang.selector)})
				if answer.Local.Memo != "" {
					b.Fatalf("the answer was remembered: %s", answer.Local.Memo)
				}
				return time.Since(began), answer
			}
			ask()
			var took []time.Duration
			var last *bundle.Bundle
			for b.Loop() {
				var t time.Duration
				t, last = ask()
				took = append(took, t)
			}
			l := last.Evidence.Ledger
			if l.Words < words || l.References < words/perFile || l.Possible == 0 || len(last.Evidence.Reasons) == 0 {
				b.Fatalf("%+v %v", l, last.Evidence.Reasons)
			}
			b.ReportMetric(float64(l.Words), "words")
			b.ReportMetric(float64(l.Possible), "not-asked")
			measured(b, "refs", took)
			b.ReportMetric(0, "ns/op")
		})
	}
}
