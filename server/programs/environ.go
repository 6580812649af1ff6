package programs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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
	"LIBRARY_PATH",
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
		value := os.Getenv(name)
		if value != "" && name != shellcheckOptions && f.allowedValue(false, name, value) != value {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// allowedValue returns the value that a program gets of a variable, "" for none.
func (f *Finder) allowedValue(trust bool, name, value string) string {
	switch {
	case name != shellcheckOptions && (trust || slices.Contains(dataVariables, name)):
		return value
	case name == shellcheckOptions:
		return withoutFormat(value)
	case name == "NODE_OPTIONS":
		return memoryOptions(value)
	case f.namesFile(name, value):
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

// shellcheckOptions is the variable with options that shellcheck puts before those of its command line. They choose
// what it reports, and name at most files that it reads as data.
const shellcheckOptions = "SHELLCHECK_OPTS"

// withoutFormat returns options of shellcheck without those that choose what its output looks like, which who runs it
// reads.
func withoutFormat(options string) string {
	var keep []string
	isFormat := false
	for o := range strings.FieldsSeq(options) {
		isValue := isFormat
		isFormat = o == "-f" || o == "--format" || o == "-W" || o == "--wiki-link-count"
		isJoined := strings.HasPrefix(o, "-f") || strings.HasPrefix(o, "-W") || strings.HasPrefix(o, "-C") ||
			strings.HasPrefix(o, "--format=") || strings.HasPrefix(o, "--wiki-link-count=") ||
			strings.HasPrefix(o, "--color")
		if !isValue && !isFormat && !isJoined {
			keep = append(keep, o)
		}
	}
	return strings.Join(keep, " ")
}

// pathVariables are variables whose values are paths, or lists of paths. A relative path in them
// would name a file of the workspace, in which the tools run.
var pathVariables = []string{
	"GOENV", "GOROOT", "GOPATH", "GOMODCACHE", "GOWORK", "CARGO_HOME", "RUSTUP_HOME", "VIRTUAL_ENV",
	"CONDA_PREFIX", "PYENV_ROOT", "PYTHONPATH", "PYTHONHOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "HOME", "XDG_CONFIG_HOME", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR",
}

// commandVariables are variables whose values are a program with arguments.
var commandVariables = []string{"CC", "CXX", "PKG_CONFIG", "GOPACKAGESDRIVER", "GOAUTH"}

// flagVariables are variables whose values are flags of a compiler, which may name files that it loads.
var flagVariables = []string{
	"CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS",
	"RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS",
}

// namesFile reports whether the value of a variable contains the path of a file or folder of the
// workspace, be it absolute or relative, alone, in a list, or as the value of a flag.
func (f *Finder) namesFile(name, value string) bool {
	for _, s := range f.spaces {
		for _, root := range []string{s.named, s.root, s.boundary} { // the path may contain separators
			if containsPath(value, root) {
				return true
			}
		}
	}
	if len(f.spaces) == 0 {
		return false
	}
	pieces := strings.FieldsFunc(value, func(r rune) bool {
		return strings.ContainsRune(" \t\r\n\x1f=,;'\"", r) || r == os.PathListSeparator
	})
	if slices.ContainsFunc(append(pieces, value), f.isPath) {
		return true
	}
	switch {
	case slices.Contains(pathVariables, name):
		return value != "off" && value != "auto" &&
			slices.ContainsFunc(pieces, func(p string) bool { return !filepath.IsAbs(p) })
	case slices.Contains(commandVariables, name):
		return len(pieces) > 1 && slices.ContainsFunc(pieces[1:], f.isFileArgument)
	case slices.Contains(flagVariables, name):
		words := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \t\r\n\x1f'\"", r) })
		return slices.ContainsFunc(words, f.isFileFlag)
	case name == "CARGO_BUILD_TARGET":
		return strings.HasSuffix(value, ".json") && !filepath.IsAbs(value)
	case name == "GOFLAGS":
		return slices.ContainsFunc(fileFlags(value), f.isFileArgument)
	}
	return false
}

// containsPath reports whether a value contains a path, or that of a file below it. In the workspace /home/me/app, the
// folder /home/me/app-tools is another.
func containsPath(value, path string) bool {
	for {
		i := strings.Index(value, path)
		if i < 0 || path == "" {
			return false
		}
		value = value[i+len(path):]
		next, _ := utf8.DecodeRuneInString(value)
		isLonger := unicode.In(next, unicode.L, unicode.M, unicode.N) || strings.ContainsRune("-_.+@~%", next)
		if value == "" || !isLonger || strings.HasSuffix(path, string(filepath.Separator)) {
			return true
		}
	}
}

// isPath reports whether a piece of a value is the path of a file or folder of a workspace. A
// relative path has a separator: a name without one is found on PATH, or is no path.
func (f *Finder) isPath(p string) bool {
	if filepath.IsAbs(p) {
		return f.holds(p)
	}
	if p == "." || p == ".." || strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../") {
		return true
	}
	return strings.ContainsRune(p, filepath.Separator) && f.exists(p)
}

// exists reports whether a relative path exists in a workspace or its repository.
func (f *Finder) exists(p string) bool {
	for _, s := range f.spaces {
		for _, dir := range []string{s.root, s.boundary} {
			if _, err := os.Lstat(filepath.Join(dir, p)); err == nil {
				return true
			}
		}
	}
	return false
}

// loadingFlags are flags of compilers whose value, without a separator, is a file that is executed,
// loaded or read for further flags, or a folder of such files.
var loadingFlags = []string{
	"-B", "-specs", "--specs", "-fplugin", "-fpass-plugin", "-wrapper", "--config", "-Xclang", "-Wl", "-Wa", "@",
}

// isFileFlag reports whether a word among flags of a compiler may name a file of a workspace, although it has no
// separator: by itself, as the value of a flag, or as an argument that is passed on to the linker.
func (f *Finder) isFileFlag(word string) bool {
	parts := strings.Split(word, ",")
	if parts[0] == "-Wl" || parts[0] == "-Wa" {
		return slices.ContainsFunc(parts[1:], func(part string) bool {
			isName := !strings.HasPrefix(part, "-") && !filepath.IsAbs(part)
			return strings.HasPrefix(part, "@") || isName && (strings.HasSuffix(part, ".so") || f.exists(part))
		})
	}
	flag, value, hasValue := strings.Cut(word, "=")
	if strings.HasPrefix(flag, "-D") {
		return false // a macro
	}
	if hasValue && strings.HasPrefix(flag, "-") {
		isLoading := slices.Contains(loadingFlags, flag) && !filepath.IsAbs(value)
		return isLoading || f.isFileArgument(value)
	}
	return f.isFileArgument(word)
}

// isFileArgument reports whether an argument of a command may be a file of a workspace, although it
// has no separator: the command runs in some folder of the workspace.
func (f *Finder) isFileArgument(arg string) bool {
	for _, flag := range loadingFlags {
		if value, ok := strings.CutPrefix(arg, flag); ok && !filepath.IsAbs(value) {
			return true
		}
	}
	return !strings.HasPrefix(arg, "-") && !filepath.IsAbs(arg) && (strings.Contains(arg, ".") || f.exists(arg))
}

// wordFlags are flags of the go command whose values are no files.
var wordFlags = []string{"mod", "tags", "buildvcs", "buildmode", "compiler", "count", "run", "timeout", "p", "vet"}

// fileFlags returns the words of the values in GOFLAGS that may be files.
func fileFlags(goflags string) (words []string) {
	for _, flag := range SplitQuoted(goflags) {
		name, value, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if !slices.Contains(wordFlags, name) {
			words = append(words, strings.Fields(value)...)
		}
	}
	return words
}

// SplitQuoted splits the value of GOFLAGS at spaces. An element may be in single or double quotes, without escapes.
func SplitQuoted(s string) (out []string) {
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return out
		}
		if quote := s[0]; quote == '\'' || quote == '"' {
			element, rest, ok := strings.Cut(s[1:], string(quote))
			if !ok {
				return out // go refuses it
			}
			out, s = append(out, element), rest
			continue
		}
		end := strings.IndexAny(s, " \t\r\n")
		if end < 0 {
			end = len(s)
		}
		out, s = append(out, s[:end]), s[end:]
	}
}
