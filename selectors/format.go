package selectors

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// String returns the canonical form, "path@Lline:Ccol" with its parameters.
func (c Cursor) String() string {
	place := fmt.Sprintf("@L%d:C%d", c.Line, c.Col)
	return escape(c.Path, pathReserved) + place + formatParams("docVersion", c.DocVersion)
}

// String returns the canonical form, "path@R(line,col->line,col)" with its parameters.
func (r Range) String() string {
	place := fmt.Sprintf("@R(%d,%d->%d,%d)", r.StartLine, r.StartCol, r.EndLine, r.EndCol)
	return escape(r.Path, pathReserved) + place + formatParams("docVersion", r.DocVersion)
}

// String returns the canonical form, "scheme://module#Name.path:role" with its parameters.
func (s Symbolic) String() string {
	out := string(s.Lang) + "://" + escapeModule(s.Module) + "#" + FormatNames(s.Names)
	if s.Role != Def && s.Role != "" {
		out += ":" + string(s.Role)
	}
	return out + s.params()
}

// params returns the parameters in the canonical form, "" if there are none.
func (s Symbolic) params() string {
	overload := ""
	if s.Overload != nil {
		overload = strconv.Itoa(*s.Overload)
	}
	return formatParams("docVersion", s.DocVersion, "overload", overload)
}

// String returns the canonical form, "ast://[kind=name]/node[index]" with its parameters.
func (a AST) String() string {
	steps := make([]string, len(a.Steps))
	for i, s := range a.Steps {
		if s.Name == "" {
			steps[i] = fmt.Sprintf("%s[%d]", s.Kind, s.Index)
		} else {
			steps[i] = "[" + s.Kind + "=" + escape(s.Name, stepReserved) + "]"
		}
	}
	return "ast://" + strings.Join(steps, "/") + formatParams("docVersion", a.DocVersion)
}

// String returns the canonical form, anchor://path#"snippet" with its parameters.
func (a Anchor) String() string {
	return "anchor://" + escape(a.Path, pathReserved) + `#"` + escape(a.Snippet, snippetReserved) + `"` +
		formatParams("ctx", positive(a.Ctx), "docVersion", a.DocVersion, "hash", a.Hash, "near", positive(a.Near))
}

// String returns the canonical form, "id:HEX".
func (i ID) String() string { return "id:" + i.Hex }

// positive returns a number as text, "" for 0, which stands for a parameter that is not given.
func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// FormatNames returns the canonical form of a name path.
func FormatNames(names []string) string {
	escaped := make([]string, len(names))
	for i, n := range names {
		escaped[i] = escape(n, nameReserved)
	}
	joined := strings.Join(escaped, ".")
	if isDivided(joined, len(names)) {
		return joined
	}
	for i, n := range names { // brackets of several names look like those around arguments
		escaped[i] = escape(n, nameReserved+"()[]<>")
	}
	return strings.Join(escaped, ".")
}

// isDivided reports whether a name path in its canonical form is read as so many names.
func isDivided(joined string, names int) bool {
	n := 1
	for at, i := 0, 0; i < len(joined); i++ {
		if i > at {
			i = argumentsEnd(joined, i, len(joined))
		}
		if i < len(joined) && joined[i] == '.' {
			n++
			at = i + 1
		}
	}
	return n == names
}

// formatParams formats the parameters that have a value. They are given as keys and values, in order of key.
func formatParams(pairs ...string) string {
	out, sep := "", "?"
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out += sep + pairs[i] + "=" + escape(pairs[i+1], valueReserved)
			sep = "&"
		}
	}
	return out
}

// The characters that are percent-encoded in each part of a selector, besides controls, spaces and invalid UTF-8. A
// single ":" in a module is encoded, because the qualname of a PositionSpec is split at the first ":" that is not
// doubled.
const (
	pathReserved  = `#?%":`
	nameReserved  = `#?%"&=.:/`
	valueReserved = `#?%"&=`
	stepReserved  = `#?%"[]`
	// A backslash would make an escape of the quote that ends the snippet.
	snippetReserved = `#?%"\`
)

// escape percent-encodes (RFC 3986, section 2.1) controls, spaces, invalid UTF-8 and the reserved characters. In a
// path, the scheme of a URI stays as it is.
func escape(s, reserved string) string {
	if strings.HasPrefix(s, "file://") && reserved == pathReserved {
		return "file://" + escape(s[len("file://"):], `#?%"`)
	}
	if libraryForm.MatchString(s) && reserved == pathReserved {
		scheme, rest, _ := strings.Cut(s, ":///")
		return scheme + ":///" + escape(rest, reserved)
	}

	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := decodeRune(s[i:])
		if r < 0 || r <= ' ' || r == 0x7f || strings.ContainsRune(reserved, r) {
			for j := range n {
				fmt.Fprintf(&b, "%%%02X", s[i+j])
			}
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// escapeModule returns a module as selectors spell it. "::" is not encoded, because it is how modules of Rust are
// written.
func escapeModule(m string) string {
	return strings.ReplaceAll(escape(m, pathReserved), "%3A%3A", "::")
}

// UnescapePath undoes [EscapePath].
func UnescapePath(p string) string {
	if plain, err := url.PathUnescape(p); err == nil {
		return plain
	}
	return p // it contains no escape
}

// IsLibrary reports whether a path is the URI of a file below a named root.
func IsLibrary(path string) bool { return strings.Contains(path, ":///") }

// EscapePath returns a path as selectors and bundles spell it.
func EscapePath(p string) string {
	if scheme, rest, ok := strings.Cut(p, ":///"); ok && schemeForm.MatchString(scheme) { // below a named root
		return scheme + ":///" + escape(rest, pathReserved)
	}
	return escape(p, pathReserved)
}
