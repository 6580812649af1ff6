package server

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.lsp.dev/uri"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/install"
	"lanser/server/trace"
)

// A language server may name any file of the machine. Text is only shown of files in the workspace and in named
// roots.
func TestNoTextIsShownOfFilesOutsideOfNamedRoots(t *testing.T) {
	other := indextest.Files(t, map[string]string{"id_rsa": "secret\n"})
	named := indextest.Files(t, map[string]string{"lib.go": "package lib\n"})
	root := indextest.Files(
		t,
		map[string]string{"a.go": "package a\n", ".gitignore": "ignored.go\n", "ignored.go": "package ignored\n"},
	)
	if err := os.Symlink(filepath.Join(other, "id_rsa"), filepath.Join(root, "link.go")); err != nil {
		t.Fatal(err)
	}
	w, err := index.Open(root, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	s, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(Config{}, w, install.Dirs{}, trace.Off, "")
	a := &answer{
		question: &question{snap: s},
		roots:    bundle.NewRoots(bundle.Root{Dir: root}, bundle.Root{Scheme: "goroot", Dir: named}),
		b:        api.Request{}.Bundle(root, ""),
	}
	for file, want := range map[string]string{
		filepath.Join(root, "a.go"): "package a", filepath.Join(root, "ignored.go"): "package ignored",
		filepath.Join(named, "lib.go"): "package lib",
		filepath.Join(other, "id_rsa"): "", filepath.Join(root, "link.go"): "", "/etc/passwd": "",
		"/proc/self/environ": "", filepath.Join(named, "..", filepath.Base(other), "id_rsa"): "",
	} {
		p := e.document(a, string(uri.File(file)))
		if got := p.line(); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

// stuck is a log behind which the machine does not answer any more.
type stuck struct {
	trace.Log
	asked chan struct{}
	never chan struct{}
}

func (s stuck) Ask(string, func() ([]byte, error)) ([]byte, error) {
	close(s.asked)
	<-s.never
	return nil, nil
}

func (s stuck) Within(ctx context.Context, d time.Duration, name string) (context.Context, context.CancelFunc) {
	return s.Log.Within(ctx, d, name)
}

func TestARequestEndsEvenIfTheFileSystemHangs(t *testing.T) {
	late := lateAnswer
	lateAnswer = 0
	defer func() { lateAnswer = late }()
	s := stuck{trace.Off, make(chan struct{}), make(chan struct{})}
	w, err := index.Open(
		indextest.Files(t, map[string]string{"a.go": "package a\n\nfunc F() {}\n"}),
		index.Options{World: s},
	)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	e := newEngine(Config{}, w, install.Dirs{}, trace.Off, "")
	defer close(s.never)
	b, err := e.Do(
		t.Context(),
		api.Request{
			Op:      "symbols",
			Paths:   []string{"gone.go"},
			Options: api.Options{Timeout: api.Duration(50 * time.Millisecond)},
		},
	)
	<-s.asked
	if !fault.Is(err, fault.Timeout) || b.Status != "error" {
		t.Errorf("%v, %+v", err, b)
	}
}
