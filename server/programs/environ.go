package programs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Basic are the user's variables that every program gets.
var Basic = []string{"HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "XDG_CONFIG_HOME", "SYSTEMROOT"}

// data are variables whose values are only read, never executed or loaded: a path of the
// workspace may stand in them.
var data = []string{
	"CPATH",
	"C_INCLUDE_PATH",
	"CPLUS_INCLUDE_PATH",
	"LANG",
	"LC_ALL",
	"LC_CTYPE",
	"TZ",
	"USER",
	"LOGNAME",
}

// Environ returns a sorted environment of PATH (that of [Finder.Path] if set has none), [Basic],
// the user's variables of the given names, and those of set. Without trust, variables that name
// a file of the workspace are left out, as the program would execute or load it.
func (f *Finder) Environ(trust bool, names []string, set map[string]string) []string {
	var env []string
	if _, ours := set["PATH"]; !ours {
		env = append(env, "PATH="+f.Path())
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(Basic), names...)))) {
		value, ok := f.Lookup(trust, name)
		if _, ours := set[name]; ok && !ours && name != "PATH" {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range set {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env
}

// Everything returns the user's whole environment without what names a file of the workspace,
// with the variables of set: for tools of the user's own choice that are run outside of the
// workspace.
func (f *Finder) Everything(set map[string]string) []string {
	var names []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		names = append(names, name)
	}
	return f.Environ(false, names, set)
}

// Lookup is the value of a variable of the user's as programs get it; ok is false where they
// get none.
func (f *Finder) Lookup(trust bool, name string) (value string, ok bool) {
	was, ok := os.LookupEnv(name)
	value = f.harmless(trust, name, was)
	return value, ok && (value != "" || was == "")
}

// PassedOver lists the variables of the given names that [Finder.Environ] leaves out or
// shortens, because they name a file of the workspace.
func (f *Finder) PassedOver(names []string) (out []string) {
	for _, name := range append(slices.Clone(Basic), names...) {
		if value := os.Getenv(name); value != "" && f.harmless(false, name, value) != value {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// harmless is the value that a program is given of a variable, "" for none.
func (f *Finder) harmless(trust bool, name, value string) string {
	switch {
	case trust || slices.Contains(data, name):
		return value
	case name == "NODE_OPTIONS":
		return memoryOptions(value)
	case f.namesFile(value):
		return ""
	}
	return value
}

// memoryOptions are those of node's options that only bound its memory: others load code.
func memoryOptions(value string) string {
	var keep []string
	for o := range strings.FieldsSeq(value) {
		if strings.HasPrefix(o, "--max-old-space-size=") || strings.HasPrefix(o, "--max-semi-space-size=") {
			keep = append(keep, o)
		}
	}
	return strings.Join(keep, " ")
}

// namesFile reports whether a value names a file or folder of the workspace: by its path,
// by one relative to the workspace, alone, in a list, or as the value of a flag.
func (f *Finder) namesFile(value string) bool {
	if f.root == "" {
		return false
	}
	for _, root := range []string{f.root, f.named} { // its path may hold what separates pieces
		if root != "" && strings.Contains(value, root) {
			return true
		}
	}
	pieces := strings.FieldsFunc(value, func(r rune) bool {
		return strings.ContainsRune(" \t\n=,;'\"", r) || r == os.PathListSeparator
	})
	for _, p := range append(pieces, value) {
		switch {
		case filepath.IsAbs(p):
			if Within(f.root, p) {
				return true
			}
		case p == "." || p == ".." || strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../"):
			return true
		default:
			if _, err := os.Lstat(filepath.Join(f.root, p)); err == nil && strings.ContainsRune(p, filepath.Separator) {
				return true
			}
		}
	}
	return false
}
