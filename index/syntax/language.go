//go:build cgo

package syntax

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
)

//go:embed languages/*/language.json languages/*/outline.scm
var folders embed.FS

// Language is one language, or family, as its folder below languages/ describes
// it: language.json holds the exported fields, outline.scm the query. A folder
// is all that a language needs, see README.
type Language struct {
	Scheme selectors.Lang `json:"scheme"` // of selectors
	Title  string         `json:"title"`  // as people call it
	// Files maps a file's extension in lower case, or its whole base name, to
	// the name of a grammar.
	Files map[string]string `json:"files"`
	// Else names, for some of Files, the grammar of content in which Mark matches:
	// a header of C++.
	Else map[string]string `json:"else"`
	Mark string            `json:"mark"`

	// Kinds gives the kind of what a capture of the query declares; a capture
	// that is not listed is named after its kind. The kind "" declares nothing,
	// but what is inside hangs on its name: Rust's impl.
	Kinds map[string]selectors.Kind `json:"kinds"`
	// Member gives the kind that a declaration of a kind has inside a type.
	Member map[selectors.Kind]selectors.Kind `json:"member"`
	// Functions lists the captures whose inside is local; def and method where
	// it is absent.
	Functions []string `json:"functions"`
	// Imports lists the captures that name what is declared elsewhere.
	Imports []string `json:"imports"`
	// Merge lists the captures of which several of one name in one scope are
	// one symbol (spec section 2).
	Merge []string `json:"merge"`
	// Prototypes lists the captures that declare a function which is defined
	// elsewhere, perhaps in another file; Definitions those that define one.
	// They are one symbol if their names, and where the capture @params is
	// there the types of their parameters, agree.
	Prototypes  []string `json:"prototypes"`
	Definitions []string `json:"definitions"`
	// Separators split a name into the path of its owner and itself.
	Separators []string `json:"separators"`
	// Unqualified says that what stands before the last separator of a name that
	// declares nothing, see Kinds, is no path of names: impl fmt::Display.
	Unqualified bool `json:"unqualified"`
	// Lift gives, for captures that belong to the type around and not to the
	// function, the node types of such types: PHP's promoted parameters.
	Lift map[string][]string `json:"lift"`
	// Trim are characters that are no part of a name, at either end of it.
	Trim string `json:"trim"`
	// Outer lists the node types that, right around a declaration, are part of
	// it.
	Outer []string `json:"outer"`
	// Top lists the captures that are listed only where they are not local to a
	// function.
	Top []string `json:"top"`
	// Docs lists the beginnings of comments that document what follows; none
	// means any comment. Between lists the node types that may stand between.
	Docs    []string `json:"docs"`
	Between []string `json:"between"`

	// Module is the rule by which modules are named, one of [ModuleRules].
	Module string `json:"module"`
	// Stubs maps the extension of files that declare what another file implements to the extension of the
	// file with the implementation: Python's m.pyi next to m.py.
	Stubs map[string]string `json:"stubs"`
	// Document says that its files are prose or data rather than code.
	Document bool `json:"document"`
	// Package matches the clause that names a file's module, which is its
	// first group.
	Package string `json:"package"`

	// Macros match what only the preprocessor understands, in their groups: it is
	// blanked out before parsing. Ranges are those of the file as it is.
	Macros []string `json:"macros"`

	// Lexis is what little of the language's lexis fingerprints need.
	Lexis Lexis `json:"lexis"`

	folder string
	// dataOnly says that this description and the query are all that reads the language.
	dataOnly bool
	pkg      *regexp.Regexp
	macros   []*regexp.Regexp
	mark     *regexp.Regexp
	// read turns one match of the query into declarations; finish settles what
	// needs the whole file.
	read   func(m *match) []raw
	finish func(src []byte, rs []raw) []raw
	// walk reads the tree itself, in place of a query.
	walk func(root *sitter.Node, src []byte) []raw
}

// Lexis says what comments and strings look like.
type Lexis struct {
	Line    []string    `json:"line"`  // what begins a comment to the end of the line
	Block   [][2]string `json:"block"` // what begins and ends a comment
	Strings []string    `json:"strings"`
	// Word are the ASCII characters that names have besides letters, digits and "_".
	Word string `json:"word"`
}

// rules are the readers of languages whose declarations a query alone cannot
// tell, by folder.
var rules = map[string]struct {
	read   func(*match) []raw
	finish func([]byte, []raw) []raw
}{
	"python":     {readPython, finishPython},
	"typescript": {readTS, nil},
}

// languages are the languages, and by which schemes, extensions and base names they are found.
type languages struct {
	all    []*Language // in the order of their folders
	scheme map[selectors.Lang]*Language
	file   map[string]*Language
}

// table returns the languages. They are read from the embedded folders when they are needed first.
var table = sync.OnceValue(func() *languages {
	t, err := loadAll(folders)
	if err != nil {
		panic(err) // the folders are part of the program, and TestMain loads each of them
	}
	return t
})

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
	dec := json.NewDecoder(bytes.NewReader(description))
	dec.DisallowUnknownFields()
	if err := dec.Decode(l); err != nil {
		return nil, fmt.Errorf("%s: %w; correct the JSON: its keys are the fields of syntax.Language", name, err)
	}
	l.choose()
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := l.checkQuery(files); err != nil {
		return nil, err
	}
	if l.Functions == nil {
		l.Functions = []string{"def", "method"}
	}
	return l, nil
}

// choose sets the code that reads the language.
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

// Languages lists the languages in order of their folders.
func Languages() []*Language { return table().all }

// ByScheme is the language of a scheme, nil for none.
func ByScheme(l selectors.Lang) *Language { return table().scheme[l] }

// ByFile is the language of a file by its name, nil for a file without an
// outline.
func ByFile(file string) *Language {
	t := table()
	if l := t.file[path.Base(file)]; l != nil {
		return l
	}
	return t.file[strings.ToLower(path.Ext(file))]
}

// LangOf is the scheme of a file's language; ok is false for a file that has no
// outline.
func LangOf(file string) (lang selectors.Lang, ok bool) {
	l := ByFile(file)
	if l == nil {
		return "", false
	}
	return l.Scheme, true
}

// Reader names what reads a file: its language and grammars. Two files of one
// content and one reader have one outline.
func Reader(file string) string {
	l := ByFile(file)
	if l == nil {
		return ""
	}
	return string(l.Scheme) + " " + of(l.Files, file) + " " + of(l.Else, file)
}

// of is the entry of a table by file.
func of(m map[string]string, file string) string {
	if v, ok := m[path.Base(file)]; ok {
		return v
	}
	return m[strings.ToLower(path.Ext(file))]
}

// PackageOf is the name in the file's package clause, "" for none. Only what
// stands before the first declaration matters, and comments do not.
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

// headSizes is how far into a file its package clause is looked for, in bytes: as
// far as it is in most, then behind a long comment.
var headSizes = []int{2 << 10, 64 << 10}

// compiled queries, by folder and grammar. A query that cannot be compiled is a
// defect that a test finds.
var compiled sync.Map

func (l *Language) query(grammar string) (*sitter.Query, error) {
	key := l.folder + "/" + grammar
	if q, ok := compiled.Load(key); ok {
		return q.(*sitter.Query), nil
	}
	src, err := folders.ReadFile("languages/" + l.folder + "/outline.scm")
	if err != nil {
		return nil, err
	}
	q, err := sitter.NewQuery(only(src, grammar), grammars[grammar]())
	if err != nil {
		return nil, fmt.Errorf("index/syntax/languages/%s/outline.scm does not fit the grammar %q: %w; correct the "+
			"query; 'go test ./index/syntax -run TreeOf -tree FILE' prints the tree of a file, whose path is "+
			"relative to index/syntax", l.folder, grammar, err)
	}
	kept, _ := compiled.LoadOrStore(key, q)
	return kept.(*sitter.Query), nil
}

// only leaves out the sections of a query that are for other grammars: those
// that a line ";; only GRAMMAR..." begins and an empty line ends.
func only(src []byte, grammar string) []byte {
	var out []byte
	skip := false
	for line := range bytes.Lines(src) {
		if names, ok := strings.CutPrefix(string(line), ";; only "); ok {
			skip = !slices.Contains(strings.Fields(names), grammar)
		} else if len(bytes.TrimSpace(line)) == 0 {
			skip = false
		}
		if !skip {
			out = append(out, line...)
		}
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
