package uses

import (
	"bytes"
	"context"
	"path"
	"regexp"
	"slices"
	"strings"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/memory"
	"lanser/server/mention"
	"lanser/server/pool"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/words"
)

// Question is what is asked about a symbol, and the snapshot that it is asked of. Nothing changes it once its selector
// is resolved, as the parts of an answer share it: an answer about a further symbol, or with other options, has a
// changed copy. The exception is [Finder.AskInBody], which moves the target before the first question is put.
type Question struct {
	Operation *api.Operation    // what is asked
	Request   api.Request       // with the options
	Target    *selectors.Target // what the selector resolved to
	Snap      *index.Snapshot   // what the answer is about
	Disk      *index.Snapshot   // the same without the request's overlay

	// OneSymbol is true if the words of one symbol alone are accounted for: the request then tells which documents are
	// open, and definitions that depend on these can be remembered. See definitions.go.
	OneSymbol   bool
	FromHeaders bool // the operation can be answered from the headers of types

	Pool       *pool.Pool                       // for sessions besides the one that answers
	Installed  func(srv *catalogue.Server) bool // reports whether a server can be asked
	Remembered *memory.Definitions              // nil if no definitions of other questions may be used
	Recorded   bool                             // all messages are recorded or replayed, in one order

	Format trace.Format // of the trace that is replayed
}

// TargetWord returns the place of the target's word. Its span is empty where the target is at no word.
func (q *Question) TargetWord() ledger.Place {
	t := q.Target
	return ledger.Place{Path: t.Path, Span: text.WordAt(t.Content.Bytes(), t.At, syntax.WordChars(t.Path))}
}

// WantsDeclaration reports whether declarations belong to the references, as they do by default.
func (q *Question) WantsDeclaration() bool {
	return q.Request.Options.Declaration == nil || *q.Request.Options.Declaration
}

// isInString reports whether the target is a whole string, as "email" is in get(user, "email"). Of such a target
// servers tell where the string is written again, and nothing of what it names.
func (q *Question) isInString() bool {
	at := q.TargetWord()
	c, err := q.Snap.Content(at.Path)
	return err == nil && mention.IsString(c, at.Span)
}

// IsInDesignators reports whether the target is a member of C in a chain of designators, but not the last one. Of such
// a member clangd says what the last one is.
func (q *Question) IsInDesignators() bool {
	at := q.TargetWord()
	lang, _ := q.Snap.Lang(at.Path)
	return lang == "cpp" && mention.IsInDesignators(q.Target.Content, at.Span)
}

// ForDesignator leaves of the locations of the target, if it is in a chain of designators, those of the target's own
// name. named are the same locations as places of names, one for each; if they are not, nothing is left out.
func (q *Question) ForDesignator(found []bundle.Location, named []ledger.Place) (out []bundle.Location) {
	if len(named) != len(found) || !q.IsInDesignators() {
		return found
	}
	name := q.Target.Content.Slice(q.TargetWord().Span)
	for i, p := range named {
		if len(ofName(q.Snap, []ledger.Place{p}, name)) > 0 {
			out = append(out, found[i])
		}
	}
	return out
}

// Imports returns what reads the imports of the snapshot. In Python an import says which of several definitions of a
// server is meant; see [words.Imports].
func (q *Question) Imports() words.Imports {
	return words.Imports{Source: q.Snap, Off: !q.Format.Has(trace.Imports)}
}

// Locate asks for the locations that a method of LSP finds at a place: textDocument/definition and those like it. A
// server that refuses, or says that it offers no such thing, has none, so that one word without an answer does not end
// the question. The error is one that does: the end of the context, or of the server.
func (q *Question) Locate(ctx context.Context, s *lsp.Session, method string, at ledger.Place) ([]lsp.Location, error) {
	c, err := q.Snap.Content(at.Path)
	if err != nil {
		return nil, nil // it was read when the word was found
	}
	found, err := s.Locations(ctx, method, at.Path, c, at.Span.Start)
	if err == nil || ctx.Err() == nil && (fault.Is(err, fault.Incomplete) || fault.Is(err, fault.Unsupported)) {
		return found, nil
	}
	return nil, err
}

// InBuildOf is [catalogue.Server.ForBuildOf].
func (q *Question) InBuildOf(srv *catalogue.Server, file string) *catalogue.Server {
	if !q.Format.Has(trace.OtherBuilds) {
		return nil
	}
	return srv.ForBuildOf(q.Snap, file)
}

// ReadByChance returns a function that reports whether a server knows a source of C or C++ only because an earlier
// question has opened it: the compilation database of a target does not list it. What the server says of it would
// depend on that question. Files of an overlay are open for every question about it.
func (q *Question) ReadByChance(srv *catalogue.Server, target string) func(file string) bool {
	lang, _ := q.Snap.Lang(target)
	if lang != "cpp" || srv.Unseen == nil || !q.Format.Has(trace.UnlistedSources) {
		return func(string) bool { return false }
	}
	unseen, open := srv.Unseen(srv, q.Snap, target), q.Snap.Overlaid()
	return func(file string) bool {
		of, _ := q.Snap.Lang(file)
		isListed := file == target || slices.Contains(open, file) || unseen(file) == ""
		return of == "cpp" && !isListed && !q.isIncluded(file)
	}
}

// isIncluded reports whether a file of the workspace includes another by its name, as a list of macros or the sources
// of a build in one piece: the server reads it as a part of that file.
func (q *Question) isIncluded(file string) bool {
	type key struct{ included string }
	return q.Snap.Memoize(key{file}, func() any {
		name := path.Base(file)
		includes := regexp.MustCompile(`#[ \t]*(?:include|import)[ \t]*["<](?:[^">\n]*/)?` + regexp.QuoteMeta(name))
		word := text.WordAt([]byte(name), 0, syntax.WordChars(file))
		found := q.Snap.Occurrences(context.Background(), name[word.Start:word.End])
		return slices.ContainsFunc(found.Files, func(p string) bool {
			c, err := q.Snap.Content(p)
			return err == nil && includes.Match(c.Bytes())
		})
	}).(bool)
}

// maxToOpen bounds the files that are opened to ask about words in them: each is sent to the server whole, and may be
// parsed with all that it includes. Words in others have no answer, so that they become possible uses.
const maxToOpen = 100

// ToOpen returns the files of places in which the server answers only while they are open, in the order of the places,
// and at most maxToOpen. See [catalogue.Server.MustOpen].
func (q *Question) ToOpen(srv *catalogue.Server, at []ledger.Place) (files []string) {
	seen, isOthers := map[string]bool{}, q.readByOther(srv)
	for _, p := range at {
		if !seen[p.Path] && !isOthers(p.Path) && len(files) < maxToOpen && srv.MustOpen(q.Snap, q.Target.Path, p.Path) {
			files = append(files, p.Path)
		}
		seen[p.Path] = true
	}
	return files
}

// ToOpenTogether returns the files that must be open for answers about the words at, which are some of those that are
// accounted for together: all files that the latter need. What a server says of one file may depend on which others are
// open. With all of them open, an answer does not depend on which words are remembered and need not be asked about.
//
// Where all together are too many, the files of the words themselves have to do. Files that are open only to save time
// come last.
func (q *Question) ToOpenTogether(srv *catalogue.Server, at, together []ledger.Place) []string {
	files, all := q.ToOpen(srv, at), q.ToOpen(srv, together)
	if len(files) > 0 && len(all) < maxToOpen {
		files = all
	}
	return append(files, q.toHasten(srv, at)...)
}

// minToHasten is how many words of a folder are asked about before its files are opened to save time.
const minToHasten = 4

// toHasten returns the files of places that a server reads anew for each question while they are closed, where it is
// asked about several in their folder: of 165 words in the tests of bbolt, gopls took 70 ms for each. Only files about
// which it says the same open and closed are among them. There are at most maxToOpen, in the order of the places.
func (q *Question) toHasten(srv *catalogue.Server, at []ledger.Place) (files []string) {
	if !srv.RereadsClosed || !q.Format.Has(trace.Hastened) {
		return nil
	}
	words, seen := map[string]int{}, map[string]bool{}
	for _, p := range at {
		words[path.Dir(p.Path)]++
	}
	for _, p := range at {
		isOne := !seen[p.Path] && words[path.Dir(p.Path)] >= minToHasten
		if isOne && len(files) < maxToOpen && srv.Holds(q.Snap, p.Path) {
			files = append(files, p.Path)
		}
		seen[p.Path] = true
	}
	return files
}

// SymbolOf returns what the rules of the target's language need to know of its declaration d.
//
// d is nil for a symbol of which no declaration of the workspace is known. It may be a member, and the rules of
// visibility do not apply. The exception is a variable or parameter of a function, which the index may not list: own
// tells, which must then hold the names of the declarations and, as its last element, the target's word (see
// [Finder.Declarations]). With a declaration, own is not looked at.
func (q *Question) SymbolOf(d *selectors.Decl, own []ledger.Place) project.Symbol {
	t := q.Target
	lang, _ := q.Snap.Lang(t.Path)
	sym := project.Symbol{
		Lang: lang, Member: true, Name: index.WordAt(t.Path, t.Content, t.At),
		WithoutInclusions: !q.Format.Has(trace.RustInclusions),
		AnyAttribute:      !q.Format.Has(trace.AttributePaths),
		WithoutLookups:    !q.Format.Has(trace.Reflected),
		OnlyClassesAsType: !q.Format.Has(trace.RepeatedNames),
		WordsOfProse:      !q.Format.Has(trace.CalledValues),
		WithoutLinks:      !q.Format.Has(trace.Links), OfModule: !q.Format.Has(trace.AssignedMembers),
	}
	if d == nil {
		file, scope, ok := localScope(q.Snap, own[:len(own)-1])
		isShared := path.Ext(file) == ".rs" && !(q.Format.Has(trace.LocalsOfRust) && !q.includes(file, scope))
		if ok && !isShared {
			sym.Path, sym.Scope, sym.Member = file, scope, false
		}
		return sym
	}
	sym.Path, sym.Lang, sym.Module, sym.Kind, sym.Member = d.Path, d.Lang, d.Module, d.Kind, words.IsMember(d)
	sym.Owner = words.Owner(d)
	c, err := q.Snap.Content(d.Path)
	if err == nil {
		object, isSelected := bytes.CutSuffix(c.Bytes()[:d.Name.Start], []byte("."))
		sym.Selected = isSelected
		if isSelected {
			at := text.WordAt(object, max(0, len(object)-1), syntax.WordChars(d.Path))
			sym.Object = string(object[at.Start:at.End])
		}
	}
	if err == nil && d.Lang == "cpp" && q.Format.Has(trace.Internal) {
		isStatic := staticHeader.MatchString(c.Slice(text.Span{Start: d.Def.Start, End: d.Name.Start}))
		isUnnamed := strings.HasSuffix(d.Linked, syntax.LinkInFile+"\x00"+d.Path)
		sym.Internal = (isStatic || isUnnamed) && !sym.Member
	}
	for _, o := range t.Overloads {
		sym.Also = append(sym.Also, o.Path)
	}
	around := words.OuterFunction(q.Snap, d)
	if d.Local > 0 && !sym.Selected { // a member of an object leaves the function with the object
		sym.Scope = around.Def
	}
	sym.Assigned = d.Kind == selectors.KindField && around.Kind == selectors.KindMethod
	return sym
}

// staticHeader matches the text before the name of a static function or variable of C.
var staticHeader = lazyregexp.New(`\bstatic\b`)

// includes reports whether a stretch of a file of Rust includes another file as code, which may use its variables.
func (q *Question) includes(file string, scope text.Span) bool {
	c, err := q.Snap.Content(file)
	return err != nil || bytes.Contains(c.Bytes()[scope.Start:scope.End], []byte("include!"))
}

// localScope returns the file and the function to which all the given names of a variable or parameter belong; ok is
// false if one of them can be used elsewhere, or they belong to several functions. The scope is in bytes.
func localScope(snap *index.Snapshot, names []ledger.Place) (file string, scope text.Span, ok bool) {
	for i, n := range names {
		is, local := snap.LocalScope(n.Path, n.Span)
		if !local || i > 0 && (n.Path != file || is != scope) {
			return "", text.Span{}, false
		}
		file, scope, ok = n.Path, is, true
	}
	return file, scope, ok
}

// CodeWords returns the words in the code of a file, in order, without those that are the names of its own
// declarations: these can mean no other file. clean is false if the file does not parse without errors, so that some of
// the words may be in what the author meant as a string or a comment.
func (q *Question) CodeWords(ctx context.Context, file string) (out []ledger.Place, clean bool, err error) {
	own := words.NamesIn(q.Snap, file).Declared
	spans, clean, err := q.Snap.CodeWords(ctx, file)
	for _, span := range spans {
		if !own[span] {
			out = append(out, ledger.Place{Path: file, Span: span})
		}
	}
	return out, clean, err
}
