package manifest

import "bytes"

// TOML 1.1 allows what TOML 1.0 and its decoder do not: line ends, comments and a last comma in inline tables, as in
//
//	[lints.rust]
//	unsafe_code = {
//	  level = "forbid", # everywhere
//	}
//
// Cargo reads that since 1.94, and pyright does.

// DecodeNewTOML is [DecodeTOML] for a file that may be of TOML 1.1. The error is that of the file as TOML 1.0.
func DecodeNewTOML(raw []byte, into any) error {
	err := DecodeTOML(raw, into)
	if err == nil {
		return nil
	}
	older := inlineTablesOnOneLine(raw)
	if bytes.Equal(older, raw) || DecodeTOML(older, into) != nil {
		return err
	}
	return nil
}

// inlineTablesOnOneLine returns a TOML file with blanks for the line ends, the comments and the last commas in its
// inline tables. All else stays in its place.
func inlineTablesOnOneLine(raw []byte) []byte {
	out := bytes.Clone(raw)
	braces := 0
	comma := -1 // of the last comma, if only blanks follow it so far
	for i := 0; i < len(out); i++ {
		c := out[i]
		if end := stringEnd(out, i); end > i {
			i, comma = end-1, -1
			continue
		}
		switch {
		case c == '#':
			for ; i < len(out) && out[i] != '\n'; i++ {
				if braces > 0 {
					out[i] = ' '
				}
			}
			i-- // the line end follows
		case braces > 0 && (c == '\n' || c == '\r'):
			out[i] = ' '
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		case c == ',':
			comma = i
		case c == '}' && braces > 0 && comma >= 0 && !bytes.HasSuffix(bytes.TrimRight(out[:comma], " \t"), []byte("{")):
			out[comma] = ' '
			braces, comma = braces-1, -1
		case c == '}':
			braces, comma = max(braces-1, 0), -1
		case c == '{':
			braces, comma = braces+1, -1
		default:
			comma = -1
		}
	}
	return out
}

// stringEnd returns the offset after the string that begins at an offset of a TOML file; the offset itself if none
// does.
func stringEnd(raw []byte, at int) int {
	quote := raw[at]
	if quote != '"' && quote != '\'' {
		return at
	}
	delimiter := bytes.Repeat([]byte{quote}, 3)
	if !bytes.HasPrefix(raw[at:], delimiter) {
		delimiter = delimiter[:1]
	}
	for i := at + len(delimiter); i < len(raw); i++ {
		switch {
		case raw[i] == '\\' && quote == '"':
			i++
		case bytes.HasPrefix(raw[i:], delimiter):
			end := i + len(delimiter)
			for more := 0; len(delimiter) == 3 && more < 2 && end < len(raw) && raw[end] == quote; more++ {
				end++ // up to two quotes may precede the three that end the string
			}
			return end
		case raw[i] == '\n' && len(delimiter) == 1:
			return i // which is no TOML
		}
	}
	return len(raw)
}
