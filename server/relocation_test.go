package server_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

var (
	wholeRelocation = flag.Bool("relocation", false, "run the relocation benchmark over every pair of versions")
	ownPairs        = flag.String("relocation-pairs", "", "run the relocation benchmark over these `PAIRS` alone: "+
		"MODULE@FROM..TO of Go, npm:PACKAGE@FROM..TO or REPOSITORY@FROM..TO by its absolute path, separated by commas")
)

// quickPairs run with the other tests; with -relocation all of them do.
var quickPairs = []pair{
	goPair("github.com/spf13/cobra", "v1.0.0", "v1.10.2"),
	goPair("github.com/google/go-cmp", "v0.5.8", "v0.7.0"),
	tsPair("rxjs", "7.5.7", "7.8.2"),
}

var otherPairs = []pair{
	goPair("github.com/spf13/cobra", "v1.8.1", "v1.9.1"),
	goPair("github.com/spf13/cobra", "v1.4.0", "v1.7.0"),
	goPair("github.com/spf13/pflag", "v1.0.3", "v1.0.5"),
	goPair("github.com/spf13/pflag", "v1.0.5", "v1.0.10"),
	goPair("github.com/spf13/afero", "v1.2.0", "v1.12.0"),
	goPair("github.com/spf13/viper", "v1.7.0", "v1.20.0"),
	goPair("github.com/spf13/viper", "v1.18.0", "v1.19.0"),
	goPair("github.com/stretchr/testify", "v1.4.0", "v1.10.0"),
	goPair("github.com/stretchr/testify", "v1.8.0", "v1.8.4"),
	goPair("github.com/sirupsen/logrus", "v1.4.0", "v1.9.3"),
	goPair("go.uber.org/zap", "v1.10.0", "v1.27.0"),
	goPair("go.uber.org/zap", "v1.24.0", "v1.26.0"),
	goPair("github.com/go-chi/chi/v5", "v5.0.0", "v5.2.1"),
	goPair("github.com/gorilla/mux", "v1.7.0", "v1.8.1"),
	goPair("github.com/BurntSushi/toml", "v0.3.1", "v1.4.0"),
	goPair("github.com/fsnotify/fsnotify", "v1.4.7", "v1.9.0"),
	goPair("github.com/google/uuid", "v1.1.0", "v1.6.0"),
	goPair("github.com/google/go-cmp", "v0.4.0", "v0.5.8"),
	goPair("golang.org/x/mod", "v0.4.0", "v0.22.0"),
	goPair("golang.org/x/sync", "v0.1.0", "v0.10.0"),
	goPair("github.com/urfave/cli/v2", "v2.3.0", "v2.27.5"),
	tsPair("rxjs", "6.6.7", "7.8.2"),
	tsPair("rxjs", "7.0.0", "7.2.0"),
	tsPair("immer", "9.0.21", "10.1.1"),
	tsPair("redux", "4.2.1", "5.0.1"),
	tsPair("@tanstack/query-core", "4.36.1", "5.59.0"),
}

// outcome is what became of one selector.
type outcome int

const (
	right     outcome = iota // answered, and it is there
	relocated                // answered, under another name or in another file, and rightly so
	refused                  // not answered where several could be meant
	stale                    // not answered, and it is gone
	missed                   // not answered, and it is there
	wrong                    // answered, and it is not that
	outcomes
)

var outcomeNames = [outcomes]string{"right", "relocated", "ambiguous", "stale", "missed", "wrong"}

// score counts outcomes by form of selector.
type score struct {
	forms  []string
	counts map[string]*[outcomes]int
	wrongs []string
}

func (s *score) add(form string, o outcome, detail string) {
	if s.counts[form] == nil {
		s.counts[form] = &[outcomes]int{}
		s.forms = append(s.forms, form)
	}
	s.counts[form][o]++
	if (o == wrong || o == missed) && !strings.HasPrefix(form, "baseline") {
		s.wrongs = append(s.wrongs, outcomeNames[o]+" "+form+": "+detail)
	}
}

func (s *score) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-34s %7s", "form", "n")
	for _, n := range outcomeNames {
		fmt.Fprintf(&b, " %9s", n)
	}
	fmt.Fprintf(&b, " %8s %8s\n", "found", "wrong")
	for _, f := range s.forms {
		c, n := s.counts[f], 0
		for _, k := range c {
			n += k
		}
		fmt.Fprintf(&b, "%-34s %7d", f, n)
		for _, k := range c {
			fmt.Fprintf(&b, " %9d", k)
		}
		fmt.Fprintf(&b, " %7.2f%% %7.3f%%\n", 100*s.found(f), 100*float64(c[wrong])/float64(n))
	}
	return b.String()
}

// found is the share that was found of what is still there.
func (s *score) found(form string) float64 {
	c := s.counts[form]
	there := c[right] + c[missed] + c[wrong]
	if there == 0 {
		return 1
	}
	return float64(c[right]) / float64(there)
}

// Every symbol, and sampled lines, of old versions of real packages are looked
// for in later ones. What is right is worked out without the code under test, see
// truth_test.go. Lines are looked for through their docVersion, as anchors with
// and without it, and as AST paths; the same lines by their number alone, and by
// the first equal text, are for comparison.
func TestAddressesSurviveTheHistoryOfRealPackages(t *testing.T) {
	t.Parallel()
	pairs := quickPairs
	if *wholeRelocation {
		pairs = append(slices.Clone(quickPairs), otherPairs...)
	}
	if *ownPairs != "" {
		pairs = nil
		for spelled := range strings.SplitSeq(*ownPairs, ",") {
			pairs = append(pairs, readPair(t, spelled))
		}
	}
	all := &score{counts: map[string]*[outcomes]int{}}
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			r := newRelocation(t, p, all)
			r.symbols(t)
			r.lines(t)
		})
	}
	t.Logf("\n%s", all.table())
	for _, w := range all.wrongs {
		t.Log(w)
	}
	for _, f := range all.forms {
		if strings.HasPrefix(f, "baseline") {
			continue
		}
		c, n := all.counts[f], 0
		for _, k := range c {
			n += k
		}
		if 1000*c[wrong] > n {
			t.Errorf("%s: %d of %d are wrong and confident", f, c[wrong], n)
		}
		least := 0.97
		if strings.HasPrefix(f, "symbol") {
			least = 0.99
		}
		if all.found(f) < least {
			t.Errorf("%s: %.2f%% of what is there is found", f, 100*all.found(f))
		}
	}
}

func runGit(t testing.TB, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// relocation is one pair of versions: the later one in a repository whose history
// holds the earlier one.
type relocation struct {
	old, now *truth
	changes  changes
	was, is  *index.Snapshot
	score    *score
}

func newRelocation(t *testing.T, p pair, s *score) *relocation {
	t.Helper()
	r := &relocation{score: s}
	old, now := indextest.Copy(t, p.fetch(t, p.from)), indextest.Copy(t, p.fetch(t, p.to))
	r.old, r.now = readTruth(t, old, p.outline), readTruth(t, now, p.outline)
	r.changes = readChanges(t, r.old, r.now)
	repo := t.TempDir()
	for i, dir := range []string{old, now} {
		git := func(args ...string) {
			runGit(
				t,
				dir,
				append(
					[]string{
						"--git-dir=" + filepath.Join(repo, ".git"),
						"--work-tree=" + dir,
						"-c",
						"user.name=t",
						"-c",
						"user.email=t@example.com",
					},
					args...,
				)...,
			)
		}
		if i == 0 {
			git("init", "-q")
		}
		git("add", "-A", "-f")
		git("commit", "-q", "-m", fmt.Sprint("version ", i), "--allow-empty")
	}
	if err := os.Rename(filepath.Join(repo, ".git"), filepath.Join(now, ".git")); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	open := func(dir string) *index.Snapshot {
		w, err := index.Open(dir, index.Options{Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Close)
		s, err := w.Snapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range s.Paths() {
			if _, ok := s.Lang(p); ok {
				s.Keep(p)
			}
		}
		w.Flush()
		return s
	}
	r.was, r.is = open(old), open(now)
	return r
}

func (r *relocation) resolve(s selectors.Selector) (*selectors.Target, error) {
	return selectors.Resolve(context.Background(), r.is, s)
}

// symbols looks for every declaration that the truth knows too, by its selector
// pinned to the version that it was taken from, by content and by revision, and
// by its selector alone.
func (r *relocation) symbols(t *testing.T) {
	for _, p := range r.was.Paths() {
		for _, d := range r.was.FileDecls(p) {
			c, err := r.was.Content(p)
			if err != nil {
				t.Fatal(err)
			}
			here := spot{p, c.PointOf(d.Name.Start, text.UTF8).Line + 1}
			i := slices.IndexFunc(r.old.named[here], func(k declared) bool {
				return k.Names == d.Names[len(d.Names)-1] || strings.HasSuffix(k.Names, "."+d.Names[len(d.Names)-1]) ||
					strings.HasSuffix(k.Names, "\x00"+d.Names[len(d.Names)-1])
			})
			if i < 0 || d.Name.Len() == 0 {
				continue
			}
			there := r.there(r.old.named[here][i], here)
			if there == nil && len(r.old.at[r.old.named[here][i]]) > 1 {
				continue // one of several twins went: which, the truth does not say
			}
			sel := d.Selector()
			r.judgeSymbol("symbol", d, sel, here, there)
			sel.DocVersion = c.Digest()
			r.judgeSymbol("symbol?docVersion=sha256", d, sel, here, there)
			sel.DocVersion = "git:HEAD~1"
			r.judgeSymbol("symbol?docVersion=git", d, sel, here, there)
		}
	}
}

// there is where a declaration is now: the places of that name, of several the
// ones in the same file.
func (r *relocation) there(k declared, here spot) []spot {
	places := r.now.at[k]
	if home := r.changes.renamed[k.Home]; places == nil && home != "" {
		places = r.now.at[declared{Home: home, Names: k.Names}]
	}
	if len(r.old.at[k]) > 1 || len(places) > 1 {
		same := slices.DeleteFunc(slices.Clone(places), func(s spot) bool { return s.Path != here.Path })
		if len(same) > 0 {
			return same
		}
		if len(r.old.at[k]) > 1 {
			return nil
		}
	}
	return places
}

func (r *relocation) judgeSymbol(form string, d selectors.Decl, sel selectors.Selector, here spot, there []spot) {
	target, err := r.resolve(sel)
	switch {
	case err != nil && (len(there) > 1 || fault.Is(err, fault.Ambiguous) && len(there) != 1):
		r.score.add(form, refused, "")
	case err != nil && len(there) == 0:
		r.score.add(form, stale, "")
	case err != nil:
		o := missed
		if form == "symbol" && there[0].Path != here.Path && r.changes.renamed[here.Path] == there[0].Path {
			o = stale // its module is gone, and nothing says from when the name is
		}
		if len(r.old.at[r.old.named[here][0]]) > 1 && fault.Is(err, fault.Ambiguous) {
			o = refused
		}
		r.score.add(form, o, fmt.Sprintf("%s is at %v: %v", sel, there, err))
	default:
		is := spot{target.Path, target.Content.PointOf(target.Decl.Name.Start, text.UTF8).Line + 1}
		switch {
		case slices.Contains(there, is):
			r.score.add(form, right, "")
		case len(there) == 0 && target.Status != selectors.Exact && len(r.old.at[firstOf(r.now.named[is])]) == 0 &&
			alike(r.old.block(here), r.now.block(is)) >= 0.4:
			r.score.add(form, relocated, "")
		default:
			r.score.add(
				form,
				wrong,
				fmt.Sprintf(
					"%s at %v is at %v, and %s at %v was found (score %v)",
					sel,
					here,
					there,
					target.Decl.Selector(),
					is,
					target.Score,
				),
			)
		}
	}
}

func firstOf(ds []declared) declared {
	if len(ds) == 0 {
		return declared{}
	}
	return ds[0]
}

// every how many lines one is sampled, and how many of a file at most.
const (
	everyLine = 7
	perFile   = 40
)

func (r *relocation) lines(t *testing.T) {
	for _, p := range r.was.Paths() {
		if _, ok := r.was.Lang(p); !ok || strings.HasSuffix(p, ".md") {
			continue
		}
		c, err := r.was.Content(p)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for l := 3; l < c.Lines() && n < perFile; l += everyLine {
			line := c.Line(l)
			code := strings.TrimSpace(line)
			if code == "" {
				continue
			}
			n++
			here := spot{p, l + 1}
			col, word := indent(line)+1, firstWord([]byte(code))
			for form, version := range map[string]string{
				"cursor?docVersion=sha256": c.Digest(),
				"cursor?docVersion=git":    "git:HEAD~1",
			} {
				r.judgeLine(
					form,
					selectors.Cursor{Path: p, Line: l + 1, Col: col, Indexing: text.UTF8, DocVersion: version},
					here,
					word,
				)
			}
			r.judgeLine("range?docVersion=sha256", selectors.Range{
				Path: p, StartLine: l + 1, StartCol: col, EndLine: l + 1, EndCol: col + len(code), Indexing: text.UTF8,
				DocVersion: c.Digest(),
			}, here, word)
			span, _ := c.LineSpan(l)
			span.Start += col - 1
			if a, ok := selectors.NewAnchor(p, c, span); ok {
				r.judgeLine("anchor", a, here, word)
				a.DocVersion = c.Digest()
				r.judgeLine("anchor?docVersion=sha256", a, here, word)
			}
			r.baselines(p, l, code, here)
		}
		r.paths(p, c)
	}
}

// paths samples the identifiers of functions as AST paths.
func (r *relocation) paths(p string, c *text.Content) {
	for i, d := range r.was.FileDecls(p) {
		if i%3 != 0 || d.Overloads > 1 || d.Body.Len() < 40 ||
			len(r.old.named[spot{p, c.PointOf(d.Name.Start, text.UTF8).Line + 1}]) == 0 {
			continue
		}
		a := d.AST()
		for _, k := range []int{1, 4} {
			a := selectors.AST{
				Steps:      append(slices.Clone(a.Steps), selectors.Step{Kind: "identifier", Index: k}),
				DocVersion: c.Digest(),
			}
			span, ok := r.was.Node(p, d.Def, a.Steps[len(a.Steps)-1:])
			if !ok {
				continue
			}
			r.judgeLine("ast?docVersion=sha256", a, spot{p, c.PointOf(span.Start, text.UTF8).Line + 1}, c.Slice(span))
		}
	}
}

// judgeLine judges the place found for a selector whose old place was at a line, at
// a word. Where git sees the line no more, another is right if it is the same for
// the most part, or holds it, or has the word in surroundings that are the same.
func (r *relocation) judgeLine(form string, sel selectors.Selector, here spot, word string) {
	there, known := r.changes.is(here)
	was := strings.TrimSpace(r.old.lines[here.Path][here.Line-1])
	target, err := r.resolve(sel)
	if err != nil {
		o := missed
		switch {
		case !known && fault.Is(err, fault.Ambiguous):
			o = refused
		case !known:
			o = stale
		case fault.Is(err, fault.Ambiguous) && len(was) < 16:
			o = refused // a brace, or not much more: many are alike
		}
		r.score.add(form, o, fmt.Sprintf("%s %q is at %v: %v", sel, was, there, err))
		return
	}
	is := spot{target.Path, target.Content.PointOf(target.Span.Start, text.UTF8).Line + 1}
	now := strings.TrimSpace(target.Content.Line(is.Line - 1))
	switch {
	case known && is == there:
		r.score.add(form, right, "")
	case !known && r.otherRole(here, is):
		r.score.add(form, wrong, fmt.Sprintf(
			"%s %q is gone, and %v %q was found in another role (%s, score %v)",
			sel, was, is, now, target.Status, target.Score,
		))
	case !known && (alike(was, now) >= 0.5 || len(was) >= 16 && strings.Contains(now, was)):
		r.score.add(form, relocated, "")
	case !known && word != "" && word == firstWord(target.Content.Bytes()[target.Span.Start:]) &&
		r.sameAround(here, is) >= 3:
		r.score.add(form, relocated, "")
	case known && now == was && r.keepsContainer(here, is) && !r.keepsContainer(here, there):
		r.score.add(form, right, "") // git's diff has matched an equal line of another function
	case known && now == was && r.sameAround(here, is) > r.sameAround(here, there):
		r.score.add(form, right, "") // git's diff has matched another of equal lines
	default:
		r.score.add(
			form,
			wrong,
			fmt.Sprintf(
				"%s %q is at %v %v, and %v %q was found (%s, score %v)",
				sel,
				was,
				known,
				there,
				is,
				now,
				target.Status,
				target.Score,
			),
		)
	}
}

// otherRole reports whether a present line is certainly not an old one that git sees no more: it is another old
// line itself, or lies in a declaration that the old version had too, while the old line's own is still there.
func (r *relocation) otherRole(here, is spot) bool {
	if old, ok := r.changes.was(is); ok && old != here {
		return true
	}
	from, ok := r.old.container(here)
	to, known := r.now.container(is)
	return ok && known && from != to && len(r.now.at[from]) > 0 && len(r.old.at[to]) > 0
}

// keepsContainer reports whether an old line and a present one lie in the same declaration.
func (r *relocation) keepsContainer(here, is spot) bool {
	from, ok := r.old.container(here)
	to, known := r.now.container(is)
	return ok && known && from == to
}

// firstWord is the word that code begins with, "" for none.
func firstWord(code []byte) string {
	end := bytes.IndexFunc(code, notWord)
	if end < 0 {
		end = len(code)
	}
	return string(code[:end])
}

// sameAround is how many of the lines around an old place and a present one are
// equal.
func (r *relocation) sameAround(was, is spot) (n int) {
	for d := -10; d <= 10; d++ {
		a, b := r.old.line(was.Path, was.Line+d), r.now.line(is.Path, is.Line+d)
		if a != "" && a == b {
			n++
		}
	}
	return n
}

func (v *truth) line(p string, l int) string {
	if l < 1 || l > len(v.lines[p]) {
		return ""
	}
	return strings.TrimSpace(v.lines[p][l-1])
}

// baselines are what people do without lanser.
func (r *relocation) baselines(p string, l int, code string, here spot) {
	there, known := r.changes.is(here)
	judge := func(form string, is spot, answered bool) {
		switch {
		case !answered && known:
			r.score.add(form, missed, "")
		case !answered:
			r.score.add(form, stale, "")
		case known && is == there:
			r.score.add(form, right, "")
		default:
			r.score.add(form, wrong, "")
		}
	}
	now := r.now.lines[p]
	judge("baseline: file:line:col", here, now != nil && l < len(now))
	first := slices.IndexFunc(now, func(s string) bool { return strings.Contains(s, code) })
	judge("baseline: first equal text", spot{p, first + 1}, first >= 0)
}
