package catalogue_test

import (
	"testing"

	"lanser/server/catalogue"
)

func TestAnExtensionThatLanguagesShareDoesNotDecideTheLanguageAlone(t *testing.T) {
	for _, tt := range []struct {
		file, content string
		want          bool
	}{
		{"app_de.ts", `<?xml version="1.0"?><!DOCTYPE TS><TS/>`, true},
		{"app_de.ts", "\ufeff\n<!DOCTYPE TS>\n<TS version=\"2.1\">", true},
		{"tiles.tsx", `<?xml version="1.0"?><tileset/>`, true},
		{"video.ts", "G@\x11\x10\x00B", true},
		{"CLIP.MTS", "\x00\x00\x01G", true},
		{"utf16.ts", "\xff\xfel\x00e\x00t\x00", false},
		{"a.ts", "export const a = <T,>(x: T) => x;\n", false},
		{"a.tsx", "<div/>;\n", false},
		{"empty.ts", "", false},
		{"a.js", "<?xml", false},
		{"ops.inc", "OP(add, 1)\n", true},
		{"page.inc", "<?php echo 1;\n", true},
		{"recipe.inc", "SUMMARY = \"x\"\n", true},
		{"empty.inc", "", true},
		{"lib.inc", "#!/bin/bash\necho\n", false},
		{"lib.inc", "#!/usr/bin/env sh\necho\n", false},
		{"lib.inc", "# common functions\n\n# shellcheck shell=sh\nf() { :; }\n", false},
		{"lib.inc", "# -*- mode: sh -*-\nf() { :; }\n", false},
		{"lib.inc", "# vim: ft=bash\nf() { :; }\n", false},
		{"c.inc", "#include \"a.h\"\nint x; // #!/bin/sh\n", true},
		{"lib.sh", "OP(add, 1)\n", false},
	} {
		got := catalogue.Lookalike(tt.file, func() []byte { return []byte(tt.content) })
		if got != tt.want {
			t.Errorf("%s %q: %v", tt.file, tt.content, got)
		}
	}
}
