package text_test

import (
	"testing"

	"lanser/selectors/text"
)

func TestTheFirstLineTellsAScriptOfTheShell(t *testing.T) {
	for line, want := range map[string]bool{
		"#!/bin/sh\necho\n": true, "#! /usr/bin/env bash\n": true, "#!/bin/dash": true, "#!/usr/bin/ksh -e\n": true,
		"#!/opt/my-tools/bin/bash\n": true, "#!/bin/zsh\n": false, "#!/usr/bin/env python3\n": false, "": false,
		"\n#!/bin/sh\n": false, "#!/bin/shell\n": false, "#!/usr/bin/fish\n": false, "echo #!/bin/sh\n": false,
	} {
		if got := text.IsShellScript([]byte(line)); got != want {
			t.Errorf("%q: %t", line, got)
		}
	}
}
