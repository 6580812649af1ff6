package dangers

import (
	"encoding/json"
	"path"
	"path/filepath"
	"strings"

	"lanser/server/cbuild"
)

// Elsewhere is a file or folder outside of the workspace that a server reads because of a file
// of the workspace: headers that a compilation database names, or a package that is linked into
// node_modules. A confined server may not read it unless the user allows that.
type Elsewhere struct {
	Path string // absolute
	By   string // the file or link of the workspace, relative to it
}

// FoldersWith returns the folders of the files of the workspace for which keep is true, and all
// folders above them.
func FoldersWith(d Disk, keep func(p string) bool) (out []string) {
	seen := map[string]bool{}
	for _, p := range d.Paths() {
		if !keep(p) {
			continue
		}
		for dir := path.Dir(p); !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			out = append(out, dir)
		}
	}
	return out
}

// includes are the flags of compilers that name a folder or file to read, in the same argument
// or the next.
var includes = []string{
	"-isystem", "-iquote", "-idirafter", "-include", "-imacros", "--sysroot=", "--sysroot", "-isysroot", "-F", "-I",
}

// Compiled returns what compilation databases name.
func Compiled(d Disk) (out []Elsewhere) {
	for _, dir := range FoldersWith(d, func(p string) bool { return cbuild.Language(p) != "" }) {
		for _, place := range cbuild.DatabasePlaces {
			p := path.Join(dir, place)
			raw, err := d.Read(p)
			var entries []struct {
				Directory, Command string
				Arguments          []string
			}
			if err != nil || json.Unmarshal(raw, &entries) != nil {
				continue
			}
			for _, e := range entries {
				for _, file := range named(append(strings.Fields(e.Command), e.Arguments...)) {
					if !filepath.IsAbs(file) {
						file = filepath.Join(e.Directory, file)
					}
					if filepath.IsAbs(file) {
						out = append(out, Elsewhere{Path: filepath.Clean(file), By: p})
					}
				}
			}
		}
	}
	return out
}

// named returns the files and folders that the arguments of a compiler name.
func named(args []string) (out []string) {
	for i, a := range args {
		for _, flag := range includes {
			value, ok := strings.CutPrefix(a, flag)
			if !ok {
				continue
			}
			if value == "" && i+1 < len(args) {
				value = args[i+1]
			}
			value = strings.Trim(value, `"'`)
			if value != "" {
				out = append(out, value)
			}
			break
		}
	}
	return out
}

// maxLinks bounds the links of a workspace that are returned.
const maxLinks = 1000

// Linked returns the packages that are linked into node_modules, by npm link and by
// dependencies of the form file:.
func Linked(d Disk) (out []Elsewhere) {
	add := func(dir string) {
		for _, name := range d.Links(dir) {
			if len(out) < maxLinks {
				out = append(out, Elsewhere{Path: d.Real(path.Join(dir, name)), By: path.Join(dir, name)})
			}
		}
	}
	for _, dir := range append(FoldersWith(d, func(p string) bool { return path.Base(p) == "package.json" }), ".") {
		modules := path.Join(dir, "node_modules")
		add(modules)
		for _, scope := range d.List(modules) {
			if strings.HasPrefix(scope, "@") {
				add(path.Join(modules, scope))
			}
		}
	}
	return out
}

// Installed returns the packages of a workspace's own Python environment that lie
// outside of it: editable installations (.pth files) and links.
func Installed(d Disk) (out []Elsewhere) {
	for _, env := range []string{".venv", "venv"} {
		for _, version := range d.List(path.Join(env, "lib")) {
			site := path.Join(env, "lib", version, "site-packages")
			for _, name := range d.Links(site) {
				if len(out) < maxLinks {
					out = append(out, Elsewhere{Path: d.Real(path.Join(site, name)), By: path.Join(site, name)})
				}
			}
			for _, name := range d.List(site) {
				if path.Ext(name) != ".pth" {
					continue
				}
				raw, _ := d.Read(path.Join(site, name)) // one that cannot be read names nothing
				for line := range strings.Lines(string(raw)) {
					line = strings.TrimSpace(line)
					if filepath.IsAbs(line) {
						out = append(out, Elsewhere{Path: filepath.Clean(line), By: path.Join(site, name)})
					}
				}
			}
		}
	}
	return out
}
