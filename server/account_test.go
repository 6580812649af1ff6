package server_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
)

var update = flag.Bool("update", false, "write what is answered to testdata")

// Each file of testdata/uses is a workspace with requests about the uses of symbols: lines of its comment that begin
// with an operation. The file "links" lists symbolic links. The file "want" has the answers: state, sums, every place
// of the answer, and every possible use with its reason.
func TestEveryOccurrenceOfANameIsInTheLedger(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	files, err := filepath.Glob("testdata/uses/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases:", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			workspace, want, links := map[string]string{}, "", ""
			for _, f := range a.Files {
				switch f.Name {
				case "want":
					want = string(f.Data)
				case "links":
					links = string(f.Data)
				default:
					workspace[f.Name] = string(f.Data)
				}
			}
			dir := indextest.Files(t, workspace)
			for line := range strings.Lines(links) {
				at, to, _ := strings.Cut(strings.TrimSpace(line), " -> ")
				if err := os.Symlink(to, filepath.Join(dir, at)); err != nil {
					t.Fatal(err)
				}
			}
			if database := workspace["compile_commands.json"]; database != "" {
				indextest.Write(t, dir, "compile_commands.json", strings.ReplaceAll(database, "{dir}", dir))
			}
			asked := questionsIn(string(a.Comment))
			e := engine(t, dir)
			var got strings.Builder
			answers := make([]*bundle.Bundle, len(asked))
			for i, q := range asked {
				b, err := e.Do(t.Context(), q.Request)
				answers[i] = b
				if at := machinePathIn(t, b, dir); at != "" {
					t.Errorf("%s %s: the bundle holds a path of this machine: %s", q.Op, q.selector, at)
				}
				fmt.Fprintf(&got, "%s %s\n", q.Op, q.selector)
				if err != nil {
					fmt.Fprintf(&got, "\terror: %v\n", err)
				}
				got.WriteString(accounted(b))
			}
			if *update {
				a.Files[len(a.Files)-1].Data = []byte(got.String())
				if err := os.WriteFile(file, txtar.Format(a), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := gocmp.Diff(want, got.String()); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			// An engine that records nothing asks several questions at a time, and remembers definitions.
			e = remembering(t, dir)
			for i, q := range slices.Backward(asked) {
				b, _ := e.Do(t.Context(), q.Request) // the error is in the bundle
				if d := gocmp.Diff(accounted(answers[i]), accounted(b)); d != "" {
					t.Errorf("%s %s in another order, without a trace (-traced +untraced)\n%s", q.Op, q.selector, d)
				} else if b.BundleID != answers[i].BundleID {
					t.Errorf("%s %s: the bundles of two engines differ", q.Op, q.selector)
				}
			}
		})
	}
}

// machinePathIn returns text around a path of this machine in what is hashed of a bundle; "" if there is none.
func machinePathIn(t *testing.T, b *bundle.Bundle, dir string) string {
	t.Helper()
	hashed := *b
	hashed.Local = nil
	raw := mustJSON(t, &hashed)
	i := strings.Index(raw, dir)
	if i < 0 {
		return ""
	}
	return raw[max(0, i-100):min(len(raw), i+200)]
}

// usesQuestion is a question of a case in testdata/uses.
type usesQuestion struct {
	api.Request
	selector string
}

// questionsIn reads the questions in the comment of a case: lines that begin with an operation.
func questionsIn(comment string) (list []usesQuestion) {
	for line := range strings.Lines(comment) {
		op, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		rest, family := strings.CutPrefix(rest, "--family ")
		rest, deep := strings.CutPrefix(rest, "--deep ")
		rest, declared := strings.CutPrefix(rest, "--declared ")
		rest, super := strings.CutPrefix(rest, "--super ")
		rest, out := strings.CutPrefix(rest, "--out ")
		if !ok || api.Lookup(op) == nil {
			continue
		}
		target, to := rest, ""
		if op == "rename" {
			target, to, _ = strings.Cut(rest, " ")
		}
		q := usesQuestion{Request: api.Request{Op: op, Selector: selector(target)}, selector: rest}
		q.Options.To = to
		q.Options.Declaration = &declared
		q.Options.Family = family
		if deep {
			q.Options.Depth = 3
		}
		q.Options.In, q.Options.Sub = op == "calls" && !out, op == "types" && !super
		q.Options.Out = out
		q.Options.Super = super
		list = append(list, q)
	}
	return list
}

// accounted is an answer with its ledger, a line for each place.
func accounted(b *bundle.Bundle) string {
	var out strings.Builder
	l := cmp.Or(b.Evidence.Ledger, &bundle.Ledger{})
	fmt.Fprintf(&out, "\t%s", b.Evidence.State)
	if b.Evidence.Ledger != nil {
		fmt.Fprintf(&out, "; of %d words of %s: references %d, confirmed %d, family %d, other %d, declarations %d, "+
			"not code %d, possible %d",
			l.Words, strings.Join(l.Names, ", "), l.References, l.Confirmed, l.Family, l.Other,
			l.Declarations, l.NotCode, l.Possible)
	}
	out.WriteString("\n")
	if b.Facts == nil {
		return out.String()
	}
	place := func(uri string, r bundle.Range, confirmed, family bool, depth int) {
		mark := ""
		if depth > 1 {
			mark = fmt.Sprint(" at depth ", depth)
		}
		if confirmed {
			mark += " confirmed"
		}
		if family {
			mark += " of the family"
		}
		fmt.Fprintf(&out, "\t%s:%d:%d%s\n", uri, r[0]+1, r[1]+1, mark)
	}
	for _, u := range slices.Concat(
		b.Facts.Definitions, b.Facts.Declarations, b.Facts.References, b.Facts.Implementations,
	) {
		place(u.URI, u.Range, u.Confirmed, u.Family, 1)
	}
	for _, edge := range append(b.Facts.Calls, b.Facts.Types...) {
		if b.Request.Options["out"] == true {
			fmt.Fprintf(&out, "\tto %s:\n", edge.To.Name)
		}
		end := edge.From
		if b.Request.Options["super"] == true {
			end = edge.To
		}
		if len(edge.Ranges) == 0 {
			place(end.URI, end.SelectionRange, edge.Confirmed, edge.Family, edge.Depth)
		}
		for _, r := range edge.Ranges {
			place(edge.From.URI, r, edge.Confirmed, edge.Family, edge.Depth)
		}
	}
	for _, u := range l.Uses {
		fmt.Fprintf(&out, "\t%s:%d:%d possible: %s\n", u.URI, u.Range[0]+1, u.Range[1]+1, u.Why)
	}
	for _, u := range l.Relatives {
		fmt.Fprintf(&out, "\t%s:%d:%d family\n", u.URI, u.Range[0]+1, u.Range[1]+1)
	}
	if b.Edits.Diff != nil {
		for line := range strings.Lines(*b.Edits.Diff) {
			if strings.HasPrefix(line, "+") {
				out.WriteString("\t" + line)
			}
		}
	}
	return out.String()
}
