package main

import (
	"slices"
	"testing"
)

func TestPackagesWithoutCAreVettedForOtherSystems(t *testing.T) {
	t.Chdir("../..")
	names, err := withoutC(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"lanser/selectors": true, "lanser/index/beneath": true, "lanser/server/api": true,
		"lanser/index/syntax": false, "lanser/index": false, "lanser/server": false,
		"lanser/server/editor": false, // its tests run the engine
	} {
		if got := slices.Contains(names, name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
