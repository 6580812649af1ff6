//go:build cgo

package syntax

import (
	"bytes"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// Documentation comments of JavaScript declare types:
//
//	/**
//	 * @typedef {Object} Options
//	 * @property {number} port
//	 */
//	/** @typedef {{ side: number }} Square */
//	/** @callback Done */

// jsdocTag matches a tag of a documentation comment; its group is the name of the tag.
var jsdocTag = lazyregexp.New(`(?:^|[\s*])@([a-z]+)\b`)

// jsdocTypes are the tags that declare a type. Those behind such a tag belong to the type, up to the next one of these.
var jsdocTypes = []string{"typedef", "callback"}

// tsDocTypes returns the types that a documentation comment of JavaScript declares, with their members.
func tsDocTypes(m *match) (out []raw) {
	comment := m.src[m.node.StartByte():m.node.EndByte()]
	if isTypeScript(m.file) || !isJSDoc(string(comment)) {
		return nil
	}
	d := jsdoc{match: m, end: int(m.node.StartByte()) + len(bytes.TrimRight(comment, "*/ \t\r\n"))}
	base := int(m.node.StartByte())
	tags := jsdocTag.FindAllSubmatchIndex(comment, -1)
	for i, tag := range tags {
		name := string(comment[tag[2]:tag[3]])
		at, behind := base+tag[2]-1, base+tag[3]
		isMember := (name == "property" || name == "prop") && len(out) > 0
		if !isMember && !slices.Contains(jsdocTypes, name) {
			continue
		}
		r, typ, ok := d.declared(at, behind)
		if !ok {
			continue
		}
		if isMember {
			r.Kind = selectors.KindField
			out = append(out, r)
			continue
		}
		r.Kind = selectors.KindType
		r.Def.End = d.end
		for _, further := range tags[i+1:] {
			if slices.Contains(jsdocTypes, string(comment[further[2]:further[3]])) {
				r.Def.End = base + further[2] - 1
				break
			}
		}
		r.Def = trimEnd(m.src, r.Def)
		r.inner = text.Span{Start: behind, End: r.Def.End}
		if ancestor(m.node, "function_declaration", "function_expression", "generator_function_declaration",
			"generator_function", "arrow_function", "method_definition") == nil {
			r.scope = ancestor(m.node, "program")
		}
		out = append(out, r)
		out = append(out, d.members(typ)...)
	}
	return out
}

// jsdoc reads a documentation comment.
type jsdoc struct {
	*match
	end int // of what is written in the comment
}

// declared returns the declaration of the name behind a tag, from the '@' at the given offset to the name, and the type
// before the name, in its braces. behind is the offset after the name of the tag. ok is false for a tag without a name.
func (d jsdoc) declared(at, behind int) (r raw, typ text.Span, ok bool) {
	i := d.skip(behind)
	if i < d.end && d.src[i] == '{' {
		typ = text.Span{Start: i, End: d.closing(i)}
		i = d.skip(typ.End)
	}
	if i < d.end && d.src[i] == '[' { // of a member that may be left out
		i = d.skip(i + 1)
	}
	n := text.WordLen(d.src[min(i, d.end):d.end], "$")
	isPath := i+n < d.end && d.src[i+n] == '.'
	if n == 0 || isPath {
		return r, typ, false
	}
	r = raw{node: d.node}
	r.Name = text.Span{Start: i, End: i + n}
	r.Text = string(d.src[i : i+n])
	r.Def = text.Span{Start: at, End: i + n}
	r.Sig = r.Def
	return r, typ, true
}

// skip returns the offset of what follows white space, and the stars at the beginnings of lines.
func (d jsdoc) skip(i int) int {
	for i < d.end && strings.IndexByte(" \t\r\n*", d.src[i]) >= 0 {
		i++
	}
	return i
}

// closing returns the offset behind the brace that closes the one at an offset, or the end of the comment.
func (d jsdoc) closing(i int) int {
	for depth := 0; i < d.end; i++ {
		switch d.src[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return i + 1
		}
	}
	return d.end
}

// members returns the members of a type that is written out as an object in braces of its own: side of
// {{ side: number }}.
func (d jsdoc) members(typ text.Span) (out []raw) {
	i := d.skip(typ.Start + 1)
	if i >= typ.End || d.src[i] != '{' {
		return nil
	}
	depth, isFirst := 0, false // isFirst is true behind what separates members
	for i < typ.End {
		c := d.src[i]
		n := text.WordLen(d.src[i:typ.End], "$")
		if n > 0 {
			next := d.skip(i + n)
			if next < typ.End && d.src[next] == '?' {
				next = d.skip(next + 1)
			}
			if isFirst && depth == 1 && next < typ.End && d.src[next] == ':' {
				r := raw{node: d.node}
				r.Kind, r.Name = selectors.KindField, text.Span{Start: i, End: i + n}
				r.Text, r.Def, r.Sig = string(d.src[i:i+n]), r.Name, r.Name
				out = append(out, r)
			}
			i, isFirst = i+n, false
			continue
		}
		if bytes.HasPrefix(d.src[i:typ.End], []byte("=>")) {
			i, isFirst = i+len("=>"), false
			continue
		}
		switch c {
		case '{', '(', '[', '<':
			depth++
			isFirst = c == '{'
		case '}', ')', ']', '>':
			depth--
		case ',', ';', '\n':
			isFirst = true
		case ' ', '\t', '\r', '*':
		default:
			isFirst = false
		}
		i++
	}
	return out
}
