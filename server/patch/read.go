package patch

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
)

// filePatch is the change of one file in a unified diff, with the names as they are written. Only Apply sets from and
// to for a change that is neither a rename nor a copy, when it knows the prefixes.
type filePatch struct {
	header    string // what follows "diff --git ", "" for a diff that is not git's
	old, new  string // of the lines "---" and "+++", "" where there are none and for /dev/null
	from, to  string // of a rename or a copy, which git writes without prefixes
	isNew     bool
	isGone    bool
	isCopy    bool
	isRename  bool
	modes     []string // octal
	isBinary  bool     // git says so, with or without the content
	isSummary bool     // it is a line of git diff --submodule
	hunks     []byte   // with their headers and line ends; empty for a change of names or modes alone
}

// The modes in git's trees of what is no file with a content.
const (
	modeLink      = "120000"
	modeSubmodule = "160000"
)

// colour is what "git diff --color" writes around lines, words and white space.
var colour = lazyregexp.New("\x1b\\[[0-9;]*[mK]")

// colouredHeader is a line by which a coloured diff is recognised.
var colouredHeader = lazyregexp.New("(?m)^(?:\x1b\\[[0-9;]*m)+(?:diff --git |--- |@@ )")

// hunkHeader is the first line of a hunk. Its groups are the numbers of old and new lines.
var hunkHeader = lazyregexp.New(`^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@`)

// reader reads a unified diff line by line.
type reader struct {
	lines []string // with their ends
	at    int
}

// read returns the changes of files in a unified diff, as git or diff prints it. What is written
// around them, such as the message of a commit, is passed over. The error is Usage.
func read(diff string) ([]*filePatch, error) {
	if colouredHeader.MatchString(diff) {
		diff = colour.ReplaceAllString(diff, "")
	}
	r := &reader{lines: strings.SplitAfter(diff, "\n")}
	var files []*filePatch
	for r.at < len(r.lines) {
		f, err := r.file()
		if err != nil {
			return nil, fault.Wrap(fault.Usage, err, "line %d of the patch cannot be read: %v", r.at+1, err).
				WithHint("a unified diff is wanted, as git diff prints it")
		}
		if f != nil {
			files = append(files, f)
		}
	}
	return files, nil
}

// line returns a line without its end, "" after the last.
func (r *reader) line(ahead int) string {
	if r.at+ahead >= len(r.lines) {
		return ""
	}
	return strings.TrimRight(r.lines[r.at+ahead], "\r\n")
}

// atNames reports whether the lines "---" and "+++" are next.
func (r *reader) atNames() bool {
	return strings.HasPrefix(r.line(0), "--- ") && strings.HasPrefix(r.line(1), "+++ ")
}

// file reads the change that begins at the current line. It returns nil, and goes on by a line, if none
// begins there.
//
// A change of git begins with "diff --git", and may have nothing else than that and lines of the extended header.
// Others begin with the lines "---" and "+++", which only count if a hunk follows, since the message above a patch may
// have such lines too. What would be lost if it were passed over is an error: the diff of a merge, which has two
// earlier states, a hunk without names, and a binary file.
func (r *reader) file() (f *filePatch, err error) {
	line := r.line(0)
	header, isGit := strings.CutPrefix(line, "diff --git ")
	if f := r.summarised(); f != nil {
		r.at++
		return f, nil
	}
	switch {
	case strings.HasPrefix(line, "diff --cc ") || strings.HasPrefix(line, "diff --combined "):
		return nil, errors.New("the diff of a merge cannot be applied to one state")
	case isGit:
		f = &filePatch{header: header}
		r.at++
		for {
			more, err := f.extended(r.line(0))
			if err != nil {
				return nil, err
			}
			if !more || r.at >= len(r.lines) {
				break
			}
			r.at++
		}
		if r.atNames() {
			err = r.names(f)
		}
	case r.atNames() && hunkHeader.MatchString(r.line(2)):
		f = &filePatch{}
		err = r.names(f)
	case hunkHeader.MatchString(line):
		return nil, errors.New("a change of lines without the name of a file")
	case strings.HasPrefix(line, "Binary files ") && strings.HasSuffix(line, " differ"):
		return nil, errors.New("it changes a binary file")
	default:
		r.at++
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return f, r.body(f)
}

// extended reads a line of git's extended header; false is returned for any other line.
func (f *filePatch) extended(line string) (more bool, err error) {
	naming := func(kind *bool, name *string) func(v string) error {
		return func(v string) (err error) {
			*kind = true
			*name, err = patchName(v)
			return err
		}
	}
	for prefix, set := range map[string]func(value string) error{
		"old mode ":            f.mode,
		"new mode ":            f.mode,
		"new file mode ":       func(v string) error { f.isNew = true; return f.mode(v) },
		"deleted file mode ":   func(v string) error { f.isGone = true; return f.mode(v) },
		"similarity index ":    func(string) error { return nil },
		"dissimilarity index ": func(string) error { return nil },
		"rename from ":         naming(&f.isRename, &f.from),
		"rename to ":           naming(&f.isRename, &f.to),
		"copy from ":           naming(&f.isCopy, &f.from),
		"copy to ":             naming(&f.isCopy, &f.to),
		"index ": func(v string) error {
			if _, mode, ok := strings.Cut(v, " "); ok {
				return f.mode(mode)
			}
			return nil
		},
	} {
		if value, ok := strings.CutPrefix(line, prefix); ok {
			return true, set(value)
		}
	}
	return false, nil
}

// mode records a mode of a line such as "new file mode 100755": the number in octal that git has for the kind of a
// file and its permissions.
func (f *filePatch) mode(s string) error {
	s = strings.TrimSpace(s)
	if _, err := strconv.ParseUint(s, 8, 32); err != nil {
		return fmt.Errorf("%q is no mode", s)
	}
	f.modes = append(f.modes, s)
	return nil
}

// names reads the lines "---" and "+++".
func (r *reader) names(f *filePatch) (err error) {
	old, oldIsNone, err := sideName(r.line(0)[len("--- "):])
	if err != nil {
		return err
	}
	r.at++
	name, newIsNone, err := sideName(r.line(0)[len("+++ "):])
	if err != nil {
		return err
	}
	r.at++
	f.old, f.new = old, name
	f.isNew, f.isGone = f.isNew || oldIsNone, f.isGone || newIsNone
	if f.isNew && f.isGone {
		return errors.New("a change from no file to no file")
	}
	if f.isNew {
		f.old = ""
	}
	if f.isGone {
		f.new = ""
	}
	return nil
}

// sideName reads the name of a line "---" or "+++". isNone is true for a side without a file:
// /dev/null, or the time by which GNU diff -N marks it.
func sideName(s string) (name string, isNone bool, err error) {
	rest := ""
	if !strings.HasPrefix(s, `"`) {
		s, rest, _ = strings.Cut(s, "\t")
	}
	name, err = patchName(s)
	at, timeErr := time.Parse("2006-01-02 15:04:05.999999999 -0700", strings.TrimSpace(rest))
	return name, name == "/dev/null" || timeErr == nil && at.Equal(time.Unix(0, 0)), err
}

// patchName reads a name, which git quotes as C does if it holds unusual characters.
func patchName(s string) (string, error) {
	if !strings.HasPrefix(s, `"`) {
		if s == "" {
			return "", errors.New("a name is missing")
		}
		return s, nil
	}
	name, _, err := quotedName(s)
	return name, err
}

// quotedName reads a quoted name that s begins with, and returns what follows it.
func quotedName(s string) (name, rest string, err error) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			name, err = strconv.Unquote(s[:i+1])
			if err != nil || name == "" {
				return "", "", fmt.Errorf("%s is no name", s[:i+1])
			}
			return name, s[i+1:], nil
		}
	}
	return "", "", fmt.Errorf("%s has no closing quote", s)
}

// body reads the hunks of a file, or what git writes for a binary file. The numbers in the header of a hunk decide
// where it ends, not the form of the lines: a removed line "-- x" looks like the header of the next file, and a mail
// may add lines below. A line without anything is an empty line of context, whose blank an editor has removed.
func (r *reader) body(f *filePatch) error {
	if line := r.line(0); strings.HasPrefix(line, "GIT binary patch") || strings.HasPrefix(line, "Binary files ") {
		f.isBinary = true
		r.at++
		return nil
	}
	var hunks bytes.Buffer
	for {
		m := hunkHeader.FindStringSubmatch(r.line(0))
		if m == nil {
			break
		}
		hunks.WriteString(r.line(0) + "\n")
		r.at++
		oldLeft, newLeft := lineCount(m[1]), lineCount(m[2])
		for oldLeft > 0 || newLeft > 0 {
			if r.at >= len(r.lines) || r.lines[r.at] == "" {
				return errors.New("the patch ends within a change")
			}
			line := r.lines[r.at]
			switch line[0] {
			case ' ', '\n', '\r':
				oldLeft, newLeft = oldLeft-1, newLeft-1
			case '-':
				oldLeft--
			case '+':
				newLeft--
			case '\\':
				line = r.line(0) + "\n"
			default:
				return errors.New("a hunk has fewer lines than its header announces")
			}
			hunks.WriteString(line)
			r.at++
		}
		if strings.HasPrefix(r.line(0), `\`) {
			hunks.WriteString(r.line(0) + "\n")
			r.at++
		}
	}
	f.hunks = hunks.Bytes()
	return nil
}

// lineCount reads a number of lines of the first line of a hunk; none is 1.
func lineCount(s string) int {
	if s == "" {
		return 1
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return math.MaxInt // refused when the lines are missing
	}
	return n
}
