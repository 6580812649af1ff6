package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// overview writes a symbol at a glance: its declaration, documentation, signature, members and users. The symbol
// itself is only on the first page. For a variable, the server's hover adds the type, which its declaration may lack.
func (w *compactor) overview(b *bundle.Bundle) {
	f, o := b.Facts, b.Facts.Overview
	if r := b.Resolution.Resolved; b.From() == 0 && r != nil {
		p := printer{out: w, notes: w, flag: ""}
		lean := *r
		lean.Anchor = ""
		p.resolution(&lean)
		w.documentation(o.Documentation)
		if o.Signature != "" {
			visible.Fprintf(w, "%s\n", visible.Block(outdented(o.Signature)))
		}

		value := r.Kind == selectors.KindVar || r.Kind == selectors.KindConst || r.Kind == selectors.KindField
		if o.Signature == "" || value {
			for _, h := range f.Hover { // it adds the type, which syntax does not contain
				visible.Fprintf(w, "%s\n", visible.Block(strings.TrimSpace(h.Contents)))
			}
		}

		for _, d := range f.Definitions {
			if d.URI != r.URI || d.Range != r.Range && !inside(r.Range, d.Range) {
				visible.Fprintf(w, "defined at %s: %s\n", at(d.URI, d.Range), visible.Code(strings.TrimSpace(d.Text)))
			}
		}
	}

	if len(o.Members) > 0 {
		visible.Fprintln(w, "members:")
	}
	if len(o.Members) > maxListedMembers {
		w.memberNames(o.Members)
	} else if len(o.Members) > 0 {
		w.symbols(o.Members, o.Members[0].Container)
	}

	w.users(b)
}

// maxDocumentation is the number of lines of a symbol's documentation up to which an overview has all of them; of more
// it has the first half of that.
const maxDocumentation = 24

// documentation writes the documentation of a symbol, or the beginning of a long one.
func (w *compactor) documentation(text string) {
	if text == "" {
		return
	}
	lines := strings.Split(outdented(text), "\n")
	if len(lines) <= maxDocumentation {
		visible.Fprintf(w, "%s\n", visible.Block(strings.Join(lines, "\n")))
		return
	}
	shown := maxDocumentation / 2
	visible.Fprintf(w, "%s\n", visible.Block(strings.Join(lines[:shown], "\n")))
	visible.Fprintf(w, "and %d more lines (hover has them)\n", len(lines)-shown)
}

// outdented returns a text without the white space that all of its lines but the first begin with: a declaration begins
// at its own column, and its further lines at that of the file.
func outdented(text string) string {
	lines := strings.Split(text, "\n")
	common, isKnown := "", false
	for _, line := range lines[1:] {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		switch {
		case strings.TrimSpace(line) == "":
		case !isKnown:
			common, isKnown = indent, true
		default:
			for !strings.HasPrefix(indent, common) {
				common = common[:len(common)-1]
			}
		}
	}
	for i := range lines[1:] {
		lines[i+1] = strings.TrimPrefix(lines[i+1], common)
	}
	return strings.Join(lines, "\n")
}

// maxListedMembers is the number of members of a type up to which each has a line.
const maxListedMembers = 40

// memberNames writes the names of members, those of a file and a kind that follow each other on one line, which begins
// with the lines of the first and the last of them. Overloads that follow each other have their name once:
//
//	64-259 field: Use, Aliases, SuggestFor
func (w *compactor) memberNames(list []bundle.Symbol) {
	for len(list) > 0 {
		n := run(list, func(a, b bundle.Symbol) bool { return a.URI == b.URI && a.Kind == b.Kind })
		w.file(list[0].URI, list[0].Selector)
		lines := fmt.Sprint(list[0].SelectionRange[0] + 1)
		if n > 1 {
			lines += fmt.Sprint("-", list[n-1].SelectionRange[0]+1)
		}
		var names []string
		for _, s := range list[:n] {
			name := strings.TrimPrefix(w.short(s.Selector), withoutOverload(w.short(s.Container))+".")
			names = append(names, withoutOverload(name))
		}
		names = slices.Compact(names)
		visible.Fprintf(w, "  %s %s: %s\n", lines, list[0].Kind, strings.Join(names, ", "))
		list = list[n:]
	}
}

// maxListedUsers is the number of declarations that use a symbol up to which an overview lists each. Beyond it, the
// reader asks for references.
const maxListedUsers = 40

// users writes the uses of an overview, counted by the declarations that contain them, or by files if they are many.
// The uses of a type by its own members are only counted: a reader knows that methods name their receiver. "No uses" is
// only said if the search was complete.
func (w *compactor) users(b *bundle.Bundle) {
	o := b.Facts.Overview
	own, users := ownUses(b)
	switch n := o.References; {
	case n == nil:
		visible.Fprintln(w, "the server does not tell uses")
	case *n > 0:
		callers := ""
		if o.Callers != nil {
			callers = ", " + counted(*o.Callers, "caller")
		}
		if own > 0 {
			page := ""
			if b.Meta.Truncated > 0 || b.From() > 0 {
				page = "on this page "
			}
			callers += fmt.Sprintf(", %d %sin its own members", own, page)
		}
		if len(users) > maxListedUsers {
			callers += ", by file (refs lists them)"
		}
		visible.Fprintf(w, "%s%s%s\n", counted(*n, "use"), callers, colonBefore(len(users)))
	case b.Evidence.Finished():
		visible.Fprintln(w, "no uses")
	default:
		visible.Fprintln(w, "no uses found, but the search was not complete")
	}

	w.restart()
	if len(users) > maxListedUsers {
		w.userFiles(users)
		return
	}
	for _, u := range users {
		w.file(u.URI, u.Container)
		visible.Fprintf(w, "  %d: %s%s\n", u.Range[0]+1, cmp.Or(w.short(u.Container), topLevel), times(u.Count))
	}
}

// colonBefore returns the colon of a title that n entries follow, "" for none.
func colonBefore(n int) string {
	if n == 0 {
		return ""
	}
	return ":"
}

// ownUses returns the number of uses of a type by its own members, and all other users. For what is no type, such as a
// function that contains others, all users are others.
func ownUses(b *bundle.Bundle) (own int, others []bundle.User) {
	o, r := b.Facts.Overview, b.Resolution
	if len(o.Members) == 0 || r == nil || r.Resolved == nil || !r.Resolved.Kind.IsType() {
		return 0, o.Users
	}
	for _, u := range o.Users {
		if strings.HasPrefix(u.Container, withoutOverload(o.Members[0].Container)+".") {
			own += u.Count
		} else {
			others = append(others, u)
		}
	}
	return own, others
}

// withoutOverload returns a selector, or a name path, without the number of an overload: the members of a type that is
// declared in several places have a selector without it.
func withoutOverload(selector string) string {
	path, _, _ := strings.Cut(selector, "?overload=")
	return path
}

// userFiles writes a line for each file that uses a symbol, with the number of its uses.
func (w *compactor) userFiles(users []bundle.User) {
	for len(users) > 0 {
		n, uses := run(users, func(a, b bundle.User) bool { return a.URI == b.URI }), 0
		for _, u := range users[:n] {
			uses += u.Count
		}
		visible.Fprintf(w, "  %s: %d\n", heading(unescaped(users[0].URI)), uses)
		users = users[n:]
	}
}

// inside reports whether the range inner lies within outer, or is equal to it.
func inside(outer, inner bundle.Range) bool {
	return (outer[0] < inner[0] || outer[0] == inner[0] && outer[1] <= inner[1]) &&
		(inner[2] < outer[2] || inner[2] == outer[2] && inner[3] <= outer[3])
}
