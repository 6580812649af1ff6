package compiler_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/compiler"
	"lanser/server/project/projecttest"
)

var cargo = compiler.Cargo

// A check that would execute a program of the workspace, or of a dependency, is recognised before it is made.
func TestProgramsThatACheckWouldExecuteAreKnownBeforeIt(t *testing.T) {
	describe := func(packages string) string {
		return `{"packages":[` + packages + `],"workspace_members":["path+file:///ws#m@1"],"workspace_root":"/ws"}`
	}
	pkg := func(name, id, source, kind string) string {
		return `{"name":"` + name + `","id":"` + id + `","source":` + source + `,"manifest_path":"/x/` + name +
			`/Cargo.toml","targets":[{"kind":["lib"]},{"kind":["` + kind + `"]}]}`
	}
	m := pkg("m", "path+file:///ws#m@1", "null", "bin")
	members := func(executes string, scripts ...compiler.BuildScript) []compiler.DescribedCrate {
		return []compiler.DescribedCrate{{
			ID: "path+file:///ws#m@1", Manifest: "/x/m/Cargo.toml", Executes: executes, ForTests: executes,
			Scripts: scripts,
		}}
	}
	registry := `"registry+https://example.com/index"`
	for name, tt := range map[string]struct {
		out  string
		want compiler.Described
	}{
		"a library": {
			describe(m),
			compiler.Described{Root: "/ws", Members: members(""), Local: []string{"m"}},
		},
		"a build script of its own": {
			describe(pkg("m", "path+file:///ws#m@1", "null", "custom-build")),
			compiler.Described{Root: "/ws", Members: members(
				"the build script of m", compiler.BuildScript{Package: "m", Manifest: "/x/m/Cargo.toml"},
			), Local: []string{"m"}},
		},
		"macros of a dependency": {
			describe(m + "," + pkg("derive", "registry#derive@1", registry, "proc-macro")),
			compiler.Described{
				Root: "/ws", Members: members("the procedural macros of derive"), Local: []string{"m"},
			},
		},
		"macros of a dependency of its tests": {
			strings.TrimSuffix(describe(m+","+pkg("derive", "registry#derive@1", registry, "proc-macro")), "}") +
				`,"resolve":{"nodes":[{"id":"path+file:///ws#m@1","deps":[{"pkg":"registry#derive@1",` +
				`"dep_kinds":[{"kind":"dev"}]}]},{"id":"registry#derive@1","deps":[]}]}}`,
			compiler.Described{
				Root: "/ws", Local: []string{"m"}, Members: []compiler.DescribedCrate{{
					ID: "path+file:///ws#m@1", Manifest: "/x/m/Cargo.toml", ForTests: "the procedural macros of derive",
				}},
			},
		},
		"macros of a dependency of the library and of its tests": {
			strings.TrimSuffix(describe(m+","+pkg("derive", "registry#derive@1", registry, "proc-macro")), "}") +
				`,"resolve":{"nodes":[{"id":"path+file:///ws#m@1","deps":[{"pkg":"registry#derive@1",` +
				`"dep_kinds":[{"kind":"dev"},{"kind":null}]}]},{"id":"registry#derive@1","deps":[]}]}}`,
			compiler.Described{
				Root: "/ws", Members: members("the procedural macros of derive"), Local: []string{"m"},
			},
		},
		"a dependency in another folder": {
			describe(m + "," + pkg("near", "path+file:///near#1", "null", "test")),
			compiler.Described{Root: "/ws", Members: members(""), Local: []string{"m", "near"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := cargo.ReadDescription([]byte(tt.out))
			if d := cmp.Diff(tt.want, got); d != "" || err != nil {
				t.Errorf("%v (-want +got)\n%s", err, d)
			}
		})
	}
	if _, err := cargo.ReadDescription([]byte("no JSON")); err == nil {
		t.Error("a description that is no JSON is none")
	}
}

func TestFindingsOfTheCompilerAreDecoded(t *testing.T) {
	const (
		finished = `{"reason":"build-finished","success":true}` + "\n"
		failed   = `{"reason":"build-finished","success":false}` + "\n"
		moved    = `{"reason":"compiler-message","package_id":"path+file:///ws#m@1","message":{"level":"error",` +
			`"message":"use of moved value: \u0060s\u0060","code":{"code":"E0382"},"spans":[` +
			`{"file_name":"src/lib.rs","line_start":3,"column_start":13,"line_end":3,"column_end":14,` +
			`"is_primary":false,"label":"value moved here"},` +
			`{"file_name":"src/lib.rs","line_start":4,"column_start":10,"line_end":4,"column_end":11,` +
			`"is_primary":true,"label":"value used here after move"}],` +
			`"children":[{"level":"note","message":"move occurs","spans":[]}]}}` + "\n"
		inMacro = `{"reason":"compiler-message","message":{"level":"warning","message":"unused","code":null,` +
			`"spans":[{"file_name":"/std/macros.rs","line_start":9,"column_start":1,"line_end":9,"column_end":2,` +
			`"is_primary":true,"expansion":{"span":{"file_name":"src/lib.rs","line_start":2,"column_start":5,` +
			`"line_end":2,"column_end":8}}}],"children":[]}}` + "\n"
		sum = `{"reason":"compiler-message","message":{"level":"error","message":"aborting","spans":[],` +
			`"children":[]}}` + "\n"
		fresh = `{"reason":"compiler-artifact","package_id":"path+file:///ws#m@1","fresh":true}` + "\n"
		built = `{"reason":"compiler-artifact","package_id":"path+file:///ws#m@1","fresh":false}` + "\n"
		other = `{"reason":"compiler-artifact","package_id":"registry+https://example.com#d@1","fresh":true}` + "\n"
	)
	use := compiler.Finding{
		Severity: "error", Code: "E0382",
		Message: "use of moved value: `s`\nvalue used here after move\nnote: move occurs",
		At:      compiler.Place{File: "src/lib.rs", Line: 3, Column: 9, EndLine: 3, EndColumn: 10},
		Related: []compiler.Related{{
			At:      compiler.Place{File: "src/lib.rs", Line: 2, Column: 12, EndLine: 2, EndColumn: 13},
			Message: "value moved here",
		}},
	}
	unused := compiler.Finding{
		Severity: "warning", Message: "unused",
		At: compiler.Place{File: "src/lib.rs", Line: 1, Column: 4, EndLine: 1, EndColumn: 7},
	}
	for name, tt := range map[string]struct {
		out         string
		want        []compiler.Finding
		unfinished  bool
		takesStored bool
	}{
		"clean": {out: built + other + finished},
		"an error, and the sum of errors": {
			out: moved + sum + failed, want: []compiler.Finding{use},
		},
		"a warning in a macro": {
			out: "text\n" + inMacro + finished, want: []compiler.Finding{unused},
		},
		"nothing says that the check ended": {
			out: moved, want: []compiler.Finding{use}, unfinished: true,
		},
		"it failed, and no finding says why": {
			out: inMacro + sum + failed, want: []compiler.Finding{unused}, unfinished: true,
		},
		"a result that another check has stored": {out: fresh + finished, takesStored: true},
		"nothing":                                {unfinished: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := cargo.Read([]byte(tt.out))
			if d := cmp.Diff(tt.want, got); d != "" || (err != nil) != tt.unfinished {
				t.Errorf("%v (-want +got)\n%s", err, d)
			}
			if cargo.Stale([]byte(tt.out)) != tt.takesStored {
				t.Errorf("stale: %t, want %t", !tt.takesStored, tt.takesStored)
			}
		})
	}
}

func TestPackagesAreFoundByTheirManifests(t *testing.T) {
	v := projecttest.Files{
		"Cargo.toml": "", "src/a.rs": "", "crates/b/Cargo.toml": "", "crates/b/src/b.rs": "", "loose/c.rs": "",
	}
	manifests := cargo.Manifests(v, []string{"crates/b/src/b.rs", "src/a.rs"})
	if d := cmp.Diff([]string{"Cargo.toml", "crates/b/Cargo.toml"}, manifests); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	nearest := cargo.Nearest(v)
	for file, want := range map[string]string{
		"src/a.rs": "Cargo.toml", "crates/b/src/b.rs": "crates/b/Cargo.toml", "loose/c.rs": "Cargo.toml",
	} {
		if got := nearest(file); got != want {
			t.Errorf("%s belongs to %q, want %q", file, got, want)
		}
	}
	if got := cargo.Nearest(projecttest.Files{"c.rs": ""})("c.rs"); got != "" {
		t.Errorf("no manifest: %q", got)
	}
}
