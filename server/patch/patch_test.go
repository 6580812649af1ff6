package patch

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
)

// gitPatch returns what git diff prints with the given configuration and arguments for the changes that
// edit makes in a repository of the given files.
func gitPatch(t *testing.T, files map[string]string, edit string, args ...string) string {
	t.Helper()
	dir := indextest.Files(t, files)
	run := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(
			os.Environ(),
			"GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_CONFIG_SYSTEM=/dev/null",
			"GIT_AUTHOR_NAME=t",
			"GIT_AUTHOR_EMAIL=t@example.com",
			"GIT_COMMITTER_NAME=t",
			"GIT_COMMITTER_EMAIL=t@example.com",
		)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %v: %v", name, args, err)
		}
		return string(out)
	}
	run("git", "init", "-q", ".")
	run("git", "add", "-A")
	run("git", "commit", "-qm", "x")
	run("sh", "-ec", edit)
	run("git", "add", "-N", ".")
	return run("git", args...)
}

// A path that no file can have is refused at once, however deep it is.
func TestAPathThatNoFileCanHaveIsRefused(t *testing.T) {
	for _, path := range []string{strings.Repeat("d/", 50_000) + "x.py", `"b/x\000.py"`} {
		if !strings.HasPrefix(path, `"`) {
			path = "b/" + path
		}
		after, err := Apply(memory{}, "--- /dev/null\n+++ "+path+"\n@@ -0,0 +1 @@\n+x = 1\n", isCode)
		if !fault.Is(err, fault.Usage) {
			t.Errorf("%.40s: %v, %v", path, after, err)
		}
	}
}

// A patch that does not apply because the file has its change already is refused with what makes the patch that takes
// the change back, and any other patch that does not apply with the request for another one.
func TestAPatchThatIsAppliedAlreadySaysSo(t *testing.T) {
	diff := "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,4 @@ def f\n-a = 1\n+a = 2\n+a2 = 2\n b = 1\n-c = 1\n" +
		"+c = 2\n\\ No newline at end of file\n"
	for content, want := range map[string]string{
		"a = 1\nb = 1\nc = 1\n":        "",
		"a = 2\na2 = 2\nb = 1\nc = 2":  appliedHint,
		"a = 2\na2 = 2\nb = 1\nc = 3":  conflictHint,
		"a = 2\r\na2 = 2\r\nb = 1\r\n": conflictHint,
	} {
		_, err := Apply(memory{"x.py": content}, diff, isCode)
		hint, former := "", ""
		if err != nil {
			hint = fault.From(err).Hint
			former = fault.From(FormerHint(err)).Hint
		}
		if hint != want || (former != "") != (want != "") || former == appliedHint {
			t.Errorf("%q: hint %q, formerly %q; want %q", content, hint, former, want)
		}
	}
}

// Whatever the configuration of git, a patch changes the files that git diff meant.
func TestAPatchMeansTheFilesThatGitDiffMeant(t *testing.T) {
	files := map[string]string{
		"util.py": "n = 1\n", "pkg/util.py": "n = 1\n", "pkg/mod.py": "a\nb\nc\nd\ne\n" +
			"f\n", "b/util.py": "n = 1\n", "a b/x y.py": "n = 1\n",
		"grün\t.py": "n = 1\n", "crlf.py": "n = 1\r\nm = 2\r\n", "empty.py": "", "end.py": "n = 1",
	}
	for name, tt := range map[string]struct {
		edit string
		args []string
		want map[string]string
	}{
		"an image beside the code": {
			edit: `printf '\0a' > logo.png; git add logo.png; git commit -qm y; printf '\0b' > logo.png; ` +
				"echo n=2 > pkg/util.py",
			args: []string{"diff", "--binary"}, want: map[string]string{"pkg/util.py": "n=2\n"},
		},
		"an image that is new": {
			edit: `printf '\0a' > logo.png; echo n=2 > pkg/util.py`,
			args: []string{"diff"}, want: map[string]string{"pkg/util.py": "n=2\n", "logo.png": ""},
		},
		"plain": {
			edit: "echo n=2 > pkg/util.py", args: []string{"diff"}, want: map[string]string{"pkg/util.py": "n=2\n"},
		},
		"without prefixes": {
			edit: "echo n=2 > pkg/util.py", args: []string{"-c", "diff.noprefix=true", "diff"},
			want: map[string]string{"pkg/util.py": "n=2\n"},
		},
		"without prefixes, in a folder that is called as one": {
			edit: "echo n=2 > b/util.py",
			args: []string{"diff", "--no-prefix"}, want: map[string]string{"b/util.py": "n=2\n"},
		},
		"with prefixes, in a folder that is called as one": {
			edit: "echo n=2 > b/util.py", args: []string{"diff"}, want: map[string]string{"b/util.py": "n=2\n"},
		},
		"mnemonic prefixes of index and work tree": {
			edit: "echo n=2 > pkg/util.py", args: []string{"-c", "diff.mnemonicPrefix=true", "diff"},
			want: map[string]string{"pkg/util.py": "n=2\n"},
		},
		"mnemonic prefixes of commit and work tree": {
			edit: "echo n=2 > pkg/util.py", args: []string{"-c", "diff.mnemonicPrefix=true", "diff", "HEAD"},
			want: map[string]string{"pkg/util.py": "n=2\n"},
		},
		"prefixes of the user": {
			edit: "echo n=2 > pkg/util.py; echo m=2 > util.py",
			args: []string{"diff", "--src-prefix=left/", "--dst-prefix=right/side/"},
			want: map[string]string{"pkg/util.py": "n=2\n", "util.py": "m=2\n"},
		},
		"prefixes that are no folders": {
			edit: "echo n=2 > pkg/util.py", args: []string{"diff", "--src-prefix=old-", "--dst-prefix=new-"},
			want: map[string]string{"pkg/util.py": "n=2\n"},
		},
		"coloured": {
			edit: "echo n=2 > pkg/util.py",
			args: []string{"diff", "--color=always"}, want: map[string]string{"pkg/util.py": "n=2\n"},
		},
		"coloured words moved": {
			edit: "printf 'd\\ne\\nf\\na\\nb\\nc\\n' > pkg/mod.py",
			args: []string{"diff", "--color=always", "--color-moved=zebra"},
			want: map[string]string{"pkg/mod.py": "d\ne\nf\na\nb\nc\n"},
		},
		"a name with spaces": {
			edit: "echo n=2 > 'a b/x y.py'", args: []string{"diff"}, want: map[string]string{"a b/x y.py": "n=2\n"},
		},
		"a name with spaces, without prefixes": {
			edit: "echo n=2 > 'a b/x y.py'",
			args: []string{"diff", "--no-prefix"}, want: map[string]string{"a b/x y.py": "n=2\n"},
		},
		"a quoted name": {
			edit: "echo n=2 > \"$(printf 'gr\\303\\274n\\t.py')\"", args: []string{"diff"},
			want: map[string]string{"grün\t.py": "n=2\n"},
		},
		"a quoted name, without prefixes": {
			edit: "echo n=2 > \"$(printf 'gr\\303\\274n\\t.py')\"", args: []string{"diff", "--no-prefix"},
			want: map[string]string{"grün\t.py": "n=2\n"},
		},
		"a file with the line ends of Windows": {
			edit: "printf 'n = 1\\r\\nm = 3\\r\\n' > crlf.py", args: []string{"diff"},
			want: map[string]string{"crlf.py": "n = 1\r\nm = 3\r\n"},
		},
		"a new file": {
			edit: "echo z=1 > pkg/new.py", args: []string{"diff"}, want: map[string]string{"pkg/new.py": "z=1\n"},
		},
		"a new file, without prefixes, in a folder that is called as one": {
			edit: "echo z=1 > b/new.py",
			args: []string{"diff", "--no-prefix"}, want: map[string]string{"b/new.py": "z=1\n"},
		},
		"a new file without content": {
			edit: ": > 'b/new file.py'", args: []string{"diff"}, want: map[string]string{"b/new file.py": ""},
		},
		"a file is emptied": {edit: ": > util.py", args: []string{"diff"}, want: map[string]string{"util.py": ""}},
		"an empty file is filled": {
			edit: "echo n > empty.py", args: []string{"diff"}, want: map[string]string{"empty.py": "n\n"},
		},
		"a line without an end": {
			edit: "printf 'n = 2' > end.py", args: []string{"diff"}, want: map[string]string{"end.py": "n = 2"},
		},
		"a file that is removed": {
			edit: "rm pkg/util.py",
			args: []string{"diff", "HEAD", "--no-prefix"}, want: map[string]string{"pkg/util.py": "\x00"},
		},
		"an empty file that is removed": {
			edit: "rm empty.py", args: []string{"diff", "HEAD"}, want: map[string]string{"empty.py": "\x00"},
		},
		"a pure rename, without prefixes": {
			edit: "git mv pkg/mod.py b/mod.py", args: []string{"diff", "HEAD", "-M", "--no-prefix"},
			want: map[string]string{"pkg/mod.py": "\x00", "b/mod.py": "a\nb\nc\nd\ne\nf\n"},
		},
		"a rename with a change": {
			edit: "git mv pkg/mod.py b/mod.py; echo g >> b/mod.py", args: []string{"diff", "HEAD", "-M"},
			want: map[string]string{"pkg/mod.py": "\x00", "b/mod.py": "a\nb\nc\nd\ne\nf\ng\n"},
		},
		"a rename with a change, without prefixes": {
			edit: "git mv pkg/mod.py b/mod.py; echo g >> b/mod.py",
			args: []string{"diff", "HEAD", "-M", "--no-prefix"},
			want: map[string]string{"pkg/mod.py": "\x00", "b/mod.py": "a\nb\nc\nd\ne\nf\ng\n"},
		},
		"two files change places": {
			edit: "echo other > util.py; git commit -qam y; mv util.py t; mv pkg/mod.py util.py; mv t pkg/mod.py",
			args: []string{"diff", "HEAD", "-M", "-B"},
			want: map[string]string{"pkg/mod.py": "other\n", "util.py": "a\nb\nc\nd\ne\nf\n"},
		},
		"a copy": {
			edit: "cp pkg/mod.py b/mod.py; echo g >> pkg/mod.py; echo h >> b/mod.py",
			args: []string{"diff", "HEAD", "-C"},
			want: map[string]string{"pkg/mod.py": "a\nb\nc\nd\ne\nf\ng\n", "b/mod.py": "a\nb\nc\nd\ne\nf\nh\n"},
		},
		"only the mode": {edit: "chmod +x pkg/util.py", args: []string{"diff"}, want: map[string]string{}},
		"a mode and a change": {
			edit: "chmod +x pkg/util.py; echo n=2 > pkg/util.py", args: []string{"diff"},
			want: map[string]string{"pkg/util.py": "n=2\n"},
		},
		"a series of commits": {
			edit: "echo n=2 > util.py; git commit -qam y -m '--- a note'; echo n=3 > util.py; git commit -qam z",
			args: []string{"format-patch", "--stdout", "HEAD~2"}, want: map[string]string{"util.py": "n=3\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := files
			patch := gitPatch(t, files, tt.edit, tt.args...)
			if name == "two files change places" {
				before = map[string]string{"util.py": "other\n", "pkg/mod.py": files["pkg/mod.py"]}
			}
			out, err := Apply(memory(before), patch, isCode)
			if err != nil {
				t.Fatalf("%v\n%s", err, patch)
			}
			if d := cmp.Diff(tt.want, written(out.Contents)); d != "" {
				t.Errorf("-want +got:\n%s\n%s", d, patch)
			}
		})
	}
}

// written returns contents as strings; "\x00" is a file that is removed.
func written(contents map[string][]byte) map[string]string {
	out := map[string]string{}
	for p, c := range contents {
		out[p] = string(c)
		if c == nil {
			out[p] = "\x00"
		}
	}
	return out
}

// Patches that other tools or people write are read if they have only one meaning.
func TestPatchesOfOtherToolsAreRead(t *testing.T) {
	files := map[string]string{"x.py": "n = 1\n", "pkg/x.py": "n = 1\n", "b/y.py": "n = 1\n", "crlf.py": "n = 1\r\n"}
	const change = "@@ -1 +1 @@\n-n = 1\n+n = 2\n"
	for name, tt := range map[string]struct {
		patch string
		want  map[string]string
		code  fault.Code
	}{
		"no prefixes": {
			patch: "--- pkg/x.py\n+++ pkg/x.py\n" + change,
			want:  map[string]string{"pkg/x.py": "n = 2\n"},
		},
		"prefixes": {
			patch: "--- a/pkg/x.py\n+++ b/pkg/x.py\n" + change,
			want:  map[string]string{"pkg/x.py": "n = 2\n"},
		},
		"one prefix, twice": {
			patch: "--- a/x.py\n+++ a/x.py\n" + change,
			want:  map[string]string{"x.py": "n = 2\n"},
		},
		"a time": {
			patch: "--- x.py.orig\t2024-01-01 10:00:00.5 +0100\n+++ x.py\t2024-01-01 10:00:01 +0100\n" + change,
			want:  map[string]string{"x.py": "n = 2\n"},
		},
		"two folders": {
			patch: "diff -ru old/pkg/x.py new/pkg/x.py\n--- old/pkg/x.py\n+++ new/pkg/x.py\n" + change,
			want:  map[string]string{"pkg/x.py": "n = 2\n"},
		},
		"a new file by time": {
			patch: "--- old/z.py\t1970-01-01 00:00:00.000000000 +0000\n+++ new/x.py\n" + change,
			code:  fault.VersionSkew,
		},
		"a new file": {patch: "--- /dev/null\n+++ b/z.py\n@@ -0,0 +1 @@\n+z\n", code: fault.Usage},
		"a new file, another": {
			patch: "--- /dev/null\n+++ b/z.py\n@@ -0,0 +1 @@\n+z\n--- a/x.py\n+++ b/x.py\n" + change,
			want:  map[string]string{"z.py": "z\n", "x.py": "n = 2\n"},
		},
		"a removed file": {
			patch: "--- a/x.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-n = 1\n",
			want:  map[string]string{"x.py": "\x00"},
		},
		"the line ends of Windows, of a file without": {
			patch: strings.ReplaceAll("diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n"+change, "\n", "\r\n"),
			want:  map[string]string{"x.py": "n = 2\n"},
		},
		"the line ends of Windows, of a file with": {
			patch: strings.ReplaceAll("--- a/crlf.py\n+++ b/crlf.py\n"+change, "\n", "\r\n"),
			want:  map[string]string{"crlf.py": "n = 2\r\n"},
		},
		"a removed line that looks like a header": {
			patch: "--- a/x.py\n+++ b/x.py\n@@ -1 +1,3 @@\n n = 1\n+++ b/pkg/x.py\n+@@ -1 +1 @@\n",
			want:  map[string]string{"x.py": "n = 1\n++ b/pkg/x.py\n@@ -1 +1 @@\n"},
		},
		"a stale patch without prefixes hits no other file": {
			patch: "diff --git pkg/b/y.py pkg/b/y.py\n--- pkg/b/y.py\n" +
				"+++ pkg/b/y.py\n" + change, code: fault.VersionSkew,
		},
		"a stale patch with prefixes hits no other file": {
			patch: "diff --git a/pkg/b/y.py b/pkg/b/y.py\n--- a/pkg/b/y.py\n" +
				"+++ b/pkg/b/y.py\n" + change, code: fault.VersionSkew,
		},
		"the diff of a merge": {
			patch: "--- a/x.py\n+++ b/x.py\n" + change + "diff --cc pkg/x.py\nindex 1,2..3\n" +
				"--- a/pkg/x.py\n+++ b/pkg/x.py\n@@@ -1,1 -1,1 +1,1 @@@\n",
			code: fault.Usage,
		},
		"a binary file": {
			patch: "diff --git a/x.py b/x.py\nindex 1..2 100644\nGIT binary patch\nliteral 1\nIcmZPo00\n",
			code:  fault.Usage,
		},
		"a binary file of diff": {
			patch: "--- a/x.py\n+++ b/x.py\n" + change + "Binary files a/l and b/l differ\n",
			code:  fault.Usage,
		},
		"cut short": {patch: "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-n = 1\n", code: fault.Usage},
		"fewer lines": {
			patch: "--- a/x.py\n+++ b/x.py\n@@ -1,2 +1 @@\n-n = 1\n+n = 2\nx\n",
			code:  fault.Usage,
		},
		"no names": {patch: change, code: fault.Usage},
		"names that do not fit": {
			patch: "diff --git a/x.py b/z.py\n--- a/x.py\n" +
				"+++ b/x.py\n" + change + "diff --git i/x.py w/x.py\n--- i/x.py\n+++ w/x.py\n" + change,
			code: fault.Usage,
		},
		"a rename onto a file": {
			patch: "diff --git a/x.py b/pkg/x.py\nrename from x.py\nrename to pkg/x.py\n",
			code:  fault.VersionSkew,
		},
		"a file changed and gone": {
			patch: "diff --git a/x.py b/x.py\ndeleted file mode 100644\n--- a/x.py\n+++ /dev/null\n" +
				"@@ -1 +0,0 @@\n-n = 1\ndiff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n" + change,
			code: fault.VersionSkew,
		},
		"out of the workspace": {
			patch: "diff --git a/../x.py b/../x.py\nnew file mode 100644\n--- /dev/null\n" +
				"+++ b/../x.py\n@@ -0,0 +1 @@\n+x\n",
			code: fault.Permissions,
		},
		"a hook of git": {
			patch: "--- /dev/null\n+++ w/.git/hooks/pre-commit\n@@ -0,0 +1 @@\n+x\n",
			code:  fault.Permissions,
		},
		"a submodule's git, in other letters": {
			patch: "--- /dev/null\n+++ w/pkg/.GIT/config\n@@ -0,0 +1 @@\n+x\n",
			code:  fault.Permissions,
		},
		"a rename into git's folder": {
			patch: "diff --git a/x.py b/.git/x.py\nrename from x.py\nrename to .git/x.py\n",
			code:  fault.Permissions,
		},
		"what git reads of the workspace": {
			patch: "--- /dev/null\n+++ w/.gitignore\n@@ -0,0 +1 @@\n+x\n",
			want:  map[string]string{".gitignore": "x\n"},
		},
		"a file below a file": {
			patch: "--- /dev/null\n+++ w/x.py/y.py\n@@ -0,0 +1 @@\n+x\n",
			code:  fault.VersionSkew,
		},
		"a file below one that the patch makes": {
			patch: "--- /dev/null\n+++ w/new\n@@ -0,0 +1 @@\n+x\n--- /dev/null\n+++ w/new/y.py\n@@ -0,0 +1 @@\n+x\n",
			code:  fault.VersionSkew,
		},
		"a file that becomes a folder": {
			patch: "--- a/x.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-n = 1\n--- /dev/null\n+++ w/x.py/y.py\n" +
				"@@ -0,0 +1 @@\n+x\n",
			want: map[string]string{"x.py": "\x00", "x.py/y.py": "x\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := Apply(memory(files), tt.patch, isCode)
			if tt.code != "" {
				if !fault.Is(err, tt.code) {
					t.Errorf("%v, %q; want %s", err, written(out.Contents), tt.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, written(out.Contents)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// A patch of a repository whose paths are not those of the workspace is refused with what helps.
func TestAPatchOfTheRepositoryAboveIsRefusedWithWhatHelps(t *testing.T) {
	patch := "--- a/sub/x.py\n+++ b/sub/x.py\n@@ -1 +1 @@\n-n = 1\n+n = 2\n"
	_, err := Apply(memory{"x.py": "n = 1\n"}, patch, isCode)
	if !fault.Is(err, fault.VersionSkew) || !strings.Contains(fault.From(err).Hint, "git diff --relative") {
		t.Error(err)
	}
}
