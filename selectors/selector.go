package selectors

import (
	"lanser/selectors/text"
)

// Selector is one of [Cursor], [Range] and [Symbolic].
type Selector interface {
	// String is the canonical form.
	String() string
	isSelector()
}

// Cursor is a place in a file. Line and Col are 1-based; Col is in units of
// Indexing.
type Cursor struct {
	Path       string // slash-separated, relative to the workspace; or "file://…"
	Line, Col  int
	Indexing   text.Encoding
	DocVersion string
}

// Range is a stretch of a file, its end exclusive; units as in [Cursor].
type Range struct {
	Path                string
	StartLine, StartCol int
	EndLine, EndCol     int
	Indexing            text.Encoding
	DocVersion          string
}

// Symbolic names a declaration by module and name path.
type Symbolic struct {
	Lang   Lang
	Module string   // as the language's users write it; Anywhere for "*"
	Names  []string // outermost first, never empty
	Role   Role
	// Overload picks the i-th declaration of that name path in source order,
	// 0-based; nil means the symbol as a whole.
	Overload   *int
	DocVersion string
}

func (Cursor) isSelector()   {}
func (Range) isSelector()    {}
func (Symbolic) isSelector() {}

// Anywhere is the module that stands for the whole workspace.
const Anywhere = "*"

// Role chooses the range that a resolution reports (spec section 2).
type Role string

// The roles. Def is the default.
const (
	Def  Role = "def"
	Sig  Role = "sig"
	Body Role = "body"
	Doc  Role = "doc"
)

func isRole(s string) bool {
	switch Role(s) {
	case Def, Sig, Body, Doc:
		return true
	}
	return false
}

// Lang is a language by its scheme.
type Lang string

// The languages that selectors can name.
const (
	Go         Lang = "go"
	Python     Lang = "py"
	TypeScript Lang = "ts" // TypeScript and JavaScript, with or without JSX
)

// Langs lists the schemes in the order in which help names them.
var Langs = []Lang{Go, Python, TypeScript}

var langAliases = map[string]Lang{
	"go": Go, "golang": Go,
	"py": Python, "python": Python,
	"ts": TypeScript, "typescript": TypeScript, "js": TypeScript, "javascript": TypeScript, "tsx": TypeScript, "jsx": TypeScript,
}

// Ordinal is a pointer to i, for [Symbolic.Overload].
func Ordinal(i int) *int { return &i }
