package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
)

// The builds for other platforms are checked too, each file in every build that has it. A finding that not all
// builds have names its platforms.
func TestTheBuildsForOtherPlatformsAreChecked(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	const wrong = "() int { return \"\" }\n"
	files := map[string]string{
		"go.mod": goMod, "a.go": "package h\n\nfunc A" + wrong, "linux_amd64.go": "package h\n\nfunc Here() {}\n",
		"b_linux.go":   "package h\n\nfunc OnlyLinux() int { return 1 }\n",
		"b_windows.go": "package h\n\nfunc B() int { return OnlyLinux() }\n",
		"c_windows.go": "package h\n\nimport \"golang.org/x/absent\"\n\nvar C = absent.C\n",
		"d_unix.go":    "//go:build unix\n\npackage h\n\nfunc D" + wrong,
		"e_plan9.go":   "package h\n\nfunc E" + wrong,
		"f.go":         "//go:build integration\n\npackage h\n\nfunc F" + wrong,
		"g.py":         "x: int = ''\n", "pyproject.toml": "",
	}
	for name, tt := range map[string]struct {
		options  api.Options
		findings []string
		states   []string // of files that were not checked
		checks   []string // server, platform, files
	}{
		"none": {
			findings: []string{
				"a.go:3 IncompatibleAssign", "d_unix.go:5 IncompatibleAssign", "g.py:1 reportAssignmentType",
			},
			states: []string{
				"b_windows.go linux/amd64", "c_windows.go linux/amd64", "e_plan9.go linux/amd64", "f.go linux/amd64",
			},
			checks: []string{"gopls  5", "pyright  1"},
		},
		"the own": {
			options: api.Options{Platforms: []string{"linux/amd64"}},
			findings: []string{
				"a.go:3 IncompatibleAssign", "d_unix.go:5 IncompatibleAssign", "g.py:1 reportAssignmentType",
			},
			states: []string{
				"b_windows.go linux/amd64", "c_windows.go linux/amd64", "e_plan9.go linux/amd64", "f.go linux/amd64",
			},
			checks: []string{"gopls linux/amd64 5", "pyright  1"},
		},
		"two others, in one list": {
			options: api.Options{Platforms: []string{"windows/amd64,darwin/arm64", "windows/amd64"}},
			findings: []string{
				"a.go:3 IncompatibleAssign", "b_windows.go:3 UndeclaredName windows/amd64",
				"c_windows.go:3 BrokenImport windows/amd64",
				"d_unix.go:5 IncompatibleAssign darwin/arm64 linux/amd64", "g.py:1 reportAssignmentType",
			},
			states: []string{
				"e_plan9.go linux/amd64, windows/amd64, darwin/arm64", "f.go linux/amd64, windows/amd64, darwin/arm64",
			},
			checks: []string{"gopls darwin/arm64 2", "gopls linux/amd64 5", "gopls windows/amd64 4", "pyright  1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indextest.Files(t, files)
			indextest.FailIfChanged(t, dir)
			b := do(t, engine(t, dir), api.Request{Op: "diag", Options: tt.options})
			var findings, states, checks []string
			for _, d := range b.Facts.Diagnostics {
				if d.Severity == "error" {
					f := fmt.Sprintf("%s:%d %s %s", d.URI, d.Range[0]+1, d.Code, strings.Join(d.Platforms, " "))
					findings = append(findings, strings.TrimSpace(f))
				}
			}
			for _, group := range b.Facts.Coverage() {
				for _, uri := range group.Files {
					_, platforms, ok := strings.Cut(group.Reason, "the build for ")
					if ok && group.State == bundle.Excluded {
						states = append(states, uri+" "+platforms)
					} else if group.State != bundle.CheckedState {
						states = append(states, uri+" "+group.State)
					}
				}
			}
			for _, c := range b.Facts.Checks {
				checks = append(checks, fmt.Sprintf("%s %s %d", c.Server.Name, c.Platform, c.Files))
			}
			slices.Sort(states)
			slices.Sort(checks)
			got, want := []any{findings, states, checks}, []any{tt.findings, tt.states, tt.checks}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("findings, states, checks (-want +got)\n%s\n%q", d, b.Evidence.Reasons)
			}
		})
	}
}

func TestPlatformsAreCheckedBeforeAServerIsAsked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		platforms []string
		want      string
	}{
		{[]string{"windows/amd64", "linux/arm64,darwin/arm64"}, ""},
		{[]string{""}, ""},
		{[]string{"windows"}, `unknown platform "windows": want GOOS/GOARCH, such as windows/amd64`},
		{[]string{"linux/arm,arm/linux"}, `unknown platform "arm/linux": want GOOS/GOARCH, such as windows/amd64`},
	} {
		err := api.Options{Platforms: tt.platforms}.Check()
		got := ""
		if err != nil {
			got = fault.From(err).Message
		}
		if got != tt.want {
			t.Errorf("%q: %q, want %q", tt.platforms, got, tt.want)
		}
	}
}
