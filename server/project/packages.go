package project

import (
	"path"
	"slices"
	"strings"
)

// packageMark is a file by which a package manager marks a folder whose content it has written.
type packageMark struct {
	mark   string // path of the file, relative to the folder
	needed string // base name of a file that must lie next to the folder; "" for none
	above  bool   // needed may also lie in a folder further above
	reason string
}

// packageMarks are the folders of packages that are not code of the project, whatever their language is.
var packageMarks = []packageMark{
	{mark: "modules.txt", needed: "go.mod", reason: "'go mod vendor' or 'go work vendor' has copied them"},
	{mark: "modules.txt", needed: "go.work", reason: "'go mod vendor' or 'go work vendor' has copied them"},
	{mark: "pyvenv.cfg", reason: "they are in a virtual environment"},
	{mark: ".cargo-checksum.json", needed: "Cargo.toml", above: true, reason: "'cargo vendor' has copied them"},
	{mark: "composer/installed.json", needed: "composer.json", reason: "Composer has installed them"},
	{mark: "CMakeCache.txt", reason: writtenByBuild},
	{mark: "CACHEDIR.TAG", reason: writtenByBuild},
}

// packageNames are the names of such folders that need no mark. CMake calls files of its own compiler_depend.ts.
var packageNames = map[string]string{"node_modules": "they are in node_modules", "CMakeFiles": writtenByBuild}

const writtenByBuild = "a build tool has written them"

// NotOwnCode returns a function of a file: why it is no code of the project, as a package manager or a build tool has
// put it into the workspace; "" for code of the project. What a build writes may be compiled all the same: a
// compilation database says so.
func NotOwnCode(v View) func(file string) string {
	folders := map[string]string{}
	for _, p := range v.Paths() {
		for _, m := range packageMarks {
			dir, ok := strings.CutSuffix("./"+p, "/"+m.mark)
			if !ok || dir == "." {
				continue
			}
			dir = path.Clean(dir)
			if m.marks(v, dir) {
				folders[dir] = m.reason
			}
		}
	}
	return func(file string) string {
		for folder := range strings.SplitSeq(path.Dir(file), "/") {
			if reason := packageNames[folder]; reason != "" {
				return reason
			}
		}
		dir, ok := NearestAbove(folders, file)
		if !ok {
			return ""
		}
		return folders[dir]
	}
}

// WrittenByYarn returns why a file is no code of the project, as Yarn has put itself, its plugins or its map of
// packages there; "" for any other file.
func WrittenByYarn(file string) string {
	base := path.Base(file)
	isIn := slices.Contains(strings.Split(path.Dir(file), "/"), ".yarn")
	if isIn || base == ".pnp.cjs" || base == ".pnp.loader.mjs" {
		return "Yarn has written them"
	}
	return ""
}

// marks reports whether a folder that has the mark is one of packages.
func (m *packageMark) marks(v View, dir string) bool {
	if m.needed == "" {
		return true
	}
	for dir != "." {
		dir = path.Dir(dir)
		if Has(v, path.Join(dir, m.needed)) {
			return true
		}
		if !m.above {
			return false
		}
	}
	return false
}
