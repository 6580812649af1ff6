//go:build unix

package index_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lanser/index"
	"lanser/index/git"
	"lanser/index/indextest"
	"lanser/selectors/fault"
)

// hostile is a repository that whoever packed it has prepared, with a program that leaves
// a mark when it is run.
type hostile struct {
	t               *testing.T
	dir, trap, mark string
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(t.TempDir(), "none"))
	h := &hostile{t: t, dir: indextest.Files(t, map[string]string{
		"a.py": "def f():\n    return 1\n", "old.py": "def g():\n    x = 1\n    y = 2\n    return x + y\n",
		"sub/b.py": "def h(): pass\n",
	})}
	h.trap, h.mark = filepath.Join(t.TempDir(), "trap"), filepath.Join(t.TempDir(), "mark")
	script := "#!/bin/sh\necho \"$0 $*\" >>'" + h.mark + "'\nexit 1\n"
	if err := os.WriteFile(h.trap, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	runGit(t, h.dir, "init", "-q")
	runGit(t, h.dir, "add", ".")
	runGit(t, h.dir, "commit", "-q", "-m", "one")
	indextest.Write(t, h.dir, "a.py", "def f():\n    return 22\n")
	runGit(t, h.dir, "mv", "old.py", "new.py")
	runGit(t, h.dir, "commit", "-q", "-a", "-m", "two")
	return h
}

// config appends to the repository's configuration; TRAP stands for the program.
func (h *hostile) config(lines string) { h.append(".git/config", lines) }

func (h *hostile) append(file, text string) {
	h.t.Helper()
	file = filepath.Join(h.dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		h.t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(strings.ReplaceAll(text, "TRAP", h.trap)); err != nil {
		h.t.Fatal(err)
	}
}

// touch gives the files of the working tree times that git's index does not know.
func (h *hostile) touch() {
	h.t.Helper()
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, f := range []string{"a.py", "new.py", "sub/b.py"} {
		if err := os.Chtimes(filepath.Join(h.dir, f), old, old); err != nil {
			h.t.Fatal(err)
		}
	}
}

// lose removes the object of a file of the first commit, as in a clone without blobs.
func (h *hostile) lose() {
	h.t.Helper()
	out, err := exec.Command("git", "-C", h.dir, "rev-parse", "HEAD~1:a.py").Output()
	if err != nil {
		h.t.Fatal(err)
	}
	id := strings.TrimSpace(string(out))
	if err := os.Remove(filepath.Join(h.dir, ".git", "objects", id[:2], id[2:])); err != nil {
		h.t.Fatal(err)
	}
}

// ran returns what the program was called with, "" if it was not run.
func (h *hostile) ran() string {
	raw, _ := os.ReadFile(h.mark)
	os.Remove(h.mark)
	return string(raw)
}

// works says that the attack does what it is meant to do, by a command of git.
func (h *hostile) works(args ...string) {
	h.t.Helper()
	copied := h.t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(h.dir)); err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.Command("git", args...)
	cmd.Dir = copied
	out, _ := cmd.CombinedOutput()
	if h.ran() == "" {
		h.t.Fatalf("git %q runs nothing here, so the test shows nothing: %s", args, out)
	}
}

func isFolder(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}

// askAll asks everything that has git asked.
func askAll(t *testing.T, dir string) (vcs *git.State) {
	t.Helper()
	ctx := context.Background()
	index.FindRoot(filepath.Join(dir, "sub"))
	git.Repository(ctx, dir)
	git.Untracked(ctx, dir, filepath.Join(dir, "a.py"))
	w, s := snapshot(t, dir)
	vcs = w.VCS(ctx)
	if old, err := s.At(ctx, "git:HEAD~1", "a.py"); err == nil {
		old.Content("a.py")
		old.Source.(*index.Snapshot).Index(ctx)
	}
	s.Renames(ctx, "git:HEAD~1", "old.py")
	s.Renames(ctx, "", "old.py")
	w.Commit(ctx, "main...")
	if commit, err := w.Commit(ctx, "HEAD~1"); err == nil {
		w.RenamedSince(ctx, commit)
		w.Extract(ctx, commit, t.TempDir())
	}
	all := func(string) bool { return true }
	w.Staged(ctx, s, "", all)
	w.ChangedBesides(ctx, "HEAD")
	if sub := filepath.Join(dir, "sub"); isFolder(sub) {
		below, ofBelow := snapshot(t, sub)
		below.Staged(ctx, ofBelow, "", all)
		below.ChangedBesides(ctx, "HEAD")
	}
	for range 3 { // the list of files is kept from the second on
		w.Snapshot(ctx)
	}
	return vcs
}

// filter is an attack by a filter of any name.
func filter(section, name string) func(*hostile) {
	return func(h *hostile) {
		h.config(
			fmt.Sprintf("[filter \"%s\"]\n\tclean = TRAP clean\n\tsmudge = TRAP smudge\n\tprocess = TRAP process\n",
				section),
		)
		h.append(".git/info/attributes", "* "+name+"\n")
		h.touch()
		h.works("status")
	}
}

// partial is an attack by where the missing objects of a partial clone are to be had.
func partial(remote string, works bool) func(*hostile) {
	return func(h *hostile) {
		h.lose()
		h.config(
			"[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tpartialClone = origin\n" +
				"[remote \"origin\"]\n\tpromisor = true\n\t" + remote + "\n",
		)
		if works {
			h.works("cat-file", "blob", "HEAD~1:a.py")
		}
	}
}

const everyHook = `
	applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg
	post-commit pre-rebase post-checkout post-merge pre-push pre-receive update proc-receive post-receive
	post-update reference-transaction push-to-checkout pre-auto-gc post-rewrite sendemail-validate
	fsmonitor-watchman post-index-change`

var attacks = map[string]func(*hostile){
	"a filter":                         filter("evil", "filter=evil"),
	"a filter with = in its name":      filter("a=b", "filter=a=b"),
	"a filter with . in its name":      filter("a.b.clean", "filter=a.b.clean"),
	"a filter with - and / in it":      filter("-c/x", "filter=-c/x"),
	"a filter of letters beyond ASCII": filter("é∂", "filter=é∂"),
	"a filter by a macro":              filter("evil", "evil\n[attr]evil filter=evil\n* evil"),
	"a filter that is required": func(h *hostile) {
		filter("r", "filter=r")(h)
		h.config("[filter \"r\"]\n\trequired = true\n")
	},
	"a filter of a file that is included": func(h *hostile) {
		h.append("lib/config", "[filter \"i\"]\n\tclean = TRAP\n")
		h.config("[include]\n\tpath = ../lib/config\n")
		h.append(".gitattributes", "*.py filter=i\n")
		h.touch()
		h.works("status")
	},
	"a filter for this folder alone": func(h *hostile) {
		h.append("lib/config", "[filter \"i\"]\n\tclean = TRAP\n")
		h.config("[includeIf \"gitdir:**\"]\n\tpath = ../lib/config\n[core]\n\tattributesFile = lib/attributes\n")
		h.append("lib/attributes", "*.py filter=i\n")
		h.touch()
	},
	"a filter of the worktree's own configuration": func(h *hostile) {
		h.config("[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tworktreeConfig = true\n")
		h.append(".git/config.worktree", "[filter \"w\"]\n\tprocess = TRAP\n")
		h.append(".git/info/attributes", "* filter=w\n")
		h.touch()
		h.works("status")
	},
	"a filter and files as old as the index": func(h *hostile) {
		filter("racy", "filter=racy")(h)
		runGit(h.t, h.dir, "-c", "filter.racy.clean=cat", "-c", "filter.racy.process=", "update-index", "--refresh")
		if err := os.Chtimes(filepath.Join(h.dir, ".git", "index"), time.Now(), time.Unix(1, 0)); err != nil {
			h.t.Fatal(err)
		}
		h.ran()
		exec.Command("git", "--no-optional-locks", "-C", h.dir, "diff-files").Run() // it fails where the filter does
		if h.ran() == "" {
			h.t.Fatal("git diff-files runs nothing here, so the test shows nothing")
		}
	},
	"a monitor": func(h *hostile) {
		h.config("[core]\n\tfsmonitor = TRAP\n\tuntrackedCache = true\n")
		h.works("status")
	},
	"hooks": func(h *hostile) {
		for hook := range strings.FieldsSeq(everyHook) {
			h.append(".git/hooks/"+hook, "#!/bin/sh\nTRAP "+hook+"\n")
		}
		h.works("update-ref", "refs/heads/x", "HEAD")
	},
	"hooks elsewhere": func(h *hostile) {
		for hook := range strings.FieldsSeq(everyHook) {
			h.append("lib/hooks/"+hook, "#!/bin/sh\nTRAP "+hook+"\n")
		}
		h.config("[core]\n\thooksPath = lib/hooks\n")
		h.touch()
		h.works("update-index", "--refresh")
	},
	"external diff": func(h *hostile) {
		h.config("[diff]\n\texternal = TRAP\n\ttrustExitCode = true\n")
		h.append("a.py", "# more\n")
		h.works("diff")
	},
	"a diff driver": func(h *hostile) {
		h.config("[diff \"d=e\"]\n\tcommand = TRAP\n\ttextconv = TRAP\n\tcacheTextconv = true\n")
		h.append(".gitattributes", "* diff=d=e\n")
		h.append("a.py", "# more\n")
		h.works("diff")
	},
	"pagers, editors and aliases": func(h *hostile) {
		h.config(
			"[core]\n\tpager = TRAP\n\teditor = TRAP\n[sequence]\n\teditor = TRAP\n" +
				"[pager]\n\tls-files = TRAP\n\trev-list = TRAP\n\tcat-file = TRAP\n\tdiff-index = TRAP\n\tlog = TRAP\n",
		)
		h.config("[alias]\n")
		const commands = "ls-files rev-parse cat-file ls-tree diff-index diff-tree rev-list check-attr log status none"
		for name := range strings.FieldsSeq(commands) {
			h.config("\t" + name + " = !TRAP\n")
		}
		h.works("none")
	},
	"signatures": func(h *hostile) {
		signed(h)
		h.config(
			"[gpg]\n\tprogram = TRAP\n[gpg \"ssh\"]\n\tprogram = TRAP\n\tdefaultKeyCommand = TRAP\n" +
				"[gpg \"x509\"]\n\tprogram = TRAP\n[log]\n\tshowSignature = true\n",
		)
		h.works("log", "-1")
	},
	"trailers, merges, packs": func(h *hostile) {
		h.config(
			"[trailer \"x\"]\n\tkey = X\n\tcommand = TRAP\n\tcmd = TRAP\n[merge \"m\"]\n\tdriver = TRAP\n" +
				"[uploadpack]\n\tpackObjectsHook = TRAP\n[browser \"b\"]\n\tcmd = TRAP\n" +
				"[man \"m\"]\n\tcmd = TRAP\n[gc]\n\trecentObjectsHook = TRAP\n[maintenance]\n\tauto = true\n",
		)
		h.append(".gitattributes", "* merge=m\n")
	},
	"another object store": func(h *hostile) {
		other := indextest.Files(h.t, map[string]string{"x": ""})
		runGit(h.t, other, "init", "-q")
		h.append(".git/objects/info/alternates", filepath.Join(other, ".git", "objects")+"\n")
		h.config("[core]\n\talternateRefsCommand = TRAP\n")
	},
	"submodules": func(h *hostile) {
		inner := filepath.Join(h.dir, "mod")
		indextest.Write(h.t, inner, "m.py", "x = 1\n")
		runGit(h.t, inner, "init", "-q")
		runGit(h.t, inner, "add", ".")
		runGit(h.t, inner, "commit", "-q", "-m", "m")
		runGit(h.t, h.dir, "add", "mod")
		h.append("mod/.git/config", "[core]\n\tfsmonitor = TRAP\n[filter \"f\"]\n\tclean = TRAP\n")
		h.append("mod/.git/info/attributes", "* filter=f\n")
		h.append(".gitmodules", "[submodule \"mod\"]\n\tpath = mod\n\turl = ./mod\n\tignore = none\n")
		h.config(
			"[submodule \"mod\"]\n\tupdate = !TRAP\n\turl = ext::TRAP\n\tactive = true\n" +
				"[submodule]\n\trecurse = true\n[diff]\n\tignoreSubmodules = none\n\tsubmodule = diff\n" +
				"[status]\n\tsubmoduleSummary = true\n",
		)
		h.append("mod/m.py", "y = 2\n")
		h.works("status")
	},
	"a partial clone by a program": partial("url = ext::TRAP\n[protocol]\n\tallow = always", true),
	"a partial clone by ssh": partial(
		"url = ssh://localhost/x\n[core]\n\tsshCommand = TRAP\n[ssh]\n\tvariant = simple",
		true,
	),
	"a partial clone by git's own protocol":  partial("url = git://localhost/x\n[core]\n\tgitProxy = TRAP", true),
	"a partial clone by a file's other side": partial("url = .\n\tuploadpack = TRAP", true),
	"a partial clone by a helper":            partial("url = x\n\tvcs = ext", false),
	"a partial clone with a password": partial(
		"url = http://127.0.0.1:1/x\n[credential]\n\thelper = !TRAP\n[core]\n\taskPass = TRAP",
		false,
	),
	"a partial clone of another name": func(h *hostile) {
		partial("url = x", false)(h)
		h.config("[remote \"a=b.c\"]\n\tpromisor = true\n\turl = ext::TRAP\n[protocol \"ext\"]\n\tallow = always\n")
		h.works("cat-file", "blob", "HEAD~1:a.py")
	},
	"a .git file": func(h *hostile) {
		filter("a=b", "filter=a=b")(h)
		if err := os.Rename(filepath.Join(h.dir, ".git"), filepath.Join(h.dir, "elsewhere")); err != nil {
			h.t.Fatal(err)
		}
		h.append(".git", "gitdir: elsewhere\n")
		h.works("status")
	},
	"git on PATH in the workspace": func(h *hostile) {
		h.append("bin/git", "#!/bin/sh\nTRAP git\n")
		h.t.Setenv("PATH", filepath.Join(h.dir, "bin")+":"+os.Getenv("PATH"))
	},
	"variables that point git elsewhere": func(h *hostile) {
		h.append("a.py", "# more\n")
		for name := range strings.FieldsSeq("EXTERNAL_DIFF SSH_COMMAND PAGER EDITOR ASKPASS PROXY_COMMAND") {
			h.t.Setenv("GIT_"+name, h.trap)
		}
		h.t.Setenv("GIT_CONFIG_COUNT", "1")
		h.t.Setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
		h.t.Setenv("GIT_CONFIG_VALUE_0", h.trap)
		h.works("status")
		for name := range strings.FieldsSeq("DIR WORK_TREE INDEX_FILE OBJECT_DIRECTORY EXEC_PATH TRACE2_EVENT") {
			h.t.Setenv("GIT_"+name, h.dir+"/sub")
		}
	},
}

// signed makes the last commit one with a signature.
func signed(h *hostile) {
	h.t.Helper()
	out, err := exec.Command("git", "-C", h.dir, "cat-file", "commit", "HEAD").Output()
	if err != nil {
		h.t.Fatal(err)
	}
	head, message, _ := strings.Cut(string(out), "\n\n")
	cmd := exec.Command("git", "-C", h.dir, "hash-object", "-t", "commit", "-w", "--stdin")
	cmd.Stdin = strings.NewReader(
		head + "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n" + message,
	)
	id, err := cmd.Output()
	if err != nil {
		h.t.Fatal(err)
	}
	runGit(h.t, h.dir, "reset", "-q", "--soft", strings.TrimSpace(string(id)))
}

// Nothing that a repository names in its configuration, attributes, hooks and objects runs, and nothing is written.
func TestNoProgramThatARepositoryNamesRuns(t *testing.T) {
	indextest.Needs(t, "half a minute of git's time")
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t)
			attack(h)
			h.ran()
			indextest.FailIfChanged(t, h.dir)
			if vcs := askAll(t, h.dir); vcs == nil || vcs.Head == "" {
				t.Errorf("version control says %+v", vcs)
			}
			if ran := h.ran(); ran != "" {
				t.Errorf("it was run: %s", ran)
			}
		})
	}
}

func fifo(t *testing.T, file string) {
	t.Helper()
	if err := syscall.Mkfifo(file, 0o644); err != nil {
		t.Fatal(err)
	}
}

// The error about a path that exists and is no file of the workspace says what is there.
func TestTheErrorAboutAPathThatIsNoFileSaysWhatItIs(t *testing.T) {
	dir := indextest.Files(t, map[string]string{
		"a.py": "x = 1\n", "d/b.py": "y = 2\n", ".gitignore": "c.py\n", "c.py": "z = 3\n",
	})
	fifo(t, filepath.Join(dir, "pipe.py"))
	must(t, os.Symlink("a.py", filepath.Join(dir, "link.py")))
	_, s := snapshot(t, dir)
	for path, want := range map[string]string{
		"pipe.py": "pipe.py is a named pipe, socket or device, which lanser does not open",
		"link.py": "link.py is a symbolic link",
		"d":       "d is a folder",
		"c.py":    "c.py is ignored by the workspace's .gitignore rules, or is a link",
		"e.py":    "no file e.py in the workspace",
	} {
		if _, err := s.Content(path); !fault.Is(err, fault.NotFound) || fault.From(err).Message != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
