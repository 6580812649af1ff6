package shell_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/shell"
)

// snapshot returns a snapshot of the files of a txtar archive, and the place of the word between the marks « and ».
func snapshot(t *testing.T, archive string) (*index.Snapshot, ledger.Place) {
	t.Helper()
	files := map[string]string{}
	var at ledger.Place
	for _, f := range txtar.Parse([]byte(archive)).Files {
		before, rest, isMarked := strings.Cut(string(f.Data), "«")
		word, after, _ := strings.Cut(rest, "»")
		files[f.Name] = before + word + after
		if isMarked {
			at = ledger.Place{Path: f.Name, Span: text.Span{Start: len(before), End: len(before) + len(word)}}
		}
	}
	w, err := index.Open(indextest.Files(t, files), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	s, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, at
}

// wordsLike returns the places of a word in all files of a snapshot, in order.
func wordsLike(t *testing.T, s *index.Snapshot, at ledger.Place) (out []ledger.Place) {
	t.Helper()
	c, err := s.Content(at.Path)
	if err != nil {
		t.Fatal(err)
	}
	word := c.Slice(at.Span)
	for _, p := range s.Paths() {
		c, err := s.Content(p)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Bytes() {
			if span := text.WordAt(c.Bytes(), i, ""); span.Start == i && c.Slice(span) == word {
				out = append(out, ledger.Place{Path: p, Span: span})
			}
		}
	}
	return out
}

// named returns a place as path:line:column, in bytes from 1.
func named(t *testing.T, s *index.Snapshot, p ledger.Place) string {
	t.Helper()
	c, err := s.Content(p.Path)
	if err != nil {
		t.Fatal(err)
	}
	before := string(c.Bytes()[:p.Span.Start])
	return fmt.Sprintf("%s:%d:%d", p.Path, strings.Count(before, "\n")+1, len(before)-strings.LastIndex(before, "\n"))
}

// Of each word of the name, the test wants what it is to the marked symbol.
func TestAWordIsJudgedByTheRulesOfTheShell(t *testing.T) {
	for name, tt := range map[string]struct {
		files string
		want  []string
	}{
		"a function is no variable, and no argument of a command that takes text": {
			"-- a.sh --\n«go»() { echo go; }\ngo=1\ngo \"$go\"; mkdir go; trap go EXIT\nalias g=go h=go/x\n",
			[]string{
				"a.sh:1:1 is", "a.sh:1:13 never", "a.sh:2:1 never", "a.sh:3:1 is", "a.sh:3:6 never", "a.sh:3:17 never",
				"a.sh:3:26 is", "a.sh:4:9 is", "a.sh:4:14 never",
			},
		},
		"a function may use the function that its argument names": {
			"-- a.sh --\n«go»() { :; }\nwith() { \"$1\"; }\nwith go go/x\n",
			[]string{
				"a.sh:1:1 is", "a.sh:3:6 may: a function takes it as an argument, and may use what it names",
				"a.sh:3:9 never",
			},
		},
		"a function that reads no arguments uses none": {
			"-- a.sh --\n«go»() { :; }\nwith() { echo; }\nwith go\nboth() { :; }\nboth() { \"$1\"; }\nboth go\n",
			[]string{
				"a.sh:1:1 is", "a.sh:3:6 never",
				"a.sh:6:6 may: a function takes it as an argument, and may use what it names",
			},
		},
		"a variable is read, assigned, tested, and named to commands that take variables": {
			"-- a.sh --\n«n»=1\nread n\n[ -v n ] && echo $n ${n} $((n + 1)) n\nn() { :; }\nprintf -v n %s x\n",
			[]string{
				"a.sh:1:1 is", "a.sh:2:6 is", "a.sh:3:6 is", "a.sh:3:19 is", "a.sh:3:23 is", "a.sh:3:29 is",
				"a.sh:3:37 never", "a.sh:4:1 never", "a.sh:5:11 is",
			},
		},
		"a variable of the script is none of a function that has its own": {
			"-- a.sh --\n«n»=1\nf() { local n=2; echo $n; }\ng() { echo $n; declare -g n=3; }\n",
			[]string{"a.sh:1:1 is", "a.sh:2:13 never", "a.sh:2:24 never", "a.sh:3:13 is", "a.sh:3:27 is"},
		},
		"a local variable is seen by the functions that its function calls, at any distance": {
			"-- a.sh --\nf() { local «n»=1; g; }\ng() { h; }\nh() { echo $n; }\ni() { echo $n; }\necho $n\n",
			[]string{
				"a.sh:1:13 is", "a.sh:3:13 may: a function has a variable of its own with the name, and calls this one",
				"a.sh:4:13 never", "a.sh:5:7 never",
			},
		},
		"functions that call each other are followed once": {
			"-- a.sh --\nf() { local «n»=1; g; }\ng() { f; g; }\nh() { echo $n; }\n",
			[]string{"a.sh:1:13 is", "a.sh:3:13 never"},
		},
		"a script knows nothing of one that is not sourced with it": {
			"-- a.sh --\n«f»() { :; }\n-- b.sh --\n. ./a.sh\nf\n-- c.sh --\nf\n# f\n",
			[]string{"a.sh:1:1 is", "b.sh:2:1 is", "c.sh:1:1 never", "c.sh:2:3 never"},
		},
		"the comment of a script that knows the symbol is not judged": {
			"-- a.sh --\n«f»() { :; } # f\n",
			[]string{"a.sh:1:1 is", "a.sh:1:14 unknown"},
		},
		"what is exported may be seen by commands": {
			"-- a.sh --\nexport «n»=1\n-- b.sh --\necho $n\n-- c.sh --\nn=2\necho $n\n",
			[]string{
				"a.sh:1:8 is", "b.sh:1:7 may: the symbol is exported: a script that is run as a command may see it",
				"c.sh:1:1 never", "c.sh:2:7 never",
			},
		},
		"a script that sources what the text does not tell may mean each of two definitions": {
			"-- a.sh --\n«f»() { :; }\n-- b.sh --\nf() { :; }\n-- c.sh --\n. \"$1\"\nf\n",
			[]string{
				"a.sh:1:1 is", "b.sh:1:1 never",
				"c.sh:2:1 may: a script sources others by names that the text does not tell",
			},
		},
		"a script that sources what the text does not tell means the only definition": {
			"-- a.sh --\n«f»() { :; }\n-- c.sh --\n. \"$1\"\nf\n",
			[]string{"a.sh:1:1 is", "c.sh:2:1 is"},
		},
	} {
		s, at := snapshot(t, tt.files)
		sym := shell.At(s, at)
		var got []string
		for _, p := range wordsLike(t, s, at) {
			use, why := sym.Use(p)
			what := named(t, s, p) + " " + []string{"unknown", "never", "may", "is"}[use]
			if why != "" {
				what += ": " + why
			}
			got = append(got, what)
			if sym.Is(p) != (use == shell.Is) {
				t.Errorf("%s: %s: Is is %v", name, what, sym.Is(p))
			}
		}
		if d := gocmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

// The server has named every word of the name, or none.
func TestDefinitionsAreCorrected(t *testing.T) {
	for name, tt := range map[string]struct {
		files     string
		all, none []string
		isOpen    bool
	}{
		"those that are not the symbol are left out, and one is found by syntax": {
			files: "-- a.sh --\nn() { :; }\nn=1; n=2\necho \"$«n»\"\n",
			all:   []string{"a.sh:2:1", "a.sh:2:6", "a.sh:3:8"}, none: []string{"a.sh:2:1"},
		},
		"a function has all of its definitions": {
			files: "-- a.sh --\nif x; then f() { :; }; else f() { :; }; fi\n«f»\n",
			all:   []string{"a.sh:1:12", "a.sh:1:29", "a.sh:2:1"}, none: []string{"a.sh:1:12", "a.sh:1:29"},
		},
		"a sourced script is looked into": {
			files: "-- a.sh --\n. ./b.sh\n«f»\n-- b.sh --\nf() { :; }\n-- c.sh --\nf() { :; }\n",
			all:   []string{"a.sh:2:1", "b.sh:1:1"}, none: []string{"b.sh:1:1"},
		},
		"of two that may be meant none is chosen": {
			files: "-- a.sh --\n. \"$1\"\n«f»\n-- b.sh --\nf() { :; }\n-- c.sh --\nf() { :; }\n",
			all:   []string{"a.sh:2:1"}, isOpen: true,
		},
	} {
		s, at := snapshot(t, tt.files)
		sym := shell.At(s, at)
		if sym.IsOpen() != tt.isOpen {
			t.Errorf("%s: open: %v", name, sym.IsOpen())
		}
		for what, words := range map[string][2]any{
			"all":  {wordsLike(t, s, at), tt.all},
			"none": {[]ledger.Place(nil), tt.none},
		} {
			var got []string
			for _, p := range sym.Definitions(words[0].([]ledger.Place)) {
				got = append(got, named(t, s, p))
			}
			if d := gocmp.Diff(words[1], any(got)); d != "" {
				t.Errorf("%s: of %s (-want +got)\n%s", name, what, d)
			}
		}
	}
}

func TestAWordThatAVariableHoldsMayBeRun(t *testing.T) {
	const may = "may: a variable is set to it, and a script runs what the variable holds"
	for name, tt := range map[string]struct {
		files string
		want  []string
	}{
		"a variable that is run": {
			"-- a.sh --\n«go»() { :; }\nx=go; y='go' z=go\n\"$x\"; eval \"$y\"\n",
			[]string{"a.sh:1:1 unknown", "a.sh:2:3 " + may, "a.sh:2:10 " + may, "a.sh:2:16 unknown"},
		},
		"the lists of loops and arrays, through other variables": {
			"-- a.sh --\n«go»() { :; }\nall=(x\n  go)\nfor a in \"${all[@]}\"; do \"$a\"; done\n" +
				"for b in x go; do $b; done\nfor c in go; do echo $c; done\n",
			[]string{"a.sh:1:1 unknown", "a.sh:3:3 " + may, "a.sh:5:12 " + may, "a.sh:6:10 unknown"},
		},
		"a script apart": {
			"-- a.sh --\n«go»() { :; }\n-- b.sh --\nx=go\n$x\n", []string{"a.sh:1:1 unknown", "b.sh:1:3 never"},
		},
	} {
		s, at := snapshot(t, tt.files)
		sym := shell.At(s, at)
		var got []string
		for _, p := range wordsLike(t, s, at) {
			use, why := sym.UseAsCommand(p)
			what := named(t, s, p) + " " + []string{"unknown", "never", "may", "is"}[use]
			if why != "" {
				what += ": " + why
			}
			got = append(got, what)
		}
		if d := gocmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

func TestACommandWhoseNameIsPutTogetherMayBeTheFunction(t *testing.T) {
	for script, want := range map[string]bool{
		"do_$1": true, "\"do_$1\"": true, "\"do_${task}\" x": true, "${1}_build": true, "if do_$x; then": true,
		"eval do_$x": true, "$1": false, "\"$@\"": false, "./do_$1": false, "echo do_$1": false, "re_$1": false,
		"\"$1_$2\"": false, "$dir/do_build": false, "x=do_$1": false,
	} {
		s, at := snapshot(t, "-- a.sh --\n«do_build»() { :; }\n"+script+"\n-- b.sh --\ndo_$1\n")
		p, line, ok := shell.At(s, at).Computed()
		if ok != want || ok && (p != "a.sh" || line != 2) {
			t.Errorf("%s: %v, %s:%d", script, ok, p, line)
		}
	}
}

func TestADefinitionOutsideOfTheWorkspaceIsKept(t *testing.T) {
	s, at := snapshot(t, "-- a.sh --\n«f»\n")
	outside := []ledger.Place{{Path: "/usr/lib/x.sh", Span: text.Span{Start: 0, End: 1}}}
	if got := shell.At(s, at).Definitions(outside); !slices.Equal(got, outside) {
		t.Errorf("it is %v", got)
	}
}

func TestWhatIsNoSymbolOfTheShellJudgesNothing(t *testing.T) {
	for _, files := range []string{
		"-- a.py --\n«f»()\n", "-- a.sh --\n# «f»\n", "-- a.sh --\n[ x = «f» ]\n",
		"-- tool --\n#!/usr/bin/env node\n«f»()\n",
	} {
		s, at := snapshot(t, files)
		sym := shell.At(s, at)
		if sym != nil {
			t.Errorf("%q: it is a symbol", files)
		}
		use, why := sym.Use(at)
		if use != shell.Unknown || why != "" || sym.Is(at) || sym.IsOpen() {
			t.Errorf("%q: it judges: %v %q", files, use, why)
		}
		named := []ledger.Place{at}
		if got := sym.Definitions(named); !slices.Equal(got, named) {
			t.Errorf("%q: the definitions are %v", files, got)
		}
	}
}
