package project_test

import (
	"testing"

	"lanser/server/project"
	"lanser/server/project/projecttest"
)

func TestTheNameOfAPackageLeadsToItsSource(t *testing.T) {
	v := projecttest.Files{
		"package.json": `{"name": "kit", "exports": {` +
			`".": {"types": "./dist/index.d.ts", "import": "./dist/index.js"}, "./jsx": {"types": "./dist/jsx/index.d.ts"}, "./raw": "./raw.js", "./gone": "./dist/gone.js"}}`,
		"src/index.ts": "", "src/jsx/index.ts": "", "raw.js": "", "raw.ts": "",
		"one/package.json":    `{"name": "one", "exports": {"types": "./distribution/index.d.ts"}}`,
		"one/source/index.ts": "",
		"two/package.json":    `{"name": "@at/two", "main": "lib/main"}`,
		"two/lib/main.js":     "", "two/lib/other.js": "",
		"three/package.json": `{"name": "three"}`,
		"three/index.js":     "",
		"four/package.json":  `{"main": "start.js"}`,
		"four/start.js":      "",
	}
	for name, want := range map[string]project.PackageEntry{
		"kit":      {Manifest: "package.json", File: "src/index.ts", Built: "dist/index.js"},
		".":        {Manifest: "package.json", File: "src/index.ts", Built: "dist/index.js"},
		"kit/jsx":  {Manifest: "package.json", File: "src/jsx/index.ts", Built: "dist/jsx/index.d.ts"},
		"kit/raw":  {Manifest: "package.json", File: "raw.js"},
		"kit/gone": {},
		"kit/none": {},
		"kitten":   {},
		"one": {
			Manifest: "one/package.json", File: "one/source/index.ts", Built: "one/distribution/index.d.ts",
		},
		"@at/two":           {Manifest: "two/package.json", File: "two/lib/main.js"},
		"@at/two/lib/other": {Manifest: "two/package.json", File: "two/lib/other.js"},
		"three":             {Manifest: "three/package.json", File: "three/index.js"},
		"four":              {Manifest: "four/package.json", File: "four/start.js"},
		"five":              {},
	} {
		got, ok := project.EntryOf(v, name)
		if got != want || ok != (want != project.PackageEntry{}) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, ok, want)
		}
	}
}
