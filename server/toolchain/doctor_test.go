package toolchain_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/toolchain"
)

func TestDiagnoseCountsTheFilesOfEachServerAndFindsItsInstallation(t *testing.T) {
	home, bin := indextest.Files(t, nil), indextest.Files(t, nil)
	root := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n", "a.go": "package m\n", "b.go": "package m\n", "c.rs": "fn f() {}\n",
		"d.lua": "", "e.py": "", ".cargo/config.toml": "[build]\nrustflags = [\"--sysroot=evil\"]\n", "bin/README": "",
	})
	t.Setenv("LANSER_HOME", home)
	t.Setenv("PATH", filepath.Join(root, "bin")+string(os.PathListSeparator)+bin)
	gopls := catalogue.Named("gopls")
	pinned := filepath.Join(home, "data", "servers", "gopls", gopls.Version[1:], "gopls")
	indextest.Program(t, pinned)
	indextest.Program(t, filepath.Join(bin, "pyright-langserver"))

	d, err := toolchain.Diagnose(t.Context(), root, false)
	if err != nil {
		t.Fatal(err)
	}
	ignored := []string{"PATH: " + filepath.Join(root, "bin") + ": it lies in the workspace"}
	if !slices.Equal(d.PassedOver, ignored) {
		t.Errorf("ignored: %q, want %q", d.PassedOver, ignored)
	}
	if d.Files != 8 || d.Data != filepath.Join(home, "data") || d.Cache != filepath.Join(home, "cache") {
		t.Errorf("%+v", d)
	}
	type row struct {
		name     string
		files    int
		found    toolchain.Installed
		argv     string
		projects []string
		refused  bool
	}
	var got []row
	for _, s := range d.Servers {
		r := row{name: s.Name, files: s.Files, found: s.Found, projects: s.Projects, refused: s.Refused != ""}
		if s.Found == toolchain.InstalledPinned && s.Name == "gopls" {
			r.argv = s.Argv[0]
		}
		if s.Name == "rust-analyzer" {
			r.found = "" // Debian's package: it depends on the machine
		}
		got = append(got, r)
	}
	want := []row{
		{name: "gopls", files: 3, found: toolchain.InstalledPinned, argv: pinned, projects: []string{"go.mod"}},
		{name: "pyright", files: 1, found: toolchain.InstalledOnPath},
		{name: "rust-analyzer", files: 1, refused: true},
	}
	equal := func(a, b row) bool {
		return a.name == b.name && a.files == b.files && a.found == b.found && a.argv == b.argv &&
			a.refused == b.refused && slices.Equal(a.projects, b.projects)
	}
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}

	trusted, err := toolchain.Diagnose(t.Context(), root, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range trusted.Servers {
		if s.Refused != "" {
			t.Errorf("%s is refused in a trusted workspace: %s", s.Name, s.Refused)
		}
	}
}

// A check does not ask about data and markup by itself: their servers are not reported as missing.
func TestADiagnosisOfPathsIsAboutTheFilesThere(t *testing.T) {
	t.Setenv("LANSER_HOME", indextest.Files(t, nil))
	t.Setenv("PATH", indextest.Files(t, nil))
	root := indextest.Files(t, map[string]string{
		"a.go": "package m\n", "py/b.py": "", "py/c.py": "", "py/ruff.toml": "", "d.py": "", "e.txt": "",
	})
	for _, tt := range []struct {
		paths []string
		want  string
	}{
		{nil, "6 files: gopls 1, pyright 3, ruff 2"},
		{[]string{"."}, "6 files: gopls 1, pyright 3, ruff 2"},
		{[]string{"py"}, "3 files: pyright 2, ruff 2"},
		{[]string{"py", "py/b.py", "a.go"}, "4 files: gopls 1, pyright 2, ruff 2"},
		{[]string{"d.py"}, "1 files: pyright 1"},
		{[]string{"e.txt"}, "1 files: "},
	} {
		d, err := toolchain.Diagnose(t.Context(), root, false, tt.paths...)
		if err != nil {
			t.Fatal(err)
		}
		var servers []string
		for _, s := range d.Servers {
			servers = append(servers, fmt.Sprint(s.Name, " ", s.Files))
		}
		if got := fmt.Sprintf("%d files: %s", d.Files, strings.Join(servers, ", ")); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.paths, got, tt.want)
		}
	}
	for path, want := range map[string]fault.Code{"none.py": fault.NotFound, "../other": fault.Permissions} {
		if _, err := toolchain.Diagnose(t.Context(), root, false, path); !fault.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestADiagnosisDoesNotMissServersOfDataAndMarkup(t *testing.T) {
	t.Setenv("LANSER_HOME", indextest.Files(t, nil))
	t.Setenv("PATH", indextest.Files(t, nil))
	root := indextest.Files(t, map[string]string{
		"a.json": "{}", "a.css": "", "a.html": "", "a.yaml": "", "a.toml": "", "Dockerfile": "",
	})
	d, err := toolchain.Diagnose(t.Context(), root, false)
	if err != nil || d.Missing() || len(d.Servers) > 0 {
		t.Errorf("%+v, %v", d.Servers, err)
	}
}

func TestADiagnosisReportsAServerThatIsNotInstalled(t *testing.T) {
	t.Setenv("LANSER_HOME", indextest.Files(t, nil))
	t.Setenv("PATH", "")
	for file, want := range map[string]bool{"a.go": true, "a.txt": false, "a.lua": false} {
		d, err := toolchain.Diagnose(t.Context(), indextest.Files(t, map[string]string{file: ""}), false)
		if err != nil {
			t.Fatal(err)
		}
		if d.Missing() != want {
			t.Errorf("%s: missing is %v, want %v", file, d.Missing(), want)
		}
	}
}

func TestADiagnosisHasTheJSONFieldsOfDoctor(t *testing.T) {
	raw, err := json.Marshal(toolchain.Diagnosis{
		Git: &toolchain.RefusedGit{Refused: "why", Fix: "how"},
		Servers: []toolchain.DiagnosedServer{{
			Files: 2, Projects: []string{"go.mod"}, Needs: []string{"go.mod"}, Refused: "why",
			ServerStatus: toolchain.ServerStatus{Name: "gopls", Found: toolchain.NotInstalled, Fix: "how"},
		}},
		RemoteCache: &toolchain.RemoteCache{Address: "http://h/p", Problem: "why"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"workspace":"","reason":"","files":0,"sandbox":"","guarantees":null,"data":"","cache":"",` +
		`"git":{"refused":"why","mend":"how"},"servers":[{"files":2,"projects":["go.mod"],"refused":"why",` +
		`"name":"gopls","pinned":"","tested":false,"languages":null,"found":"no","mend":"how"}],` +
		`"remoteCache":{"address":"http://h/p","writes":false,"problem":"why"}}`
	if string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
}

// A server without the program that finds its diagnostics checks nothing, and doctor says so.
func TestDoctorNamesAMissingProgramOfAServer(t *testing.T) {
	home, bin := indextest.Files(t, nil), indextest.Files(t, nil)
	t.Setenv("LANSER_HOME", home)
	t.Setenv("PATH", bin)
	notes := func() []string {
		d, err := toolchain.Diagnose(t.Context(), indextest.Files(t, map[string]string{"a.sh": ""}), false)
		if err != nil {
			t.Fatal(err)
		}
		return d.Servers[0].Notes
	}
	want := []string{"shellcheck is not installed, and diag does not check these files without it; " +
		"lanser servers install bash-language-server"}
	if d := cmp.Diff(want, notes()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	indextest.Program(t, filepath.Join(bin, "shellcheck"))
	if got := notes(); got != nil {
		t.Errorf("with shellcheck: %q", got)
	}
}

// Doctor says which ESLint would run in each project, or what installs it.
func TestDoctorNamesTheLinterThatAProjectHasInstalled(t *testing.T) {
	bin := indextest.Files(t, nil)
	indextest.Program(t, filepath.Join(bin, "node"))
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	dir := indextest.Files(t, map[string]string{
		"a/eslint.config.js": "", "a/package-lock.json": "{}", "b/eslint.config.js": "",
		"b/node_modules/eslint/package.json": `{"name": "eslint", "version": "9.1.0"}`, ".gitignore": "node_modules\n",
	})
	for trust, refused := range map[bool]string{
		true: "", false: "a/eslint.config.js: it is code that ESLint executes",
	} {
		d, err := toolchain.Diagnose(t.Context(), dir, trust)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(d.Servers, func(s toolchain.DiagnosedServer) bool { return s.Name == "eslint" })
		if i < 0 {
			t.Fatalf("%+v", d.Servers)
		}
		got := d.Servers[i]
		want := []string{"in a it is not installed: cd a && npm ci", "in b it is the project's own 9.1.0"}
		if !slices.Equal(got.Notes, want) || got.Refused != refused || !got.Linter || got.Files != 2 {
			t.Errorf("trust %v: %+v", trust, got)
		}
	}
}

// pyright only reads the settings of the workspace's folder: those of projects below it are named.
func TestADiagnosisNamesSettingsThatAreNotUsed(t *testing.T) {
	t.Setenv("LANSER_HOME", indextest.Files(t, nil))
	t.Setenv("PATH", "")
	root := indextest.Files(t, map[string]string{
		"pyproject.toml": "[tool.pyright]\ninclude = ['.']\n", "a.py": "",
		"a/pyproject.toml":     "[tool.pyright]\ntypeCheckingMode = 'strict'\n",
		"b/pyrightconfig.json": "{}", "b/pyproject.toml": "[tool.pyright]\n",
		"c/pyproject.toml": "[project]\nname = 'c'\n",
	})
	d, err := toolchain.Diagnose(t.Context(), root, false)
	if err != nil || len(d.Servers) != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
	var want []string
	for dir, file := range map[string]string{"a": "a/pyproject.toml", "b": "b/pyrightconfig.json"} {
		want = append(want, "it does not use the settings in "+file+", as pyright only reads those of the workspace's "+
			"folder; lanser diag --workspace "+dir+" uses them")
	}
	slices.Sort(want)
	if got := d.Servers[0].Notes; !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
