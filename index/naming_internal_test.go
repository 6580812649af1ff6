package index

import (
	"maps"
	"slices"
	"testing"

	"lanser/index/syntax"
)

func TestEveryModuleRuleThatADescriptionMayNameIsThere(t *testing.T) {
	if have := slices.Sorted(maps.Keys(namingRules)); !slices.Equal(have, syntax.ModuleRules) {
		t.Errorf("index has the rules %v, and language.json may name %v", have, syntax.ModuleRules)
	}
}
