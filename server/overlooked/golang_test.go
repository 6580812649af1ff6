package overlooked

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"lanser/server/project"
	"lanser/server/project/projecttest"

	"github.com/google/go-cmp/cmp"
)

// files is a view of files with their contents.
type files = projecttest.Files

// Each case expects the errors that 'go build' of Go 1.26 reports for its files.
func TestWhatOnlyTheGoCompilerRefusesIsFound(t *testing.T) {
	const misplaced = "misplaced compiler directive"
	bodiless := []string{"p.go 2:5-6 missing function body"}
	for name, tt := range map[string]struct {
		code  string // of p.go
		files map[string]string
		want  []string
	}{
		"a function without a body": {"package p\n\nfunc f()\n", nil, bodiless},
		"a method without a body": {
			"package p\n\ntype T int\n\nfunc (T) M(\n\tx int,\n)\n", nil,
			[]string{"p.go 4:9-10 missing function body"},
		},
		"a blank function":   {"package p\n\nfunc _()\n", nil, nil},
		"init":               {"package p\n\nfunc init()\n", nil, nil}, // gopls reports it
		"a generic function": {"package p\n\nfunc f[T any]()\n", nil, nil},
		"assembly":           {"package p\n\nfunc f()\n", map[string]string{"p_linux.s": "", "p_windows.s": ""}, nil},
		"assembly of another build": {
			"package p\n\nfunc f()\n", map[string]string{"p_plan9.s": ""}, bodiless,
		},
		"assembly of another package": {"package p\n\nfunc f()\n", map[string]string{"q/q.s": ""}, bodiless},
		"an object file":              {"package p\n\nfunc f()\n", map[string]string{"p.syso": ""}, nil},
		"a linked function": {
			"package p\n\nimport _ \"unsafe\"\n\n//go:linkname f runtime.f\nfunc f()\n", nil, nil,
		},
		"a function that another file links": {
			"package p\n\nfunc f()\n",
			map[string]string{"q.go": "package p\n\nimport _ \"unsafe\"\n\n//go:linkname f runtime.f\n"},
			nil,
		},
		"a link to a longer name": {
			"package p\n\nfunc f()\n\nfunc fun() {}\n",
			map[string]string{"q.go": "package p\n\nimport _ \"unsafe\"\n\n//go:linkname fun runtime.f\n"},
			bodiless,
		},
		"a link without unsafe": {
			"package p\n\n//go:linkname f runtime.f\nfunc f()\n", nil,
			[]string{`p.go 2:0-25 //go:linkname only allowed in Go files that import "unsafe"`},
		},
		"a link of too many words": {
			"package p\n\nimport _ \"unsafe\"\n\n//go:linkname a b c\n", nil,
			[]string{"p.go 4:0-19 usage: //go:linkname localname [linkname]"},
		},
		"directives before functions": {
			"package p\n\n// Doc.\n//go:noinline\nfunc f() {}\n\n//go:nosplit\n\n// Doc.\nfunc g() {}\n", nil, nil,
		},
		"a directive within a function": {
			"package p\n\nfunc f() {\n\t//go:noinline\n\tg := 1\n\t_ = g\n}\n", nil,
			[]string{"p.go 3:1-14 " + misplaced},
		},
		"a directive before a type": {
			"package p\n\n//go:nosplit\ntype T int\n", nil, []string{"p.go 2:0-12 " + misplaced},
		},
		"a directive before the package": {
			"//go:norace\npackage p\n", nil, []string{"p.go 0:0-11 " + misplaced},
		},
		"a directive at the end": {
			"package p\n\nfunc f() {}\n\n//go:noinline\n", nil, []string{"p.go 4:0-13 " + misplaced},
		},
		"a directive after code": {
			"package p\n\nvar x = 1 //go:generate x\n", nil, []string{"p.go 2:10-25 " + misplaced},
		},
		"directives of tools": {
			"//go:generate x\n\npackage p\n\n//go:fix inline\nconst c = 1\n\n//go:unknown\ntype T int\n", nil, nil,
		},
		"a build constraint": {"//go:build linux\n\npackage p\n", nil, nil},
		"an external function with a body": {
			"package p\n\n//go:noescape\nfunc f() {}\n", nil,
			[]string{"p.go 3:5-6 can only use //go:noescape with external func implementations"},
		},
		"a directive of the runtime": {
			"package p\n\n//go:nowritebarrier\nfunc f() {}\n", nil,
			[]string{"p.go 2:0-19 //go:nowritebarrier only allowed in runtime"},
		},
		"a program": {"package main\n\nfunc main() {}\n", nil, nil},
		"a program without main": {
			"package main\n",
			map[string]string{"q.go": "package main\n"},
			[]string{"p.go 0:8-12 function main is undeclared in the main package"},
		},
		"a program whose main is a method": {
			"package main\n\ntype T int\n\nfunc (T) main() {}\n", nil,
			[]string{"p.go 0:8-12 function main is undeclared in the main package"},
		},
		"a program whose main is in another file": {
			"package main\n", map[string]string{"z.go": "package main\n\nfunc main() {}\n"}, nil,
		},
		"a program whose main is in another build": {
			"package main\n",
			map[string]string{"z_plan9.go": "package main\n\nfunc main() {}\n"},
			[]string{"p.go 0:8-12 function main is undeclared in the main package"},
		},
		"a program of tests": {"package p\n", map[string]string{"q/q_test.go": "package main\n"}, nil},
		"a test package with a function without a body": {
			"package p\n",
			map[string]string{
				"p.s": "", "p_test.go": "package p_test\n\nfunc f()\n", "q_test.go": "package p\n\nfunc g()\n",
			},
			[]string{"p_test.go 2:5-6 missing function body"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := files{"p.go": tt.code}
			maps.Copy(v, tt.files)
			var got []string
			for _, p := range slices.Sorted(maps.Keys(v)) {
				for _, f := range ByGopls(v, p, []byte(v[p]), func(f string) bool { return project.Built(v, f) }) {
					at := f.At
					got = append(got, fmt.Sprintf("%s %d:%d-%d %s", p, at.Line, at.Column, at.EndColumn, f.Message))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
