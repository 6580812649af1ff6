package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/server"
	"lanser/server/api"
)

var hookEdits = flag.Int("hook-edits", 3, "edits of each code base after which an agent's hook is run")

// After each of a number of edits, the hook reports exactly the errors that a check finds now and did not find
// before, each with its line. Edits rename a declaration or undo an earlier edit. (The gate makes 3 edits of each of
// three code bases; -hook-edits 67 makes 200 in all.)
func TestTheHookReportsExactlyTheNewErrors(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers gopls, pyright and typescript")
	for _, tt := range []struct {
		name, files string
		dir         func(testing.TB) string
		declaration *regexp.Regexp // its first group is the name
	}{
		{"go", "[a-z]*[a-su-z].go", indextest.Cobra, regexp.MustCompile(`(?m)^func (?:\([^)]*\) )?(\w+)\(`)},
		{"python", "*/*.py", indextest.Mail, regexp.MustCompile(`(?m)^(?:def|class) (\w+)`)},
		{
			"typescript", "src/internal/*/*.ts", indextest.RxJS,
			regexp.MustCompile(`(?m)^export (?:function|class|interface) (\w+)`),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := tt.dir(t)
			files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(tt.files)))
			if err != nil || len(files) == 0 {
				t.Fatal(files, err)
			}
			e, err := server.New(server.Config{Root: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			env, _ := warmHome(t)
			a := &hookedAgent{t: t, env: env, dir: dir}
			before := errorsOf(t, e)
			a.event("SessionStart", "")
			a.event("PostToolUse", "") // waits for the first check
			a.took = nil
			r := rand.New(rand.NewPCG(1, 1))
			undo := map[string][]byte{}
			told := 0
			for range *hookEdits {
				file := files[r.IntN(len(files))]
				content, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if was := undo[file]; was != nil {
					content = was
					delete(undo, file)
				} else if m := tt.declaration.FindAllSubmatchIndex(content, -1); len(m) > 0 {
					undo[file] = content
					at := m[r.IntN(len(m))]
					content = slices.Concat(content[:at[3]], []byte("Renamed"), content[at[3]:])
				}
				if err := os.WriteFile(file, content, 0o644); err != nil {
					t.Fatal(err)
				}
				got := a.event("PostToolUse", file)
				after := errorsOf(t, e)
				want := newErrors(before, after)
				if n := len(want) - len(got) + 1; n > 1 { // A reply lists some, and counts the others.
					want = slices.DeleteFunc(want, func(line string) bool { return !slices.Contains(got, line) })
					want = append(want, fmt.Sprint("and ", n))
				}
				slices.Sort(want)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("after an edit of %s (-new +told):\n%s", file, d)
				}
				before, told = after, told+len(got)
			}
			if told == 0 {
				t.Error("no edit made an error: the test shows nothing")
			}
			slices.Sort(a.took)
			t.Logf("%d edits, %d errors told; an answer took %s in the median, %s at most; %d took more than 3s",
				*hookEdits, told, a.took[len(a.took)/2].Round(time.Millisecond),
				a.took[len(a.took)-1].Round(time.Millisecond),
				len(a.took)-sortedBelow(a.took, 3*time.Second))
		})
	}
}

// sortedBelow returns the number of values below a limit.
func sortedBelow(sorted []time.Duration, limit time.Duration) int {
	n, _ := slices.BinarySearch(sorted, limit)
	return n
}

// hookedAgent is Claude Code with the hook.
type hookedAgent struct {
	t    *testing.T
	env  []string
	dir  string
	took []time.Duration
}

// label matches the source and the code at the end of a line, as in "[compiler UndeclaredName]".
var label = regexp.MustCompile(` \[[^\]]*\]$`)

// toldLine matches a line of the hook. Its groups are the file, the place, and what is wrong.
var toldLine = regexp.MustCompile(`^(\S+?):(\d+:\d+)(: error: .*)$`)

// also returns the findings that a line such as "also 9:1, b.go:5:1" tells of, which are as the one of the line before.
func also(places, before string) (told []string) {
	m := toldLine.FindStringSubmatch(before)
	for _, place := range strings.Split(places, ", ") {
		if m == nil {
			told = append(told, "also "+place)
		} else if strings.Count(place, ":") == 1 {
			told = append(told, m[1]+":"+place+m[3])
		} else {
			told = append(told, place+m[3])
		}
	}
	return told
}

// event sends one event to the hook, such as an edit of a file. It returns the findings that the hook prints for the
// model, one per line, without headings.
func (a *hookedAgent) event(name, file string) (told []string) {
	a.t.Helper()
	raw, err := json.Marshal(map[string]any{
		"session_id": "s", "cwd": a.dir, "hook_event_name": name, "tool_name": "Edit",
		"tool_input": map[string]string{"file_path": file},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	cmd := lanser(a.t, "--workspace", a.dir, "hook", "claude", "--deadline", "5m")
	var notes bytes.Buffer
	cmd.Stdin, cmd.Stderr, cmd.Env = bytes.NewReader(raw), &notes, append(cmd.Env, a.env...)
	began := time.Now()
	out, err := cmd.Output()
	a.took = append(a.took, time.Since(began))
	if err != nil || notes.Len() > 0 {
		a.t.Fatalf("%v: %s", err, notes.String())
	}
	var reply struct {
		HookSpecificOutput struct{ AdditionalContext string }
	}
	if len(out) > 0 {
		if err := json.Unmarshal(out, &reply); err != nil {
			a.t.Fatalf("%v: %s", err, out)
		}
	}
	before := ""
	for line := range strings.Lines(reply.HookSpecificOutput.AdditionalContext) {
		if places, isAlso := strings.CutPrefix(strings.TrimSpace(line), "also "); isAlso {
			told = append(told, also(places, before)...)
		} else if n, more := strings.CutPrefix(line, "and "); more { // "and 5 more: run lanser diag"
			n, _, _ = strings.Cut(n, " ")
			told = append(told, "and "+n)
		} else if !strings.HasPrefix(line, "lanser: ") || strings.Contains(line, "not verified") {
			before = label.ReplaceAllString(strings.TrimSpace(line), "")
			told = append(told, before)
		}
	}
	slices.Sort(told)
	return told
}

// errorsOf returns the errors that an engine finds, as the hook prints them. The key of an error is its file, message
// and line of code, with one more "'" for each earlier error with the same key.
func errorsOf(t *testing.T, e *server.Engine) map[string]string {
	t.Helper()
	b, err := e.Do(t.Context(), api.Request{Op: "diagnostics", Options: api.Options{Linters: api.QuickLinters}})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, d := range b.Facts.Diagnostics {
		if d.Severity != "error" {
			continue
		}
		key := fmt.Sprintf("%s %s %s", d.URI, d.Message, d.Text)
		for found[key] != "" {
			key += "'"
		}
		found[key] = fmt.Sprintf("%s:%d:%d: error: %s", selectors.UnescapePath(d.URI), d.Range[0]+1, d.Range[1]+1,
			onOneLine(d.Message))
	}
	return found
}

// onOneLine returns a message as text has it: its lines are separated, unless one ends with a mark of its own.
func onOneLine(message string) string {
	var lines []string
	for line := range strings.Lines(message) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	for i := range lines[:len(lines)-1] {
		if !strings.ContainsAny(lines[i][len(lines[i])-1:], ".:;,!?") {
			lines[i] += ";"
		}
	}
	return strings.Join(lines, " ")
}

// newErrors returns the lines of errors that are in after and not in before.
func newErrors(before, after map[string]string) (lines []string) {
	for key := range maps.Keys(after) {
		if before[key] == "" {
			lines = append(lines, after[key])
		}
	}
	return lines
}

// Some agents leave the standard input of a hook open. The event is answered, and without one the hook ends.
func TestTheHookDoesNotWaitForTheEndOfItsInput(t *testing.T) {
	for _, tt := range []struct {
		name, event string
		want        string // in the message, "" for none
	}{
		{"event", `{"hook_event_name": "Stop"}`, ""},
		{"nothing", "", "there was no event on standard input within 1s"},
		{"half an event", `{"hook_event_name": "St`, "there was no event on standard input within 1s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cmd := lanser(t, "--workspace", t.TempDir(), "hook", "claude", "--deadline", "1ms")
			var notes bytes.Buffer
			cmd.Stderr = &notes
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := in.Write([]byte(tt.event)); err != nil {
				t.Fatal(err)
			}
			_, _ = cmd.Process.Wait() // Cmd.Wait would close the input
			_ = cmd.Wait()            // for the output; the process is gone
			if got := notes.String(); !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("printed %q, want %q", got, tt.want)
			}
		})
	}
}
