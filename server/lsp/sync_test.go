package lsp_test

import (
	"errors"
	"testing"

	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/lsp/lsptest"
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
