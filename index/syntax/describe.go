//go:build cgo

package syntax

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors"
)

// The checks of a language's description. A mistake in language.json would otherwise end the
// process later, or pass silently into outlines as a kind that no selector can name.

// ModuleRules lists the rules by which package index names modules, in order: by the file's path
// ("file"), by its package clause ("package"), and as the tools of one language do.
var ModuleRules = []string{"file", "go", "package", "python", "rust", "swift"}

// mistake says that a key of language.json has a value that cannot be, and how to correct it.
func mistake(key string, value any, correction string, args ...any) error {
	return fmt.Errorf("%s: %q is wrong; %s", key, fmt.Sprint(value), fmt.Sprintf(correction, args...))
}

// taken is the message for a value that another language has already.
func (l *Language) taken(key, value string, other *Language) string {
	name := path.Join("index/syntax/languages", l.folder, "language.json")
	return fmt.Sprintf("%s: %v", name, mistake(key, value, "languages/%s has it: choose another", other.folder))
}

var schemeForm = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// check reports the first mistake in the description, and compiles its patterns.
func (l *Language) check(files fs.FS) error {
	if !schemeForm.MatchString(string(l.Scheme)) {
		return mistake("scheme", l.Scheme, "write the letters before :// in a selector, such as go")
	}
	if l.Title == "" {
		return mistake("title", "", "write the language's name as people know it")
	}
	if !slices.Contains(ModuleRules, l.Module) {
		return mistake("module", l.Module, "write one of %s", strings.Join(ModuleRules, ", "))
	}
	return cmp.Or(l.checkFiles(), l.checkKinds(), l.compile(), l.checkLexis(), l.checkCaptures(files))
}

func (l *Language) checkFiles() error {
	if len(l.Files) == 0 {
		return mistake("files", "", "map at least one extension to a grammar, as in {\".go\": \"go\"}")
	}
	for _, name := range slices.Sorted(maps.Keys(l.Files)) {
		if name == "" || strings.ContainsRune(name, '/') || name[0] == '.' && name != strings.ToLower(name) {
			return mistake("files", name, "write an extension in lower case with its dot, or a file's whole base name")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Else)) {
		if l.Files[name] == "" {
			return mistake("else", name, "give the file a grammar in files first")
		}
	}
	if (len(l.Else) > 0) != (l.Mark != "") {
		return mistake("mark", l.Mark, "else and mark go together: set both or none")
	}
	for key, table := range map[string]map[string]string{"files": l.Files, "else": l.Else} {
		for _, name := range slices.Sorted(maps.Keys(table)) {
			if g := table[name]; grammars[g] == nil {
				known := strings.Join(slices.Sorted(maps.Keys(grammars)), ", ")
				return mistake(
					key+"."+name,
					g,
					"there is no such grammar: write one of %s, or add it to grammars.go",
					known,
				)
			}
		}
	}
	return nil
}

func (l *Language) checkKinds() error {
	for _, capture := range slices.Sorted(maps.Keys(l.Kinds)) {
		if k := l.Kinds[capture]; k != "" && !selectors.IsKind(k) {
			return mistake(
				"kinds."+capture,
				k,
				"write one of %s, or \"\" for what declares nothing",
				selectors.KindNames(),
			)
		}
	}
	for _, from := range slices.Sorted(maps.Keys(l.Member)) {
		for _, k := range []selectors.Kind{from, l.Member[from]} {
			if !selectors.IsKind(k) {
				return mistake("member."+string(from), k, "write one of %s", selectors.KindNames())
			}
		}
	}
	return nil
}

// compile compiles the regular expressions.
func (l *Language) compile() error {
	one := func(key, source string, group bool) (*regexp.Regexp, error) {
		if source == "" {
			return nil, nil
		}
		re, err := regexp.Compile(source)
		if err != nil {
			return nil, mistake(key, source, "correct the regular expression (RE2 syntax): %v", err)
		}
		if group && re.NumSubexp() == 0 {
			return nil, mistake(key, source, "put parentheses around the part that is meant")
		}
		return re, nil
	}
	var err error
	l.pkg, err = one("package", l.Package, true)
	if err != nil {
		return err
	}
	if l.Module == "package" && l.pkg == nil {
		return mistake(
			"package",
			"",
			"the module rule \"package\" needs the pattern of the clause that names the module",
		)
	}
	l.mark, err = one("mark", l.Mark, false)
	if err != nil {
		return err
	}
	for _, source := range l.Macros {
		re, err := one("macros", source, true)
		if err != nil {
			return err
		}
		if re == nil {
			return mistake("macros", source, "leave the empty pattern out")
		}
		l.macros = append(l.macros, re)
	}
	return nil
}

func (l *Language) checkLexis() error {
	lists := map[string][]string{
		"lexis.line":    l.Lexis.Line,
		"lexis.strings": l.Lexis.Strings,
		"separators":    l.Separators,
	}
	for _, b := range l.Lexis.Block {
		lists["lexis.block"] = append(lists["lexis.block"], b[0], b[1])
	}
	for _, key := range slices.Sorted(maps.Keys(lists)) {
		if slices.Contains(lists[key], "") {
			return mistake(key, "", "leave the empty entry out: it would match everywhere")
		}
	}
	return nil
}

// checkCaptures compares the captures that language.json speaks of with those of the query. Where
// code in Go reads the language, the code gives captures their meaning, and nothing is checked.
func (l *Language) checkCaptures(files fs.FS) error {
	if !l.dataOnly {
		return nil
	}
	name := path.Join("languages", l.folder, "outline.scm")
	query, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("%w; write the query that captures the declarations", err)
	}
	declared := map[string]bool{}
	for _, c := range captures(string(query)) {
		if slices.Contains(parts, c) || c[0] == '_' {
			continue
		}
		declared[c] = true
		if _, listed := l.Kinds[c]; !listed && !selectors.IsKind(selectors.Kind(c)) {
			return mistake(
				"kinds",
				"@"+c,
				"%s captures it: give it a kind in kinds, or name the capture after one of %s",
				name,
				selectors.KindNames(),
			)
		}
	}
	for _, list := range []struct {
		key      string
		captures []string
	}{
		{key: "kinds", captures: slices.Sorted(maps.Keys(l.Kinds))},
		{key: "imports", captures: l.Imports},
		{key: "merge", captures: l.Merge},
		{key: "prototypes", captures: l.Prototypes},
		{key: "definitions", captures: l.Definitions},
		{key: "lift", captures: slices.Sorted(maps.Keys(l.Lift))},
		{key: "top", captures: l.Top},
	} {
		for _, c := range list.captures {
			if !declared[c] {
				return mistake(list.key, c, "%s has no capture @%s: correct the name or leave it out", name, c)
			}
		}
	}
	return nil
}

var captureForm = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|;[^\n]*|@([\w.-]+)`)

// captures lists the captures of a query; strings and comments hold none.
func captures(query string) (out []string) {
	for _, m := range captureForm.FindAllStringSubmatch(query, -1) {
		if m[1] != "" && !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}
