package toolchain

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/install"
)

// loading are variables by which a program loads or executes a file, or writes one, before it does anything else. They
// may name files of anywhere, also of the workspace, and no language server needs them. Flags of compilers that decide
// the verdict of a build are not among them: servers get these unless they name a file of the workspace.
var loading = []string{
	"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "LD_DEBUG_OUTPUT", "LD_PROFILE", "DYLD_INSERT_LIBRARIES",
	"DYLD_LIBRARY_PATH", "GCONV_PATH", "MALLOC_TRACE", "BASH_ENV", "ENV", "PERL5OPT", "RUBYOPT", "PYTHONSTARTUP",
	"PYTHONINSPECT", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "NODE_PATH", "NODE_V8_COVERAGE",
	"NODE_REPL_EXTERNAL_MODULE", "OPENSSL_CONF", "GIT_EXEC_PATH", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_TRACE2_EVENT",
	"GIT_EXTERNAL_DIFF", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTDOCFLAGS", "CARGO_TARGET_DIR",
	"CARGO_BUILD_RUSTC_WRAPPER", "CLANGD_FLAGS", "CCC_OVERRIDE_OPTIONS", "BIOME_BINARY", "TSS_LOG",
}

func TestNoServerGetsAVariableByWhichProgramsLoadFiles(t *testing.T) {
	for _, name := range loading {
		t.Setenv(name, "/nowhere/"+name)
	}
	m := New(Config{Root: indextest.Files(t, nil), Dirs: install.Dirs{Cache: indextest.Files(t, nil)}})
	for _, srv := range catalogue.Servers {
		var run Launch
		if err := m.environ(srv, install.Found{Pinned: true}, indextest.Files(t, nil), &run); err != nil {
			t.Fatal(err)
		}
		for _, v := range run.Env {
			name, value, _ := strings.Cut(v, "=")
			if value == "/nowhere/"+name {
				t.Errorf("%s gets %s", srv.Name, v)
			}
		}
		if len(run.Env) == 0 {
			t.Errorf("%s gets no environment", srv.Name)
		}
	}
}

// A go command that is ended because time is up says nothing about the installation.
func TestAToolchainThatIsNotAskedInTimeIsNotCalledBroken(t *testing.T) {
	srv := catalogue.Named("gopls")
	m := New(Config{Root: indextest.Files(t, nil), Dirs: install.Dirs{Cache: indextest.Files(t, nil)}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var h Host
	if err := m.probe(ctx, srv, install.Found{}, pythonPackages{}, &h); !fault.Is(err, fault.Timeout) {
		t.Error(err)
	}
}

func TestFoldersOfFlagsOfACCompiler(t *testing.T) {
	got := foldersOfFlags(`-O2 -I/a -I /b -DX=1 -isystem /c '-L/with space' -Wl,-rpath,/d --sysroot=/e -lm`)
	if d := cmp.Diff([]string{"/a", "/b", "/c", "/with space", "/e"}, got); d != "" {
		t.Error(d)
	}
}
