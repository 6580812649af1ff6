package project_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/project"
	"lanser/server/project/projecttest"
)

func TestFilesOfPackageManagersAndBuildsAreNotCodeOfTheProject(t *testing.T) {
	files := projecttest.Files{
		"go.mod": "", "a.go": "", "vendor/modules.txt": "", "vendor/v/ci.sh": "", "sub/vendor/modules.txt": "",
		"sub/vendor/a.sh": "", "work/go.work": "", "work/vendor/modules.txt": "", "work/vendor/a.c": "",
		"env/pyvenv.cfg": "", "env/bin/activate.sh": "", "web/node_modules/x/install.sh": "", "web/node_modules.sh": "",
		"rs/Cargo.toml": "", "rs/third/serde/.cargo-checksum.json": "", "rs/third/serde/build.rs": "",
		"rs/third/own.rs": "", "crates/serde/Cargo.toml": "", "crates/serde/.cargo-checksum.json": "",
		"php/composer.json": "", "php/vendor/composer/installed.json": "", "php/vendor/x/a.php": "",
		"old/vendor/composer/installed.json": "", "old/vendor/x/a.php": "", "modules.txt": "", "vendored/a.sh": "",
		"out/CMakeCache.txt": "", "out/_deps/gtest/gen.py": "", "src/CMakeFiles/a.dir/compiler_depend.ts": "",
		"target/CACHEDIR.TAG": "", "target/debug/out/bindings.rs": "", "CACHEDIR.TAG": "", "CMakeCache.txt": "",
	}
	packages := project.NotOwnCode(files)
	got := map[string]string{}
	for _, p := range files.Paths() {
		if reason := packages(p); reason != "" {
			got[p] = reason
		}
	}
	const built = "a build tool has written them"
	const vendored = "'go mod vendor' or 'go work vendor' has copied them"
	want := map[string]string{
		"vendor/modules.txt": vendored, "vendor/v/ci.sh": vendored,
		"work/vendor/modules.txt": vendored, "work/vendor/a.c": vendored,
		"env/pyvenv.cfg":                          "they are in a virtual environment",
		"env/bin/activate.sh":                     "they are in a virtual environment",
		"web/node_modules/x/install.sh":           "they are in node_modules",
		"rs/third/serde/.cargo-checksum.json":     "'cargo vendor' has copied them",
		"rs/third/serde/build.rs":                 "'cargo vendor' has copied them",
		"php/vendor/composer/installed.json":      "Composer has installed them",
		"php/vendor/x/a.php":                      "Composer has installed them",
		"out/CMakeCache.txt":                      built,
		"out/_deps/gtest/gen.py":                  built,
		"src/CMakeFiles/a.dir/compiler_depend.ts": built,
		"target/CACHEDIR.TAG":                     built, "target/debug/out/bindings.rs": built,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestFilesThatYarnHasWrittenAreNotCodeOfTheProject(t *testing.T) {
	for file, isOfYarn := range map[string]bool{
		".yarn/releases/yarn-4.0.2.cjs": true, "web/.yarn/plugins/a.cjs": true, ".pnp.cjs": true,
		".pnp.loader.mjs": true,
		"yarn/a.cjs":      false, "pnp.cjs": false, ".yarnrc.yml": false,
	} {
		if got := project.WrittenByYarn(file); (got != "") != isOfYarn {
			t.Errorf("%s: %q", file, got)
		}
	}
}
