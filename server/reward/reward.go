// Package reward owns the process reward (spec section 6): what a step between two
// checks of a workspace is worth, from their bundles alone.
//
// It promises:
//
//  1. The reward is a function of the two bundles and the weights: components and
//     weights stand in it, and it can be worked out again from them.
//  2. No reward comes of a check that did not finish: r is null then, and says why.
//  3. pr-v1 is the paper's formula, α·(D_before − D_after) + β·S − γ·(1 − conf): it
//     never falls when D_after falls, S rises or conf rises, and is at least
//     −γ·(1 − conf) where D does not rise.
//  4. pr-v2 is the difference of the potential Φ = −α·D + β·S − γ·(1 − conf) between
//     the two (Ng, Harada and Russell 1999): the rewards of a trajectory add up to
//     that of its ends, and r ≥ 0 where D does not rise and neither S nor conf falls.
//
// It runs nothing, and knows of diagnostics what the bundles say.
package reward

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"strings"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
)

// The versions of the formula.
const (
	V1 = "pr-v1"
	V2 = "pr-v2"
)

// Config chooses the formula.
type Config struct {
	Version  string // V1 or V2
	Weights  bundle.RewardWeights
	Severity string // from which on diagnostics count
	Unsafe   string // why the change is not safe though its patch applies; "" where it is
}

// Default is the paper's formula and weights, over errors: servers warn of much only once
// the types are right (gopls on cobra: 2 errors, and without them 12 warnings), so that
// with warnings to mend an error would cost.
func Default() Config {
	return Config{Version: V1, Weights: bundle.RewardWeights{Alpha: 0.5, Beta: 0.4, Gamma: 0.1}, Severity: "error"}
}

// Check says what is wrong with a configuration.
func (c Config) Check() error {
	switch w := c.Weights; {
	case c.Version != V1 && c.Version != V2:
		return fault.New(fault.Usage, "unknown reward %q: want %s or %s", c.Version, V1, V2)
	case bundle.Severity(c.Severity) > 3:
		return fault.New(fault.Usage, "unknown severity %q: want error, warning, information or hint", c.Severity)
	case !(w.Alpha >= 0 && w.Beta >= 0 && w.Gamma >= 0) || math.IsInf(w.Alpha+w.Beta+w.Gamma, 0):
		return fault.New(fault.Usage, "the weights must be numbers of at least 0")
	}
	return nil
}

// Between is the reward of the step from one check to another. The error is Usage for
// bundles that do not answer one question about diagnostics, and VersionSkew for those
// of different servers or configurations.
func Between(before, after *bundle.Bundle, c Config) (*bundle.Reward, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if err := comparable(before, after); err != nil {
		return nil, err
	}
	r := &bundle.Reward{Version: c.Version, Weights: c.Weights, Severity: c.Severity, Scope: scope(before), Before: before.BundleID, After: after.BundleID}
	if before.Status != "ok" {
		r.Explanation = "the check before did not succeed: " + before.Error.Message
		return r, nil
	}
	b, why := state(before, c)
	if why != "" {
		r.Explanation = "the check before is not complete: " + why
		return r, nil
	}
	a, why := state(after, c)
	if check := refusal(after); check != "" { // nothing was applied: the workspace stays as it is
		a, why = b, ""
		a.safe = 0
		r.Safety = "the patch was refused: " + after.Error.Message
	}
	if c.Unsafe != "" && why == "" {
		a.safe = 0
		r.Safety = "it cannot be renamed: " + c.Unsafe
	}
	if why != "" {
		r.Explanation = "the check after is not complete: " + why
		return r, nil
	}
	r.Components = &bundle.RewardComponents{Before: b.count, After: a.count, Safety: a.safe, Confidence: a.confidence}
	value := score(b, a, c)
	r.R = &value
	r.Explanation = explain(r)
	return r, nil
}

// point is what the reward is worked out from, of one check.
type point struct {
	count      int // diagnostics
	safe       float64
	confidence float64
}

// state reads a check; why says what makes it none to count with.
func state(b *bundle.Bundle, c Config) (p point, why string) {
	p = point{safe: 1, confidence: 1}
	if b.Resolution != nil && b.Resolution.Resolved != nil {
		p.confidence = b.Resolution.Resolved.Score
	}
	switch {
	case b.Error != nil:
		return p, b.Error.Message
	case b.Facts == nil || b.Facts.Diagnostics == nil:
		return p, "it holds no diagnostics"
	case b.Evidence.State != bundle.Complete:
		return p, fmt.Sprintf("its evidence is %s: %s", b.Evidence.State, strings.Join(b.Evidence.Reasons, "; "))
	case b.Meta.Truncated > 0:
		return p, fmt.Sprintf("%d of its entries were cut", b.Meta.Truncated)
	}
	for _, d := range b.Facts.Diagnostics {
		if bundle.Severity(d.Severity) <= bundle.Severity(c.Severity) {
			p.count++
		}
	}
	return p, ""
}

// refusal names the safety check that a proposed patch failed, "" for none.
func refusal(b *bundle.Bundle) string {
	if b.Error == nil {
		return ""
	}
	switch d := b.Error.Details.(type) {
	case bundle.Refusal:
		return d.Safety
	case map[string]any: // read from JSON
		s, _ := d["safety"].(string)
		return s
	}
	return ""
}

func score(before, after point, c Config) float64 {
	w := c.Weights
	if c.Version == V2 {
		return round(potential(after, w) - potential(before, w))
	}
	return round(w.Alpha*float64(before.count-after.count) + w.Beta*after.safe - w.Gamma*(1-after.confidence))
}

func potential(p point, w bundle.RewardWeights) float64 {
	return -w.Alpha*float64(p.count) + w.Beta*p.safe - w.Gamma*(1-p.confidence)
}

// round takes away what binary fractions add, so that equal sums are equal.
func round(r float64) float64 {
	const digits = 1e9
	if r = math.Round(r*digits) / digits; r == 0 {
		return 0 // not −0
	}
	return r
}

func explain(r *bundle.Reward) string {
	c, w := r.Components, r.Weights
	s := fmt.Sprintf("%v·(%d − %d) + %v·%v − %v·(1 − %v)", w.Alpha, c.Before, c.After, w.Beta, c.Safety, w.Gamma, c.Confidence)
	if r.Version == V2 {
		s = fmt.Sprintf("the potential −%v·D + %v·S − %v·(1 − conf) at D = %d, S = %v, conf = %v, less that at D = %d before",
			w.Alpha, w.Beta, w.Gamma, c.After, c.Safety, c.Confidence, c.Before)
	}
	s += fmt.Sprintf("; D counts diagnostics from %s on, of %s", r.Severity, r.Scope)
	if r.Safety != "" {
		s += "; " + r.Safety
	}
	return s
}

func scope(b *bundle.Bundle) string {
	if len(b.Request.Paths) == 0 {
		return "the workspace"
	}
	return strings.Join(b.Request.Paths, ", ")
}

func comparable(before, after *bundle.Bundle) error {
	for _, b := range []*bundle.Bundle{before, after} {
		if b.Request.Cmd != "diagnostics" {
			return fault.New(fault.Usage, "a reward is of two checks, and %q is none", b.Request.Cmd).WithHint("lanser diag --json makes them")
		}
	}
	x, y := question(before), question(after)
	if !reflect.DeepEqual(x, y) {
		return fault.New(fault.Usage, "the bundles answer different questions: %s and %s", spell(x), spell(y))
	}
	if after.Error != nil || before.Error != nil {
		return nil // it has no environment
	}
	x, y = environment(before), environment(after)
	if !reflect.DeepEqual(x, y) {
		return fault.New(fault.VersionSkew, "the bundles are of different environments: %s and %s", spell(x), spell(y)).
			WithHint("check both with the same servers and settings")
	}
	return nil
}

func question(b *bundle.Bundle) any {
	options := maps.Clone(b.Request.Options)
	for _, name := range api.ApartOptions() {
		delete(options, name)
	}
	return plain(map[string]any{"paths": b.Request.Paths, "options": options})
}

func environment(b *bundle.Bundle) any { return plain(b.Environment) }

// plain is a value as JSON has it: bundles come from Go and from files.
func plain(v any) (out any) {
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		return err.Error()
	}
	return out
}

func spell(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
