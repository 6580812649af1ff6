package index

import (
	"context"
	"path"
	"slices"
	"strings"

	"lanser/index/syntax"
	"lanser/selectors"
)

// Reexported returns the modules that a name comes from which a module of the workspace re-exports, in the order of the
// module's files. If there is no module with that name, it may be the folder of an index file of TypeScript, or the
// name in a package clause of Go. See [selectors.Source].
func (s *Snapshot) Reexported(lang selectors.Lang, module, name string) (out []selectors.Origin) {
	t := s.table(lang)
	if s.w.withoutReexports || lang == "rs" && s.w.formerSuggestions {
		return nil
	}
	if lang == "rs" && !s.w.formerSelectors {
		return s.rustReexported(t, module, name)
	}
	if len(t.named(module)) == 0 {
		return s.otherModules(t, lang, module, name)
	}
	for _, file := range t.named(module) {
		for _, r := range s.reexports(file) {
			if r.Within != nil || r.File != "" {
				continue
			}
			origin := selectors.Origin{Module: s.moduleAsWritten(t, lang, file, r.Module), Name: r.Original}
			isAll := r.Name == syntax.All
			if isAll {
				origin.Name = name
			}
			isOther := r.Name != name && (!isAll || name == "default")
			inner := ""
			if r.Original != "" && !isAll && !isOther {
				inner = s.innerModule(t, lang, file, r, origin.Module)
			}
			switch {
			case isOther:
			case inner != "":
				out = append(out, selectors.Origin{Module: inner})
			case origin.Module != "" && (origin.Module != module || origin.Name != name):
				out = append(out, origin)
			}
		}
	}
	return out
}

// innerModule returns the module that a file of Python or Rust hands on as such; "" if it hands on what a module
// declares. from is the module that it takes the name from, "" if that is none of the workspace.
func (s *Snapshot) innerModule(
	t *moduleTable, lang selectors.Lang, file string, r syntax.Reexport, from string,
) string {
	switch lang {
	case "py":
		if inner := strings.TrimPrefix(from+"."+r.Original, "."); s.HasModule(lang, inner) {
			return inner
		}
	case "rs":
		return s.moduleAsWritten(t, lang, file, strings.TrimPrefix(r.Module+"::"+r.Original, "::"))
	}
	return ""
}

// FormerSuggestions implements [selectors.Source].
func (s *Snapshot) FormerSuggestions() bool { return s.w.formerSuggestions }

// FormerSelectors implements [selectors.Source].
func (s *Snapshot) FormerSelectors() bool { return s.w.formerSelectors }

// FormerNames implements [selectors.Source].
func (s *Snapshot) FormerNames() bool { return s.w.formerNames }

// FormerArguments implements [selectors.Source].
func (s *Snapshot) FormerArguments() bool { return s.w.formerArguments }

// FormerRelocation implements [selectors.Source].
func (s *Snapshot) FormerRelocation() bool { return s.w.formerRelocation }

// HandedOn is a name under which a file of the workspace offers what another module declares.
type HandedOn struct {
	Name     string // [syntax.All] for every name of the module
	Original string // of the declaration, as in [syntax.Reexport]
	Module   string // as selectors name it; "" if the workspace does not contain it
	Source   string // the module as the file spells it; "" for the file itself
}

// HandsOn returns what a file of Python, TypeScript or Rust re-exports, in source order; see [syntax.Reexports].
func (s *Snapshot) HandsOn(lang selectors.Lang, file string) (out []HandedOn) {
	t := s.table(lang)
	if lang == "rs" && s.w.formerSuggestions {
		return nil
	}
	for _, r := range s.reexports(file) {
		if r.Within != nil || r.File != "" || r.Inside {
			continue
		}
		module := s.moduleAsWritten(t, lang, file, r.Module)
		out = append(out, HandedOn{Name: r.Name, Original: r.Original, Module: module, Source: r.Module})
	}
	return out
}

// otherModules returns the origins of a name in the modules that called may mean, though it is not their name: the
// index file of the folder a for "a" in TypeScript, and packages whose clause names it in Go.
func (s *Snapshot) otherModules(t *moduleTable, lang selectors.Lang, called, name string) (out []selectors.Origin) {
	folder := called + "/index"
	if lang == "ts" && s.HasModule(lang, folder) {
		return []selectors.Origin{{Module: folder, Name: name}}
	}
	if lang != selectors.Go || called == "main" || strings.ContainsAny(called, "/.") {
		return nil
	}
	seen := map[string]bool{}
	for _, file := range s.langFiles[lang] {
		module := t.canonical[file]
		if !seen[module] && !strings.HasSuffix(file, "_test.go") {
			seen[module] = true
			if s.packageOf(syntax.ByScheme(lang), file) == called {
				out = append(out, selectors.Origin{Module: module, Name: name})
			}
		}
	}
	return out
}

// reexports returns the names that a file of the workspace re-exports; none for a file that cannot be read or parsed.
func (s *Snapshot) reexports(file string) []syntax.Reexport {
	type key struct{}
	return parsed(s, file, key{}, func(src []byte) ([]syntax.Reexport, error) {
		return syntax.Reexports(context.Background(), file, src)
	})
}

// moduleAsWritten returns the module that an import or export in a file names, such as ".models" of Python or "./store"
// of TypeScript; "" if the workspace does not contain it.
func (s *Snapshot) moduleAsWritten(t *moduleTable, lang selectors.Lang, file, written string) string {
	own := t.moduleOf(file)
	if written == "" {
		return own
	}
	var candidates []string
	rest := strings.TrimLeft(written, ".")
	switch {
	case lang == "py" && rest == written:
		candidates = []string{written}
	case lang == "py":
		parts := strings.Split(own, ".")
		up := len(written) - len(rest)
		if strings.HasPrefix(path.Base(file), "__init__.") {
			up--
		}
		parts = parts[:max(0, len(parts)-up)]
		if rest != "" {
			parts = append(parts, rest)
		}
		candidates = []string{strings.Join(parts, ".")}
	case lang == "rs":
		candidates = rustPaths(strings.Split(own, "::"), strings.Split(written, "::"))
	case strings.HasPrefix(written, "."):
		p := path.Join(path.Dir(file), written)
		candidates = []string{p, strings.TrimSuffix(p, path.Ext(p)), path.Join(p, "index")}
	}
	i := slices.IndexFunc(candidates, func(m string) bool { return s.HasModule(lang, m) })
	if i < 0 {
		return ""
	}
	return t.moduleOf(t.named(candidates[i])[0])
}

// rustPaths returns the modules that a path in the module own can mean, the likeliest first (The Rust Reference,
// "Paths"). All are given by their parts; the first part of a module is its crate.
func rustPaths(own, written []string) []string {
	join := func(parts ...[]string) string { return strings.Join(slices.Concat(parts...), "::") }
	switch written[0] {
	case "crate":
		return []string{join(own[:1], written[1:])}
	case "self":
		return []string{join(own, written[1:])}
	case "super":
		for len(written) > 0 && written[0] == "super" && len(own) > 1 {
			own, written = own[:len(own)-1], written[1:]
		}
		return []string{join(own, written)}
	}
	return []string{join(own, written), join(written), join(own[:1], written)}
}
