package selectors

import (
	"strings"

	"lanser/selectors/lazyregexp"
)

// This file reads what people copy out of other programs and out of code: places in the messages of compilers,
// test runners and debuggers, links to code on the web, and headers of declarations. Each form is reduced to one
// of those that [parser.typed] reads; what is in no such form is left as it is.

// pastedForm is a form that is replaced by another one.
type pastedForm struct {
	form  *lazyregexp.Regexp
	means string // with the groups of form
}

// firstOf applies the first of the forms that a text has; ok is false if it has none.
func firstOf(forms []pastedForm, s string) (reduced string, ok bool) {
	for _, f := range forms {
		if f.form.MatchString(s) {
			return f.form.ReplaceAllString(s, f.means), true
		}
	}
	return s, false
}

// linkForms are links to a file of a repository on the web, as GitHub, GitLab, Gitea, Bitbucket and Sourcegraph write
// them, links that open an editor, links to the documentation of Go, and the places that browsers and bundlers print.
var linkForms = []pastedForm{
	{lazyregexp.New(`^https?://[^/\s]+/(?:[^/\s]+/)+?(?:-/)?(?:blob|blame|raw|src/(?:branch|tag|commit)|src)/` +
		`[^/\s]+/([^?#\s]+)(?:\?[^#\s]*)?#lines-([0-9]+)(?::([0-9]+))?$`), "$1:$2-$3"},
	{lazyregexp.New(`^https?://[^/\s]+/(?:[^/\s]+/)+?(?:-/)?(?:blob|blame|raw|src/(?:branch|tag|commit)|src)/` +
		`[^/\s]+/([^?#\s]+)(?:\?[^#\s]*)?#L([0-9].*)$`), "$1#L$2"},
	{
		lazyregexp.New(`^https?://[^/\s]+/(?:[^/\s]+/)+-/blob/([^?#\s]+)\?L([0-9]+)(:[0-9]+)?(-[0-9]+)?(?::[0-9]+)?$`),
		"$1:$2$3$4",
	},
	{
		lazyregexp.New(`^https?://pkg\.go\.dev/([^@#?\s]+)(?:@[^#/?\s]+)?(/[^#?\s]+)?#(\w+(?:\.\w+)?)$`),
		"go://$1$2#$3",
	},
	{lazyregexp.New(`^(?:vscode|vscode-insiders|vscodium|cursor|windsurf|zed)://file(/.+:[0-9]+)$`), "$1"},
	{lazyregexp.New(`^[a-z]+://open\?(?:url=file://|file=)([^&]+)&line=([0-9]+)(?:&column=([0-9]+))?$`), "$1:$2:$3"},
	{lazyregexp.New(`^(?:[^\s/]*@)?(?:https?://(?:localhost|[0-9.]+|\[[0-9a-f:]+\])(?::[0-9]+)?|` +
		`webpack(?:-internal)?://[^/\s]*)/(?:\./)?([^?\s]+)(?:\?[^\s:]*)?(:[0-9]+(?::[0-9]+)?)$`), "$1$2"},
	{lazyregexp.New(`^(file://[^#\s]+)#([0-9]+)(?:[,:.]([0-9]+))?$`), "$1:$2:$3"},
	{lazyregexp.New(`^(?:go|py|python|ts|js|rs|rust|c|cpp|java)://([^#\s]+\.[A-Za-z]\w*:[0-9]+(?::[0-9]+)?)$`), "$1"},
}

// lineForms are lines that are named in words, or as an editor takes one.
var lineForms = []pastedForm{
	{lazyregexp.New(`^File "([^"]+)", line ([0-9]+)(?:,.*)?$`), "$1:$2"}, // a traceback of Python
	// a frame of JavaScript or Rust, and the place below an error of rustc
	{lazyregexp.New(`^(?:at|-->|:::|❯)\s+(?:async |new )?(?:[^()\s]+(?: \[as [^\]]+\])? \()?` +
		`(?:file://)?([^()\s]+:[0-9]+(?::[0-9]+)?)\)?$`), "$1"},
	// the beginning of a line that a compiler, grep or a stack trace of Go has written
	{lazyregexp.New(`^([^\s:]+:[0-9]+(?::[0-9]+)?|[^\s:(]+\([0-9]+,[0-9]+\))` +
		`(?::\s.*|\s+-\s.*|:?\s+\+0x[0-9a-f]+)$`), "$1"},
	{lazyregexp.New(`^([^\s#@]+?)(?:,?\s+(?:at\s+)?lines?:?\s+|:\s*line\s+|:?\s+\+|:\s*L|\s+L)([0-9]+)` +
		`(?:,?\s+col(?:umn)?\s+([0-9]+))$`), "$1:$2:$3"},
	{lazyregexp.New(`^([^\s#@]+?):?(?:,?\s+(?:at\s+)?lines?:?\s+|:\s*lines?\s+|:?\s+\+|:\s*L|\s+L)([0-9]+)` +
		`(?:(?:\s*[-–]\s*L?|\s+(?:to|and|through)\s+)([0-9]+))?$`), "$1:$2-$3"},
	{lazyregexp.New(`^lines?\s+([0-9]+)(?:(?:\s*[-–]\s*|\s+(?:to|and|through)\s+)([0-9]+))?\s+` +
		`(?:of|in)\s+([^\s#@]+)$`), "$3:$1-$2"},
	{lazyregexp.New(`^([^\s#@]+):([0-9]+)(?:\.\.|–|—)([0-9]+)$`), "$1:$2-$3"},
	{lazyregexp.New(`^([^\s#@]+) \((?:at )?lines? ([0-9]+)(?:-([0-9]+))?\)$`), "$1:$2-$3"},
	{lazyregexp.New(`^([^\s#@:]+\.\w+)[@#]L?([0-9]+)(?::C?([0-9]+))?$`), "$1:$2:$3"},
	{lazyregexp.New(`^(?:.*\s)?in (\S+)(?::line| on line) ([0-9]+)$`), "$1:$2"}, // frames of C#, messages of PHP
	{lazyregexp.New(`^(?:.*\s)?at (\S+) line ([0-9]+)\.?$`), "$1:$2"},           // messages of Perl
	{lazyregexp.New(`^(?:code|cursor|subl|idea)(?: -g| --goto)? ([^\s:]+(?::[0-9]+)+)$`), "$1"},
	{lazyregexp.New(`^([^\s#@:]+\.\w+)-([0-9]+)-.*$`), "$1:$2"},       // around a match of grep
	{lazyregexp.New(`^(?:[a-z]+ )?\+([0-9]+) ([^\s#@:]+)$`), "$2:$1"}, // an editor's command line
	{lazyregexp.New(`^([^\s#@:(]+) ?[(\[]([0-9]+)[:,] ?([0-9]+)[)\]]$`), "$1:$2:$3"},
	{lazyregexp.New(`^([^\s#@|]+)\|([0-9]+)(?: col ([0-9]+))?\|.*$`), "$1:$2:$3"}, // the quickfix list of Vim
}

// nameForms are names of symbols as programs print and as people write them.
var nameForms = []pastedForm{
	// test runners
	{lazyregexp.New(`^(?:--- (?:FAIL|PASS|SKIP):|=== \w+) +(Test|Benchmark|Fuzz|Example)([^\s/]*)(?:/\S*)?` +
		`(?: \([0-9.]+s\))?$`), "$1$2"},
	{lazyregexp.New(`^(Test|Benchmark|Fuzz|Example)([A-Z_0-9]\w*)/[^.:#]+$`), "$1$2"},
	{lazyregexp.New(`^(?:(?:PASSED|FAILED|ERROR|SKIPPED|XFAIL)\s+)?([^\s:]+\.py::[^\s\[]+)(?:\[.*?\])?` +
		`(?:\s+(?:PASSED|FAILED|ERROR|SKIPPED|XFAIL).*|\s+-\s.*)?$`), "$1"},
	{lazyregexp.New(`^test ([\w:]+) \.\.\. \w+$`), "$1"}, // cargo
	// stack traces and linkers
	{lazyregexp.New(`^created by (\S+)(?: in goroutine [0-9]+)?$`), "$1"},
	{lazyregexp.New(`^[0-9]+:\s+(?:0x[0-9a-f]+ - )?([^\s/]+::[^\s/]+)$`), "$1"},
	{lazyregexp.New(`^<(?:[\w:]+)??(\w+(?:::\w+)*)(?:<.*>)? as [^<>]+(?:<.*>)?>::(\w+)$`), "$1::$2"},
	{lazyregexp.New("^(?:undefined (?:reference|symbol)|multiple definition|unresolved external symbol)[^`'\"]*[`'\"]" +
		"([^`'\"]+)[`'\"].*$"), "$1"},
	{lazyregexp.New(`^([\pL_][\pL\pN_:.]*)@(?:plt|@?[A-Z]+_[0-9.]+)$`), "$1"},
	// the repr of Python
	{lazyregexp.New(`^<class '([\w.]+)'>$`), "$1"},
	{lazyregexp.New(`^<(?:built-in )?(?:async )?(?:function|coroutine object|generator object) ([\w.]+)` +
		`(?: at 0x[0-9a-fA-F]+)?>$`), "$1"},
	{lazyregexp.New(`^<bound method ([\w.]+) of .*>$`), "$1"},
	// code
	{lazyregexp.New(`^from \.*([\w.]+) import \(?\s*(\w+)(?:\s+as\s+\w+)?\s*\)?$`), "$1.$2"},
	{lazyregexp.New(`^(?:import|export) (?:type )?\{\s*(?:type )?([\w$]+)(?:\s+as\s+[\w$]+)?,?\s*\} from ` +
		"['\"](?:\\.{1,2}/)*([^'\"]+)['\"];?$"), "$2#$1"},
	{lazyregexp.New(`^export default ([\w$]+);?$`), "$1"},
	{lazyregexp.New(`^#\s*define\s+(\w+)(?:\W.*)?$`), "$1"},
	{lazyregexp.New(`^(?:pub )?use ([\w:]+);?$`), "$1"},
	{lazyregexp.New(`^impl(?:<[^>]*>)?\s+(?:.*\sfor\s+)?([\w:]+)(?:<.*>)?(?:\s*\{.*)?$`), "$1"},
	{lazyregexp.New(`^</?([A-Z][\w.]*)(?:\s[^<>]*)?/?>$`), "$1"}, // an element of JSX
	{lazyregexp.New(`^(?:self|super)::([\w:]+)$`), "$1"},
	{lazyregexp.New(`^([\w.:]+)->([\w.:]+(?:\(.*\))?)$`), "$1.$2"},
	// a function of C++ that converts to a type, and operators whose name is a word
	{lazyregexp.New(`^(?:(?:explicit|virtual|inline|constexpr|const|void\s*\*?)\s*)*(?:::)?((?:\w+(?:::|\.))*)` +
		`operator\s+(\w+)([*&]?)(?:\(.*\).*)?$`), "${1}operator%20$2$3"},
	{lazyregexp.New(`^(?:fn |struct |mod )?((?:[\w./-]+(?:::|\.|#))*)r#(\w+)$`), "${1}r%23$2"}, // a raw name of Rust
	{lazyregexp.New(`^((?:\w.*(?:#|::|\.))?)operator\s*""\s*(\w+)$`), "${1}operator%22%22$2"},  // of literals of C++
	// from the global namespace of C++, or a crate of Rust
	{lazyregexp.New(`^::(\w.*)$`), "$1"},
	{lazyregexp.New(`^(go|golang|py|python|ts|js|rs|rust|c|cpp|java):([^/:\s][^:\s]*#\S+)$`), "$1://$2"},
	{lazyregexp.New(`^@@ -\S+ \+\S+ @@ (.+)$`), "$1"},              // the header of a hunk
	{lazyregexp.New(`^(?:\+\+\+|---) (?:[ab]/)?([^\s:]+)$`), "$1"}, // and of a file of a diff
	{lazyregexp.New("^(?::\\w+)?:(?:meth|func|class|attr|data|mod|obj|exc):`[~!]?([\\w.]+)(?:\\(\\))?`$"), "$1"},
	{lazyregexp.New(`^\{@(?:link|linkplain|see|code) ([^}|]+?)(?:[| ][^}]*)?\}$`), "$1"},
	{lazyregexp.New(`^([\w.:]*\w)/[0-9]{1,2}$`), "$1"}, // a name with its arity
	{lazyregexp.New(`^(?:(?:public|private|protected|static|readonly|async|get|set|override|abstract|declare)\s+)+` +
		`([\w$]+)[?!]?(?:\(.*\))?(?:\s*[:={].*)?$`), "$1"}, // the header of a member of TypeScript
	// a function, a variable or a type of C
	{lazyregexp.New(`^(?:(?:static|extern|inline|const)\s+)*(?:struct|union|enum)\s+\w+` +
		`(?:[\s*&]+(\w+)\s*[(\[=;].*|\s*[*&]+(\w+))$`), "$1$2"},
	{lazyregexp.New(`^(?:(?:static|extern|const|volatile|register|typedef|unsigned|signed|inline|constexpr)\s+)+` +
		`(?:[\w:<>,]+[\s*&]+)+(\w+)(?:\[.*\])?(?:\s*=.*)?;?$`), "$1"},
	{lazyregexp.New(`^([\pL_$][\w$.]*)(?:\s*:\s*[^=]+)?\s+:?=\s+[^=\s].*$`), "$1"},           // an assignment
	{lazyregexp.New(`^([\pL_$][\w$.]*)\s*(?:>|→|›|»)\s*([\pL_$][\w$]*)(?:\(\))?$`), "$1.$2"}, // a path in an outline
	{lazyregexp.New(`^([\pL_$][\w$]*)\(.*\)\s*:\s+\S.*$`), "$1"},
	// prose
	{lazyregexp.New(`^(?:[Tt]he )?(?:method|function|func|field|member|property) [\x60'"]?(\w+)[\x60'"]? of ` +
		`(?:(?:class|type|struct|interface) )?[\x60'"]?(\w+)[\x60'"]?$`), "$2.$1"},
	{lazyregexp.New(`^[Tt]he [\x60'"]?([\w.:]+)[\x60'"]?(?:\(\))? (?:method|function|class|struct|type|interface|` +
		`field|constant|variable|symbol|trait|enum|macro)$`), "$1"},
	{lazyregexp.New(`^([\w.:]+)(?:\(\))? (?:method|function|class|struct|type|interface|field|constant|variable|` +
		`trait|enum)$`), "$1"},
}

var (
	// schemePrefix matches the scheme of a URI or of a canonical selector.
	schemePrefix = lazyregexp.New(`^[A-Za-z][A-Za-z0-9+.-]*://`)
	// unittestForm matches the name that unittest prints for a test: its method and its class.
	unittestForm = lazyregexp.New(`^(\w+) \((\w+(?:\.\w+)+)\)$`)
	// ansiForm matches what colours a terminal and makes links on it.
	ansiForm = lazyregexp.New(`\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)`)
	// docLink matches what is in the brackets of a link in the documentation of Go and Rust, which no computed name is.
	docLink = lazyregexp.New("^`[^`]+`$|^\\*?[\\w/]+(?:\\.[A-Z]\\w*)+$|^\\w+(?:::\\w+)+(?:\\(\\))?$")
	// markdownLink matches a link of Markdown. Its group is the target.
	markdownLink = lazyregexp.New(`^\[[^\]]*\]\(([^()\s]+)\)$`)
	// canonicalEnd matches a place in its canonical form, in which nothing is reduced.
	canonicalEnd = lazyregexp.New(`@(?:L[0-9]+:C[0-9]+|R\([0-9,>-]+\))(?:\?.*)?$`)
	// placeInText matches a place within a message: a file with an extension, a line, and perhaps a column.
	placeInText = lazyregexp.New("(?:^|[\\s(@'\"`\\[<|“‘])" +
		"((?:file://)?(?:[A-Za-z]:[\\\\/])?[^\\s:()'\"`\\[\\]<>,|@“”‘’]*" +
		"\\.[A-Za-z][A-Za-z0-9]*)(?::([0-9]+)(?::([0-9]+))?|\\(([0-9]+)(?:,([0-9]+))?\\)|:\\[([0-9]+),([0-9]+)\\])" +
		"(?:$|[,;.](?:\\s|$)|:(?:\\D|$)|[\\s)\\]'\"`>|”’])")
	// beforePlace matches the end of what a message says before a place.
	beforePlace = lazyregexp.New(`(?i)(?:^|\s)(?:at|in|from|by|see|error|warning|note|rspec|-->|:::|#[0-9]+)\s*$|` +
		`:\s*$|^[^\pL\pN/\\._~-]+$`)
	// javaFrame matches a frame of the Java virtual machine. Its groups are the package, the file and the line.
	javaFrame = lazyregexp.New(`(?:^|\s)at (?:[\w.@-]+/)*((?:\w+\.)*)[\w$]+\.[\w$<>]+` +
		`\((\w+\.(?:java|kt|scala|groovy)):([0-9]+)\)$`)

	// receiverHeader matches the header of a method of Go. Its groups are the type and the name.
	// Without the word func, the receiver has a name or is followed by a space: (*Server).Serve is no header.
	receiverHeader = lazyregexp.New(`^(?:func\s*\(\s*(?:[\pL_][\pL\pN_]*\s+)?|\(\s*[\pL_][\pL\pN_]*\s+)\*?` +
		`([\pL_][\pL\pN_]*)(?:\[[^\]]*\])?\s*\)\s*([\pL_][\pL\pN_]*)`)
	// declarationHeader matches the words before the name of a declaration, and the name.
	declarationHeader = lazyregexp.New(`^(?:(?:export|default|async|static|public|private|protected|internal|` +
		`pub(?:\([a-z :]+\))?|abstract|declare|unsafe|inline|virtual|final|sealed|override|partial|readonly|` +
		`extern)\s+)*` +
		`(?:func|fun|function\s*\*?|def|class|struct|type|interface|enum(?:\s+class)?|trait|fn|const(?:\s+enum)?|` +
		`let|var|val|namespace|module|mod|union|macro_rules!|typedef|record|object)\s+` +
		`([\pL_$~][\pL\pN_$]*(?:(?:\.|::)[\pL_$~][\pL\pN_$]*)*)(?:$|[^\pL\pN_$.].*)`)
	// attributeForm matches what stands before the header of a declaration: decorators of Python, TypeScript and Java,
	// attributes of Rust and C++, and the parameters of a template.
	attributeForm = lazyregexp.New(`^(?:@[\w.]+(?:\([^()]*\))?\s+|#\[[^\]]*\]\s*|\[\[[^\]]*\]\]\s*|` +
		`template\s*<[^<>]*>\s*)+([\pL_~].*)$`)
	// resultForm matches the header of a function without a keyword: its parameters and what it returns. Its group is
	// the name.
	resultForm = lazyregexp.New(`^([\pL_$][\w$.:]*)\(.*\)\s*(?:->\s*|\s)[*&\[(]*[\pL_].*$`)
	// qualifiedForm matches a qualified name of C++ after its type. Its group is the name.
	qualifiedForm = lazyregexp.New(`^(?:[\pL_][\w:<>,]*[\s*&]+)+((?:\w+::)+~?\w+)$`)
	// inFile matches a name that is written before or after its file. Its groups are the name and the file, or the
	// file and the name.
	inFile = lazyregexp.New(`^(?:(\S+?)(?:\(\))?\s+(?:in|@|at)\s+(\S*[^\s.]\.\w+)|(\S*[^\s.]\.\w+)\s+(\S+))$`)

	// pointerForm matches the operators and words before a name, as in *Server.Serve, []Server and new Server().
	pointerForm = lazyregexp.New(`^(?:[*&]|\[[0-9]*\]|(?:mut|new|await|return|dyn|throw|yield)\s+)+([\pL_])`)
	// signatureForm matches the header of a function or method of C, C++ or Java: what it returns, its name, its
	// parameters, and what follows them. Its group is the name.
	signatureForm = lazyregexp.New(`^(?:[\pL_][\w:<>,*&\[\].]*[\s*&]+)*` +
		`((?:[\w:.~]|<[\w\s:,*&<>]*>)*operator(?:\(\)|\[\]|[^\w\s(]+)|` +
		`(?:[\w:.~$]|<[\w\s:,*&<>]*>)*(?:[\w$]|\w<[\w\s:,*&<>]*>))` +
		`\(.*\)(?:\s*(?:const|volatile|noexcept|override|final|&&?|throws [\w., ]+|;|\{.*))*$`)
	// callForm matches a call of a name, or the name with its parameters.
	callForm = lazyregexp.New(`^([^\s()]*operator(?:\(\)|\[\]|[^\w\s()]+)|[^\s()]*[\pL\pN_$])\(.*\)$`)
	// openForm matches the beginning of a call.
	openForm = lazyregexp.New(`^([^\s()]*[\pL\pN_$])\($`)
	// rawForm matches a selector of Rust with a raw name, and literalForm one of an operator for literals of C++.
	rawForm     = lazyregexp.New(`^(rs://[^#]+#(?:\w+(?:\.|:{1,2}))*)r#(\w)`)
	literalForm = lazyregexp.New(`^(cpp://[^#]+#(?:\w+(?:\.|:{1,2}))*)operator\s*""\s*(\w+)$`)
	// crateForm matches the name of a crate of Rust as Cargo.toml has it, at the start of a path.
	crateForm = lazyregexp.New(`^\w+(?:-\w+)+::`)
	// argumentForm matches the arguments of a type in a path of names, innermost first.
	argumentForm = lazyregexp.New(`([\pL\pN_])(?:::)?(?:\[[^\[\]/\\]*\]|<[^<>/\\]*>)`)
	// indexForm matches arguments in square brackets.
	indexForm = lazyregexp.New(`([\pL\pN_])(?:::)?\[[^\[\]/\\]*\]`)
	// caseForm matches the name that pytest gives to one case of a test with parameters.
	caseForm = lazyregexp.New(`^(.+\.py::[^\[]+)\[.*\]$`)
)

// pasted reduces a selector in one of the forms of this file.
func pasted(s string) string {
	if canonicalEnd.MatchString(s) {
		return strings.TrimSpace(s)
	}
	s = unwrapped(s)
	if link, ok := firstOf(linkForms, s); ok {
		return strings.TrimRight(link, ":-")
	}
	if schemePrefix.MatchString(s) {
		if hasScheme(s, "go://") {
			s = receiverForm.ReplaceAllString(s, "$1$2.")
		}
		s = rawForm.ReplaceAllString(s, "${1}r%23$2")
		s = literalForm.ReplaceAllString(s, "${1}operator%22%22$2")
		if !hasScheme(s, "file://") {
			return s
		}
	}
	if m := javaFrame.FindStringSubmatch(s); m != nil {
		return strings.ReplaceAll(m[1], ".", "/") + m[2] + ":" + m[3]
	}
	if place, ok := withinText(s); ok {
		return place
	}
	if place, ok := firstOf(lineForms, s); ok {
		return strings.TrimRight(place, ":-")
	}
	if isCanonical := strings.Contains(s, "@L"); !isCanonical && !strings.Contains(s, "operator") {
		s = strings.TrimRight(s, ".,;:")
	}
	if m := unittestForm.FindStringSubmatch(s); m != nil {
		return strings.TrimSuffix(m[2], "."+m[1]) + "." + m[1]
	}
	if name, ok := firstOf(nameForms, s); ok {
		s = name
	}
	return declared(s)
}

// wrappers are what stands on both sides of a selector in prose and in terminals.
var wrappers = [][2]string{
	{"(", ")"},
	{"[", "]"},
	{"<", ">"},
	{"**", "**"},
	{"`", "`"},
	{`"`, `"`},
	{"'", "'"},
	{"“", "”"},
	{"‘", "’"},
	{"«", "»"},
}

// unwrapped removes what is around a selector: colours, white space, quotes, brackets, and the mark that ends a
// sentence.
func unwrapped(s string) string {
	s = strings.TrimSpace(ansiForm.ReplaceAllString(s, ""))
	if m := markdownLink.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	for _, w := range wrappers {
		inner, ok := strings.CutPrefix(strings.TrimRight(s, ".,;"), w[0])
		inner, ends := strings.CutSuffix(inner, w[1])
		if !ok || !ends || inner == "" || strings.Contains(inner, w[1]) && w[1] != w[0] {
			continue
		}
		isBracket := w[0] == "[" || w[0] == "<"
		if isBracket && !placeForm.MatchString(inner) && (w[0] == "<" || !docLink.MatchString(inner)) {
			continue // a computed name, a type, an element of JSX
		}
		s = strings.TrimSpace(inner)
	}
	return s
}

// withinText returns the place in a message of a compiler, a test runner or a debugger. ok is false unless exactly one
// place is in it, and what stands before the place is no part of its path.
func withinText(s string) (place string, ok bool) {
	found := placeInText.FindAllSubmatchIndex([]byte(s), 2)
	if len(found) != 1 {
		return "", false
	}
	m := found[0]
	before, after := s[:m[2]], s[m[1]:]
	isMessage := strings.ContainsAny(before, "()'\"`<>[]|—–›❯●@") || beforePlace.MatchString(before)
	if strings.TrimSpace(before) == "" && strings.TrimSpace(after) == "" || before != "" && !isMessage {
		return "", false
	}
	place = s[m[2]:m[3]]
	for i := 4; i < len(m); i += 2 {
		if m[i] >= 0 {
			place += ":" + s[m[i]:m[i+1]]
		}
	}
	return place, true
}

// declared reduces the header of a declaration to its name, and a name with its file to both.
func declared(s string) string {
	if m := receiverHeader.FindStringSubmatch(s); m != nil {
		return m[1] + "." + m[2]
	}
	if m := attributeForm.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if m := qualifiedForm.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	if m := declarationHeader.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	if m := inFile.FindStringSubmatch(s); m != nil {
		return m[2] + m[3] + "#" + m[1] + m[4]
	}
	if m := resultForm.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return s
}

// bareName reduces the path of a symbol to its names: without the operator of a pointer, the parameters or
// arguments of a function, and the arguments of types.
func bareName(s string) string {
	if m := caseForm.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	s = strings.TrimSuffix(strings.TrimRight(s, ";,"), "{}")
	s = pointerForm.ReplaceAllString(s, "$1")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "().", "."), ".<locals>.", ".")
	if m := crateForm.FindString(s); m != "" {
		s = strings.ReplaceAll(m, "-", "_") + s[len(m):]
	}
	isHeader := strings.ContainsAny(s, " =<>!+-*/%^&|~[") || strings.Contains(s, "operator()(")
	if m := signatureForm.FindStringSubmatch(s); m != nil && isHeader {
		s = m[1]
	}
	if strings.Contains(s, "operator") {
		return s // of C++, whose name may be any of these marks
	}
	front, names := "", s
	if i := strings.LastIndexAny(s, `/\#`); i >= 0 {
		front, names = s[:i+1], s[i+1:]
	}
	if m := callForm.FindStringSubmatch(names); m != nil {
		names = m[1]
	}
	names = openForm.ReplaceAllString(names, "$1")
	arguments := indexForm // what is in angle brackets may tell a specialization of C++, and none of Rust
	if strings.Contains(names, "::<") {
		arguments = argumentForm
	}
	for {
		shorter := arguments.ReplaceAllString(names, "$1")
		if shorter == names {
			return front + strings.TrimSuffix(names, "()")
		}
		names = shorter
	}
}
