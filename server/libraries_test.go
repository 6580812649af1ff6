package server_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
)

// The places in libraries that answers contain are selectors too.
func TestPlacesInLibrariesAreSelectors(t *testing.T) {
	t.Parallel()
	e := engine(t, indextest.Cobra(t))
	for _, symbol := range []string{
		"go://github.com/spf13/pflag#FlagSet.Parse", "go://net/http#Server.Serve",
		"py://json.decoder#JSONDecoder.decode", "cpp://errno.h#errno",
	} {
		want := do(t, e, api.Request{Op: "locate", Selector: selector(symbol)}).Resolution.Resolved
		line, col := want.Range[0]+1, want.Range[1]+1
		_, path, _ := strings.Cut(symbol, "#")
		for _, s := range []string{
			fmt.Sprintf("%s:%d", want.URI, line), fmt.Sprintf("%s:%d:%d", want.URI, line, col),
			fmt.Sprintf("%s@L%d:C%d", want.URI, line, col), want.URI + "#" + path,
		} {
			fresh := engine(t, indextest.Cobra(t)) // which has read no library
			got := do(t, fresh, api.Request{Op: "locate", Selector: selector(s)}).Resolution.Resolved
			if got.URI != want.URI || got.Range[0] != want.Range[0] {
				t.Errorf("%s is %s %v, want %v", s, got.URI, got.Range, want.Range)
			}
		}
	}
	for _, s := range []string{
		"goroot:///src/no/such.go:1:1", "goroot:///../../etc/passwd:1", "typeshed:///stdlib/json.pyi:1",
	} {
		_, err := e.Do(t.Context(), api.Request{Op: "locate", Selector: selector(s)})
		if !fault.Is(err, fault.NotFound) || !strings.Contains(fault.From(err).Hint, "go://net/http#Server") {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// A module that is not in the workspace is found where the language's own tools keep it, under a name that is the
// same on every machine.
func TestModulesOfLibrariesCanBeSelected(t *testing.T) {
	t.Parallel()
	cobra := engine(t, indextest.Cobra(t))
	node := indextest.Files(t, map[string]string{
		".gitignore": "/node_modules/\n", "a.ts": "import { Thing } from 'lib';\n",
		"node_modules/lib/package.json":    `{"types": "./dist/index.d.ts"}`,
		"node_modules/lib/dist/index.d.ts": "export { Thing } from './thing';\nexport * from './other.js';\n",
		"node_modules/lib/dist/thing.d.ts": "export declare class Thing { run(): void; }\n",
		"node_modules/lib/dist/other.d.ts": "export declare function other(): void;\n",
	})
	outside := indextest.Files(t, map[string]string{"secret.d.ts": "export declare const secret: string;\n"})
	if err := os.MkdirAll(filepath.Join(node, "node_modules", "evil"), 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(node, "node_modules", "evil", "index.d.ts")
	if err := os.Symlink(filepath.Join(outside, "secret.d.ts"), link); err != nil {
		t.Fatal(err)
	}
	ts := engine(t, node)
	for _, tt := range []struct {
		e             *server.Engine
		selector, uri string
	}{
		{cobra, "go://github.com/spf13/pflag#FlagSet.Parse", "gomod:///github.com/spf13/pflag@v1.0.9/flag.go"},
		{cobra, "go://net/http#Server.Serve", "goroot:///src/net/http/server.go"},
		{cobra, "py://json.decoder#JSONDecoder.decode", "pystdlib:///json/decoder.py"},
		{ts, "ts://lib#Thing.run", "node_modules/lib/dist/thing.d.ts"},
		{ts, "ts://lib#other", "node_modules/lib/dist/other.d.ts"},
		{ts, "cpp://errno.h#errno", "sysroot:///usr/include/errno.h"},
	} {
		b := do(t, tt.e, api.Request{Op: "locate", Selector: selector(tt.selector)})
		if got := b.Resolution.Resolved; got.URI != tt.uri || got.Selector != tt.selector {
			t.Errorf("%s is in %s as %s, want %s", tt.selector, got.URI, got.Selector, tt.uri)
		}
	}
	for _, s := range []string{"ts://evil#secret", "ts://../lib#Thing", "go://no/such/module#F", "py://no.such#f"} {
		if b, err := ts.Do(context.Background(), api.Request{Op: "locate", Selector: selector(s)}); !fault.Is(
			err,
			fault.NotFound,
		) {
			t.Errorf("%s: %v, %+v", s, err, b.Resolution)
		}
	}
}

// Files in folders that PYTHONPATH and CPATH name can be selected by module and by the places that answers give, and a
// header of the system has an answer although no compilation database has it.
func TestFilesOfFoldersOfTheEnvironmentCanBeSelected(t *testing.T) {
	indextest.Needs(t, "the servers clangd and pyright")
	outside := indextest.Files(t, map[string]string{
		"helper.py": "def assist(n: int) -> int:\n    return n\n", "special.h": "#define SPECIAL 3\n",
	})
	t.Setenv("PYTHONPATH", "lib:"+outside)
	t.Setenv("CPATH", outside)
	dir := indextest.Files(t, map[string]string{
		"a.py": "from helper import assist\n", "a.c": "#include <special.h>\nint f(void) { return SPECIAL; }\n",
	})
	indextest.Write(t, dir, "compile_commands.json",
		fmt.Sprintf(`[{"directory": %q, "file": "a.c", "arguments": ["gcc", "-c", "a.c"]}]`, dir))
	e := engine(t, dir)
	for s, want := range map[string]string{
		"py://helper#assist":            "pythonpath:///1/helper.py:1",
		"pythonpath:///1/helper.py:1:5": "pythonpath:///1/helper.py:1",
		"cpp://special.h#SPECIAL":       "cpath:///0/special.h:1",
		"cpath:///0/special.h:1:9":      "cpath:///0/special.h:1",
	} {
		b := do(t, e, api.Request{Op: "def", Selector: sel(s)})
		var got []string
		for _, d := range b.Facts.Definitions {
			got = append(got, fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1))
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("%s: %s", s, diff)
		}
	}
}

// If a name was removed since the last commit, the error says where its code is now.
func TestTheErrorForARemovedNameSaysWhereItWent(t *testing.T) {
	t.Parallel()
	dir := indextest.Files(
		t,
		map[string]string{"a.py": "def before(a, b):\n    total = a + b\n    return [total * i for i in range(a)]\n"},
	)
	for _, args := range [][]string{
		{"init", "-q"},
		{"add", "."},
		{"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "x"},
	} {
		runGit(t, dir, args...)
	}
	e := thawed(t, dir)
	renamed := "def after(a, b):\n    total = a + b\n    return [total * i for i in range(a)]\n"
	indextest.Write(t, dir, "a.py", renamed)
	b, err := e.Do(context.Background(), api.Request{Op: "locate", Selector: selector("py://a#before")})
	if !fault.Is(err, fault.NotFound) ||
		!strings.Contains(b.Error.Hint, "to py://a#after; py://a#before?docVersion=git:HEAD finds it") {
		t.Errorf("%v", err)
	}
}
