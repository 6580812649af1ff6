package toolchain

import (
	"os"
	"path/filepath"
	"testing"

	"lanser/index/beneath"
	"lanser/index/indextest"
)

// A server can write its cache folder: nothing that it leaves there leads a write of lanser to files of the user.
func TestFilesOfAServersCacheAreWrittenBelowIt(t *testing.T) {
	files := map[string]string{"d/a": "content", "d/b": "a"}
	for name, tt := range map[string]struct {
		leave   func(t *testing.T, cache, user string)
		written bool
	}{
		"nothing": {func(*testing.T, string, string) {}, true},
		"files of another content": {func(t *testing.T, cache, _ string) {
			indextest.Write(t, cache, "d/a", "other")
			indextest.Write(t, cache, "d/b", "longer than it was")
		}, true},
		"a link to the user's file": {func(t *testing.T, cache, user string) {
			mkdir(t, filepath.Join(cache, "d"))
			symlink(t, filepath.Join(user, "a"), filepath.Join(cache, "d", "a"))
		}, true},
		"a link to the user's folder": {func(t *testing.T, cache, user string) {
			symlink(t, user, filepath.Join(cache, "d"))
		}, false},
		"a file in place of the folder": {func(t *testing.T, cache, _ string) {
			indextest.Write(t, cache, "d", "")
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			cache, user := indextest.Files(t, nil), indextest.Files(t, map[string]string{"a": "mine\n"})
			tt.leave(t, cache, user)
			before := indextest.TreeHash(t, user)
			for range 2 {
				writeBelow(cache, files)
			}
			if indextest.TreeHash(t, user) != before {
				t.Error("files of the user have changed")
			}
			for p, want := range files {
				got, err := beneath.ReadIn(cache, p, 100)
				if tt.written && (err != nil || string(got) != want) {
					t.Errorf("%s: %q, %v", p, got, err)
				}
			}
			if entries, err := os.ReadDir(filepath.Join(cache, "d")); tt.written && (err != nil || len(entries) != 2) {
				t.Errorf("%v, %v", entries, err)
			}
		})
	}
	writeBelow(filepath.Join(t.TempDir(), "absent"), files) // is no error
}
