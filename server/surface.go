package server

import (
	"context"
	"path"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/project"
	"lanser/server/symbol"
	"lanser/server/trace"
	"lanser/server/uses"
)

// runAPI answers with the exported declarations of a package or module, in order, with their signatures. What lies in a
// declaration that is not exported is not exported either. Tests, local names and imports are left out. What a module
// hands on of others follows, without its members. Where the syntax of a language does not say what is exported, as in
// CommonJS, all is listed, and the evidence is partial.
func runAPI(ctx context.Context, e *Engine, a *answer) error {
	if len(a.Request.Paths) != 1 {
		return fault.New(fault.Usage, "api takes one package, module or path").
			WithHint("lanser api net/http, lanser api pkg.mod, lanser api src/app.ts")
	}
	decls, own, partial, err := e.packageDecls(ctx, a, a.Request.Paths[0])
	entry := project.PackageEntry{}
	if fault.Is(err, fault.NotFound) && a.Format.Has(trace.PackageNames) {
		decls, partial, entry, err = e.namedPackage(ctx, a, a.Request.Paths[0])
	}
	if err != nil && len(own) > 0 && !a.Snap.FormerSuggestions() {
		err = nil // files that declare nothing can hand on what others declare
	}
	if err != nil {
		return err
	}
	if entry.File != "" {
		own = []string{entry.File}
	}
	files := map[string]bool{}
	for _, file := range own {
		files[file] = true
	}
	if entry.Manifest != "" {
		files[entry.Manifest] = true
	}
	f := a.Facts("syntax")
	f.Symbols = []bundle.Symbol{}
	unknown, hidden := false, map[string]bool{} // selectors of what is not exported, with what it contains
	for _, d := range decls {
		files[d.Path] = true
		exported, known := project.Exports(a.Snap, d)
		if d.Local > 0 || d.Alias || !exported || a.Snap.IsTest(d.Path) || hidden[d.Container] {
			hidden[d.Selector().String()] = true
			continue
		}
		unknown = unknown || !known
		c, err := a.Snap.Content(d.Path)
		if err != nil {
			return err
		}
		f.Symbols = append(f.Symbols, a.exportedSymbol(d, c))
	}
	a.Scope = uses.Scope{Name: "package", Keep: func(p string) bool { return files[p] }}
	a.syntaxEvidence(partial, nil)
	if a.Format.Has(trace.Surfaces) {
		if err := a.addHandedOn(ctx, decls, own, files); err != nil {
			return err
		}
	}
	if entry.Built != "" {
		why := entry.Manifest + " names " + entry.Built + ", which a build makes: " +
			entry.File + " is taken for its source"
		a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), why)
	}
	if unknown {
		why := "the syntax does not say what is exported: all is listed"
		a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), why)
	}
	return nil
}

// exportedSymbol returns a declaration with its header as the signature.
func (a *answer) exportedSymbol(d selectors.Decl, c *text.Content) bundle.Symbol {
	one := a.Symbol(d, c)
	header := c.Slice(d.Sig)
	if a.Format.Has(trace.Surfaces) {
		header = commentLine.ReplaceAllString(symbol.WithoutFunctionBody(d, header), "")
	}
	one.Signature = signature(header, c.Slice(d.Def), d)
	targets, _, isAssigned := strings.Cut(c.Slice(d.Def), "=")
	isOneOf := d.Lang == "py" && !d.Kind.IsType() && isAssigned && severalTargets.MatchString(targets)
	if isOneOf && a.Format.Has(trace.ExportedAs) {
		one.Signature = c.Slice(d.Name) // each of twenty names would have the whole statement
	}
	return one
}

// severalTargets matches the left side of an assignment of Python to several variables, as in self.a, (b, _) = f().
var severalTargets = lazyregexp.New(`^[\s(\[]*[\pL_][\pL\pN_.]*\s*,[\pL\pN_.,*()\[\]\s]*$`)

// commentLine matches a comment that is the whole of a line within a header.
var commentLine = lazyregexp.New(`(?m)^[ \t]*(?://|/\*.*\*/[ \t]*$).*$`)

// packageDecls returns the declarations of a file, of the files in a folder but not below it, or of a module by
// name, such as net/http: in the first language that has a module of the name, in the workspace or else among the
// libraries, unless a package.json of the workspace has the name. own are the files of the workspace that are it.
// partial are the files that do not parse cleanly. The error is NotFound, with own if there are such files and they
// declare nothing.
func (e *Engine) packageDecls(
	ctx context.Context, a *answer, name string,
) (decls []selectors.Decl, own, partial []string, err error) {
	if rel, err := e.ws.Rel(name); err == nil {
		for _, p := range a.Snap.Paths() {
			if p == rel || path.Dir(p) == rel && project.LanguageOf(p) != nil {
				own = append(own, p)
				decls = append(decls, a.Snap.FileDecls(p)...)
				partial = append(partial, a.uncleanFile(p)...)
			}
		}
		if len(decls) > 0 {
			return decls, own, partial, nil
		}
	}
	_, isOwn := project.EntryOf(a.Snap, name)
	isOwn = isOwn && a.Format.Has(trace.ExportedAs)
	for _, lang := range a.Snap.Langs() {
		found, partial, ok := a.Snap.Module(ctx, lang, name)
		files := a.Snap.FilesOf(lang, name)
		isInstalled := lang == "ts" && len(files) == 0
		if ok && len(found) > 0 && !(isOwn && isInstalled) {
			return found, files, partial, nil
		}
		own = append(own, slices.DeleteFunc(files, func(p string) bool { return slices.Contains(own, p) })...)
	}
	return nil, own, partial, fault.New(fault.NotFound, "there is no package, module or path %s", name).
		WithHint("give a path, or a name as in an import")
}

// namedPackage returns the declarations of a package that is called by another name than those of its path or module:
// by the name in its package clause in Go, or by the one in its package.json. A folder may stand for its package.json.
// The error is NotFound, or Ambiguous with the packages.
func (e *Engine) namedPackage(
	ctx context.Context, a *answer, name string,
) (decls []selectors.Decl, partial []string, entry project.PackageEntry, err error) {
	var modules []string
	for _, o := range a.Snap.Reexported(selectors.Go, name, "") {
		modules = append(modules, o.Module)
	}
	if len(modules) > 1 {
		slices.Sort(modules)
		return nil, nil, entry, fault.New(fault.Ambiguous, "%d packages are named %s", len(modules), name).
			WithHint("take one of %s", strings.Join(modules, ", "))
	}
	if len(modules) == 1 {
		decls, partial, _ = a.Snap.Module(ctx, selectors.Go, modules[0])
		return decls, partial, entry, nil
	}
	entry, ok := project.EntryOf(a.Snap, name)
	if rel, err := e.ws.Rel(name); !ok && err == nil {
		entry, ok = project.EntryOf(a.Snap, rel)
	}
	if !ok {
		return nil, nil, entry, fault.New(fault.NotFound, "there is no package, module or path %s", name).
			WithHint("give a path, or a name as in an import")
	}
	return a.Snap.FileDecls(entry.File), a.uncleanFile(entry.File), entry, nil
}

// uncleanFile returns a file if it does not parse cleanly.
func (a *answer) uncleanFile(p string) []string {
	if o, err := a.Snap.Outline(p); err == nil && (len(o.Errors) > 0 || o.Skipped != "") {
		return []string{p}
	}
	return nil
}

// maxSignature bounds a signature, in bytes.
const maxSignature = 300

// signature returns the header of a declaration on one line. A declaration without a header, such as a field, has
// its first line.
func signature(header, whole string, d selectors.Decl) string {
	if strings.TrimSpace(header) == "" {
		header, _, _ = strings.Cut(whole, "\n")
	}
	header = strings.TrimRight(strings.Join(strings.Fields(header), " "), " {:;")
	if len(header) > maxSignature {
		header = strings.ToValidUTF8(header[:maxSignature], "") + "…"
	}
	return header
}
