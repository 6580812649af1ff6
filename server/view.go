package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"lanser/selectors/fault"
	"lanser/server/bundle"
)

// frozen fails where an answer is about another snapshot than the one it is held to.
func (e *Engine) frozen(j *job) error {
	if e.pinned != nil {
		keep := j.scope.keep
		if keep == nil {
			keep = func(string) bool { return true }
		}
		if e.pinned.Digest(keep) != j.disk.Digest(keep) {
			return fault.New(fault.VersionSkew, "the workspace is not what it was at the start any more, and --frozen holds to that").
				WithHint("start again, or without --frozen")
		}
	}
	switch want := j.req.Options.Frozen; {
	case want == "":
		return nil
	case j.b.Snapshot == nil:
		return fault.New(fault.VersionSkew, "the answer is about no snapshot, and was to be about %s", want).WithHint("ask without frozen")
	case j.b.Snapshot.Digest != want:
		return fault.New(fault.VersionSkew, "the workspace is %s, and the answer was to be about %s", j.b.Snapshot.Digest, want).
			WithHint("ask without frozen, or about the workspace as it was")
	}
	return nil
}

// limit keeps of every list what the request's cursor and limit choose, in the final
// order, counts what comes after, and says how to go on.
func (j *job) limit() error {
	n, from := j.req.Options.Limit, 0
	if n == 0 {
		n = bundle.MaxEntries
	}
	bound := j.cursorKey()
	if c := j.req.Options.Cursor; c != "" {
		at, key, err := readCursor(c)
		if err != nil {
			return err
		}
		if from = at; key != bound {
			return fault.New(fault.VersionSkew, "the cursor continues another answer: the workspace, the question or the server has changed since").
				WithHint("ask from the start, without the cursor")
		}
	}
	if j.b.Facts == nil {
		return nil
	}
	if j.b.Meta.Truncated += j.b.Facts.Window(from, n); j.b.Meta.Truncated > 0 {
		next := cursor(from+n, bound)
		j.b.Meta.Cursor = &next
	}
	return nil
}

// cursorKey binds a cursor to what it continues: the question, the snapshot, and who
// answers.
func (j *job) cursorKey() string {
	r := j.b.Request
	r.Options = maps.Clone(r.Options)
	delete(r.Options, "cursor")
	delete(r.Options, "limit")
	raw, err := json.Marshal([]any{r, j.b.Snapshot, j.b.Environment})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

const cursorMark = "c1"

func cursor(offset int, key string) string { return fmt.Sprintf("%s.%d.%s", cursorMark, offset, key) }

// readCursor is the number of entries before what a cursor continues with, and what it
// is bound to.
func readCursor(c string) (offset int, key string, err error) {
	parts := strings.Split(c, ".")
	if len(parts) == 3 && parts[0] == cursorMark {
		if n, err := strconv.Atoi(parts[1]); err == nil && n > 0 && n <= bundle.MaxEntries {
			return n, parts[2], nil
		}
	}
	return 0, "", fault.New(fault.Usage, "%q is no cursor", c).WithHint("meta.cursor of a bundle is one")
}
