package selectors

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// The weights of the features (spec section 2, the paper's algorithm 1). Their sum is 1.
const (
	WeightAST    = 0.5
	WeightModule = 0.2
	WeightToken  = 0.2
	WeightProx   = 0.1
)

// The bounds below which a candidate is not chosen.
const (
	// Threshold is the least score of a candidate that is chosen.
	Threshold = 0.7
	// minLead is the least difference between the scores of the best candidate and the second.
	minLead = 0.05
	// minLikeness is the least share of its code that a declaration must have kept to be recognised under another
	// name.
	minLikeness = 0.5
	// minSure is that share for a declaration in a file whose earlier content is not known.
	minSure = 0.8
	// minTokens is the least number of tokens of a declaration whose code is distinctive.
	minTokens = 12
)

// Features are four measures of the likeness between a candidate and what the selector meant, each from 0 to 1.
type Features struct {
	AST    float64 `json:"ast" jsonschema:"likeness of kinds, name path and code, or of the text itself for text"`
	Module float64 `json:"module" jsonschema:"1 in the same file or module, less the further away"`
	Token  float64 `json:"token" jsonschema:"Jaccard index of winnowed tokens"`
	Prox   float64 `json:"prox" jsonschema:"nearness to the line where it should be"`
}

// Score returns the weighted sum, rounded to four digits, so that it is the same on all machines.
func (f Features) Score() float64 {
	// The conversions to float64 prevent the compiler from fusing a product with a sum, which rounds differently
	// (Go specification, "Floating-point operators").
	s := float64(WeightAST*f.AST) + float64(WeightModule*f.Module)
	s += float64(WeightToken * f.Token)
	s += float64(WeightProx * f.Prox)
	return round(s)
}

// round rounds to four digits.
func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// relocate finds in the present what was at a span of an earlier version of a file.
func (r resolver) relocate(old Version, docVersion, path string, span text.Span) (*Target, error) {
	if t, ok := r.unchanged(old, docVersion, path, span); ok {
		return t, nil
	}
	around := enclosingDecl(old, path, span)
	homes := r.currentPaths(docVersion, path)
	if around == nil {
		return r.relocateText(old, docVersion, path, span, nil, homes)
	}
	for _, part := range []Role{Def, Sig, Body} {
		if around.RoleSpan(part) == span && span.Len() > 0 {
			return r.relocateOverload(old, docVersion, *enclosing(old.FileDecls(path), span), part)
		}
	}
	if around.Name.Len() > 0 && around.Name.Contains(span) {
		return r.relocateName(old, docVersion, *enclosing(old.FileDecls(path), span), span)
	}
	if d, ok := r.movedTo(old, docVersion, *around, homes); ok {
		return r.relocateInto(d, old, docVersion, path, span, around)
	}
	return r.relocateText(old, docVersion, path, span, around, homes)
}

// movedTo returns the present form of the declaration around a place of an earlier version, or of the function that
// the place is in, if it is in another file than homes, which are what its own file became.
func (r resolver) movedTo(old Version, docVersion string, around Decl, homes []string) (Decl, bool) {
	if r.now.FormerRelocation() || around.Alias {
		return Decl{}, false
	}
	for _, was := range old.FileDecls(around.Path) {
		if !slices.Equal(was.Names, around.outerNames()) {
			continue
		}
		if was.Overloads > 1 { // what is left of several is not certainly this one
			return Decl{}, false
		}
		d, ok := r.byName(old, docVersion, was)
		if !ok {
			d, ok = r.byPlace(old, docVersion, was)
		}
		if !ok {
			best, err := decide(r.nearCandidates(old, docVersion, was), fault.New(fault.NotFound, "gone"))
			if err != nil {
				return Decl{}, false
			}
			d = *best.Decl
		}
		return d, !slices.Contains(homes, d.Path)
	}
	return Decl{}, false
}

// relocateInto finds a part of an earlier version in a declaration of another file, to which the code around it moved.
func (r resolver) relocateInto(
	d Decl, old Version, docVersion, path string, span text.Span, around *Decl,
) (*Target, error) {
	t, ok := r.unchangedIn([]string{d.Path}, old, path, span)
	var err error
	if !ok {
		t, err = r.relocateText(old, docVersion, path, span, around, []string{d.Path})
	}
	if err == nil && !d.Def.Contains(t.Span) && !d.Doc.Contains(t.Span) {
		return nil, fault.New(fault.NotFound, "the code of %s in %s is not in %s, where the code around it is now",
			path, docVersion, d.Path).WithDetails(Choice{Status: Stale})
	}
	return t, err
}

// relocateName finds the name of an earlier declaration in the present. span is the part of the earlier name that is
// meant: for a cursor, the result is as many bytes into the present name, or at its end if that is shorter.
func (r resolver) relocateName(old Version, docVersion string, was Decl, span text.Span) (*Target, error) {
	t, err := r.relocateOverload(old, docVersion, was, Def)
	if err != nil {
		return nil, err
	}
	t.Span = t.Decl.Name
	if span.Len() == 0 {
		at := min(t.Span.Start+span.Start-was.Name.Start, t.Span.End)
		for at > t.Span.Start && at < t.Content.Len() && !utf8.RuneStart(t.Content.Bytes()[at]) {
			at-- // not in the middle of a character of the present name
		}
		t.Span = text.Span{Start: at, End: at}
	}
	return t, nil
}

// unchanged maps a span through the line map; ok is false unless every line of it is unchanged. A common line, such
// as a brace, that the map finds in another declaration although its own is still there, is another one.
func (r resolver) unchanged(old Version, docVersion, path string, span text.Span) (*Target, bool) {
	return r.unchangedIn(r.currentPaths(docVersion, path), old, path, span)
}

// unchangedIn is unchanged, for some files that the place may be in now.
func (r resolver) unchangedIn(files []string, old Version, path string, span text.Span) (*Target, bool) {
	was, err := old.Content(path)
	if err != nil {
		return nil, false
	}
	for _, file := range files {
		is, err := r.now.Content(file)
		if err != nil {
			continue
		}
		s, ok := was.MapTo(is).Span(span)
		if !ok || r.changedOwner(old, path, span, file, s) {
			continue
		}
		if !r.now.FormerRelocation() && isAlone(was, span, is, s) {
			continue
		}
		status := Moved
		if file == path && was.PointOf(span.Start, text.UTF8) == is.PointOf(s.Start, text.UTF8) {
			status = Exact
		}
		t, err := r.targetAt(r.now, file, s, status, nil)
		return t, err == nil
	}
	return nil, false
}

// currentPaths lists the paths at which the content of an earlier file may be now: its own, then
// those to which git says that it was renamed.
func (r resolver) currentPaths(docVersion, path string) []string {
	var out []string
	if _, err := r.now.Content(path); err == nil {
		out = append(out, path)
	}
	for _, p := range r.now.Renames(r.ctx, docVersion, path) {
		if _, err := r.now.Content(p); err == nil && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// enclosingDecl returns the innermost declaration that contains a span, in its range or in its documentation; nil if
// there is none. It is one of [Source.LocalDecls].
func enclosingDecl(src Source, path string, span text.Span) *Decl {
	return enclosing(src.LocalDecls(path), span)
}

// enclosing is enclosingDecl among some declarations.
func enclosing(decls []Decl, span text.Span) *Decl {
	var best *Decl
	for _, d := range decls {
		if (d.Def.Contains(span) || d.Doc.Len() > 0 && d.Doc.Contains(span)) &&
			(best == nil || d.Def.Len() <= best.Def.Len()) {
			best = &d
		}
	}
	return best
}

// relocateDecl finds a declaration of an earlier version in the present: by its name in its own
// module, else by name and content elsewhere. notThere is the error to return for a name that is
// gone; nil returns a general NotFound error.
func (r resolver) relocateDecl(old Version, docVersion string, was Decl, role Role, notThere error) (*Target, error) {
	d, ok := r.byName(old, docVersion, was)
	if !ok {
		d, ok = r.byPlace(old, docVersion, was)
	}

	if ok {
		t, err := r.declared(d, role)
		if err == nil {
			t.Status = movedStatus(old, was, r.now, d)
		}
		return t, err
	}

	found := r.candidates(old, docVersion, was)
	if notThere == nil {
		notThere = fault.New(fault.NotFound, "%s is gone", was.Selector())
	}

	best, err := decide(found, fault.From(notThere))
	if err != nil {
		return nil, err
	}
	t, err := r.declared(*best.Decl, role)
	if err != nil {
		return nil, err
	}
	t.Score, t.Features = best.Score, best.Features
	t.Status = Renamed
	if slices.Equal(best.Decl.Names, was.Names) {
		t.Status = Moved
	}

	return t, nil
}

// relocateOverload finds one certain declaration of an earlier version: never another declaration
// of the same symbol, as relocateDecl may.
func (r resolver) relocateOverload(old Version, docVersion string, was Decl, role Role) (*Target, error) {
	same := r.namesakes(was)
	for _, home := range r.currentPaths(docVersion, was.Path) {
		if len(same) == 0 && !r.now.FormerRelocation() {
			same = r.namesakesIn(home, was)
		}
	}
	if len(same) == 0 || len(same) == 1 && was.Overloads == 1 {
		return r.relocateDecl(old, docVersion, was, role, nil)
	}
	d, ok := r.oneOf(old, docVersion, was, same)
	if !ok {
		c := Choice{Total: len(same), Status: Ambiguous}
		for _, d := range same[:min(len(same), TopK)] {
			c.Candidates = append(c.Candidates, Candidate{Path: d.Path, Span: d.Name, Decl: &d, Score: 1})
		}
		e := fault.New(fault.Ambiguous,
			"there were %d declarations of %s and now there are %d, and none of them is certainly the one that is meant",
			was.Overloads, was.Selector(), len(same))
		return nil, e.WithDetails(c).WithHint("use the selector of one of the candidates")
	}

	t, err := r.declared(d, role)
	if err == nil {
		t.Status = movedStatus(old, was, r.now, d)
	}
	return t, err
}

// oneOf returns which of several present declarations of a name is the earlier one: the one whose name is on the same,
// unchanged line; else the only one in the same file; else the only one with the same code; else, if there are as many
// as before, the one of the same rank. The rank alone is no proof: it shifts when a declaration is added.
func (r resolver) oneOf(old Version, docVersion string, was Decl, same []Decl) (Decl, bool) {
	if t, ok := r.unchanged(old, docVersion, was.Path, was.Name); ok && !r.now.FormerRelocation() {
		isThere := func(d Decl) bool { return d.Path == t.Path && d.Name == t.Span }
		if i := slices.IndexFunc(same, isThere); i >= 0 {
			return same[i], true
		}
	}
	here := func(d Decl) bool { return d.Path == was.Path }
	var before []Decl
	decls, _, _ := old.Module(r.ctx, was.Lang, was.Module)
	for _, d := range decls {
		if d.sameName(was) {
			before = append(before, d)
		}
	}

	if slices.ContainsFunc(same, here) {
		elsewhere := func(d Decl) bool { return !here(d) }
		same, before = slices.DeleteFunc(slices.Clone(same), elsewhere), slices.DeleteFunc(before, elsewhere)
	}

	if len(same) == 1 && len(before) == 1 {
		return same[0], true
	}
	print := old.Fingerprint(was)
	var exact []Decl
	for _, d := range same {
		if print.Like(r.now.Fingerprint(d)) == 1 {
			exact = append(exact, d)
		}
	}

	if len(exact) == 1 {
		return exact[0], true
	}
	at := slices.IndexFunc(before, func(d Decl) bool { return d.Def == was.Def && d.Path == was.Path })
	if len(exact) == 0 && len(same) == len(before) && at >= 0 {
		return same[at], true
	}
	return Decl{}, false
}

// namesakes lists the present declarations that have the name of an earlier one in the same module.
func (r resolver) namesakes(was Decl) (same []Decl) {
	decls, _, _ := r.now.Module(r.ctx, was.Lang, was.Module)
	for _, d := range decls {
		if slices.Equal(d.Names, was.Names) {
			same = append(same, d)
		}
	}
	return same
}

// namesakesIn lists the declarations of a present file, other than the file of an earlier one, that have its name path
// and kind.
func (r resolver) namesakesIn(file string, was Decl) (same []Decl) {
	if file == was.Path {
		return nil
	}
	for _, d := range r.now.FileDecls(file) {
		if slices.Equal(d.Names, was.Names) && sameKind(d.Kind, was.Kind) {
			same = append(same, d)
		}
	}
	return same
}

// byName returns the present declaration that has the name of an earlier one in the same module: the only symbol of
// that name, or one of several that is certainly the same.
func (r resolver) byName(old Version, docVersion string, was Decl) (Decl, bool) {
	same := r.namesakes(was)
	if len(same) == 0 {
		return Decl{}, false
	}
	if len(distinct(same)) == 1 {
		return implementation(same), true
	}
	return r.oneOf(old, docVersion, was, same)
}

// byPlace returns the present declaration that has the name path of an earlier one in the renamed file, or the last
// name of an earlier one in its renamed container.
func (r resolver) byPlace(old Version, docVersion string, was Decl) (Decl, bool) {
	for _, home := range r.currentPaths(docVersion, was.Path) {
		if same := r.namesakesIn(home, was); len(same) > 0 && len(distinct(same)) == 1 {
			return implementation(same), true
		}
	}

	if in, ok := r.container(old, docVersion, was); ok && !slices.Equal(in.Names, was.Names[:len(was.Names)-1]) {
		renamed := was
		renamed.Module, renamed.Path = in.Module, in.Path
		renamed.Names = append(slices.Clone(in.Names), was.Names[len(was.Names)-1])
		return r.byName(old, docVersion, renamed)
	}
	return Decl{}, false
}

// container returns the present form of the declaration that enclosed an earlier one; ok is false
// for a declaration at the top level, and if its container is gone.
func (r resolver) container(old Version, docVersion string, was Decl) (Decl, bool) {
	if len(was.Names) == 1 {
		return Decl{}, false
	}
	decls, _, _ := old.Module(r.ctx, was.Lang, was.Module)
	for _, d := range decls {
		if slices.Equal(d.Names, was.Names[:len(was.Names)-1]) {
			t, err := r.relocateDecl(old, docVersion, d, Def, nil)
			if err != nil {
				return Decl{}, false
			}
			return *t.Decl, true
		}
	}
	return Decl{}, false
}

// sortCandidates sorts candidates, the best first.
func sortCandidates(found []Candidate) {
	slices.SortStableFunc(found, func(a, b Candidate) int {
		return cmp.Or(
			-cmp.Compare(a.Score, b.Score),
			strings.Compare(a.Path, b.Path),
			a.Span.Start-b.Span.Start,
			a.Span.End-b.Span.End,
		)
	})
}

// decide returns the best candidate, or the error that says why none is chosen.
func decide(found []Candidate, gone *fault.Error) (Candidate, error) {
	sortCandidates(found)
	c := Choice{Total: len(found), Candidates: found[:min(len(found), TopK)]}
	switch {
	case len(found) == 0:
		e := *gone
		e.Details = Choice{Status: Stale}
		return Candidate{}, &e
	case found[0].Score < Threshold:
		c.Status = Stale
		e := fault.New(fault.Ambiguous,
			"%s; the best of %d candidates has the score %.4f, and from %.2f on one is acted on", gone.Message,
			len(found), found[0].Score, Threshold)
		return Candidate{}, e.WithDetails(c).WithHint("use the selector of a candidate, if one is what you mean")
	case len(found) > 1 && found[0].Score-found[1].Score < minLead:
		c.Status = Ambiguous
		e := fault.New(fault.Ambiguous,
			"%s; %d candidates are too alike to choose between: the best have the scores %.4f and %.4f", gone.Message,
			len(found), found[0].Score, found[1].Score)
		return Candidate{}, e.WithDetails(c).WithHint("use the selector of one of the candidates")
	}
	return found[0], nil
}

// candidates lists present declarations that may be the earlier one: those of the same name
// elsewhere, and those with similar code. A declaration that existed in the earlier version under
// its own name is no candidate.
func (r resolver) candidates(old Version, docVersion string, was Decl) []Candidate {
	s := r.searchNear(old, docVersion, was)
	if s == nil {
		return nil
	}
	// The whole workspace is compared only if nothing nearer is good enough.
	acceptable := func(c Candidate) bool { return c.Score >= Threshold }
	if !s.isSmall && !slices.ContainsFunc(s.found, acceptable) {
		r.now.Each(r.ctx, was.Lang, func(d Decl) bool {
			s.consider(d, false)
			return r.ctx.Err() == nil
		})
	}
	return s.found
}

// nearCandidates lists those of the candidates that are in the same file, or have the same name.
func (r resolver) nearCandidates(old Version, docVersion string, was Decl) []Candidate {
	if s := r.searchNear(old, docVersion, was); s != nil {
		return s.found
	}
	return nil
}

// searchNear returns a search that has found the candidates in the same file, and those of the same name; nil for what
// has no candidates.
func (r resolver) searchNear(old Version, docVersion string, was Decl) *candidateSearch {
	if was.Alias { // an import is a name and nothing else
		return nil
	}
	s := r.newCandidateSearch(old, docVersion, was)
	for _, h := range s.homes {
		for _, d := range r.now.FileDecls(h) {
			s.consider(d, false)
		}
	}

	name := was.Names[len(was.Names)-1]
	decls, _ := r.now.Search(r.ctx, was.Lang, name)
	for _, d := range decls {
		if d.Names[len(d.Names)-1] == name {
			s.consider(d, true)
		}
	}
	return s
}

// candidateSearch is the search for an earlier declaration in the present.
type candidateSearch struct {
	resolver
	old     Version
	was     Decl        // the earlier declaration
	code    Fingerprint // of its code
	isSmall bool        // the code is too short for a comparison to say anything
	homes   []string    // the paths at which its file may be now
	// lines maps the lines of its file to those of each home. It has no entry for other files, whose earlier
	// content is not known.
	lines map[string]*text.LineMap
	// container is the present form of the declaration that enclosed it, if there is one.
	container    Decl
	hasContainer bool

	seen  map[text.Span]map[string]bool // range and path of the declarations in found
	found []Candidate
}

// newCandidateSearch prepares the search for a declaration of an earlier version.
func (r resolver) newCandidateSearch(old Version, docVersion string, was Decl) *candidateSearch {
	s := &candidateSearch{
		resolver: r, old: old, was: was, code: old.Fingerprint(was),
		homes: r.currentPaths(docVersion, was.Path),
		lines: map[string]*text.LineMap{}, seen: map[text.Span]map[string]bool{},
	}
	s.isSmall = s.code.Tokens < minTokens
	if before, err := old.Content(was.Path); err == nil {
		for _, h := range s.homes {
			if now, err := r.now.Content(h); err == nil {
				s.lines[h] = before.MapTo(now)
			}
		}
	}
	s.container, s.hasContainer = r.container(old, docVersion, was)
	return s
}

// consider adds a present declaration to the candidates, if it may be the earlier one. hasName is true if it has the
// earlier name.
func (s *candidateSearch) consider(d Decl, hasName bool) {
	if !s.isPossible(d) {
		return
	}
	likeness := s.code.Like(s.now.Fingerprint(d))
	if !s.isLike(d, likeness, hasName) {
		return
	}
	if s.seen[d.Def] == nil {
		s.seen[d.Def] = map[string]bool{}
	}
	s.seen[d.Def][d.Path] = true

	// The same code speaks for a candidate, unless the candidate may have been at its place all the time: then
	// the name must.
	ast := pathLikeness(s.was, d)
	if !s.isUnknown(d) {
		ast = max(ast, float64(0.5*ast)+float64(0.5*likeness))
	}
	f := Features{AST: round(ast), Module: round(moduleLikeness(s.was, d, s.homes)), Token: round(likeness)}
	if m := s.lines[d.Path]; m != nil {
		if c, err := s.now.Content(d.Path); err == nil {
			f.Prox = nearness(m.ExpectedLine(s.was.Def.Start), c.LineOf(d.Def.Start))
		}
	}
	s.found = append(s.found, Candidate{Path: d.Path, Span: d.Name, Decl: &d, Score: f.Score(), Features: &f})
}

// isPossible reports whether a present declaration may be the earlier one by its kind and place: it is not one of the
// other declarations of the earlier version.
func (s *candidateSearch) isPossible(d Decl) bool {
	isMember := len(s.was.Names) > 1
	if isMember && (s.isSmall || s.was.Local > 0) && !s.isInContainer(d) {
		return false // a member that is like many others is only looked for where it was
	}
	if !sameKind(d.Kind, s.was.Kind) || d.Alias != s.was.Alias || s.seen[d.Def][d.Path] {
		return false
	}
	formerly := d.Path
	if slices.Contains(s.homes, d.Path) {
		formerly = s.was.Path
	}
	if s.old.had(s.ctx, d, formerly, s.was.Names) {
		return false
	}
	return !isMember || !s.isUnknown(d) || s.isInContainer(d)
}

// isLike reports whether the likeness of the code, or the name, is enough to take a declaration for the earlier one.
func (s *candidateSearch) isLike(d Decl, likeness float64, hasName bool) bool {
	if s.isUnknown(d) && likeness < minSure {
		return false
	}
	wasName, name := s.was.Names[len(s.was.Names)-1], d.Names[len(d.Names)-1]
	isHome := s.lines[d.Path] != nil
	if !hasName {
		isDoubtful := s.isSmall && (!isHome || likeness < 1 || nameLikeness(wasName, name) < minLikeness)
		return likeness >= minLikeness && !isDoubtful
	}
	isCommon := s.isSmall && wasName == name && len(s.was.Names) == 1 // such as main
	return !isCommon || isHome || likeness == 1
}

// isUnknown reports whether the earlier content of a declaration's file is not known: the declaration may have been in
// the file all the time.
func (s *candidateSearch) isUnknown(d Decl) bool { return !s.old.Whole && s.lines[d.Path] == nil }

// isInContainer reports whether a declaration is a member of what enclosed the earlier one.
func (s *candidateSearch) isInContainer(d Decl) bool {
	in := s.container
	return s.hasContainer && d.Module == in.Module && len(d.Names) == len(in.Names)+1 &&
		slices.Equal(d.Names[:len(in.Names)], in.Names)
}

// nearness returns 1 for the expected line, and a half for a line 40 lines away.
func nearness(expected, line int) float64 {
	return round(1 / (1 + math.Abs(float64(line-expected))/40))
}

// pathLikeness returns the likeness of the structural paths of two declarations, from 0 to 1. The steps are compared
// from the inside out; the innermost has a weight of 0.6.
func pathLikeness(a, b Decl) float64 {
	last := stepLikeness(a, len(a.Names)-1, b, len(b.Names)-1)
	deeper := max(len(a.Names), len(b.Names)) - 1
	if deeper == 0 {
		return last
	}
	sum := 0.0
	for i := 2; i <= min(len(a.Names), len(b.Names)); i++ {
		sum += stepLikeness(a, len(a.Names)-i, b, len(b.Names)-i)
	}
	return float64(0.6*last) + float64(0.4*sum/float64(deeper))
}

// stepLikeness returns the likeness of one step of each of two structural paths, by kind and name.
func stepLikeness(a Decl, i int, b Decl, j int) float64 {
	kind := 0.0
	if sameKind(a.Kinds[i], b.Kinds[j]) || a.Kinds[i] == "" || b.Kinds[j] == "" {
		kind = 1
	}
	return float64(0.4*kind) + float64(0.6*nameLikeness(a.Names[i], b.Names[j]))
}

// nameLikeness returns 1 for equal names, and at most 0.8 for others: the less, the larger their edit distance is.
func nameLikeness(a, b string) float64 {
	if a == b {
		return 1
	}
	longest := max(len([]rune(a)), len([]rune(b)))
	return 0.8 * (1 - float64(levenshtein.ComputeDistance(a, b))/float64(longest))
}

// moduleLikeness returns 1 for declarations in the same file, in a file that git says was renamed, or in the same
// module; for others, at most 0.8, by the folders that the files share.
func moduleLikeness(was, is Decl, homes []string) float64 {
	if is.Path == was.Path || slices.Contains(homes, is.Path) || is.Module == was.Module {
		return 1
	}
	return pathNearness(was.Path, is.Path)
}

// pathNearness returns the share of leading folders that two paths have in common, at most 0.8.
func pathNearness(a, b string) float64 {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	shared := 0
	for shared < min(len(x), len(y))-1 && x[shared] == y[shared] {
		shared++
	}
	return 0.8 * 2 * float64(shared+1) / float64(len(x)+len(y))
}
