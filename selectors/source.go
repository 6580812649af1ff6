package selectors

import (
	"context"
	"slices"
	"strings"

	"lanser/selectors/text"
)

// Source provides the declarations of a workspace at one moment, against which selectors are resolved.
// index.Snapshot implements it. Paths are slash-separated and relative to the workspace; errors are [fault.Error]s.
type Source interface {
	// Langs returns the languages that have outlines.
	Langs() []Lang
	// Rel converts a path, or the path of a file URI, into a path of the workspace.
	Rel(path string) (string, error)
	// PathsEnding lists the files whose paths end with the elements of a relative path, sorted.
	PathsEnding(path string) []string
	// Content returns the content of a file.
	Content(path string) (*text.Content, error)
	// FileDecls returns the declarations of a file in source order.
	FileDecls(path string) []Decl
	// LocalDecls returns the declarations of a file in source order without reading any other file. Overload,
	// Overloads, Symbol, Linked, Container, and the kinds of owners are only right as far as this file tells them.
	LocalDecls(path string) []Decl
	// Module returns the declarations of a module, whose name has any accepted spelling, and those of its files
	// that have syntax errors. ok is false if there is no such module.
	Module(ctx context.Context, lang Lang, module string) (decls []Decl, partial []string, ok bool)
	// HasModule reports whether the workspace itself, without libraries, contains a module.
	HasModule(lang Lang, module string) bool
	// Reexported returns where a name comes from that a module of the workspace hands on and does not declare, by an
	// import of Python, an export of TypeScript or a public use of Rust; none if it hands on no such name. For what is
	// no module, but another name of some, it returns the name in those.
	Reexported(lang Lang, module, name string) []Origin
	// Promoted returns the members that a type has because it embeds others, or is an alias: names are those of the
	// type and of the member. There are several if the member is in several types at the same depth.
	Promoted(ctx context.Context, lang Lang, module string, names []string) []Decl
	// Search returns the declarations of every module that may declare the last of the names within the others,
	// and those of their files that have syntax errors. Without names it returns those of all modules.
	Search(ctx context.Context, lang Lang, names ...string) (decls []Decl, partial []string)
	// Spelling returns the modules with a file that spells a word, in the order of their first files.
	Spelling(ctx context.Context, lang Lang, word string) []string
	// PathsLike returns a few files whose names are similar to the name of a file, and have its extension.
	PathsLike(name string) []string
	// FormerSuggestions reports whether errors suggest the names that they did in traces before version 17, where
	// modules are not read as paths either.
	FormerSuggestions() bool
	// FormerSelectors reports whether selectors mean what they do in traces before version 18, where inline namespaces
	// of C++ and the prefix r# of Rust are always written as the code has them.
	FormerSelectors() bool
	// FormerNames reports whether errors suggest the names that they did in traces before version 19, which may be
	// imports and may be written in another case where the very name is too.
	FormerNames() bool
	// FormerArguments reports whether arguments of types and parameters of functions in names choose nothing, as in
	// traces before version 20, where a name that a module hands on is found in that module alone.
	FormerArguments() bool
	// FormerRelocation reports whether places of earlier versions are carried over as in traces before version 19.
	FormerRelocation() bool
	// ModuleNames returns the canonical names of the modules.
	ModuleNames(lang Lang) []string
	// Node follows the indexed steps of an AST path from the node with the span within; ok is false if there is no
	// such node.
	Node(path string, within text.Span, steps []Step) (s text.Span, ok bool)
	// FirstName returns the first identifier in a part of a file; ok is false if there is none.
	FirstName(path string, within text.Span) (name text.Span, ok bool)
	// Secondary reports whether a declaration is in a test, in generated code or in a document. An unqualified name
	// rather means one that is not.
	Secondary(d Decl) bool
	// Fingerprint returns the fingerprint of a declaration of this source.
	Fingerprint(d Decl) Fingerprint
	// Each yields every declaration of a language, until yield returns false.
	Each(ctx context.Context, lang Lang, yield func(Decl) bool)

	// ByID returns the declaration with a symbolId; ok is false if there is none.
	ByID(ctx context.Context, hex string) (d Decl, ok bool)
	// Remembered returns the declaration that had a symbolId when the symbolId was part of an answer.
	Remembered(hex string) (m Memory, ok bool)

	// At returns the workspace at a docVersion: at a git revision, or the present one with another content of one
	// file, given by its digest. path is that file if it is known, otherwise "". The error is VersionSkew if the
	// version is not available.
	At(ctx context.Context, docVersion, path string) (Version, error)
	// EarlierVersion returns the docVersion of the latest of the last few versions of a file in git's history whose
	// content is accepted; "" if there is none.
	EarlierVersion(ctx context.Context, path string, accept func(content []byte) bool) string
	// Renames returns the present paths of a file of an earlier revision, according to git.
	Renames(ctx context.Context, docVersion, path string) []string
}

// Version is a Source at another time.
type Version struct {
	Source
	// Whole is true if every file has its content of that time. Otherwise only the file at Path has, and the
	// others may be newer.
	Whole bool
	Path  string
}

// Origin is where a name comes from that a module hands on. For "from .core import Engine as Motor" in pkg, the origin
// of Motor is the name Engine of pkg.core.
type Origin struct {
	Module string
	Within string // scopes in the module that hold the name, joined by "::": an enum, or modules written in its file
	Name   string // "" for the module itself
}

// Names returns the name path in the module; none for the module itself.
func (o Origin) Names() (names []string) {
	if o.Within != "" {
		names = strings.Split(o.Within, "::")
	}
	if o.Name != "" {
		names = append(names, o.Name)
	}
	return names
}

// had reports whether the version is known to have had a declaration: in its module, or in its file, which may have
// been another module then. formerly is the path of the file in the version, and sought the name path of the
// declaration that is looked for, which was in a file too.
func (v Version) had(ctx context.Context, d Decl, formerly string, sought []string) bool {
	if (v.Whole || formerly == v.Path) && !slices.Equal(d.Names, sought) {
		for _, o := range v.FileDecls(formerly) {
			if o.Lang == d.Lang && slices.Equal(o.Names, d.Names) {
				return true
			}
		}
	}

	if !v.Whole && d.Path != v.Path {
		return false
	}
	decls, _, _ := v.Module(ctx, d.Lang, d.Module)
	for _, o := range decls {
		if o.sameName(d) && (v.Whole || o.Path == v.Path) {
			return true
		}
	}
	return false
}

// Memory is the stored record of a declaration whose symbolId was part of an answer.
type Memory struct {
	Lang       Lang     `json:"lang"`
	Module     string   `json:"module"`
	Names      []string `json:"names"`
	Kind       Kind     `json:"kind"`
	Overload   int      `json:"overload"`
	Overloads  int      `json:"overloads"` // 1 for a name with one declaration; 0 in older records
	Path       string   `json:"path"`
	DocVersion string   `json:"docVersion"` // sha256 of the file's content
}
