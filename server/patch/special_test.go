package patch

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lanser/selectors/fault"
)

// What a patch changes of links and submodules is told apart from the rest, which applies.
func TestChangesOfLinksAndSubmodulesAreToldApart(t *testing.T) {
	files := map[string]string{"x.py": "n = 1\n", "sub/a.py": "a\n"}
	const (
		rest = "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-n = 1\n+n = 2\n"
		old  = "1111111111111111111111111111111111111111"
		now  = "2222222222222222222222222222222222222222"
		eof  = "\n\\ No newline at end of file\n"
	)
	for name, tt := range map[string]struct {
		patch string
		want  []Special
		files map[string]string // besides x.py
	}{
		"a new link": {
			patch: "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+x.py" + eof,
			want:  []Special{{Path: "l", Is: "x.py"}},
		},
		"a link that leads elsewhere": {
			patch: "diff --git a/l b/l\nindex 1..2 120000\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-y.py" + eof + "+x.py" + eof,
			want:  []Special{{Path: "l", Was: "y.py", Is: "x.py"}},
		},
		"a link that becomes a file": {
			patch: "diff --git a/l b/l\ndeleted file mode 120000\n--- a/l\n+++ /dev/null\n@@ -1 +0,0 @@\n-x.py" + eof +
				"diff --git a/l b/l\nnew file mode 100644\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+m\n",
			want: []Special{{Path: "l", Was: "x.py"}}, files: map[string]string{"l": "m\n"},
		},
		"a link that is renamed": {
			patch: "diff --git a/a.link b/b.link\nsimilarity index 100%\nrename from a.link\nrename to b.link\n",
			want:  []Special{{Path: "a.link"}, {Path: "b.link", SameAs: "a.link"}},
		},
		"a link that is copied": {
			patch: "diff --git a/a.link b/b.link\nsimilarity index 100%\ncopy from a.link\ncopy to b.link\n",
			want:  []Special{{Path: "b.link", SameAs: "a.link"}},
		},
		"another commit of a submodule": {
			patch: "diff --git a/sub b/sub\nindex 1..2 160000\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n" +
				"-Subproject commit " + old + "\n+Subproject commit " + now + "\n",
			want: []Special{{Path: "sub", IsSubmodule: true, Was: old, Is: now}},
		},
		"a submodule that is removed": {
			patch: "diff --git a/sub b/sub\ndeleted file mode 160000\n--- a/sub\n+++ /dev/null\n@@ -1 +0,0 @@\n" +
				"-Subproject commit " + old + "\n",
			want: []Special{{Path: "sub", IsSubmodule: true, Was: old}},
		},
		"a submodule that is renamed": {
			patch: "diff --git a/sub b/lib\nsimilarity index 100%\nrename from sub\nrename to lib\n",
			want:  []Special{{Path: "sub", IsSubmodule: true}, {Path: "lib", IsSubmodule: true, SameAs: "sub"}},
		},
		"a summary": {
			patch: "Submodule sub 1111111..2222222:\n  > what has changed\n",
			want:  []Special{{Path: "sub", IsSubmodule: true, Was: "1111111", Is: "2222222", IsSummary: true}},
		},
		"a summary of a new submodule": {
			patch: "Submodule lib 0000000...2222222 (new submodule)\n",
			want:  []Special{{Path: "lib", IsSubmodule: true, Is: "2222222", IsSummary: true}},
		},
		"a summary with the diff": {
			patch: "Submodule sub 1111111..2222222:\ndiff --git a/sub/a.py b/sub/a.py\n--- a/sub/a.py\n" +
				"+++ b/sub/a.py\n@@ -1 +1 @@\n-a\n+b\n",
			files: map[string]string{"sub/a.py": "b\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := Apply(memory(files), tt.patch+rest, isCode)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, out.Specials, cmpopts.IgnoreUnexported(Special{})); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			want := map[string]string{"x.py": "n = 2\n"}
			for p, c := range tt.files {
				want[p] = c
			}
			if d := cmp.Diff(want, written(out.Contents)); d != "" {
				t.Errorf("the rest, -want +got:\n%s", d)
			}
		})
	}
}

// The paths of links and submodules are bound to the workspace, as others are.
func TestLinksOutsideTheWorkspaceAreRefused(t *testing.T) {
	for _, patch := range []string{
		"diff --git a/../l b/../l\nnew file mode 120000\n--- /dev/null\n+++ b/../l\n@@ -0,0 +1 @@\n+x.py\n",
		"Submodule ../sub 1111111..2222222:\n  > x\n",
	} {
		if out, err := Apply(memory{}, patch, isCode); !fault.Is(err, fault.Permissions) || len(out.Specials) > 0 {
			t.Errorf("%v, %v:\n%s", out.Specials, err, strings.TrimSpace(patch))
		}
	}
}
