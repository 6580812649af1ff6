package catalogue_test

import (
	"testing"

	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// Components are checked unless code of the project, which is not run, decides what their compiler is given.
func TestComponentsOfSvelteThatCodeOfTheProjectPreparesAreNotChecked(t *testing.T) {
	const plain, preprocess = "<p>a</p>\n", "export default { preprocess: "
	for _, tt := range []struct {
		files   written
		checked bool
	}{
		{written{"a.svelte": plain}, true},
		{written{"a.svelte": "<script lang=\"ts\"></script>\n<style type='text/css'></style>\n"}, true},
		{written{"a.svelte": "<script\n lang=\"coffee\"></script>\n"}, false},
		{written{"a.svelte": "<style global lang=scss></style>\n"}, false},
		{written{"a.svelte": "<template lang='pug'></template>\n"}, false},
		{written{"a.svelte": plain, "svelte.config.js": "export default {}"}, true},
		{written{"a.svelte": plain, "svelte.config.js": preprocess + "vitePreprocess() }"}, true},
		{written{"a.svelte": plain, "svelte.config.js": preprocess + "[vitePreprocess()] }"}, true},
		{written{"a.svelte": plain, "svelte.config.js": preprocess + "vitePreprocess({ script: true }) }"}, false},
		{written{"a.svelte": plain, "svelte.config.ts": preprocess + "[vitePreprocess(), mdsvex()] }"}, false},
		{written{"a.svelte": plain, "svelte.config.js": "let preprocess = a\nexport default { preprocess }"}, false},
		{written{"a.svelte": plain, "vite.config.ts": "svelte({ compilerOptions: { runes: true } })"}, false},
		{written{"a.svelte": plain, "other/vite.config.ts": "svelte({ compilerOptions: {} })"}, true},
	} {
		standing := catalogue.Named("svelte").Standings(tt.files)("a.svelte")
		if (standing.State == "") != tt.checked || !tt.checked && standing.State != bundle.Unserved {
			t.Errorf("%v: %+v", tt.files, standing)
		}
	}
}
