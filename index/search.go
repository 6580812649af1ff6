package index

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/parallel"
	"lanser/index/store"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/text"
)

// Containing lists the files chosen by keep whose text contains word, sorted by path. An identifier must
// occur as a whole word; other text may occur anywhere. No content is kept in memory.
func (s *Snapshot) Containing(word string, keep func(path string) bool) []string {
	out, _ := s.containing(context.Background(), []string{word}, keep)
	return out
}

// containing returns the files that contain all words, and the files that cannot be read.
func (s *Snapshot) containing(
	ctx context.Context,
	words []string,
	keep func(path string) bool,
) (holding, unread []string) {
	kept := s.pathsWhere(keep)
	const no, yes, failed = 0, 1, 2
	found := make([]byte, len(kept))
	parallel.Do(len(kept), 16, func(i int) {
		if ctx.Err() != nil {
			return
		}
		also := syntax.WordChars(kept[i])
		err := s.scan(s.files[kept[i]], words, func(src []byte) {
			isMissing := func(word string) bool { return !containsWord(src, word, also) }
			if !slices.ContainsFunc(words, isMissing) {
				found[i] = yes
			}
		})
		if err != nil {
			found[i] = failed
		}
	})
	for i, p := range kept {
		switch found[i] {
		case yes:
			holding = append(holding, p)
		case failed:
			unread = append(unread, p)
		}
	}

	return holding, unread
}

// scan calls look with the content of a file, unless the file is known not to contain all of the words. The
// content is only valid during the call. The error says why the file cannot be read.
func (s *Snapshot) scan(f *file, words []string, look func(src []byte)) error {
	s.uses.Store(f.path, true)
	f.mu.Lock()
	defer f.mu.Unlock()
	also := syntax.WordChars(f.path)
	if slices.ContainsFunc(words, func(w string) bool { return !f.words.mayContain(w, also) }) {
		return nil
	}
	src, err := s.bytes(f)
	if err != nil {
		return err
	}
	look(src)
	f.scanned++
	if f.scanned == scansForWords {
		f.words = wordsOf(src, also)
	}
	return nil
}

// containsWord reports whether a file contains a word as a whole word, or, if word is not exactly one
// identifier, anywhere. also holds the additional word characters of the file's language, see [text.WordAt].
func containsWord(b []byte, word, also string) bool {
	if !text.IsWord(word, also) {
		return bytes.Contains(b, []byte(word))
	}
	return nextWord(b, word, 0, also) >= 0
}

// nextWord returns the offset of the first whole-word occurrence at or after offset at, -1 if there is none.
func nextWord(b []byte, word string, at int, also string) int {
	for {
		i := bytes.Index(b[at:], []byte(word))
		if i < 0 {
			return -1
		}
		i += at
		if text.IsWholeWord(b, text.Span{Start: i, End: i + len(word)}, also) {
			return i
		}
		at = i + 1
	}
}

// Search lists the declarations of every module with a file whose text contains all names, and those of the
// files that were not read completely. It relies on a file that declares a member also spelling the name of
// the member's owner. Names that sources do not spell, such as "constructor", are ignored.
func (s *Snapshot) Search(
	ctx context.Context,
	lang selectors.Lang,
	names ...string,
) (decls []selectors.Decl, partial []string) {
	modules, partial := s.spelling(ctx, lang, names) // a file that cannot be read may contain a declaration
	var files []string
	for _, m := range modules {
		files = append(files, s.moduleFiles(lang, m)...)
	}

	s.fillOutlines(ctx, files, 2)
	for _, m := range modules {
		if ctx.Err() == nil {
			d := s.moduleDecls(ctx, lang, m)
			decls, partial = append(decls, d.all...), append(partial, d.partial...)
		}
	}

	return decls, partial
}

// Spelling returns the modules with a file that spells a word, in the order of their first files.
func (s *Snapshot) Spelling(ctx context.Context, lang selectors.Lang, word string) []string {
	modules, _ := s.spelling(ctx, lang, []string{word})
	return modules
}

// spelling returns the modules with a file that spells all names which a declaration must spell, in the order of their
// first files, and the files that cannot be read.
func (s *Snapshot) spelling(
	ctx context.Context, lang selectors.Lang, names []string,
) (modules, unread []string) {
	t := s.table(lang)
	isLang := func(p string) bool {
		l, ok := s.Lang(p)
		return ok && l == lang
	}
	holding, unread := s.containing(ctx, spelledWords(lang, names), isLang)
	seen := map[string]bool{}
	for _, f := range holding {
		if m := t.moduleOf(f); !seen[m] {
			seen[m] = true
			modules = append(modules, m)
		}
	}
	return modules, unread
}

// spelledWords returns the words that a source must spell if it declares the names.
func spelledWords(lang selectors.Lang, names []string) (words []string) {
	for _, name := range names {
		switch {
		case name == "default" || name == "constructor" || strings.HasSuffix(name, "="):
			// names that outlines give to declarations: the source need not spell them
		case text.IsWord(name, syntax.ByScheme(lang).Lexis.Word):
			words = append(words, name)
		default: // search for the longest part that the source must spell
			if w := longestWord(name); w != "" {
				words = append(words, w)
			}
		}
	}
	return words
}

// fillOutlines parses the files that are not parsed yet, on all cores, in batches.
func (s *Snapshot) fillOutlines(ctx context.Context, files []string, batch int) {
	parallel.Do(len(files), batch, func(i int) {
		if ctx.Err() == nil {
			_, _ = s.Outline(files[i]) // only fills the cache: an error is reported where the outline is used
		}
	})
}

// longestWord returns the longest word in a name, "" if it has less than three bytes.
func longestWord(name string) string {
	best := ""
	for rest := []byte(name); len(rest) > 0; {
		n := text.WordLen(rest, "")
		if n > len(best) {
			best = string(rest[:n])
		}
		rest = rest[max(n, 1):]
	}

	if len(best) < 3 {
		return ""
	}
	return best
}

// Hit is a whole-word occurrence of an identifier.
type Hit struct {
	Path  string
	Span  text.Span
	Class syntax.Class // Code if there is no grammar for the file
}

// InCode reports whether the occurrence is in code or the text of an element, and not in a comment or string.
func (h Hit) InCode() bool { return h.Class == syntax.Code || h.Class == syntax.Markup }

// Occurrences holds the whole-word occurrences of an identifier in files, sorted by path. It is shared by the
// callers of [Snapshot.Occurrences] and immutable.
type Occurrences struct {
	Files  []string // files with occurrences
	Unread []string // files that cannot be read
	word   string
	at     [][]int // byte offsets, for each of Files
}

// Word returns the identifier.
func (o *Occurrences) Word() string { return o.word }

// maxOccurrences bounds the occurrences that are cached for one tree.
const maxOccurrences = 1_000_000

// Occurrences searches for an identifier in all files that may hold text, see [IsText]. The result may be incomplete if
// ctx has ended.
func (s *Snapshot) Occurrences(ctx context.Context, word string) *Occurrences {
	if o, ok := s.occurrences.Load(word); ok {
		return o.(*Occurrences)
	}

	kept := s.pathsWhere(IsText)
	at, failed := make([][]int, len(kept)), make([]bool, len(kept))
	parallel.Do(len(kept), 16, func(i int) {
		if ctx.Err() != nil {
			return
		}
		failed[i] = s.scan(s.files[kept[i]], []string{word}, func(src []byte) {
			also := syntax.WordChars(kept[i])
			for next := nextWord(src, word, 0, also); next >= 0; next = nextWord(src, word, next+1, also) {
				at[i] = append(at[i], next)
			}
		}) != nil
	})

	o, n := &Occurrences{word: word}, 1 // a result without occurrences takes space in the cache too
	for i, p := range kept {
		if failed[i] {
			o.Unread = append(o.Unread, p)
		} else if len(at[i]) > 0 {
			o.Files, o.at = append(o.Files, p), append(o.at, at[i])
			n += len(at[i])
		}
	}

	if ctx.Err() == nil && s.occurrenceCount.Add(int64(n)) <= maxOccurrences {
		s.occurrences.Store(word, o)
	}

	return o
}

// Hits classifies each occurrence: code, comment or string. Occurrences for which explained returns true,
// which is called in order, are left out, and a file without others is not parsed; nil leaves out none.
// unsure lists the files that a grammar could not classify without errors, and the files that cannot be read.
func (s *Snapshot) Hits(
	ctx context.Context,
	o *Occurrences,
	explained func(path string, at text.Span) bool,
) (hits []Hit, unsure []string) {
	places := make([][]int, len(o.Files))
	for i, p := range o.Files {
		for _, at := range o.at[i] {
			if explained == nil || !explained(p, text.Span{Start: at, End: at + len(o.word)}) {
				places[i] = append(places[i], at)
			}
		}
	}

	byFile := make([][]Hit, len(o.Files))
	doubt := make([]bool, len(o.Files))
	parallel.Do(len(o.Files), 2, func(i int) {
		if ctx.Err() == nil && len(places[i]) > 0 {
			byFile[i], doubt[i] = s.hitsIn(ctx, o.Files[i], len(o.word), places[i])
		}
	})
	unsure = slices.Clone(o.Unread)
	for i := range o.Files {
		hits = append(hits, byFile[i]...)
		if doubt[i] {
			unsure = append(unsure, o.Files[i])
		}
	}
	slices.Sort(unsure)
	return hits, unsure
}

// hitsIn classifies the occurrences of a word of size bytes at the byte offsets at. doubt is true if the file
// cannot be read, or not classified without errors.
func (s *Snapshot) hitsIn(ctx context.Context, path string, size int, at []int) (hits []Hit, doubt bool) {
	src, err := s.source(path)
	if err != nil {
		return nil, true
	}
	var classes syntax.Classes // the zero value classifies everything as code
	if _, ok := syntax.LangOf(path); ok && syntax.Unparsable(src) == "" {
		classes, err = s.classes(ctx, path, src)
		if err != nil {
			return nil, true
		}
		doubt = s.hasParseErrors(path)
	} else if !ok && filepath.Ext(path) == "" {
		classes = s.scriptClasses(path)
	}

	for _, offset := range at {
		span := text.Span{Start: offset, End: offset + size}
		hits = append(hits, Hit{Path: path, Span: span, Class: classes.At(offset)})
	}
	return hits, doubt
}

// scriptClasses returns the classes of a script of the shell whose name has no extension. All is code in other files,
// and in scripts that do not parse without errors.
func (s *Snapshot) scriptClasses(path string) syntax.Classes {
	type key struct{}
	return parsed(s, path, key{}, func(src []byte) (syntax.Classes, error) {
		if !text.IsShellScript(src) {
			return syntax.Classes{}, nil
		}
		name := path + ".sh"
		o, err := syntax.Parse(context.Background(), name, src)
		if err != nil || len(o.Errors) > 0 || o.Skipped != "" {
			return syntax.Classes{}, err
		}
		return syntax.Classify(context.Background(), name, src)
	})
}

// CodeWords returns the words of a file outside of its comments and strings, in order; clean is false if the file
// does not parse without errors. The error is that of reading the file, or of classifying it.
func (s *Snapshot) CodeWords(ctx context.Context, path string) (out []text.Span, clean bool, err error) {
	src, err := s.source(path)
	if err != nil {
		return nil, false, err
	}
	classes, err := s.classes(ctx, path, src)
	if err != nil {
		return nil, false, err
	}
	also := syntax.WordChars(path)
	for at := 0; at < len(src); {
		n := text.WordLen(src[at:], also)
		if n == 0 {
			at++
			continue
		}
		isNumber := '0' <= src[at] && src[at] <= '9'
		class := classes.At(at)
		if !isNumber && (class == syntax.Code || class == syntax.Markup) {
			out = append(out, text.Span{Start: at, End: at + n})
		}
		at += n
	}
	return out, !s.hasParseErrors(path), nil
}

// hasParseErrors reports whether a file that has a grammar does not parse without errors.
func (s *Snapshot) hasParseErrors(path string) bool {
	f := s.files[path]
	if f != nil {
		f.mu.Lock()
		known, unclean := f.parseChecked, f.parseErrors
		f.mu.Unlock()
		if known {
			return unclean
		}
	}

	o, err := s.Outline(path)
	unclean := err != nil || len(o.Errors) > 0
	if f != nil {
		f.mu.Lock()
		f.parseChecked, f.parseErrors = true, unclean
		f.mu.Unlock()
	}
	return unclean
}

// classes returns the classes of a file that has a grammar, from the store or by parsing.
func (s *Snapshot) classes(ctx context.Context, path string, src []byte) (syntax.Classes, error) {
	f, err := s.file(path)
	if err != nil {
		return syntax.Classes{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.classes != nil {
		return *f.classes, nil
	}
	key := store.NewKey("classes", fmt.Sprint(syntax.ClassesVersion), syntax.Reader(s.nameOf(f)), f.digest)
	if packed, ok := s.w.store.Get(key); ok {
		if c, ok := syntax.DecodeClasses(packed); ok {
			f.classes = &c
			return c, nil
		}
	}

	c, err := syntax.Classify(ctx, s.nameOf(f), src)
	if err != nil {
		return c, err
	}
	f.classes = &c
	s.w.store.Put(key, c.Append(nil))
	return c, nil
}
