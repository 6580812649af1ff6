package server_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
)

var worthAll = flag.Bool("worth-all", false, "ask the questions about all code bases, not only about the first\n"+
	"three, and also ask other tools")

// The kinds of questions that agents ask before they change code.
const (
	askMethod    = "uses of a method or function"
	askCommon    = "uses that are many, most in tests"
	askField     = "uses of a field"
	askFamily    = "overrides and calls of a method"
	askCallers   = "callers to depth 2"
	askSignature = "what a new parameter breaks"
	askTypes     = "types that implement an interface"
)

var worthKinds = []string{askMethod, askCommon, askField, askFamily, askCallers, askSignature, askTypes}

// worthQuestion is a question about a declaration.
type worthQuestion struct {
	kind string
	// selector is what an agent writes that knows the name; path is the file that it means if the name is ambiguous.
	selector, path string
	// name is the last name of the selector. marker is a method of the interface that few others have, for askTypes.
	name, marker string
}

// worthCode is a code base with questions.
type worthCode struct {
	name      string
	extension string // of the files that grep searches
	copy      func(testing.TB) string
	// answers returns the lines that are the answer to each question, by another source than Lanser asks.
	answers   func(t testing.TB, dir string, questions []worthQuestion) []lineSet
	questions []worthQuestion
}

// worthCodes are the code bases. The first three have a question of each kind.
var worthCodes = []worthCode{
	{
		name: "Go: cobra", extension: ".go", copy: goProject(indextest.CobraVersion), answers: goAnswers(""),
		questions: []worthQuestion{
			{kind: askMethod, selector: "Command.Name", path: "command.go", name: "Name"},
			{kind: askField, selector: "Command.Args", path: "command.go", name: "Args"},
			{kind: askSignature, selector: "Command.Traverse", path: "command.go", name: "Traverse"},
		},
	},
	{
		name: "Go: afero", extension: ".go", copy: goProject("github.com/spf13/afero@v1.15.0"), answers: goAnswers(""),
		questions: []worthQuestion{
			{kind: askFamily, selector: "Fs.Chmod", path: "afero.go", name: "Chmod"},
			{kind: askCallers, selector: "lstatIfPossible", path: "path.go", name: "lstatIfPossible"},
			{kind: askTypes, selector: "Fs", path: "afero.go", name: "Fs", marker: "Chtimes"},
		},
	},
	{
		name: "Go: chi", extension: ".go", copy: goProject("github.com/go-chi/chi/v5@v5.2.1"), answers: goAnswers(""),
		questions: []worthQuestion{
			{kind: askCommon, selector: "URLParam", path: "context.go", name: "URLParam"},
		},
	},
	{
		name: "Go: zerolog", extension: ".go", copy: goProject("github.com/rs/zerolog@v1.33.0"),
		answers: goAnswers("", "binary_log"),
		questions: []worthQuestion{
			{kind: askMethod, selector: "Logger.Level", path: "log.go", name: "Level"},
			{kind: askField, selector: "Event.buf", path: "event.go", name: "buf"},
			{kind: askFamily, selector: "LevelWriter.WriteLevel", path: "writer.go", name: "WriteLevel"},
			{kind: askCallers, selector: "appendFields", path: "fields.go", name: "appendFields"},
			{kind: askSignature, selector: "Logger.newEvent", path: "log.go", name: "newEvent"},
			{
				kind: askTypes, selector: "LogObjectMarshaler", path: "event.go", name: "LogObjectMarshaler",
				marker: "MarshalZerologObject",
			},
		},
	},
	{
		name: "JavaScript: commander", extension: ".js", copy: npmSources("commander@12.1.0", "lib", ""),
		answers: scriptAnswers, questions: []worthQuestion{
			{kind: askMethod, selector: "Command.error", path: "lib/command.js", name: "error"},
			{kind: askMethod, selector: "Option.default", path: "lib/option.js", name: "default"},
		},
	},
	{
		name: "Python: itsdangerous", extension: ".py", copy: pythonProject("itsdangerous==2.2.0",
			"e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173"),
		answers: pythonAnswers, questions: []worthQuestion{
			{kind: askMethod, selector: "want_bytes", path: "src/itsdangerous/encoding.py", name: "want_bytes"},
			{
				kind: askMethod, selector: "base64_decode", path: "src/itsdangerous/encoding.py",
				name: "base64_decode",
			},
		},
	},
}

// lineSet is a set of lines of a workspace, each as "path:line", counted from 1.
type lineSet map[string]bool

func (s lineSet) add(path string, line int) { s[fmt.Sprint(path, ":", line)] = true }

// common returns the number of lines that two sets share.
func (s lineSet) common(other lineSet) (n int) {
	for line := range s {
		if other[line] {
			n++
		}
	}
	return n
}

// minus returns the lines of s that none of the others has, in order.
func (s lineSet) minus(others ...lineSet) (out []string) {
	for line := range s {
		if !slices.ContainsFunc(others, func(o lineSet) bool { return o[line] }) {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}

// worth is what an answer, or several, are worth to who pays for each byte.
type worth struct {
	wanted, found  int // lines of the answer, and those of them that were listed
	listed, wrong  int // lines listed as the answer, and those of them that are not
	confident      int // wrong answers that claim to be complete, or do not say that they may be incomplete
	questions      int
	calls, worst   int // in all, and the most for one question
	bytes, reading int // in all, and what of them is code that is read to decide what a line means
	took           time.Duration
}

func (w *worth) add(o worth) {
	w.wanted, w.found, w.listed, w.wrong = w.wanted+o.wanted, w.found+o.found, w.listed+o.listed, w.wrong+o.wrong
	w.confident, w.questions, w.calls = w.confident+o.confident, w.questions+o.questions, w.calls+o.calls
	w.worst = max(w.worst, o.worst, o.calls/max(1, o.questions))
	w.bytes, w.reading, w.took = w.bytes+o.bytes, w.reading+o.reading, w.took+o.took
}

func (w *worth) recall() float64    { return float64(w.found) / float64(max(1, w.wanted)) }
func (w *worth) precision() float64 { return 1 - float64(w.wrong)/float64(max(1, w.listed)) }

// TestWorthOfAnAnswer compares what an agent pays for the answers to seven kinds of questions and what it gets, with
// Lanser's text, with grep, and with other tools that answer from language servers. The truth comes from the Go type
// checker, TypeScript's own language service and Python's parser. For a new parameter it is what the Go type checker
// reports after the edit.
//
// The recipe with grep is that of a careful agent with a good shell, which makes no mistake in what it reads:
// see [grepped]. For the other tools see [peers].
func TestWorthOfAnAnswer(t *testing.T) {
	t.Parallel()
	codes, others := worthCodes[:3], []peer(nil)
	if *worthAll {
		codes, others = worthCodes, peers
	}
	tools := []string{"lanser", "grep"}
	for _, p := range others {
		tools = append(tools, p.name)
	}
	sums := map[string]map[string]*worth{} // by tool and kind
	for _, tool := range tools {
		sums[tool] = map[string]*worth{}
		for _, kind := range worthKinds {
			sums[tool][kind] = &worth{}
		}
	}
	for _, code := range codes {
		dir := code.copy(t)
		truths := code.answers(t, dir, code.questions)
		e := thawed(t, dir)
		asked := map[string]asking{}
		for _, p := range others {
			asked[p.name] = p.open(t, dir, code)
		}
		for i, q := range code.questions {
			if len(truths[i]) == 0 {
				t.Fatalf("%s: %s %s: the truth is empty", code.name, q.kind, q.selector)
			}
			got := worthOf(t, e, q, truths[i])
			sums["lanser"][q.kind].add(got)
			with := grepped(t, dir, code.extension, q, truths[i])
			sums["grep"][q.kind].add(with)
			for name, ask := range asked {
				if ask != nil {
					sums[name][q.kind].add(ask(q, truths[i]))
				}
			}
			t.Logf("%s: %s %s: %d lines, %d bytes in %d calls; with grep %d bytes in %d calls", code.name, q.kind,
				q.selector, len(truths[i]), got.bytes, got.calls, with.bytes, with.calls)
		}
	}

	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w, "| question\t| tool\t| of\t| recall\t| precision\t| confident errors\t| calls\t| bytes\t"+
		"| seconds\t|")
	row := func(kind, tool string, sum worth) {
		fmt.Fprintf(w, "| %s\t| %s\t| %d\t| %.2f\t| %.2f\t| %d\t| %d\t| %d\t| %.1f\t|\n", kind, tool, sum.questions,
			sum.recall(), sum.precision(), sum.confident, sum.calls, sum.bytes, sum.took.Seconds())
	}
	whole := map[string]worth{}
	for _, kind := range worthKinds {
		for _, tool := range tools {
			row(kind, tool, *sums[tool][kind])
			all := whole[tool]
			all.add(*sums[tool][kind])
			whole[tool] = all
		}
	}
	for _, tool := range tools {
		row("all", tool, whole[tool])
	}
	w.Flush()
	all, allGrep := whole["lanser"], whole["grep"]
	t.Logf("%d questions; of the bytes with grep, %d are code that is read:\n%s", all.questions, allGrep.reading,
		table.String())
	if all.found < all.wanted || all.wrong > 0 || all.confident > 0 {
		t.Errorf("recall %.3f, precision %.3f, %d confident errors", all.recall(), all.precision(), all.confident)
	}
	if all.worst > 2 {
		t.Errorf("a question took %d calls, more than 2", all.worst)
	}
	if all.bytes*4 > allGrep.bytes {
		t.Errorf("the answers have %d bytes, more than a quarter of the %d with grep", all.bytes, allGrep.bytes)
	}
}

// worthRequest is the question as an agent puts it.
func worthRequest(q worthQuestion) (r api.Request) {
	r.Selector = selector(q.selector)
	switch q.kind {
	case askMethod, askCommon, askField:
		r.Op = "references"
	case askFamily:
		r.Op, r.Options.Family = "references", true
	case askCallers:
		r.Op, r.Options.In, r.Options.Depth = "calls", true, 2
	case askSignature:
		r.Op, r.Options.Depth = "impact", 1
	case askTypes:
		r.Op = "implementation"
	}
	return r
}

// worthOf asks Lanser and reads its text. If the name is ambiguous, the agent asks again with the selector of the
// candidate that it means.
func worthOf(t *testing.T, e *server.Engine, q worthQuestion, truth lineSet) worth {
	t.Helper()
	began := time.Now()
	r := worthRequest(q)
	lines, done := report.Files(e.Root())
	defer done()
	layout := report.Layout{Flag: "--", Lines: lines, Max: report.Budget * bundle.BytesPerToken}
	w := worth{questions: 1, wanted: len(truth)}
	ask := func() (*bundle.Bundle, string) {
		answers := api.Meanings(t.Context(), e, r)
		text := report.CompactAll(answers, layout)
		w.calls++
		w.bytes += len(text)
		return answers[0], text
	}
	b, text := ask()
	if b.Error != nil && b.Resolution != nil {
		for _, c := range b.Resolution.Disambiguation {
			if c.URI == q.path {
				r.Selector, _ = json.Marshal(c.Selector)
			}
		}
		b, text = ask()
	}
	w.took = time.Since(began)
	if b.Error != nil {
		t.Fatalf("%s %s: %s", q.kind, q.selector, text)
	}
	listed, possible := readAnswer(e.Root(), text)
	w.listed, w.wrong = len(listed), len(listed.minus(truth))
	missing := truth.minus(listed, possible)
	w.found = len(truth) - len(missing)
	if (len(missing) > 0 || w.wrong > 0) && b.Evidence.State == bundle.Complete {
		w.confident = 1
	}
	if len(missing) > 0 || w.wrong > 0 {
		t.Logf("%s %s (%s): missing %v, wrong %v\n%s", q.kind, q.selector, b.Evidence.State, missing,
			listed.minus(truth), text)
	}
	return w
}

// answerLine matches a line of an answer: its number, after the name of the function around it if there is one, or the
// numbers of several lines without their code.
var answerLine = regexp.MustCompile(`^ +(?:[^ :]+ )?(\d+(?:,\d+)*)(?:: |$)`)

// readAnswer reads the lines of an answer from its text, and those that may belong to it.
func readAnswer(dir, text string) (listed, possible lineSet) {
	listed, possible = lineSet{}, lineSet{}
	path, into := "", listed
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, " ") {
			if strings.HasPrefix(line, "possible uses") {
				into = possible
			} else if strings.Contains(line, "--family includes them") {
				into = lineSet{}
			}
			if fields := strings.Fields(line); len(fields) > 0 {
				info, err := os.Stat(filepath.Join(dir, fields[0]))
				if err == nil && info.Mode().IsRegular() {
					path = fields[0]
				} else if strings.Contains(fields[0], "://") {
					path = "" // outside of the workspace
				}
			}
			continue
		}
		if m := answerLine.FindStringSubmatch(line); m != nil && path != "" {
			for number := range strings.SplitSeq(m[1], ",") {
				n, _ := strconv.Atoi(number)
				into.add(path, n)
			}
		}
	}
	return listed, possible
}
