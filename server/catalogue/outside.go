package catalogue

import (
	"encoding/json"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Elsewhere is a file or folder outside the workspace that a file of the workspace has a
// server read: headers that a compilation database names, a package that is linked into
// node_modules. A confined server may not read it, unless the user allows that.
type Elsewhere struct {
	Path string // absolute
	By   string // the file or link of the workspace, relative to it
}

// Elsewhere lists what files of the workspace have the server read outside of it, by path.
func (s *Server) Elsewhere(d Disk) []Elsewhere {
	var out []Elsewhere
	switch {
	case s.Database != nil:
		out = compiledElsewhere(s, d)
	case s.Packages == PackagesNode:
		out = linkedPackages(d)
	case s.Packages == PackagesPython:
		out = installedElsewhere(d)
	}
	slices.SortFunc(out, func(a, b Elsewhere) int { return strings.Compare(a.Path+"\x00"+a.By, b.Path+"\x00"+b.By) })
	return slices.Compact(out)
}

// foldersWith are the folders of the workspace with files that keep chooses, and those above
// them.
func foldersWith(d Disk, keep func(p string) bool) (out []string) {
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

// includes are the flags of compilers that name a folder or file to read, in the same word or
// the next.
var includes = []string{"-isystem", "-iquote", "-idirafter", "-include", "-imacros", "--sysroot=", "--sysroot", "-isysroot", "-F", "-I"}

func compiledElsewhere(s *Server, d Disk) (out []Elsewhere) {
	for _, dir := range foldersWith(d, func(p string) bool { return s.LanguageID(p) != "" }) {
		for _, place := range s.Database {
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
				for _, named := range named(append(strings.Fields(e.Command), e.Arguments...)) {
					if !filepath.IsAbs(named) {
						named = filepath.Join(e.Directory, named)
					}
					if filepath.IsAbs(named) {
						out = append(out, Elsewhere{Path: filepath.Clean(named), By: p})
					}
				}
			}
		}
	}
	return out
}

// named are the files and folders that the flags of a compiler name.
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

// maxLinks bounds the links of a workspace that are looked at.
const maxLinks = 1000

// linkedPackages are packages that npm link and file: dependencies have linked into
// node_modules.
func linkedPackages(d Disk) (out []Elsewhere) {
	add := func(dir string) {
		for _, name := range d.Links(dir) {
			if len(out) < maxLinks {
				out = append(out, Elsewhere{Path: d.Real(path.Join(dir, name)), By: path.Join(dir, name)})
			}
		}
	}
	for _, dir := range append(foldersWith(d, func(p string) bool { return path.Base(p) == "package.json" }), ".") {
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

// installedElsewhere are the packages of a workspace's own environment that lie elsewhere:
// editable installations (site's .pth files) and links.
func installedElsewhere(d Disk) (out []Elsewhere) {
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
