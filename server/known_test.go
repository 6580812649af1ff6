package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
)

// known is a code base of a language with what its server's own command line, or the
// tool that the server asks, finds in it: "path:line:col severity code", or as much of it
// as that tells.
type known struct {
	name   string
	server string
	copy   func(t testing.TB) string
	own    func(t testing.TB, dir string) []string
	// spell is a finding as own has it, "" for one that own does not tell.
	spell func(d bundle.Diagnostic) string
	least int // how many findings there are at least, lest nothing be compared
}

var knownCodebases = []known{
	{"cobra, which is clean", "gopls", func(t testing.TB) string { return indextest.Cobra(t) }, goplsCheck, spellGo, 0},
	{
		"cobra with twenty faults",
		"gopls",
		func(t testing.TB) string { return seeded(t, indextest.Cobra(t)) },
		goplsCheck,
		spellGo,
		20,
	},
	{"mailpkg", "pyright", func(t testing.TB) string { return indextest.Mail(t) }, pyrightCheck, spellPyright, 100},
	{"mailpkg, strictly", "pyright", func(t testing.TB) string {
		dir := indextest.Mail(t)
		lay(t, dir, map[string]string{"pyrightconfig.json": `{"typeCheckingMode":"strict"}` + "\n"})
		return dir
	}, pyrightCheck, spellPyright, 1000},
	{"mailpkg", "basedpyright", func(t testing.TB) string {
		dir := indextest.Mail(t)
		lay(t, dir, map[string]string{"pyrightconfig.json": `{"failOnWarnings":false}` + "\n"})
		return dir
	}, basedPyrightCheck, spellPyright, 1000},
	{
		"rxjs, files of no project",
		"typescript",
		func(t testing.TB) string { return indextest.RxJS(t) },
		tscCheck,
		spellTSC,
		0,
	},
	{"rxjs, a project with faults", "typescript", func(t testing.TB) string {
		dir := indextest.RxJS(t)
		lay(
			t,
			dir,
			map[string]string{
				"tsconfig.json": `{"compilerOptions":{"noEmit":true,"types":[]},"include":["src"]}` + "\n",
			},
		)
		seed(t, filepath.Join(dir, "src/internal/Observable.ts"), "\nconst seeded: string = 1;\n")
		seed(
			t,
			filepath.Join(dir, "src/internal/util/isFunction.ts"),
			"\nexport const seeded = isFunction(1, 2) + missing;\n",
		)
		return dir
	}, tscCheck, spellTSC, 3},
	{"bats", "bash-language-server", func(t testing.TB) string { return bats(t) }, shellcheck, spellShell, 9},
	{"zlib with faults", "clangd", faultyZlib, clangdCheck, spellClangd, 3},
}

// seeded is a Go code base with a fault in each of twenty files: of every package, tests
// and files for other systems among them.
func seeded(t testing.TB, dir string) string {
	files := sources(t, dir, "gopls")
	files = slices.DeleteFunc(files, func(f string) bool { return filepath.Ext(f) != ".go" })
	n := 0
	for i, f := range files {
		if n == 20 {
			break
		}
		if i%2 == 0 || len(files)-i <= 20-n {
			seed(t, filepath.Join(dir, f), fmt.Sprintf("\nvar _ = seeded%d\n", n))
			n++
		}
	}
	if n != 20 {
		t.Fatalf("%d faults in %d files", n, len(files))
	}
	return dir
}

func output(t testing.TB, dir string, argv ...string) []byte {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // findings make it fail
		t.Fatalf("%v: %v\n%s", argv, err, stderr.String())
	}
	return out
}

// goplsCheck is 'gopls check', which prints "path:line:col-col: message", with columns in
// bytes.
func goplsCheck(t testing.TB, dir string) (out []string) {
	files := slices.DeleteFunc(sources(t, dir, "gopls"), func(f string) bool { return filepath.Ext(f) != ".go" })
	printed := output(t, dir, append([]string{found(t, "gopls").Argv[0], "check", "-severity=hint"}, files...)...)
	finding := regexp.MustCompile(`(?m)^(\S+?):(\d+):\d+(?:-[\d:]+)?: (.*)$`)
	for _, m := range finding.FindAllStringSubmatch(string(printed), -1) {
		out = append(out, fmt.Sprintf("%s:%s %s", relative(t, dir, m[1]), m[2], m[3]))
	}
	// It has all files open at once, one of them for Windows, and tells for Windows too what
	// it finds everywhere. A check tells each file's findings for the first system that builds it.
	return slices.DeleteFunc(out, func(s string) bool {
		everywhere, other := strings.CutSuffix(s, " [windows]")
		return other && slices.Contains(out, everywhere)
	})
}

func spellGo(d bundle.Diagnostic) string {
	if !strings.HasSuffix(d.URI, ".go") {
		return "" // gopls check takes Go files alone
	}
	message, _, _ := strings.Cut(d.Message, "\n")
	return fmt.Sprintf("%s:%d %s", d.URI, d.Range[0]+1, message)
}

// pyrightCheck is 'pyright --outputjson'.
func pyrightCheck(t testing.TB, dir string) []string { return outputJSON(t, dir, "pyright") }

// basedPyrightCheck is 'basedpyright --outputjson'.
func basedPyrightCheck(t testing.TB, dir string) []string { return outputJSON(t, dir, "basedpyright") }

// outputJSON is the command line of pyright, or of what is made of it, with --outputjson.
func outputJSON(t testing.TB, dir, server string) (out []string) {
	argv := found(t, server).Argv
	var told struct {
		GeneralDiagnostics []struct {
			File, Severity, Rule string
			Range                struct{ Start struct{ Line, Character int } }
		}
	}
	raw := output(t, dir, argv[0], filepath.Join(filepath.Dir(argv[1]), "index.js"), "--outputjson")
	if err := json.Unmarshal(raw, &told); err != nil {
		t.Fatal(err)
	}
	for _, d := range told.GeneralDiagnostics {
		out = append(
			out,
			fmt.Sprintf(
				"%s:%d:%d %s %s",
				relative(t, dir, d.File),
				d.Range.Start.Line+1,
				d.Range.Start.Character+1,
				d.Severity,
				d.Rule,
			),
		)
	}
	return out
}

func spellPyright(d bundle.Diagnostic) string {
	if d.Severity == "hint" {
		return "" // editors fade what is unused or unreachable; the command line does not tell
	}
	return fmt.Sprintf("%s:%d:%d %s %s", d.URI, d.Range[0]+1, d.Range[1]+1, d.Severity, d.Code)
}

// tscCheck is 'tsc' for the project, or for all files where there is none, with the
// settings that a server has for those.
func tscCheck(t testing.TB, dir string) (out []string) {
	files := slices.DeleteFunc(sources(t, dir, "typescript"), func(f string) bool { return filepath.Ext(f) != ".ts" })
	args := append([]string{"--ignoreConfig"}, files...)
	if _, err := os.Stat(filepath.Join(dir, "tsconfig.json")); err == nil {
		args = []string{"-p", "."}
	}
	printed := output(
		t,
		dir,
		append([]string{found(t, "typescript").Argv[0], "--noEmit", "--pretty", "false"}, args...)...,
	)
	finding := regexp.MustCompile(`(?m)^(\S+?)\((\d+),(\d+)\): (\w+) (?:TS)?(\d+): `)
	for _, m := range finding.FindAllStringSubmatch(string(printed), -1) {
		out = append(out, fmt.Sprintf("%s:%s:%s %s %s", relative(t, dir, m[1]), m[2], m[3], m[4], m[5]))
	}
	return out
}

func spellTSC(d bundle.Diagnostic) string {
	if d.Severity == "hint" || d.Severity == "information" {
		return "" // suggestions to editors
	}
	return fmt.Sprintf("%s:%d:%d %s %s", d.URI, d.Range[0]+1, d.Range[1]+1, d.Severity, d.Code)
}

// shellcheck is the tool that bash-language-server asks.
func shellcheck(t testing.TB, dir string) (out []string) {
	for _, f := range sources(t, dir, "bash-language-server") {
		var told []struct {
			File, Level  string
			Line, Column int
			Code         int
		}
		raw := output(t, dir, pinnedShellcheck(t), "-f", "json", "--external-sources", f)
		if err := json.Unmarshal(raw, &told); err != nil {
			t.Fatalf("%s: %v\n%s", f, err, raw)
		}
		severities := map[string]string{"error": "error", "warning": "warning", "info": "information", "style": "hint"}
		for _, d := range told {
			severity := severities[d.Level]
			out = append(out, fmt.Sprintf("%s:%d %s SC%d", relative(t, dir, d.File), d.Line, severity, d.Code))
		}
	}
	return out
}

func spellShell(d bundle.Diagnostic) string {
	return fmt.Sprintf("%s:%d %s %s", d.URI, d.Range[0]+1, d.Severity, d.Code)
}

// faultyZlib is zlib with faults, compiled by a clang that is not here: GCC and older ones only warn of some of what
// clangd's own command line fails on, and a check goes by the compiler of the database.
func faultyZlib(t testing.TB) string {
	dir := zlib(t)
	database := filepath.Join(dir, "compile_commands.json")
	raw, err := os.ReadFile(database)
	if err == nil {
		err = os.WriteFile(database, bytes.ReplaceAll(raw, []byte(`"cc"`), []byte(`"clang-99"`)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	seed(t, filepath.Join(dir, "adler32.c"), "\nint seeded(void) { return missing; }\n")
	seed(t, filepath.Join(dir, "crc32.c"), "\nint seeded(void) { char *p = 1; return *p }\n")
	return dir
}

// clangdCheck is 'clangd --check', which logs errors as "[code] Line N: message".
func clangdCheck(t testing.TB, dir string) (out []string) {
	for _, f := range sources(t, dir, "clangd") {
		if filepath.Ext(f) != ".c" {
			continue
		}
		cmd := exec.Command(found(t, "clangd").Argv[0], "--check="+filepath.Join(dir, f))
		cmd.Dir = dir
		printed, _ := cmd.CombinedOutput() // findings make it fail
		finding := regexp.MustCompile(`(?m)^\w\[\S+\] \[([\w-]+)\] Line (\d+): `)
		for _, m := range finding.FindAllStringSubmatch(string(printed), -1) {
			out = append(out, fmt.Sprintf("%s:%s %s", f, m[2], m[1]))
		}
	}
	return out
}

func spellClangd(d bundle.Diagnostic) string {
	if filepath.Ext(d.URI) != ".c" || d.Severity != "error" {
		return "" // --check tells errors alone, and of no header by itself
	}
	return fmt.Sprintf("%s:%d %s", d.URI, d.Range[0]+1, d.Code)
}

func relative(t testing.TB, dir, file string) string {
	t.Helper()
	if filepath.IsAbs(file) {
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		file = rel
	}
	return selectors.EscapePath(filepath.ToSlash(filepath.Clean(file)))
}

// missingFrom is what of a has no counterpart in b; both are sorted.
func missingFrom(a, b []string) (out []string) {
	left := map[string]int{}
	for _, s := range b {
		left[s]++
	}
	for _, s := range a {
		if left[s]--; left[s] < 0 {
			out = append(out, s)
		}
	}
	return out
}

// A check finds exactly what the command line of the same server finds, apart from findings that only editors show.
func TestFindingsEqualThoseOfTheServersOwnCommandLine(t *testing.T) {
	t.Parallel()
	for _, k := range knownCodebases {
		t.Run(k.name+" "+k.server, func(t *testing.T) {
			dir := k.copy(t)
			want := k.own(t, dir)
			b := do(t, engine(t, dir), api.Request{Op: "diag", Options: api.Options{Server: k.server}})
			var got []string
			others := 0
			for _, d := range b.Facts.Diagnostics {
				if s := k.spell(d); s != "" {
					got = append(got, s)
				} else {
					others++
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if len(want) < k.least {
				t.Errorf("the command line finds %d, and %d were seeded or known", len(want), k.least)
			}
			t.Logf(
				"evidence %s; %d findings, as the command line has them, and %d for editors",
				b.Evidence.State,
				len(got),
				others,
			)
			for _, s := range missingFrom(want, got) {
				t.Errorf("only the command line: %s", s)
			}
			for _, s := range missingFrom(got, want) {
				t.Errorf("only the check: %s", s)
			}
		})
	}
}

// fourLanguages is a workspace with a finding in each of four languages.
var fourLanguages = map[string]string{
	"go.mod": goMod, "a.go": "package h\n\n" + faultyFunc("A"), "m.py": faultyPy, "s.sh": "#!/bin/bash\necho $1\n",
	"tsconfig.json": `{"compilerOptions":{"strict":true,"noEmit":true,"types":[]}}`,
	"t.ts":          "export const t: string = 1;\n",
}

func TestAWorkspaceOfFourLanguagesHasOneReport(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(t, fourLanguages)
	indextest.FailIfChanged(t, dir)
	var id string
	for _, parallel := range []int{1, 4} {
		e, err := server.New(server.Config{Root: dir})
		if err != nil {
			t.Fatal(err)
		}
		b := do(t, e, api.Request{Op: "diag", Options: api.Options{Jobs: parallel}})
		e.Close()
		var got, servers []string
		for _, d := range b.Facts.Diagnostics {
			got = append(got, fmt.Sprintf("%s:%d %s", d.URI, d.Range[0]+1, d.Code))
		}
		for _, c := range b.Facts.Checks {
			servers = append(servers, fmt.Sprintf("%s %d %d", c.Server.Name, c.Files, len(c.Unchecked)))
		}
		want := []string{"a.go:3 UndeclaredName", "m.py:2 reportReturnType", "s.sh:2 SC2086", "t.ts:1 2322"}
		if !slices.Equal(got, want) {
			t.Errorf("%d at a time: %q, want %q", parallel, got, want)
		}
		if want := []string{"gopls 2 0", "pyright 1 0", "typescript 1 0", "bash-language-server 1 0"}; !slices.Equal(
			servers,
			want,
		) {
			t.Errorf("%d at a time: asked %q, want %q", parallel, servers, want)
		}
		if b.Meta.ExitCode != 1 || id != "" && b.BundleID != id {
			t.Errorf(
				"%d at a time: exit %d, %s, was %s; evidence %v",
				parallel,
				b.Meta.ExitCode,
				b.BundleID,
				id,
				b.Evidence,
			)
		}
		id = b.BundleID
	}
}

// Reports of one state of the files have the same bytes, each from a cold start on a busy machine, see [coldChecks].
func TestReportsFromColdHaveTheSameBytes(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	for _, k := range []struct {
		name string
		copy func(t testing.TB) string
	}{
		{"four languages", func(t testing.TB) string { return indextest.Files(t, fourLanguages) }},
		{"cobra", func(t testing.TB) string { return seeded(t, indextest.Cobra(t)) }},
		{"mailpkg", indextest.Mail},
		{"rxjs", indextest.RxJS},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			dir := k.copy(t)
			indextest.FailIfChanged(t, dir)
			var first map[string]string
			answers, errs := coldChecks(t, dir, max(2, *coldRuns/2), api.Options{})
			for run, b := range answers {
				if errs[run] != nil {
					t.Fatal(errs[run])
				}
				if s := b.Evidence.State; s != bundle.Complete && s != bundle.Heuristic {
					t.Errorf("run %d: %v", run, b.Evidence)
				}
				reports := map[string]string{}
				for _, f := range report.Formats {
					var out strings.Builder
					if err := f.Write(&out, &report.Check{Bundle: b}); err != nil {
						t.Fatal(err)
					}
					reports[f.Name] = out.String()
				}
				if first == nil {
					first = reports
				}
				for name, r := range reports {
					if r != first[name] {
						t.Errorf("run %d: %s is another:\n%s", run, name, cmp.Diff(first[name], r))
					}
				}
			}
		})
	}
}

// A CI cache changes no report, whether it is restored, restored at another path, old or damaged.
func TestACacheChangesNoReport(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	first, second := t.TempDir(), t.TempDir()
	dir := indextest.Files(t, fourLanguages)
	id := func(cache string) string {
		t.Helper()
		t.Setenv("XDG_CACHE_HOME", cache)
		e, err := server.New(server.Config{Root: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		b := do(t, e, api.Request{Op: "diag"})
		if b.Evidence.State != bundle.Complete {
			t.Errorf("evidence %v", b.Evidence)
		}
		return b.BundleID
	}
	want := id(first)
	same := func(what, cache string) {
		t.Helper()
		if got := id(cache); got != want {
			t.Errorf("%s: %s, was %s", what, got, want)
		}
	}
	same("the same", first)
	if err := os.CopyFS(second, os.DirFS(first)); err != nil {
		t.Fatal(err)
	}
	same("restored elsewhere", second)

	// Of an older state: the fault was another when it was filled.
	lay(t, dir, map[string]string{"a.go": "package h\n\n" + faultyFunc("Z")})
	old := t.TempDir()
	id(old)
	lay(t, dir, map[string]string{"a.go": fourLanguages["a.go"]})
	same("of an older state", old)

	damaged := 0
	err := filepath.WalkDir(second, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(p)
		if err != nil || len(raw) == 0 {
			return err
		}
		raw[len(raw)/2] ^= 0x55
		damaged++
		if damaged%3 == 0 {
			raw = raw[:len(raw)/2]
		}
		return errors.Join(os.Chmod(p, 0o600), os.WriteFile(p, raw, 0o600))
	})
	if err != nil || damaged == 0 {
		t.Fatal(damaged, err)
	}
	same(fmt.Sprintf("with %d damaged files", damaged), second)
}
