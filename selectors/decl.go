package selectors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"lanser/selectors/text"
)

// Kind is the kind of a declaration, in terms that are the same for every language (spec section 2, AST path).
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

// kinds are the uniform kinds, in the order of messages.
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
	// Name is the range of the name, whose position is sent to a language server. It is empty, at the start of
	// the declaration, if there is no name.
	Name text.Span
	// The ranges of the roles; one is empty if the declaration lacks that part.
	Def, Sig, Body, Doc text.Span
	// Overload is the 0-based number, in source order, among the Overloads declarations of the module that have
	// this name path.
	Overload, Overloads int
	// Symbol is a key that the declarations of one symbol share.
	Symbol int
	// Linked is a key that declarations in several modules share if they are one symbol that one of them defines:
	// C's prototypes and their definition. "" for other declarations.
	Linked string
	// Main ranks the declarations of one symbol. The one with the highest rank is the implementation.
	Main int
	// Local is, for a declaration in a function, the number of leading names including that of the outermost
	// function; 0 for a declaration that can be used from outside.
	Local int
	Alias bool // an import or re-export
	// Container is the canonical selector of the enclosing declaration, "" at
	// the top level.
	Container string
	Depth     int // number of enclosing declarations in the same file
}

// Selector returns the canonical selector that finds exactly this declaration.
func (d Decl) Selector() Symbolic {
	s := Symbolic{Lang: d.Lang, Module: d.Module, Names: d.Names, Role: Def}
	if d.Overloads > 1 {
		s.Overload = Ordinal(d.Overload)
	}
	return s
}

// ID returns the symbolId. It is derived from structure alone, so edits of the body, formatting and moves within the
// file do not change it (spec section 2).
func (d Decl) ID() string {
	// The form is fixed: ids that were given out must stay valid. It cannot fail: strings and ints.
	raw, _ := json.Marshal([]any{"v1", d.Lang, d.Kind, d.Module, d.Names, d.Overload})
	sum := sha256.Sum256(raw)
	return "id:" + hex.EncodeToString(sum[:16])
}

// AST returns the AST path that names the declaration.
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

// RoleSpan returns the range of a role; it is empty if the declaration lacks that part.
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
