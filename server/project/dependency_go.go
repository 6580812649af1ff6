package project

import (
	"path"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"lanser/selectors/lazyregexp"
)

// brokenImport is gopls's message for an import that it cannot load. The reason in it is the same for
// every import.
var brokenImport = lazyregexp.New(`^could not import (\S+) \(`)

// brokenModule is its message for an import of a module that is there and needs one that is not: the
// module cache is read-only to gopls.
var brokenModule = lazyregexp.New(
	`^error while importing (\S+): open \S*cache/download/(\S+)/@v/(\S+)\.lock: `,
)

// unloadedModule matches gopls's message, in go.mod, that the go command loads no package at all, because it has to
// read the go.mod of a module that is not downloaded.
var unloadedModule = lazyregexp.New(`(?s)^packages\.Load error: .*?(\S+)@(\S+): module lookup disabled by GOPROXY=off`)

// wrongSum and malformedSum match its messages, in go.mod, that the go command loads no package at all because of
// go.sum.
var (
	wrongSum = lazyregexp.New(`(?s)^packages\.Load error: .*?verifying (\S+)@(\S+?)(/go\.mod)?: checksum mismatch` +
		`\s+downloaded:\s+(\S+)\s+go\.sum:\s+(\S+)`)
	malformedSum = lazyregexp.New(`(?s)^packages\.Load error: .*?malformed go\.sum:\s+\S*go\.sum:(\d+): ([^\n]*)`)
)

// What gopls reports in files that import a missing module. A failed import has the last element of its path for a
// name, which is v2 in the path of a second version (go/types). followsGloballyInGo are the findings that a type of a
// missing module, embedded in one of the workspace, leads to wherever that is used.
var (
	FollowsInGo         = []string{"UnusedImport"}
	FollowsByNameInGo   = []string{"UndeclaredName", "DuplicateDecl"}
	FollowsGloballyInGo = []string{"MissingFieldOrMethod", "InvalidIfaceAssign", "ImpossibleAssert"}
)

// GoDependency is [catalogue.Server.dependency] of gopls: a module that go.mod requires. An import that no
// required module provides is an error on every machine.
func GoDependency(v View, file, code, message string) *Dependency {
	if d := refusedSum(v, file, message); d != nil {
		return d
	}
	if m := unloadedModule.FindStringSubmatch(message); m != nil && path.Base(file) == "go.mod" {
		return unloadingModule(v, file, module.Version{Path: m[1], Version: m[2]})
	}
	m, needed := brokenImport.FindStringSubmatch(message), brokenModule.FindStringSubmatch(message)
	pkg := ""
	switch {
	case code == "BrokenImport" && m != nil:
		pkg = m[1]
	case code == "" && needed != nil:
		pkg = unescapedModule(needed[2])
	default:
		return nil
	}
	dir := GoModule(v, file)
	mod, err := modfile.Parse("go.mod", ContentOf(v, path.Join(dir, "go.mod")), nil)
	if err != nil || mod.Module != nil && isBelow(mod.Module.Mod.Path, pkg) {
		return nil
	}
	required := longestRequired(mod, pkg)
	if required == nil {
		return nil
	}
	d := &Dependency{
		File: path.Join(dir, "go.mod"), Line: required.Syntax.Start.Line - 1, Import: pkg, Global: true,
	}
	return describeModule(v, d, mod, dir, required.Mod)
}

// refusedSum returns what a finding in go.mod says about a go.sum because of which nothing is loaded; nil for any other
// finding.
func refusedSum(v View, file, message string) *Dependency {
	sums := path.Join(path.Dir(file), "go.sum")
	if path.Base(file) != "go.mod" || !Has(v, sums) {
		return nil
	}
	d := &Dependency{File: sums, Unloads: true, Broken: true}
	if m := malformedSum.FindStringSubmatch(message); m != nil {
		line, _ := strconv.Atoi(m[1])
		d.Line, d.Missing = max(line-1, 0), "go.sum cannot be read: "+strings.TrimSpace(m[2])
		d.Fix = "correct the line, or remove it and run '" + inFolder(path.Dir(file), "go mod tidy") + "'"
		return d
	}
	m := wrongSum.FindStringSubmatch(message)
	if m == nil {
		return nil
	}
	name := m[1] + " " + m[2] + m[3]
	for i, line := range strings.Split(string(ContentOf(v, sums)), "\n") {
		if strings.HasPrefix(line, name+" ") {
			d.Line = i
			break
		}
	}
	d.Import = m[1]
	d.Missing = "the checksum of " + name + " is " + m[4] + ", and not the one that go.sum has"
	d.Fix = "find out who changed the module; if go.sum is wrong, remove the line and run '" +
		inFolder(path.Dir(file), "go mod tidy") + "'"
	return d
}

// unloadingModule returns the dependency without which nothing of the module with a go.mod is loaded. The go.mod may
// require it itself, or through others.
func unloadingModule(v View, file string, missing module.Version) *Dependency {
	mod, err := modfile.Parse("go.mod", ContentOf(v, file), nil)
	if err != nil {
		return nil
	}
	d := &Dependency{File: file, Import: missing.Path, Unloads: true}
	for _, r := range mod.Require {
		if r.Mod.Path == missing.Path {
			d.Line = r.Syntax.Start.Line - 1
		}
	}
	return describeModule(v, d, mod, path.Dir(file), missing)
}

// unescapedModule returns the path of a module by its name in the module cache; "" if it is none.
func unescapedModule(escaped string) string {
	p, err := module.UnescapePath(escaped)
	if err != nil {
		return ""
	}
	return p
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
	d.Name = m.Path
	for _, r := range mod.Replace {
		if r.Old.Path != m.Path || r.Old.Version != "" && r.Old.Version != m.Version {
			continue
		}
		if r.New.Version == "" { // a folder
			place := r.New.Path
			if !path.IsAbs(place) {
				place = path.Join(dir, place)
			}
			folder := "the folder " + r.New.Path + ", which go.mod uses for the module " + m.Path + ", "
			hidden := *d
			hidden.Missing, hidden.Fix = folder+outOfReach, readFix
			d.Places, d.Hidden = []Place{{Path: place}}, &hidden
			d.Missing = folder + "does not exist"
			d.Fix = "put a copy of the module there, or remove the replace directive"
			d.Broken = true
			return d
		}
		at = r.New
	}
	if Has(v, path.Join(dir, "vendor/modules.txt")) {
		d.Places = []Place{{Path: path.Join(dir, "vendor", m.Path)}}
		d.Missing, d.Fix = "the module "+m.Path+" is not in the folder vendor", inFolder(dir, "go mod vendor")
		d.FixApart = apartFromWork(v, dir, "go mod vendor")
		return d
	}
	if lacksSum(v, dir, at) {
		d.Name, d.Broken = at.String(), true
		d.Missing, d.Fix = "go.sum has no checksum of the module "+d.Name, inFolder(dir, "go mod tidy")
		return d
	}
	escaped, pathErr := module.EscapePath(at.Path)
	version, versionErr := module.EscapeVersion(at.Version)
	if pathErr != nil || versionErr != nil {
		return nil
	}
	d.Places = []Place{{Scheme: "gomod", Path: escaped + "@" + version}}
	d.Name = at.String()
	d.Missing, d.Fix = "the module "+d.Name+" is not downloaded", inFolder(dir, "go mod download")
	d.FixApart = apartFromWork(v, dir, "go mod download")
	return d
}

// apartFromWork returns a command in the folder of a module that a go.work further up does not use, "" for any other
// module. The go command is about the modules that go.work uses, wherever it runs.
func apartFromWork(v View, dir, command string) string {
	used, _ := GoWork(v)
	if used[dir] {
		return ""
	}
	for above := dir; ; above = path.Dir(above) {
		if Has(v, path.Join(above, "go.work")) {
			return inFolder(dir, "GOWORK=off "+command)
		}
		if above == "." {
			return ""
		}
	}
}

// GoOutside is [catalogue.Server.outside] of gopls: the modules that files go.work use and that lie outside of the
// workspace.
func GoOutside(v View) (out []*Dependency) {
	for _, f := range v.Paths() {
		if path.Base(f) != "go.work" {
			continue
		}
		work, err := modfile.ParseWork(f, ContentOf(v, f), nil)
		if err != nil {
			continue // a finding of the server
		}
		for _, u := range work.Use {
			place := u.Path
			if !path.IsAbs(place) {
				place = path.Join(path.Dir(f), place)
			}
			if path.IsAbs(place) || place == ".." || strings.HasPrefix(place, "../") {
				out = append(out, &Dependency{
					File: f, Line: u.Syntax.Start.Line - 1, Places: []Place{{Path: place}},
					Missing: "the folder " + u.Path + ", which go.work uses, " + outOfReach, Fix: readFix,
				})
			}
		}
	}
	return out
}

// What is wrong with a folder outside of the workspace, and what helps.
const (
	outOfReach = "lies outside of the workspace, where servers may not read"
	readFix    = "name it in LANSER_READ, or check a workspace that contains both"
)

// lacksSum reports whether no go.sum that the go command reads for a module has the checksum of another one, in any
// version. The go command refuses every package of such a module, unless GOFLAGS has it complete the file.
func lacksSum(v View, dir string, m module.Version) bool {
	if hasGoFlag("-mod=mod") {
		return false
	}
	inWorkspace := len(FoldersNamed(v, "go.work")) > 0
	for _, p := range v.Paths() {
		isRead := path.Dir(p) == dir || inWorkspace
		if base := path.Base(p); !isRead || base != "go.sum" && base != "go.work.sum" {
			continue
		}
		for line := range strings.Lines(string(ContentOf(v, p))) {
			fields := strings.Fields(line)
			if len(fields) == 3 && fields[0] == m.Path && !strings.HasSuffix(fields[1], "/go.mod") {
				return false
			}
		}
	}
	return true
}
