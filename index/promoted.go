package index

import (
	"context"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
)

// A type of Go has the members of the types that it embeds ("Struct types" and "Selectors" in the specification of Go):
// of those in several of them, the ones at the shallowest depth. An alias has the members of its type.

// Promoted implements [selectors.Source].
func (s *Snapshot) Promoted(ctx context.Context, lang selectors.Lang, module string, names []string) (
	out []selectors.Decl,
) {
	if lang != selectors.Go || len(names) != 2 || s.w.formerSelectors {
		return nil
	}
	level := []goType{{module: module, name: names[0]}}
	seen := map[goType]bool{level[0]: true}
	for len(level) > 0 && len(out) == 0 {
		var deeper []goType
		for i := 0; i < len(level) && len(seen) <= maxEmbedded; i++ { // level grows by what aliases mean
			of := level[i]
			decls, _, _ := s.Module(ctx, lang, of.module)
			for _, d := range decls {
				isMember := len(d.Names) == 2 && d.Names[0] == of.name
				switch {
				case isMember && d.Names[1] == names[1] && of != (goType{module, names[0]}):
					out = append(out, d)
				case isMember:
					deeper = append(deeper, s.goTypesNamed(d, embeddedType, seen)...)
				case len(d.Names) == 1 && d.Names[0] == of.name:
					level = append(level, s.goTypesNamed(d, aliasedType, seen)...)
				}
			}
		}
		level = deeper
	}
	return out
}

// maxEmbedded bounds the types that are looked at for one name.
const maxEmbedded = 1000

// goType is a type that a package of Go declares.
type goType struct{ module, name string }

var (
	// embeddedType matches the header of an embedded field, which has no name besides that of its type. Its groups are
	// the package and the type.
	embeddedType = lazyregexp.New("^\\*?(?:(\\w+)\\.)?(\\w+)(?:\\[.*\\])?\\s*(?:[\"`].*)?$")
	// aliasedType matches the header of an alias.
	aliasedType = lazyregexp.New(`(?s)=\s*\*?(?:(\w+)\.)?(\w+)(?:\[.*\])?$`)
)

// goTypesNamed returns the types that the header of a declaration names, as far as they are not in seen, which they are
// added to.
func (s *Snapshot) goTypesNamed(d selectors.Decl, header *lazyregexp.Regexp, seen map[goType]bool) (out []goType) {
	c, err := s.Content(d.Path)
	if err != nil {
		return nil
	}
	m := header.FindStringSubmatch(c.Slice(d.Sig))
	if m == nil {
		return nil
	}
	modules := []string{d.Module}
	if m[1] != "" {
		modules = s.goImported(c.Bytes(), m[1])
	}
	for _, module := range modules {
		if t := (goType{module: module, name: m[2]}); !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

// goImported returns the packages that a file of Go may mean by a name in front of a dot: the one that it imports under
// this name, or else those whose paths end with the name or whose package clauses have it.
func (s *Snapshot) goImported(src []byte, name string) (out []string) {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ImportsOnly)
	if f == nil || err != nil && len(f.Imports) == 0 {
		return nil
	}
	l := syntax.ByScheme(selectors.Go)
	for _, spec := range f.Imports {
		module, err := strconv.Unquote(spec.Path.Value)
		switch {
		case err != nil:
		case spec.Name != nil && spec.Name.Name == name:
			return []string{module}
		case spec.Name != nil:
		case path.Base(module) == name:
			out = append(out, module)
		default:
			files := s.FilesOf(selectors.Go, module)
			if len(files) > 0 && s.packageOf(l, files[0]) == name || len(files) == 0 && slices.Contains(
				strings.FieldsFunc(module, func(r rune) bool { return strings.ContainsRune("/.-", r) }), name,
			) {
				out = append(out, module)
			}
		}
	}
	return out
}
