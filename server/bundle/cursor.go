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

// CursorKey returns the key that binds a cursor to what it continues: the question without the
// options that only choose which entries are shown, the snapshot, and who answers.
func (b *Bundle) CursorKey(viewOptions []string) string {
	r := b.Request
	r.Options = maps.Clone(r.Options)
	for _, name := range viewOptions {
		delete(r.Options, name)
	}
	raw, err := json.Marshal([]any{r, b.Snapshot, b.Environment})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

const cursorMark = "c1"

// Cursor returns the cursor of the entries from a 0-based number on, of the answer with that
// [Bundle.CursorKey].
func Cursor(offset int, key string) string {
	return fmt.Sprintf("%s.%d.%s", cursorMark, offset, key)
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
	return 0, "", fault.New(fault.Usage, "%q is not a cursor", c).
		WithHint("use meta.cursor of the previous answer")
}

// From is the number of entries before the first of the bundle's, 0 where it does not
// continue another.
func (b *Bundle) From() int {
	c, _ := b.Request.Options[OptionCursor].(string)
	n, _, _ := ReadCursor(c) // none is 0
	return n
}
