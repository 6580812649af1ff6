package index

import (
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
)

// Secondary reports whether a declaration is in a test, in generated code or in a document, or is a variable of
// JavaScript that another module is loaded into. An unqualified name means such a declaration only if no other has the
// name.
func (s *Snapshot) Secondary(d selectors.Decl) bool {
	l := syntax.ByScheme(d.Lang)
	return l != nil && l.Document || selectors.IsTestFile(d.Path) || s.generated(d.Path) || s.isRequired(d)
}

// isRequired reports whether a variable of JavaScript is bound to a module or to what a module exports, as both are in
//
//	const path = require('path'), { kSize } = require('./keys')
func (s *Snapshot) isRequired(d selectors.Decl) bool {
	if d.Lang != "ts" || d.Kind != selectors.KindVar && d.Kind != selectors.KindConst {
		return false
	}
	c, err := s.Content(d.Path)
	return err == nil && requires.Match(c.Bytes()[d.Name.End:min(c.Len(), d.Name.End+maxPattern)])
}

// maxPattern bounds the text behind a name in which the end of the pattern that it belongs to is looked for, in bytes.
const maxPattern = 4000

// requires matches behind the name of a variable: the rest of the pattern of names, the module, and nothing that is
// done with the module.
var requires = lazyregexp.New(`^(?:[\s\w$,:]*\})?\s*=\s*require\s*\(\s*['"][^'"\n]*['"]\s*\)\s*(?:[;,\n]|$)`)

// IsTest reports whether a file is a test or belongs to one, by the customs of its name.
func (s *Snapshot) IsTest(file string) bool { return selectors.IsTestFile(file) }
