// Package words says what syntax alone knows of a word in the workspace: which declaration it names, whether
// a file declares or imports it, whether it names a base in the header of a type, and whether it is called.
//
// It owns these questions for all languages, over the declarations and the text of a snapshot. Places are
// in bytes.
//
// It promises an answer for every place: a file that cannot be read has no declarations and no calls. The
// work for a word is bounded, whatever the text around it.
//
// It does not know which symbol a word means: that is for a language server, or for the ledger, to say.
// What the rules of a language say of the uses of a symbol is package catalogue's.
package words

import (
	"context"

	"lanser/selectors"
	"lanser/selectors/text"
)

// Source is the code that is asked about. An index.Snapshot is one.
type Source interface {
	// Lang returns the language of a file by its name.
	Lang(path string) (lang selectors.Lang, ok bool)
	// Content returns the content of a file.
	Content(path string) (*text.Content, error)
	// FileDecls returns the declarations of a file; none for a file that cannot be read.
	FileDecls(path string) []selectors.Decl
	// Search returns the declarations in files of a language that hold all names.
	Search(ctx context.Context, lang selectors.Lang, names ...string) (decls []selectors.Decl, partial []string)
	// Memoize returns what work returned the first time that it was called for a key.
	Memoize(key any, work func() any) any
}
