package mention

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// IsKeyOfEnum reports whether a word of Python is a string that selects a member from what may be the enumeration that
// the symbol belongs to: Color["RED"].
func IsKeyOfEnum(v project.View, sym project.Symbol, c *text.Content, at text.Span) bool {
	if sym.Lang != "py" || !sym.Member || sym.Kind == selectors.KindMethod || !isWholeString(c.Bytes(), at) {
		return false
	}
	receiver, ok := Subscripted(c, at)
	if !ok || !isEnum(v, sym.Path, sym.Owner) {
		return false
	}
	name := c.Slice(receiver)
	return name == sym.Owner || strings.ToLower(name[:1]) != name[:1] // a class, also under another name
}

// isEnum reports whether a class of Python is an enumeration, by the names of its bases and theirs.
func isEnum(v project.View, file, class string) bool {
	type key struct{ enumIn, class string }
	return v.Memoize(key{file, class}, func() any {
		known, queue := map[string]bool{class: true}, basesIn(v, file, class)
		for ; len(queue) > 0 && len(known) < maxClasses; queue = queue[1:] {
			base := queue[0]
			if enumerations.MatchString(base) {
				return true
			}
			if !known[base] {
				known[base] = true
				queue = append(queue, basesOf(v, base)...)
			}
		}
		return false
	}).(bool)
}

// ArgumentNamed returns the last name of what a call of Python calls that is given a word as the name of an argument:
// get in "client.get(url, timeout=3)". isLone is true if the arguments before it cannot be functions. ok is false for
// every other word, and where what is called has no name.
func ArgumentNamed(c *text.Content, at text.Span) (callee text.Span, isLone, ok bool) {
	src := c.Bytes()
	if !endsInEquals.Match(src[at.End:min(len(src), at.End+maxEquals)]) {
		return callee, false, false
	}
	start := max(0, at.Start-maxReceiver)
	depth, open := 0, -1
	for i := at.Start - 1; i >= start && open < 0; i-- {
		switch src[i] {
		case ')', ']', '}':
			depth++
		case '[', '{':
			depth--
		case '(':
			if depth == 0 {
				open = i
			}
			depth--
		case '"', '\'':
			j := bytes.LastIndexByte(src[start:i], src[i])
			if j < 0 {
				return callee, false, false
			}
			i = start + j
		}
		if depth < 0 && open < 0 {
			return callee, false, false
		}
	}
	if open < 0 {
		return callee, false, false
	}
	m := calledName.FindSubmatchIndex(src[start:open])
	if m == nil {
		return callee, false, false
	}
	first := src[open+1 : at.Start]
	isLone = len(bytes.TrimSpace(first)) == 0 || startsWithLiteral.Match(first)
	return text.Span{Start: start + m[2], End: start + m[3]}, isLone, true
}

// maxEquals bounds the spaces between the name of an argument and the sign behind it, in bytes.
const maxEquals = 20

// MayHold reports whether code of Python may give a member of the name a value: by an assignment, an annotation, an
// argument of the name, an import, or a string of the name. at is a place of the name.
func MayHold(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	after := src[at.End:min(len(src), at.End+maxEquals)]
	before := src[max(0, at.Start-maxEquals):at.Start]
	return endsInEquals.Match(after) || annotates.Match(after) || bindsName.Match(before) || isWholeString(src, at)
}

// IsOfName returns the name from which a word of Python is selected, as core in "core.attr"; ok is false if what is
// before the dot is more than a name.
func IsOfName(c *text.Content, at text.Span) (name text.Span, ok bool) {
	start := max(0, at.Start-maxReceiver)
	m := selectedFromName.FindSubmatchIndex(c.Bytes()[start:at.Start])
	if m == nil {
		return name, false
	}
	return text.Span{Start: start + m[2], End: start + m[3]}, true
}

// CopiedObject returns the last name of the object whose fields a dictionary has, from which a word of Python selects:
// c in "asdict(c)["size"]". ok is false for every other word, and where the object has no name.
func CopiedObject(v project.View, c *text.Content, at text.Span) (object text.Span, ok bool) {
	src := c.Bytes()
	if !isWholeString(src, at) {
		return object, false
	}
	copies := copiersIn(v)
	if !copies.Match(src) {
		return object, false
	}
	start := max(0, at.Start-maxReceiver)
	before := src[start : at.Start-1]
	made := regexp.MustCompile(copies.String() + `([^()\n]*)\)\s*(?:\[|\.(?:get|pop)\()\s*$`)
	m, from := made.FindSubmatchIndex(before), start
	if m == nil {
		key := selectsKey.FindSubmatch(before)
		if key == nil {
			return object, false
		}
		assigned := regexp.MustCompile(`(?m)\b` + regexp.QuoteMeta(string(key[1])) +
			`\s*(?::[^=\n]*)?=[^=\n][^\n]*` + copies.String() + `([^()\n]*)\)`)
		all := assigned.FindAllSubmatchIndex(src[:at.Start], -1)
		if len(all) == 0 {
			return object, false
		}
		m, from = all[len(all)-1], 0
	}
	last := lastName.FindSubmatchIndex(src[from+m[2] : from+m[3]])
	if last == nil {
		return object, false
	}
	return text.Span{Start: from + m[2] + last[2], End: from + m[2] + last[3]}, true
}

// MayCopyField reports whether a string of Python selects from a dictionary with the fields of an object, and the
// symbol is a field that can be copied.
func MayCopyField(v project.View, sym project.Symbol, c *text.Content, at text.Span) bool {
	isField := sym.Lang == "py" && sym.Member && sym.Kind != selectors.KindMethod && !sym.Kind.IsType()
	if !isField || sym.Scope.Len() > 0 || !isWholeString(c.Bytes(), at) || !hasCopiedFields(v, sym) {
		return false
	}
	_, ok := CopiedObject(v, c, at)
	return ok
}

// hasCopiedFields reports whether a symbol of Python is a member of a class whose fields can be copied: one with a
// decorator, as a dataclass has it, or with bases, as a model of pydantic and a NamedTuple have.
func hasCopiedFields(v project.View, sym project.Symbol) bool {
	type key struct{ path, copied string }
	return v.Memoize(key{sym.Path, sym.Owner}, func() any {
		class := `[ \t]*class[ \t]+` + regexp.QuoteMeta(sym.Owner)
		has := regexp.MustCompile(`(?m)^[ \t]*@[^\n]*\n(?:[ \t]*@[^\n]*\n)*` + class + `\b|^` + class + `\s*\(\s*\w`)
		return sym.Owner != "" && has.Match(project.ContentOf(v, sym.Path))
	}).(bool)
}

// HasBases reports whether the class of Python that a symbol is a member of has bases.
func HasBases(v project.View, sym project.Symbol) bool {
	return len(basesIn(v, sym.Path, sym.Owner)) > 0
}

// IsDecorated reports whether the function of Python whose name is at a place has a decorator.
func IsDecorated(c *text.Content, name text.Span) bool {
	return decorates.MatchString(c.Slice(decoratorsAbove(c, c.LineOf(name.Start))))
}

// IsSpecialMethod reports whether a name is that of a special method of Python, as __init__.
func IsSpecialMethod(name string) bool { return specialMethod.MatchString(name) }

// copiersIn returns an expression for calls of what makes a dictionary of the fields of an object: asdict, and the
// functions of the workspace that return what it makes of their parameters.
func copiersIn(v project.View) *regexp.Regexp {
	type key struct{ copiers bool }
	return v.Memoize(key{true}, func() any {
		names := []string{"asdict", "model_dump"}
		for _, p := range v.Paths() {
			if project.SchemeOf(p) != "py" {
				continue
			}
			src := project.ContentOf(v, p)
			if !copies.Match(src) {
				continue
			}
			for _, m := range returnsCopy.FindAllSubmatch(src, maxClasses) {
				if name := string(m[1]); !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		return regexp.MustCompile(`\b_?(?:` + strings.Join(names, "|") + `)\s*\(`)
	}).(*regexp.Regexp)
}

var (
	enumerations = lazyregexp.New(`^(?:\w*Enum|\w*Flag|EnumType)$`)
	endsInEquals = lazyregexp.New(`^\s*=(?:[^=]|$)`)
	decorates    = lazyregexp.New(`(?m)^[ \t]*@`)
	annotates    = lazyregexp.New(`^\s*:`)
	bindsName    = lazyregexp.New(`\b(?:as|import)\s+$|,\s*$`)
	calledName   = lazyregexp.New(`\.\s*([\pL_][\pL\pN_]*)\s*$`)
	// startsWithLiteral matches arguments of which the first is a literal, and none of the others a function.
	startsWithLiteral = lazyregexp.New(`^\s*(?:[bfru]*["'\d]|\w+\s*=)`)
	selectedFromName  = lazyregexp.New(`(?:^|[^\pL\pN_.\s)\]}"']|[^.\s]\s+)([\pL_][\pL\pN_]*)\.$`)
	lastName          = lazyregexp.New(`([\pL_][\pL\pN_]*)\s*$`)
	// returnsCopy matches a function of Python whose first statements return the copied fields of a parameter.
	returnsCopy = lazyregexp.New(`(?m)^[ \t]*def[ \t]+(\w+)[ \t]*\([^\n]*\n(?:[ \t]+[^\n]*\n|[ \t]*\n){0,20}?` +
		`[ \t]+return[ \t]+(?:\w+\.)?(?:_?asdict|model_dump)[ \t]*\(`)
)
