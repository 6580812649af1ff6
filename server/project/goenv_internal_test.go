package project

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/selectors/text"
	"lanser/server/project/projecttest"
)

// oneFile is a view whose files all have one content.
type oneFile struct {
	projecttest.Files
	content string
}

func (f oneFile) Content(string) (*text.Content, error) { return text.New([]byte(f.content)), nil }

func TestTheTagsOfGOFLAGSAreParsedAsGoDoes(t *testing.T) {
	for goflags, want := range map[string][]string{
		"":                          nil,
		"-mod=mod":                  nil,
		"-tags=a":                   {"a"},
		"--tags=a,b -race":          {"a", "b"},
		"-tags=a -tags=b":           {"b"},
		"'-tags=a b' -mod=mod":      {"a", "b"},
		"\"-ldflags=-X a\" -tags=c": {"c"},
		"-tags=":                    {},
		"'-tags=a":                  nil,
		"-mytags=a":                 nil,
	} {
		if d := cmp.Diff(want, TagsOf(goflags)); d != "" {
			t.Errorf("%q: -want +got:\n%s", goflags, d)
		}
	}
}

func TestTheFileOfGoEnvIsParsedAsGoDoes(t *testing.T) {
	got := ParseGoEnvFile("# a comment\nGOOS=windows\nGOFLAGS=-tags=a b\ngoarch=arm\nGOOS=linux\n\nGOARCH\n=x\nCC=")
	if d := cmp.Diff(map[string]string{"GOOS": "windows", "GOFLAGS": "-tags=a b", "CC": ""}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// The user's variables, and otherwise the values that "go env -w" has written, decide which files a build has.
func TestTheUsersEnvironmentDecidesTheBuild(t *testing.T) {
	const cgo = "package p\n\n// int one(void);\nimport \"C\"\n"
	other := "windows"
	if runtime.GOOS == other {
		other = "linux"
	}
	for name, tt := range map[string]struct {
		env, path, content string // the file of go env -w
		vars               map[string]string
		want               bool
	}{
		"nothing is set":             {path: "a.go", content: "package p\n", want: true},
		"another system by its name": {path: "a_" + other + ".go", content: "package p\n"},
		"that system, written": {
			env:     "GOOS=" + other + "\n",
			path:    "a_" + other + ".go",
			content: "package p\n",
			want:    true,
		},
		"this system, another is set": {
			env:     "GOOS=" + other + "\n",
			path:    "a_" + runtime.GOOS + ".go",
			content: "package p\n",
		},
		"a variable outweighs": {
			env: "GOOS=" + other + "\n", vars: map[string]string{"GOOS": runtime.GOOS},
			path:    "a_" + runtime.GOOS + ".go",
			content: "package p\n", want: true,
		},
		"a tag": {path: "a.go", content: "//go:build it\n\npackage p\n"},
		"a tag, written": {
			env:     "GOFLAGS=-tags=it\n",
			path:    "a.go",
			content: "//go:build it\n\npackage p\n",
			want:    true,
		},
		"a tag, exported": {
			vars:    map[string]string{"GOFLAGS": "-tags=it"},
			path:    "a.go",
			content: "//go:build it\n\npackage p\n",
			want:    true,
		},
		"an experiment": {path: "a.go", content: "//go:build goexperiment.jsonv2x\n\npackage p\n"},
		"an experiment on": {
			env:     "GOEXPERIMENT=jsonv2x\n",
			path:    "a.go",
			content: "//go:build goexperiment.jsonv2x\n\npackage p\n",
			want:    true,
		},
		"cgo":              {vars: map[string]string{"CGO_ENABLED": "1"}, path: "a.go", content: cgo, want: true},
		"cgo, off":         {vars: map[string]string{"CGO_ENABLED": "0"}, path: "a.go", content: cgo},
		"cgo, written off": {env: "CGO_ENABLED=0\n", path: "a.go", content: cgo},
		"cgo, another way": {
			vars:    map[string]string{"CGO_ENABLED": "0"},
			path:    "a.go",
			content: "package p\n\nimport (\n\t\"fmt\"\n\t_ \"C\"\n)\n",
		},
		"no cgo: a word": {
			vars:    map[string]string{"CGO_ENABLED": "0"},
			path:    "a.go",
			content: "package p\n\nconst c = \"C\"\n",
			want:    true,
		},
		"the tag cgo": {
			vars:    map[string]string{"CGO_ENABLED": "0"},
			path:    "a.go",
			content: "//go:build cgo\n\npackage p\n",
		},
		"cgo for another system": {
			vars: map[string]string{"GOOS": other}, path: "a.go", content: cgo,
		},
		"no C compiler": {vars: map[string]string{"PATH": "/nowhere"}, path: "a.go", content: cgo},
		"no file of go env": {
			env: "GOOS=" + other + "\n", vars: map[string]string{"GOENV": "off"}, path: "a_" + runtime.GOOS + ".go",
			content: "package p\n", want: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "env")
			if err := os.WriteFile(file, []byte(tt.env), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, name := range GoBuildSettings {
				t.Setenv(name, "")
			}
			t.Setenv("GOENV", file)
			for name, value := range tt.vars {
				t.Setenv(name, value)
			}
			if got := Built(oneFile{content: tt.content}, tt.path); got != tt.want {
				t.Errorf("it is built: %v", got)
			}
		})
	}
}

func TestASettingWrittenByGoEnvTakesEffectAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	t.Setenv("GOENV", file)
	t.Setenv("GOFLAGS", "")
	memory := map[any]any{}
	v := remembering{oneFile: oneFile{content: "//go:build it\n\npackage p\n"}, memory: memory}
	for i, tt := range []struct {
		env  string
		want bool
	}{{"", false}, {"GOFLAGS=-tags=it\n", true}, {"GOFLAGS=-tags=none\n", false}} {
		if tt.env != "" {
			if err := os.WriteFile(file, []byte(tt.env), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := Built(v, "a.go"); got != tt.want {
			t.Errorf("step %d: it is built: %v", i+1, got)
		}
	}
}

// remembering is a view that remembers, as a snapshot does.
type remembering struct {
	oneFile
	memory map[any]any
}

func (r remembering) Memoize(key any, work func() any) any {
	if _, ok := r.memory[key]; !ok {
		r.memory[key] = work()
	}
	return r.memory[key]
}

// Any contents of GOFLAGS and of the file of 'go env -w' give variables and tags.
func FuzzGoEnv(f *testing.F) {
	f.Add("GOFLAGS=-tags=a,b\n# c\nGOOS=linux\n")
	f.Add("=\n==\nGOFLAGS='-tags' \"x\n")
	f.Fuzz(func(t *testing.T, raw string) {
		for name := range ParseGoEnvFile(raw) {
			if strings.Contains(name, "\n") {
				t.Errorf("the variable %q", name)
			}
		}
		TagsOf(raw)
	})
}
