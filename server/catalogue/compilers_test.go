package catalogue

import "testing"

func TestACompilerOnlyWarnsOfWhatItsReleaseAndFlagsDoNotForbid(t *testing.T) {
	const implicit, pointers = "-Wimplicit-function-declaration", "-Wincompatible-pointer-types"
	const clangs = "-Wself-assign"
	for _, tt := range []struct {
		compiler, version, code string
		args                    []string
		want                    bool
	}{
		{"gcc", "12.2.0", implicit, nil, true},
		{"x86_64-linux-gnu-gcc-12", "12.2.0", pointers, nil, true},
		{"gcc", "14.1.1", implicit, nil, false},
		{"gcc", "12.2.0", implicit, []string{"-Wall", "-Werror"}, false},
		{"gcc", "12.2.0", implicit, []string{"-Werror=implicit-function-declaration"}, false},
		{"gcc", "12.2.0", pointers, []string{"-Werror=implicit-function-declaration"}, true},
		{"gcc", "12.2.0", implicit, []string{"-pedantic-errors"}, false},
		{"gcc", "", implicit, nil, false},
		{"gcc", "12.2.0", "undeclared_var_use", nil, false},
		{"clang", "14.0.6", implicit, nil, true},
		{"clang-16", "16.0.0", implicit, nil, false},
		{"clang", "19.1.0", pointers, nil, true},
		{"gcc", "14.1.1", clangs, []string{"-Wall", "-Werror"}, true},
		{"clang", "14.0.6", clangs, []string{"-Wall", "-Werror"}, false},
		{"gcc", "12.2.0", "-Wunused-variable", []string{"-Wall", "-Werror"}, false},
	} {
		c := CompileCommand{Compiler: tt.compiler, Args: tt.args}
		if got := c.OnlyWarns(tt.version, tt.code); got != tt.want {
			t.Errorf("%s %s %v only warns of %s: %v", tt.compiler, tt.version, tt.args, tt.code, got)
		}
	}
	for name, want := range map[string]bool{
		"cc": true, "gcc-12": true, "arm-none-eabi-gcc": true, "clang": true,
		"my script": false, "g++": false, "": false,
	} {
		if got := (CompileCommand{Compiler: name}).AsksVersion(); got != want {
			t.Errorf("the version of %q is asked: %v", name, got)
		}
	}
}
