package api

import (
	"context"
	"encoding/json"

	"lanser/selectors/fault"
	"lanser/server/bundle"
)

// maxMeanings is the number of symbols up to which an overview of an ambiguous name is given of each of them.
const maxMeanings = 4

// Meanings puts a request to a door and returns its answer. For an overview of a name that means a few symbols, it
// returns the answers about each of them in place of the error. It is for readers of text: a bundle is the answer to
// one question. An answer is nil only if the connection is lost.
func Meanings(ctx context.Context, d Door, r Request) []*bundle.Bundle {
	first, _ := d.Do(ctx, r) // the error is in the bundle
	op := Lookup(r.Op)
	if first == nil || op == nil || op.Name != "overview" || r.Options.Cursor != "" ||
		first.Error == nil || first.Error.Code != fault.Ambiguous || first.Resolution == nil {
		return []*bundle.Bundle{first}
	}
	candidates := first.Resolution.Disambiguation
	if len(candidates) > maxMeanings {
		return []*bundle.Bundle{first}
	}
	var out []*bundle.Bundle
	for _, c := range candidates {
		raw, err := json.Marshal(c.Selector)
		if err != nil {
			return []*bundle.Bundle{first}
		}
		one := r
		one.Selector = raw
		b, _ := d.Do(ctx, one)
		if b == nil || b.Error != nil && b.Error.Code == fault.Ambiguous {
			return []*bundle.Bundle{first}
		}
		out = append(out, b)
	}
	if len(out) == 0 {
		return []*bundle.Bundle{first}
	}
	return out
}
