package mention

import (
	"bytes"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// ExportedAs returns the name under which a CommonJS module exports the value that a word is: open in
//
//	exports.open = load;
//	module.exports = { open: load };
//
// With ofExports, it is also open in "exports.open = exports.load".
func ExportedAs(c *text.Content, at text.Span, ofExports bool) (as text.Span, ok bool) {
	src := c.Bytes()
	if m := selectsExport.FindIndex(src[max(0, at.Start-maxReceiver):at.Start]); m != nil && ofExports {
		return exportedBefore(src, at.End, at.Start-(m[1]-m[0]))
	}
	return exportedBefore(src, at.End, at.Start)
}

// exportedBefore is [ExportedAs] of a value that begins and ends at two byte offsets.
func exportedBefore(src []byte, end, start int) (as text.Span, ok bool) {
	if !endsValue.Match(src[end:min(len(src), end+maxBeside)]) {
		return as, false
	}
	from := max(0, start-maxReceiver)
	if m := exportsValue.FindSubmatchIndex(src[from:start]); m != nil {
		return text.Span{Start: from + m[2], End: from + m[3]}, true
	}
	m := keyOfValue.FindSubmatchIndex(src[from:start])
	if m == nil {
		return as, false
	}
	as = text.Span{Start: from + m[2], End: from + m[3]}
	return as, isInExportedObject(src[:as.Start])
}

var (
	// exportsValue matches the text before a value that is assigned to a member of the module; its group is the member.
	exportsValue = lazyregexp.NewWith([]string{"exports"},
		`(?:^|[^\w$.])(?:module\s*\.\s*)?exports\s*\.\s*([\pL_$][\pL\pN_$]*)\s*=\s*$`)
	// selectsExport matches the text before a member of the module's exports.
	selectsExport = lazyregexp.NewWith([]string{"exports"}, `(?:\bmodule\s*\.\s*)?\bexports\s*\.\s*$`)
	// keyOfValue matches the text before a value in an object; its group is the key.
	keyOfValue = lazyregexp.New(`[{,\s]["']?([\pL_$][\pL\pN_$]*)["']?\s*:\s*$`)
	// endsValue matches the text after a value that is no more than a word.
	endsValue = lazyregexp.New(`^[ \t]*(?:[;,})]|//|/\*|\r?\n\s*(?:[^\s.(?+*\[]|$)|$)`)
	// opensExports matches the beginning of the object that a module exports.
	opensExports = lazyregexp.NewWith([]string{"exports"}, `\bmodule\s*\.\s*exports\s*=\s*\{`)
)

// RequiredAs returns the variable that a CommonJS module names a member of another module by, given the member: read in
//
//	const { load: read } = require("./store");
//	const read = require("./store").load;
func RequiredAs(c *text.Content, at text.Span) (as text.Span, ok bool) {
	src := c.Bytes()
	after := src[at.End:min(len(src), at.End+maxReceiver)]
	if m := bindsKey.FindSubmatchIndex(after); m != nil {
		as = text.Span{Start: at.End + m[2], End: at.End + m[3]}
		return as, RequiresFile(c, as)
	}
	start := max(0, at.Start-maxReceiver)
	m := requiresMember.FindSubmatchIndex(src[start:at.Start])
	if m == nil || !endsValue.Match(after[:min(len(after), maxBeside)]) {
		return as, false
	}
	return text.Span{Start: start + m[2], End: start + m[3]}, true
}

var (
	// bindsKey matches the text after a key in a pattern; its group is the variable.
	bindsKey = lazyregexp.New(`^\s*:\s*([\pL_$][\pL\pN_$]*)\s*[,}=]`)
	// requiresMember matches the text before a member of a module that is assigned to a variable, which is its group.
	requiresMember = lazyregexp.NewWith([]string{"require"},
		`(?:^|[^\w$.])([\pL_$][\pL\pN_$]*)\s*=\s*require\(\s*["'`+"`"+`]\.`+
			`[^"'`+"`"+`]*["'`+"`"+`]\s*\)\s*\.\s*$`)
)

// ValueOf returns the word that a name of a CommonJS module has its value from: load for the names open, read and again
// in
//
//	exports.open = load;
//	const { load: read } = require("./store");
//	const again = require("./store").load;
func ValueOf(c *text.Content, name text.Span) (value text.Span, ok bool) {
	src := c.Bytes()
	after := src[name.End:min(len(src), name.End+maxReceiver)]
	if m := exportedWord.FindSubmatchIndex(after); m != nil {
		value = text.Span{Start: name.End + m[2], End: name.End + m[3]}
		if as, ok := ExportedAs(c, value, true); ok && as == name {
			return value, true
		}
	}
	start := max(0, name.Start-maxReceiver)
	if m := keyBefore.FindSubmatchIndex(src[start:name.Start]); m != nil {
		value = text.Span{Start: start + m[2], End: start + m[3]}
		if as, ok := RequiredAs(c, value); ok && as == name {
			return value, true
		}
	}
	if m := memberOfRequired.FindSubmatchIndex(after); m != nil {
		value = text.Span{Start: name.End + m[2], End: name.End + m[3]}
		if as, ok := RequiredAs(c, value); ok && as == name {
			return value, true
		}
	}
	return text.Span{}, false
}

var (
	// exportedWord matches the text after the name that a module exports; its group is the value's last name.
	exportedWord = lazyregexp.New(
		`^["']?\s*[:=]\s*(?:(?:module\s*\.\s*)?exports\s*\.\s*)?([\pL_$][\pL\pN_$]*)`,
	)
	// keyBefore matches the text before a variable in a pattern; its group is the key.
	keyBefore = lazyregexp.New(`[{,\s]([\pL_$][\pL\pN_$]*)\s*:\s*$`)
	// memberOfRequired matches the text after a variable; its group is the member of a module that is assigned to it.
	memberOfRequired = lazyregexp.NewWith([]string{"require"},
		`^\s*=\s*require\(\s*["'`+"`"+`]\.[^"'`+"`"+`]*["'`+"`"+`]\s*\)\s*\.\s*([\pL_$][\pL\pN_$]*)`)
)

// isInExportedObject reports whether text ends in the object that a module exports, and not in another within it.
// Braces in strings and comments may make it false.
func isInExportedObject(src []byte) bool {
	src = src[max(0, len(src)-maxExports):]
	opens := opensExports.FindAllSubmatchIndex(src, -1)
	if opens == nil {
		return false
	}
	in := src[opens[len(opens)-1][1]:]
	depth := 1
	for _, b := range in {
		if b == '{' || b == '(' || b == '[' {
			depth++
		}
		if b == '}' || b == ')' || b == ']' {
			depth--
		}
		if depth == 0 {
			return false
		}
	}
	return depth == 1 && !bytes.HasSuffix(bytes.TrimRight(in, " \t\r\n"), []byte("?"))
}

// maxExports bounds the text before a key in which the beginning of the exported object is looked for, in bytes.
const maxExports = 20000
