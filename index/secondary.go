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

// Secondary reports whether a declaration is in a test, in generated code or in a document. An unqualified name means
// such a declaration only if no other has the name.
func (s *Snapshot) Secondary(d selectors.Decl) bool {
	l := syntax.ByScheme(d.Lang)
	return l != nil && l.Document || isTest(d.Path) || s.generated(d.Path)
}

// testFolders are the names of folders in which tests, and what they read, are kept by custom.
var testFolders = []string{
	"test", "tests", "testing", "testdata", "__tests__", "spec", "specs", "fixtures", "mocks", "__mocks__",
}

// testFile matches the names of test files: server_test.go, test_app.py, app.test.ts, StoreTest.java.
var testFile = lazyregexp.New(`(?:^test_|^conftest\.py$|[._-](?:test|tests|spec)\.|[a-z0-9](?:Test|Tests|Spec)\.)`)

// isTest reports whether a file is a test or belongs to one, by the customs of its name.
func isTest(file string) bool {
	folders := strings.Split(path.Dir(file), "/")
	return testFile.MatchString(path.Base(file)) ||
		slices.ContainsFunc(folders, func(f string) bool { return slices.Contains(testFolders, f) })
}

// IsTest reports whether a file is a test or belongs to one, by the customs of its name.
func (s *Snapshot) IsTest(file string) bool { return isTest(file) }

// FirstName returns the first identifier in the code within a span of a file; in a file without a grammar, the first
// word. ok is false if there is none.
func (s *Snapshot) FirstName(file string, within text.Span) (name text.Span, ok bool) {
	c, err := s.Content(file)
	if err != nil {
		return text.Span{}, false
	}
	if _, hasGrammar := syntax.LangOf(file); hasGrammar && syntax.Unparsable(c.Bytes()) == "" {
		if names, isParsed := s.identifiers(file, c); isParsed {
			i, _ := slices.BinarySearchFunc(names, within.Start, func(n text.Span, at int) int { return n.Start - at })
			if i < len(names) && within.Contains(names[i]) {
				return names[i], true
			}
			return text.Span{}, false
		}
	}

	for at := within.Start; at < within.End; at++ {
		if n := text.WordLen(c.Bytes()[at:within.End], ""); n > 0 {
			return text.Span{Start: at, End: at + n}, true
		}
	}
	return text.Span{}, false
}

// identifiers returns the identifiers of a file with a grammar, in order. A large file takes a second to parse, so
// those of a file of the workspace are remembered.
func (s *Snapshot) identifiers(file string, c *text.Content) (names []text.Span, isParsed bool) {
	f := s.files[file]
	if f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.names != nil {
			return *f.names, true
		}
	}
	names, err := syntax.Identifiers(context.Background(), file, c.Bytes())
	if err != nil {
		return nil, false
	}
	if f != nil {
		f.names = &names
	}
	return names, true
}

// Trait returns the name of the trait of Rust that a function implements, "" for none; see [syntax.Trait].
func (s *Snapshot) Trait(file string, function text.Span) string {
	c, err := s.Content(file)
	if err != nil || syntax.Unparsable(c.Bytes()) != "" {
		return ""
	}
	trait, err := syntax.Trait(context.Background(), file, c.Bytes(), function)
	if err != nil {
		return "" // the file's outline says that it cannot be parsed
	}
	return trait
}

// LocalScope returns the outermost function around a name that can be used in that function alone; see
// [syntax.LocalScope].
func (s *Snapshot) LocalScope(file string, name text.Span) (scope text.Span, ok bool) {
	c, err := s.Content(file)
	if err != nil || syntax.Unparsable(c.Bytes()) != "" {
		return text.Span{}, false
	}
	scope, ok, err = syntax.LocalScope(context.Background(), file, c.Bytes(), name, s.outermost(file, name))
	return scope, ok && err == nil
}

// BoundWords returns the words of a file of C or C++ that certainly declare or mean a local; see [syntax.BoundWords].
func (s *Snapshot) BoundWords(file, name string) []syntax.BoundWord {
	type key struct{ path, name string }
	return s.Memoize(key{path: file, name: name}, func() any {
		c, err := s.Content(file)
		if err != nil || syntax.Unparsable(c.Bytes()) != "" {
			return []syntax.BoundWord(nil)
		}
		found, err := syntax.BoundWords(context.Background(), file, c.Bytes(), name)
		if err != nil {
			return []syntax.BoundWord(nil) // nothing is certain
		}
		return found
	}).([]syntax.BoundWord)
}

// CallsWith returns the calls of a file that are given an object with a key of a name; see [syntax.CallsWith].
func (s *Snapshot) CallsWith(file, name string) map[text.Span]syntax.Call {
	type key struct{ path, name string }
	return s.Memoize(key{path: file, name: name}, func() any {
		c, err := s.Content(file)
		if err != nil || syntax.Unparsable(c.Bytes()) != "" {
			return map[text.Span]syntax.Call(nil)
		}
		found, err := syntax.CallsWith(context.Background(), file, c.Bytes(), name)
		if err != nil {
			return map[text.Span]syntax.Call(nil) // the file's outline says that it cannot be parsed
		}
		return found
	}).(map[text.Span]syntax.Call)
}

// outermost returns the declaration of a function or class that contains a name and that no other contains.
// The zero value is returned where there is none, or where that one is of another kind.
func (s *Snapshot) outermost(file string, name text.Span) text.Span {
	var out selectors.Decl
	for _, d := range s.FileDecls(file) {
		if d.Def.Contains(name) && d.Def.Len() > out.Def.Len() {
			out = d
		}
	}

	switch out.Kind {
	case selectors.KindDef, selectors.KindMethod, selectors.KindClass:
		return out.Def
	}
	return text.Span{}
}

// ShellWords lists the words of a script of Bash or sh; none if it cannot be read. See [syntax.ShellWords].
func (s *Snapshot) ShellWords(file string) []syntax.ShellWord {
	type key struct{ path string }
	return s.Memoize(key{file}, func() any {
		c, err := s.Content(file)
		if err != nil || syntax.Unparsable(c.Bytes()) != "" {
			return []syntax.ShellWord(nil)
		}
		found, err := syntax.ShellWords(context.Background(), c.Bytes())
		if err != nil {
			return []syntax.ShellWord(nil)
		}
		return found
	}).([]syntax.ShellWord)
}
