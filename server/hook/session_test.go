package hook_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/hook"
)

// finding is an error in a line of a file, or a warning for a message that begins with "warning".
func finding(uri string, line int, text, message string) bundle.Diagnostic {
	severity, _, isOther := strings.Cut(message, ":")
	if !isOther {
		severity = "error"
	}
	return bundle.Diagnostic{
		URI: uri, Range: bundle.Range{line, 0, line, 1}, Severity: severity, Source: "s", Code: "c", Message: message,
		Text: text,
	}
}

// checked is the answer to a check with these findings.
func checked(ds ...bundle.Diagnostic) *bundle.Bundle {
	bundle.Fingerprint(ds)
	return &bundle.Bundle{Evidence: bundle.Evidence{State: bundle.Complete}, Facts: &bundle.Facts{Diagnostics: ds}}
}

func open(t *testing.T) *hook.Session {
	t.Helper()
	s, err := hook.Open(t.TempDir(), "/w", "claude s")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// edit records an event and the check after it, and returns what the model is told.
func edit(t *testing.T, s *hook.Session, basis hook.Basis, b *bundle.Bundle, files ...string) string {
	t.Helper()
	turn, err := s.Ask(files)
	if err != nil {
		t.Fatal(err)
	}
	task, end, err := s.Begin(turn)
	if err != nil || task == nil {
		t.Fatal(task, err)
	}
	if err := s.Finish(task, b, basis); err != nil {
		t.Fatal(err)
	}
	end()
	return take(t, s)
}

func take(t *testing.T, s *hook.Session) string {
	t.Helper()
	text, err := s.Take(false)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func wantText(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

// An error is reported once, by the first check that finds it if the check before did not.
func TestAnErrorIsReportedOnceWhenItIsNew(t *testing.T) {
	s := open(t)
	old := finding("a.go", 3, "x := 1", "unused x")
	wantText(t, edit(t, s, hook.Nothing, checked(old)), "")
	wantText(t, edit(t, s, hook.Last, checked(old)), "")

	moved := finding("a.go", 9, "x := 1", "unused x")
	fresh := finding("b.go", 0, "y()", "no y")
	told := "lanser: 1 new error:\nb.go:1:1: error: no y [s c]\n"
	wantText(t, edit(t, s, hook.Last, checked(moved, fresh)), told)
	wantText(t, edit(t, s, hook.Last, checked(moved, fresh)), "")
	wantText(t, edit(t, s, hook.Last, checked(moved)), "")
	wantText(t, edit(t, s, hook.Last, checked(moved, fresh)), told) // it was gone, and is back

	warning := finding("b.go", 5, "z()", "warning: z is old")
	wantText(t, edit(t, s, hook.Last, checked(moved, fresh, warning)), "")
	reworded := finding("b.go", 0, "y(1)", "no y")
	wantText(t, edit(t, s, hook.Last, checked(moved, reworded, warning)), "") // the line was edited
	other := finding("b.go", 0, "y(1)", "y is no function")
	wantText(t, edit(t, s, hook.Last, checked(moved, other, warning)),
		"lanser: 1 new error:\nb.go:1:1: error: y is no function [s c]\n")
}

// An error of the check before is not new after an edit of its line, of the lines above, or of the name of its file.
func TestAnErrorThatAnEditMovesOrLeavesIsNotNew(t *testing.T) {
	old := finding("a.go", 3, "var s string = 3", "3 is no string")
	told := func(d bundle.Diagnostic) string {
		return fmt.Sprintf("lanser: 1 new error:\n%s:%d:1: error: %s [s c]\n", d.URI, d.Range[0]+1, d.Message)
	}
	for name, tt := range map[string]struct {
		now   []bundle.Diagnostic
		isNew int // index of the one that is new, -1 for none
	}{
		"same place":              {[]bundle.Diagnostic{old}, -1},
		"same line with new text": {[]bundle.Diagnostic{finding("a.go", 3, "f(3)", "3 is no string")}, -1},
		"moved line with a comment": {
			[]bundle.Diagnostic{finding("a.go", 9, "var s string = 3 // note", "3 is no string")}, -1,
		},
		"another line":         {[]bundle.Diagnostic{finding("a.go", 9, "g(3)", "3 is no string")}, 0},
		"another line, and it": {[]bundle.Diagnostic{old, finding("a.go", 9, "var s string = 3", "3 is no string")}, 1},
		"same line, and the next": {[]bundle.Diagnostic{
			finding("a.go", 3, "var s string = 3 // a", "3 is no string"),
			finding("a.go", 4, "var s string = 3 // b", "3 is no string"),
		}, 1},
		"other message":      {[]bundle.Diagnostic{finding("a.go", 3, "var s string = 4", "4 is no string")}, 0},
		"renamed file":       {[]bundle.Diagnostic{finding("b.go", 3, "var s string = 3", "3 is no string")}, -1},
		"also in a copy":     {[]bundle.Diagnostic{old, finding("b.go", 3, "var s string = 3", "3 is no string")}, 1},
		"other language":     {[]bundle.Diagnostic{finding("b.ts", 3, "var s string = 3", "3 is no string")}, 0},
		"line of other file": {[]bundle.Diagnostic{finding("b.go", 3, "f(3)", "3 is no string")}, 0},
		"now a warning": {
			[]bundle.Diagnostic{finding("a.go", 3, "var s string = 3", "warning: 3 is no string")}, -1,
		},
		"nothing is left":     {nil, -1},
		"a second, different": {[]bundle.Diagnostic{old, finding("a.go", 5, "x", "no x")}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			wantText(t, edit(t, s, hook.Nothing, checked(old)), "")
			want := ""
			if tt.isNew >= 0 {
				want = told(tt.now[tt.isNew])
			}
			wantText(t, edit(t, s, hook.Last, checked(tt.now...)), want)
			wantText(t, edit(t, s, hook.Last, checked(tt.now...)), "")
		})
	}
}

// Compilers report few other errors of code with a syntax error. Those that come back with its end are not new, but
// those that come back later are.
func TestAnErrorThatASyntaxErrorHasHiddenIsNotNew(t *testing.T) {
	old, fixed := finding("a.go", 3, "f(3)", "3 is no string"), finding("a.go", 5, "g(3)", "3 is no string")
	broken := finding("b.go", 9, ")", "unexpected )")
	broken.Code = ""
	s := open(t)
	wantText(t, edit(t, s, hook.Nothing, checked(old, fixed)), "")
	wantText(t, edit(t, s, hook.Last, checked(broken)), "lanser: 1 new error:\nb.go:10:1: error: unexpected ) [s]\n")
	wantText(t, edit(t, s, hook.Last, checked(broken)), "")
	wantText(t, edit(t, s, hook.Last, checked(old)), "")
	wantText(t, edit(t, s, hook.Last, checked(old, fixed)),
		"lanser: 1 new error:\na.go:6:1: error: 3 is no string [s c]\n")
	wantText(t, edit(t, s, hook.Last, checked(fixed)), "")
	wantText(t, edit(t, s, hook.Last, checked(fixed, old)),
		"lanser: 1 new error:\na.go:4:1: error: 3 is no string [s c]\n")
}

// Errors that were not reported yet are reported for the next event, unless they are fixed by then.
func TestUnreportedErrorsAreReportedByTheNextEvent(t *testing.T) {
	s := open(t)
	edit(t, s, hook.Nothing, checked())
	ask := func(ds ...bundle.Diagnostic) {
		t.Helper()
		turn, err := s.Ask(nil)
		if err != nil {
			t.Fatal(err)
		}
		task, end, err := s.Begin(turn)
		if err != nil {
			t.Fatal(err)
		}
		defer end()
		if err := s.Finish(task, checked(ds...), hook.Last); err != nil {
			t.Fatal(err)
		}
	}
	a, b := finding("a.go", 0, "a", "no a"), finding("b.go", 0, "b", "no b")
	ask(a)
	ask(finding("a.go", 4, "a", "no a"), b)
	wantText(t, take(t, s),
		"lanser: 2 new errors:\na.go:5:1: error: no a [s c]\nb.go:1:1: error: no b [s c]\n")
	ask(a, b, finding("c.go", 0, "c", "no c"))
	ask(a, b)
	wantText(t, take(t, s), "")
}

// A check of the state after a later event also answers the earlier ones.
func TestOneCheckAnswersAllEventsBeforeIt(t *testing.T) {
	s := open(t)
	first, _ := s.Ask([]string{"a.go"})
	second, _ := s.Ask([]string{"b.go", "a.go"})
	task, end, err := s.Begin(first)
	if err != nil || task.Turn != second || !task.First || strings.Join(task.Edited, " ") != "a.go b.go" {
		t.Fatal(task, err)
	}
	if err := s.Finish(task, checked(), hook.Commit); err != nil {
		t.Fatal(err)
	}
	end()
	task, end, err = s.Begin(second)
	if err != nil || task != nil {
		t.Error(task, err)
	}
	end()
}

// An edit during the first check may already be part of what it found, so later checks cannot be compared with it.
func TestTheFirstCheckIsNotComparedWithIfAnEditWasMadeMeanwhile(t *testing.T) {
	s := open(t)
	turn, _ := s.Ask(nil)
	task, end, _ := s.Begin(turn)
	later, _ := s.Ask([]string{"a.go"})
	if err := s.Finish(task, checked(finding("a.go", 0, "a", "no a")), hook.Nothing); err != nil {
		t.Fatal(err)
	}
	end()
	task, end, err := s.Begin(later)
	if err != nil || task == nil || !task.First {
		t.Fatal(task, err)
	}
	defer end()
	b := checked(finding("a.go", 0, "a", "no a"), finding("b.go", 0, "b", "no b"))
	b.Facts.Diagnostics[0].BaselineState, b.Facts.Diagnostics[1].BaselineState = bundle.New, bundle.Unchanged
	if err := s.Finish(task, b, hook.Commit); err != nil {
		t.Fatal(err)
	}
	wantText(t, take(t, s), "lanser: 1 new error since the last commit (no check was made before this edit):\n"+
		"a.go:1:1: error: no a [s c]\n")
}

// Errors that are reported together are called new against the earliest state that one of them is compared with.
func TestUnreportedErrorsKeepWhatTheyAreNewAgainst(t *testing.T) {
	s := open(t)
	finish := func(basis hook.Basis, ds ...bundle.Diagnostic) {
		t.Helper()
		turn, _ := s.Ask(nil)
		task, end, err := s.Begin(turn)
		if err != nil {
			t.Fatal(err)
		}
		defer end()
		if err := s.Finish(task, checked(ds...), basis); err != nil {
			t.Fatal(err)
		}
	}
	a, b, c := finding("a.go", 0, "a", "no a"), finding("b.go", 0, "b", "no b"), finding("c.go", 0, "c", "no c")
	added := a
	added.BaselineState = bundle.New
	finish(hook.Commit, added)
	finish(hook.Last, a, b)
	wantText(t, take(t, s), "lanser: 2 new errors since the last commit (no check was made before this edit):\n"+
		"a.go:1:1: error: no a [s c]\nb.go:1:1: error: no b [s c]\n")
	finish(hook.Last, a, b, c)
	wantText(t, take(t, s), "lanser: 1 new error:\nc.go:1:1: error: no c [s c]\n")
}

// Without an earlier check and without a commit, only the errors of the edited files are reported, and not as new
// ones.
func TestOnlyErrorsOfEditedFilesAreReportedWithoutAnEarlierCheck(t *testing.T) {
	s := open(t)
	b := checked(finding("a.go", 0, "a", "no a"), finding("b.go", 0, "b", "no b"))
	wantText(t, edit(t, s, hook.Files, b, "a.go"), "lanser: 1 new error in the edited files "+
		"(no check was made before this edit, so they may be older):\na.go:1:1: error: no a [s c]\n")
}

// A check that verifies nothing, or not everything, is reported once, and makes no error new or known.
func TestAnUnfinishedCheckIsReported(t *testing.T) {
	s := open(t)
	old := finding("b.go", 0, "b", "no b")
	edit(t, s, hook.Nothing, checked(old))
	failed := &bundle.Bundle{
		Evidence: bundle.Evidence{State: bundle.Partial},
		Error:    &bundle.Error{Code: fault.Timeout, Message: "no answer within 10m"},
	}
	if got := edit(t, s, hook.Last, failed); !strings.HasPrefix(got, "lanser: not verified: ") ||
		!strings.Contains(got, "no answer within 10m") {
		t.Errorf("told %q", got)
	}
	wantText(t, edit(t, s, hook.Last, failed), "")

	part := checked(finding("a.go", 0, "a", "no a"))
	part.Evidence.State = bundle.Partial
	part.Facts.Checks = []bundle.Check{{Unchecked: []bundle.Unchecked{{URI: "b.go", Why: "the server ended"}}}}
	got := edit(t, s, hook.Last, part)
	if !strings.HasPrefix(got,
		"lanser: 1 new error:\na.go:1:1: error: no a [s c]\nlanser: not verified: ") {
		t.Errorf("told %q", got)
	}
	wantText(t, edit(t, s, hook.Last, checked(finding("a.go", 0, "a", "no a"), old)), "")
}

// The remark that a part of the project is never verified is no news, however many findings there are.
func TestAnUnfinishedCheckIsReportedOnceThoughItsFindingsChange(t *testing.T) {
	s := open(t)
	part := func(ds ...bundle.Diagnostic) *bundle.Bundle {
		b := checked(ds...)
		b.Evidence.State = bundle.Partial
		b.Facts.Checks = []bundle.Check{{Unchecked: []bundle.Unchecked{{URI: "b.go", Why: "no package"}}}}
		return b
	}
	warnings := []bundle.Diagnostic{finding("a.go", 0, "a", "warning: w"), finding("a.go", 1, "b", "warning: v")}
	hint := finding("a.go", 2, "c", "hint: h")
	got := edit(t, s, hook.Last, part(append(warnings, hint)...))
	if !strings.HasPrefix(got, "lanser: not verified: the check did not finish\nnot checked") {
		t.Errorf("told %q", got)
	}
	wantText(t, edit(t, s, hook.Last, part(warnings[0])), "")
	wantText(t, edit(t, s, hook.Last, part()), "")
}

// A message that several places have is written once.
func TestAMessageOfSeveralPlacesIsWrittenOnce(t *testing.T) {
	s := open(t)
	edit(t, s, hook.Nothing, checked())
	got := edit(t, s, hook.Last, checked(
		finding("b.go", 4, "f(1)", "no f"), finding("a.go", 2, "f()", "no f"), finding("a.go", 3, "g()", "no g"),
		finding("b.go", 6, "f(2)", "no f"), finding("a.go", 8, "f(3)", "no f"),
	))
	wantText(t, got, "lanser: 5 new errors:\na.go:3:1: error: no f [s c]\n  also 9:1, b.go:5:1, 7:1\n"+
		"a.go:4:1: error: no g [s c]\n")
}

// More findings than a model reads are counted.
func TestManyFindingsAreCutOffAndCounted(t *testing.T) {
	s := open(t)
	edit(t, s, hook.Nothing, checked())
	var many []bundle.Diagnostic
	for i := range 25 {
		many = append(many, finding("a.go", i, strings.Repeat("x", i), strings.Repeat("m", i+1)))
	}
	got := edit(t, s, hook.Last, checked(many...))
	if !strings.HasPrefix(got, "lanser: 25 new errors") || strings.Count(got, "\n") != 22 ||
		!strings.HasSuffix(got, "and 5 more: run lanser diag\n") {
		t.Errorf("told %q", got)
	}
}

// Of more findings than a model reads, those in the edited file and those that cause others come first, and one fault
// in many places leaves room for the others.
func TestTheFirstFindingsAreThoseNextToTheEditAndEachFaultOnce(t *testing.T) {
	s := open(t)
	edit(t, s, hook.Nothing, checked())
	many := []bundle.Diagnostic{
		finding("z/edited.go", 0, "x", "here"),
		{URI: "m/go.mod", Severity: "error", Source: "go", Code: "x", Message: "manifest", Text: "require"},
		{URI: "n/a.go", Severity: "error", Source: "compiler", Code: "BrokenImport", Message: "import", Text: "import"},
		finding("y/last.go", 0, "x", "other"),
	}
	for i := range 60 {
		many = append(many, finding(fmt.Sprintf("a/%02d.go", i), 0, "f()", "no f"))
	}
	got := edit(t, s, hook.Last, checked(many...), "z/edited.go")
	wantText(t, got, "lanser: 64 new errors:\nz/edited.go:1:1: error: here [s c]\n"+
		"m/go.mod:1:1: error: manifest [go x]\n"+
		"n/a.go:1:1: error: import [compiler BrokenImport]\na/00.go:1:1: error: no f [s c]\n  also a/01.go:1:1, "+
		"a/02.go:1:1, a/03.go:1:1, a/04.go:1:1, a/05.go:1:1, a/06.go:1:1, a/07.go:1:1, a/08.go:1:1, a/09.go:1:1, "+
		"a/10.go:1:1, a/11.go:1:1, a/12.go:1:1, a/13.go:1:1, a/14.go:1:1, a/15.go:1:1\n"+
		"y/last.go:1:1: error: other [s c]\nand 44 more: run lanser diag\n")
}

// A damaged memory is forgotten.
func TestADamagedStateFileIsIgnored(t *testing.T) {
	dir := t.TempDir()
	s, err := hook.Open(dir, "/w", "s")
	if err != nil {
		t.Fatal(err)
	}
	edit(t, s, hook.Nothing, checked())
	files, err := filepath.Glob(filepath.Join(dir, "hooks", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.WriteFile(files[0], []byte(`{"Turn":`), 0o600); err != nil {
		t.Fatal(err)
	}
	turn, err := s.Ask(nil)
	if err != nil {
		t.Fatal(err)
	}
	task, end, err := s.Begin(turn)
	if err != nil || task == nil || !task.First {
		t.Error(task, err)
	}
	end()
}

// An agent that was told that its edits are not verified takes silence for clean. The next answer must not be silent
// before a check has seen them.
func TestACheckIsOverdueOnceTheModelWasToldThatItIsLate(t *testing.T) {
	s := open(t)
	wantOverdue := func(want bool) {
		t.Helper()
		if got, err := s.Overdue(); err != nil || got != want {
			t.Errorf("overdue: %v, %v, want %v", got, err, want)
		}
	}
	turn, err := s.Ask([]string{"a.go"})
	if err != nil {
		t.Fatal(err)
	}
	wantOverdue(false) // the model does not know of it
	if _, err := s.Take(true); err != nil {
		t.Fatal(err)
	}
	wantOverdue(true)
	task, end, err := s.Begin(turn)
	if err != nil {
		t.Fatal(err)
	}
	wantOverdue(true)
	if err := s.Finish(task, checked(), hook.Last); err != nil {
		t.Fatal(err)
	}
	end()
	wantOverdue(false)
	take(t, s)
	wantOverdue(false)

	if _, err := s.Ask([]string{"a.go"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Take(true); err != nil {
		t.Fatal(err)
	}
	if err := s.Fail(fault.New(fault.Timeout, "gone")); err != nil {
		t.Fatal(err)
	}
	wantOverdue(false)
	wantText(t, take(t, s), "lanser: not verified: E/LS_TIMEOUT: gone\n")
}
