//go:build cgo

package syntax

import (
	"bytes"
	"errors"
)

// overflowChecks are the checks for the grammars that keep their open constructs (lists, indentation, strings,
// heredocs) in a buffer of 1024 bytes, by the folder of the language. If more constructs are open, the C code of such a
// grammar writes past the end of the buffer or aborts the process, and Go code cannot prevent that. So a file that
// might fill the buffer is not parsed. Each check counts at least as much as the grammar's scanner.c does, for any
// text.
var overflowChecks = map[string]func(src []byte) bool{
	"bash":     func(src []byte) bool { return heredocs(src, 7, "- \t\\") },
	"kotlin":   manyTemplates,
	"markdown": func(src []byte) bool { return openBlocks(src, "*+>.)0123456789") },
	"ruby":     func(src []byte) bool { return heredocs(src, 4, "-~") },
	"yaml":     func(src []byte) bool { return openBlocks(src, "?:") },
}

// unreadable is the reason for not parsing a file that a grammar might abort on.
const unreadable = "nested deeper than its grammar can read"

var errOverflow = errors.New("it is " + unreadable)

// mayOverflow reports whether a file might fill the buffer of its grammar.
func (l *Language) mayOverflow(src []byte) bool {
	check := overflowChecks[l.folder]
	return check != nil && check(src)
}

// maxBlockColumns bounds the columns of markers and white space at the beginning of a line. In Markdown, a block takes
// at least two columns and 4 bytes of the buffer; in YAML, one column and 2 bytes.
const maxBlockColumns = 400

// openBlocks reports whether a line might belong to more blocks than the grammar's buffer can contain. Markers are
// the characters besides "-" that open a block. A row of one marker, such as a line of dashes, opens one block,
// except for quotations.
func openBlocks(src []byte, markers string) bool {
	for line := range bytes.Lines(src) {
		columns, last := 0, byte(0)
	prefix:
		for _, c := range line {
			switch {
			case c == '\t':
				columns += 4
			case c == '>' && last == '>':
				columns += 2
			case c == last && c != ' ': // "---" and "***" open nothing
			case c == ' ' || c == '-' || bytes.IndexByte([]byte(markers), c) >= 0:
				columns++
			default:
				break prefix
			}
			last = c
		}
		if columns > maxBlockColumns {
			return true
		}
	}
	return false
}

// Bounds on heredocs.
const (
	maxHeredocs = 440 // bytes of the buffer that all heredocs which may be open take
	maxWord     = 200 // bytes of the word that ends a heredoc
	maxShifts   = 60  // heredocs whose word is a number: nearly all of them are shifts (1 << 8)
)

// heredocs reports whether more heredocs might be open at a time than the grammar's buffer can contain, which needs
// the given number of bytes for each besides its word. skip are the characters that may be between "<<" and the
// word.
func heredocs(src []byte, each int, skip string) bool {
	var open [][]byte
	size, shifts, at := 0, 0, 0
	for line := range bytes.Lines(src) {
		end := at + len(line)
		if len(open) > 0 && bytes.Equal(bytes.TrimSpace(line), open[0]) {
			size -= each + len(open[0])
			open, at = open[1:], end
			continue
		}

		for ; at < end; at++ {
			i := bytes.Index(src[at:end], []byte("<<"))
			if i < 0 {
				break
			}
			at += i + 1
			word := heredocWord(src[at+1:], skip)
			switch {
			case len(word) == 0: // <<<
			case len(bytes.Trim(word, "0123456789")) == 0:
				shifts++
			default:
				open = append(open, word)
				size += each + len(word)
			}
			if size > maxHeredocs || shifts > maxShifts || len(word) > maxWord {
				return true
			}
		}
		at = end
	}

	return false
}

// heredocWord returns the word after "<<" that ends a heredoc. If it is quoted, it can contain any characters.
func heredocWord(after []byte, skip string) []byte {
	after = bytes.TrimLeft(after[:min(len(after), 2*maxWord)], skip)
	ends := " \t\r\n;|&<>()"
	if len(after) > 0 && bytes.IndexByte([]byte("'\"`"), after[0]) >= 0 {
		ends, after = string(after[:1]), after[1:]
	}
	if end := bytes.IndexAny(after, ends); end >= 0 {
		return after[:end]
	}
	return after
}

// maxTemplates bounds the string templates of a Kotlin file: each may be open in another.
const maxTemplates = 900

// manyTemplates reports whether more templates might be open than the buffer of Kotlin's grammar can contain.
func manyTemplates(src []byte) bool {
	return bytes.Count(src, []byte("${")) > maxTemplates
}
