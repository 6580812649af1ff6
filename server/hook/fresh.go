package hook

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"lanser/server/bundle"
	"lanser/server/compare"
)

// Which errors are new. Package compare matches the findings of two checks by their lines, and cannot say whether an
// error in an edited line is still the same one. For a reader of a report that makes no difference. An agent that hears
// of an old error again looks for what its edit has broken. So an error is not new if an earlier one is gone from its
// place
//
//   - that says the same in the same line of the file, or in a similar one: the line was edited;
//   - that says the same about the same text in another file: the file was renamed, or the code moved.
//
// An error also comes back without an edit that causes it: as long as the code has a syntax error, compilers report
// few other errors.

// fresh returns the errors that are new.
func (m *memory) fresh(found []bundle.Diagnostic, task *Task, basis Basis) (out []bundle.Diagnostic) {
	earlier := slices.Concat(m.Known, m.Hidden)
	if basis == Last {
		found, _ = compare.Findings(earlier, found, compare.Files{})
	}
	for _, d := range found {
		if d.Severity != "error" {
			continue
		}
		switch basis {
		case Files:
			if slices.Contains(task.Edited, d.URI) {
				out = append(out, d)
			}
		default:
			if d.BaselineState == bundle.New || d.BaselineState == bundle.Updated {
				out = append(out, d)
			}
		}
	}
	if basis == Last {
		gone := absent(earlier, found)
		for _, isSame := range []func(was, is bundle.Diagnostic) bool{isInSameLine, isInSimilarLine, isInOtherFile} {
			out, gone = unmatched(out, gone, isSame)
		}
	}
	return out
}

// unmatched returns the findings of now that have none of earlier ones with the same message that is the same, and the
// earlier ones that are left. Each earlier one is the same as at most one of now.
func unmatched(
	now, earlier []bundle.Diagnostic, isSame func(was, is bundle.Diagnostic) bool,
) (out, left []bundle.Diagnostic) {
	left = slices.Clone(earlier)
	for _, d := range now {
		i := slices.IndexFunc(left, func(was bundle.Diagnostic) bool {
			return was.Severity == d.Severity && saying(was) == saying(d) && isSame(was, d)
		})
		if i < 0 {
			out = append(out, d)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	return out, left
}

// absent returns the earlier findings that are not found now, wherever in their file. Of equal ones, so many are absent
// as there were more of them.
func absent(earlier, found []bundle.Diagnostic) []bundle.Diagnostic {
	_, left := unmatched(found, earlier, func(was, is bundle.Diagnostic) bool {
		return was.URI == is.URI && bundle.Squeezed(was.Text) == bundle.Squeezed(is.Text)
	})
	return left
}

// saying returns what a finding says, without its place.
func saying(d bundle.Diagnostic) string {
	return strings.Join([]string{d.Source, d.Code, bundle.Squeezed(d.Message)}, "\x00")
}

func isInSameLine(was, is bundle.Diagnostic) bool {
	return was.URI == is.URI && was.Range[0] == is.Range[0]
}

// isInSimilarLine reports whether two findings of a file are in lines that have at least half of their words in common.
func isInSimilarLine(was, is bundle.Diagnostic) bool {
	a, b := wordsOf(was.Text), wordsOf(is.Text)
	common := 0
	for word := range a {
		if b[word] {
			common++
		}
	}
	return was.URI == is.URI && common > 0 && 2*common >= len(a)+len(b)-common
}

// isInOtherFile reports whether two findings are about the same text, in different files of a language.
func isInOtherFile(was, is bundle.Diagnostic) bool {
	text := bundle.Squeezed(was.Text)
	return was.URI != is.URI && path.Ext(was.URI) == path.Ext(is.URI) && text != "" && text == bundle.Squeezed(is.Text)
}

// wordsOf returns the names and numbers in a line of code.
func wordsOf(line string) map[string]bool {
	words := map[string]bool{}
	for _, word := range strings.FieldsFunc(line, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		words[word] = true
	}
	return words
}

// hide records which findings of the last check are absent from this one because of a new syntax error in the same
// language. They are not new when they are found again. As soon as none of the syntax errors is left, nothing counts
// as hidden: what was not found then has been fixed.
func (m *memory) hide(found, fresh []bundle.Diagnostic) {
	begun := slices.DeleteFunc(slices.Clone(fresh), func(d bundle.Diagnostic) bool { return !isSyntaxError(d) })
	m.Hiding = append(stillFound(m.Hiding, found), begun...)
	m.Hidden = append(hiddenBy(m.Hiding, absent(m.Hidden, found)), hiddenBy(begun, absent(m.Known, found))...)
}

// hiddenBy returns the findings that are in a language with one of the syntax errors.
func hiddenBy(hiding, list []bundle.Diagnostic) []bundle.Diagnostic {
	var extensions []string
	for _, h := range hiding {
		extensions = append(extensions, path.Ext(h.URI))
	}
	return slices.DeleteFunc(list, func(d bundle.Diagnostic) bool {
		return !slices.Contains(extensions, path.Ext(d.URI))
	})
}

// isSyntaxError reports whether an error may be one of syntax: compilers give codes to their other errors only.
func isSyntaxError(d bundle.Diagnostic) bool { return d.Severity == "error" && d.Code == "" }
