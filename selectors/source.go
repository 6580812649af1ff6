package selectors

import (
	"context"
	"slices"

	"lanser/selectors/text"
)

// Source is the structure that selectors are resolved against, at one moment.
// index.Snapshot implements it. Paths are slash-separated and relative to the
// workspace; errors are [fault.Error]s.
type Source interface {
	// Langs lists the languages that have structure.
	Langs() []Lang
	// Rel turns a path or the path of a file URI into one of the workspace.
	Rel(path string) (string, error)
	// Content is the content of a file.
	Content(path string) (*text.Content, error)
	// FileDecls lists the declarations of a file in source order.
	FileDecls(path string) []Decl
	// Module lists the declarations of a module in any accepted spelling, and
	// the files of it that were not read cleanly; ok is false for no module.
	Module(ctx context.Context, lang Lang, module string) (decls []Decl, partial []string, ok bool)
	// HasModule says whether the workspace itself holds a module in any accepted
	// spelling.
	HasModule(lang Lang, module string) bool
	// Search lists the declarations of every module that may declare the last of
	// the names within the others, and the files of them that were not read
	// cleanly; without names, of all modules.
	Search(ctx context.Context, lang Lang, names ...string) (decls []Decl, partial []string)
	// ModuleNames lists the modules by their canonical names.
	ModuleNames(lang Lang) []string
	// Node follows the indexed steps of an AST path below the node that is within;
	// ok is false where there is no such node.
	Node(path string, within text.Span, steps []Step) (s text.Span, ok bool)
	// FirstName returns the first identifier in the code of a stretch of a file; ok is false for none.
	FirstName(path string, within text.Span) (name text.Span, ok bool)
	// Secondary reports whether a declaration is in a test, in generated code or in a document: an
	// unqualified name means one of the others first.
	Secondary(d Decl) bool
	// Fingerprint is the fingerprint of a declaration of this source.
	Fingerprint(d Decl) Fingerprint
	// Each yields every declaration of a language, until yield returns false.
	Each(ctx context.Context, lang Lang, yield func(Decl) bool)

	// ByID is the declaration with a symbolId, ok false for none.
	ByID(ctx context.Context, hex string) (d Decl, ok bool)
	// Remembered is a declaration by a symbolId that was given out earlier, as
	// it was then.
	Remembered(hex string) (m Memory, ok bool)

	// At is the workspace as a docVersion pins it: as it was at a git revision,
	// or as it is but for one file whose content has the digest; path is that
	// file where it is known, else "". The error is VersionSkew where the version
	// is not at hand.
	At(ctx context.Context, docVersion, path string) (Version, error)
	// EarlierVersion is the docVersion of the latest version of a file in git's history, among the last few, whose
	// content is accepted; "" for none.
	EarlierVersion(ctx context.Context, path string, accept func(content []byte) bool) string
	// Renames lists where git says that a file of an earlier revision is now.
	Renames(ctx context.Context, docVersion, path string) []string
}

// Version is a Source at another time.
type Version struct {
	Source
	// Whole says that every file is as it was at that time. Otherwise Path alone
	// is, and what stands elsewhere may be of later.
	Whole bool
	Path  string
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

// Memory is what is remembered of a declaration whose symbolId was given out.
type Memory struct {
	Lang       Lang     `json:"lang"`
	Module     string   `json:"module"`
	Names      []string `json:"names"`
	Kind       Kind     `json:"kind"`
	Overload   int      `json:"overload"`
	Path       string   `json:"path"`
	DocVersion string   `json:"docVersion"` // sha256 of the file's content
}
