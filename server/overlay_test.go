package server_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
)

// With every server, a request with an overlay is answered about its contents, and the next one without it about the
// files on disk, which have not changed.
func TestAnAnswerWithAnOverlayDoesNotAffectTheNext(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, p := range projects {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			dir := p.made(t)
			e := engine(t, dir)
			user := "c" + p.ext
			if _, ok := p.files["src/"+user]; ok {
				user = "src/" + user
			}
			more := p.files[user] + fmt.Sprintf(p.more, 7)
			would := indextest.Files(t, p.files)
			if err := os.WriteFile(filepath.Join(would, user), []byte(more), 0o644); err != nil {
				t.Fatal(err)
			}
			plain, before := p.refs(t, e, nil)
			if d := cmp.Diff(p.uses(t, dir), plain); d != "" {
				t.Errorf("plain (-text +lanser)\n%s", d)
			}
			proposed, b := p.refs(t, e, map[string]*string{user: &more})
			if d := cmp.Diff(p.uses(t, would), proposed); d != "" {
				t.Errorf("with an overlay (-text +lanser)\n%s", d)
			}
			if d := cmp.Diff([]string{user}, b.Snapshot.Overlaid); d != "" ||
				b.Snapshot.Digest == before.Snapshot.Digest ||
				b.BundleID == before.BundleID {
				t.Errorf("it is not marked hypothetical: %+v", b.Snapshot)
			}
			_, after := p.refs(t, e, nil)
			if after.BundleID != before.BundleID {
				t.Errorf("the next plain answer is another than the one before: %v %v", after.Facts, after.Evidence)
			}
		})
	}
}

// One session follows successive overlays, such as the unsaved text of an editor, or is restarted if its server
// cannot follow them. Every answer is about its overlay, whatever the overlays before it were. The same overlay has
// the same server again.
func TestOneSessionFollowsChangingOverlays(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, p := range projects {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			dir := p.made(t)
			e := engine(t, dir)
			below := ""
			user, declares := "c"+p.ext, "a"+p.ext
			if _, ok := p.files["src/"+user]; ok {
				below, user, declares = "src/", "src/"+user, "src/lib"+p.ext
			}
			with := func(file string, n int) string { return p.files[file] + fmt.Sprintf(p.more, n) }
			var last int
			for i, step := range []struct {
				overlay map[string]string
				same    bool // as the one before: by the very process
			}{
				{overlay: map[string]string{user: with(user, 1)}},
				{overlay: map[string]string{user: with(user, 1)}, same: true},
				{overlay: map[string]string{user: with(user, 1) + fmt.Sprintf(p.more, 2)}},
				{overlay: map[string]string{declares: with(declares, 3)}},
				{overlay: map[string]string{declares: with(declares, 4), user: with(user, 5)}},
				{overlay: map[string]string{user: p.files[user], declares: with(declares, 6)}},
				{overlay: map[string]string{below + "b" + p.ext: fmt.Sprintf(p.user, "b")}},
				{overlay: map[string]string{user: with(user, 1)}},
			} {
				would := indextest.Files(t, p.files)
				overlay := map[string]*string{}
				for file, content := range step.overlay {
					overlay[file] = &content
					if err := os.WriteFile(filepath.Join(would, file), []byte(content), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				got, b := p.refs(t, e, overlay)
				if d := cmp.Diff(p.uses(t, would), got); d != "" {
					t.Errorf("step %d (-text +lanser)\n%s", i+1, d)
				}
				if pid := b.Local.PIDs[0]; step.same && pid != last {
					t.Errorf("step %d: another process answers what was asked just now", i+1)
				} else {
					last = pid
				}
			}
		})
	}
}

func TestAPatchIsCheckedBeforeItIsMade(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(
		t,
		map[string]string{
			"go.mod": "module ex.com/m\n\ngo 1.21\n",
			"a.go":   "package m\n\nfunc F() int { return 1 }\n",
			"b.go":   "package m\n\nvar B = F()\n",
		},
	)
	e := engine(t, dir)
	check := func(patch string) *bundle.Bundle {
		t.Helper()
		return do(t, e, api.Request{Op: "diag", Options: api.Options{Patch: patch}})
	}
	const breaks = "--- a/a.go\n+++ b/a.go\n@@ -1,3 +1,3 @@\n package m\n \n" +
		"-func F() int { return 1 }\n+func G() int { return 1 }\n"
	b := check(breaks)
	if len(b.Facts.Diagnostics) != 1 || b.Facts.Diagnostics[0].URI != "b.go" || b.Meta.ExitCode != 1 ||
		b.Evidence.State != bundle.Complete {
		t.Errorf("a patch that breaks a caller: %v, evidence %v", b.Facts.Diagnostics, b.Evidence)
	}
	b = check(breaks + "--- /dev/null\n+++ b/new.go\n@@ -0,0 +1,3 @@\n+package m\n+\n+func F() int { return G() }\n")
	if len(b.Facts.Diagnostics) != 0 || b.Meta.ExitCode != 0 || b.Evidence.State != bundle.Complete {
		t.Errorf("with a new file that mends it: %v, evidence %v", b.Facts.Diagnostics, b.Evidence)
	}
	b = check("--- a/b.go\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-package m\n-\n-var B = F()\n")
	if b.Meta.ExitCode != fault.Incomplete.Exit() ||
		!strings.Contains(strings.Join(b.Evidence.Reasons, " "), "b.go is on disk, and gopls still sees it") {
		t.Errorf("a deletion, which gopls cannot be shown: exit code %d, evidence %v", b.Meta.ExitCode, b.Evidence)
	}
	b = check("")
	if len(b.Facts.Diagnostics) != 0 || b.Snapshot.Overlaid != nil {
		t.Errorf("the disk afterwards: %v %v", b.Facts.Diagnostics, b.Snapshot)
	}
	for patch, want := range map[string]fault.Code{
		"no diff at all\n": fault.Usage,
		"--- a/a.go\n+++ b/a.go\n@@ -1,3 +1,3 @@\n package m\n \n-func H() int { return 1 }\n" +
			"+func G() int { return 1 }\n": fault.VersionSkew,
		"--- a/gone.go\n+++ b/gone.go\n@@ -1 +1 @@\n-x\n" +
			"+y\n": fault.VersionSkew,
		"--- /dev/null\n+++ b/../../outside.go\n@@ -0,0 +1 @@\n" +
			"+x\n": fault.Permissions,
	} {
		if _, err := e.Do(context.Background(), api.Request{Op: "diag", Options: api.Options{Patch: patch}}); !fault.Is(
			err,
			want,
		) {
			t.Errorf("%q: %v, want %s", patch, err, want)
		}
	}
	twice := "package m\n"
	twoNames := api.Options{Overlay: map[string]*string{"a.go": &twice, filepath.Join(dir, "a.go"): nil}}
	if _, err := e.Do(context.Background(), api.Request{Op: "diag", Options: twoNames}); !fault.Is(err, fault.Usage) {
		t.Errorf("an overlay with a file under two names: %v", err)
	}
	absolute := "package m\n\nfunc F() int { return 1 }\n\nfunc H() {}\n" // the patch is on top of it
	b, err := e.Do(
		context.Background(),
		api.Request{
			Op:      "diag",
			Options: api.Options{Overlay: map[string]*string{filepath.Join(dir, "a.go"): &absolute}, Patch: breaks},
		},
	)
	if err != nil || len(b.Facts.Diagnostics) != 1 || b.Facts.Diagnostics[0].URI != "b.go" {
		t.Errorf("a patch on top of an overlay: %v %v", b.Facts, err)
	}
	outside := "x"
	_, err = e.Do(context.Background(), api.Request{
		Op: "diag", Options: api.Options{Overlay: map[string]*string{"../x.go": &outside}},
	})
	if !fault.Is(err, fault.Permissions) {
		t.Errorf("an overlay outside the workspace: %v", err)
	}
}

// By default, a check with a patch reports the findings that the patch introduces and those that it fixes; with all,
// it reports every finding. Findings that were there before do not fail the check in either case.
func TestACheckWithAPatchReportsNewAndFixedFindings(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	e := engine(t, indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n",
		"lib.go": "package m\n\nfunc Size() int { return 1 }\n",
		"old.go": "package m\n\nvar Old int = \"was wrong before\"\n",
		"use.go": "package m\n\nvar Twice = 2 * Size()\n",
	}))
	const (
		breaks = "--- a/lib.go\n+++ b/lib.go\n@@ -3 +3 @@\n-func Size() int { return 1 }\n" +
			"+func Size(n int) int { return n }\n"
		mends = "--- a/old.go\n+++ b/old.go\n@@ -3 +3 @@\n-var Old int = \"was wrong before\"\n+var Old int = 1\n"
		moves = "--- a/old.go\n+++ b/old.go\n@@ -1,2 +1,3 @@\n package m\n+\n \n"
	)
	all, onlyNew := true, false
	for name, tt := range map[string]struct {
		options api.Options
		exit    int
		want    []string // the state of each finding
		absent  []string
		counts  bundle.Compared
	}{
		"it breaks a caller": {
			options: api.Options{Patch: breaks}, exit: 1, want: []string{"use.go new"},
			counts: bundle.Compared{New: 1, Unchanged: 1},
		},
		"the same, asked for": {
			options: api.Options{Patch: breaks, All: &onlyNew}, exit: 1, want: []string{"use.go new"},
			counts: bundle.Compared{New: 1, Unchanged: 1},
		},
		"it mends what was wrong": {
			options: api.Options{Patch: mends}, absent: []string{"old.go absent"}, counts: bundle.Compared{Absent: 1},
		},
		"it mends one and breaks another": {
			options: api.Options{Patch: mends + breaks}, exit: 1, want: []string{"use.go new"},
			absent: []string{"old.go absent"},
			counts: bundle.Compared{New: 1, Absent: 1},
		},
		"it moves what was wrong": {options: api.Options{Patch: moves}, counts: bundle.Compared{Unchanged: 1}},
		"all": {
			options: api.Options{Patch: breaks, All: &all}, exit: 1, want: []string{"old.go ", "use.go "},
		},
		"on top of an overlay that breaks another": {
			options: api.Options{Patch: mends, Overlay: map[string]*string{"use.go": ptr("package m\n" +
				"\nvar Twice = Sise()\n")}},
			absent: []string{"old.go absent"}, counts: bundle.Compared{Unchanged: 1, Absent: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := do(t, e, api.Request{Op: "diag", Options: tt.options})
			states := func(ds []bundle.Diagnostic) (out []string) {
				for _, d := range ds {
					out = append(out, d.URI+" "+d.BaselineState)
				}
				return out
			}
			if d := cmp.Diff(tt.want, states(b.Facts.Diagnostics)); d != "" {
				t.Errorf("findings, -want +got:\n%s", d)
			}
			if d := cmp.Diff(tt.absent, states(b.Facts.Absent)); d != "" {
				t.Errorf("gone, -want +got:\n%s", d)
			}
			var counts bundle.Compared
			if b.Facts.Compared != nil {
				counts = *b.Facts.Compared
			}
			if counts != tt.counts || b.Meta.ExitCode != tt.exit || b.Evidence.State != bundle.Complete {
				t.Errorf("%+v, exit code %d, evidence %v", counts, b.Meta.ExitCode, b.Evidence)
			}
		})
	}
}

func ptr(s string) *string { return &s }
