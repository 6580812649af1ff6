package selectors

import (
	"lanser/selectors/text"
)

// Selector is one of [Cursor], [Range], [Symbolic], [AST], [Anchor] and [ID].
type Selector interface {
	// String returns the canonical form.
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

// AST is a path through the structure of code.
type AST struct {
	Steps      []Step // never empty; no named step follows an indexed one
	DocVersion string
}

// Step is one step of an AST path. A named step takes the declaration of that
// uniform kind and name. An indexed one, whose Name is "", takes the Index-th
// node below the previous step, 0-based in source order, whose kind in the
// grammar, or field in its parent, is Kind.
type Step struct {
	Kind  string
	Name  string
	Index int
}

// Anchor is a piece of text in a file.
type Anchor struct {
	Path    string // as in [Cursor]
	Snippet string // never empty
	// Ctx is the number of code points on either side of the snippet that Hash covers. 0 means [DefaultCtx].
	Ctx        int
	Hash       string // "sha1:" and 40 hex digits, see [AnchorHash]; "" for none
	Near       int    // the 1-based line at which it was seen; 0 for none
	DocVersion string
}

// DefaultCtx is the default of [Anchor.Ctx], in code points.
const DefaultCtx = 24

// ID is a symbolId, see [Decl.ID].
type ID struct{ Hex string }

func (Cursor) isSelector()   {}
func (Range) isSelector()    {}
func (Symbolic) isSelector() {}
func (AST) isSelector()      {}
func (Anchor) isSelector()   {}
func (ID) isSelector()       {}

// Anywhere is the module that means the whole workspace.
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

// isRole reports whether s is one of the roles.
func isRole(s string) bool {
	switch Role(s) {
	case Def, Sig, Body, Doc:
		return true
	}
	return false
}

// Lang is the scheme of a language, or of a family that has the same tools. [Source.Langs] returns those that exist.
type Lang string

// The languages for which other packages have special rules.
const (
	Go         Lang = "go"
	Python     Lang = "py"
	TypeScript Lang = "ts" // TypeScript and JavaScript, with or without JSX
)

// langAliases maps other names of languages, which selectors may also begin with, to their schemes.
var langAliases = map[string]Lang{
	"golang": Go, "python": Python,
	"typescript": TypeScript, "js": TypeScript, "javascript": TypeScript, "tsx": TypeScript, "jsx": TypeScript,
	"rust": "rs", "c": "cpp", "c++": "cpp", "cc": "cpp", "csharp": "cs", "c#": "cs", "ruby": "rb", "kotlin": "kt",
	"bash": "sh", "shell": "sh", "markdown": "md", "protobuf": "proto", "terraform": "hcl", "docker": "dockerfile",
}

// Ordinal returns a pointer to i, for [Symbolic.Overload].
func Ordinal(i int) *int { return &i }
