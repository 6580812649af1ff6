//go:build unix

package server_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
)

// A check that waits for git until its time is up says so, and nothing about the repository: an agent would believe
// that the revision does not exist, or that it may not read the workspace. Where lanser sees before that git would not
// come to an end, the error names the file.
func TestACheckThatGitKeepsFromEndingHasRunOutOfTime(t *testing.T) {
	t.Parallel()
	for pipe, want := range map[string]fault.Code{
		".git/HEAD":            fault.Usage,
		".git/index":           fault.Usage,
		".git/packed-refs":     fault.Usage,
		".git/shallow":         fault.Usage,
		".git/refs/heads/main": fault.Usage,
		".git/objects/??/*":    fault.Timeout,
	} {
		t.Run(pipe, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, map[string]string{"a.py": "x = 1\n"})
			runGit(t, dir, "init", "-q", "-b", "main")
			runGit(t, dir, "add", "--all")
			runGit(t, dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "a")
			files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pipe)))
			if err != nil {
				t.Fatal(err)
			}
			if len(files) == 0 {
				files = []string{filepath.Join(dir, filepath.FromSlash(pipe))}
			}
			for _, file := range files {
				if err := os.RemoveAll(file); err != nil {
					t.Fatal(err)
				}
				if err := syscall.Mkfifo(file, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			e := untraced(t, dir)
			for _, o := range []api.Options{{Since: "HEAD"}, {Affected: "HEAD"}, {Staged: true}} {
				o.Timeout = api.Duration(time.Second)
				_, err := e.Do(context.Background(), api.Request{Op: "diag", Options: o})
				isNamed := want == fault.Timeout || err != nil && strings.Contains(err.Error(), pipe)
				if !fault.Is(err, want) || !isNamed {
					t.Errorf("since %q, affected %q, staged %v: %v", o.Since, o.Affected, o.Staged, err)
				}
			}
		})
	}
}

// A server that opens a named pipe waits for whoever writes to it. When time is up, what is said names the pipe, or at
// least that time was up, and never that the workspace cannot be read.
func TestACheckThatANamedPipeKeepsFromEndingSaysSo(t *testing.T) {
	t.Parallel()
	for pipe, tt := range map[string]struct {
		server  string
		files   map[string]string
		timeout time.Duration
		named   bool
	}{
		"x.h": {
			server: "clangd", timeout: 3 * time.Second, named: true,
			files: map[string]string{"compile_flags.txt": "", "b.c": "#include \"x.h\"\n"},
		},
		"package.json": {
			server: "typescript", timeout: 3 * time.Second, named: true,
			files: map[string]string{"tsconfig.json": "{}", "b.ts": "export const a = 1;\n"},
		},
		"src/x.rs": { // for which rust-analyzer does not wait, and the compiler does
			server: "rust-analyzer", timeout: 8 * time.Second,
			files: map[string]string{
				"Cargo.toml": "[package]\nname = \"h\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
				"src/lib.rs": "mod x;\n",
			},
		},
	} {
		t.Run(tt.server, func(t *testing.T) {
			t.Parallel()
			indextest.Needs(t, "the server "+tt.server)
			dir := indextest.Files(t, tt.files)
			if err := syscall.Mkfifo(filepath.Join(dir, filepath.FromSlash(pipe)), 0o600); err != nil {
				t.Fatal(err)
			}
			b, err := untraced(t, dir).Do(
				t.Context(), api.Request{Op: "diag", Options: api.Options{Timeout: api.Duration(tt.timeout)}},
			)
			said := strings.Join(b.Evidence.Reasons, "\n")
			if err != nil {
				said += err.Error() + fault.From(err).Hint
			}
			isLate := b.Meta.ExitCode == fault.Timeout.Exit() || b.Meta.ExitCode == fault.Incomplete.Exit()
			lacks := tt.named && !strings.Contains(said, pipe+" is a named pipe")
			if !isLate || lacks || strings.Contains(said, "deadline") {
				t.Errorf("exit code %d: %s", b.Meta.ExitCode, said)
			}
		})
	}
}
