package selectors

import "testing"

func TestFeaturesHaveThePapersWeights(t *testing.T) {
	for _, tt := range []struct {
		f    Features
		want float64
	}{
		{Features{AST: 1, Module: 1, Token: 1, Prox: 1}, 1},
		{Features{AST: 1}, 0.5},
		{Features{Module: 1}, 0.2},
		{Features{Token: 1}, 0.2},
		{Features{Prox: 1}, 0.1},
		{Features{AST: 0.5, Module: 1, Token: 0.25, Prox: 0.1}, 0.51},
	} {
		if got := tt.f.Score(); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.f, got, tt.want)
		}
	}
}

// Winnowing selects at least one k-gram of any k+w-1 tokens that two sequences share, so a common sequence of that
// length is always detected.
func TestALongCommonSequenceIsAlwaysDetected(t *testing.T) {
	shared := make([]uint64, winnowK+winnowW-1)
	for i := range shared {
		shared[i] = uint64(1000 + i*7919)
	}
	for before := range 30 {
		a, b := []uint64{}, []uint64{}
		for i := range before {
			a, b = append(a, uint64(i)), append(b, uint64(50+2*i))
		}
		a, b = append(append(a, shared...), 1, 2, 3, 4, 5), append(append(b, shared...), 9, 8, 7)
		if common(winnow(a, winnowK, winnowW), winnow(b, winnowK, winnowW)) == 0 {
			t.Errorf("after %d other tokens nothing is in common", before)
		}
	}
}
