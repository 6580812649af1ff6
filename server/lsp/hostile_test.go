package lsp

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"lanser/selectors/text"
)

func TestATypeScriptConfigurationOfAnyKindEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		raw  string
		want bool
	}{
		"plain": {`{"include": ["src/**/*"] // why not
		}`, true},
		"nested arrays":    {strings.Repeat("[", 1<<20), false},
		"nested objects":   {strings.Repeat(`{"a":`, 1<<18), false},
		"nested comments":  {strings.Repeat("/*", 1<<20), false},
		"extends itself":   {`{"extends": "./tsconfig.json"}`, false},
		"extends a chain":  {`{"extends": [` + strings.Repeat(`"./tsconfig.json",`, 1<<14) + `]}`, false},
		"many patterns":    {`{"include": [` + strings.Repeat(`"src/*",`, 1<<14) + `"src/**/*"]}`, false},
		"a long pattern":   {`{"include": ["` + strings.Repeat("*a", 1<<14) + `", "src/**/*"]}`, false},
		"stars":            {`{"include": ["` + strings.Repeat("*a", 400) + `b", "src/**/*"]}`, true},
		"folders of stars": {`{"include": ["` + strings.Repeat("**/", 300) + `b", "src/**/*"]}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, ok := readTSConfig([]byte(tt.raw))
			if got := ok && c.holds("src/"+strings.Repeat("a", 200)+".ts"); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// Whatever a configuration holds, it is read or not, and matching ends.
func FuzzTSConfig(f *testing.F) {
	for _, s := range []string{`{"include":["src/**/*"],"exclude":["**/*.spec.ts"]}`, "{/**/\"files\":[\"a.ts\",],}", `{"extends":[],"compilerOptions":{"outDir":"./x/.."}}`, "[[[[", "\ufeff{}", `{"include":["../*","/a","$x"]}`} {
		f.Add([]byte(s), "src/a.ts")
	}
	f.Fuzz(func(t *testing.T, raw []byte, rel string) {
		if c, ok := readTSConfig(raw); ok {
			c.holds(rel)
		}
	})
}

// files is a view of files with their contents.
type files map[string]string

func (f files) Root() string                            { return "/nowhere" }
func (f files) Paths() []string                         { return slices.Sorted(maps.Keys(f)) }
func (f files) Files() any                              { return nil }
func (f files) Once(_ any, work func() any) any         { return work() }
func (f files) Disk(string) (string, bool)              { return "", false }
func (f files) ReadFile(p string) ([]byte, error)       { return []byte(f[p]), nil }
func (f files) Content(p string) (*text.Content, error) { return text.New([]byte(f[p])), nil }

// Whatever a compilation database holds, it lists no more files than its bytes allow.
func FuzzDatabase(f *testing.F) {
	for _, s := range []string{`[{"directory":"/nowhere","file":"a.c","command":"cc"}]`, `[{"file":"../../etc/passwd","directory":""}]`, strings.Repeat("[", 1000), `[{"file":1}]`, `[null,{"file":"\u0000"}]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got := compiled(files{"compile_commands.json": string(raw)}, "compile_commands.json"); len(got) > len(raw)/8 {
			t.Errorf("%d files in %d bytes", len(got), len(raw))
		}
	})
}

// Whatever the manifests of Go and Python hold, they are read or passed over.
func FuzzManifests(f *testing.F) {
	for _, s := range []string{"go 1.21\nuse (\n\t./a\n\t../b\n)\n", "use ./a", "[tool.pyright]\ninclude = ['a']\n", "{\"include\":[]}", "use (\n" + strings.Repeat("(", 100), "\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v := files{"go.work": string(raw), "go.mod": string(raw), "pyproject.toml": string(raw), "pyrightconfig.json": string(raw), "a.go": string(raw), "a.py": ""}
		heldByPyright(nil, v, "a.py")
		heldByGopls(nil, v, "a.go")
		if used, _ := goWork(v); len(used) > len(raw) {
			t.Errorf("%d modules in %d bytes", len(used), len(raw))
		}
	})
}

// Whatever a server sends, what comes through is no more than it sent, and memory grows
// with what comes, not with what is promised.
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{
		"Content-Length: 2\r\n\r\n{}", "content-length:2\n\n{}Content-Length: 67108864\r\n\r\n", "Content-Length: 67108865\r\n\r\n", "Content-Length: -1\r\n\r\n", "Content-Length: 1\r\nContent-Length: 3\r\n\r\nabc",
		strings.Repeat("X: y\r\n", 100), "Content-Length: 99999999999999999999\r\n\r\n", "Content-Length: 2\r\n\r\n\xff\xfe",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b := newBounded(io.NopCloser(bytes.NewReader(in)), func(error) {})
		out, err := io.ReadAll(b)
		runtime.ReadMemStats(&after)
		if len(out) > len(in) {
			t.Errorf("%d bytes come of %d, %v", len(out), len(in), err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(1<<20+20*len(in)) {
			t.Errorf("%d bytes were allocated for %d", grown, len(in))
		}
	})
}

// Whatever a server answers, it is read or refused.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{`[{"uri":"file:///a","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":1}}}]`, `{"contents":["a",{"language":"go","value":"x"}]}`, `{"kind":"full","items":[{"message":{"kind":"markdown","value":"x"}}]}`, `{"success":true,"body":[{}]}`, "null", strings.Repeat("[", 2000)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		found, _ := readLocations(raw)
		_, _ = readHover(raw)
		items, _ := readReport(raw)
		told, _ := readTSServer(raw)
		if n := len(found) + len(items) + len(told); n > len(raw) {
			t.Error(fmt.Sprint(n, " things in ", len(raw), " bytes"))
		}
	})
}
