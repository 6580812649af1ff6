package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"lanser/selectors/fault"
)

// BytesPerToken is how many bytes are counted as a token (spec section 4).
const BytesPerToken = 4

// CursorKey binds a cursor to what it continues: the question, the snapshot, and who
// answers.
func (b *Bundle) CursorKey() string {
	r := b.Request
	r.Options = maps.Clone(r.Options)
	for _, view := range []string{"cursor", "limit", "budget"} {
		delete(r.Options, view)
	}
	raw, err := json.Marshal([]any{r, b.Snapshot, b.Environment})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

const cursorMark = "c1"

// CursorAt is the cursor of the entries from the one of that 0-based number on.
func (b *Bundle) CursorAt(offset int) string {
	return fmt.Sprintf("%s.%d.%s", cursorMark, offset, b.CursorKey())
}

// ReadCursor is the number of entries before what a cursor continues with, and what it
// is bound to. The error is Usage.
func ReadCursor(c string) (offset int, key string, err error) {
	parts := strings.Split(c, ".")
	if len(parts) == 3 && parts[0] == cursorMark {
		if n, err := strconv.Atoi(parts[1]); err == nil && n > 0 && n <= MaxEntries {
			return n, parts[2], nil
		}
	}
	return 0, "", fault.New(fault.Usage, "%q is no cursor", c).WithHint("meta.cursor of a bundle is one")
}

// From is the number of entries before the first of the bundle's, 0 where it does not
// continue another.
func (b *Bundle) From() int {
	c, _ := b.Request.Options["cursor"].(string)
	n, _, _ := ReadCursor(c) // none is 0
	return n
}
