package index

import (
	"context"
	"path"
	"slices"
	"strings"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// rustReexported is [Snapshot.Reexported] for Rust. The module may be one that is written in the file of another.
func (s *Snapshot) rustReexported(t *moduleTable, called, name string) (out []selectors.Origin) {
	module, within := s.rustFile(t, strings.Split(called, "::"))
	if module == "" {
		return nil
	}
	own := append(strings.Split(module, "::"), within...)
	for _, file := range t.named(module) {
		for _, r := range s.reexports(file) {
			isOther := r.Name != name && r.Name != syntax.All || r.Inside && s.w.formerNames
			if isOther || !slices.Equal(r.Within, within) {
				continue
			}
			if r.File != "" {
				if p := path.Join(path.Dir(file), r.File); s.Has(p) {
					out = append(out, selectors.Origin{Module: t.moduleOf(p)})
				}
				continue
			}
			original := r.Original
			if r.Name == syntax.All {
				original = name
			} else if inner := s.rustModule(own, r.Module, original); inner != "" {
				out = append(out, selectors.Origin{Module: inner})
				continue
			}
			if o, ok := s.rustOrigin(t, own, r.Module, original); ok {
				out = append(out, o)
			}
		}
	}
	if len(own) == 1 {
		out = append(out, s.exportedMacros(module, name)...)
	}
	return out
}

// rustFile returns the module of a path whose file holds the code, and the names of the modules that are written in it.
// It returns "" if the workspace does not contain the crate.
func (s *Snapshot) rustFile(t *moduleTable, parts []string) (module string, within []string) {
	for k := len(parts); k > 0; k-- {
		if files := t.named(strings.Join(parts[:k], "::")); len(files) > 0 {
			return t.moduleOf(files[0]), parts[k:]
		}
	}
	return "", nil
}

// rustModule returns the module with a file of its own that a name means which is taken from a path written in the
// module own; "" if it means no such module.
func (s *Snapshot) rustModule(own []string, written, name string) string {
	whole := strings.Split(strings.TrimPrefix(written+"::"+name, "::"), "::")
	for _, p := range rustPaths(own, whole) {
		if s.HasModule("rs", p) {
			return p
		}
	}
	return ""
}

// rustOrigin returns what a name means that is taken from a path written in the module own.
func (s *Snapshot) rustOrigin(t *moduleTable, own []string, written, name string) (o selectors.Origin, ok bool) {
	paths := []string{strings.Join(own, "::")}
	if written != "" {
		paths = rustPaths(own, strings.Split(written, "::"))
	}
	for _, p := range paths {
		module, within := s.rustFile(t, strings.Split(p, "::"))
		if module == "" || len(within) > 0 && !s.declaresScope(t, module, within[0]) {
			continue
		}
		return selectors.Origin{Module: module, Within: strings.Join(within, "::"), Name: name}, true
	}
	return o, false
}

// declaresScope reports whether a file of a module declares an enum or a module of a name, or makes one public.
func (s *Snapshot) declaresScope(t *moduleTable, module, name string) bool {
	isScope := func(d selectors.Decl) bool {
		return len(d.Names) == 1 && d.Names[0] == name && (d.Kind == selectors.KindModule || d.Kind.IsType())
	}
	if slices.ContainsFunc(s.moduleDecls(context.Background(), "rs", module).all, isScope) {
		return true
	}
	isNamed := func(r syntax.Reexport) bool {
		return r.Name == name && len(r.Within) == 0 && !(r.Inside && s.w.formerNames)
	}
	return slices.ContainsFunc(t.named(module), func(file string) bool {
		return slices.ContainsFunc(s.reexports(file), isNamed)
	})
}

// exportedMacros returns the macros of a name that modules of a crate export: their path is that of the crate (The Rust
// Reference, "Macros By Example", "Path-based scope").
func (s *Snapshot) exportedMacros(crate, name string) (out []selectors.Origin) {
	decls, _ := s.Search(context.Background(), "rs", name)
	for _, d := range decls {
		last := len(d.Names) - 1
		isInner := last > 0 && d.Module == crate || strings.HasPrefix(d.Module, crate+"::")
		if d.Names[last] != name || !isInner {
			continue
		}
		c, err := s.Content(d.Path)
		before := text.Span{Start: max(0, d.Def.Start-maxAttributes), End: d.Name.Start}
		if err == nil && exportedMacro.MatchString(c.Slice(before)) {
			within := strings.Join(d.Names[:last], "::")
			out = append(out, selectors.Origin{Module: d.Module, Within: within, Name: name})
		}
	}
	return out
}

// maxAttributes bounds the attributes in front of a macro, in bytes.
const maxAttributes = 400

// exportedMacro matches what is before the name of an exported macro.
var exportedMacro = lazyregexp.New(
	`#\[macro_export\b[^\]]*\](?:\s*(?:#\[[^\]]*\]|//[^\n]*\n))*\s*macro_rules!\s*$`,
)
