package plan

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/report"
)

// settled returns the answer of a check of several parts, each with its server's answer.
func settled(t *testing.T, failOn string, parts ...*Part) (*bundle.Bundle, error) {
	t.Helper()
	w, err := index.Open(indextest.Files(t, map[string]string{
		"a.c": "#include \"h.h\"\n", "h.h": "int f(void);\n",
	}), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	snap, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	empty := func() *bundle.Bundle {
		b := (&api.Request{Op: "diagnostics"}).Bundle("", "")
		b.Facts = &bundle.Facts{Provenance: "lsp", Diagnostics: []bundle.Diagnostic{}}
		return b
	}
	b := empty()
	for _, c := range parts {
		made := empty()
		if c.Answered != nil { // its server has answered
			made.Facts, made.Evidence = c.Answered.Facts, c.Answered.Evidence
		}
		c.Answered = made
		c.Settle(snap, false)
	}
	if err := MergeParts(b, &Plan{Parts: parts}, false); err != nil {
		return b, err
	}
	b.Meta.ExitCode = b.CheckExit(failOn, false)
	return b, nil
}

// answered returns the answer of a part whose server has answered for n files, but for some, in a state
// of evidence, with findings.
func answered(state string, n int, unchecked []string, findings ...bundle.Diagnostic) *bundle.Bundle {
	k := bundle.Check{Server: bundle.Tool{Name: "gopls", Version: "1"}, Files: n}
	for _, p := range unchecked {
		k.Unchecked = append(k.Unchecked, bundle.Unchecked{URI: p, Why: "it is too hard"})
	}
	return &bundle.Bundle{
		Facts:    &bundle.Facts{Checks: []bundle.Check{k}, Diagnostics: append([]bundle.Diagnostic{}, findings...)},
		Evidence: bundle.Evidence{State: state},
	}
}

// The exit code, evidence and text for each combination of states of files, what is owed, and findings.
func TestTheFilesThatACheckOwesDecideItsVerdict(t *testing.T) {
	finding := bundle.Diagnostic{URI: "a.go", Severity: "error", Message: "bad"}
	file := func(path string, owed bool) *planFile {
		return &planFile{path: path, noun: "Go file", owed: owed}
	}
	script := func(owed bool) bundle.Coverage {
		f := planFile{path: "x.sh", noun: "shell script", owed: owed}
		return f.covered(bundle.Unserved, "shellcheck is not installed", "install shellcheck")
	}
	tagged := file("t.go", true).covered(bundle.Excluded, "build constraints leave them out", "")
	guessed := func(owed bool) *planFile {
		f := &planFile{path: "a.go", noun: "C file", owed: owed}
		f.standing = catalogue.Standing{State: bundle.Unserved, Guessed: true, Reason: "no database"}
		return f
	}
	header := &planFile{path: "h.h", noun: "C or C++ header", standing: catalogue.Standing{With: true}}
	noServer := fault.New(fault.NoServer, "gopls is not installed").WithHint("install it")
	for name, tt := range map[string]struct {
		parts []*Part
		exit  int
		state string
		says  string   // the verdict
		lines []string // about files that were not checked
		fails fault.Code
	}{
		"a linter checks some of the files": {
			parts: []*Part{
				{
					Server: catalogue.Named("pyright"), Answered: answered(bundle.Complete, 2, nil),
					Asked: []*planFile{file("a.go", true), file("b.go", true)},
				},
				{
					Server: catalogue.Named("ruff"), Answered: answered(bundle.Complete, 1, nil),
					Asked: []*planFile{{path: "a.go", noun: "Go file", linter: "ruff", owed: true}},
				},
			},
			exit: 0, state: bundle.Complete, says: "clean: 2 Go files, 1 Go file by ruff",
		},
		"a linter that is not installed": {
			parts: []*Part{
				{
					Server: catalogue.Named("pyright"), Answered: answered(bundle.Complete, 1, nil),
					Asked: []*planFile{file("a.go", true)},
				},
				{Server: catalogue.Named("ruff"), Decided: []bundle.Coverage{
					(&planFile{path: "a.go", noun: "Go file", linter: "ruff"}).
						covered(bundle.Unserved, "ruff is not installed", "lanser servers install ruff"),
				}},
			},
			exit: 0, state: bundle.Complete,
			says: "clean: 1 Go file; not checked by ruff: 1 Go file (ruff is not installed)",
			lines: []string{
				"not checked by ruff: 1 Go file (a.go): ruff is not installed; lanser servers install ruff",
			},
		},
		"a linter that is required and not installed": {
			parts: []*Part{
				{
					Server: catalogue.Named("pyright"), Answered: answered(bundle.Complete, 1, nil),
					Asked: []*planFile{file("a.go", true)},
				},
				{Server: catalogue.Named("ruff"), Decided: []bundle.Coverage{
					(&planFile{path: "a.go", noun: "Go file", linter: "ruff", owed: true}).
						covered(bundle.Unserved, "ruff is not installed", "lanser servers install ruff"),
				}},
			},
			exit: 66, state: bundle.Partial, says: "not verified: the check did not finish (0 findings so far)",
		},
		"a linter fails": {
			parts: []*Part{
				{
					Server: catalogue.Named("pyright"), Answered: answered(bundle.Complete, 1, nil),
					Asked: []*planFile{file("a.go", true)},
				},
				{
					Server: catalogue.Named("ruff"),
					Asked:  []*planFile{{path: "a.go", noun: "Go file", linter: "ruff", owed: true}},
					Err:    fault.New(fault.Crash, "ruff ended"),
				},
			},
			exit: 66, state: bundle.ServerDied, says: "not verified: the check did not finish (0 findings so far)",
		},
		"all was checked": {
			parts: []*Part{{
				Server: catalogue.Named("gopls"), Answered: answered(bundle.Complete, 2, nil),
				Asked: []*planFile{file("a.go", true), file("b.go", true)},
			}},
			exit: 0, state: bundle.Complete, says: "clean: 2 Go files",
		},
		"a finding": {
			parts: []*Part{{
				Server: catalogue.Named("gopls"), Answered: answered(bundle.Complete, 1, nil, finding),
				Asked: []*planFile{file("a.go", true)},
			}},
			exit: 1, state: bundle.Complete, says: "1 error",
		},
		"one that is owed was not checked": {
			parts: []*Part{{Server: catalogue.Named("gopls"), Answered: answered(bundle.Complete, 2, []string{"b.go"},
				finding), Asked: []*planFile{file("a.go", true), file("b.go", true)}}},
			exit: 66, state: bundle.Partial, says: "not verified: the check did not finish (1 finding so far)",
		},
		"one that is not owed was not checked": {
			parts: []*Part{{
				Server: catalogue.Named("gopls"), Answered: answered(bundle.Complete, 2, []string{"b.go"}),
				Asked: []*planFile{file("a.go", true), file("b.go", false)},
			}},
			exit: 0, state: bundle.Complete, says: "clean: 1 Go file; not checked: 1 Go file (it is too hard)",
			lines: []string{"not checked: 1 Go file (b.go): it is too hard"},
		},
		"a script without its checker beside a project": {
			parts: []*Part{
				{
					Server: catalogue.Named("gopls"), Answered: answered(bundle.Complete, 1, nil),
					Asked: []*planFile{file("a.go", true)},
				},
				{Server: catalogue.Named("bash-language-server"), Decided: []bundle.Coverage{script(false)}},
			},
			exit: 0, state: bundle.Complete,
			says:  "clean: 1 Go file; not checked: 1 shell script (shellcheck is not installed)",
			lines: []string{"not checked: 1 shell script (x.sh): shellcheck is not installed; install shellcheck"},
		},
		"and a finding": {
			parts: []*Part{
				{
					Server: catalogue.Named("gopls"), Answered: answered(bundle.Complete, 1, nil, finding),
					Asked: []*planFile{file("a.go", true)},
				},
				{Server: catalogue.Named("bash-language-server"), Decided: []bundle.Coverage{script(false)}},
			},
			exit: 1, state: bundle.Complete, says: "1 error",
			lines: []string{"not checked: 1 shell script (x.sh): shellcheck is not installed; install shellcheck"},
		},
		"the same where it is owed": {
			parts: []*Part{
				{
					Server: catalogue.Named("gopls"), Answered: answered(bundle.Complete, 1, nil),
					Asked: []*planFile{file("a.go", true)},
				},
				{Server: catalogue.Named("bash-language-server"), Decided: []bundle.Coverage{script(true)}},
			},
			exit: 66, state: bundle.Partial, says: "not verified: the check did not finish (0 findings so far)",
		},
		"nothing was checked, and nothing is owed": {
			parts: []*Part{
				{Server: catalogue.Named("bash-language-server"), Decided: []bundle.Coverage{script(false)}},
			},
			exit: 66, state: bundle.Partial, says: "not verified: the check did not finish (0 findings so far)",
			lines: []string{"not checked: 1 shell script (x.sh): shellcheck is not installed; install shellcheck"},
		},
		"the project leaves a file out": {
			parts: []*Part{{
				Server: catalogue.Named("gopls"), Answered: answered(bundle.Complete, 1, nil),
				Asked: []*planFile{file("a.go", true)}, Decided: []bundle.Coverage{tagged},
			}},
			exit: 0, state: bundle.Complete, says: "clean: 1 Go file",
			lines: []string{"not checked: 1 Go file (t.go): build constraints leave them out"},
		},
		"the server has doubts about what is owed": {
			parts: []*Part{{
				Server: catalogue.Named("gopls"), Answered: answered(bundle.Partial, 1, nil),
				Asked: []*planFile{file("a.go", true)},
			}},
			exit: 66, state: bundle.Partial, says: "not verified: the check did not finish (0 findings so far)",
		},
		"the server has doubts about what is not owed": {
			parts: []*Part{{
				Server: catalogue.Named("gopls"), Answered: answered(bundle.Partial, 1, nil),
				Asked: []*planFile{file("a.go", false)},
			}},
			exit: 0, state: bundle.Complete, says: "clean: 1 Go file",
		},
		"default flags, without an error": {
			parts: []*Part{{
				Server: catalogue.Named("clangd"), Answered: answered(bundle.Complete, 1, nil),
				Asked: []*planFile{guessed(true)}, with: []*planFile{header},
			}},
			exit: 0, state: bundle.Heuristic, says: "clean: 1 C file, 1 C or C++ header",
		},
		"default flags, with an error": {
			parts: []*Part{{
				Server: catalogue.Named("clangd"), Answered: answered(bundle.Complete, 1, nil, finding),
				Asked: []*planFile{guessed(true)},
			}},
			exit: 66, state: bundle.Partial, says: "not verified: the check did not finish (1 finding so far)",
		},
		"the server is not installed": {
			parts: []*Part{{Server: catalogue.Named("gopls"), Err: noServer, Asked: []*planFile{file("a.go", true)}}},
			fails: fault.NoServer,
		},
		"one of two servers is not installed": {
			parts: []*Part{
				{
					Server: catalogue.Named("gopls"), Answered: answered(bundle.Complete, 1, nil),
					Asked: []*planFile{file("a.go", true)},
				},
				{Server: catalogue.Named("pyright"), Err: noServer, Asked: []*planFile{{
					path: "x.py",
					noun: "Python file",
				}}},
			},
			exit: 0, state: bundle.Complete,
			says:  "clean: 1 Go file; not checked: 1 Python file (gopls is not installed)",
			lines: []string{"not checked: 1 Python file (x.py): gopls is not installed; install it"},
		},
		"one of two servers dies, of what is owed": {
			parts: []*Part{
				{
					Server: catalogue.Named("gopls"), Answered: answered(bundle.Complete, 1, nil),
					Asked: []*planFile{file("a.go", true)},
				},
				{
					Server: catalogue.Named("pyright"), Err: fault.New(fault.Crash, "it died"),
					Asked: []*planFile{{path: "x.py", noun: "Python file", owed: true}},
				},
			},
			exit: 66, state: bundle.ServerDied, says: "not verified: the check did not finish (0 findings so far)",
		},
		"the server refuses what an extended configuration leaves out": {
			parts: []*Part{{
				Server: catalogue.Named("pyright"), Answered: answered(bundle.Complete, 2, []string{"b.py"}),
				Asked: []*planFile{
					{path: "a.py", noun: "Python file", owed: true},
					{
						path: "b.py", noun: "Python file", owed: true,
						standing: catalogue.Standing{Refused: "base.json says so"},
					},
				},
			}},
			exit: 0, state: bundle.Complete, says: "clean: 1 Python file",
			lines: []string{"not checked: 1 Python file (b.py): base.json says so"},
		},
		"nothing is there": {
			exit: 0, state: bundle.Complete,
			says: "nothing to check: there is no code in a language that lanser knows",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := settled(t, "", tt.parts...)
			if tt.fails != "" {
				var f *fault.Error
				if !errors.As(err, &f) || f.Code != tt.fails {
					t.Fatalf("%v, want %s", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			c := &report.Check{Bundle: b}
			if err := c.Notes(&out); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			var about []string
			for _, l := range lines[1:] {
				if strings.HasPrefix(l, "not checked: ") || strings.HasPrefix(l, "not checked by ruff: 1 Go file") {
					about = append(about, l)
				}
			}
			got := []any{b.Meta.ExitCode, b.Evidence.State, lines[0], about}
			want := []any{tt.exit, tt.state, tt.says, tt.lines}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("exit, evidence, verdict, lines (-want +got)\n%s\n%s", d,
					strings.Join(b.Evidence.Reasons, "\n"))
			}
		})
	}
}

// Each file of the scope has exactly one state.
func TestTheStatesOfFilesAreGroupedByReason(t *testing.T) {
	at := func(state, reason string, owed bool, files ...string) bundle.Coverage {
		return bundle.Coverage{Language: "Go file", State: state, Reason: reason, Owed: owed, Files: files}
	}
	got := bundle.Group([]bundle.Coverage{
		at(bundle.UncheckedState, "time", true, "z.go"), at(bundle.CheckedState, "", true, "b.go"),
		at(bundle.Excluded, "tags", true, "t.go"), at(bundle.CheckedState, "", true, "a.go"),
		at(bundle.CheckedState, "", false, "c.go"), at(bundle.CheckedState, "", true, "a.go"),
	})
	want := []bundle.Coverage{
		at(bundle.CheckedState, "", true, "a.go", "b.go"), at(bundle.CheckedState, "", false, "c.go"),
		at(bundle.Excluded, "tags", true, "t.go"), at(bundle.UncheckedState, "time", true, "z.go"),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	lacks := slices.ContainsFunc(got, bundle.Coverage.Lacks)
	if !lacks {
		t.Error("an owed file that was not checked is lacking")
	}
}
