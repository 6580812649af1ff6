package hook

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/compare"
	"lanser/server/report"
)

// Session is the memory of one session of an agent in one workspace. It lies in a file in the user's cache, since
// every event starts a process. It is safe for concurrent use by several processes: agents run tools in parallel.
type Session struct {
	file     string
	memory   *flock.Flock // held while the file is read and written
	checking *flock.Flock // held during a check
}

// maxAge is the time after which the memory of a session is removed.
const maxAge = 7 * 24 * time.Hour

// maxKnown bounds the findings of a check that are remembered.
const maxKnown = 50_000

// Open returns the memory of a session in a workspace with an absolute path. dir is the user's cache folder.
func Open(dir, root, session string) (*Session, error) {
	dir = filepath.Join(dir, "hooks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(root + "\x00" + session))
	file := filepath.Join(dir, hex.EncodeToString(sum[:16]))
	return &Session{file: file + ".json", memory: flock.New(file + ".lock"), checking: flock.New(file + ".check")}, nil
}

// Clean removes the memories of sessions that ended long ago. It is called when a session starts.
func Clean(dir string) {
	entries, err := os.ReadDir(filepath.Join(dir, "hooks"))
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > maxAge {
			_ = os.Remove(filepath.Join(dir, "hooks", e.Name())) // another process may have done so
		}
	}
}

// memory is the content of the file.
type memory struct {
	// Turn is the number of the last event that asked for a check, and Checked that of the last one whose state of
	// the files a check has seen; both are 0 at first.
	Turn, Checked int
	// Known are the findings of the last check, if there was one. They are what findings are new against.
	HasKnown bool
	Known    []bundle.Diagnostic
	// Hidden are earlier findings that a syntax error hides, and Hiding the syntax errors that do (fresh.go).
	Hidden, Hiding []bundle.Diagnostic
	// Edited are files that events named since the last check, relative to the workspace.
	Edited []string
	// New are findings that were not reported to the model yet, and Since says what they are compared with.
	New   []bundle.Diagnostic
	Since string
	// Touched are the files that events named before the check which found them.
	Touched []string
	// Notes are remarks that were not reported to the model yet, and Told those that were: each is reported once.
	Notes, Told []string
	Hinted      bool // the session has had its hint
	// Late is set if the model was told that its edits are not verified yet. It takes silence for a clean check, so
	// that the next answer must not be silent before the check has ended.
	Late bool
}

// change reads the memory, has it changed, and writes it.
func (s *Session) change(change func(m *memory)) error {
	if err := s.memory.Lock(); err != nil {
		return err
	}
	defer s.memory.Unlock()
	m, err := s.read()
	if err != nil {
		return err
	}
	change(m)
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	written := s.file + ".new"
	if err := os.WriteFile(written, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(written, s.file)
}

// read reads the memory. A file that another version wrote, or that is damaged, is forgotten: the next check has
// nothing to compare with, and says so.
func (s *Session) read() (*memory, error) {
	m := &memory{}
	raw, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(raw, m) != nil {
		return &memory{}, nil
	}
	return m, nil
}

// Ask records that files may have changed, and returns the number of the event. files are those that the event
// names, relative to the workspace.
func (s *Session) Ask(files []string) (turn int, err error) {
	err = s.change(func(m *memory) {
		m.Turn++
		turn = m.Turn
		for _, f := range files {
			if !slices.Contains(m.Edited, f) {
				m.Edited = append(m.Edited, f)
			}
		}
	})
	return turn, err
}

// Task is a check that is to be made.
type Task struct {
	Turn   int      // of the last event whose changes the check sees
	First  bool     // no check has been made before
	Edited []string // files that events named since the last check
}

// Begin waits until no other check of the session runs, and returns what is to be checked; nil if a check has seen
// the state of that turn already. The caller must call end.
func (s *Session) Begin(turn int) (task *Task, end func(), err error) {
	if err := s.checking.Lock(); err != nil {
		return nil, nil, err
	}
	end = func() { _ = s.checking.Unlock() }
	err = s.change(func(m *memory) {
		if m.Checked < turn {
			task = &Task{Turn: m.Turn, First: !m.HasKnown, Edited: m.Edited}
		}
	})
	if err != nil {
		end()
		return nil, nil, err
	}
	return task, end, nil
}

// Basis says what the findings of a check are compared with.
type Basis int

// The values of Basis.
const (
	// Last compares with the last check.
	Last Basis = iota
	// Nothing is a check that was made before any edit: what it finds is not new.
	Nothing
	// Commit is a check whose findings are marked as new or unchanged since the last commit.
	Commit
	// Files is a check with nothing to compare with: the errors in edited files may be new.
	Files
)

// The words for what findings are new against. Those that are new since the last check need none: whether the last
// edit, an earlier one, the user or another agent has caused them is not known.
var since = map[Basis]string{
	Commit: " since the last commit (no check was made before this edit)",
	Files:  " in the edited files (no check was made before this edit, so they may be older)",
}

// Finish records the answer to a check. That of a check before any edit is not used if an edit came meanwhile,
// because it may contain what the edit has caused.
func (s *Session) Finish(task *Task, b *bundle.Bundle, basis Basis) error {
	return s.change(func(m *memory) {
		if basis != Nothing || m.Turn == task.Turn {
			m.finish(task, b, basis)
		}
	})
}

func (m *memory) finish(task *Task, b *bundle.Bundle, basis Basis) {
	m.Checked = task.Turn
	if !b.Evidence.Finished() || b.Error != nil {
		m.note(unverified(b))
	}
	if b.Facts == nil {
		return
	}
	found := b.Facts.Diagnostics
	if len(found) > maxKnown {
		m.note(fmt.Sprintf("not verified: the workspace has %d findings, and at most %d are compared", len(found),
			maxKnown))
		return
	}
	fresh := m.fresh(found, task, basis)
	m.hide(found, fresh)
	m.New = stillFound(m.New, found)
	if len(m.New) == 0 {
		m.Since = ""
	}
	if basis != Nothing && len(fresh) > 0 {
		m.New, m.Since = append(m.New, fresh...), cmp.Or(m.Since, since[basis])
		m.Touched = append(m.Touched, task.Edited...)
	}
	m.Known, m.HasKnown = append(found, knownOfUnchecked(m.Known, b.Facts.Checks)...), true
	m.Edited = slices.DeleteFunc(m.Edited, func(f string) bool { return slices.Contains(task.Edited, f) })
}

// stillFound returns those of earlier findings that are found now, at their present places.
func stillFound(earlier, found []bundle.Diagnostic) (out []bundle.Diagnostic) {
	if len(earlier) == 0 {
		return nil
	}
	now, _ := compare.Findings(earlier, found, compare.Files{})
	return slices.DeleteFunc(now, func(d bundle.Diagnostic) bool { return d.BaselineState == bundle.New })
}

// knownOfUnchecked returns the findings of files that a check could not look at. They are not new when a later
// check finds them.
func knownOfUnchecked(known []bundle.Diagnostic, checks []bundle.Check) (out []bundle.Diagnostic) {
	unchecked := map[string]bool{}
	for _, c := range checks {
		for _, u := range c.Unchecked {
			unchecked[u.URI] = true
		}
	}
	for _, d := range known {
		if unchecked[d.URI] {
			out = append(out, d)
		}
	}
	return out
}

// maxNote bounds a remark, in lines.
const maxNote = 4

// unverified returns why a check verifies nothing, or not all.
func unverified(b *bundle.Bundle) string {
	var out strings.Builder
	if err := (&report.Check{Bundle: b}).Notes(&out); err != nil {
		return "not verified" // cannot happen: writing to memory does not fail
	}
	// How many findings there are changes with every edit. It is no news, and a remark without it is reported once.
	lines := strings.Split(strings.TrimSpace(foundSoFar.ReplaceAllString(out.String(), "")), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, " not shown; ") })
	if len(lines) > 2 { // The verdict, what was not checked, and the evidence, which says the same once more.
		lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "evidence: ") })
	}
	if n := len(lines) - maxNote; n > 0 {
		lines = append(lines[:maxNote], fmt.Sprintf("and %d more lines: run lanser diag", n))
	}
	return strings.Join(lines, "\n")
}

// foundSoFar matches the number of findings in the verdict of a check that did not finish.
var foundSoFar = lazyregexp.New(` \([0-9,]+ findings? so far\)`)

// Note records a remark for the model. Each is reported once in a session.
func (s *Session) Note(note string) error { return s.change(func(m *memory) { m.note(note) }) }

func (m *memory) note(note string) {
	if !slices.Contains(m.Told, note) && !slices.Contains(m.Notes, note) {
		m.Notes = append(m.Notes, note)
	}
}

// Hint records that 'lanser refs' lists the uses of a name that the agent has searched for. A session has one hint.
func (s *Session) Hint(name string) error {
	return s.change(func(m *memory) {
		if m.Hinted {
			return
		}
		m.Hinted = true
		m.note(fmt.Sprintf("%[1]s is a symbol of this workspace: 'lanser refs %[1]s' lists its uses by function, and "+
			"says whether they are all; 'lanser overview %[1]s' shows what it is", name))
	})
}

// Take returns the text of the findings and remarks that were not reported to the model yet. The next call does not
// return them again. late says whether the answer also tells the model that its edits are not verified yet.
func (s *Session) Take(late bool) (text string, err error) {
	err = s.change(func(m *memory) {
		text = m.take()
		m.Late = late
	})
	return text, err
}

// Fail records for the model that a check could not be made, and why. Nothing is overdue then.
func (s *Session) Fail(why error) error {
	return s.change(func(m *memory) {
		m.note("not verified: " + why.Error())
		m.Late = false
	})
}

// Overdue reports whether the model was told that its edits are not verified yet, and no check has ended since that has
// seen them.
func (s *Session) Overdue() (overdue bool, err error) {
	err = s.change(func(m *memory) { overdue = m.Late && m.Checked < m.Turn })
	return overdue, err
}

func (m *memory) take() string {
	var out strings.Builder
	if n := len(m.New); n > 0 {
		errorsFound := "errors"
		if n == 1 {
			errorsFound = "error"
		}
		fmt.Fprintf(&out, "lanser: %d new %s%s:\n", n, errorsFound, m.Since)
		report.Findings(&out, m.worthTelling())
		if n > maxTold {
			fmt.Fprintf(&out, "and %d more: run lanser diag\n", n-maxTold)
		}
	}
	for _, note := range m.Notes {
		fmt.Fprintf(&out, "lanser: %s\n", note)
	}
	m.Told = append(m.Told, m.Notes...)
	m.New, m.Notes, m.Touched = nil, nil, nil
	return out.String()
}
