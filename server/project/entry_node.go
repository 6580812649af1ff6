package project

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"
)

// PackageEntry is the file of the workspace to which the name of a package leads, as in an import of it.
type PackageEntry struct {
	Manifest string // the package.json with the name
	File     string
	// Built is the file that the package.json names, if a build makes it and the workspace does not contain it. Then
	// File is the source that has its name: src/index.ts for dist/index.js.
	Built string
}

// EntryOf returns the file that a package.json of the workspace exports under a name such as "hono" or "hono/jsx". ok
// is false if none does, or if the file is neither in the workspace nor has a source there. A name that is a folder of
// the workspace is taken for that of the package in the folder.
func EntryOf(v View, name string) (e PackageEntry, ok bool) {
	manifests := slices.DeleteFunc(slices.Clone(v.Paths()), func(p string) bool {
		return path.Base(p) != "package.json"
	})
	slices.SortStableFunc(manifests, func(a, b string) int {
		return strings.Count(a, "node_modules/") - strings.Count(b, "node_modules/")
	})
	for _, manifest := range manifests {
		p := ReadPackageJSON(v, manifest)
		if p == nil {
			continue
		}
		dir := path.Dir(manifest)
		sub, isName := strings.CutPrefix(name, p.Name)
		isName = isName && p.Name != "" && (sub == "" || sub[0] == '/')
		if dir != name && !isName {
			continue
		}
		if dir == name {
			sub = ""
		}
		for _, written := range p.exportedFiles("." + sub) {
			at := path.Join(dir, written)
			e = PackageEntry{Manifest: manifest, File: firstSource(v, at, path.Join(at, "index"))}
			if e.File == "" {
				e.File, e.Built = firstSource(v, builtFrom(dir, written)...), at
			}
			if e.File != "" {
				return e, true
			}
		}
	}
	return PackageEntry{}, false
}

// exportedFiles returns the files that a package exports under a path such as "." or "./jsx": those with declarations
// alone come last, because files with code have those too.
func (p *packageJSON) exportedFiles(sub string) (files []string) {
	entries, isMap := p.Exports.(map[string]any)
	hasPaths := isMap && slices.ContainsFunc(slices.Collect(maps.Keys(entries)), func(k string) bool {
		return strings.HasPrefix(k, ".")
	})
	if hasPaths {
		files = targetsOf(entries[sub], nil)
	} else if sub == "." {
		files = targetsOf(p.Exports, nil)
	}
	if p.Exports == nil {
		main := sub
		if sub == "." {
			main = cmp.Or(p.Main, "index.js")
		}
		files = append(files, main)
	}
	isDeclaration := func(f string) int { return strings.Count(path.Base(f), ".d.") }
	slices.SortStableFunc(files, func(a, b string) int { return isDeclaration(a) - isDeclaration(b) })
	return files
}

// sourceFolders are the folders from which builds usually make those that packages export.
var sourceFolders = []string{"src", "source", "lib", "."}

// builtFrom returns where the source of a file that a package.json in the folder dir names may be, without extensions:
// next to it, or with the same path below a folder for sources.
func builtFrom(dir, written string) (stems []string) {
	stems = append(stems, path.Join(dir, sourceStem(written)))
	if _, rest, ok := strings.Cut(path.Clean(written), "/"); ok {
		for _, folder := range sourceFolders {
			stems = append(stems, path.Join(dir, folder, sourceStem(rest)))
		}
	}
	return stems
}

// firstSource returns the first file with one of some paths, which may lack the extension; "" if there is none.
func firstSource(v View, paths ...string) string {
	for _, p := range paths {
		for _, ext := range append([]string{""}, sourceExtensions...) {
			if file := p + ext; SchemeOf(file) == "ts" && Has(v, file) {
				return file
			}
		}
	}
	return ""
}
