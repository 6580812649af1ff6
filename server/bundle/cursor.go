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

// Fitting is the number of entries of each list, at least one, that together take no more
// than so many bytes of JSON.
func (f *Facts) Fitting(bytes int) int {
	n := 0
	for used := 0; ; n++ {
		size, some := f.sizeOf(n)
		if used += size; !some || n > 0 && used > bytes {
			return max(n, 1)
		}
	}
}

// sizeOf is the size in JSON of the i-th entries of all lists; some is false where there
// are none.
func (f *Facts) sizeOf(i int) (bytes int, some bool) {
	add := func(n int, at func() any) {
		if i >= n {
			return
		}
		if raw, err := json.Marshal(at()); err == nil {
			bytes += len(raw) + 1
		}
		some = true
	}
	for _, list := range [][]Location{f.Definitions, f.Declarations, f.TypeDefinitions, f.Implementations, f.References} {
		add(len(list), func() any { return list[i] })
	}
	add(len(f.Hover), func() any { return f.Hover[i] })
	add(len(f.Symbols), func() any { return f.Symbols[i] })
	add(len(f.Diagnostics), func() any { return f.Diagnostics[i] })
	add(len(f.Calls), func() any { return f.Calls[i] })
	add(len(f.Types), func() any { return f.Types[i] })
	if f.Overview != nil {
		add(len(f.Overview.Members), func() any { return f.Overview.Members[i] })
		add(len(f.Overview.Users), func() any { return f.Overview.Users[i] })
	}
	return bytes, some
}
