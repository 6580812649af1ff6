package selectors

import (
	"path"
	"slices"
	"strings"

	"lanser/selectors/fault"
)

// This file writes the errors for selectors that name a file, a module or a folder, and nothing in it.

// isFile returns the error for a selector that is the path of a file alone.
func isFile(path string) error {
	return fault.New(fault.BadSelector, "%s is a file: a selector names a place or a symbol in it", path).
		WithHint("use %s:LINE or %s#NAME; 'lanser symbols %s' lists what it declares", path, path, path)
}

// nameless returns the error for a path without a name: what it is, or what comes near. The last part of
// src/store/Store may be a name.
func (r resolver) nameless(langs []Lang, written string) error {
	file, err := r.typedPath(written, "")
	if fault.Is(err, fault.Ambiguous) || fault.Is(err, fault.Permissions) {
		return err
	}
	if _, err := r.now.Content(file); err == nil {
		return isFile(file)
	}
	clean := strings.TrimSuffix(cleanModule(strings.ReplaceAll(file, `\`, "/")), "/")
	var near []string
	for _, lang := range langs {
		modules := r.now.ModuleNames(lang)
		if called := r.modulesCalled(lang, clean); len(called) > 0 {
			return r.isModule(lang, called)
		}
		if slices.ContainsFunc(modules, func(m string) bool { return strings.HasPrefix(m, clean+"/") }) {
			return fault.New(fault.BadSelector, "%s is a folder: a selector names a place or a symbol", clean).
				WithHint("'lanser symbols %s' lists what its files declare", clean)
		}
		near = append(near, Nearest(clean, modules, 3)...)
	}
	e := fault.New(fault.NotFound, "no file, module or folder %s in the workspace", clean)
	if around, name := path.Split(clean); name != "" {
		var named []Decl
		for _, lang := range langs {
			decls, _ := r.now.Search(r.ctx, lang, name)
			for _, d := range decls {
				isBelow := strings.HasPrefix(d.Path, around)
				if isBelow && !d.Alias && d.Local == 0 && d.Names[len(d.Names)-1] == name {
					named = append(named, d)
				}
			}
		}
		if len(named) > 0 {
			return r.suggest(e, []string{name}, nil, named)
		}
	}
	if len(near) > 0 {
		return e.WithHint("did you mean %s#NAME?", strings.Join(Nearest(clean, near, 3), "#NAME or "))
	}
	return r.withLikelyPaths(e.WithHint("list what there is with 'lanser symbols PATH'"), written)
}

// isModule returns the error for a selector that is a module alone, or the end of the names of several.
func (r resolver) isModule(lang Lang, called []string) error {
	if len(called) > 1 {
		e := fault.New(fault.Ambiguous, "%d modules have that name, and a selector names a symbol in one", len(called))
		return e.WithHint("write one of %s, and #NAME", strings.Join(called[:min(len(called), TopK)], ", "))
	}
	e := fault.New(fault.BadSelector, "%s is a module: a selector names a place or a symbol in it", called[0])
	decls, _, _ := r.now.Module(r.ctx, lang, called[0])
	if len(decls) == 0 {
		return e.WithHint("use %s#NAME", called[0])
	}
	lists := decls[0].Path
	if lang == Go {
		lists = path.Dir(lists)
	}
	return e.WithHint("use %s#NAME; 'lanser symbols %s' lists what it declares", called[0], lists)
}

// declsOf returns the declarations of the modules that a spelling means.
func (r resolver) declsOf(langs []Lang, spelled string) (out []Decl) {
	if r.now.FormerNames() {
		return nil
	}
	for _, lang := range langs {
		for _, module := range r.modulesCalled(lang, spelled) {
			decls, _, _ := r.now.Module(r.ctx, lang, module)
			out = append(out, decls...)
		}
	}
	return out
}

// noSuchFile returns the error for the name of a file alone, such as node.h, that several files have, or to which
// those of others with the same extension are similar; nil if there are none, so that it may be a name.
func (r resolver) noSuchFile(n Named) error {
	if n.Module != Anywhere || n.Lang != "" || len(n.Names) < 2 || r.now.FormerNames() {
		return nil
	}
	written := strings.Join(n.Names, ".")
	if _, err := r.typedPath(written, ""); fault.Is(err, fault.Ambiguous) {
		return err
	}
	if like := r.now.PathsLike(written); len(like) > 0 {
		return fault.New(fault.NotFound, "no symbol and no file %s in the workspace", written).
			WithHint("did you mean %s?", strings.Join(like, " or "))
	}
	return nil
}
