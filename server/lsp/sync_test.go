package lsp_test

import (
	"errors"
	"fmt"
	"testing"

	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/lsp/lsptest"
	"lanser/server/project"
)

func TestTheServerHasTheViewsContentOfOpenDocuments(t *testing.T) {
	t.Parallel()
	s, v := started(t, lsptest.Echo, fake())
	if got := hover(t, s); got != document {
		t.Errorf("at first: %q", got)
	}
	v.files["a.go"] = "package other\n"
	sync := func(open ...string) {
		t.Helper()
		if err := s.Sync(t.Context(), v, open); err != nil {
			t.Fatal(err)
		}
	}
	sync("a.go")
	if got := hover(t, s); got != "package other\n" {
		t.Errorf("after a change: %q", got)
	}
	v.files["b.go"] = "package m\n"
	sync("b.go")
	if got := hover(t, s); got != "closed" {
		t.Errorf("when another document is needed: %q", got)
	}
	sync("a.go")
	delete(v.files, "a.go")
	sync()
	if got := hover(t, s); got != "closed" {
		t.Errorf("when the file is gone: %q", got)
	}
}

// A server that does not read changed files by itself has their new contents before the next question, in the ways
// that servers need.
func TestAServerIsLedToChangedFiles(t *testing.T) {
	edit := func(f map[string]string) { f["b.go"] = "new" }
	for name, tt := range map[string]struct {
		leads  catalogue.Leads
		change func(files map[string]string)
		want   string // of what the server remembers
		err    error
	}{
		"an edit": {catalogue.Leads{Opens: true}, edit, "a.go=package a;b.go=new;", nil},
		"an edit that is read when it is published": {
			catalogue.Leads{Opens: true, Publishes: true}, edit, "a.go=package a;b.go=new;", nil,
		},
		"a new file": {
			catalogue.Leads{Opens: true}, func(f map[string]string) { f["c.go"] = "c" }, "a.go=package a;c.go=c;", nil,
		},
		"edits of more files than are open at a time": {
			catalogue.Leads{Opens: true},
			func(f map[string]string) {
				for i := range 100 {
					f[fmt.Sprintf("n%02d.go", i)] = ""
				}
			},
			"a.go=package a;" + func() (all string) {
				for i := range 100 {
					all += fmt.Sprintf("n%02d.go=;", i)
				}
				return all
			}(),
			nil,
		},
		"a file that is gone": {
			catalogue.Leads{Opens: true, Text: "rust-analyzer/viewFileText"},
			func(f map[string]string) { delete(f, "a.go") }, "", nil,
		},
		"an edit, for a server that reloads": {
			catalogue.Leads{Reload: "reloadProjects"}, edit, "a.go=package a;", nil,
		},
		"a new file, for a server that reloads": {
			catalogue.Leads{Reload: "reloadProjects"},
			func(f map[string]string) { f["c.go"] = "c" },
			"a.go=package a;reloaded;", nil,
		},
		"a file that is gone, for a server that reloads": {
			catalogue.Leads{Reload: "reloadProjects"},
			func(f map[string]string) { delete(f, "b.go") },
			"a.go=package a;reloaded;", nil,
		},
		"a file of another kind than it is led to": {
			catalogue.Leads{Opens: true, Only: func(_ project.View, p string) bool { return p != "b.go" }},
			edit,
			"", lsp.ErrStale,
		},
		"a file that cannot be sent": {
			catalogue.Leads{Opens: true}, func(f map[string]string) { f["b.go"] = "\xff" }, "", lsp.ErrStale,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := fake()
			srv.Leads = &tt.leads
			s, v, err := start(t, t.Context(), lsptest.Remembers, srv)
			if err != nil {
				t.Fatal(err)
			}
			v.files["a.go"], v.files["b.go"] = "package a", "old"
			if err := s.Sync(t.Context(), v, []string{"a.go"}); err != nil {
				t.Fatal(err)
			}
			tt.change(v.files)
			if err := s.Sync(t.Context(), v, nil); !errors.Is(err, tt.err) {
				t.Fatalf("%v, want %v", err, tt.err)
			} else if err != nil {
				return
			}
			if got := hover(t, s); got != tt.want {
				t.Errorf("the server has %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAServerThatDoesNotNoticeAChangeIsStale(t *testing.T) {
	for name, tt := range map[string]struct {
		notices catalogue.Notices
		change  func(files map[string]string)
		want    error
	}{
		"an edit that it notices": {catalogue.NoticesEdits, func(f map[string]string) { f["a.go"] = "" }, nil},
		"an edit that it misses": {
			catalogue.NoticesNone, func(f map[string]string) { f["a.go"] = "" }, lsp.ErrStale,
		},
		"a new file that it notices": {catalogue.NoticesAll, func(f map[string]string) { f["b.go"] = "" }, nil},
		"a new file that it misses": {
			catalogue.NoticesEdits, func(f map[string]string) { f["b.go"] = "" }, lsp.ErrStale,
		},
		"a new file, where it misses removals": {
			catalogue.NoticesButRemovals, func(f map[string]string) { f["b.go"] = "" }, nil,
		},
		"a removal that alone it misses": {
			catalogue.NoticesButRemovals, func(f map[string]string) { delete(f, "a.go") }, lsp.ErrStale,
		},
		"a removal that it misses": {
			catalogue.NoticesEdits, func(f map[string]string) { delete(f, "a.go") }, lsp.ErrStale,
		},
		"a configuration file": {
			catalogue.NoticesAll, func(f map[string]string) { f["go.mod"] = "" }, lsp.ErrStale,
		},
		"a file that it does not serve": {catalogue.NoticesNone, func(f map[string]string) { f["README"] = "" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := fake()
			srv.Notices = tt.notices
			s, v := started(t, lsptest.Good, srv)
			tt.change(v.files)
			if err := s.Sync(t.Context(), v, nil); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}
