package index

import (
	"context"
	"slices"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/text"
)

// Questions that package syntax answers from one file alone. A file that cannot be read or parsed has no answer, which
// is the zero value here; its outline says so, see [Snapshot.Unread].

// parsed returns what parse finds in a file, the zero value if the file cannot be read or parsed. It is computed once
// for each key and content: each question has a key of its own type. The context of the request is not used, because
// later requests get the same result.
func parsed[T any](s *Snapshot, file string, key any, parse func(src []byte) (T, error)) T {
	var none T
	c, err := s.Content(file)
	if err != nil {
		return none
	}
	return c.Memoize(key, func() any {
		if syntax.Unparsable(c.Bytes()) != "" {
			return none
		}
		found, err := parse(c.Bytes())
		if err != nil {
			return none
		}
		return found
	}).(T)
}

// FirstName returns the first identifier in the code within a span of a file; in a file without a grammar, the first
// word. ok is false if there is none.
func (s *Snapshot) FirstName(file string, within text.Span) (name text.Span, ok bool) {
	c, err := s.Content(file)
	if err != nil {
		return text.Span{}, false
	}
	if _, hasGrammar := s.Lang(file); hasGrammar && syntax.Unparsable(c.Bytes()) == "" {
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
	f, name := s.files[file], s.asNamed(file)
	if f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.names != nil {
			return *f.names, true
		}
	}
	names, err := syntax.Identifiers(context.Background(), name, c.Bytes())
	if err != nil {
		return nil, false
	}
	if f != nil {
		f.names = &names
	}
	return names, true
}

// IsKeyword reports whether a word in the code of a file is no identifier, but a keyword that may be a name elsewhere,
// such as get in "get size() {}". It is false in a file that does not parse without errors.
func (s *Snapshot) IsKeyword(file string, word text.Span) bool {
	if _, hasGrammar := s.Lang(file); !hasGrammar || s.hasParseErrors(file) {
		return false
	}
	name, ok := s.FirstName(file, word)
	return !ok || name != word
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

// Impls returns the blocks of a file of Rust in which types implement traits, by the names of the traits; see
// [syntax.Impls].
func (s *Snapshot) Impls(file string) map[text.Span]syntax.Impl {
	type key struct{}
	return parsed(s, file, key{}, func(src []byte) (map[text.Span]syntax.Impl, error) {
		return syntax.Impls(context.Background(), file, src)
	})
}

// LocalScope returns the outermost function around a name that can be used in that function alone; see
// [syntax.LocalScope].
func (s *Snapshot) LocalScope(file string, name text.Span) (scope text.Span, ok bool) {
	c, err := s.Content(file)
	if err != nil || syntax.Unparsable(c.Bytes()) != "" {
		return text.Span{}, false
	}
	scope, ok, err = syntax.LocalScope(context.Background(), s.asNamed(file), c.Bytes(), name, s.outermost(file, name))
	return scope, ok && err == nil
}

// NoName says what a word of a file is that is no name; see [syntax.NoName].
func (s *Snapshot) NoName(file string, word text.Span) string {
	type key struct{ word text.Span }
	return parsed(s, file, key{word}, func(src []byte) (string, error) {
		return syntax.NoName(context.Background(), s.asNamed(file), src, word)
	})
}

// BoundWords returns the words of a file of C or C++ that certainly declare or mean a local; see [syntax.BoundWords].
func (s *Snapshot) BoundWords(file, name string) []syntax.BoundWord {
	type key struct{ name string }
	return parsed(s, file, key{name}, func(src []byte) ([]syntax.BoundWord, error) {
		return syntax.BoundWords(context.Background(), file, src, name)
	})
}

// LocalWords returns the words of a file of JavaScript or TypeScript that certainly declare or mean a parameter or a
// variable of the file; see [syntax.LocalWords].
func (s *Snapshot) LocalWords(file, name string) []syntax.LocalWord {
	type key struct{ name string }
	return parsed(s, file, key{name}, func(src []byte) ([]syntax.LocalWord, error) {
		return syntax.LocalWords(context.Background(), file, src, name)
	})
}

// CallsWith returns the calls of a file that are given an object with a key of a name; see [syntax.CallsWith].
func (s *Snapshot) CallsWith(file, name string) map[text.Span]syntax.Call {
	type key struct{ name string }
	return parsed(s, file, key{name}, func(src []byte) (map[text.Span]syntax.Call, error) {
		return syntax.CallsWith(context.Background(), file, src, name)
	})
}

// ObjectsWith returns the objects of a file with a key of a name; see [syntax.ObjectsWith].
func (s *Snapshot) ObjectsWith(file, name string) map[text.Span]syntax.Object {
	type key struct{ name string }
	return parsed(s, file, key{name}, func(src []byte) (map[text.Span]syntax.Object, error) {
		return syntax.ObjectsWith(context.Background(), file, src, name)
	})
}

// FlowsOf returns what the values of a variable go to in a file, or those of a member or the results of a function; see
// [syntax.FlowsOf].
func (s *Snapshot) FlowsOf(file, name string, of syntax.FlowKind) map[text.Span][]syntax.Flow {
	type key struct {
		name string
		of   syntax.FlowKind
	}
	return parsed(s, file, key{name, of}, func(src []byte) (map[text.Span][]syntax.Flow, error) {
		return syntax.FlowsOf(context.Background(), file, src, name, of)
	})
}

// HeldIn returns what a file of TypeScript, JavaScript or Python does with the values of the words that are a name; see
// [syntax.HeldIn].
func (s *Snapshot) HeldIn(file, name string) syntax.Held {
	type key struct{ name string }
	return parsed(s, file, key{name}, func(src []byte) (syntax.Held, error) {
		return syntax.HeldIn(context.Background(), s.asNamed(file), src, name)
	})
}

// CalledThrough returns the names that calls of a file of Go, Rust, C or C++ call through an expression; see
// [syntax.CalledThrough].
func (s *Snapshot) CalledThrough(file string) map[text.Span]bool {
	type key struct{}
	return parsed(s, file, key{}, func(src []byte) (map[text.Span]bool, error) {
		return syntax.CalledThrough(context.Background(), s.asNamed(file), src)
	})
}

// Operators returns the operators of a file of Rust or C++; see [syntax.Operators].
func (s *Snapshot) Operators(file string) map[text.Span]string {
	type key struct{}
	return parsed(s, file, key{}, func(src []byte) (map[text.Span]string, error) {
		return syntax.Operators(context.Background(), s.asNamed(file), src)
	})
}

// Callees returns what the calls of a file of TypeScript, JavaScript or Python call; see [syntax.Callees].
func (s *Snapshot) Callees(file string) []syntax.Callee {
	type key struct{}
	return parsed(s, file, key{}, func(src []byte) ([]syntax.Callee, error) {
		return syntax.Callees(context.Background(), s.asNamed(file), src)
	})
}

// ValueOf returns the last name of what a declaration of TypeScript, JavaScript or Python is set to; see
// [syntax.ValueOf].
func (s *Snapshot) ValueOf(file string, name text.Span) (value text.Span, ok bool) {
	type key struct{ name text.Span }
	value = parsed(s, file, key{name}, func(src []byte) (text.Span, error) {
		value, _, err := syntax.ValueOf(context.Background(), s.asNamed(file), src, name)
		return value, err
	})
	return value, value.Len() > 0
}

// MadeCalls returns the calls of a file of TypeScript, JavaScript or Python of what has no name; see
// [syntax.MadeCalls].
func (s *Snapshot) MadeCalls(file string) []syntax.Made {
	type key struct{}
	return parsed(s, file, key{}, func(src []byte) ([]syntax.Made, error) {
		return syntax.MadeCalls(context.Background(), s.asNamed(file), src)
	})
}

// ImplicitCalls returns the places of a file of Python at which it calls methods without their names; see
// [syntax.ImplicitCalls].
func (s *Snapshot) ImplicitCalls(file string) []syntax.ImplicitCall {
	type key struct{}
	return parsed(s, file, key{}, func(src []byte) ([]syntax.ImplicitCall, error) {
		return syntax.ImplicitCalls(context.Background(), s.asNamed(file), src)
	})
}

// ValuesOf returns what a declaration of TypeScript, JavaScript or Python may be set to; see [syntax.ValuesOf].
func (s *Snapshot) ValuesOf(file string, name text.Span) syntax.Values {
	type key struct{ name text.Span }
	return parsed(s, file, key{name}, func(src []byte) (syntax.Values, error) {
		return syntax.ValuesOf(context.Background(), s.asNamed(file), src, name)
	})
}

// ModuleValue returns what a CommonJS module is; see [syntax.ModuleValue].
func (s *Snapshot) ModuleValue(file string) syntax.Values {
	type key struct{}
	return parsed(s, file, key{}, func(src []byte) (syntax.Values, error) {
		return syntax.ModuleValue(context.Background(), s.asNamed(file), src)
	})
}

// Returned returns what a function of TypeScript, JavaScript or Python returns; see [syntax.Returned].
func (s *Snapshot) Returned(file string, name text.Span) (values syntax.Values, ok bool) {
	type key struct{ name text.Span }
	type returned struct {
		syntax.Values
		ok bool
	}
	out := parsed(s, file, key{name}, func(src []byte) (returned, error) {
		values, ok, err := syntax.Returned(context.Background(), s.asNamed(file), src, name)
		return returned{values, ok}, err
	})
	return out.Values, out.ok
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

// HeldCommands lists the commands of a script of Bash or sh that the text does not name; see [syntax.HeldCommands].
func (s *Snapshot) HeldCommands(file string) []syntax.ShellWord {
	type key struct{}
	return parsed(s, file, key{}, func(src []byte) ([]syntax.ShellWord, error) {
		return syntax.HeldCommands(context.Background(), src)
	})
}

// ShellWords lists the words of a script of Bash or sh; none if it cannot be read. See [syntax.ShellWords].
func (s *Snapshot) ShellWords(file string) []syntax.ShellWord {
	type key struct{}
	return parsed(s, file, key{}, func(src []byte) ([]syntax.ShellWord, error) {
		return syntax.ShellWords(context.Background(), src)
	})
}
