package visible

import (
	"fmt"
	"io"
	"strconv"
)

// Fprintf is [fmt.Fprintf] with escaped arguments. Strings, errors and values with a String method are escaped by
// [Text]; the types [Code], [Address] and [Block] say how they are escaped. The format itself is trusted: its tabs and
// newlines are written unchanged.
//
// Write errors are dropped. A caller that needs them passes a writer that records them.
func Fprintf(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, values(args)...)
}

// Fprintln writes the arguments on a line, separated by spaces. All of them are escaped, so that a tab in an argument
// is printed as \t.
func Fprintln(w io.Writer, args ...any) {
	_, _ = fmt.Fprintln(w, values(args)...)
}

// Sprintf returns what [Fprintf] writes.
func Sprintf(format string, args ...any) string {
	return fmt.Sprintf(format, values(args)...)
}

// values returns the arguments with those that can hold text made visible.
func values(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a
		switch a := a.(type) {
		case int, int64, uint64, float64, bool, rune:
		case string: // most are as they are, and fmt is quicker with those
			if !tame(a, "") || suspicious(a) {
				out[i] = value{any: a}
			}
		case Code:
			out[i] = Line(string(a))
		case Address:
			out[i] = Encoded(string(a))
		default:
			out[i] = value{any: a}
		}
	}
	return out
}

// value prints the value that it wraps, escaped.
type value struct{ any }

// Format implements [fmt.Formatter].
func (v value) Format(s fmt.State, verb rune) {
	format := fmt.FormatString(s, verb)
	switch content := v.any.(type) {
	case Block:
		_, _ = io.WriteString(s, Marked(string(content))) // fmt's buffer takes everything
	case string:
		if verb == 'q' {
			_, _ = io.WriteString(s, Text(strconv.Quote(content)))
			return
		}
		_, _ = fmt.Fprintf(s, format, Text(content))
	default:
		_, _ = io.WriteString(s, Text(fmt.Sprintf(format, content)))
	}
}
