package selectors_test

import (
	"strings"
	"testing"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// A selector that is longer than any name is refused before anything is looked for, and is not repeated whole.
func TestASelectorThatIsTooLongIsRefused(t *testing.T) {
	long := strings.Repeat("x", 300_000)
	_, parsed := selectors.Parse(long, text.UTF8)
	_, decoded := selectors.FromJSON([]byte(`"`+long[:70_000]+`"`), text.UTF8)
	for err, want := range map[error]string{
		parsed: "a selector of 300000 bytes is too long", decoded: "a selector of 70002 bytes is too long",
	} {
		if !fault.Is(err, fault.BadSelector) || !strings.Contains(err.Error(), want) || len(err.Error()) > 5_000 {
			t.Errorf("%v", err)
		}
	}
	if _, err := selectors.Parse("go://m#"+long[:60_000], text.UTF8); err != nil {
		t.Error(err)
	}
}
