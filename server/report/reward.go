package report

import (
	"fmt"

	"lanser/server/bundle"
)

// Reward is a reward as one line.
func Reward(r *bundle.Reward) string {
	value := "null"
	if r.R != nil {
		value = fmt.Sprint(*r.R)
	}
	return fmt.Sprintf("r = %s (%s): %s", value, r.Version, r.Explanation)
}
