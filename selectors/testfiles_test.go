package selectors_test

import (
	"testing"

	"lanser/selectors"
)

func TestTestsAreRecognisedByTheirNames(t *testing.T) {
	for file, want := range map[string]bool{
		"server_test.go": true, "pkg/test_app.py": true, "conftest.py": true, "src/app.test.ts": true,
		"src/app.spec.js":              true,
		"src/test/java/StoreTest.java": true, "StoreTests.cs": true, "tests/common.rs": true, "a/testdata/x.go": true,
		"__tests__/a.js": true, "spec/user_spec.rb": true, "AppSpec.scala": true,
		"testing.go": false, "contest.py": false, "latest/app.py": false, "attest.go": false, "inspector.rb": false,
		"src/Contest.java": false, "protest/main.go": false, "test.go": false,
	} {
		if got := selectors.IsTestFile(file); got != want {
			t.Errorf("%s: %v, want %v", file, got, want)
		}
	}
}
