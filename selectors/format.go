package selectors

import (
	"fmt"
	"strings"
)

func (c Cursor) String() string {
	return escape(c.Path, pathReserved) + fmt.Sprintf("@L%d:C%d", c.Line, c.Col) + params(nil, c.DocVersion)
}

func (r Range) String() string {
	return escape(r.Path, pathReserved) +
		fmt.Sprintf("@R(%d,%d->%d,%d)", r.StartLine, r.StartCol, r.EndLine, r.EndCol) + params(nil, r.DocVersion)
}

func (s Symbolic) String() string {
	out := string(s.Lang) + "://" + escape(s.Module, pathReserved) + "#" + FormatNames(s.Names)
	if s.Role != Def && s.Role != "" {
		out += ":" + string(s.Role)
	}
	return out + params(s.Overload, s.DocVersion)
}

// FormatNames is the canonical form of a name path.
func FormatNames(names []string) string {
	escaped := make([]string, len(names))
	for i, n := range names {
		escaped[i] = escape(n, nameReserved)
	}
	return strings.Join(escaped, ".")
}

func params(overload *int, docVersion string) string {
	var p []string
	if docVersion != "" {
		p = append(p, "docVersion="+escape(docVersion, valueReserved))
	}
	if overload != nil {
		p = append(p, fmt.Sprintf("overload=%d", *overload))
	}
	if len(p) == 0 {
		return ""
	}
	return "?" + strings.Join(p, "&")
}

// The characters that are percent-encoded in each place, besides controls,
// space and invalid UTF-8. A module holds ':' encoded so that the qualname of a
// PositionSpec splits at its first ':'.
const (
	pathReserved  = `#?%":`
	nameReserved  = `#?%"&=.:/`
	valueReserved = `#?%"&=`
)

func escape(s, reserved string) string {
	if strings.HasPrefix(s, "file://") && reserved == pathReserved {
		return "file://" + escape(s[len("file://"):], `#?%"`)
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

// EscapePath is the spelling of a path in selectors and bundles.
func EscapePath(p string) string { return escape(p, pathReserved) }
