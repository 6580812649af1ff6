// Package shell says what a word of a shell script is to a function or variable of the shell. Servers of shell scripts
// take every equal word of the workspace for one symbol. The shell does not: functions and variables have names of
// their own, a variable may belong to a function, an argument is text, and a script knows nothing of another that is
// never sourced together with it.
//
// It owns these rules: [At] reads a place as a [Symbol], with the scripts that define it and the function that it is
// local to; [Symbol.Use] judges other words of its name, and [Symbol.Definitions] corrects what a server says. Places
// are in bytes.
//
// It promises an answer for every place, from syntax and text alone: [Unknown] where the grammar does not read the
// text, and [May], with the reason, where the text does not tell. A nil Symbol is what is no symbol of the shell: all
// words are Unknown to it, and the definitions of a server stay as they are.
//
// It does not find the words of a name, ask a server or enter a word in a ledger. Which files are scripts, which of
// them run in one process and what commands take as arguments is package catalogue's; the words and their roles are
// package syntax's.
package shell

import (
	"sort"

	"lanser/index/syntax"
	"lanser/server/ledger"
	"lanser/server/project"
)

// Source is the code that is asked about. An index.Snapshot is one.
type Source interface {
	project.View
	// Has reports whether a file is in the workspace.
	Has(path string) bool
	// ShellWords returns the words of a script, in order; none for a file that cannot be read.
	ShellWords(path string) []syntax.ShellWord
	// HeldCommands returns the commands of a script that the text does not name.
	HeldCommands(path string) []syntax.ShellWord
}

// Use is what a word of a script is to a symbol.
type Use int

// The values of Use.
const (
	Unknown Use = iota // the word is in text that the grammar does not read
	Never              // it is something else
	May                // it may be the symbol
	Is                 // it is the symbol
)

// wordAt returns the word of a script at a place; nil for text that the grammar does not read.
func wordAt(src Source, at ledger.Place) *syntax.ShellWord {
	all := src.ShellWords(at.Path)
	i := sort.Search(len(all), func(i int) bool { return all[i].Span.Start > at.Span.Start })
	if i == 0 || !all[i-1].Span.Contains(at.Span) {
		return nil
	}
	return &all[i-1]
}
