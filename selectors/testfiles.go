package selectors

import (
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
)

// testFolders are the names of folders in which tests, and what they read, are kept by custom.
var testFolders = []string{
	"test", "tests", "testing", "testdata", "__tests__", "spec", "specs", "fixtures", "mocks", "__mocks__",
}

// testFile matches the names of test files: server_test.go, test_app.py, app.test.ts, StoreTest.java.
var testFile = lazyregexp.New(`(?:^test_|^conftest\.py$|[._-](?:test|tests|spec)\.|[a-z0-9](?:Test|Tests|Spec)\.)`)

// IsTestFile reports whether a file is a test or belongs to one, by the customs of its name. The path is relative to
// the workspace.
func IsTestFile(file string) bool {
	folders := strings.Split(path.Dir(file), "/")
	return testFile.MatchString(path.Base(file)) ||
		slices.ContainsFunc(folders, func(f string) bool { return slices.Contains(testFolders, f) })
}
