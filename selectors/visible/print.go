package visible

import (
	"fmt"
	"io"
	"strconv"
)

// Fprintf writes structure, the format, with values in it, the arguments: strings, and
// what is printed by its String or Error method, are shown as [Text] shows them, [Code],
// [Address] and [Block] as they say, and numbers as ever.
func Fprintf(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format,
		values(args)...) // a caller that must know of a failure gives a writer that remembers it
}

// Fprintln writes the arguments as a line of values, with blanks between them.
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
