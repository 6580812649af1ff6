//go:build cgo

package syntax

import (
	"cmp"
	"slices"
)

// inOrder sorts declarations by position. A declaration that contains others comes before them.
func inOrder(rs []raw) {
	slices.SortStableFunc(rs, func(a, b raw) int {
		return cmp.Or(a.Def.Start-b.Def.Start, b.Def.End-a.Def.End, a.Name.Start-b.Name.Start)
	})
}

// nest sets the parents of declarations by containment, except where a language's rule has set one (Python's
// self.x belongs to the class). rs is in order. Like the languages' own outlines, it drops declarations that are in
// another one but outside of its inner range, such as in the default of a parameter. It also drops declarations without
// a name or with a name outside of their range, and those nested deeper than maxNested, whose nodes it adds to left.
func nest(l *Language, rs []raw, left map[uintptr]bool) []Symbol {
	out := make([]Symbol, 0, len(rs))
	var depths []int               // of out
	placed := make([]int, len(rs)) // index in out, or -1
	index := map[uintptr]int{}     // node → index in out
	var stack []int                // the indexes in rs of the declarations around the current one, outer ones first
	for i, r := range rs {
		for len(stack) > 0 && rs[stack[len(stack)-1]].Def.End <= r.Def.Start {
			stack = stack[:len(stack)-1]
		}

		parent, around, ok := -1, -1, true
		if r.scope != nil && left[r.scope.ID()] {
			ok, left[r.node.ID()] = false, true
		} else if r.scope != nil {
			if p, found := index[r.scope.ID()]; found {
				parent = p
			}
		} else {
			around, ok = enclosing(rs, stack, r)
			if around >= 0 {
				parent = placed[around]
				ok = ok && (parent >= 0 || rs[around].open)
			}
		}

		placed[i] = -1
		stack = append(stack, i)
		if around >= 0 && rs[around].open {
			r.Owner = slices.Concat(rs[around].Owner, r.Owner)
			rs[i].Owner = r.Owner
		}

		if r.open {
			placed[i] = parent // for what is inside
			continue
		}

		if r.top && slices.ContainsFunc(stack[:len(stack)-1], func(j int) bool { return rs[j].Function }) {
			rs[i].gone = true
			continue
		}

		// A name outside of the range is one that the grammar's recovery from an error inserted.
		if !ok || r.Text == "" || !r.Def.Contains(r.Name) {
			continue
		}
		isMember := around >= 0 && rs[around].open || parent >= 0 && out[parent].Kind.IsType() || len(r.Owner) > 0
		if kind, ok := l.Member[r.Kind]; ok && isMember {
			r.Kind = kind
		}

		depth := 0
		if parent >= 0 {
			depth = depths[parent] + 1
		}

		if depth >= maxNested {
			left[r.node.ID()] = true
			continue
		}

		placed[i], depths = len(out), append(depths, depth)
		index[r.node.ID()] = len(out)
		r.Parent = parent
		out = append(out, r.Symbol)
	}

	return out
}

// enclosing returns the index of the innermost declaration of the stack that contains r, -1 for none. ok is false
// if r is in a part of a declaration that cannot contain others.
func enclosing(rs []raw, stack []int, r raw) (index int, ok bool) {
	for j := len(stack) - 1; j >= 0; j-- {
		switch around := rs[stack[j]]; {
		case around.gone:
		case around.inner.Contains(r.Def):
			return stack[j], true
		case around.Def.Contains(r.Def) && around.Def != r.Def:
			return -1, false
		}
	}
	return -1, true
}
