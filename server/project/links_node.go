package project

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
)

// Which files of JavaScript and TypeScript can have to do with each other is read from what they import. In doubt, two
// files can: every string that begins like a relative path is taken for an import, and a name that no package.json
// explains may be that of any file with this base name (tsconfig.json and bundlers can give files other names).
//
// Files without imports and exports are scripts. They share their declarations with all other files, as do modules that
// put something into the global scope.

// links are the imports among the files of a workspace, with the nodes below in place of files.
type links struct {
	by map[string][]string // what imports a node
	// part maps a node to the name of its group. Two nodes are in one group if imports connect them, directly or over
	// others, and whichever of the two imports: if a.js imports c.js, and b.js does, all three are.
	part map[string]string
	any  map[string]bool // nodes that may import any file, over others too
	own  map[string]bool // modules that declare global names without the use of any other name of theirs
}

// Nodes that are no files.
const (
	globalScope  = "*"        // it imports what puts something into the global scope
	anything     = "?"        // whose imports are computed is joined with it
	wholePackage = "package:" // followed by a folder: what the name of a package of the workspace may lead to
)

// Linked reports whether what a file declares can be known to another one: imports join them, in whichever direction,
// or it is in the global scope. It is true for languages whose imports are not read.
func Linked(v View, home, p string) bool {
	if home == p || SchemeOf(home) != "ts" || SchemeOf(p) != "ts" {
		return true
	}
	l := linksOf(v)
	of, any := l.part[home], l.part[anything]
	return l.own[home] || of == l.part[p] || of == l.part[globalScope] || of == any || l.part[p] == any
}

// LinkedWith returns [Linked] for the file of a declaration.
func LinkedWith(v View, home string) func(p string) bool {
	return func(p string) bool { return Linked(v, home, p) }
}

// KnownAt returns whether what a file declares can be known to another one, in which a use is: imports join them, or
// the declaration is in the global scope.
func KnownAt(v View, use string) func(p string) bool {
	return func(p string) bool { return Linked(v, use, p) || IsGlobal(v, p) }
}

// IsGlobal reports whether other files may know a declaration of a file without an import: it is a script, or a module
// that adds to the global scope. It is true for files whose imports are not read.
func IsGlobal(v View, p string) bool {
	if SchemeOf(p) != "ts" {
		return true
	}
	l := linksOf(v)
	return l.own[p] || l.part[p] == l.part[globalScope] || l.part[p] == l.part[anything]
}

// AreJoined reports whether imports join two files of TypeScript, in whichever direction and over others too, so that
// the same files can know what one of them declares and what the other does.
func AreJoined(v View, a, b string) bool {
	return a == b || !IsGlobal(v, a) && !IsGlobal(v, b) && linksOf(v).part[a] == linksOf(v).part[b]
}

// ReachesSymbol reports whether a file may know a symbol of TypeScript: it imports, over others too, one of those that
// declare it. What the members of a type are called can also be known to a file that others hand objects to.
func ReachesSymbol(v View, sym Symbol, p string) bool {
	return slices.ContainsFunc(append([]string{sym.Path}, sym.Also...), func(home string) bool {
		return home == "" || Linked(v, home, p) && (sym.Member || importsTypeScript(v, p, home))
	})
}

// Reaches reports whether a file of TypeScript may know a symbol, as far as imports tell.
func Reaches(v View, sym Symbol, p string) bool { return ReachesSymbol(v, sym, p) }

// importsTypeScript reports whether a file may import another one, over others too.
func importsTypeScript(v View, p, home string) bool {
	l := linksOf(v)
	type key struct{ home string }
	users := v.Memoize(key{home}, func() any { return Reach(l.by, home) }).(map[string]bool)
	return users[p] || users[globalScope] || l.any[p] || l.own[home]
}

// linksOf reads the imports of all files.
func linksOf(v View) *links {
	type key struct{}
	return v.Memoize(key{}, func() any {
		r := &linkReader{
			links: links{
				by: map[string][]string{}, part: map[string]string{}, any: map[string]bool{}, own: map[string]bool{},
			},
			v: v, stems: map[string][]string{}, named: map[string][]string{}, packages: map[string]string{},
			folders: map[string]bool{},
		}
		r.read()
		for n := range r.part {
			r.part[n] = r.find(n)
		}
		for _, n := range r.computed {
			for user := range Reach(r.by, n) {
				r.any[user] = true
			}
		}
		return &r.links
	}).(*links)
}

// linkReader reads imports. In part it has a forest: of each node another one of the same tree.
type linkReader struct {
	links
	v        View
	stems    map[string][]string // sources by their path without extension
	named    map[string][]string // the same by base name; the index of a folder also by that of the folder
	packages map[string]string   // folders of the packages of the workspace, by name
	folders  map[string]bool     // the same folders
	renames  bool                // a tsconfig.json has other names for modules than those of their packages
	merges   bool                // a tsconfig.json has folders that are one for relative paths
	computed []string            // files with imports that may lead anywhere
}

// find returns the root of a node's tree.
func (r *linkReader) find(n string) string {
	for r.part[n] != n && r.part[n] != "" {
		r.part[n] = cmp.Or(r.part[r.part[n]], r.part[n])
		n = r.part[n]
	}
	r.part[n] = n
	return n
}

// add notes that one node imports another.
func (r *linkReader) add(from, to string) {
	r.by[to] = append(r.by[to], from)
	r.part[r.find(from)] = r.find(to)
}

// sourceExtensions are those of files that imports may name without them. One that ends with another is before it.
var sourceExtensions = []string{
	".d.ts", ".d.mts", ".d.cts", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json", ".vue",
	".svelte", ".astro",
}

// sourceStem returns the path of a source without its extension, which imports may leave out or replace by another.
func sourceStem(p string) string {
	for _, ext := range sourceExtensions {
		if stem, ok := strings.CutSuffix(p, ext); ok {
			return stem
		}
	}
	return p
}

// read adds the imports of all files.
func (r *linkReader) read() {
	var sources []string
	for _, p := range r.v.Paths() {
		base := path.Base(p)
		if base == "package.json" {
			if pkg := ReadPackageJSON(r.v, p); pkg != nil && pkg.Name != "" {
				r.packages[pkg.Name], r.folders[path.Dir(p)] = path.Dir(p), true
			}
		}
		if isScriptConfig.MatchString(base) {
			raw := ContentOf(r.v, p)
			r.renames = r.renames || givesNames.Match(raw)
			r.merges = r.merges || bytes.Contains(raw, []byte(`"rootDirs"`))
		}
		if SchemeOf(p) != "ts" && !slices.Contains(Hosts[strings.ToLower(path.Ext(p))], "ts") {
			continue
		}
		sources = append(sources, p)
		stem := sourceStem(p)
		name, folder := path.Base(stem), path.Base(path.Dir(p))
		r.stems[stem] = append(r.stems[stem], p)
		r.named[name] = append(r.named[name], p)
		if name == "index" {
			r.named[folder] = append(r.named[folder], p)
		}
	}
	r.find(globalScope)
	r.find(anything)
	for _, p := range sources {
		r.find(p)
		if SchemeOf(p) == "ts" {
			r.addSource(p)
		} else {
			r.addHost(p)
		}
	}
	r.joinConditions(sources)
	for folder := range r.folders {
		if r.by[wholePackage+folder] == nil {
			continue // nothing imports it by its name
		}
		for _, p := range sources {
			if folder == "." || strings.HasPrefix(p, folder+"/") {
				r.add(wholePackage+folder, p)
			}
		}
	}
}

// joinConditions adds imports between the files of which an import means one for each runtime ([OtherCondition]): what
// imports one of them can know the others.
func (r *linkReader) joinConditions(sources []string) {
	alike := map[string]string{} // a file by the path that its platforms share
	for _, p := range sources {
		shared := withoutPlatform(p)
		if first := alike[shared]; first != "" && isOfPlatforms(r.v, p) {
			r.add(first, p)
			r.add(p, first)
		} else if first == "" {
			alike[shared] = p
		}
	}
	for _, manifest := range r.v.Paths() {
		if path.Base(manifest) != "package.json" {
			continue
		}
		dir, entries := path.Dir(manifest), ReadPackageJSON(r.v, manifest).targets()
		if len(entries) == 0 {
			continue
		}
		isAbove := func(p string) bool { return dir != "." && !strings.HasPrefix(p, dir+"/") }
		below := slices.DeleteFunc(slices.Clone(sources), isAbove)
		for _, entry := range entries {
			first := map[string]string{} // by what the star stands for
			for _, p := range below {
				star, ok := entry.leadsTo(dir, p, "")
				if ok && first[star] != "" {
					r.add(first[star], p)
					r.add(p, first[star])
				} else if ok {
					first[star] = p
				}
			}
		}
	}
}

var (
	isScriptConfig = lazyregexp.New(`^(?:ts|js)config\b.*\.json$`)
	// givesNames matches options by which a name leads to a file.
	givesNames = lazyregexp.New(`"(?:paths|baseUrl)"\s*:`)
)

// sourceLinks are the imports in the text of one source, and whether its own declarations need an import. They do not
// depend on other files.
type sourceLinks struct {
	relative []string // paths of files that it may import, from its own folder
	named    []string // modules that it imports by a name
	computes bool     // it has imports that may lead anywhere
	isGlobal bool     // its declarations may need no import
	own      bool     // see [links]
}

// readLinks reads the text of a source.
func readLinks(src []byte) (l sourceLinks) {
	isCommonJS := hasAny(src, "require", "exports") && isCommonJS.Match(src) && !isAnyModule.Match(src)
	isScript := !isCommonJS && !importsOrExports.Match(src)
	blocks, isClosed := globalBlocks(src)
	l.own = len(blocks) > 0 || !isClosed
	l.isGlobal = !isClosed || l.own && usesOwnNames(src, blocks) || isScript ||
		hasAny(src, "window", "global", "namespace", "module") && sharesGlobally.Match(src)
	l.computes = hasAny(src, "require", "import(", "import (", "import.meta", "importScripts") &&
		computesImport.Match(src)
	for rest := src; ; {
		at := bytes.IndexAny(rest, "'\"`")
		if at < 0 {
			break
		}
		quote := rest[at]
		rest = rest[at+1:]
		if len(rest) == 0 || rest[0] != '.' {
			continue
		}
		if end := bytes.IndexAny(rest, string(quote)+"\n"); end > 0 && rest[end] == quote {
			l.relative = append(l.relative, string(rest[:end]))
		}
	}
	for _, m := range importsByName.FindAllSubmatchIndex(src, -1) {
		start := bytes.LastIndexByte(src[:m[0]], '\n') + 1
		if !inComment.Match(src[start:m[0]]) {
			l.named = append(l.named, string(src[m[2]:m[3]]))
		}
	}
	for _, m := range referencesFile.FindAllSubmatch(src, -1) {
		l.relative = append(l.relative, "./"+string(m[1]))
	}
	return l
}

// addSource adds the imports of a source.
func (r *linkReader) addSource(p string) {
	type key struct{}
	l := ReadOnce(r.v, p, key{}, readLinks)
	if l.own {
		r.own[p] = true
	}
	if l.isGlobal {
		r.add(globalScope, p)
	}
	if l.computes {
		r.addComputed(p)
	}
	for _, spec := range l.relative {
		r.addRelative(p, spec)
	}
	for _, spec := range l.named {
		r.addNamed(p, spec)
	}
}

// globalBlocks returns the bodies of "declare global { … }". isClosed is false if the end of one is not found.
func globalBlocks(src []byte) (bodies [][]byte, isClosed bool) {
	if !hasAny(src, "global") {
		return nil, true
	}
	for _, m := range declaresGlobally.FindAllSubmatchIndex(src, -1) {
		depth, end := 1, m[1]
		for ; end < len(src) && depth > 0; end++ {
			switch src[end] {
			case '{':
				depth++
			case '}':
				depth--
			}
		}
		if depth > 0 {
			return nil, false
		}
		bodies = append(bodies, src[m[1]:end])
	}
	return bodies, true
}

// usesOwnNames reports whether one of some parts of a source has a name that the source imports or declares at its top
// level.
func usesOwnNames(src []byte, parts [][]byte) bool {
	used := map[string]bool{}
	for _, part := range parts {
		for _, w := range identifier.FindAllSubmatch(part, -1) {
			used[string(w[0])] = true
		}
	}
	for _, m := range importsNames.FindAllSubmatch(src, -1) {
		for _, w := range identifier.FindAllSubmatch(m[1], -1) {
			if name := string(w[0]); used[name] && name != "type" && name != "as" {
				return true
			}
		}
	}
	for _, m := range declaresAtTop.FindAllSubmatch(src, -1) {
		if used[string(m[1])] {
			return true
		}
	}
	return false
}

// hasAny reports whether a source contains one of some words: most do not, and a search for a word is fast.
func hasAny(src []byte, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(src, []byte(w)) })
}

var (
	// importsOrExports matches what makes a file a module; not in the body of a namespace.
	importsOrExports = lazyregexp.New(`(?m)^(?:import|export)\b`)
	isCommonJS       = lazyregexp.New(`\bmodule\.exports\b|\bexports\s*[.\[=]|\brequire\s*\(\s*['"]`)
	// isAnyModule matches what tells of a file that is a script where nothing loads it as a module.
	isAnyModule = lazyregexp.New(`\btypeof\s+(?:exports|module|define|require)\b|\bdefine\.amd\b`)
	// declaresGlobally matches the beginning of a block of declarations of the global scope.
	declaresGlobally = lazyregexp.New(`\bdeclare\s+global\s*\{`)
	identifier       = lazyregexp.New(`[\pL_$][\pL\pN_$]*`)
	// importsNames matches an import, whose names are in the group, and declaresAtTop a declaration with its name.
	importsNames  = lazyregexp.New(`(?m)^import\b([^'"]*)['"(]`)
	declaresAtTop = lazyregexp.New(`(?m)^(?:(?:export|default|declare|abstract|async|const)\s+)*` +
		`(?:class|interface|type|enum|const|let|var|function\s*\*?|namespace)\s+([\pL_$][\pL\pN_$]*)`)
	// sharesGlobally matches declarations of names that need no import, and what may assign one.
	sharesGlobally = lazyregexp.New(`\bdeclare\s+module\b|\bnamespace\s+[\w$]|` +
		`\b(?:window|globalThis|global)\b[ \w]*\)?(?:\s*\??\.[\w$]+|\[[^\]\n]*\])+\s*[|&?]*=[^=>]|` +
		`\b(?:assign|definePropert(?:y|ies))\(\s*(?:window|global)`)
	// computesImport matches an import whose module is no constant: loaders with patterns are among them.
	computesImport = lazyregexp.New("\\b(?:require|import)\\s*\\(\\s*(?:[^\\s'\"`)]|`[^`\\n]*\\$\\{)|" +
		`\brequire\.(?:context|ensure)\b|\bdefine\s*\(|\bimport\.meta\.glob|\bimportScripts\b`)
	// importsByName matches what imports a module by a name in place of a path, which is the group.
	importsByName = lazyregexp.New("\\b(?:(?:from|import)[ \\t]*['\"]|" +
		"(?:import|require|requireActual|importActual|mock|doMock|unmock|resolve)[ \\t]*\\(\\s*['\"`])" +
		"([^.'\"`\\s][^'\"`\\n]*)['\"`]")
	// inComment matches the beginning of a line that is a comment.
	inComment = lazyregexp.New(`^\s*(?:\*|//)`)
	// referencesFile matches a directive for another file, whose path is the group.
	referencesFile = lazyregexp.New(`///\s*<reference\s+path\s*=\s*["']([^"'\n]+)["']`)
)

// addRelative adds the import of a file by its path from that of the importing file. A path may lead nowhere because a
// build generates the file, or because folders are merged.
func (r *linkReader) addRelative(from, spec string) {
	to := path.Join(path.Dir(from), spec)
	found := slices.Concat(r.stems[to], r.stems[sourceStem(to)], r.stems[path.Join(to, "index")])
	if r.folders[to] {
		r.add(from, wholePackage+to)
	} else if len(found) == 0 || r.merges {
		r.addByName(from, to)
	}
	for _, p := range found {
		r.add(from, p)
	}
}

// addNamed adds the import of a module by a name, which may be that of a package of the workspace. A name that a
// package.json declares is that of a package elsewhere.
func (r *linkReader) addNamed(from, spec string) {
	name := packageOf(strings.TrimPrefix(spec, "node:"))
	if folder, ok := r.packages[name]; ok {
		r.add(from, wholePackage+folder)
		return
	}
	manifest, declared := declaredForNode(r.v, from, []string{name, typesOf(name)})
	isElsewhere := isRuntimeModule(spec) ||
		manifest != "" && !isFolder.MatchString(ReadPackageJSON(r.v, manifest).Requires(declared))
	if isElsewhere && !r.renames {
		return
	}
	if known := r.addByName(from, spec); !known && !isElsewhere {
		r.addComputed(from)
	}
}

// isFolder matches what a package.json requires of a package that may be a folder of the workspace, whatever its name.
var isFolder = lazyregexp.New(`^(?:file|link|portal|workspace):|^[./~]`)

// addComputed notes that a file may import any other.
func (r *linkReader) addComputed(p string) {
	r.computed = append(r.computed, p)
	r.part[r.find(p)] = r.find(anything)
}

// addByName adds an import of every file whose name is the last one of a path; known is false if there is none.
func (r *linkReader) addByName(from, spec string) (known bool) {
	files := r.named[strings.TrimLeft(path.Base(sourceStem(spec)), "#~@")]
	for _, p := range files {
		r.add(from, p)
	}
	return len(files) > 0
}

// addHost adds what a page, component or template may load: all files whose names it has in quotes.
func (r *linkReader) addHost(p string) {
	type key struct{}
	names := ReadOnce(r.v, p, key{}, func(src []byte) (names []string) {
		for _, m := range quoted.FindAllSubmatch(src, -1) {
			names = append(names, string(m[1]))
		}
		return names
	})
	for _, name := range names {
		r.addByName(p, name)
	}
}

// MayImportAny reports whether a page, component or template has an import whose file its names in quotes do not tell:
// that of a folder by dots alone, of a package of the workspace, of the root of an alias, or one that is computed.
func MayImportAny(v View, p string) bool {
	type key struct{}
	l := ReadOnce(v, p, key{}, readLinks)
	isUnknown := func(spec string) bool { return strings.Trim(path.Base(spec), ".#~@") == "" }
	isOfWorkspace := func(spec string) bool { return packagesOfWorkspace(v)[packageOf(spec)] }
	return l.computes || slices.ContainsFunc(slices.Concat(l.relative, l.named), isUnknown) ||
		slices.ContainsFunc(l.named, isOfWorkspace)
}

var quoted = lazyregexp.New("[\"'`]([^\"'`\\n<>]+)[\"'`]")
