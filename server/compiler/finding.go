package compiler

// Finding is a finding of a compiler, or of a linter that is a command. Its files are relative to the folder
// that the build tool calls the root of the workspace, or in which the linter runs, or absolute.
type Finding struct {
	Severity, Code, Message string
	// Source is the program that reports it; "" for the one that was run.
	Source  string
	At      Place
	Related []Related
	// Fixes are changes that a linter proposes.
	Fixes []Fix
}

// Fix is a change of the file of a finding. Offsets are in UTF-16 units, without a byte-order mark.
type Fix struct {
	Title      string
	Preferred  bool // the linter recommends it
	Start, End int
	Text       string
}

// Place is a range in a file: lines and columns are 0-based. A compiler's columns count characters.
type Place struct {
	File                             string
	Line, Column, EndLine, EndColumn int
}

// PlaceFrom1 returns the place of lines and columns that begin with 1. A place without an end is empty.
func PlaceFrom1(file string, line, column, endLine, endColumn int) Place {
	if endLine == 0 {
		endLine, endColumn = line, column
	}
	return Place{
		File: file, Line: max(line-1, 0), Column: max(column-1, 0),
		EndLine: max(endLine-1, 0), EndColumn: max(endColumn-1, 0),
	}
}

// Related is a place that a finding refers to.
type Related struct {
	At      Place
	Message string
}
