package text

import "lanser/selectors/lazyregexp"

// IsShellScript reports whether a content is a script of Bash, sh, dash or ksh by its first line, as in
// "#!/usr/bin/env bash".
func IsShellScript(content []byte) bool { return shellShebang.Match(content) }

var shellShebang = lazyregexp.New(`^#!\s*(?:/[\w/.-]*/)?(?:env\s+)?(?:ba|da|k)?sh(?:\s|$)`)
