package text_test

import (
	"testing"

	"lanser/selectors/text"
)

func TestTheFirstLineTellsAScriptOfTheShell(t *testing.T) {
	for line, want := range map[string]bool{
		"#!/bin/sh\necho\n": true, "#! /usr/bin/env bash\n": true, "#!/bin/dash": true, "#!/usr/bin/ksh -e\n": true,
		"#!/opt/my-tools/bin/bash\n": true, "#!/bin/zsh\n": false, "#!/usr/bin/env python3\n": false, "": false,
		"#!/usr/bin/env -S bash -e\n": true, "#!/usr/bin/env bats\n": true, "#!/bin/ash": true,
		"#!/bin/busybox sh\n":            true,
		"#!/usr/bin/env LC_ALL=C bash\n": true, "#!/usr/bin/env /bin/sh\n": true,
		"#!/usr/bin/env -S python3\n": false, "#!/usr/bin/batsh\n": false, "\n#!/bin/sh\n": false,
		"#!/bin/shell\n": false, "#!/usr/bin/fish\n": false, "echo #!/bin/sh\n": false,
	} {
		if got := text.IsShellScript([]byte(line)); got != want {
			t.Errorf("%q: %t", line, got)
		}
	}
}

func TestTheNamesOfScriptsTellNoLanguage(t *testing.T) {
	for name, want := range map[string]bool{
		"tool": true, "bin/.profile": true, "tool-1.2": true, "test/all.bats": true, "x.test": true,
		"pkg.postinst": true,
		"configure.in": false, "pre-commit.sample": false, "a.PNG": false, "notes.txt": false, "run.tmpl": false,
		"README.md": false, "data.json": false, "tool.pl": false, "a.vue": false,
	} {
		if got := text.MayBeScript(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
