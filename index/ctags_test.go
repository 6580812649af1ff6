package index_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/text"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// tag is what universal-ctags says of a declaration.
type tag struct {
	Name, Path, Kind, Scope, ScopeKind, Pattern string
	Line                                        int
}

func tags(t *testing.T, dir, language string) []tag {
	t.Helper()
	cmd := exec.Command("ctags", "-R", "--languages="+language, "--output-format=json", "--fields=+nKsP", "-f", "-",
		".")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the test needs universal-ctags: %v", err)
	}
	var all []tag
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v tag
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		v.Name = strings.TrimSpace(v.Name)
		v.Path = filepath.ToSlash(filepath.Clean(v.Path))
		all = append(all, v)
	}
	return all
}

// why explains what universal-ctags lists and the outline does not, "" for what is
// not explained.
func why(language string, v tag, readable, clean bool) string {
	in := func(kinds ...string) bool { return slices.Contains(kinds, v.Kind) }
	switch {
	case !readable:
		return "in a file that is a link, or whose name is of no language"
	case !clean:
		return "in a file that the grammar does not read cleanly, as the answer says"
	case language == "Kotlin" && in("method") &&
		!regexp.MustCompile(`fun (<[^>]*> )?([^(]*\.)?`+"`?"+regexp.QuoteMeta(v.Name)+`\b`).MatchString(v.Pattern):
		return "a parameter of a lambda, or a loop's variable"
	case language == "C#" && in("class", "property") &&
		(strings.Contains(v.Pattern, "where ") || !strings.Contains(v.Pattern, " "+v.Name)):
		return "not a declaration: a statement, a constraint, or text in a string"
	case language == "Sh" && strings.HasSuffix(v.Name, "="):
		return "an array, which ctags takes for a function"
	case language == "Ruby" && strings.HasSuffix(v.Path, "cpu_counter.rb"):
		return "text in a heredoc that is evaluated"
	case in("package", "namespace", "alias") && language != "Ruby":
		return "a clause that names the module or imports, and declares nothing"
	case in("typedef") && strings.Contains(v.Pattern, "^using "):
		return "a using clause"
	case in("heredoc"):
		return "a heredoc's mark"
	case strings.HasPrefix(v.Name, "AnonymousClass") || v.Name == "<lambda>" || v.Name == "<anonymous>":
		return "has no name in the source"
	case language == "Kotlin" && v.Name == "Companion":
		return "a companion object without a name: its members are its class's"
	case language == "Kotlin" && in("constant", "variable") && (v.ScopeKind == "method" || v.ScopeKind == ""):
		return "local to a function or lambda"
	case language == "Kotlin" && in("constant", "variable"):
		return "local to an initialiser, or destructured"
	case language == "PHP" && in("variable", "function") && strings.Contains(v.Pattern, "$"):
		return "an assignment outside functions, which declares nothing"
	case language == "Lua" && (!strings.Contains(v.Pattern, "function ") || strings.Contains(v.Pattern, "(function")):
		return "not a declaration: ctags looks for the word function"
	case language == "C#" && in("method", "property", "field", "class") && !csharpDeclares.MatchString(v.Pattern):
		return "not a declaration: a statement, a constraint, or text in a string"
	case language == "C#" && strings.HasPrefix(v.Name, "operator "):
		return "an operator, which the outline names without the word"
	case language == "Ruby" && in("constant") && !strings.Contains(v.Pattern, " = "):
		return "a comparison"
	case language == "Ruby" && (in("alias") || v.Kind == "accessor" && strings.HasSuffix(v.Name, "=")):
		return "the outline writes the name in full, and an accessor once"
	}
	return ""
}

var csharpDeclares = regexp.MustCompile(
	`\^ *(\[[^\]]*\] *)*(public|private|protected|internal|static|abstract|override|virtual|sealed|partial|readonly|const|extern|new|event|unsafe|volatile)\b.*\b(class|\w+ *(\(|\{|;|=|$|/))`,
)

// Every declaration that universal-ctags lists is in the outline, at the same line
// under the same name, or it is explained; what is not is listed one by one in the
// golden file, with the number of declarations that ctags does not know.
func TestOutlinesAgainstUniversalCtags(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "universal-ctags, and code bases")
	var report strings.Builder
	for _, tt := range []struct{ codebase, language string }{
		{"Java: commons-io", "Java"},
		{"C#: newtonsoft-json", "C#"},
		{"PHP: php-parser", "PHP"},
		{"Ruby: rake", "Ruby"},
		{"Kotlin: coroutines", "Kotlin"},
		{"Lua: penlight", "Lua"},
		{"Bash: bats", "Sh"},
	} {
		for _, cb := range codebases {
			if cb.name == tt.codebase {
				compareTags(t, &report, tt.codebase, tt.language, cb.dir(t), cb.lang)
			}
		}
	}
	const golden = "testdata/ctags.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(report.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), report.String()); d != "" {
		t.Errorf("(-golden +now)\n%s", d)
	}
}

func compareTags(t *testing.T, report *strings.Builder, codebase, language, dir string, lang selectors.Lang) {
	t.Helper()
	_, s := snapshot(t, dir)
	ours := map[string]bool{}
	for _, p := range s.Paths() {
		if l, _ := s.Lang(p); l != lang {
			continue
		}
		c, err := s.Content(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range s.FileDecls(p) {
			ours[fmt.Sprintf("%s:%d %s", p, c.PointOf(d.Name.Start, text.UTF8).Line+1, d.Names[len(d.Names)-1])] = false
		}
	}
	n, both, explained, unexplained := 0, 0, map[string]int{}, []string{}
	for _, v := range tags(t, dir, language) {
		n++
		key := fmt.Sprintf("%s:%d %s", v.Path, v.Line, v.Name[strings.LastIndexAny(v.Name, ".:")+1:])
		l, _ := s.Lang(v.Path)
		o, err := s.Outline(v.Path)
		if _, ok := ours[key]; ok {
			ours[key] = true
			both++
			continue
		}
		reason := why(language, v, l == lang && s.Has(v.Path), err == nil && len(o.Errors) == 0)
		if reason != "" {
			explained[reason]++
		} else {
			unexplained = append(unexplained, v.Kind+" "+key+" "+v.Pattern)
		}
	}
	extra := 0
	for _, known := range ours {
		if !known {
			extra++
		}
	}
	fmt.Fprintf(report, "%s: %d tags, %d of them in the outline of %d declarations, of which ctags does not know %d\n",
		codebase, n, both, len(ours), extra)
	for _, reason := range slices.Sorted(maps.Keys(explained)) {
		fmt.Fprintf(report, "  %5d %s\n", explained[reason], reason)
	}
	slices.Sort(unexplained)
	for _, u := range unexplained {
		fmt.Fprintf(report, "  not explained: %s\n", u)
	}
}
