package catalogue

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

// packageMarks are the folders of packages that are not code of the project, whatever their language is. The
// folder node_modules needs no mark.
var packageMarks = []packageMark{
	{mark: "modules.txt", needed: "go.mod", reason: "'go mod vendor' or 'go work vendor' has copied them"},
	{mark: "modules.txt", needed: "go.work", reason: "'go mod vendor' or 'go work vendor' has copied them"},
	{mark: "pyvenv.cfg", reason: "they are in a virtual environment"},
	{mark: ".cargo-checksum.json", needed: "Cargo.toml", above: true, reason: "'cargo vendor' has copied them"},
	{mark: "composer/installed.json", needed: "composer.json", reason: "Composer has installed them"},
}

// InstalledPackages returns a function of a file: why it is part of a package that a package manager has put into
// the workspace, "" if it is not.
func InstalledPackages(v View) func(file string) string {
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
		if slices.Contains(strings.Split(path.Dir(file), "/"), "node_modules") {
			return "they are in node_modules"
		}
		dir, ok := NearestAbove(folders, file)
		if !ok {
			return ""
		}
		return folders[dir]
	}
}

// marks reports whether a folder that has the mark is one of packages.
func (m *packageMark) marks(v View, dir string) bool {
	if m.needed == "" {
		return true
	}
	for dir != "." {
		dir = path.Dir(dir)
		if has(v, path.Join(dir, m.needed)) {
			return true
		}
		if !m.above {
			return false
		}
	}
	return false
}
