package cbuild

import (
	"bytes"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// A Context is how a server reads a header as a source of the compilation database does that includes it.
type Context struct {
	// Alone reads the header with the flags of the source, Before after what the source includes and defines before
	// it, and Whole after the whole file that leads to it, which clangd reads without the header. Before is empty if
	// nothing comes before, and Whole too if it is not known what leads to the header.
	Alone, Before, Whole Command
	// Decides is true if what comes before may decide which parts of the header are read. Varies is true if more than
	// one source includes it then: the server's index has the header as one of them reads it, and no order among them
	// is certain.
	Decides, Varies bool
}

// Contexts returns a function that tells how the server is made to read a header as a source of the compilation
// database does that includes it. A header may name what only its includers have included, as
//
//	int area(struct rect *r);
//
// does, where rect.h is included first. The source is the first in order of path that includes the header, itself or
// through others. What it includes under a condition, what it declares itself, and macros that the header defines too
// are left out. ok is false if no such source is known. The function reads the databases once, and remembers
// what it returns; it is not safe for concurrent use.
func Contexts(v project.View) func(header string) (c Context, ok bool) {
	type memo struct {
		context Context
		ok      bool
	}
	known := map[string]memo{}
	databases := sync.OnceValue(func() map[string]string { return Databases(v) })
	together := sync.OnceValue(func() *inclusions { return filesTogether(v) })
	return func(header string) (Context, bool) {
		if !IsHeader(header) {
			return Context{}, false
		}
		m, isKnown := known[header]
		if dir, ok := project.NearestAbove(databases(), header); ok && !isKnown {
			commands, _ := commandsIn(v, databases()[dir])
			m.context, m.ok = contextOf(v, together(), commands, header)
		}
		known[header] = m
		return m.context, m.ok
	}
}

// contextOf is [Contexts] for one header and the commands of its database.
func contextOf(
	v project.View, together *inclusions, commands []Command, header string,
) (c Context, ok bool) {
	includers := project.Reach(together.by, header)
	var from Command
	var of []Command // by which the header is compiled
	for _, c := range commands {
		if c.file == header {
			return Context{}, false
		}
		if includers[c.file] {
			of = append(of, c)
		}
		isBefore := from.file == "" || c.file < from.file
		isKnown := project.Has(v, c.file) && filepath.IsAbs(c.Dir) && headerLanguages[Language(c.file)] != ""
		if includers[c.file] && isBefore && isKnown {
			from = c
		}
	}
	if from.file == "" || len(from.Argv) == 0 {
		return Context{}, false
	}
	c.Decides = decidesOn(v, together, header, of)
	c.Varies = c.Decides && len(of) > 1
	c.Alone = headerCommand(v, from, nil, header)
	before, whole := flagsBefore(v, together, from.file, header, includers)
	if len(before) > 0 {
		c.Before = headerCommand(v, from, before, header)
	}
	if len(whole) > 0 {
		c.Whole = headerCommand(v, from, whole, header)
	}
	return c, true
}

// headerCommand returns the command of a source for a header that it includes, with the flags for what comes before.
func headerCommand(v project.View, source Command, before []string, header string) Command {
	argv, flags := []string{source.Argv[0]}, meaning(source.Argv)
	for _, w := range flags {
		file := w
		if !filepath.IsAbs(file) {
			file = filepath.Join(source.Dir, w)
		}
		if p, isLocal := beneath.Local(v.Root(), file); !isLocal || p != source.file {
			argv = append(argv, w)
		}
	}
	if !slices.Contains(flags, "-x") {
		argv = append(argv, "-x", headerLanguages[Language(source.file)])
	}
	argv = append(argv, before...)
	argv = append(argv, filepath.Join(v.Root(), filepath.FromSlash(header)))
	return Command{Dir: source.Dir, Argv: argv, file: header}
}

// decidesOn reports whether the files or the commands that a header is compiled with may decide which parts of it are
// read: one of them defines a macro that a condition of the header tests, and the header does not include it.
func decidesOn(v project.View, together *inclusions, header string, commands []Command) bool {
	tested := decidingMacros(v, header)
	if tested == nil {
		return false
	}
	own := project.Reach(together.of, header)
	for f := range together.unitsWith(v, header).files {
		if own[f] {
			continue
		}
		defines := macrosOf(v, f)
		for name := range tested {
			if defines[name] {
				return true
			}
		}
	}
	byFlag := map[string]bool{}
	for i, c := range commands {
		now := map[string]bool{}
		for _, w := range c.Argv {
			if m := macroFlag.FindStringSubmatch(w); m != nil && tested[m[1]] {
				now[w] = true
			}
		}
		if i > 0 && !maps.Equal(now, byFlag) {
			return true
		}
		byFlag = now
	}
	return false
}

// macrosOf returns the macros that a file defines, under any condition.
func macrosOf(v project.View, file string) map[string]bool {
	type key struct{}
	return project.ReadOnce(v, file, key{}, func(src []byte) map[string]bool {
		macros := map[string]bool{}
		for lines := range linesAround(src, "define") {
			for _, m := range defined.FindAllSubmatch(lines, -1) {
				macros[string(m[1])] = true
			}
		}
		return macros
	})
}

var (
	macroName = lazyregexp.New(`\b[A-Za-z_]\w*`)
	// macroFlag matches a flag that defines a macro, or ends its definition. Its group is the macro.
	macroFlag = lazyregexp.New(`^-[DU](\w+)`)
)

// headerLanguages maps the LanguageID of a source to clang's name of the language of its headers.
var headerLanguages = map[string]string{"c": "c-header", "cpp": "c++-header"}

// flagsBefore returns the flags of [Context.Before] and [Context.Whole] for a header that a source includes. includers
// holds the files that include the header, themselves or through others.
func flagsBefore(v project.View, together *inclusions, source, header string, includers map[string]bool,
) (before, whole []string) {
	for _, conditional := range []bool{false, true} {
		w := includeWalk{
			v: v, together: together, header: header, includers: includers, conditional: conditional,
			seen: map[string]bool{source: true},
		}
		if w.walk(source) {
			return slices.Concat(w.defines, w.includes), w.whole
		}
	}
	return nil, nil // a macro names it
}

// includeWalk goes through the directives of a source and of the files that it includes, as a preprocessor does that
// reads each file once, up to the one that includes a header.
type includeWalk struct {
	v           project.View
	together    *inclusions
	header      string
	includers   map[string]bool
	conditional bool // directives that a condition rules lead to the header too
	seen        map[string]bool

	defines, includes []string // flags for what comes before
	whole             []string // flags for the file that the source includes, and that leads to the header
}

// walk goes through the directives of a file, and reports whether they lead to the header.
func (w *includeWalk) walk(file string) (found bool) {
	for _, d := range directivesIn(w.v, file) {
		if d.define != "" {
			if !macrosOf(w.v, w.header)[d.name] {
				w.defines = append(w.defines, "-D"+d.define)
			}
			continue
		}
		next := fileOfInclude(w.v, w.together.of[file], file, d.include)
		mayLead := w.conditional || !d.conditional
		includes, defines := len(w.includes), len(w.defines)
		if mayLead && next == w.header {
			w.leadBy(includes, file)
			return true
		}
		if mayLead && next != "" && w.includers[next] && !w.seen[next] {
			w.seen[next] = true
			if w.walk(next) {
				w.leadBy(includes, next)
				return true
			}
			w.includes, w.defines = w.includes[:includes], w.defines[:defines]
		}
		if !d.conditional {
			w.includes = append(w.includes, "-include", w.named(file, d.include))
		}
	}
	return false
}

// leadBy notes the file that leads to the header, after a number of flags for files. The last call is for the file that
// the source includes, or for the source if it includes the header itself.
func (w *includeWalk) leadBy(includes int, file string) {
	w.whole = append(slices.Clone(w.includes[:includes]), "-ferror-limit=0", "-include", w.absolute(file))
}

// named returns the name of an included file for a flag. It is an absolute path if the file is found from the folder of
// the directive, as "a.h" is beside its source. Otherwise it is the name in the directive, such as stdio.h.
func (w *includeWalk) named(file, name string) string {
	if beside := path.Join(path.Dir(file), name); project.Has(w.v, beside) {
		return w.absolute(beside)
	}
	return name
}

// absolute returns the absolute path of a file of the workspace.
func (w *includeWalk) absolute(file string) string {
	return filepath.Join(w.v.Root(), filepath.FromSlash(file))
}

// fileOfInclude returns the file that an include directive of a file names among those with its base name; "" if it is
// none of the workspace.
func fileOfInclude(v project.View, candidates []string, from, name string) string {
	if beside := path.Join(path.Dir(from), name); project.Has(v, beside) {
		return beside
	}
	isNamed := func(f string) bool { return f == path.Clean(name) || hasSuffixPath(f, path.Clean(name)) }
	if i := slices.IndexFunc(candidates, isNamed); i >= 0 {
		return candidates[i]
	}
	return ""
}

// hasSuffixPath reports whether a path ends in the elements of another.
func hasSuffixPath(p, suffix string) bool {
	n := len(p) - len(suffix)
	return n > 0 && p[n:] == suffix && p[n-1] == '/'
}

// A preceding directive brings a file, by its name in the directive, or a macro, as the flag -D takes it and by its
// name.
type preceding struct {
	include, define, name string
	conditional           bool // besides the condition that keeps a header from being included twice
}

// directivesIn is [directivesOf] of a file, which is read once for all headers.
func directivesIn(v project.View, file string) []preceding {
	type key struct{}
	return project.ReadOnce(v, file, key{}, directivesOf)
}

// directivesOf returns the directives of a source that include files, and those that define macros under no condition
// in one line.
func directivesOf(src []byte) (out []preceding) {
	depth, guard, guarding := 0, 0, ""
	isFirst := true
	for line := range bytes.Lines(src) {
		if !bytes.ContainsAny(line, "#%?") {
			continue // no directive
		}
		if m := conditionLine.FindSubmatch(line); m != nil {
			switch word := string(m[1]); word {
			case "endif":
				depth--
				guard = min(guard, depth)
			case "if", "ifdef", "ifndef":
				depth++
				name := bytes.TrimSpace(m[2])
				isGuard := isFirst && (word == "ifndef" || bytes.HasPrefix(name, []byte("!defined")))
				if isGuard && definesAfter(src, name) {
					guard, guarding = 1, macroOf(name)
				}
			}
			isFirst = false
			continue
		}
		m := defineLine.FindSubmatch(line)
		isWhole := m != nil && !bytes.HasSuffix(bytes.TrimSpace(line), []byte("\\"))
		if isWhole && depth == guard && string(m[1]) != guarding {
			value := string(m[1]) + string(m[2]) + "=" + string(bytes.TrimSpace(m[3]))
			out = append(out, preceding{define: value, name: string(m[1])})
		}
		names, _ := inclusionsIn(line)
		for _, name := range names {
			out = append(out, preceding{include: name, conditional: depth != guard})
		}
	}
	return out
}

// defineLine matches a line that defines a macro. Its groups are the name, the parameters and the value.
var defineLine = lazyregexp.New(`^[ \t]*(?:#|%:|\?\?=)[ \t]*define[ \t]+(\w+)(\([^()\n]*\))?(.*)`)

// conditionLine matches a line with a directive that begins, continues or ends a condition. Its groups are the
// directive and what follows.
var conditionLine = lazyregexp.New(
	`^[ \t]*(?:#|%:|\?\?=)[ \t]*(if|ifdef|ifndef|elif|elifdef|elifndef|else|endif)\b(.*)`,
)
