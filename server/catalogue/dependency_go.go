package catalogue

import (
	"path"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"lanser/selectors/lazyregexp"
)

// brokenImport is gopls's message for an import that it cannot load. The reason in it is the same for
// every import.
var brokenImport = lazyregexp.New(`^could not import (\S+) \(`)

// goDependency is [Server.dependency] of gopls: a module that go.mod requires. An import that no
// required module provides is an error on every machine.
func goDependency(v View, file, code, message string) *Dependency {
	m := brokenImport.FindStringSubmatch(message)
	if code != "BrokenImport" || m == nil {
		return nil
	}
	dir := goModule(v, file)
	mod, err := modfile.Parse("go.mod", contentOf(v, path.Join(dir, "go.mod")), nil)
	if err != nil || mod.Module != nil && isBelow(mod.Module.Mod.Path, m[1]) {
		return nil
	}
	required := longestRequired(mod, m[1])
	if required == nil {
		return nil
	}
	d := &Dependency{File: path.Join(dir, "go.mod"), Line: required.Syntax.Start.Line - 1}
	return describeModule(v, d, mod, dir, required.Mod)
}

// longestRequired returns the requirement of the module that would have a package; nil for none.
func longestRequired(mod *modfile.File, pkg string) (found *modfile.Require) {
	for _, r := range mod.Require {
		if isBelow(r.Mod.Path, pkg) && (found == nil || len(r.Mod.Path) > len(found.Mod.Path)) {
			found = r
		}
	}
	return found
}

// isBelow reports whether a package is in a module, by their paths.
func isBelow(module, pkg string) bool { return pkg == module || strings.HasPrefix(pkg, module+"/") }

// describeModule completes the description of a module: where it would be, and how it gets there.
func describeModule(v View, d *Dependency, mod *modfile.File, dir string, m module.Version) *Dependency {
	at := m
	for _, r := range mod.Replace {
		if r.Old.Path != m.Path || r.Old.Version != "" && r.Old.Version != m.Version {
			continue
		}
		if r.New.Version == "" { // a folder
			place := r.New.Path
			if !path.IsAbs(place) {
				place = path.Join(dir, place)
			}
			d.Places = []Place{{Path: place}}
			d.Missing = "the folder " + r.New.Path + ", which go.mod uses for the module " + m.Path + ", does not exist"
			d.Fix = "put a copy of the module there, or remove the replace directive"
			return d
		}
		at = r.New
	}
	if has(v, path.Join(dir, "vendor/modules.txt")) {
		d.Places = []Place{{Path: path.Join(dir, "vendor", m.Path)}}
		d.Missing, d.Fix = "the module "+m.Path+" is not in the folder vendor", inFolder(dir, "go mod vendor")
		return d
	}
	escaped, pathErr := module.EscapePath(at.Path)
	version, versionErr := module.EscapeVersion(at.Version)
	if pathErr != nil || versionErr != nil {
		return nil
	}
	d.Places = []Place{{Scheme: "gomod", Path: escaped + "@" + version}}
	d.Missing, d.Fix = "the module "+at.String()+" is not downloaded", inFolder(dir, "go mod download")
	return d
}
