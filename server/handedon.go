package server

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/project"
	"lanser/server/trace"
)

// surface collects what a module hands on of others.
type surface struct {
	*answer
	listed map[string]bool // selectors
	seen   map[string]bool // files that were followed
	files  map[string]bool // that the answer depends on
}

// addHandedOn adds the declarations of other modules that the files of decls, and the files own, re-export. A module
// that the workspace does not contain, and re-exports that are not followed, are doubts.
func (a *answer) addHandedOn(
	ctx context.Context, decls []selectors.Decl, own []string, files map[string]bool,
) error {
	s := surface{answer: a, listed: map[string]bool{}, seen: map[string]bool{}, files: files}
	for _, one := range a.Bundle.Facts.Symbols {
		s.listed[one.Selector] = true
	}
	if a.Snap.FormerSuggestions() {
		own = nil
	}
	for _, d := range decls {
		if !slices.Contains(own, d.Path) {
			own = append(slices.Clip(own), d.Path)
		}
	}
	own = slices.DeleteFunc(slices.Clone(own), a.Snap.IsTest)
	from := len(a.Bundle.Facts.Symbols)
	for _, file := range own {
		if err := s.follow(ctx, file); err != nil {
			return err
		}
	}
	slices.SortFunc(a.Bundle.Facts.Symbols[from:], func(a, b bundle.Symbol) int {
		return cmp.Or(cmp.Compare(a.URI, b.URI), a.SelectionRange.Compare(b.SelectionRange))
	})
	return nil
}

// publicUse matches a re-export of Rust, and innerUse one in a module that is written in the file of another.
var (
	publicUse = lazyregexp.New(`(?m)^\s*pub\s+use\s`)
	innerUse  = lazyregexp.New(`(?m)^[ \t]+pub\s+use\s`)
)

// follow adds what a file re-exports.
func (s surface) follow(ctx context.Context, file string) error {
	s.seen[file], s.files[file] = true, true
	lang, _ := s.Snap.Lang(file)
	c, err := s.Snap.Content(file)
	if err != nil {
		return err
	}
	notFollowed := innerUse
	if s.Snap.FormerSuggestions() {
		notFollowed = publicUse
	}
	if lang == "rs" && notFollowed.Match(c.Bytes()) {
		why := "what " + file + " hands on by pub use is not listed"
		s.Doubt(bundle.Worse(s.Bundle.Evidence.State, bundle.Partial), why)
	}
	module := s.Snap.ModuleOf(file)
	for _, h := range s.Snap.HandsOn(lang, file) {
		isOffered := lang != "py" || project.OffersImport(c, file, h.Name)
		switch {
		case !isOffered || lang == "py" && h.Module == "":
		case h.Source == "" && lang == "ts" && s.Format.Has(trace.ExportedAs):
			s.exportOwn(file, h)
		case h.Name == syntax.All && h.Module != "":
			err = s.all(ctx, lang, h)
		case h.Module == "":
			why := fmt.Sprintf("%s hands on names of %s, which is not in the workspace", file, h.Source)
			if lang == "rs" { // it may be an enum
				why = fmt.Sprintf("%s hands on names of %s, which is no module of the workspace", file, h.Source)
			}
			s.Doubt(bundle.Worse(s.Bundle.Evidence.State, bundle.Partial), why)
		default:
			err = s.one(ctx, lang, module, h.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// exportOwn notes the other name under which a file exports what it declares itself. A name that it does not declare
// is a doubt.
func (s surface) exportOwn(file string, h index.HandedOn) {
	isDeclared := false
	for _, d := range s.Snap.FileDecls(file) {
		isDeclared = isDeclared || !d.Alias && slices.Equal(d.Names, []string{h.Original})
	}
	if !isDeclared {
		s.Doubt(bundle.Worse(s.Bundle.Evidence.State, bundle.Partial), "where "+h.Name+" comes from is not known")
	}
	if h.Name == h.Original {
		return
	}
	for i, one := range s.Bundle.Facts.Symbols {
		isNamed := strings.HasPrefix(one.Signature, "export default ")
		if one.URI == file && one.Name == h.Original && one.Container == "" && !isNamed {
			s.Bundle.Facts.Symbols[i].Signature += "  as " + h.Name
		}
	}
}

// all adds everything that a module exports.
func (s surface) all(ctx context.Context, lang selectors.Lang, h index.HandedOn) error {
	decls, _, _ := s.Snap.Module(ctx, lang, h.Module)
	var files []string
	for _, d := range decls {
		if !slices.Contains(files, d.Path) {
			files = append(files, d.Path)
		}
		exported, _ := project.Exports(s.Snap, d)
		if len(d.Names) > 1 || d.Alias || !exported {
			continue
		}
		if err := s.add(d, ""); err != nil {
			return err
		}
	}
	for _, file := range files {
		if !s.seen[file] {
			if err := s.follow(ctx, file); err != nil {
				return err
			}
		}
	}
	return nil
}

// one adds what a module hands on under a name. A name that leads to nothing in the workspace is a doubt.
func (s surface) one(ctx context.Context, lang selectors.Lang, module, name string) error {
	found, isModule := s.origins(ctx, lang, module, name, map[selectors.Origin]bool{})
	if len(found) == 0 && !isModule {
		s.Doubt(bundle.Worse(s.Bundle.Evidence.State, bundle.Partial), "where "+name+" comes from is not known")
	}
	// A module of a package of Python has a surface of its own.
	if len(found) == 0 && isModule && lang != "py" && !s.Snap.FormerSuggestions() {
		s.Doubt(bundle.Worse(s.Bundle.Evidence.State, bundle.Partial), name+" is a module, whose names are not listed")
	}
	for _, d := range found {
		if err := s.add(d, name); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// origins returns the declarations that a module hands on under a name, which other modules may hand on to it. isModule
// is true if the name is that of a module, which is no declaration. seen holds what was looked at.
func (s surface) origins(
	ctx context.Context, lang selectors.Lang, module, name string, seen map[selectors.Origin]bool,
) (found []selectors.Decl, isModule bool) {
	for _, o := range s.Snap.Reexported(lang, module, name) {
		if o.Name == "" || seen[o] {
			isModule = isModule || o.Name == ""
			continue
		}
		seen[o] = true
		decls, _, _ := s.Snap.Module(ctx, lang, o.Module)
		before := len(found)
		for _, d := range decls {
			if !d.Alias && slices.Equal(d.Names, o.Names()) {
				found = append(found, d)
			}
		}
		if len(found) == before {
			around := o.Module
			if o.Within != "" {
				around += "::" + o.Within
			}
			further, isFurther := s.origins(ctx, lang, around, o.Name, seen)
			found, isModule = append(found, further...), isModule || isFurther
		}
	}
	return found, isModule
}

// add adds a declaration that is handed on under a name, "" for its own.
func (s surface) add(d selectors.Decl, name string) error {
	selector := d.Selector().String()
	if s.listed[selector] {
		return nil
	}
	s.listed[selector], s.files[d.Path] = true, true
	c, err := s.Snap.Content(d.Path)
	if err != nil {
		return err
	}
	one := s.exportedSymbol(d, c)
	if name != "" && name != d.Names[len(d.Names)-1] {
		one.Signature += "  as " + name
	}
	s.Bundle.Facts.Symbols = append(s.Bundle.Facts.Symbols, one)
	return nil
}
