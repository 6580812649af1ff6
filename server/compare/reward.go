package compare

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
	"lanser/server/catalogue"
)

// The versions of the formula.
const (
	RewardV1 = "pr-v1"
	RewardV2 = "pr-v2"
)

// Formula says how a reward is computed.
type Formula struct {
	Version  string // RewardV1 or RewardV2
	Weights  bundle.RewardWeights
	Severity string // the least severity that counts
	Unsafe   string // why the change is not safe though its patch applies; "" where it is safe
}

// DefaultFormula returns the paper's formula and weights, over errors alone. Servers report
// many warnings only once the types are right (gopls on cobra: 2 errors, and without them 12
// warnings), so that with warnings, fixing an error would cost.
func DefaultFormula() Formula {
	return Formula{
		Version: RewardV1, Weights: bundle.RewardWeights{Alpha: 0.5, Beta: 0.4, Gamma: 0.1}, Severity: "error",
	}
}

// Check returns a Usage error that says what is wrong with a formula, nil for a good one.
func (f Formula) Check() error {
	w := f.Weights
	switch {
	case f.Version != RewardV1 && f.Version != RewardV2:
		return fault.New(fault.Usage, "unknown reward %q: want %s or %s", f.Version, RewardV1, RewardV2)
	case bundle.Severity(f.Severity) > 3:
		return fault.New(fault.Usage, "unknown severity %q: want error, warning, information or hint", f.Severity)
	case !(w.Alpha >= 0 && w.Beta >= 0 && w.Gamma >= 0) || math.IsInf(w.Alpha+w.Beta+w.Gamma, 0): // NaN is not ≥ 0
		return fault.New(fault.Usage, "the weights must be numbers of at least 0")
	case !(w.Discount >= 0 && w.Discount <= 1):
		return fault.New(fault.Usage, "the discount must be a number above 0, and at most 1")
	case discountOf(w) != 1 && f.Version != RewardV2:
		return fault.New(fault.Usage, "%s has no discount", f.Version).WithHint("use %s", RewardV2)
	}
	return nil
}

// Reward returns the reward of the step from one check to another. The error is Usage for
// bundles that do not answer one question about diagnostics, and VersionSkew for bundles of
// different servers or configurations.
func Reward(before, after *bundle.Bundle, f Formula) (*bundle.Reward, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	if err := comparable(before, after); err != nil {
		return nil, err
	}
	r := &bundle.Reward{
		Version: f.Version, Weights: f.Weights, Severity: f.Severity, Scope: scope(before),
		Before: before.BundleID, After: after.BundleID,
	}
	if before.Status != "ok" {
		r.Explanation = "the check before did not succeed: " + before.Error.Message
		return r, nil
	}
	b, why := f.measure(before)
	if why != "" {
		r.Explanation = "the check before is not complete: " + why
		return r, nil
	}
	a, why := f.measure(after)
	if refusal(after) != "" { // nothing was applied: the workspace stays as it is
		a, why = b, ""
		a.safety = 0
		r.Safety = "the patch was refused: " + after.Error.Message
	}
	if f.Unsafe != "" && why == "" {
		a.safety = 0
		r.Safety = "it cannot be renamed: " + f.Unsafe
	}
	if why == "" {
		why = newlyLeftOut(before, after)
	}
	if why != "" {
		r.Explanation = "the check after is not complete: " + why
		return r, nil
	}
	r.Components = &bundle.RewardComponents{
		Before: b.count, After: a.count, Safety: a.safety, Confidence: a.confidence, Excluded: a.excluded,
	}
	value := f.score(b, a)
	r.R = &value
	r.Explanation = explain(r)
	return r, nil
}

// measure is what a formula computes with, of one check.
type measure struct {
	count      int     // diagnostics from the formula's severity on
	safety     float64 // 1 or 0
	confidence float64 // of the resolution, 0 to 1
	excluded   int     // files that the project leaves out
}

// newlyLeftOut returns why an earlier and a later check cannot be compared: a file that the earlier one has
// checked is left out now, so that its diagnostics are gone without being fixed; "" if there is none.
func newlyLeftOut(before, after *bundle.Bundle) string {
	if before.Facts == nil || after.Facts == nil {
		return ""
	}
	checked := map[string]bool{}
	for _, group := range before.Facts.Coverage() {
		for _, uri := range group.Files {
			checked[uri] = checked[uri] || group.State == bundle.CheckedState
		}
	}
	for _, group := range after.Facts.Coverage() {
		for _, uri := range group.Files {
			if checked[uri] && group.State != bundle.CheckedState {
				return uri + " was checked before the change, and is " + group.State + " after it: " + group.Reason
			}
		}
	}
	return ""
}

// measure measures a check. why says why it cannot be measured, "" where it can.
func (f Formula) measure(b *bundle.Bundle) (m measure, why string) {
	m = measure{safety: 1, confidence: 1}
	if b.Resolution != nil && b.Resolution.Resolved != nil {
		m.confidence = b.Resolution.Resolved.Score
	}
	switch {
	case b.Error != nil:
		return m, b.Error.Message
	case b.Facts == nil || b.Facts.Diagnostics == nil:
		return m, "it holds no diagnostics"
	case b.Evidence.State != bundle.Complete:
		return m, fmt.Sprintf("its evidence is %s: %s", b.Evidence.State, strings.Join(b.Evidence.Reasons, "; "))
	case b.Meta.Truncated > 0:
		return m, fmt.Sprintf("%d of its entries were cut", b.Meta.Truncated)
	case dropped(b) > 0:
		return m, fmt.Sprintf("it leaves out %d findings that the patch has not changed: check with --all", dropped(b))
	}
	for _, d := range b.Facts.Diagnostics {
		// A linter that checks a whole project says nothing while code has errors: what it finds then is not new.
		if bundle.Severity(d.Severity) <= bundle.Severity(f.Severity) && !catalogue.IsCommandSource(d.Source) {
			m.count++
		}
	}
	for _, group := range b.Facts.Coverage() {
		if group.State == bundle.Excluded {
			m.excluded += len(group.Files)
		}
	}
	return m, ""
}

// refusal returns the name of the safety check that a proposed patch failed, "" for none.
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

// score returns the value of the formula for a step.
func (f Formula) score(before, after measure) float64 {
	w := f.Weights
	if f.Version == RewardV2 {
		return round(discountOf(w)*potential(after, w) - potential(before, w))
	}
	return round(w.Alpha*float64(before.count-after.count) + w.Beta*after.safety - w.Gamma*(1-after.confidence))
}

// discountOf returns the discount of a step (Ng, Harada and Russell, "Policy invariance under reward transformations",
// 1999): the shaping term is the discounted potential after it, less the potential before.
func discountOf(w bundle.RewardWeights) float64 {
	if w.Discount == 0 {
		return 1
	}
	return w.Discount
}

// potential is Φ of pr-v2.
func potential(m measure, w bundle.RewardWeights) float64 {
	return -w.Alpha*float64(m.count) + w.Beta*m.safety - w.Gamma*(1-m.confidence)
}

// round returns r to nine decimals, so that sums that are equal but for the errors of binary
// fractions are equal. It never returns −0.
func round(r float64) float64 {
	const scale = 1e9
	r = math.Round(r*scale) / scale
	if r == 0 {
		return 0
	}
	return r
}

// explain returns a reward's arithmetic in words.
func explain(r *bundle.Reward) string {
	c, w := r.Components, r.Weights
	s := fmt.Sprintf("%v·(%d − %d) + %v·%v − %v·(1 − %v)",
		w.Alpha, c.Before, c.After, w.Beta, c.Safety, w.Gamma, c.Confidence)
	if r.Version == RewardV2 {
		s = fmt.Sprintf("the potential −%v·D + %v·S − %v·(1 − conf) at D = %d, S = %v, conf = %v, "+
			"less that at D = %d before", w.Alpha, w.Beta, w.Gamma, c.After, c.Safety, c.Confidence, c.Before)
		if d := discountOf(w); d != 1 {
			s = fmt.Sprintf("%v times %s", d, s)
		}
	}
	s += fmt.Sprintf("; D counts diagnostics from %s on, of %s", r.Severity, r.Scope)
	if c.Excluded == 1 {
		s += "; 1 file that the project leaves out does not count"
	} else if c.Excluded > 1 {
		s += fmt.Sprintf("; %d files that the project leaves out do not count", c.Excluded)
	}
	if r.Safety != "" {
		s += "; " + r.Safety
	}
	return s
}

// scope returns what was checked, in words.
func scope(b *bundle.Bundle) string {
	if len(b.Request.Paths) == 0 {
		return "the workspace"
	}
	return strings.Join(b.Request.Paths, ", ")
}

// comparable returns an error where two bundles are not of one question about diagnostics, put
// to the same servers with the same settings.
func comparable(before, after *bundle.Bundle) error {
	for _, b := range []*bundle.Bundle{before, after} {
		if b.Request.Cmd != api.Diagnostics {
			return fault.New(fault.Usage, "a reward is of two checks, and %q is none", b.Request.Cmd).
				WithHint("lanser diag --json makes them")
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

// question returns what a check asks, without the options that two checks may differ in.
func question(b *bundle.Bundle) any {
	options := maps.Clone(b.Request.Options)
	for _, name := range api.ApartOptions() {
		delete(options, name)
	}
	return plain(map[string]any{"paths": b.Request.Paths, "options": options})
}

// environment returns who answered, with which settings.
func environment(b *bundle.Bundle) any { return plain(b.Environment) }

// plain returns a value as encoding/json decodes it, so that bundles made here and bundles
// read from files compare equal.
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

// spell returns a value as JSON, for messages.
func spell(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
