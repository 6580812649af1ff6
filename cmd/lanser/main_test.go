package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"lanser/index/indextest"
	"lanser/server/install"
	"lanser/server/lsp/lsptest"
	"lanser/server/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	if os.Getenv("LANSER_TEST_MAIN") == "" {
		os.Setenv("LANSER_DAEMON", "off") // but where a test wants a warm process
	} else { // the tests run this binary as lanser itself
		main()
	}
	testscript.Main(m, map[string]func(){"lanser": main, "fakelsp": func() { lsptest.Serve(lsptest.Mode(os.Args[1])) }})
}

func TestScripts(t *testing.T) {
	dirs, err := install.UserDirs("")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": wantCode},
		Setup: func(env *testscript.Env) error {
			home := env.WorkDir + "/home"
			env.Setenv("HOME", home)
			env.Setenv("LANSER_DAEMON", "off")         // but where a script wants one
			env.Setenv("GORACE", "atexit_sleep_ms=10") // a second for each process otherwise
			env.Setenv("XDG_DATA_HOME", home+"/data")
			env.Setenv("XDG_CACHE_HOME", home+"/cache")
			// Scripts with a real server take it from where it is installed.
			env.Setenv("INSTALLED", dirs.Data[:len(dirs.Data)-len("/lanser")])
			env.Setenv("GOFLAGS", "-mod=mod")
			// Fetching goes the way that this machine is set up for.
			for _, name := range []string{
				"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy",
			} {
				if v, ok := os.LookupEnv(name); ok {
					env.Setenv(name, v)
				}
			}
			if user, err := os.UserHomeDir(); err == nil {
				env.Setenv("NPM_CONFIG_USERCONFIG", user+"/.npmrc")
			}
			workspace := env.WorkDir + "/ws"
			before := indextest.TreeHash(t, workspace)
			env.Defer(func() {
				if indextest.TreeHash(t, workspace) != before {
					t.Errorf("a script changed its workspace %s", workspace)
				}
			})
			// The folder of lanser alone, where no other program is.
			tool, err := exec.LookPath("lanser")
			if err != nil {
				return err
			}
			env.Setenv("TOOLS", filepath.Dir(tool))
			// Programs that a script brings along are on PATH.
			env.Setenv("PATH", env.WorkDir+"/bin:"+env.Getenv("PATH"))
			programs, err := filepath.Glob(env.WorkDir + "/bin/*")
			for _, p := range programs {
				err = errors.Join(err, os.Chmod(p, 0o755))
			}
			return errors.Join(err, os.MkdirAll(home, 0o755))
		},
	})
}

// wantCode runs lanser and checks its exit code: code N ARGS.
func wantCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("lanser", args[1:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// dataHome is where servers are installed, for a program with another home.
func dataHome(t testing.TB) string {
	t.Helper()
	dirs, err := install.UserDirs("")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(dirs.Data)
}
