package project

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"

	"github.com/tailscale/hujson"
	"go.yaml.in/yaml/v3"

	"lanser/selectors/text"
)

// LockFile is a kind of lock file of a package manager of JavaScript.
type LockFile struct {
	Name, Manager string
	Read          func(raw []byte, pkg string) Locked
}

// Locked returns the version of one package for the package.json of a folder, relative to that of the
// lock file, which requires the package in the wanted range; "" if the lock file has none.
type Locked func(dir, wanted string) string

// LockFiles are the lock files that are read. bun.lockb, which is binary, is not.
var LockFiles = []LockFile{
	{Name: "npm-shrinkwrap.json", Manager: "npm", Read: readPackageLock},
	{Name: "package-lock.json", Manager: "npm", Read: readPackageLock},
	{Name: "pnpm-lock.yaml", Manager: "pnpm", Read: readPnpmLock},
	{Name: "yarn.lock", Manager: "yarn", Read: readYarnLock},
	{Name: "bun.lock", Manager: "bun", Read: readBunLock},
}

// noneLocked is [locked] of a file that cannot be read.
func noneLocked(string, string) string { return "" }

// upward calls version for a folder and for each folder above it until it returns one.
func upward(dir string, version func(dir string) string) string {
	for ; ; dir = path.Dir(dir) {
		if v := version(dir); v != "" || dir == "." {
			return v
		}
	}
}

// readPackageLock reads a lock file of npm. Since lockfileVersion 2 it has the folders of all packages
// (npm docs, package-lock.json); before, only what the root requires is looked up.
func readPackageLock(raw []byte, pkg string) Locked {
	type entry struct{ Version string }
	var lock struct {
		Packages     map[string]entry
		Dependencies map[string]entry
	}
	if json.Unmarshal(raw, &lock) != nil {
		return noneLocked
	}
	versions := map[string]string{}
	for at, p := range lock.Packages {
		if strings.HasSuffix("/"+at, "/node_modules/"+pkg) {
			versions[at] = p.Version
		}
	}
	old := lock.Dependencies[pkg].Version
	return func(dir, _ string) string {
		v := upward(dir, func(d string) string { return versions[path.Join(d, "node_modules", pkg)] })
		if v == "" && lock.Packages == nil {
			return old
		}
		return v
	}
}

// readPnpmLock reads a lock file of pnpm. It has the dependencies of each package.json of the workspace
// below importers, or at its top level for the only one.
func readPnpmLock(raw []byte, pkg string) Locked {
	if i := bytes.Index(raw, []byte("\npackages:")); i >= 0 {
		raw = raw[:i+1] // what follows is long, and about the packages themselves
	}
	type importer struct {
		Dependencies         map[string]yaml.Node `yaml:"dependencies"`
		DevDependencies      map[string]yaml.Node `yaml:"devDependencies"`
		OptionalDependencies map[string]yaml.Node `yaml:"optionalDependencies"`
	}
	var lock struct {
		importer  `yaml:",inline"`
		Importers map[string]importer `yaml:"importers"`
	}
	if text.Nesting(raw) > MaxNesting || yaml.Unmarshal(raw, &lock) != nil {
		return noneLocked
	}
	if lock.Importers == nil {
		lock.Importers = map[string]importer{".": lock.importer}
	}
	versions := map[string]string{}
	for dir, in := range lock.Importers {
		for _, list := range []map[string]yaml.Node{in.Dependencies, in.DevDependencies, in.OptionalDependencies} {
			node, ok := list[pkg]
			if !ok {
				continue
			}
			var version string
			var since6 struct {
				Version string `yaml:"version"`
			}
			if node.Decode(&version) != nil {
				_ = node.Decode(&since6) // If this fails, the version is unknown.
				version = since6.Version
			}
			version, _, _ = strings.Cut(version, "(") // the peers follow it
			version, _, _ = strings.Cut(version, "_")
			versions[path.Clean(dir)] = version
		}
	}
	return func(dir, _ string) string { return upward(dir, func(d string) string { return versions[d] }) }
}

// readYarnLock reads a lock file of yarn, of version 1 or later: paragraphs headed by the ranges that
// they resolve, such as
//
//	"typescript@npm:^5.0.0, typescript@npm:~5.1.0":
//	  version: 5.1.6
func readYarnLock(raw []byte, pkg string) Locked {
	versions := map[string]string{} // by range
	var ranges []string
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] != ' ' {
			ranges = nil
			for spec := range strings.SplitSeq(strings.TrimSuffix(line, ":"), ",") {
				if wanted, ok := strings.CutPrefix(strings.Trim(spec, `" `), pkg+"@"); ok {
					ranges = append(ranges, strings.TrimPrefix(wanted, "npm:"))
				}
			}
			continue
		}
		field, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.TrimSuffix(field, ":") != "version" {
			continue
		}
		for _, wanted := range ranges {
			versions[wanted] = strings.Trim(value, `" `)
		}
		ranges = nil
	}
	only := ""
	several := false
	for _, v := range versions {
		several = several || only != "" && v != only
		only = v
	}
	return func(_, wanted string) string {
		if v := versions[strings.TrimPrefix(wanted, "npm:")]; v != "" || several {
			return v
		}
		return only // the manifest's range was replaced, as by resolutions
	}
}

// readBunLock reads a text lock file of bun: packages by their paths in node_modules, in which those of
// a workspace's package follow its name.
func readBunLock(raw []byte, pkg string) Locked {
	if text.Nesting(raw) > MaxNesting { // hujson recurses at each bracket
		return noneLocked
	}
	standard, err := hujson.Standardize(bytes.Clone(raw))
	if err != nil {
		return noneLocked
	}
	var lock struct {
		Workspaces map[string]struct{ Name string }
		Packages   map[string][]json.RawMessage
	}
	if json.Unmarshal(standard, &lock) != nil {
		return noneLocked
	}
	version := func(at string) string {
		entry := lock.Packages[at]
		var resolved string
		if len(entry) == 0 || json.Unmarshal(entry[0], &resolved) != nil {
			return ""
		}
		return resolved[strings.LastIndexByte(resolved, '@')+1:]
	}
	return func(dir, _ string) string {
		if name := lock.Workspaces[dir].Name; name != "" {
			if v := version(name + "/" + pkg); v != "" {
				return v
			}
		}
		return version(pkg)
	}
}
