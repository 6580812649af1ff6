package project

import "testing"

func TestTheWrittenEndOfASourcedPathIsFound(t *testing.T) {
	for name, want := range map[string]string{
		`./lib.sh`:                   "lib.sh",
		`lib/../util.sh`:             "util.sh",
		`"$DIR/lib/util.sh"`:         "lib/util.sh",
		`"${BASH_SOURCE%/*}/a.sh"`:   "a.sh",
		`$(dirname "$0")/a.sh`:       "a.sh",
		`"$(dirname "$0")"/../a.sh`:  "a.sh",
		`"$1"`:                       "",
		`$file`:                      "",
		`lib/*.sh`:                   "",
		`"${DIR}/$name.sh"`:          "",
		`'/etc/profile'`:             "etc/profile",
		"`pwd`/x/y.sh":               "x/y.sh",
		`"$HERE"/conf`:               "conf",
		`"$(cd "$x" && pwd)/one.sh"`: "one.sh",
	} {
		if got := literalEnd(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
