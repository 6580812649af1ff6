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

// Each file of testdata/uses is a workspace with questions about the uses of symbols: lines of its
// comment that begin with an operation. The file "want" has the answers: state, sums, every place
// of the answer, and every possible use with its reason.
func TestEveryWordOfANameIsAccountedFor(t *testing.T) {
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
			workspace, want := map[string]string{}, ""
			for _, f := range a.Files {
				if f.Name == "want" {
					want = string(f.Data)
				} else {
					workspace[f.Name] = string(f.Data)
				}
			}
			dir := indextest.Files(t, workspace)
			if database := workspace["compile_commands.json"]; database != "" {
				indextest.Write(t, dir, "compile_commands.json", strings.ReplaceAll(database, "{dir}", dir))
			}
			e := engine(t, dir)
			var got strings.Builder
			for line := range strings.Lines(string(a.Comment)) {
				op, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
				rest, family := strings.CutPrefix(rest, "--family ")
				rest, deep := strings.CutPrefix(rest, "--deep ")
				if !ok || api.Lookup(op) == nil {
					continue
				}
				req := api.Request{Op: op, Selector: selector(rest)}
				no := false
				req.Options.Declaration = &no
				req.Options.Family = family
				if deep {
					req.Options.Depth = 3
				}
				req.Options.In, req.Options.Sub = op == "calls", op == "types"
				b, err := e.Do(t.Context(), req)
				fmt.Fprintf(&got, "%s %s\n", op, rest)
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
		})
	}
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
	for _, u := range slices.Concat(b.Facts.Definitions, b.Facts.References, b.Facts.Implementations) {
		place(u.URI, u.Range, u.Confirmed, u.Family, 1)
	}
	for _, edge := range append(b.Facts.Calls, b.Facts.Types...) {
		if len(edge.Ranges) == 0 {
			place(edge.From.URI, edge.From.SelectionRange, edge.Confirmed, edge.Family, edge.Depth)
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
	return out.String()
}
