package compare_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/compare"
)

// check is a sealed bundle of a check with n errors and m hints.
func check(t rapid.TB, errors, hints int, confidence float64) *bundle.Bundle {
	b := &bundle.Bundle{
		Status: "ok", Request: bundle.Request{Cmd: "diagnostics", Options: map[string]any{}},
		Facts:    &bundle.Facts{Diagnostics: []bundle.Diagnostic{}},
		Evidence: bundle.Evidence{State: bundle.Complete}, Environment: bundle.Environment{Platform: "linux/amd64"},
	}
	if confidence < 1 {
		b.Resolution = &bundle.Resolution{Resolved: &bundle.Resolved{Score: confidence}}
	}
	for i := range errors + hints {
		severity := "error"
		if i >= errors {
			severity = "hint"
		}
		b.Facts.Diagnostics = append(b.Facts.Diagnostics,
			bundle.Diagnostic{URI: "a.go", Range: bundle.Range{i}, Severity: severity})
	}
	if err := b.Seal(); err != nil {
		t.Fatal(err)
	}
	return b
}

// refused is the check of a patch that does not apply.
func refused(t rapid.TB, confidence float64) *bundle.Bundle {
	b := check(t, 0, 0, confidence)
	b.Status, b.Facts, b.Evidence.State = "error", nil, bundle.NotReady
	b.Error = &bundle.Error{
		Code:    fault.VersionSkew,
		Message: "the patch does not apply",
		Details: bundle.Refusal{Safety: "applies"},
	}
	if err := b.Seal(); err != nil {
		t.Fatal(err)
	}
	return b
}

func value(t rapid.TB, before, after *bundle.Bundle, version string) float64 {
	c := compare.DefaultFormula()
	c.Version = version
	r, err := compare.Reward(before, after, c)
	if err != nil || r.R == nil {
		t.Fatalf("%v, %+v", err, r)
	}
	return *r.R
}

// The paper's first example gives 1.894. Its second, with an unchanged number and unsafe, gives −0.038; the paper's
// text says −0.438, which subtracts β a second time.
func TestThePapersExamplesOfRewards(t *testing.T) {
	if r := value(t, check(t, 5, 0, 1), check(t, 2, 9, 0.94), compare.RewardV1); r != 1.894 {
		t.Errorf("5 to 2: %v", r)
	}
	if r := value(t, check(t, 3, 0, 0.62), refused(t, 1), compare.RewardV1); r != -0.038 {
		t.Errorf("refused: %v", r)
	}
	// Proposition 5.2 does not hold of the paper's own formula.
	if r := value(t, check(t, 3, 0, 0.9), refused(t, 1), compare.RewardV1); r != -0.01 {
		t.Errorf("nothing fell but the formula: %v", r)
	}
}

func TestTheLawsOfV1(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, conf := rapid.IntRange(0, 20), rapid.Float64Range(0, 1)
		before, after, c := n.Draw(t, "before"), n.Draw(t, "after"), conf.Draw(t, "conf")
		r := value(t, check(t, before, 0, 1), check(t, after, 0, c), compare.RewardV1)
		if after > 0 && value(t, check(t, before, 0, 1), check(t, after-1, 0, c), compare.RewardV1) < r {
			t.Error("it fell with the number of diagnostics")
		}
		if value(t, check(t, before, 0, 1), check(t, after, 0, c+(1-c)/2), compare.RewardV1) < r {
			t.Error("it fell when confidence rose")
		}
		start := check(t, before, 0, c)
		unsafe, safe := value(t, start, refused(t, 1), compare.RewardV1), value(t, start, start, compare.RewardV1)
		if unsafe > safe {
			t.Error("it fell when safety rose")
		}
		if floor := -0.1 * (1 - c); after <= before && r < floor-1e-9 {
			t.Errorf("%v is below %v though diagnostics did not rise", r, floor)
		}
	})
}

func TestTheLawsOfV2(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, conf := rapid.IntRange(0, 20), rapid.Float64Range(0, 1)
		var way []*bundle.Bundle
		for range rapid.IntRange(2, 6).Draw(t, "steps") {
			way = append(way, check(t, n.Draw(t, "d"), 0, conf.Draw(t, "conf")))
		}
		sum := 0.0
		for i := range len(way) - 1 {
			r := value(t, way[i], way[i+1], compare.RewardV2)
			sum += r
			if len(way[i+1].Facts.Diagnostics) <= len(way[i].Facts.Diagnostics) &&
				confidence(way[i+1]) >= confidence(way[i]) &&
				r < 0 {
				t.Errorf("%v, though nothing got worse", r)
			}
		}
		if whole := value(t, way[0], way[len(way)-1], compare.RewardV2); math.Abs(whole-sum) > 1e-7 {
			t.Errorf("the steps add up to %v, and the way is worth %v", sum, whole)
		}
		if round := value(t, way[0], way[0], compare.RewardV2); round != 0 {
			t.Errorf("going nowhere earns %v", round)
		}
	})
}

// With a discount, a reward is the discounted potential after the step less that before, and the discounted rewards of
// a trajectory add up to the same of its ends.
func TestTheLawsOfADiscount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, conf := rapid.IntRange(0, 20), rapid.Float64Range(0, 1)
		f := compare.DefaultFormula()
		f.Version = compare.RewardV2
		f.Weights.Discount = rapid.Float64Range(0.01, 1).Draw(t, "discount")
		phi := func(b *bundle.Bundle) float64 {
			return -0.5*float64(len(b.Facts.Diagnostics)) + 0.4 - 0.1*(1-confidence(b))
		}
		var way []*bundle.Bundle
		for range rapid.IntRange(2, 6).Draw(t, "steps") {
			way = append(way, check(t, n.Draw(t, "d"), 0, conf.Draw(t, "conf")))
		}
		sum, factor := 0.0, 1.0
		for i := range len(way) - 1 {
			r, err := compare.Reward(way[i], way[i+1], f)
			if err != nil || r.R == nil {
				t.Fatalf("%v, %+v", err, r)
			}
			if want := f.Weights.Discount*phi(way[i+1]) - phi(way[i]); math.Abs(*r.R-want) > 1e-8 {
				t.Errorf("%v, want %v", *r.R, want)
			}
			sum += factor * *r.R
			factor *= f.Weights.Discount
		}
		if whole := factor*phi(way[len(way)-1]) - phi(way[0]); math.Abs(whole-sum) > 1e-7 {
			t.Errorf("the steps add up to %v, and the way is worth %v", sum, whole)
		}
	})
	for _, tt := range []struct {
		version  string
		discount float64
		isGood   bool
	}{
		{compare.RewardV1, 0, true},
		{compare.RewardV1, 1, true},
		{compare.RewardV1, 0.5, false},
		{compare.RewardV2, 0.5, true},
		{compare.RewardV2, 1.5, false},
		{compare.RewardV2, -1, false},
		{compare.RewardV2, math.NaN(), false},
	} {
		f := compare.DefaultFormula()
		f.Version, f.Weights.Discount = tt.version, tt.discount
		if err := f.Check(); (err == nil) != tt.isGood || err != nil && !fault.Is(err, fault.Usage) {
			t.Errorf("%s with %v: %v", tt.version, tt.discount, err)
		}
	}
}

func confidence(b *bundle.Bundle) float64 {
	if b.Resolution == nil {
		return 1
	}
	return b.Resolution.Resolved.Score
}

// If either check did not finish, there is no reward, and the explanation says why.
func TestAnUnfinishedCheckHasNoReward(t *testing.T) {
	for _, state := range []string{
		bundle.Heuristic, bundle.Partial, bundle.NotReady, bundle.TimedOut, bundle.ServerDied, bundle.Unsupported,
		bundle.SyntaxOnly,
	} {
		bad := check(t, 0, 0, 1)
		bad.Evidence = bundle.Evidence{State: state, Reasons: []string{"it was slow"}}
		for _, pair := range [][2]*bundle.Bundle{{bad, check(t, 1, 0, 1)}, {check(t, 1, 0, 1), bad}} {
			r, err := compare.Reward(pair[0], pair[1], compare.DefaultFormula())
			if err != nil || r.R != nil || r.Components != nil || r.Explanation == "" {
				t.Errorf("%s: %+v, %v", state, r, err)
			}
		}
	}
	cut := check(t, 3, 0, 1)
	cut.Meta.Truncated = 1
	if r, err := compare.Reward(check(t, 3, 0, 1), cut, compare.DefaultFormula()); err != nil || r.R != nil {
		t.Errorf("of a list that was cut: %+v, %v", r, err)
	}
}

func TestBundlesThatCannotBeComparedAreRefused(t *testing.T) {
	change := func(f func(*bundle.Bundle)) *bundle.Bundle {
		b := check(t, 1, 0, 1)
		f(b)
		return b
	}
	for name, tt := range map[string]struct {
		after *bundle.Bundle
		want  fault.Code
	}{
		"another question": {change(func(b *bundle.Bundle) { b.Request.Cmd = "references" }), fault.Usage},
		"other paths":      {change(func(b *bundle.Bundle) { b.Request.Paths = []string{"b.go"} }), fault.Usage},
		"another server": {
			change(func(b *bundle.Bundle) { b.Environment.Server = &bundle.Tool{Name: "x"} }), fault.VersionSkew,
		},
		"other settings": {change(func(b *bundle.Bundle) { b.Environment.ConfigDigest = "x" }), fault.VersionSkew},
	} {
		if _, err := compare.Reward(check(t, 1, 0, 1), tt.after, compare.DefaultFormula()); !fault.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	patched := change(func(b *bundle.Bundle) { b.Request.Options["patch"] = "sha256:x" })
	if _, err := compare.Reward(check(t, 1, 0, 1), patched, compare.DefaultFormula()); err != nil {
		t.Errorf("a patch makes no other question: %v", err)
	}
}

// Files that a project excludes do not count for the reward. A change that excludes a file that was checked has no
// reward: its diagnostics are gone without being fixed.
func TestARewardDependsOnTheCoverageOfItsChecks(t *testing.T) {
	covered := func(state string, owed bool, files ...string) bundle.Coverage {
		return bundle.Coverage{Language: "Go file", State: state, Owed: owed, Reason: "why", Files: files}
	}
	with := func(errors int, groups ...bundle.Coverage) *bundle.Bundle {
		b := check(t, errors, 0, 1)
		b.Facts.Checks = []bundle.Check{{Unchecked: []bundle.Unchecked{}, Coverage: bundle.Group(groups)}}
		if err := b.Seal(); err != nil {
			t.Fatal(err)
		}
		return b
	}
	checked := covered(bundle.CheckedState, true, "a.go", "b.go")
	excluded := covered(bundle.Excluded, true, "c_windows.go")
	for name, tt := range map[string]struct {
		before, after *bundle.Bundle
		r             float64 // NaN for none
		explanation   string
	}{
		"a file is left out before and after": {
			with(1, checked, excluded), with(0, checked, excluded), 0.9,
			"0.5·(1 − 0) + 0.4·1 − 0.1·(1 − 1); D counts diagnostics from error on, of the workspace; " +
				"1 file that the project leaves out does not count",
		},
		"a file is removed": {
			with(1, checked), with(0, covered(bundle.CheckedState, true, "a.go")), 0.9,
			"0.5·(1 − 0) + 0.4·1 − 0.1·(1 − 1); D counts diagnostics from error on, of the workspace",
		},
		"a file that was left out is checked": {
			with(0, checked, excluded),
			with(1, checked, covered(bundle.CheckedState, true, "c_windows.go")), -0.1,
			"0.5·(0 − 1) + 0.4·1 − 0.1·(1 − 1); D counts diagnostics from error on, of the workspace",
		},
		"a file that was checked is left out": {
			with(1, checked),
			with(0, covered(bundle.CheckedState, true, "a.go"), covered(bundle.Excluded, true, "b.go")), math.NaN(),
			"the check after is not complete: b.go was checked before the change, and is excluded after it: why",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := compare.Reward(tt.before, tt.after, compare.DefaultFormula())
			if err != nil {
				t.Fatal(err)
			}
			got := math.NaN()
			if r.R != nil {
				got = *r.R
			}
			if got != tt.r && !(math.IsNaN(got) && math.IsNaN(tt.r)) || r.Explanation != tt.explanation {
				t.Errorf("%v, %q; want %v, %q", got, r.Explanation, tt.r, tt.explanation)
			}
		})
	}
}

// Findings of a linter of whole projects do not count, because it reports nothing while code has errors.
func TestARewardDoesNotCountFindingsThatErrorsHide(t *testing.T) {
	after := check(t, 0, 0, 1)
	for range 5 {
		after.Facts.Diagnostics = append(after.Facts.Diagnostics, bundle.Diagnostic{
			URI: "a.go", Severity: "error", Source: "golangci-lint", Code: "errcheck", Message: "m",
		})
	}
	if err := after.Seal(); err != nil {
		t.Fatal(err)
	}
	r, err := compare.Reward(check(t, 1, 0, 1), after, compare.DefaultFormula())
	if err != nil {
		t.Fatal(err)
	}
	if r.R == nil || *r.R != 0.9 {
		t.Errorf("got %v, want 0.9: %s", r.R, r.Explanation)
	}
}
