package mention

import (
	"bytes"
	"path"
	"slices"
	"sort"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/project"
)

// Single-file components have no grammar here. What is no code in them is found by a scanner that knows markup,
// attributes, and the strings and comments of JavaScript. In doubt a stretch is code: the server is asked about it.

// IsNoCode reports whether a word of a component that the server reads is no code: it is in the text of the markup, in
// the value of an attribute that is no expression, in a style sheet, or in a comment. A word in a string is none either
// unless the symbol is a member, which strings may name.
func IsNoCode(srv *catalogue.Server, p string, sym project.Symbol, c *text.Content, at text.Span) bool {
	if !slices.Contains(srv.Components, path.Ext(p)) {
		return false
	}
	type key struct{ ext string }
	found := c.Memoize(key{path.Ext(p)}, func() any { return scanComponent(path.Ext(p), c.Bytes()) }).(*componentScan)
	return inSpans(found.prose, at) || !sym.Member && inSpans(found.quoted, at)
}

// inSpans reports whether one of some spans, which are in order and apart, contains another.
func inSpans(spans []text.Span, at text.Span) bool {
	i := sort.Search(len(spans), func(i int) bool { return spans[i].Start > at.Start })
	return i > 0 && spans[i-1].Contains(at)
}

// componentScan lists the parts of a component that are not code, such as the text "Total" in "<p>Total</p>".
type componentScan struct {
	src           []byte
	prose, quoted []text.Span // in order; the latter are strings of code
	depth         int         // of template literals in others
}

// scanComponent scans a component, by the extension of its file.
func scanComponent(ext string, src []byte) *componentScan {
	s := &componentScan{src: src}
	switch ext {
	case ".vue":
		s.blocks()
	case ".astro":
		from := 0
		if m := frontmatter.FindSubmatchIndex(src); m != nil {
			s.script(m[2], m[3])
			from = m[1]
		}
		s.braced(from, len(src))
	case ".svelte":
		s.braced(0, len(src))
	}
	return s
}

// frontmatter matches the script at the beginning of a component of Astro.
var frontmatter = lazyregexp.New(`(?s)^\s*---(.*?)(?:\n---|$)`)

// braced scans markup with expressions in braces, in which there may be markup again: all of an expression is code.
func (s *componentScan) braced(from, to int) {
	for i := from; i < to; {
		rest := s.src[i:to]
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			i = s.comment(i)
		case rest[0] == '{':
			i = s.endOfBraces(i, to)
		case opensElement.Match(rest[:min(len(rest), 3)]):
			name := string(rest[1:blockTag.FindIndex(rest)[1]])
			i = s.bracedTag(i+1+len(name), to)
			if name != "script" && name != "style" || bytes.HasSuffix(s.src[:i], []byte("/>")) {
				continue
			}
			end, after := s.endOfBlock(name, i)
			if name == "script" {
				s.script(i, end)
			} else {
				s.prose = append(s.prose, text.Span{Start: i, End: end})
			}
			i = after
		default:
			end := i + 1
			for end < to && s.src[end] != '<' && s.src[end] != '{' {
				end++
			}
			if bytes.IndexByte(s.src[i:end], '}') < 0 { // otherwise a brace in a string has ended an expression
				s.prose = append(s.prose, text.Span{Start: i, End: end})
			}
			i = end
		}
	}
}

// bracedTag enters the values of attributes of a tag that are no expressions, from after its name on, and returns its
// end.
func (s *componentScan) bracedTag(i, to int) int {
	for i < to && s.src[i] != '>' {
		switch c := s.src[i]; {
		case c == '{':
			i = s.endOfBraces(i, to)
		case (c == '"' || c == '\'') && s.src[i-1] == '=':
			inner, end, after := s.attributeValue(i, to)
			if bytes.IndexByte(s.src[inner:end], '{') < 0 {
				s.prose = append(s.prose, text.Span{Start: inner, End: end})
			}
			i = after
		default:
			i++
		}
	}
	return min(i+1, to)
}

// endOfBraces returns the end of an expression in braces that begins at i.
func (s *componentScan) endOfBraces(i, to int) int {
	for depth := 0; i < to; i++ {
		switch s.src[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return i + 1
		}
	}
	return to
}

// vueBlock matches the beginning of a block at the top level of a component of Vue.
var vueBlock = lazyregexp.New(`<!--|<([A-Za-z][\w-]*)`)

// blocks scans a component of Vue: a script, a template and style sheets. Other blocks are documentation and data.
func (s *componentScan) blocks() {
	for i := 0; i < len(s.src); {
		m := vueBlock.FindSubmatchIndex(s.src[i:])
		if m == nil {
			s.prose = append(s.prose, text.Span{Start: i, End: len(s.src)})
			return
		}
		s.prose = append(s.prose, text.Span{Start: i, End: i + m[0]})
		if m[2] < 0 {
			i = s.comment(i + m[0])
			continue
		}
		name, open := string(s.src[i+m[2]:i+m[3]]), i+m[0]
		inner := s.endOfTag(open)
		if bytes.HasSuffix(s.src[open:inner], []byte("/>")) {
			i = inner
			continue
		}
		end, after := s.endOfBlock(name, inner)
		isPlain := !bytes.Contains(s.src[open:inner], []byte("lang"))
		switch {
		case name == "script":
			if !bytes.Contains(s.src[open:inner], []byte("sx")) { // the text of JSX may look like a string
				s.script(inner, end)
			}
		case name == "template" && (isPlain || bytes.Contains(s.src[open:inner], []byte("html"))):
			s.markup(inner, end)
		case name == "template": // of another language
		case name == "style":
			s.style(inner, end)
		default:
			s.prose = append(s.prose, text.Span{Start: inner, End: end})
		}
		i = after
	}
}

// comment enters a comment of markup that begins at i, and returns its end.
func (s *componentScan) comment(i int) int {
	end := len(s.src)
	if n := bytes.Index(s.src[i:], []byte("-->")); n >= 0 {
		end = i + n + len("-->")
	}
	s.prose = append(s.prose, text.Span{Start: i, End: end})
	return end
}

// endOfTag returns the end of a tag that begins at i: after the ">" that is in no value of an attribute.
func (s *componentScan) endOfTag(i int) int {
	for quote := byte(0); i < len(s.src); i++ {
		switch c := s.src[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return i
}

// endOfBlock returns the end of the content of a block that begins at i, and that of the block. Templates may be in
// templates.
func (s *componentScan) endOfBlock(name string, i int) (end, after int) {
	for depth := 1; ; {
		m := blockTag.FindSubmatchIndex(s.src[i:])
		if m == nil {
			return len(s.src), len(s.src)
		}
		at := i + m[0]
		i += m[1]
		isEnd := m[2] < m[3]
		switch {
		case string(s.src[at+1:i]) != name && string(s.src[at+2:i]) != name:
		case isEnd:
			depth--
			if depth == 0 {
				return at, s.endOfTag(at)
			}
		case name == "template":
			i = s.endOfTag(at)
			if !bytes.HasSuffix(s.src[at:i], []byte("/>")) {
				depth++
			}
		}
	}
}

// opensElement matches the first characters of the tag of an element, and of its end tag.
var opensElement = lazyregexp.New(`^</?[A-Za-z]`)

// blockTag matches the beginning of a tag with the name of the element; its group is not empty for an end tag.
var blockTag = lazyregexp.New(`<(/?)[A-Za-z][\w-]*`)

// boundStyle matches the beginning of an expression in a style sheet of Vue.
var boundStyle = lazyregexp.New(`v-bind\s*\(`)

// style enters a style sheet, without the expressions in it.
func (s *componentScan) style(from, to int) {
	for from < to {
		m := boundStyle.FindIndex(s.src[from:to])
		if m == nil {
			break
		}
		s.prose = append(s.prose, text.Span{Start: from, End: from + m[0]})
		from += m[1]
		n := bytes.IndexByte(s.src[from:to], ')')
		if n < 0 {
			return
		}
		from += n
	}
	s.prose = append(s.prose, text.Span{Start: from, End: to})
}

// markup scans a template of Vue.
func (s *componentScan) markup(from, to int) {
	for i := from; i < to; {
		rest := s.src[i:to]
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			i = s.comment(i)
		case len(rest) > 1 && rest[0] == '<' && (rest[1] == '/' || isLetter(rest[1])):
			i = s.tag(i, to)
		case bytes.HasPrefix(rest, []byte("{{")):
			n := bytes.Index(rest, []byte("}}"))
			if n < 0 {
				return
			}
			s.script(i+2, i+n)
			i += n + 2
		default:
			end := i + 1
			for end < to && s.src[end] != '<' && !bytes.HasPrefix(s.src[end:to], []byte("{{")) {
				end++
			}
			// Delimiters can be chosen: what may be an expression between others is no prose.
			if !bytes.ContainsAny(s.src[i:end], "{[%$") {
				s.prose = append(s.prose, text.Span{Start: i, End: end})
			}
			i = end
		}
	}
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// namedAttributes are the attributes of Vue whose values name what the script declares.
var namedAttributes = []string{"ref", "is", "slot", "slot-scope", "scope"}

// tag scans a tag of a template, and returns its end.
func (s *componentScan) tag(i, to int) int {
	for i < to && !isSpace(s.src[i]) && s.src[i] != '>' {
		i++ // the name of the element, which may be that of a component
	}
	for i < to && s.src[i] != '>' {
		if isSpace(s.src[i]) || s.src[i] == '/' {
			i++
			continue
		}
		start := i
		for i < to && !isSpace(s.src[i]) && s.src[i] != '=' && s.src[i] != '>' {
			i++
		}
		name := string(s.src[start:i])
		value := i
		for value < to && isSpace(s.src[value]) {
			value++
		}
		if value >= to || s.src[value] != '=' {
			continue
		}
		for value++; value < to && isSpace(s.src[value]); {
			value++
		}
		inner, end, after := s.attributeValue(value, to)
		isExpression := strings.ContainsAny(name[:min(1, len(name))], ":@#.") || strings.HasPrefix(name, "v-")
		if isExpression {
			s.script(inner, end)
		} else if !slices.Contains(namedAttributes, name) {
			s.prose = append(s.prose, text.Span{Start: inner, End: end})
		}
		i = max(after, start+1)
	}
	return min(i+1, to)
}

// attributeValue returns where the value of an attribute that is written at i begins and ends, and the end with its
// quote.
func (s *componentScan) attributeValue(i, to int) (inner, end, after int) {
	if i < to && (s.src[i] == '"' || s.src[i] == '\'') {
		n := bytes.IndexByte(s.src[i+1:to], s.src[i])
		if n < 0 {
			return i + 1, to, to
		}
		return i + 1, i + 1 + n, i + 2 + n
	}
	end = i
	for end < to && !isSpace(s.src[end]) && s.src[end] != '>' {
		end++
	}
	return i, end, end
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// script scans code of JavaScript for comments and strings. A string that does not end on its line is none.
func (s *componentScan) script(from, to int) {
	unclosed := from // until here no string and no regular expression ends
	for i := from; i < to; {
		rest := s.src[i:to]
		literal := stringLiteral
		if rest[0] == '/' {
			literal = regExp
		}
		switch c := rest[0]; {
		case bytes.HasPrefix(rest, []byte("//")), bytes.HasPrefix(rest, []byte("/*")):
			n := len(rest)
			end := commentEnds[rest[1]]
			if at := bytes.Index(rest[2:], []byte(end)); at >= 0 {
				n = 2 + at + len(end)
			}
			s.prose = append(s.prose, text.Span{Start: i, End: i + n})
			i += n
		case i >= unclosed && (c == '"' || c == '\'' || c == '/' && isRegExp(s.src[from:i])):
			m := literal.Find(rest)
			if m != nil && c != '/' {
				s.quoted = append(s.quoted, text.Span{Start: i, End: i + len(m)})
			}
			if m == nil {
				unclosed = i + len(rest)
				if n := bytes.IndexByte(rest, '\n'); n >= 0 {
					unclosed = i + n
				}
			}
			i += max(len(m), 1)
		case c == '`':
			i = s.template(i, to)
		default:
			i++
		}
	}
}

// commentEnds are the ends of comments by the second character of their beginning.
var commentEnds = map[byte]string{'/': "\n", '*': "*/"}

var (
	stringLiteral = lazyregexp.New(`^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')`)
	regExp        = lazyregexp.New(`^/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/`)
	beforeRegExp  = lazyregexp.New(`(?:^|[=(,:\[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|delete|void))\s*$`)
)

// isRegExp reports whether a slash after some code begins a regular expression, and no division.
func isRegExp(before []byte) bool {
	return beforeRegExp.Match(before[max(0, len(before)-maxReceiver):])
}

// maxTemplates bounds how deep template literals are in expressions of others.
const maxTemplates = 20

// template enters the text of a template literal that begins at i, without its expressions, and returns its end.
func (s *componentScan) template(i, to int) int {
	if s.depth == maxTemplates {
		return to
	}
	s.depth++
	defer func() { s.depth-- }()
	start := i
	for i++; i < to; i++ {
		switch {
		case s.src[i] == '\\':
			i++
		case s.src[i] == '`':
			s.quoted = append(s.quoted, text.Span{Start: start, End: i})
			return i + 1
		case bytes.HasPrefix(s.src[i:to], []byte("${")):
			s.quoted = append(s.quoted, text.Span{Start: start, End: i})
			depth, end := 1, i+2
			for ; end < to && depth > 0; end++ {
				switch s.src[end] {
				case '{':
					depth++
				case '}':
					depth--
				}
			}
			s.script(i+2, end)
			start, i = end, end-1
		}
	}
	return to
}
