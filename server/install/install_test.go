package install_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
)

func program(t *testing.T, file string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestAProgramThatTheWorkspaceBringsIsNeverFound(t *testing.T) {
	workspace, user := indextest.Files(t, nil), indextest.Files(t, nil)
	d := install.Dirs{Data: indextest.Files(t, nil)}
	gopls := catalogue.Named("gopls")
	program(t, filepath.Join(workspace, "bin", "gopls"))
	if err := os.Symlink(filepath.Join(workspace, "bin", "gopls"), filepath.Join(user, "gopls")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(workspace)
	for _, path := range []string{filepath.Join(workspace, "bin"), "bin", ".", "", user} {
		t.Setenv("PATH", path)
		if f, err := install.Find(d, gopls, programs.For(workspace)); !fault.Is(err, fault.NoServer) {
			t.Errorf("PATH=%q: found %v, %v", path, f.Argv, err)
		}
	}
}

func TestThePinnedVersionComesBeforeTheUsersOwn(t *testing.T) {
	user, data := indextest.Files(t, nil), indextest.Files(t, nil)
	d := install.Dirs{Data: data}
	gopls := catalogue.Named("gopls")
	program(t, filepath.Join(user, "gopls"))
	t.Setenv("PATH", user)
	if f, err := install.Find(d, gopls, programs.For("/nowhere")); err != nil || f.Pinned ||
		f.Argv[0] != filepath.Join(user, "gopls") {
		t.Errorf("%+v, %v", f, err)
	}
	program(t, filepath.Join(d.Dir(gopls), "gopls"))
	if f, err := install.Find(d, gopls, programs.For("/nowhere")); err != nil || !f.Pinned ||
		f.Argv[0] != filepath.Join(d.Dir(gopls), "gopls") {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestNothingIsKeptInsideTheWorkspace(t *testing.T) {
	workspace := indextest.Files(t, nil)
	t.Setenv("XDG_DATA_HOME", filepath.Join(indextest.Files(t, nil), "data"))
	alias := filepath.Join(indextest.Files(t, nil), "alias")
	if err := os.Symlink(workspace, alias); err != nil {
		t.Fatal(err)
	}
	for _, cache := range []string{workspace, alias} {
		t.Setenv("XDG_CACHE_HOME", filepath.Join(cache, "not", "yet"))
		if d, err := install.UserDirs(workspace); !fault.Is(err, fault.Permissions) {
			t.Errorf("%s: %+v, %v", cache, d, err)
		}
	}
	t.Setenv("XDG_CACHE_HOME", filepath.Join(indextest.Files(t, nil), "cache"))
	if d, err := install.UserDirs(workspace); err != nil || !strings.HasSuffix(d.Cache, "lanser") {
		t.Errorf("%+v, %v", d, err)
	}
}
