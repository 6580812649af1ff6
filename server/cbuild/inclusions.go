package cbuild

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"iter"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// IsVisible leaves out files that no translation unit has in common with a file that declares the symbol. It applies
// to types, macros, enumerators, fields, methods, and what is internal: any file may declare another function or
// variable of another by itself.
func IsVisible(v project.View, sym project.Symbol, p string) bool {
	switch sym.Kind {
	case selectors.KindDef, selectors.KindVar, selectors.KindModule:
		if !sym.Internal {
			return true
		}
	}
	together := filesTogether(v)
	if together.byFlag {
		return true
	}
	declaring := append([]string{sym.Path}, sym.Also...)
	if sym.Kind == selectors.KindMethod { // the class may be in any header of the file that defines the method
		for _, f := range slices.Clone(declaring) {
			declaring = append(declaring, slices.Sorted(maps.Keys(project.Reach(together.of, f)))...)
		}
	}
	around := together.unitsWith(v, p)
	isTag := sym.Kind.IsType() && sym.Kind != selectors.KindType
	return slices.ContainsFunc(declaring, func(f string) bool {
		return around.files[f] || around.isOpen || together.unitsWith(v, f).isOpen && IsHeader(p)
	}) || isTag && declareTag(v, around, sym.Name)
}

// declareTag reports whether files declare a type, as "class name;" does: it may be a type that others define.
func declareTag(v project.View, around units, name string) bool {
	type key struct{ tag string }
	tag := regexp.MustCompile(`\b(?:class|struct|union|enum)\s+(?:[\w:]+\s+|\[\[[^\n]*\]\]\s*|\w+\s*\([^\n]*\)\s*)*` +
		`(?:\w+\s*::\s*)*` + regexp.QuoteMeta(name) + `\b`)
	for f := range around.files {
		if project.ReadOnce(v, f, key{name}, tag.Match) {
			return true
		}
	}
	return false
}

// inclusions says which files of the workspace are compiled together.
type inclusions struct {
	of, by map[string][]string // file → files that it includes, and that include it
	// open holds the files that may include others that the workspace does not show: those whose names a macro has,
	// and those that a build generates.
	open map[string]bool
	// byFlag is true if files are included that no directive names.
	byFlag bool
	// databases is the digest of the compilation databases that the workspace does not list.
	databases digest
}

// digest is that of contents which no version of the workspace's files tells apart.
type digest [sha256.Size]byte

// units are the files of all translation units that a file belongs to.
type units struct {
	files  map[string]bool
	isOpen bool // one of the files is open
}

// unitsWith returns the translation units that may have a file.
func (i *inclusions) unitsWith(v project.View, p string) units {
	type key struct {
		path      string
		databases digest
	}
	return v.Memoize(key{path: p, databases: i.databases}, func() any {
		out := units{files: map[string]bool{}}
		for root := range project.Reach(i.by, p) {
			for f := range project.Reach(i.of, root) {
				out.files[f] = true
				out.isOpen = out.isOpen || i.open[f]
			}
		}
		return out
	}).(units)
}

// filesTogether reads the include directives of the workspace. A directive may name each file with its base name: an
// installed header has another folder than in the workspace.
func filesTogether(v project.View) *inclusions {
	type key struct{ databases digest }
	databases := unlistedDatabases(v)
	return v.Memoize(key{databases: databases}, func() any {
		out := readInclusions(v)
		out.databases = databases
		return out
	}).(*inclusions)
}

// unlistedDatabases returns the digest of the compilation databases that the workspace does not list, as those that a
// build writes and version control ignores: they change while the files of the view do not.
func unlistedDatabases(v project.View) (out digest) {
	h := sha256.New()
	for _, db := range Databases(v) {
		if project.Has(v, db) {
			continue
		}
		raw, err := v.ReadFile(db)
		of := sha256.Sum256(raw)
		h.Write(fmt.Appendf(nil, "%q %v %x\n", db, err == nil, of))
	}
	h.Sum(out[:0])
	return out
}

// readInclusions is [filesTogether] without memory. Files are read that may be C by their names, that a compilation
// database lists, and that others include.
func readInclusions(v project.View) *inclusions {
	sources, isKnown := databaseSources(v)
	out := &inclusions{
		of: map[string][]string{}, by: map[string][]string{}, open: map[string]bool{},
		byFlag: !isKnown || includesByFlag(v),
	}
	byBase, folders, todo := map[string][]string{}, map[string]bool{}, sources
	for _, p := range v.Paths() {
		byBase[path.Base(p)] = append(byBase[path.Base(p)], p)
		folders[path.Base(path.Dir(p))] = true
		if project.SchemeOf(p) == "cpp" || slices.Contains(project.Hosts[strings.ToLower(path.Ext(p))], "cpp") {
			todo = append(todo, p)
		}
	}
	for seen := map[string]bool{}; len(todo) > 0; todo = todo[1:] {
		p := todo[0]
		if seen[p] {
			continue
		}
		seen[p] = true
		in := inclusionsOf(v, p)
		out.open[p] = in.isOpen
		for _, name := range in.names {
			base := path.Base(name)
			for _, f := range byBase[base] {
				out.of[p], out.by[f] = append(out.of[p], f), append(out.by[f], p)
			}
			todo = append(todo, byBase[base]...)
			isNamed := folders[path.Base(path.Dir(name))] || in.inQuotes[name]
			if len(byBase[base]) == 0 && isNamed || len(byBase[base+".in"]) > 0 {
				out.open[p] = true // a build generates it
			}
		}
	}
	return out
}

// databaseSources returns the files of compilation databases, also those that a build generates and the workspace does
// not list. isKnown is false if one cannot be read.
func databaseSources(v project.View) (sources []string, isKnown bool) {
	for _, db := range Databases(v) {
		commands, ok := commandsIn(v, db)
		if !ok {
			return nil, false
		}
		for _, c := range commands {
			if c.file == "" {
				return nil, false
			}
			sources = append(sources, c.file)
		}
	}
	slices.Sort(sources)
	return slices.Compact(sources), true
}

// Included returns the paths that a file's include directives name.
func Included(v project.View, file string) []string {
	return inclusionsOf(v, file).names
}

// directives are the include directives of a file.
type directives struct {
	names    []string        // the paths that they name
	inQuotes map[string]bool // those that are between double quotes
	isOpen   bool            // a macro has the name in one, or a module is imported or continued
}

// inclusionsOf returns the include directives of a file, which the workspace need not list. They are open if it cannot
// be read.
func inclusionsOf(v project.View, file string) directives {
	type key struct{}
	if project.Has(v, file) {
		if c, err := v.Content(file); err == nil {
			return c.Memoize(key{}, func() any { return newDirectives(c.Bytes()) }).(directives)
		}
	}
	src, err := v.ReadFile(file)
	if err != nil {
		return directives{isOpen: true}
	}
	return newDirectives(src)
}

func newDirectives(src []byte) directives {
	names, isOpen := inclusionsIn(src)
	inQuotes := map[string]bool{}
	for _, name := range names {
		inQuotes[name] = bytes.Contains(src, []byte(`"`+name+`"`))
	}
	return directives{names: names, inQuotes: inQuotes, isOpen: isOpen}
}

// inclusionsIn returns the paths that include directives name. isOpen reports whether a macro has the name in one, and
// whether a module is imported or continued.
func inclusionsIn(src []byte) (names []string, isOpen bool) {
	for lines := range linesAround(src, "include", "import", "module") {
		for _, m := range includeDirective.FindAllSubmatch(lines, -1) {
			if name := string(m[1]) + string(m[2]); name != "" {
				names = append(names, name)
			} else {
				isOpen = true
			}
		}
		isOpen = isOpen || ofModule.Match(lines)
	}
	return names, isOpen
}

// linesAround yields the lines of a source that hold one of some words, each once, together with the lines that
// continue them and the one before: a source may have half a million bytes, of which the directives are a thousandth.
func linesAround(src []byte, words ...string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for done := 0; done < len(src); {
			at := -1
			for _, w := range words {
				if i := bytes.Index(src[done:], []byte(w)); i >= 0 && (at < 0 || done+i < at) {
					at = done + i
				}
			}
			if at < 0 {
				return
			}
			start := bytes.LastIndexByte(src[done:at], '\n') + 1 + done
			for start > done { // the line before, and those that it continues
				before := bytes.LastIndexByte(src[done:start-1], '\n') + 1 + done
				isContinued := bytes.HasSuffix(bytes.TrimRight(src[before:start], "\r\n"), []byte("\\"))
				start = before
				if !isContinued {
					break
				}
			}
			end := at
			for end < len(src) {
				n := bytes.IndexByte(src[end:], '\n')
				if n < 0 {
					end = len(src)
					break
				}
				isContinued := bytes.HasSuffix(bytes.TrimRight(src[end:end+n], "\r"), []byte("\\"))
				end += n + 1
				if !isContinued {
					break
				}
			}
			if !yield(src[start:end]) {
				return
			}
			done = end
		}
	}
}

// includeDirective matches an include directive. Its groups are the name in quotes and in angle brackets; a macro has
// neither. Comments and continued lines may be anywhere before the name, and "%:" spells "#".
var includeDirective = lazyregexp.New(`(?m)^(?:[^\n]*\*/)?` + blanks + `(?:#|%:|\?\?=)` + blanks +
	`(?:include_next|include|import)` + blanks + `(?:"([^"\n]+)"|<([^>\n]+)>|[A-Za-z_])`)

const blanks = `(?:[ \t\f\v]|/\*[^\n]*?\*/|\\\r?\n)*`

// ofModule matches an import of a module or of a header as one, and what begins a file of a module.
var ofModule = lazyregexp.New(`(?m)^\s*(?:export\s+)?(?:import|module)\b[^;={}()\n]*;`)

// includesByFlag reports whether a command of a compilation database, or a file with flags, names a file to include, or
// a file with further flags.
func includesByFlag(v project.View) bool {
	forces := func(raw []byte) bool { return forcesInclude.Match(raw) }
	for _, db := range Databases(v) {
		if raw, err := v.ReadFile(db); err != nil || forces(raw) {
			return true
		}
	}
	for _, p := range v.Paths() {
		if base := path.Base(p); (base == FlagsName || base == ConfigName) && forces(project.ContentOf(v, p)) {
			return true
		}
	}
	return false
}

var forcesInclude = lazyregexp.New(`-include|-imacros|[-/]FI|(?m:(?:^|[\s"'])@\S)`)

// IsAfterObject reports whether a word of C is the member of an object: a dot or an arrow is before it.
func IsAfterObject(src []byte, at text.Span) bool {
	left := bytes.TrimRight(src[:at.Start], " \t\r\n")
	return project.IsSelected(left) || bytes.HasSuffix(left, []byte("->"))
}

// IsScoped reports whether a symbol is an enumerator of "enum class", which no object has as a member, as long as no
// class takes enumerators in by "using enum".
func IsScoped(v project.View, sym project.Symbol) bool {
	if sym.Owner == "" || sym.Path == "" || sym.Kind != selectors.KindField {
		return false
	}
	type key struct{ path, owner string }
	return v.Memoize(key{path: sym.Path, owner: sym.Owner}, func() any {
		enum := regexp.MustCompile(`\benum\s+(?:class|struct)\s+` + regexp.QuoteMeta(sym.Owner) + `\b`)
		named := `\b(?:class|struct|union|namespace|enum)\s+` + regexp.QuoteMeta(sym.Owner) + `\s*[:{]`
		other := regexp.MustCompile(named)
		src := project.ContentOf(v, sym.Path)
		others := other.ReplaceAll(enum.ReplaceAll(src, nil), []byte("\x00"))
		return enum.Match(src) && !bytes.Contains(others, []byte("\x00")) && !takesEnumerators(v)
	}).(bool)
}

// takesEnumerators reports whether a file of the workspace has "using enum".
func takesEnumerators(v project.View) bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		return slices.ContainsFunc(v.Paths(), func(p string) bool {
			return project.SchemeOf(p) == "cpp" && project.MatchesIn(v, p, usingEnum)
		})
	}).(bool)
}

var usingEnum = lazyregexp.New(`\busing\s+enum\b`)

// DefinedBefore reports whether a macro of C may be meant in another file where a server names another definition of
// it: a file that is compiled together with both defines the macro only if nothing has done so before.
func DefinedBefore(v project.View, sym project.Symbol, p string) bool {
	isMacro := sym.Lang == "cpp" && !sym.Member && sym.Scope.Len() == 0 && p != sym.Path && sym.Path != ""
	if !isMacro {
		return false
	}
	together := filesTogether(v)
	type key struct {
		declared, name, path string
		databases            digest
	}
	k := key{declared: sym.Path, name: sym.Name, path: p, databases: together.databases}
	return v.Memoize(k, func() any { return together.definedBefore(v, sym, p) }).(bool)
}

// definedBefore is [DefinedBefore] of a name that is no member.
func (i *inclusions) definedBefore(v project.View, sym project.Symbol, p string) bool {
	if !regexp.MustCompile(Defines + regexp.QuoteMeta(sym.Name) + `\b`).Match(project.ContentOf(v, sym.Path)) {
		return false
	}
	unless := regexp.MustCompile(underCondition + regexp.QuoteMeta(sym.Name) + `\b`)
	around := i.unitsWith(v, p)
	if !around.files[sym.Path] || i.isCompiledOnce(v, p) {
		return false
	}
	for f := range around.files {
		if f != sym.Path && unless.Match(project.ContentOf(v, f)) {
			return true
		}
	}
	return false
}

// isCompiledOnce reports whether a file is compiled by one command, and is part of no other translation unit: what a
// server says of it then is true of all.
func (i *inclusions) isCompiledOnce(v project.View, p string) bool {
	n := 0
	for _, db := range Databases(v) {
		commands, ok := commandsIn(v, db)
		if !ok {
			return false
		}
		for _, c := range commands {
			if c.file == p {
				n++
			}
		}
	}
	return n == 1 && len(i.by[p]) == 0
}

// underCondition begins a pattern of a condition that asks whether a macro is defined.
const underCondition = `(?m)^[ \t]*#[ \t]*(?:ifndef[ \t]+|(?:el)?if\b[^\n]*\bdefined\b[ \t]*\(?[ \t]*)`

// Defines begins a pattern of the definition of a macro.
const Defines = `(?m)^[ \t]*#[ \t]*define[ \t]+`
