package report

import (
	"strings"
	"unicode/utf16"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"lanser/server/bundle"
)

// A bundle has fixes as unified diffs (spec section 8, rule 4). SARIF and reviewdog want them as replacements of
// ranges, for which a diff is read again: each run of removed and added lines is one replacement of whole lines. The
// range ends before the line end of the last line, or, if lines are only removed, at the beginning of the line after
// them. Where a diff cannot be expressed so, the finding is reported without the fix.

// replacement replaces a part of a file.
type replacement struct {
	// start and end are the line, and the bytes before the place in that line, both 0-based.
	start, end [2]int
	// endLine is the text of the line of end up to there.
	endLine string
	text    string
}

// fileFix is what a fix changes in one file.
type fileFix struct {
	path         string // in the workspace
	replacements []replacement
}

// replacements returns a fix as replacements in files; ok is false if its diff cannot be expressed so.
func replacements(f bundle.Fix) (out []fileFix, ok bool) {
	files, _, err := gitdiff.Parse(strings.NewReader(f.Diff))
	if err != nil || len(files) == 0 {
		return nil, false
	}
	for _, file := range files {
		if len(file.OldName) < len("a/x") {
			return nil, false
		}
		one := fileFix{path: file.OldName[len("a/"):]} // of both names, which are equal, it is that after a/ or b/
		for _, fragment := range file.TextFragments {
			changes, ok := replacementsIn(fragment)
			if !ok {
				return nil, false
			}
			one.replacements = append(one.replacements, changes...)
		}
		out = append(out, one)
	}
	return out, true
}

// replacementsIn returns the runs of changed lines in a part of a diff. A change of whether the file ends with a line
// end cannot be expressed: ok is false then.
func replacementsIn(fragment *gitdiff.TextFragment) (out []replacement, ok bool) {
	line := int(fragment.OldPosition) - 1
	if fragment.OldLines == 0 { // the position is that of the line before
		line++
	}
	var removed, added []string
	finish := func() bool {
		if len(removed)+len(added) == 0 {
			return true
		}
		r, ok := replacementOf(line-len(removed), removed, added)
		out = append(out, r)
		removed, added = nil, nil
		return ok
	}
	for _, l := range fragment.Lines {
		switch l.Op {
		case gitdiff.OpDelete:
			removed = append(removed, l.Line)
			line++
		case gitdiff.OpAdd:
			added = append(added, l.Line)
		case gitdiff.OpContext:
			if !finish() {
				return nil, false
			}
			line++
		}
	}
	return out, finish()
}

// replacementOf returns the replacement of lines by others. first is the 0-based line of the first one that is removed
// or, if none is, of the line before which lines are added. ok is false if the last removed and the last added line
// have different line ends, or the last added line has none and would be joined with what follows.
func replacementOf(first int, removed, added []string) (r replacement, ok bool) {
	r.start, r.end = [2]int{first, 0}, [2]int{first, 0}
	r.text = strings.Join(added, "")
	if len(removed) == 0 {
		return r, strings.HasSuffix(r.text, "\n")
	}
	last := removed[len(removed)-1]
	if len(added) == 0 && strings.HasSuffix(last, "\n") {
		r.end[0] += len(removed)
		return r, true
	}
	// The end of the last line stays, so that no place after the end of the file is needed.
	lineEnd := last[len(strings.TrimRight(last, "\r\n")):]
	rest, same := strings.CutSuffix(r.text, lineEnd)
	r.endLine = strings.TrimSuffix(last, lineEnd)
	r.end, r.text = [2]int{first + len(removed) - 1, len(r.endLine)}, rest
	return r, same && (lineEnd != "" || !strings.HasSuffix(rest, "\n"))
}

// sarifFix is a proposed change (3.55).
type sarifFix struct {
	Description sarifText             `json:"description"`
	Changes     []sarifArtifactChange `json:"artifactChanges"`
}

// sarifArtifactChange is the change of one file (3.56).
type sarifArtifactChange struct {
	ArtifactLocation sarifArtifact      `json:"artifactLocation"`
	Replacements     []sarifReplacement `json:"replacements"`
}

// sarifReplacement is the replacement of a part of a file (3.57).
type sarifReplacement struct {
	DeletedRegion   sarifRegion `json:"deletedRegion"`
	InsertedContent *sarifText  `json:"insertedContent,omitempty"`
}

// sarifFix returns a fix; ok is false if it cannot be expressed in SARIF.
func (c *Check) sarifFix(f bundle.Fix) (fix sarifFix, ok bool) {
	files, ok := replacements(f)
	if !ok {
		return fix, false
	}
	fix.Description.Text = orUnsaid(f.Title)
	for _, file := range files {
		change := sarifArtifactChange{ArtifactLocation: artifact(c.inReader(file.path))}
		for _, r := range file.replacements {
			one := sarifReplacement{DeletedRegion: sarifRegion{
				StartLine: r.start[0] + 1, StartColumn: 1,
				EndLine: r.end[0] + 1, EndColumn: len(utf16.Encode([]rune(r.endLine))) + 1,
			}}
			if r.text != "" {
				one.InsertedContent = &sarifText{Text: r.text}
			}
			change.Replacements = append(change.Replacements, one)
		}
		fix.Changes = append(fix.Changes, change)
	}
	return fix, true
}

// rdSuggestion is a proposed change of rdjson. The text replaces the range.
type rdSuggestion struct {
	Range rdRange `json:"range"`
	Text  string  `json:"text"`
}

// rdSuggestions returns the fixes of a finding that change one place of its file. Readers show each suggestion as an
// alternative of its own, so that one with several places would be taken in parts.
func rdSuggestions(d bundle.Diagnostic) (out []rdSuggestion) {
	for _, f := range d.Fixes {
		files, ok := replacements(f)
		if !ok || len(files) != 1 || files[0].path != unescaped(d.URI) || len(files[0].replacements) != 1 {
			continue
		}
		r := files[0].replacements[0]
		out = append(out, rdSuggestion{
			Range: rdRange{
				Start: rdPosition{Line: r.start[0] + 1, Column: 1},
				End:   &rdPosition{Line: r.end[0] + 1, Column: r.end[1] + 1},
			},
			Text: r.text,
		})
	}
	return out
}

// diffLines returns the lines of a unified diff, in which a single line "Index: PATH" stands for the two lines that
// name a file: some CI systems take a line that begins with "---" for a command. It returns nil for what is no diff.
func diffLines(diff string) (lines []string) {
	files, _, err := gitdiff.Parse(strings.NewReader(diff))
	if err != nil {
		return nil
	}
	for _, f := range files {
		lines = append(lines, "Index: "+strings.TrimPrefix(f.NewName, "b/"))
		for _, fragment := range f.TextFragments {
			lines = append(lines, strings.TrimSpace(fragment.Header()))
			for _, line := range fragment.Lines {
				lines = append(lines, line.Op.String()+strings.TrimRight(line.Line, "\r\n"))
				if line.NoEOL() {
					lines = append(lines, `\ No newline at end of file`)
				}
			}
		}
	}
	return lines
}
