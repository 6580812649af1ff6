//go:build cgo

package syntax

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
)

// This file checks the description of a language. Without the checks, a mistake in language.json would end the process
// later, or would go unnoticed into outlines, as a kind that no selector can name.

// ModuleRules lists the rules by which package index names modules, in order: by the file's path
// ("file"), by its package clause ("package"), and as the tools of one language do.
var ModuleRules = []string{"file", "go", "package", "python", "rust", "swift"}

// mistake returns the error for a wrong value of a key in language.json. correction says what to write instead.
func mistake(key string, value any, correction string, args ...any) error {
	return fmt.Errorf("%s: %q is wrong; %s", key, fmt.Sprint(value), fmt.Sprintf(correction, args...))
}

// taken returns the error for a value that two languages have. Either may be the one that was added.
func (l *Language) taken(key, value string, other *Language) error {
	return fmt.Errorf("index/syntax/languages/%s/language.json and index/syntax/languages/%s/language.json: %s: "+
		"both have %q; choose another for the one that you add", other.folder, l.folder, key, value)
}

// schemeForm matches a valid scheme.
var schemeForm = lazyregexp.New(`^[a-z][a-z0-9]*$`)

// check reports the first mistake in language.json, and compiles its patterns.
func (l *Language) check() error {
	if !schemeForm.MatchString(string(l.Scheme)) {
		return mistake("scheme", l.Scheme, "write the letters before :// in a selector, such as go")
	}
	if l.Title == "" {
		return mistake("title", "", "write the language's name as people know it")
	}
	if !slices.Contains(ModuleRules, l.Module) {
		return mistake("module", l.Module, "write one of %s", strings.Join(ModuleRules, ", "))
	}
	return cmp.Or(l.checkFiles(), l.checkKinds(), l.compile(), l.checkLexis(), l.checkNodeTypes())
}

// checkFiles checks the keys files, else and mark.
func (l *Language) checkFiles() error {
	if len(l.Files) == 0 {
		return mistake("files", "", "map at least one extension to a grammar, as in {\".go\": \"go\"}")
	}
	for _, name := range slices.Sorted(maps.Keys(l.Files)) {
		isExtension := strings.HasPrefix(name, ".")
		if name == "" || strings.ContainsAny(name, "/*? ") || isExtension && name != strings.ToLower(name) {
			return mistake("files", name, "write an extension in lower case with its dot, or a file's whole base name")
		}
		if grammars[name] != nil || name == string(l.Scheme) {
			return mistake("files", name, "write an extension with its dot, %q", "."+name)
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
				return mistake(fmt.Sprintf("%s[%q]", key, name), g, "there is no such grammar: write one of %s, "+
					"or add it to index/syntax/grammars.go", known)
			}
		}
	}

	return nil
}

// checkKinds checks the keys kinds and member.
func (l *Language) checkKinds() error {
	for _, capture := range slices.Sorted(maps.Keys(l.Kinds)) {
		if k := l.Kinds[capture]; k != "" && !selectors.IsKind(k) {
			names := selectors.KindNames()
			return mistake("kinds."+capture, k, "write one of %s, or \"\" for what declares nothing", names)
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
	compileOne := func(key, source string, needsGroup bool) (*regexp.Regexp, error) {
		if source == "" {
			return nil, nil
		}
		re, err := regexp.Compile(source)
		if err != nil {
			return nil, mistake(key, source, "correct the regular expression (RE2 syntax): %v", err)
		}
		if needsGroup && re.NumSubexp() == 0 {
			return nil, mistake(key, source, "put parentheses around the part that is meant")
		}
		return re, nil
	}

	var err error
	l.pkg, err = compileOne("package", l.Package, true)
	if err != nil {
		return err
	}
	if l.Module == "package" && l.pkg == nil {
		const correction = "the module rule \"package\" needs the pattern of the clause that names the module"
		return mistake("package", "", correction)
	}

	l.mark, err = compileOne("mark", l.Mark, false)
	if err != nil {
		return err
	}
	for _, source := range l.Macros {
		re, err := compileOne("macros", source, true)
		if err != nil {
			return err
		}
		if re == nil {
			return mistake("macros", source, "leave the empty pattern out")
		}
		l.macros = append(l.macros, re)
	}

	for i := range l.Unread {
		u := &l.Unread[i]
		u.match, err = compileOne("unread.match", u.Match, true)
		if err != nil {
			return err
		}
		if u.match == nil {
			return mistake("unread.match", "", "leave the empty pattern out")
		}
		parsed, err := syntax.Parse(u.Match, syntax.Perl)
		if err != nil {
			return err
		}
		u.literal = []byte(mandatory(parsed))
	}

	return nil
}

// checkLexis reports an empty string in a list of what is looked for in code.
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

// checkNodeTypes reports a node type that none of the language's grammars has.
func (l *Language) checkNodeTypes() error {
	lists := map[string][]string{"outer": l.Outer, "between": l.Between}
	for _, capture := range slices.Sorted(maps.Keys(l.Lift)) {
		lists["lift."+capture] = l.Lift[capture]
	}

	var known map[string]bool
	for _, key := range slices.Sorted(maps.Keys(lists)) {
		for _, nodeType := range lists[key] {
			if known == nil {
				known = l.nodeTypes()
			}
			if !known[nodeType] {
				return mistake(key, nodeType, "the grammar has no node of this type: correct the name or leave it out")
			}
		}
	}
	return nil
}

// nodeTypes returns the types of the nodes of the language's grammars.
func (l *Language) nodeTypes() map[string]bool {
	types := map[string]bool{}
	for _, name := range slices.Concat(slices.Collect(maps.Values(l.Files)), slices.Collect(maps.Values(l.Else))) {
		if grammars[name] == nil {
			continue // checkFiles reports it
		}
		g := grammars[name]()
		for i := range g.SymbolCount() {
			types[g.SymbolName(sitter.Symbol(i))] = true
		}
	}
	return types
}

// checkQuery reports the first mistake in outline.scm, and the captures of language.json that it does not have.
// Languages that code in Go reads are not checked, because that code gives their captures a meaning.
//
// A query without any pattern is accepted whatever language.json lists, because whoever adds a language looks at the
// tree of its fixture before writing the query.
func (l *Language) checkQuery(file, query string) error {
	if !l.dataOnly || !strings.ContainsAny(query, "([") {
		return nil
	}
	if line, bracket := unpaired(query); line > 0 {
		return fmt.Errorf("%s:%d: the bracket %c has no partner; correct the query", file, line, bracket)
	}
	declared := map[string]bool{}
	for _, c := range captures(query) {
		if slices.Contains(parts, c) || c[0] == '_' {
			continue
		}
		declared[c] = true
		if _, listed := l.Kinds[c]; !listed && !selectors.IsKind(selectors.Kind(c)) {
			return fmt.Errorf("%s: the capture @%s is wrong; name it after one of the kinds %s, give it a kind under "+
				"\"kinds\" in language.json, or name a part of a declaration by one of @%s",
				file, c, selectors.KindNames(), strings.Join(parts, ", @"))
		}
	}

	if pattern := nameless(query, declared); pattern != "" {
		return fmt.Errorf("%s: the pattern %s is wrong; capture the node of the declaration's name as @name",
			file, pattern)
	}
	if pattern, twice := declaresTwice(query, declared); pattern != "" {
		return fmt.Errorf("%s: the pattern %s is wrong: it captures @%s, and one match declares one symbol; write a "+
			"pattern for each declaration", file, pattern, strings.Join(twice, " and @"))
	}
	if err := checkPredicates(query); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := l.checkListed(file, declared); err != nil {
		return fmt.Errorf("%s: %w", path.Join("languages", l.folder, "language.json"), err)
	}
	return nil
}

// checkListed reports a capture that language.json lists and the query, in file, does not have.
func (l *Language) checkListed(file string, declared map[string]bool) error {
	for _, list := range []struct {
		key      string
		captures []string
	}{
		{key: "kinds", captures: slices.Sorted(maps.Keys(l.Kinds))},
		{key: "functions", captures: l.Functions},
		{key: "imports", captures: l.Imports},
		{key: "merge", captures: l.Merge},
		{key: "prototypes", captures: l.Prototypes},
		{key: "definitions", captures: l.Definitions},
		{key: "lift", captures: slices.Sorted(maps.Keys(l.Lift))},
		{key: "top", captures: l.Top},
	} {
		for _, c := range list.captures {
			if !declared[c] {
				return mistake(list.key, c, "%s has no capture @%s: correct the name or leave it out", file, c)
			}
		}
	}
	return nil
}

// nameless returns the first pattern of a query that captures a declaration but not its name, "" for none. Such
// a pattern would match and declare nothing.
func nameless(query string, declared map[string]bool) string {
	for _, pattern := range patterns(query) {
		found := captures(pattern)
		declares := slices.ContainsFunc(found, func(c string) bool { return declared[c] })
		if declares && !slices.Contains(found, "name") {
			return strings.Join(strings.Fields(pattern), " ")
		}
	}
	return ""
}

// declaresTwice returns the first pattern of a query that captures two declarations, or two names, in each of its
// matches, and these captures; "" for none. Only the last of them would be listed.
func declaresTwice(query string, declared map[string]bool) (pattern string, twice []string) {
	for _, pattern := range patterns(query) {
		var names, declarations []string
		for _, c := range certain(pattern) {
			if c == "name" {
				names = append(names, c)
			} else if declared[c] {
				declarations = append(declarations, c)
			}
		}
		for _, found := range [][]string{names, declarations} {
			if len(found) > 1 {
				return strings.Join(strings.Fields(pattern), " "), found[:2]
			}
		}
	}
	return "", nil
}

// certain returns the captures that every match of a pattern has, in order and with repetitions. It skips captures in
// alternatives, such as those of [(a) @x (b) @y], and arguments of predicates, such as that of (#eq? @x "c").
func certain(pattern string) (out []string) {
	var open []byte // the brackets around the current position; '#' for the parentheses of a predicate
	for _, token := range tokenForm.FindAllString(pattern, -1) {
		switch token[0] {
		case '(', '[':
			open = append(open, token[0])
		case ')', ']':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		case '#':
			if len(open) > 0 {
				open[len(open)-1] = '#'
			}
		case '@':
			if !bytes.ContainsAny(open, "[#") {
				out = append(out, token[1:])
			}
		}
	}
	return out
}

// tokenForm matches the brackets, predicates and captures of a query, and its strings and comments.
var tokenForm = lazyregexp.New(`"(?:[^"\\]|\\.)*"|;[^\n]*|[()\[\]#]|@[\w.-]+`)

// predicates are the conditions that the library evaluates. It ignores all others, so that their patterns would match
// always.
var predicates = []string{"eq?", "not-eq?", "match?", "not-match?"}

// checkPredicates reports the first predicate that the library does not evaluate, or whose regular expression does not
// compile: the library would panic with the first file that is parsed.
func checkPredicates(query string) error {
	for _, m := range predicateForm.FindAllStringSubmatch(query, -1) {
		operator, expression := m[1], m[2]
		if operator == "" {
			continue // a string or a comment
		}
		if !slices.Contains(predicates, operator) {
			return fmt.Errorf("the predicate #%s is wrong; write one of #%s", operator, strings.Join(predicates, ", #"))
		}
		source := escapeForm.ReplaceAllString(expression, "$1")
		if _, err := regexp.Compile(source); err != nil && strings.HasSuffix(operator, "match?") {
			return fmt.Errorf("the predicate #%s: %q is wrong; correct the regular expression (RE2 syntax): %w",
				operator, source, err)
		}
	}
	return nil
}

var (
	// predicateForm matches a predicate with its capture and its string, if it has one, and other strings and comments.
	predicateForm = lazyregexp.New(
		`#([\w-]+[?!])(?:\s+@[\w.-]+\s+"((?:[^"\\]|\\.)*)")?|"(?:[^"\\]|\\.)*"|;[^\n]*`,
	)
	// escapeForm matches an escaped character of a string in a query.
	escapeForm = lazyregexp.New(`\\(.)`)
)

// patterns splits a query into its patterns, each with the captures that follow it.
func patterns(query string) (out []string) {
	depth, start := 0, 0
	for _, at := range bracketForm.FindAllStringIndex(query, -1) {
		switch query[at[0]] {
		case '(', '[':
			if depth == 0 && at[0] > start {
				out = append(out, query[start:at[0]])
				start = at[0]
			}
			depth++
		case ')', ']':
			depth--
		}
	}
	return append(out, query[start:])
}

// unpaired returns the first bracket of a query that none closes or opens, and its line, from 1; line 0 for none.
func unpaired(query string) (line int, bracket byte) {
	var open []int // the offsets of the brackets around the current position
	at := -1
	for _, m := range bracketForm.FindAllStringIndex(query, -1) {
		switch c := query[m[0]]; {
		case c == '(' || c == '[':
			open = append(open, m[0])
		case c != ')' && c != ']':
		case len(open) > 0 && strings.IndexByte("([", query[open[len(open)-1]]) == strings.IndexByte(")]", c):
			open = open[:len(open)-1]
		case at < 0:
			at = m[0]
		}
	}
	if len(open) > 0 && (at < 0 || open[0] < at) {
		at = open[0]
	}
	if at < 0 {
		return 0, 0
	}
	return 1 + strings.Count(query[:at], "\n"), query[at]
}

// bracketForm matches brackets, and the strings and comments of a query, whose brackets do not count.
var bracketForm = lazyregexp.New(`"(?:[^"\\]|\\.)*"|;[^\n]*|[()\[\]]`)

// captureForm matches the captures of a query, and the strings and comments.
var captureForm = lazyregexp.New(`"(?:[^"\\]|\\.)*"|;[^\n]*|@([\w.-]+)`)

// captures lists the captures of a query, without the @.
func captures(query string) (out []string) {
	for _, m := range captureForm.FindAllStringSubmatch(query, -1) {
		if m[1] != "" && !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}
