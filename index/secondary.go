package index

import (
	"path"
	"slices"
	"strings"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
)

// Secondary reports whether a declaration is in a test, in generated code or in a document. An unqualified name means
// such a declaration only if no other has the name.
func (s *Snapshot) Secondary(d selectors.Decl) bool {
	l := syntax.ByScheme(d.Lang)
	return l != nil && l.Document || isTest(d.Path) || s.generated(d.Path)
}

// testFolders are the names of folders in which tests, and what they read, are kept by custom.
var testFolders = []string{
	"test", "tests", "testing", "testdata", "__tests__", "spec", "specs", "fixtures", "mocks", "__mocks__",
}

// testFile matches the names of test files: server_test.go, test_app.py, app.test.ts, StoreTest.java.
var testFile = lazyregexp.New(`(?:^test_|^conftest\.py$|[._-](?:test|tests|spec)\.|[a-z0-9](?:Test|Tests|Spec)\.)`)

// isTest reports whether a file is a test or belongs to one, by the customs of its name.
func isTest(file string) bool {
	folders := strings.Split(path.Dir(file), "/")
	return testFile.MatchString(path.Base(file)) ||
		slices.ContainsFunc(folders, func(f string) bool { return slices.Contains(testFolders, f) })
}

// IsTest reports whether a file is a test or belongs to one, by the customs of its name.
func (s *Snapshot) IsTest(file string) bool { return isTest(file) }
