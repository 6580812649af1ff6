package selectors

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// SyntaxDetails is the machine's part of a syntax error.
type SyntaxDetails struct {
	Input    string   `json:"input"`
	Offset   int      `json:"offset"` // bytes, 0-based
	Expected []string `json:"expected"`
}

// Parse reads a selector. Columns of a cursor or range are in units of
// indexing. The error is a [fault.Error] of code BadSelector whose Details are
// [SyntaxDetails].
func Parse(s string, indexing text.Encoding) (Selector, error) {
	p := parser{input: s, indexing: indexing}
	switch {
	case s == "":
		return nil, p.fail(0, "the selector is empty", "a selector")
	case strings.HasPrefix(s, "ast://"), strings.HasPrefix(s, "anchor://"), strings.HasPrefix(s, "id:"):
		form, _, _ := strings.Cut(s, ":")
		return nil, p.fail(0, form+" selectors are not resolved by this version", "a symbolic selector", "path@Lline:Ccol")
	}
	if i := strings.Index(s, "://"); i >= 0 && !strings.HasPrefix(s, "file://") {
		return p.symbolic(i)
	}
	return p.located()
}

type parser struct {
	input    string
	indexing text.Encoding
}

func (p *parser) fail(offset int, what string, expected ...string) error {
	e := fault.New(fault.BadSelector, "%s at byte %d of %q: want %s", what, offset, p.input, strings.Join(expected, " or "))
	e.Details = SyntaxDetails{p.input, offset, expected}
	return e.WithHint("see 'lanser help selectors'")
}

func (p *parser) symbolic(schemeEnd int) (Selector, error) {
	lang, ok := langAliases[strings.ToLower(p.input[:schemeEnd])]
	if !ok {
		return nil, p.fail(0, fmt.Sprintf("unknown language %q", p.input[:schemeEnd]), schemes()...)
	}
	out := Symbolic{Lang: lang, Role: Def}
	start := schemeEnd + len("://")
	hash := strings.IndexByte(p.input[start:], '#')
	if hash < 0 {
		return nil, p.fail(len(p.input), "no symbol is named", "'#' and a name, as in "+p.input+"#Name")
	}
	hash += start
	var err error
	if out.Module, err = p.unescape(start, hash); err != nil {
		return nil, err
	}
	if out.Module == "" {
		return nil, p.fail(start, "the module is empty", "a module", "'*' for anywhere")
	}
	if lang == TypeScript || lang == Go {
		out.Module = cleanModule(out.Module)
	}
	end := len(p.input)
	if q := strings.IndexByte(p.input[hash:], '?'); q >= 0 {
		end = hash + q
	}
	if out.Names, out.Role, err = p.names(hash+1, end); err != nil {
		return nil, err
	}
	params, err := p.params(end, "docVersion", "overload")
	if err != nil {
		return nil, err
	}
	out.DocVersion, out.Overload = params.docVersion, params.overload
	return out, nil
}

func schemes() []string {
	out := make([]string, len(Langs))
	for i, l := range Langs {
		out[i] = string(l) + "://"
	}
	return out
}

// cleanModule makes "./src/a" and "src//a" the same module as "src/a"; "."
// stays, the root package of a Go module.
func cleanModule(m string) string {
	if strings.HasPrefix(m, "/") || m == Anywhere {
		return m
	}
	return path.Clean(m)
}

func (p *parser) names(start, end int) ([]string, Role, error) {
	var names []string
	role := Def
	for at, i := start, start; i <= end; i++ {
		if i < end && p.input[i] != '.' && p.input[i] != ':' {
			if p.input[i] == '#' || p.input[i] == '"' {
				return nil, "", p.fail(i, fmt.Sprintf("%q inside a name", p.input[i]), fmt.Sprintf("%%%02X", p.input[i]))
			}
			continue
		}
		if i == end && at > start && p.input[at-1] == ':' && isRole(p.input[at:end]) {
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
		at = i + 1
	}
	return names, role, nil
}

var (
	cursorForm = regexp.MustCompile(`^L([0-9]+):C([0-9]+)`)
	rangeForm  = regexp.MustCompile(`^R\(([0-9]+),([0-9]+)->([0-9]+),([0-9]+)\)`)
)

func (p *parser) located() (Selector, error) {
	end := len(p.input)
	if q := strings.IndexByte(p.input, '?'); q >= 0 {
		end = q
	}
	at := max(strings.LastIndex(p.input[:end], "@L"), strings.LastIndex(p.input[:end], "@R("))
	if at < 0 {
		return nil, p.fail(end, "this is neither a place in a file nor a symbol",
			"path@Lline:Ccol", fmt.Sprintf("go://*#%s (or py://, ts://)", escape(p.input, nameReserved+"/")))
	}
	file, err := p.path(at)
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
		if n[i], err = strconv.Atoi(digits); err != nil || n[i] < 1 || n[i] > 1<<30 {
			return nil, p.fail(at+1, digits+" is no line or column", "a number from 1")
		}
	}
	params, err := p.params(end, "docVersion")
	if err != nil {
		return nil, err
	}
	if form == cursorForm {
		return Cursor{file, n[0], n[1], p.indexing, params.docVersion}, nil
	}
	if n[2] < n[0] || n[2] == n[0] && n[3] < n[1] {
		return nil, p.fail(at+1, "the range ends before it starts", "an end at or after the start")
	}
	return Range{file, n[0], n[1], n[2], n[3], p.indexing, params.docVersion}, nil
}

var (
	drivePath = regexp.MustCompile(`^[A-Za-z]:[/\\]`)
	driveURI  = regexp.MustCompile(`^file:///[a-z]:/`)
)

// path reads the path before offset end: relative paths are cleaned, absolute
// and Windows ones become file URIs with an upper-case drive letter.
func (p *parser) path(end int) (string, error) {
	s, err := p.unescape(0, end)
	if err != nil {
		return "", err
	}
	switch {
	case s == "":
		return "", p.fail(0, "the path is empty", "a path")
	case drivePath.MatchString(s):
		s = "file:///" + strings.ToUpper(s[:1]) + strings.ReplaceAll(s[1:], `\`, "/")
	case strings.HasPrefix(s, "/"):
		s = "file://" + path.Clean(s)
	case !strings.HasPrefix(s, "file://"):
		s = path.Clean(s)
		if strings.HasPrefix(s, "file:/") || drivePath.MatchString(s) {
			return "", p.fail(0, "malformed path", "a relative path", "file:///path")
		}
	}
	if driveURI.MatchString(s) {
		s = s[:8] + strings.ToUpper(s[8:9]) + s[9:]
	}
	return s, nil
}

type paramValues struct {
	docVersion string
	overload   *int
}

var docVersionForm = regexp.MustCompile(`^(git:.+|sha256:[0-9a-f]{64})$`)

// params reads what follows offset start, which is the end or a '?'.
func (p *parser) params(start int, allowed ...string) (out paramValues, err error) {
	if start == len(p.input) {
		return out, nil
	}
	seen := map[string]bool{}
	for at := start + 1; at <= len(p.input); {
		end := len(p.input)
		if i := strings.IndexByte(p.input[at:], '&'); i >= 0 {
			end = at + i
		}
		key, _, ok := strings.Cut(p.input[at:end], "=")
		if !ok || seen[key] || !slices.Contains(allowed, key) {
			return out, p.fail(at, fmt.Sprintf("parameter %q", key), "one of "+strings.Join(allowed, ", ")+", once, with a value")
		}
		seen[key] = true
		value, err := p.unescape(at+len(key)+1, end)
		if err != nil {
			return out, err
		}
		switch key {
		case "overload":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || n > 1<<30 || value[0] == '+' {
				return out, p.fail(at+len(key)+1, "overload "+strconv.Quote(value), "a number from 0")
			}
			out.overload = &n
		case "docVersion":
			if !docVersionForm.MatchString(value) {
				return out, p.fail(at+len(key)+1, "docVersion "+strconv.Quote(value), "git:REV", "sha256: and 64 hex digits")
			}
			out.docVersion = value
		}
		at = end + 1
	}
	return out, nil
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
