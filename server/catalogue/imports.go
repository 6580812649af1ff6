package catalogue

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// importForm says how a language's sources write imports, and how its server reports one that it cannot
// load.
type importForm struct {
	written *lazyregexp.Regexp // matches an import; its first group is the module, such as os.path
	code    string
	message func(name string) string
	// types are patterns of places where the server itself has types of an import, which suffice; nil for
	// a server that has none.
	types func(name string) []project.Place
	// comment matches the beginning of a line, before an import that is only written in a comment; nil where written
	// itself tells.
	comment *lazyregexp.Regexp
	// skips reports whether the server reports no import of a file; nil if it reports those of all files.
	skips func(srv *Server, v project.View, file string) bool
}

// ImportFinding is the finding with which a server reports an import that it cannot load.
type ImportFinding struct {
	Code, Message string
	// Types are patterns, as of path.Match, of places of which one exists if the server itself has the
	// types of the import.
	Types []project.Place
}

// Imports returns the findings with which the server would report the imports of a file if it could load
// none of them. [Server.Dependency] tells what is missing then, if anything is.
func (srv *Server) Imports(v project.View, file string) (found []ImportFinding) {
	form := srv.imports
	if form == nil || form.skips != nil && form.skips(srv, v, file) {
		return nil
	}
	content := project.ContentOf(v, file)
	for _, m := range form.written.FindAllSubmatchIndex(content, maxImports) {
		line := content[bytes.LastIndexByte(content[:m[0]], '\n')+1 : m[0]]
		if form.comment != nil && form.comment.Match(line) {
			continue
		}
		name := string(content[m[2]:m[3]])
		one := ImportFinding{Code: form.code, Message: form.message(name)}
		if form.types != nil {
			one.Types = form.types(name)
		}
		found = append(found, one)
	}
	return found
}

// maxImports bounds the imports of a file that are looked up.
const maxImports = 1000

// goImports are the imports of Go, of which those without a dot in the first element are the standard
// library's.
var goImports = &importForm{
	written: lazyregexp.New(`(?m)^(?:import)?[ \t]*(?:[\w.]+[ \t]+)?"([^"/\s]*\.[^"\s]*)"[ \t]*(?://.*)?\r?$`),
	code:    "BrokenImport", message: func(name string) string { return "could not import " + name + " (" },
}

// nodeImports are the imports of TypeScript and JavaScript, but for those without names, which the
// compiler does not look up by default (noUncheckedSideEffectImports).
var nodeImports = &importForm{
	written: lazyregexp.New(`(?:\bfrom|\bimport\s*\(|\brequire\s*\()\s*['"]([^'"\s]+)['"]`),
	code:    "2307", message: func(name string) string { return "Cannot find module '" + name + "'" },
	comment: lazyregexp.New(`^\s*(?:\*|/\*|//)`),
	skips:   isUncheckedScript,
}

// checksFile matches the comment by which a file of JavaScript has its types checked.
var checksFile = lazyregexp.New(`(?m)^\s*//+\s*@ts-check\b`)

// isUncheckedScript reports whether nothing has the compiler check the types of a file: it is JavaScript, or it has the
// declarations of JavaScript in no project, in which tsserver reports no errors of types (TypeScript's
// server/session.ts, isDeclarationFileInJSOnlyNonConfiguredProject).
func isUncheckedScript(srv *Server, v project.View, file string) bool {
	isOfScript := strings.HasPrefix(srv.LanguageID(file), "javascript")
	isDeclared := project.IsDeclarationFile.MatchString(file) && srv.Check == CheckTSServer && !hasTypeScript(srv, v)
	if !isOfScript && !isDeclared || isOfScript && checksFile.Match(project.ContentOf(v, file)) {
		return false
	}
	folders := map[string]bool{}
	for _, name := range srv.Projects {
		maps.Copy(folders, project.FoldersNamed(v, name))
	}
	dir, ok := project.NearestAbove(folders, file)
	if isDeclared {
		return !ok
	}
	if !ok {
		return true
	}
	for _, config := range srv.Configurations(v, dir) {
		var parsed struct {
			CompilerOptions struct{ CheckJs *bool }
		}
		if project.ReadJSONC(v, config, &parsed) && parsed.CompilerOptions.CheckJs != nil {
			return !*parsed.CompilerOptions.CheckJs
		}
	}
	return true
}

// hasTypeScript reports whether a workspace has code in TypeScript besides declarations.
func hasTypeScript(srv *Server, v project.View) bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		return slices.ContainsFunc(v.Paths(), func(p string) bool {
			return strings.HasPrefix(srv.LanguageID(p), "typescript") && !project.IsDeclarationFile.MatchString(p)
		})
	}).(bool)
}

// pythonImports are the imports of Python that are not indented: others are often optional.
var pythonImports = &importForm{
	written: lazyregexp.New(`(?m)^(?:from|import)[ \t]+([A-Za-z_][\w.]*)`),
	code:    "reportMissingImports",
	message: func(name string) string {
		return `Import "` + strings.TrimSuffix(name, ".") + `" could not be resolved`
	},
	types: func(name string) []project.Place {
		top, _, _ := strings.Cut(name, ".")
		at := "stubs/*/" + top
		return []project.Place{{Scheme: "typeshed", Path: at}, {Scheme: "typeshed", Path: at + ".pyi"}}
	},
}
