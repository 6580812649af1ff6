package selectors

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// SyntaxDetails is the machine's part of a syntax error. The middle of a long input is left out ([fault.Quoted]).
type SyntaxDetails struct {
	Input    string   `json:"input"`
	Offset   int      `json:"offset"` // bytes, 0-based
	Expected []string `json:"expected"`
}

// maxSelector and maxJSON bound the length in bytes of a selector and of its JSON form, which is longer in canonical
// form, as bytes are escaped there: looking for what a selector may mean takes time.
const (
	maxSelector = 4 * maxJSON
	maxJSON     = 64 << 10
)

// tooLong is the error about a selector that begins as given.
func tooLong(s string, size, limit int) error {
	e := fault.New(fault.BadSelector, "a selector of %d bytes is too long: %s", size, fault.Quoted(s))
	e.Details = SyntaxDetails{Input: fault.Quoted(s), Offset: limit, Expected: []string{"a shorter selector"}}
	return e.WithHint("write at most %d bytes", limit)
}

// Parse reads a selector in a canonical form or in one that people type ([Place], [Named]). Columns of a
// cursor or range are in units of indexing. The error is a [fault.Error] of code BadSelector whose Details are
// [SyntaxDetails].
func Parse(s string, indexing text.Encoding) (Selector, error) {
	if len(s) > maxSelector {
		return nil, tooLong(s, len(s), maxSelector)
	}
	s = pasted(s)
	if hasScheme(s, "file://") {
		s = "file://" + s[len("file://"):]
	}
	if scheme, rest, ok := strings.Cut(s, "://"); ok { // Schemes are case-insensitive (RFC 3986, section 3.1).
		if lower := strings.ToLower(scheme) + "://" + rest; libraryForm.MatchString(lower) {
			s = lower
		}
	}
	p := parser{input: s, indexing: indexing}
	switch {
	case s == "":
		return nil, p.fail(0, "the selector is empty", "a selector")
	case hasScheme(s, "ast://"):
		return p.ast()
	case hasScheme(s, "anchor://"):
		return p.anchor()
	case hasScheme(s, "id:"):
		return p.id()
	}

	if i := strings.Index(s, "://"); i >= 0 && !strings.HasPrefix(s, "file://") && !libraryForm.MatchString(s) {
		if hasScheme(s, "http://") || hasScheme(s, "https://") {
			return nil, p.fail(0, "a link that names no line of a file in a repository",
				"a link such as https://HOST/OWNER/NAME/blob/REV/PATH#L12")
		}
		return p.symbolic(i)
	}
	if p.canonicalPlace() >= 0 {
		return p.located()
	}
	return p.typed()
}

// libraryForm matches the beginning of the URI of a file below a named root, as bundles and reports have it.
var libraryForm = lazyregexp.New(
	`^(?:goroot|gomod|pystdlib|site|pythonpath|cpath|typeshed|node|sysroot|cargo|server|cache):///[^/]`,
)

// canonicalPlace returns the offset of the '@' before a canonical line or range, -1 for none.
func (p *parser) canonicalPlace() int {
	place, _, _ := strings.Cut(p.input, "?")
	found := canonicalPlaceForm.FindAllStringIndex(place, -1)
	if len(found) == 0 || bareLineForm.MatchString(place) {
		return -1
	}
	return found[len(found)-1][0]
}

// hasScheme says whether s begins with a scheme, in any case (RFC 3986, 3.1).
func hasScheme(s, scheme string) bool {
	return len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme)
}

// parser reads one selector. Offsets are in bytes of input.
type parser struct {
	input    string
	indexing text.Encoding
}

// fail returns the error for an input that is malformed at an offset. expected says what could be there instead.
func (p *parser) fail(offset int, what string, expected ...string) error {
	e := fault.New(fault.BadSelector, "%s at byte %d of %q: want %s", what, offset, p.input,
		strings.Join(expected, " or "))
	e.Details = SyntaxDetails{Input: fault.Quoted(p.input), Offset: offset, Expected: expected}
	return e.WithHint("see 'lanser help selectors'")
}

// symbolic reads "scheme://module#Name.path:role" with its parameters. schemeEnd is the offset of "://".
func (p *parser) symbolic(schemeEnd int) (Selector, error) {
	scheme := strings.ToLower(p.input[:schemeEnd])
	lang, ok := langAliases[scheme]
	if !ok {
		lang = Lang(scheme)
	}

	if !ok && !schemeForm.MatchString(scheme) {
		return nil, p.fail(0, fmt.Sprintf("%q is no scheme", p.input[:schemeEnd]), "a language, such as go, py or ts")
	}
	out := Symbolic{Lang: lang, Role: Def}
	start := schemeEnd + len("://")
	hash := strings.IndexByte(p.input[start:], '#')
	if hash < 0 {
		return p.withoutHash(lang, start)
	}
	hash += start
	var err error
	out.Module, err = p.unescape(start, hash)
	if err != nil {
		return nil, err
	}
	if out.Module == "" {
		return nil, p.fail(start, "the module is empty", "a module", "'*' for anywhere")
	}
	out.Module = cleanModule(out.Module)
	end := len(p.input)
	if q := strings.IndexByte(p.input[hash:], '?'); q >= 0 {
		end = hash + q
	}

	symbol, err := p.symbol(hash+1, end)
	if err != nil {
		return nil, err
	}
	out.Names, out.Role = symbol.names, symbol.role
	out.DocVersion, out.Overload = symbol.docVersion, symbol.overload
	return out, nil
}

// withoutHash reads the names after a scheme without a '#' between the module and the symbol, as in
// "py://pkg.mod.load", "py://pkg.mod:Class.method", "rs://crate::sync::Pool" or "go://net/http.Get". Where the
// module ends is determined when the selector is resolved, unless a ':' or a slash shows it.
func (p *parser) withoutHash(lang Lang, start int) (Selector, error) {
	unnamed := p.fail(len(p.input), "no symbol is named", "'#' and a name, as in "+p.input+"#Name")
	rest := &parser{input: p.input[start:], indexing: p.indexing}
	end := rest.typedEnd()
	if strings.Contains(rest.input[:end], "/") && lang != "go" {
		return nil, unnamed // other modules with slashes are files, whose names have dots themselves
	}
	if m := moduleColon.FindStringSubmatch(rest.input[:end]); m != nil && !isRole(m[2]) {
		return (&parser{input: p.input[:start] + m[1] + "#" + m[2] + rest.input[end:], indexing: p.indexing}).
			symbolic(start - len("://"))
	}
	s, err := rest.typedName(end)
	named, _ := s.(Named)
	if err != nil || named.Module == Anywhere && len(named.Names) < 2 || strings.Contains(named.Module, ":") {
		return nil, unnamed
	}
	if named.Module != Anywhere {
		return Symbolic{
			Lang: lang, Module: named.Module, Names: named.Names, Role: named.Role,
			DocVersion: named.DocVersion, Overload: named.Overload,
		}, nil
	}
	named.Lang = lang
	return named, nil
}

// moduleColon matches a module, a single colon and names.
var moduleColon = lazyregexp.New(`^([^:#]+):([^:#]+)$`)

// symbolParts are the parts that a selector of a symbol has after its module.
type symbolParts struct {
	names      []string
	role       Role
	docVersion string
	overload   *int
}

// symbol reads the names of a symbol, from start to end, and the parameters that follow them.
func (p *parser) symbol(start, end int) (out symbolParts, err error) {
	out.names, out.role, err = p.names(start, end)
	if err != nil {
		return out, err
	}
	params, err := p.params(end, "docVersion", "overload")
	out.docVersion, out.overload = params.docVersion, params.overload
	return out, err
}

// schemeForm matches the scheme of a language.
var schemeForm = lazyregexp.New(`^[a-z][a-z0-9]*$`)

// cleanModule makes "./src/a" and "src//a" the same module as "src/a"; "."
// stays, the root package of a Go module.
func cleanModule(m string) string {
	if strings.HasPrefix(m, "/") || m == Anywhere {
		return m
	}
	return path.Clean(m)
}

// names reads the names and the role of a symbol, from start to end. Names are separated by "." or "::"; a single ":"
// begins the role.
func (p *parser) names(start, end int) ([]string, Role, error) {
	var names []string
	role := Def
	for at, i := start, start; i <= end; i++ {
		if i > at {
			i = argumentsEnd(p.input, i, end)
		}
		if i < end && p.input[i] != '.' && p.input[i] != ':' {
			isPrivate := p.input[i] == '#' && i == at && i > start // Store.#count of JavaScript
			if p.input[i] == '#' && !isPrivate {
				return nil, "", p.fail(i, "'#' inside a name", "'.' between two names", "%23")
			}
			if p.input[i] == '"' {
				return nil, "", p.fail(i, `'"' inside a name`, "%22")
			}
			continue
		}

		afterColon := at > start && p.input[at-1] == ':' && (at-2 < start || p.input[at-2] != ':')
		if i == end && afterColon && isRole(p.input[at:end]) {
			role = Role(p.input[at:end])
			break
		}

		name, err := p.unescape(at, i)
		if err != nil {
			return nil, "", err
		}
		if name == "" {
			return nil, "", p.fail(at, "a name is empty", "a name")
		}
		names = append(names, name)
		if i+1 < end && p.input[i:i+2] == "::" {
			i++ // one separator, as C++ and Rust write it
		}
		at = i + 1
	}

	return names, role, nil
}

var (
	canonicalPlaceForm = lazyregexp.New(`@(?:L[0-9]|R\()`)
	bareLineForm       = lazyregexp.New(`^[^@]+@L[0-9]+$`) // a line without a column, as people write it
	cursorForm         = lazyregexp.New(`^L([0-9]+):C([0-9]+)`)
	rangeForm          = lazyregexp.New(`^R\(([0-9]+),([0-9]+)->([0-9]+),([0-9]+)\)`)
)

// located reads a cursor or range in its canonical form.
func (p *parser) located() (Selector, error) {
	end := len(p.input)
	if q := strings.IndexByte(p.input, '?'); q >= 0 {
		end = q
	}

	at := p.canonicalPlace()
	file, err := p.path(0, at)
	if err != nil {
		return nil, err
	}
	rest := p.input[at+1 : end]
	form, want := cursorForm, "Lline:Ccol"
	if rest[0] == 'R' {
		form, want = rangeForm, "R(line,col->line,col)"
	}

	m := form.FindStringSubmatch(rest)
	if m == nil || len(m[0]) != len(rest) {
		return nil, p.fail(at+1, "malformed position", want)
	}
	n := make([]int, len(m)-1)
	for i, digits := range m[1:] {
		n[i], err = strconv.Atoi(digits)
		if err != nil || n[i] < 1 || n[i] > 1<<30 {
			return nil, p.fail(at+1, digits+" is no line or column", "a number from 1")
		}
	}

	params, err := p.params(end, "docVersion")
	if err != nil {
		return nil, err
	}
	if form == cursorForm {
		return Cursor{
			Path: file, Line: n[0], Col: n[1], Indexing: p.indexing, DocVersion: params.docVersion,
		}, nil
	}

	if n[2] < n[0] || n[2] == n[0] && n[3] < n[1] {
		return nil, p.fail(at+1, "the range ends before it starts", "an end at or after the start")
	}
	return Range{
		Path: file, StartLine: n[0], StartCol: n[1], EndLine: n[2], EndCol: n[3],
		Indexing: p.indexing, DocVersion: params.docVersion,
	}, nil
}

var (
	// drivePath and driveOfURI match absolute paths of Windows, as they are and in file URIs.
	drivePath  = lazyregexp.New(`^[A-Za-z]:[/\\]`)
	driveOfURI = lazyregexp.New(`^/[A-Za-z]:(?:/|$)`)
)

// DriveOfURI returns the drive that the path of a file URI of Windows begins with, such as "/C:" of "/C:/src/a.go"; ""
// if it begins with none.
func DriveOfURI(p string) string { return strings.TrimSuffix(driveOfURI.FindString(p), "/") }

// path reads the path in input[start:end]: relative paths are cleaned, absolute
// and Windows ones become file URIs with an upper-case drive letter.
func (p *parser) path(start, end int) (string, error) {
	s, err := p.unescape(start, end)
	if err != nil {
		return "", err
	}
	switch {
	case s == "":
		return "", p.fail(start, "the path is empty", "a path")
	case drivePath.MatchString(s):
		s = "file:///" + strings.ToUpper(s[:1]) + strings.ReplaceAll(s[1:], `\`, "/")
	case libraryForm.MatchString(s):
		scheme, rest, _ := strings.Cut(s, ":///")
		s = scheme + "://" + path.Clean("/"+rest)
		if !libraryForm.MatchString(s) {
			return "", p.fail(start, "the path is empty", "a path")
		}
	case strings.HasPrefix(s, "/"):
		s = "file://" + path.Clean(s)
	case !strings.HasPrefix(s, "file://"):
		s = path.Clean(s)
		if strings.HasPrefix(s, "file:/") || drivePath.MatchString(s) {
			return "", p.fail(start, "malformed path", "a relative path", "file:///path")
		}
	}

	if rest, isURI := strings.CutPrefix(s, "file://"); isURI {
		drive := DriveOfURI(rest)
		s = "file://" + strings.ToUpper(drive) + rest[len(drive):]
	}
	return s, nil
}

// paramValues are the values of the parameters; the zero value of each means that it is not given.
type paramValues struct {
	docVersion, hash string
	overload         *int
	ctx, near        int
}

var (
	// docVersionForm and hashForm match the values of these parameters.
	docVersionForm = lazyregexp.New(`^(git:.+|sha256:[0-9a-f]{64})$`)
	hashForm       = lazyregexp.New(`^sha1:[0-9a-f]{40}$`)
)

// maxCtx bounds the window of an anchor, in code points.
const maxCtx = 10_000

// params reads what follows offset start, which is the end or a '?'.
func (p *parser) params(start int, allowed ...string) (out paramValues, err error) {
	if start == len(p.input) {
		return out, nil
	}
	if p.input[start] != '?' {
		return out, p.fail(start, "something follows the selector", "'?' and parameters", "the end")
	}
	seen := map[string]bool{}
	for at := start + 1; at <= len(p.input); {
		end := len(p.input)
		if i := strings.IndexByte(p.input[at:], '&'); i >= 0 {
			end = at + i
		}

		key, _, ok := strings.Cut(p.input[at:end], "=")
		if !ok || seen[key] || !slices.Contains(allowed, key) {
			return out, p.fail(at, fmt.Sprintf("parameter %q", key),
				"one of "+strings.Join(allowed, ", ")+", once, with a value")
		}
		seen[key] = true
		at += len(key) + 1
		value, err := p.unescape(at, end)
		if err != nil {
			return out, err
		}
		if err := p.param(&out, key, value, at); err != nil {
			return out, err
		}
		at = end + 1
	}

	return out, nil
}

// param reads the value of one parameter, which stands at offset at.
func (p *parser) param(out *paramValues, key, value string, at int) (err error) {
	switch key {
	case "overload":
		out.overload = new(int)
		*out.overload, err = p.number(value, at, "overload", 0, 1<<30)
	case "ctx":
		out.ctx, err = p.number(value, at, "ctx", 1, maxCtx)
	case "near":
		out.near, err = p.number(value, at, "near", 1, 1<<30)
	case "hash":
		out.hash = strings.ToLower(value)
		if !hashForm.MatchString(out.hash) {
			err = p.fail(at, "hash "+strconv.Quote(value), "sha1: and 40 hex digits")
		}
	case "docVersion":
		out.docVersion = value
		if !docVersionForm.MatchString(value) {
			err = p.fail(at, "docVersion "+strconv.Quote(value), "git:REV", "sha256: and 64 hex digits")
		}
	}
	return err
}

// number reads a number of a parameter. at is its offset, and what its name.
func (p *parser) number(s string, at int, what string, least, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most || s[0] == '+' {
		return 0, p.fail(at, what+" "+strconv.Quote(s), fmt.Sprintf("a number from %d to %d", least, most))
	}
	return n, nil
}

var (
	// namedStep and indexedStep match a step of an AST path.
	namedStep   = lazyregexp.New(`^\[([a-z]+)=([^\]\[?#"]+)\]`)
	indexedStep = lazyregexp.New(`^([A-Za-z_][A-Za-z0-9_]*)\[([0-9]{1,9})\]`)
)

// ast reads "ast://[kind=name]/node[index]" with its parameters. No named step may follow an indexed one.
func (p *parser) ast() (Selector, error) {
	out := AST{}
	at := len("ast://")
	for indexed := false; ; at++ {
		rest := p.input[at:]
		if m := namedStep.FindStringSubmatch(rest); m != nil && !indexed {
			if !IsKind(Kind(m[1])) {
				return nil, p.fail(at+1, fmt.Sprintf("unknown kind %q", m[1]), "one of "+KindNames())
			}
			name, err := p.unescape(at+len(m[1])+2, at+len(m[0])-1)
			if err != nil {
				return nil, err
			}
			out.Steps = append(out.Steps, Step{Kind: m[1], Name: name})
			at += len(m[0])
		} else if m := indexedStep.FindStringSubmatch(rest); m != nil && len(out.Steps) > 0 {
			i, _ := strconv.Atoi(m[2]) // at most nine digits
			out.Steps = append(out.Steps, Step{Kind: m[1], Index: i})
			indexed = true
			at += len(m[0])
		} else {
			return nil, p.fail(at, "no step", "[kind=name]", "kind[INDEX] after a named step")
		}
		if at == len(p.input) || p.input[at] != '/' {
			break
		}
	}

	params, err := p.params(at, "docVersion")
	if err != nil {
		return nil, err
	}
	if m := &out.Steps[0]; m.Kind == string(KindModule) {
		m.Name = cleanModule(m.Name)
	}

	out.DocVersion = params.docVersion
	return out, nil
}

// anchor reads anchor://path#"snippet" with its parameters.
func (p *parser) anchor() (Selector, error) {
	start := len("anchor://")
	hash := strings.IndexByte(p.input[start:], '#')
	if hash < 0 {
		return nil, p.fail(len(p.input), "no text is given", `'#' and a quoted snippet`)
	}
	hash += start
	file, err := p.path(start, hash)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(p.input[hash+1:], `"`) {
		return nil, p.fail(hash+1, "the snippet is not quoted", `'"'`)
	}
	snippet, end, err := p.quoted(hash + 2)
	if err != nil {
		return nil, err
	}
	if snippet == "" {
		return nil, p.fail(hash+2, "the snippet is empty", "text")
	}
	v, err := p.params(end, "ctx", "docVersion", "hash", "near")
	if err != nil {
		return nil, err
	}
	return Anchor{
		Path: file, Snippet: snippet, Ctx: v.ctx, Hash: v.hash, Near: v.near, DocVersion: v.docVersion,
	}, nil
}

// quoted reads from after the opening quote; end is the offset after the closing
// one. A quote inside may be written \" too.
func (p *parser) quoted(start int) (s string, end int, err error) {
	var b strings.Builder
	for at := start; at < len(p.input); {
		stop := strings.IndexAny(p.input[at:], `"\`)
		if stop < 0 {
			break
		}
		piece, err := p.unescape(at, at+stop)
		if err != nil {
			return "", 0, err
		}
		b.WriteString(piece)
		at += stop
		switch {
		case p.input[at] == '"':
			return b.String(), at + 1, nil
		case strings.HasPrefix(p.input[at:], `\"`):
			b.WriteByte('"')
			at += 2
		default:
			b.WriteByte('\\')
			at++
		}
	}
	return "", 0, p.fail(len(p.input), "the snippet does not end", `'"'`)
}

// idForm matches the digits of a symbolId.
var idForm = lazyregexp.New(`^[0-9a-f]{32}$`)

// id reads "id:HEX".
func (p *parser) id() (Selector, error) {
	hex := strings.ToLower(p.input[len("id:"):])
	if !idForm.MatchString(hex) {
		return nil, p.fail(len("id:"), "malformed symbolId", "32 hex digits")
	}
	return ID{Hex: hex}, nil
}

// unescape decodes the percent-encoding of input[start:end] and refuses what no
// canonical form would hold: bad escapes, invalid UTF-8 and control characters
// that are not escaped.
func (p *parser) unescape(start, end int) (string, error) {
	var b strings.Builder
	for i := start; i < end; {
		if p.input[i] != '%' {
			r, n := decodeRune(p.input[i:end])
			if r < ' ' || r == 0x7f {
				return "", p.fail(i, "a control character or invalid UTF-8", fmt.Sprintf("%%%02X", p.input[i]))
			}
			b.WriteString(p.input[i : i+n])
			i += n
			continue
		}

		if i+3 > end {
			return "", p.fail(i, "a cut escape", "% and two hex digits")
		}
		v, err := strconv.ParseUint(p.input[i+1:i+3], 16, 8)
		if err != nil {
			return "", p.fail(i, fmt.Sprintf("escape %q", p.input[i:i+3]), "% and two hex digits")
		}
		b.WriteByte(byte(v))
		i += 3
	}
	return b.String(), nil
}

// decodeRune is utf8.DecodeRuneInString that yields -1 for an invalid byte.
func decodeRune(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n <= 1 {
		return -1, 1
	}
	return r, n
}
