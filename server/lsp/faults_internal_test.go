package lsp

import "testing"

func TestTheCauseOfACrashIsFoundInStandardError(t *testing.T) {
	for name, tt := range map[string]struct{ stderr, want string }{
		"one line": {"fatal: the licence has expired\n", "fatal: the licence has expired"},
		"Node": {
			"file:///x/a.js:20\nconst E = T.union(B);\n            ^\n\nTypeError: T.union is not a function\n" +
				"    at file:///x/a.js:20:34\n    at async run (node:internal/main:117:5)\n\nNode.js v20.20.2\n",
			"TypeError: T.union is not a function",
		},
		"Node, with properties": {
			"Error: Cannot find module 'x'\nRequire stack:\n- /x/a.js\n    at f (node:internal:1:2) {\n" +
				"  code: 'MODULE_NOT_FOUND',\n  requireStack: []\n}\n\nNode.js v20.20.2\n",
			"Error: Cannot find module 'x'",
		},
		"Go": {
			"log\npanic: nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/x/a.go:1 +0x1\nexit status 2\n",
			"panic: nil map",
		},
		"Python": {"Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: no\n", "ValueError: no"},
		"Java": {
			"java.lang.IllegalStateException: no\n\tat a.B.c(B.java:1)\n",
			"java.lang.IllegalStateException: no",
		},
		"Rust": {
			"thread 'main' panicked at src/main.rs:3:5:\nno such file\nnote: run with `RUST_BACKTRACE=1`\n",
			"thread 'main' panicked at src/main.rs:3:5: no such file",
		},
		"the last of several": {"Error: first\nlog\nError: second\nlog\n", "Error: second"},
		"no error":            {"starting\nstopping\n", "stopping"},
		"white space":         {"\n \n", ""},
	} {
		if got := causeIn(tt.stderr); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// The cause of a crash is the same in every folder and at every time.
func TestTheCauseOfACrashHasNoTimeAndNoFolderOfTheMachine(t *testing.T) {
	for line, want := range map[string]string{
		"E[01:16:28.719] no shard for /w s/a.c: '/w s/.cache/a.c.idx'":       "no shard for a.c: '.cache/a.c.idx'",
		"2026-11-30T01:16:28.719Z ERROR no database":                         "ERROR no database",
		"2026/11/30 01:16:28 no database":                                    "no database",
		"Error: Cannot find module '/home/me/.local/x/lib/server.js'":        "Error: Cannot find module '…/server.js'",
		"at file:///home/me/a.js:20:34":                                      "at …/a.js:20:34",
		`cannot open C:\Users\me\a.c`:                                        "cannot open …/a.c",
		"panic: nil map at 0xc000123456, 0x10":                               "panic: nil map at 0x…, 0x10",
		"thread 'main' panicked at src/main.rs:3:5: and/or, see https://x/y": "",
	} {
		if want == "" {
			want = line
		}
		if got := anywhere(line, "/w s"); got != want {
			t.Errorf("%s:\n%s, want\n%s", line, got, want)
		}
	}
}

// The empty list that intelephense pushes for a document that it has dropped says nothing of the document's content.
func TestAListForADroppedDocumentIsNoFinding(t *testing.T) {
	s := &Session{changed: make(chan struct{}), pushed: map[string]push{}}
	for _, tt := range []struct {
		pushed string
		want   int
	}{
		{`{"uri":"file:///w/a.php","diagnostics":[],"isClear":true}`, 0},
		{`{"uri":"file:///w/a.php","diagnostics":[]}`, 1},
		{`{"uri":"file:///w/a.php","diagnostics":[],"isClear":true}`, 0},
	} {
		if s.push([]byte(tt.pushed)); len(s.pushed) != tt.want {
			t.Errorf("after %s, the lists of %d documents are kept, want %d", tt.pushed, len(s.pushed), tt.want)
		}
	}
}
