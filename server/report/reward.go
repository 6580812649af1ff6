package report

import (
	"fmt"

	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// Reward returns a reward as one visible line.
func Reward(r *bundle.Reward) string {
	value := "null"
	if r.R != nil {
		value = fmt.Sprint(*r.R)
	}
	return visible.Sprintf("r = %s (%s): %s", value, r.Version, r.Explanation)
}
