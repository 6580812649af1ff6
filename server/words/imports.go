package words

import (
	"context"
	"path"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/server/ledger"
	"lanser/server/mention"
)

// Modules is a [Source] that knows the modules of its languages. An index.Snapshot is one.
type Modules interface {
	Source
	// Has reports whether a file is part of the source.
	Has(path string) bool
	// Rel returns the path of a file without links.
	Rel(path string) (string, error)
	// HasModule reports whether there is a module.
	HasModule(lang selectors.Lang, module string) bool
	// ModuleNames returns the names of all modules of a language.
	ModuleNames(lang selectors.Lang) []string
	// Module returns the declarations of a module.
	Module(ctx context.Context, lang selectors.Lang, module string) (decls []selectors.Decl, partial []string, ok bool)
}

// A local name that a module imports from one of several others, as in
//
//	try:
//	    from fast import loads
//	except ImportError:
//	    from slow import loads
//
// is one variable to a type checker, which takes each of the imports for a use of what the others import. The imports
// themselves say which module they mean.

// Imports reads which module an import means.
type Imports struct {
	Source Modules
	Off    bool // no word counts as that of an import
}

// Imported is what the word of an import says of the module that it is imported from.
type Imported struct {
	Files     []string // of the workspace that declare the name in that module
	IsForeign bool     // the module is none of the workspace
}

// At returns what an import says of the module of a name; ok is false for a word of other code, and for a module
// of the workspace that gets the name from another.
func (m Imports) At(ctx context.Context, at ledger.Place) (from Imported, ok bool) {
	lang, _ := m.Source.Lang(at.Path)
	c, err := m.Source.Content(at.Path)
	if err != nil || m.Off {
		return Imported{}, false
	}
	module, ok := mention.ImportedFrom(lang, c.Bytes()[:at.Span.Start])
	if !ok {
		return Imported{}, false
	}
	decls, known := m.module(ctx, lang, at.Path, module)
	if !known {
		return Imported{IsForeign: true}, !strings.HasPrefix(module, ".") && !m.mayBeModule(lang, at.Path, module)
	}
	word := c.Slice(at.Span)
	for _, d := range decls {
		if !d.Alias && len(d.Names) == 1 && d.Names[0] == word {
			from.Files = append(from.Files, d.Path)
		}
	}
	return from, len(from.Files) > 0
}

// module returns the declarations of a module of the workspace that a file imports; known is false if there is
// no such module.
func (m Imports) module(
	ctx context.Context, lang selectors.Lang, file, module string,
) (decls []selectors.Decl, known bool) {
	rest := strings.TrimLeft(module, ".")
	if rest == module {
		if !m.Source.HasModule(lang, module) {
			return nil, false
		}
		decls, _, _ = m.Source.Module(ctx, lang, module)
		return decls, true
	}
	for _, p := range RelativeFiles(file, module) {
		if m.Source.Has(p) {
			decls, known = append(decls, m.Source.FileDecls(p)...), true
		}
	}
	return decls, known
}

// RelativeFiles returns the files that a module may be whose name, in an import of a file, begins with dots.
func RelativeFiles(file, module string) []string {
	rest := strings.TrimLeft(module, ".")
	dir := path.Dir(file)
	for range len(module) - len(rest) - 1 {
		dir = path.Dir(dir)
	}
	at := path.Join(dir, strings.ReplaceAll(rest, ".", "/"))
	return []string{at + ".py", at + ".pyi", at + "/__init__.py", at + "/__init__.pyi"}
}

// IsForeign reports whether a module that a file imports is certainly none of the workspace.
func (m Imports) IsForeign(ctx context.Context, lang selectors.Lang, file, module string) bool {
	_, known := m.module(ctx, lang, file, module)
	return !known && !strings.HasPrefix(module, ".") && !m.mayBeModule(lang, file, module)
}

// mayBeModule reports whether a module of the workspace may be imported in a file under a name: a folder of it may be
// on the path of modules, or a link may have the name.
func (m Imports) mayBeModule(lang selectors.Lang, file, module string) bool {
	top, _, _ := strings.Cut(module, ".")
	if slices.ContainsFunc(m.Source.ModuleNames(lang), func(name string) bool {
		return slices.Contains(strings.Split(name, "."), top)
	}) {
		return true
	}
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		for _, p := range []string{path.Join(dir, top), path.Join(dir, top+".py")} {
			if to, err := m.Source.Rel(p); err != nil || to != p {
				return true
			}
		}
		if dir == "." {
			return false
		}
	}
}

// IsAnother reports whether a word is imported from a module that has nothing to do with the symbol whose
// declarations are own.
func (m Imports) IsAnother(ctx context.Context, at ledger.Place, own []ledger.Place) bool {
	from, ok := m.At(ctx, at)
	if !ok {
		return false
	}
	return !slices.ContainsFunc(own, func(o ledger.Place) bool {
		return o.Path == at.Path || slices.Contains(from.Files, o.Path) || from.IsForeign && !m.Source.Has(o.Path)
	})
}

// Choose leaves of the definitions at a word those in the module that the word is imported from, if it is.
func (m Imports) Choose(ctx context.Context, at ledger.Place, definitions []ledger.Place) []ledger.Place {
	if len(definitions) == 0 {
		return definitions
	}
	from, ok := m.At(ctx, at)
	if !ok {
		return definitions
	}
	of := slices.DeleteFunc(slices.Clone(definitions), func(d ledger.Place) bool {
		return !slices.Contains(from.Files, d.Path) && !(from.IsForeign && !m.Source.Has(d.Path))
	})
	if len(of) == 0 && !from.IsForeign {
		return definitions
	}
	return of
}
