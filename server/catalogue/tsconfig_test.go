package catalogue

import "testing"

func TestAProjectHasTheFilesThatItsConfigurationIncludes(t *testing.T) {
	for _, tt := range []struct {
		config, file string
		holds        bool
	}{
		{`{}`, "src/a.ts", true},
		{`{ /* all */ "compilerOptions": {"strict": true,}, }`, "a.ts", true},
		{`{}`, "node_modules/x/a.ts", false},
		{`{}`, "src/node_modules/x/a.ts", false},
		{`{}`, "src/.hidden/a.ts", false},
		{`{"compilerOptions": {"outDir": "./dist"}}`, "dist/a.ts", false},
		{`{"compilerOptions": {"outDir": "dist"}}`, "distant/a.ts", true},
		{`{"include": ["src"]}`, "src/deep/a.ts", true},
		{`{"include": ["src/**/*"]}`, "src/deep/a.ts", true},
		{`{"include": ["src/*"]}`, "src/a.ts", true},
		{`{"include": ["src/*"]}`, "src/deep/a.ts", false},
		{`{"include": ["src/**"]}`, "src/deep/a.ts", false},
		{`{"exclude": []}`, "bower_components/a.ts", false},
		{`{"compilerOptions": {"outDir": "."}}`, "a.ts", false},
		{`{"include": ["./"]}`, "src/deep/a.ts", true},
		{`{"include": ["src/v1.2"]}`, "src/v1.2/a.ts", false},
		{`{"include": ["src", "lib/?"]}`, "lib/x/a.ts", false},
		{`{"exclude": ["src/*"]}`, "src/deep/a.ts", false},
		{`{"exclude": ["${configDir}/old"]}`, "old/a.ts", false},
		{`{"exclude": ["/elsewhere/old"]}`, "old/a.ts", false},
		{`{"include": ["./src"]}`, "lib/a.ts", false},
		{`{"include": ["**/*.spec.ts"]}`, "src/deep/a.spec.ts", true},
		{`{"include": ["**/*.spec.ts"]}`, "src/deep/a.ts", false},
		{`{"include": ["src"], "exclude": ["src/old"]}`, "src/old/a.ts", false},
		{`{"include": ["src"], "exclude": ["**/*.test.ts"]}`, "src/a.test.ts", false},
		{`{"files": ["a.ts", "./lib/b.ts"]}`, "lib/b.ts", true},
		{`{"files": ["a.ts"]}`, "b.ts", false},
		{`{"files": []}`, "b.ts", false},
		{`{"extends": "./base.json"}`, "a.ts", false},
		{`{"extends": "./base.json", "include": ["src"], "exclude": []}`, "src/a.ts", true},
		{`not json`, "a.ts", false},
	} {
		c, ok := readTSConfig([]byte(tt.config))
		if got := ok && c.holds(tt.file); got != tt.holds {
			t.Errorf("%s holds %s: %v", tt.config, tt.file, got)
		}
	}
}
