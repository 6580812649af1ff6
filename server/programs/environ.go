package programs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Basic are the variables of the user's environment that every program gets.
var Basic = []string{"HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "XDG_CONFIG_HOME", "SYSTEMROOT"}

// dataVariables are variables whose values are never executed or loaded, so they may contain
// paths of the workspace.
var dataVariables = []string{
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

// Environ returns a sorted environment. It consists of PATH (from [Finder.Path], unless set has
// one), the variables in [Basic] and names from the user's environment, and those in set.
// Without trust it omits variables that name a file of the workspace, because a program would
// execute or load that file.
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

// Everything returns the user's whole environment without variables that name a file of the
// workspace, and with the variables in set. It is for the user's tools that run outside of the
// workspace.
func (f *Finder) Everything(set map[string]string) []string {
	var names []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		names = append(names, name)
	}
	return f.Environ(false, names, set)
}

// Lookup returns the value that programs get of a variable of the user's environment. ok is false
// if they do not get the variable.
func (f *Finder) Lookup(trust bool, name string) (value string, ok bool) {
	was, ok := os.LookupEnv(name)
	value = f.allowedValue(trust, name, was)
	return value, ok && (value != "" || was == "")
}

// PassedOver lists those of [Basic] and names that [Finder.Environ] omits or shortens because
// they name a file of the workspace.
func (f *Finder) PassedOver(names []string) (out []string) {
	for _, name := range append(slices.Clone(Basic), names...) {
		if value := os.Getenv(name); value != "" && f.allowedValue(false, name, value) != value {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// allowedValue returns the value that a program gets of a variable, "" for none.
func (f *Finder) allowedValue(trust bool, name, value string) string {
	switch {
	case trust || slices.Contains(dataVariables, name):
		return value
	case name == "NODE_OPTIONS":
		return memoryOptions(value)
	case f.namesFile(value):
		return ""
	}
	return value
}

// memoryOptions returns the options of node that limit its memory. Others could load code.
func memoryOptions(value string) string {
	var keep []string
	for o := range strings.FieldsSeq(value) {
		if strings.HasPrefix(o, "--max-old-space-size=") || strings.HasPrefix(o, "--max-semi-space-size=") {
			keep = append(keep, o)
		}
	}
	return strings.Join(keep, " ")
}

// namesFile reports whether a value contains the path of a file or folder of the workspace, be it
// absolute or relative, alone, in a list, or as the value of a flag.
func (f *Finder) namesFile(value string) bool {
	if f.root == "" {
		return false
	}
	for _, root := range []string{f.root, f.named} { // the path may contain separators
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
