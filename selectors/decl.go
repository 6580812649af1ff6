package selectors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"lanser/selectors/text"
)

// Kind is what a declaration declares, in terms that are the same for every
// language (spec section 2, AST path).
type Kind string

// The uniform kinds.
const (
	KindModule    Kind = "module"
	KindClass     Kind = "class"
	KindStruct    Kind = "struct"
	KindInterface Kind = "interface"
	KindEnum      Kind = "enum"
	KindDef       Kind = "def"
	KindMethod    Kind = "method"
	KindField     Kind = "field"
	KindVar       Kind = "var"
	KindConst     Kind = "const"
	KindType      Kind = "type"
)

var kinds = []Kind{
	KindModule, KindClass, KindStruct, KindInterface, KindEnum, KindDef, KindMethod, KindField, KindVar, KindConst,
	KindType,
}

// IsKind reports whether k is one of the uniform kinds.
func IsKind(k Kind) bool { return slices.Contains(kinds, k) }

// IsType reports whether a declaration of this kind can have members: classes and everything like them.
func (k Kind) IsType() bool {
	switch k {
	case KindClass, KindStruct, KindInterface, KindEnum, KindType:
		return true
	}
	return false
}

// KindNames lists the uniform kinds as messages do, separated by commas.
func KindNames() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

// Decl is one declaration in a workspace.
type Decl struct {
	Lang   Lang
	Module string
	Names  []string // outermost first
	Kinds  []Kind   // of each of Names, "" for one whose declaration is elsewhere
	Kind   Kind
	Path   string // of the file, slash-separated, relative to the workspace
	// Name is where questions are put; empty, at the declaration's start, for
	// what has no name.
	Name text.Span
	// The ranges of the roles; an empty one is a part that the declaration
	// lacks.
	Def, Sig, Body, Doc text.Span
	// Overload is the place among the Overloads declarations of this name path
	// in the module, in source order, 0-based.
	Overload, Overloads int
	// Symbol is equal for the declarations that the language makes one symbol.
	Symbol int
	// Linked is equal and not empty for declarations in several modules that
	// the language makes one symbol, if one of them alone defines it: C's
	// prototypes and their definition.
	Linked string
	// Main ranks the declarations of one symbol; the highest is its
	// implementation.
	Main int
	// Local is the number of leading names up to and with that of the
	// outermost function, which hides the declaration from the outside; 0 for none.
	Local int
	Alias bool // an import or re-export
	// Container is the canonical selector of the enclosing declaration, "" at
	// the top level.
	Container string
	Depth     int // number of enclosing declarations in the same file
}

// Selector is the canonical selector that finds exactly this declaration.
func (d Decl) Selector() Symbolic {
	s := Symbolic{Lang: d.Lang, Module: d.Module, Names: d.Names, Role: Def}
	if d.Overloads > 1 {
		s.Overload = Ordinal(d.Overload)
	}
	return s
}

// ID is the symbolId: derived from structure alone, so that edits to the body,
// moves within the file and formatting leave it as it is (spec section 2).
func (d Decl) ID() string {
	raw, _ := json.Marshal([]any{"v1", d.Lang, d.Kind, d.Module, d.Names, d.Overload}) // strings and ints cannot fail
	sum := sha256.Sum256(raw)
	return "id:" + hex.EncodeToString(sum[:16])
}

// AST is the AST path that names the declaration.
func (d Decl) AST() AST {
	out := AST{Steps: []Step{{Kind: string(KindModule), Name: d.Module}}}
	for i, n := range d.Names {
		k := d.Kinds[i]
		if k == "" {
			k = KindType // a type that is declared elsewhere
		}
		out.Steps = append(out.Steps, Step{Kind: string(k), Name: n})
	}
	return out
}

// RoleSpan is the range of a role, empty where the declaration lacks the part.
func (d Decl) RoleSpan(r Role) text.Span {
	switch r {
	case Sig:
		return d.Sig
	case Body:
		return d.Body
	case Doc:
		return d.Doc
	}
	return d.Def
}

// Roles lists the roles that the declaration has.
func (d Decl) Roles() []Role {
	var out []Role
	for _, r := range []Role{Def, Sig, Body, Doc} {
		if d.RoleSpan(r).Len() > 0 {
			out = append(out, r)
		}
	}
	return out
}
