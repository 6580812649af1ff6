package selectors

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// Place is a place as people and tools write it: "path:12:7", or "path:12" for the declaration on that line or
// otherwise its first name, or "path:12-20" for the declaration on these lines. [Resolve] converts it to a [Cursor].
type Place struct {
	Path       string // as in [Cursor]
	Line       int    // 1-based
	EndLine    int    // the last of several lines; 0 for one line, and where there is a column
	Col        int    // 1-based, in units of Indexing; 0 for none
	Indexing   text.Encoding
	DocVersion string
}

// Named is a symbol as people write one, without its language or without the '#' after its module: "Store.Get",
// "src/store.go#Store.Get", "pkg.mod#f", "py://pkg.mod.f". [Resolve] converts it to a [Symbolic] of the language that
// has such a symbol.
type Named struct {
	Lang       Lang     // "" if it is not written; with a language, Module is Anywhere
	Module     string   // a module or the path of a file, as in [Cursor]; Anywhere for none
	Names      []string // outermost first, never empty
	Role       Role
	Overload   *int // as in [Symbolic]
	DocVersion string
}

func (Place) isSelector() {}
func (Named) isSelector() {}

// IsTyped reports whether a selector is in a form that people type. It has no canonical form and no [PositionSpec]
// before it is resolved.
func IsTyped(s Selector) bool {
	switch s.(type) {
	case Place, Named:
		return true
	}
	return false
}

// String returns "path:line:col", "path:line" or "path:line-line" with its parameters.
func (p Place) String() string {
	readable := p.format(escapeTypedPath)
	if again, err := Parse(readable, p.Indexing); err == nil && again == Selector(p) {
		return readable
	}
	return p.format(escapeWholePath) // one of the forms that people paste looks like it
}

// format returns the selector with its path escaped by escapePath.
func (p Place) format(escapePath func(path string) string) string {
	out := escapePath(p.Path) + ":" + strconv.Itoa(p.Line)
	if p.Col > 0 {
		out += ":" + strconv.Itoa(p.Col)
	} else if p.EndLine > 0 {
		out += "-" + strconv.Itoa(p.EndLine)
	}
	return out + formatParams("docVersion", p.DocVersion)
}

// String returns "Name.path", "module#Name.path" or "scheme://Name.path" with its role and parameters.
func (n Named) String() string {
	readable := n.format(escapeTypedName, escapeTypedModule)
	if IsNameless(n) {
		readable = n.format(escapeTypedPath, escapeTypedModule)
	}
	if again, err := Parse(readable, text.UTF16); err == nil && reflect.DeepEqual(again, n) {
		return readable
	}
	return n.format(escapeAll, escapeWholePath) // one of the forms that people paste looks like it
}

// escapeWholePath encodes all of a path but letters and digits of ASCII, slashes, and the scheme of a URI. An "r" at
// its end is encoded too: before the '#' that follows, it would be the prefix of a raw name of Rust.
func escapeWholePath(p string) string {
	scheme, rest, isURI := strings.Cut(p, ":///")
	if !isURI {
		rest = p
	}
	elements := strings.Split(rest, "/")
	for i, e := range elements {
		elements[i] = escapeAll(e)
	}
	escaped := strings.Join(elements, "/")
	if front, ok := strings.CutSuffix(escaped, "r"); ok {
		escaped = front + "%72"
	}
	if isURI {
		return scheme + ":///" + escaped
	}
	return escaped
}

// escapeAll encodes all but letters and digits of ASCII.
func escapeAll(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// format returns the selector with each name escaped by escapeName, and the module by escapeModule.
func (n Named) format(escapeName, escapeModule func(string) string) string {
	names := make([]string, len(n.Names))
	for i, name := range n.Names {
		names[i] = escapeName(name)
	}

	out := strings.Join(names, ".")
	if n.Lang != "" {
		out = string(n.Lang) + "://" + out
	}
	if n.Module != Anywhere {
		if lineFragment.MatchString(out) {
			out = fmt.Sprintf("%%%02X", out[0]) + out[1:] // "path#L12" is a line
		}
		out = escapeModule(n.Module) + "#" + out
	}

	if n.Role != Def && n.Role != "" {
		out += ":" + string(n.Role)
	}
	return out + Symbolic{Overload: n.Overload, DocVersion: n.DocVersion}.params()
}

// escapeTypedName encodes what would end a name or begin something else.
func escapeTypedName(name string) string { return escape(name, nameReserved+`()@\`) }

// escapeTypedPath encodes '@' too, which would begin a canonical place, and every ':' of a file URI,
// which would begin a line.
func escapeTypedPath(p string) string {
	if libraryForm.MatchString(p) {
		scheme, rest, _ := strings.Cut(p, ":///")
		return scheme + ":///" + escape(rest, pathReserved+"@")
	}
	rest, isURI := strings.CutPrefix(p, "file://")
	escaped := escape(rest, pathReserved+"@")
	if isURI {
		return "file://" + escaped
	}
	return escaped
}

// escapeTypedModule leaves "::" as Rust's users write it, unless the whole would read as a scheme. A dot
// at the end would make a private name of what follows.
func escapeTypedModule(m string) string {
	escaped := escapeTypedPath(m)
	if front, ok := strings.CutSuffix(escaped, "."); ok {
		escaped = front + "%2E"
	}
	readable := strings.ReplaceAll(escaped, "%3A%3A", "::")
	if hasScheme(readable, "id:") || strings.Contains(readable, "://") {
		return escaped
	}
	return readable
}

var (
	// placeForm matches the forms in which compilers, grep, editors and links write a place. Its groups are the
	// path, and the line, the column and the last line in each of the forms.
	placeForm = lazyregexp.New(
		`^(.+?)(?:` +
			`:L?([0-9]+)(?:[:,.]([0-9]+))?(?:-L?([0-9]+)(?:[:,.][0-9]+)?)?:?|` +
			`\(([0-9]+)(?:,([0-9]+))?(?:-([0-9]+)(?:,[0-9]+)?)?\):?|` +
			`[#@]L([0-9]+)(?:C([0-9]+))?(?:-L?([0-9]+)(?:C[0-9]+)?)?)$`,
	)
	lineFragment = lazyregexp.New(`^L?[0-9]`)
	// receiverForm matches the receiver of a Go method in stack traces: (*Store).Get.
	receiverForm = lazyregexp.New(`(^|[.:#/])\(\*?([^()*]+)\)\.`)
	// privateForm matches a private name of JavaScript, in which # is a part of the name and not a separator.
	privateForm = lazyregexp.New(`(^|\.)#([^\d\W])`)
)

// typed reads a selector that has neither a scheme nor the canonical form of a place.
func (p *parser) typed() (Selector, error) {
	end := p.typedEnd()
	if m := placeForm.FindStringSubmatch(p.input[:end]); m != nil {
		return p.typedPlace(m, end)
	}
	tidy := bareName(receiverForm.ReplaceAllString(p.input[:end], "$1$2."))
	tidy = privateForm.ReplaceAllString(tidy, "$1%23$2")
	p = &parser{input: tidy + p.input[end:], indexing: p.indexing}
	return p.typedName(len(tidy))
}

// typedEnd returns the offset of the parameters. A '?' at the end does not begin any, because names of Ruby may end
// with it.
func (p *parser) typedEnd() int {
	q := strings.IndexByte(p.input, '?')
	if q < 0 || q == len(p.input)-1 {
		return len(p.input)
	}
	return q
}

// typedPlace reads a place as compilers and other tools print it. m are the groups of placeForm; the parameters begin
// at end.
func (p *parser) typedPlace(m []string, end int) (Selector, error) {
	path, err := p.path(0, len(m[1]))
	if err != nil {
		return nil, err
	}
	out := Place{Path: path, Indexing: p.indexing}
	number := func(digits string) int {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > 1<<30 {
			return 0
		}
		return n
	}
	for i := 2; i < len(m); i += 3 { // line, column and last line of each spelling
		if m[i] == "" {
			continue
		}
		out.Line = number(m[i])
		hasColumn, hasEnd := m[i+1] != "", m[i+2] != ""
		if hasColumn {
			out.Col = number(m[i+1])
		}
		if hasEnd && !hasColumn {
			out.EndLine = number(m[i+2])
		}
		if out.Line == 0 || hasColumn && out.Col == 0 || hasEnd && !hasColumn && out.EndLine == 0 {
			return nil, p.fail(len(m[1])+1, "that is no line or column", "a number from 1")
		}
		if hasEnd && !hasColumn && out.EndLine < out.Line {
			return nil, p.fail(len(m[1])+1, "the lines end before they start", "an end at or after the start")
		}
		if out.EndLine == out.Line {
			out.EndLine = 0
		}
	}

	params, err := p.params(end, "docVersion")
	if err != nil {
		return nil, err
	}
	out.DocVersion = params.docVersion
	return out, nil
}

// typedName reads a name such as Store.load or src/app#Store.load. Parameters begin at end.
func (p *parser) typedName(end int) (Selector, error) {
	out := Named{Module: Anywhere, Role: Def}
	start, moduleEnd := p.typedModule(end)
	if moduleEnd > 0 {
		module, err := p.unescape(0, moduleEnd)
		if err != nil {
			return nil, err
		}
		if isAbsolute(module) {
			module, err = p.path(0, moduleEnd)
			if err != nil {
				return nil, err
			}
		} else if module != "" {
			module = cleanModule(module)
			if isAbsolute(module) {
				return nil, p.fail(0, "malformed path", "a relative path", "file:///path")
			}
		}
		out.Module = module
	}

	if start == end && moduleEnd > 0 || start > end {
		return p.nameless(end)
	}

	if i := p.spaceInName(start, end); i >= 0 {
		return nil, p.fail(i, "a space inside a name", "a name such as Type.method", "path:line", "%20")
	}
	dotted := *p // Class#method is Class.method; of Class.#secret, the '#' is part of the name
	for i := start + 1; i < end; i++ {
		if p.input[i] == '#' && dotted.input[i-1] != '.' {
			dotted.input = dotted.input[:i] + "." + dotted.input[i+1:]
		}
	}
	symbol, err := dotted.symbol(start, end)
	if err != nil {
		return nil, err
	}
	out.Names, out.Role = symbol.names, symbol.role
	out.DocVersion, out.Overload = symbol.docVersion, symbol.overload
	return out, nil
}

// spaceInName returns the offset of a space outside of the arguments of a name, -1 for none.
func (p *parser) spaceInName(start, end int) int {
	for i := start; i < end; i++ {
		if i > start {
			i = argumentsEnd(p.input, i, end)
		}
		if i < end && strings.IndexByte(" \t\n", p.input[i]) >= 0 {
			return i
		}
	}
	return -1
}

// isAbsolute reports whether a path is absolute here or on Windows, a URI, or below a named root.
func isAbsolute(path string) bool {
	return strings.HasPrefix(path, "/") || strings.HasPrefix(path, "file://") ||
		drivePath.MatchString(path) || libraryForm.MatchString(path)
}

// nameless reads the path of a file, a module or a folder, without a name in it: what it means decides which error is
// the answer. A path that ends with '#' is missing its name.
func (p *parser) nameless(end int) (Selector, error) {
	written, isCut := strings.CutSuffix(p.input[:end], "#")
	if isCut || written == "" || !strings.ContainsAny(written, `/\`) || end < len(p.input) {
		return nil, p.noName(end, written)
	}
	path, err := p.unescape(0, end)
	if err != nil {
		return nil, err
	}
	return Named{Module: Anywhere, Names: []string{path}, Role: Def}, nil
}

// noName returns the error for a path that ends with '#', and for one with parameters.
func (p *parser) noName(end int, written string) error {
	return p.fail(end, "this names a file or a module, and nothing in it",
		fmt.Sprintf("a symbol, as %s#Name", written), fmt.Sprintf("a line, as %s:12", written))
}

// FormerNameless returns the error for a path alone in traces before version 19, which did not look at the workspace.
func FormerNameless(s Selector) error {
	written := s.String()
	return (&parser{input: written}).noName(len(written), written)
}

// IsNameless reports whether a selector is a path alone. It names nothing, so that [Resolve] returns an error.
func IsNameless(s Selector) bool {
	n, ok := s.(Named)
	return ok && n.Module == Anywhere && n.Lang == "" && len(n.Names) == 1 && strings.ContainsAny(n.Names[0], `/\`)
}

// typedModule returns where the names begin and where the module before them ends, which is 0 for none.
// A '#' separates them, or "::" after a path ("tests/test_a.py::TestA::test_b"), or the first dot after
// the last slash ("net/http.Server.Serve"). start is greater than end where nothing follows a path.
func (p *parser) typedModule(end int) (start, moduleEnd int) {
	written := p.input[:end]
	if i := strings.IndexByte(written, '#'); i >= 0 {
		return i + 1, i
	}
	slash := strings.LastIndexAny(written, `/\`)
	if i := strings.Index(written, "::"); i >= 0 && strings.ContainsAny(written[:i], `/\`) {
		return i + 2, i
	}
	if slash < 0 {
		return 0, 0
	}
	if written[slash] == '\\' && !strings.ContainsAny(written[slash:], ".:") {
		return slash + 1, slash // a namespace of PHP
	}
	dot := strings.IndexAny(written[slash:], ".:")
	if dot < 0 {
		return end + 1, end
	}
	return slash + dot + 1, slash + dot
}
