package mention

import (
	"bytes"
	"regexp"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// GivenAlong returns the names of the objects that a call of TypeScript is given together with a string, which may name
// a member of one of them: user in get(user, "name"), pick(user, ["name"]) and expect(user).toHaveProperty("name"). Of
// a path such as this.user it is the last name.
func GivenAlong(c *text.Content, at text.Span) (objects []text.Span) {
	src := c.Bytes()
	if !IsString(c, at) {
		return nil
	}
	before := src[max(0, at.Start-maxReceiver) : at.Start-1]
	base := at.Start - 1 - len(before)
	if m := expectsMember.FindSubmatchIndex(before); m != nil {
		return []text.Span{{Start: base + m[2], End: base + m[3]}}
	}
	open, ok := callAround(before)
	if !ok || logs.Match(before[:open]) {
		return nil
	}
	end := at.End + 1
	after := src[end:min(len(src), end+maxReceiver)]
	rest := arguments.Find(after)
	for _, part := range []struct {
		text  []byte
		start int
	}{{text: before[open+1:], start: base + open + 1}, {text: rest, start: end}} {
		for _, m := range argumentPath.FindAllSubmatchIndex(part.text, -1) {
			objects = append(objects, text.Span{Start: part.start + m[2], End: part.start + m[3]})
		}
	}
	return objects
}

// callAround returns the place of the parenthesis that opens the call around the end of a text. An array that is an
// argument of the call is passed over. ok is false if the text ends in no call.
func callAround(before []byte) (open int, ok bool) {
	depth := 0
	for i := len(before) - 1; i > 0; i-- {
		switch before[i] {
		case ')', ']', '}':
			depth++
		case '[':
			depth = max(0, depth-1)
		case '{', ';':
			if before[i] == ';' || depth == 0 {
				return 0, false
			}
			depth--
		case '(':
			if depth == 0 {
				return i, endsCallee.Match(before[:i])
			}
			depth--
		}
	}
	return 0, false
}

var (
	endsCallee   = lazyregexp.New(`[\pL\pN_$>\])]\s*$`)
	argumentPath = lazyregexp.New(`(?:^|,)\s*(?:\.\.\.|new\s+)?(?:[\pL_$][\pL\pN_$]*[?!]?\.)*([\pL_$][\pL\pN_$]*)` +
		`\s*(?:\[[^\[\],]*\]|\([^(),]*\))*[!\s]*(?:,|$|\))`)
	arguments = lazyregexp.New(`^\s*\]?\s*,[^(){};=]*\)`)
	logs      = lazyregexp.New(`(?:\bconsole\s*\.\s*\w+|` +
		`\b(?:if|while|for|switch|describe|it|test|require|import))\s*$`)
	expectsMember = lazyregexp.New(`\bexpect\(\s*(?:[\pL_$][\pL\pN_$]*[?!]?\.)*([\pL_$][\pL\pN_$]*)\s*\)` +
		`(?:\s*\.\s*\w+)*\s*\.\s*(?:toHaveProperty|property|ownProperty)\(\s*$`)
)

// SelectsExport reports whether a word of TypeScript is a string by which a member of an object is selected that may be
// the module of a symbol, as in store["load"]. A symbol that is a member is none of a module.
func SelectsExport(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	src := c.Bytes()
	isGlobal := sym.Lang == "ts" && !sym.Member && sym.Scope.Len() == 0 && sym.Path != ""
	return isGlobal && project.SchemeOf(p) == "ts" && isWholeString(src, at) && endsElement.Match(src[at.End+1:]) &&
		selectsElement.Match(src[max(0, at.Start-maxReceiver):at.Start-1]) && project.ReachesSymbol(v, sym, p)
}

// Selection is an expression that takes a member out of an object by the value of a variable: user[key]. Both places
// are those of last names.
type Selection struct{ Object, Key text.Span }

// Selections returns the selections in a file of TypeScript.
func Selections(c *text.Content) (found []Selection) {
	for _, m := range selectsByValue.FindAllSubmatchIndex(c.Bytes(), -1) {
		found = append(found, Selection{
			Object: text.Span{Start: m[2], End: m[3]}, Key: text.Span{Start: m[4], End: m[5]},
		})
	}
	return found
}

var selectsByValue = lazyregexp.New(`([\pL_$][\pL\pN_$]*)(?:[ \t]+as[ \t]+[^()\n]*\))?!?(?:\?\.)?\[\s*` +
	`(?:[\pL_$][\pL\pN_$]*\.)*([\pL_$][\pL\pN_$]*)(?:[ \t]+as\s[^\]\n]*)?\s*\]`)

// IsValue reports whether a string of TypeScript is a value, and not one of several that a type lists or a switch
// compares.
func IsValue(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	before := bytes.TrimRight(src[:at.Start-1], " \t\r\n")
	after := bytes.TrimLeft(src[at.End+1:min(len(src), at.End+maxBeside)], " \t\r\n")
	isListed := bytes.HasSuffix(before, []byte("|")) || bytes.HasPrefix(after, []byte("|"))
	return !isListed && !beginsCase.Match(before)
}

// IsLabel reports whether a word of TypeScript is the label of a loop or block, or what break and continue name.
func IsLabel(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	before := src[max(0, at.Start-maxBeside):at.Start]
	return namesLabel.Match(before) ||
		beginsStatement.Match(before) && labels.Match(src[at.End:min(len(src), at.End+maxBeside)])
}

var (
	namesLabel      = lazyregexp.New(`\b(?:break|continue)[ \t]+$`)
	beginsStatement = lazyregexp.New(`(?:^|[;{}\n])\s*$`)
	labels          = lazyregexp.New(`^\s*:\s*(?:(?:for|while|switch|if)\s*\(|(?:do|for\s+await)\b)`)
)

// ExtendsInHeader reports whether the header of a type names another one after extends or implements.
func ExtendsInHeader(v project.View, file string, header text.Span, other string) bool {
	c, err := v.Content(file)
	if err != nil || other == "" {
		return false
	}
	_, bases, ok := bytes.Cut(c.Bytes()[header.Start:header.End], []byte("extends"))
	if !ok {
		_, bases, ok = bytes.Cut(c.Bytes()[header.Start:header.End], []byte("implements"))
	}
	return ok && regexp.MustCompile(`\b`+regexp.QuoteMeta(other)+`\b`).Match(bases)
}
