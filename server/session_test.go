package server_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
)

var sessionQuestions = flag.Int("session", 6, "how many questions an agent's session puts to each code base")

// agentsEdits are what an agent's session writes, by language.
var agentsEdits = map[string]struct{ comment, function string }{
	"gopls":      {"// note %d\n", "\nfunc zzAdded%d() {}\n"},
	"pyright":    {"# note %d\n", "\n\ndef zz_added%d():\n    pass\n"},
	"typescript": {"// note %d\n", "\nexport function zzAdded%d() {}\n"},
}

// An agent sends one request after the other and edits files in between. Each answer of a warm engine is exactly the
// bundle that a fresh engine with its own server gives at that moment. The test logs the cost of the answers in
// tokens, and that of grep and of reading the files. (6 requests in the gate; -session 200 for more.)
func TestAnAgentsSessionGetsTheAnswersOfFreshEngines(t *testing.T) {
	t.Parallel()
	for _, cb := range codebases {
		t.Run(cb.name, func(t *testing.T) {
			t.Parallel()
			dir := cb.copy(t)
			files := sources(t, dir, cb.server)
			r := rand.New(rand.NewPCG(7, 9))
			edit := agentsEdits[cb.server]
			// What an earlier run has left on disk is about another workspace.
			write(t, dir, files[0], fmt.Sprintf(edit.comment, os.Getpid())+read(t, dir, files[0]))
			warm, err := server.New(server.Config{Root: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer warm.Close()
			var ours, grep, reading, edits int
			spots := identifiers(t, dir, files, 4*(*sessionQuestions))
			undo := map[string]string{}
			for i := range *sessionQuestions {
				if i%3 == 2 {
					edits++
					agentEdits(t, r, dir, files, edit.comment, edit.function, i, undo)
				}
				at := spots[i]
				name := wordOf(t, dir, at)
				req := question(r, at)
				got, _ := warm.Do(t.Context(), req) // an error is an answer too
				fresh, err := server.New(server.Config{Root: dir})
				if err != nil {
					t.Fatal(err)
				}
				want, _ := fresh.Do(t.Context(), req)
				fresh.Close()
				if want.Local.Memo != "" {
					t.Errorf("%s %s: the fresh answer is from %s", req.Op, req.Selector, want.Local.Memo)
				}
				if got.BundleID != want.BundleID {
					t.Errorf(
						"question %d: %s %s %v is not answered as freshly:\n%s\nfreshly\n%s",
						i,
						req.Op,
						req.Selector,
						req.Paths,
						report.Compact(got, report.Layout{Max: 2000}),
						report.Compact(want, report.Layout{Max: 2000}),
					)
				}
				ours += len(report.Compact(got, report.Layout{Max: 8000 * bundle.BytesPerToken}))
				g, f := byGrep(dir, name, req)
				grep, reading = grep+g, reading+f
			}
			t.Logf(
				"%d questions, %d edits: %d tokens; grep -n prints %d, and the files that it names hold %d",
				*sessionQuestions,
				edits,
				ours/bundle.BytesPerToken,
				grep/bundle.BytesPerToken,
				reading/bundle.BytesPerToken,
			)
		})
	}
}

// question is what an agent asks about a place.
func question(r *rand.Rand, at spotIn) api.Request {
	sel := selector(fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1))
	switch n := r.IntN(100); {
	case n < 25:
		return api.Request{Op: "definition", Selector: sel}
	case n < 50:
		return api.Request{Op: "references", Selector: sel}
	case n < 65:
		return api.Request{Op: "hover", Selector: sel}
	case n < 80:
		return api.Request{Op: "overview", Selector: sel}
	case n < 90:
		return api.Request{Op: "symbols", Paths: []string{at.file}}
	}
	return api.Request{Op: "diagnostics", Paths: []string{at.file}}
}

// agentEdits changes a file: a line above, a function below, or back to what it was.
func agentEdits(
	t *testing.T,
	r *rand.Rand,
	dir string,
	files []string,
	comment, function string,
	i int,
	undo map[string]string,
) {
	t.Helper()
	f := files[r.IntN(len(files))]
	was := read(t, dir, f)
	if old, ok := undo[f]; ok {
		write(t, dir, f, old)
		delete(undo, f)
		return
	}
	undo[f] = was
	if r.IntN(2) == 0 {
		write(t, dir, f, fmt.Sprintf(comment, i)+was)
	} else {
		write(t, dir, f, was+fmt.Sprintf(function, i))
	}
}

func read(t testing.TB, dir, file string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func write(t *testing.T, dir, file, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func wordOf(t *testing.T, dir string, at spotIn) string {
	t.Helper()
	lines := strings.Split(read(t, dir, at.file), "\n")
	if at.pos.Line >= len(lines) || at.pos.Character >= len(lines[at.pos.Line]) {
		return "func" // the line is another since an edit
	}
	return identifier.FindString(lines[at.pos.Line][at.pos.Character:])
}

// byGrep is what the same question costs without a server, in bytes: what grep prints of
// the name, and beside it the files that it names, which must be read to tell what is
// meant. An outline costs the file, a check cannot be had.
func byGrep(dir, name string, req api.Request) (printed, files int) {
	size := func(p string) int {
		info, err := os.Stat(filepath.Join(dir, p))
		if err != nil {
			return 0
		}
		return int(info.Size())
	}
	if len(req.Paths) > 0 {
		return 0, size(req.Paths[0])
	}
	cmd := exec.Command("grep", "-rnwI", "--", name, ".")
	cmd.Dir = dir
	out, _ := cmd.Output() // nothing found is exit code 1
	named := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		p, _, _ := strings.Cut(line, ":")
		if !named[p] {
			named[p] = true
			files += size(p)
		}
	}
	return len(out), files
}
