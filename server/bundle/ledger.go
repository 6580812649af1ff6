package bundle

import (
	"cmp"
	"slices"
	"strings"
)

// NotRuledOut is part of a reason of the evidence that counts possible uses.
const NotRuledOut = "that nobody can rule out"

// Add adds the sums and places of another symbol's ledger. A possible use that both have is counted once. At
// most limit places of each list are kept, in order.
func (l *Ledger) Add(o *Ledger, limit int) {
	for _, n := range o.Names {
		if !slices.Contains(l.Names, n) {
			l.Names = append(l.Names, n)
		}
	}
	both := 0
	for _, u := range o.Uses {
		if slices.ContainsFunc(l.Uses, func(k PossibleUse) bool { return k.URI == u.URI && k.Range == u.Range }) {
			both++
		} else {
			l.Uses = append(l.Uses, u)
		}
	}
	for _, r := range o.Relatives {
		if !slices.Contains(l.Relatives, r) {
			l.Relatives = append(l.Relatives, r)
		}
	}
	l.Words += o.Words - both
	l.Possible += o.Possible - both
	l.References += o.References
	l.Confirmed += o.Confirmed
	l.Family += o.Family
	l.Other += o.Other
	l.Declarations += o.Declarations
	l.NotCode += o.NotCode
	slices.SortStableFunc(l.Uses, func(a, b PossibleUse) int {
		return cmp.Or(compareLocations(a.Location, b.Location), strings.Compare(a.Why, b.Why))
	})
	slices.SortStableFunc(l.Relatives, compareLocations)
	l.Uses, l.Relatives = l.Uses[:min(len(l.Uses), limit)], l.Relatives[:min(len(l.Relatives), limit)]
}
