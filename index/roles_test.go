package index_test

import (
	"strings"
	"testing"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// A line that declares or imports other names is another line, however alike the two are: its place is gone.
func TestALineThatNamesSomethingElseIsAnotherLine(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ path, was, is, line, want string }{
		"enumerators": {
			path: "options.c",
			was:  "enum {\n  SEQ = 16384,\n  DUMP_CODE = 2048,\n  RUN_TESTS = 32768,\n};\n",
			is:   "enum {\n  SEQ = 16384,\n  DUMP_CODE = 32768,\n};\n", line: "RUN_TESTS = 32768,",
		},
		"an enumerator with another value": {
			path: "options.c",
			was:  "enum {\n  SEQ = 16384,\n  DUMP_CODE = 2048,\n  RUN_TESTS = 32768,\n};\n",
			is:   "enum {\n  SEQ = 16384,\n  DUMP_CODE = 32768,\n};\n",
			line: "DUMP_CODE = 2048,", want: "DUMP_CODE = 32768,",
		},
		"imports of Go": {
			path: "link.go",
			was:  "package link\n\nimport (\n\t\"fmt\"\n\n\t\"example.com/internal\"\n)\n",
			is:   "package link\n\nimport (\n\t\"fmt\"\n\n\t\"example.com/features\"\n)\n",
			line: "\"example.com/internal\"",
		},
		"includes of C": {
			path: "link.c", was: "#include <assert.h>\n\nint a;\n", is: "#include <alloca.h>\n\nint a;\n",
			line: "#include <assert.h>",
		},
		"imports of TypeScript": {
			path: "handler.test.ts",
			was:  "import { processorOf, isBinary } from './handler'\n\nprocessorOf(isBinary)\n",
			is:   "import type { LambdaEvent, ProxyEvent } from './handler'\n\nlet e: LambdaEvent | ProxyEvent\n",
			line: "import { processorOf, isBinary } from './handler'",
		},
		"an import of more": {
			path: "handler.test.ts",
			was:  "import { processorOf, isBinary } from './handler'\n\nprocessorOf(isBinary)\n",
			is:   "import { processorOf, isBinary, isText } from './handler'\n\nprocessorOf(isBinary)\n",
			line: "import { processorOf, isBinary } from './handler'",
			want: "import { processorOf, isBinary, isText } from './handler'",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			indextest.Git(t, dir, "init", "-q")
			indextest.Write(t, dir, tt.path, tt.was)
			indextest.Commit(t, dir, "was")
			indextest.Write(t, dir, tt.path, tt.is)
			w, err := index.Open(dir, index.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			s, err := w.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c := text.New([]byte(tt.was))
			at := strings.Index(tt.was, tt.line)
			from, to := c.PointOf(at, text.UTF8), c.PointOf(at+len(tt.line), text.UTF8)
			target, err := selectors.Resolve(t.Context(), s, selectors.Range{
				Path: tt.path, Indexing: text.UTF8, DocVersion: "git:HEAD",
				StartLine: from.Line + 1, StartCol: from.Col + 1, EndLine: to.Line + 1, EndCol: to.Col + 1,
			})
			if tt.want == "" && !fault.Is(err, fault.NotFound) {
				t.Errorf("%q is gone, and the answer is %+v (%v)", tt.line, target, err)
			}
			if tt.want != "" && (err != nil || target.Content.Slice(target.Span) != tt.want) {
				t.Errorf("%q is found at %+v (%v), want %q", tt.line, target, err, tt.want)
			}
		})
	}
}
