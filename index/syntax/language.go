//go:build cgo

package syntax

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
)

//go:embed languages/*/language.json languages/*/outline.scm
var folders embed.FS

// Language is a language or a family of them, as its folder below languages/ describes it: language.json contains
// the exported fields, and outline.scm the query. README describes how to add one.
//
// A capture of the query is the name after an @: a kind of declaration such as @def, or a part of one such as
// @name, @body, @inner (what can contain further declarations) and @params.
type Language struct {
	Scheme selectors.Lang `json:"scheme"` // before :// in selectors, such as "go"
	Title  string         `json:"title"`  // the name for people, such as "Go"
	// Files maps a file's extension in lower case, or its whole base name, to
	// the name of a grammar.
	Files map[string]string `json:"files"`
	// Else maps some of Files to the grammar for content that Mark, a regular expression, matches: a header with
	// C++ in it is not read as C.
	Else map[string]string `json:"else"`
	Mark string            `json:"mark"`

	// Kinds maps captures to the kind of the declaration, for captures that are not themselves the name of a
	// kind. The kind "" declares nothing, but declarations inside belong to the type that it names: Rust's impl.
	Kinds map[string]selectors.Kind `json:"kinds"`
	// Member maps a kind to the kind that such a declaration has inside a type: {"def": "method"}.
	Member map[selectors.Kind]selectors.Kind `json:"member"`
	// Functions lists the captures of functions: declarations inside are local to them. Without it, they are def
	// and method.
	Functions []string `json:"functions"`
	// Imports lists the captures that give a name to something that is declared elsewhere.
	Imports []string `json:"imports"`
	// Merge lists captures of which several with one name and scope are one symbol, such as the parts of a C#
	// namespace (spec section 2).
	Merge []string `json:"merge"`
	// Prototypes lists the captures that declare a function without defining it; Definitions those that define
	// one. A prototype and a definition, also in different files, are one symbol if they have the same name, and
	// with the capture @params the same types of parameters.
	Prototypes  []string `json:"prototypes"`
	Definitions []string `json:"definitions"`
	// Separators separate the owner of a name from the name itself: "::" in ns::Pool::get.
	Separators []string `json:"separators"`
	// Unqualified is true if the name of a capture with the kind "" is used without the part before its last
	// separator: Display for impl fmt::Display.
	Unqualified bool `json:"unqualified"`
	// Lift maps captures in a function that declare a member of the surrounding type to the node types of such
	// types: PHP's promoted parameters.
	Lift map[string][]string `json:"lift"`
	// Trim are characters that are removed from both ends of a name.
	Trim string `json:"trim"`
	// Outer lists the types of nodes that belong to the declaration that they directly contain, such as C++'s
	// template_declaration.
	Outer []string `json:"outer"`
	// Top lists the captures that are only declarations outside of functions.
	Top []string `json:"top"`
	// Docs lists the beginnings of comments that document the next declaration, such as "///"; without it, all
	// comments do. Between lists the types of nodes that may be between the comment and the declaration, such as
	// Rust's attribute_item.
	Docs    []string `json:"docs"`
	Between []string `json:"between"`

	// Module is the rule by which modules are named, one of [ModuleRules].
	Module string `json:"module"`
	// Stubs maps the extension of files that declare what another file implements to the extension of the
	// file with the implementation: Python's m.pyi next to m.py.
	Stubs map[string]string `json:"stubs"`
	// Document is true if the files are prose or data rather than code.
	Document bool `json:"document"`
	// Package is a regular expression for the clause that names a file's module, which is its first group.
	Package string `json:"package"`

	// Macros are regular expressions. The text of their groups, which only a preprocessor understands, is replaced
	// by blanks before parsing, so ranges do not change. A group called "type" stays: nothing of a match is replaced
	// where it is a specifier such as static, behind which the word that looks like a macro is the type.
	Macros []string `json:"macros"`
	// Pronouns are the words for the type, object or module around them. They are no other names of it.
	Pronouns []string `json:"pronouns"`

	// Unread are the constructs that the grammar cannot read.
	Unread []Unread `json:"unread"`

	// Lexis describes comments and strings, for the fingerprints by which moved code is recognised.
	Lexis Lexis `json:"lexis"`

	folder string // its name below languages/
	digest string // SHA-256 of language.json and outline.scm, in hexadecimal
	// dataOnly is true if the language needs no code in Go besides the description and the query.
	dataOnly bool
	pkg      *regexp.Regexp
	macros   []*regexp.Regexp
	mark     *regexp.Regexp
	// read returns the declarations of one match of the query. finish corrects those of the whole file.
	read   func(m *match) []raw
	finish func(src []byte, rs []raw) []raw
	// walk returns the declarations of a tree, for a language that has no query.
	walk func(root *sitter.Node, src []byte) []raw
}

// Lexis describes comments, strings and words.
type Lexis struct {
	Line    []string    `json:"line"`    // the beginnings of comments that end with the line
	Block   [][2]string `json:"block"`   // the beginnings and ends of other comments
	Strings []string    `json:"strings"` // the quotes
	// Word are the ASCII characters that names have besides letters, digits and "_".
	Word string `json:"word"`
}

// rules are the functions in Go for languages whose declarations a query cannot describe, by folder.
var rules = map[string]struct {
	read   func(*match) []raw
	finish func([]byte, []raw) []raw
}{
	"python":     {readPython, finishPython},
	"typescript": {readTS, finishTypeScript},
}

// languages are the languages, and by which schemes, extensions and base names they are found.
type languages struct {
	all    []*Language // in the order of their folders
	scheme map[selectors.Lang]*Language
	file   map[string]*Language
}

// table returns the languages. They are read from the embedded folders when they are needed first.
var table = sync.OnceValue(func() *languages { return mustLoad(folders) })

// mustLoad returns the languages of a folder. A mistake in one of them ends the process with the message: the folders
// are part of the program, so only who adds a language can make one, and the message, unlike a panic's stack, says
// how to correct it.
func mustLoad(files fs.FS) *languages {
	t, err := loadAll(files)
	if err != nil {
		fmt.Fprintf(os.Stderr, "lanser: %v\n", err)
		os.Exit(fault.Internal.Exit())
	}
	return t
}

// loadAll reads and checks the descriptions of all languages. The error names the file, and says how to correct
// it.
func loadAll(files fs.FS) (*languages, error) {
	dirs, err := fs.ReadDir(files, "languages")
	if err != nil {
		return nil, err
	}
	t := &languages{scheme: map[selectors.Lang]*Language{}, file: map[string]*Language{}}
	for _, d := range dirs {
		l, err := load(files, d.Name())
		if err != nil {
			return nil, fmt.Errorf("index/syntax/%w", err)
		}
		if other := t.scheme[l.Scheme]; other != nil {
			return nil, l.taken("scheme", string(l.Scheme), other)
		}
		t.all = append(t.all, l)
		t.scheme[l.Scheme] = l
		for _, name := range slices.Sorted(maps.Keys(l.Files)) {
			if other := t.file[name]; other != nil {
				return nil, l.taken("files", name, other)
			}
			t.file[name] = l
		}
	}
	return t, nil
}

// load reads and checks the description of a language from its folder below languages/.
func load(files fs.FS, folder string) (*Language, error) {
	name := path.Join("languages", folder, "language.json")
	description, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w; a language needs this file", name, err)
	}
	l := &Language{folder: folder}
	if err := l.decode(name, description); err != nil {
		return nil, err
	}
	l.choose()
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	name = path.Join("languages", folder, "outline.scm")
	query, err := fs.ReadFile(files, name)
	if err != nil && l.walk == nil {
		return nil, fmt.Errorf("%s cannot be read: %w; write a query that captures the declarations", name, err)
	}
	if err := l.checkQuery(name, string(query)); err != nil {
		return nil, err
	}
	l.digest = fmt.Sprintf("%x", sha256.Sum256(slices.Concat(description, []byte{0}, query)))
	if l.Functions == nil {
		l.Functions = []string{"def", "method"}
	}
	return l, nil
}

// choose sets the functions that read the language.
func (l *Language) choose() {
	r := rules[l.folder]
	l.read, l.finish = r.read, r.finish
	switch {
	case l.folder == "go":
		l.walk = walkGo
	case l.folder == "c":
		l.read = l.readC
	case l.read == nil:
		l.read, l.dataOnly = l.declare, true
	}
}

// Languages returns all languages, in order of their folders.
func Languages() []*Language { return table().all }

// ByScheme returns the language of a scheme; nil if there is none.
func ByScheme(l selectors.Lang) *Language { return table().scheme[l] }

// ByFile returns the language of a file by its name; nil if the file has no outline.
func ByFile(file string) *Language {
	t := table()
	if l := t.file[path.Base(file)]; l != nil {
		return l
	}
	return t.file[strings.ToLower(path.Ext(file))]
}

// LangOf returns the scheme of a file's language by the file's name; ok is false if the file has no outline.
func LangOf(file string) (lang selectors.Lang, ok bool) {
	l := ByFile(file)
	if l == nil {
		return "", false
	}
	return l.Scheme, true
}

// Reader returns an identifier of the description and grammars that read a file. Files with equal content and equal
// readers have equal outlines. Because it contains the digest of language.json and outline.scm, an edit of these files
// invalidates the stored outlines of the language; [FeatureVersion] does so for a change of the code.
func Reader(file string) string {
	l := ByFile(file)
	if l == nil {
		return ""
	}
	return string(l.Scheme) + " " + of(l.Files, file) + " " + of(l.Else, file) + " " + l.digest
}

// of returns the entry of a table for a file.
func of(m map[string]string, file string) string {
	if v, ok := m[path.Base(file)]; ok {
		return v
	}
	return m[strings.ToLower(path.Ext(file))]
}

// PackageOf returns the name in the file's package clause, "" if there is none. It looks at the code before the
// first declaration, without comments.
func (l *Language) PackageOf(src []byte) string {
	if l.pkg == nil {
		return ""
	}
	for _, size := range headSizes {
		if m := l.pkg.FindSubmatch(l.Lexis.blank(src[:min(len(src), size)])); m != nil {
			return string(m[1])
		}
		if size >= len(src) {
			break
		}
	}
	return ""
}

// headSizes are the numbers of bytes at the beginning of a file in which its package clause is looked for: the
// first suffices for most files, the second for those that begin with a long comment.
var headSizes = []int{2 << 10, 64 << 10}

// compiled contains the compiled queries by folder and grammar. A test compiles all of them.
var compiled sync.Map

// query returns the language's query for one of its grammars. The error says how to correct the query.
func (l *Language) query(grammar string) (*sitter.Query, error) {
	key := l.folder + "/" + grammar
	if q, ok := compiled.Load(key); ok {
		return q.(*sitter.Query), nil
	}
	src, err := folders.ReadFile("languages/" + l.folder + "/outline.scm")
	if err != nil {
		return nil, err
	}
	src = only(src, grammar)
	q, err := sitter.NewQuery(src, grammars[grammar]())
	if err != nil {
		return nil, l.queryMistake(src, grammar, err)
	}
	kept, _ := compiled.LoadOrStore(key, q)
	return kept.(*sitter.Query), nil
}

// queryMistake returns the error for a query that does not compile for a grammar, with the line and the column in
// outline.scm: those in the library's message are wrong.
func (l *Language) queryMistake(query []byte, grammar string, err error) error {
	file := fmt.Sprintf("index/syntax/languages/%s/outline.scm", l.folder)
	what := err.Error()
	var wrong *sitter.QueryError
	if errors.As(err, &wrong) {
		before, rest := query[:wrong.Offset], query[wrong.Offset:]
		line, column := bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n')
		file = fmt.Sprintf("%s:%d:%d", file, line, column)
		word := wordForm.Find(rest)
		switch wrong.Type {
		case sitter.QueryErrorNodeType:
			what = fmt.Sprintf("the grammar has no node of the type %q", word)
		case sitter.QueryErrorField:
			what = fmt.Sprintf("the grammar has no field %q", word)
		case sitter.QueryErrorCapture:
			what = fmt.Sprintf("the pattern has no capture @%s", word)
		case sitter.QueryErrorStructure:
			what = "the grammar has no such node at this place of another, so the pattern can never match"
		default:
			line, _, _ := bytes.Cut(rest, []byte("\n"))
			what = fmt.Sprintf("the syntax of the query is wrong at, or in the pattern that begins at, %q", line)
		}
	}
	return fmt.Errorf("%s does not fit the grammar %q: %s; correct the query; 'go test ./index/syntax -v -run TreeOf "+
		"-tree FILE' prints the tree of a file, whose path is relative to index/syntax", file, grammar, what)
}

// wordForm matches the name of a node type, field or capture at the beginning of a text.
var wordForm = lazyregexp.New(`^[\w.-]+`)

// only blanks the sections of a query that are for other grammars, so that the lines of the others keep their numbers.
// A section begins with a line ";; only GRAMMAR…" and ends with an empty line.
func only(src []byte, grammar string) []byte {
	var out []byte
	skip := false
	for line := range bytes.Lines(src) {
		if names, ok := strings.CutPrefix(string(line), ";; only "); ok {
			skip = !slices.Contains(strings.Fields(names), grammar)
		} else if len(bytes.TrimSpace(line)) == 0 {
			skip = false
		}
		if skip {
			line = []byte("\n")
		}
		out = append(out, line...)
	}
	return out
}

// SourceOf returns the file that a stub declares: m.py for m.pyi, m.js for m.d.ts. ok is false for a file that is no
// stub.
func (l *Language) SourceOf(file string) (source string, ok bool) {
	for stub, ext := range l.Stubs {
		if base, is := strings.CutSuffix(file, stub); is {
			return base + ext, true
		}
	}
	return "", false
}
