package project

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/build"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/server/programs"
)

// GoEnvFile returns the file in which "go env -w" keeps settings, "" if there is none ("go help env").
func GoEnvFile() string {
	switch file := os.Getenv("GOENV"); file {
	case "off":
		return ""
	case "":
		dir, err := os.UserConfigDir()
		if err != nil {
			return ""
		}
		return filepath.Join(dir, "go", "env")
	default:
		return file
	}
}

// maxGoEnvFile bounds the file of "go env -w", in bytes.
const maxGoEnvFile = 1 << 20

// ReadGoEnvFile returns the settings of the go command that "go env -w" keeps, by name. The error is not nil
// if there is a file that cannot be read.
func ReadGoEnvFile() (map[string]string, error) {
	file := GoEnvFile()
	if file == "" {
		return nil, nil
	}
	raw, err := beneath.ReadFile(file, maxGoEnvFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return ParseGoEnvFile(string(raw)), err
}

// ParseGoEnvFile parses lines of NAME=VALUE. Of two lines for one name the first counts.
func ParseGoEnvFile(raw string) map[string]string {
	set := map[string]string{}
	for line := range strings.SplitSeq(raw, "\n") {
		name, value, ok := strings.Cut(line, "=")
		if !ok || name == "" || name[0] < 'A' || name[0] > 'Z' {
			continue // a comment
		}
		if _, known := set[name]; !known {
			set[name] = value
		}
	}
	return set
}

// GoBuildSettings are the settings of the go command that decide which files a build has.
var GoBuildSettings = []string{"GOOS", "GOARCH", "GOFLAGS", "GOEXPERIMENT", "CGO_ENABLED", "CC"}

// GoEnvVersion changes whenever one of the settings may have changed.
func GoEnvVersion() string {
	var version strings.Builder
	for _, name := range GoBuildSettings {
		fmt.Fprintf(&version, "%q ", os.Getenv(name))
	}
	file := GoEnvFile()
	version.WriteString(file)
	if info, err := os.Stat(file); err == nil {
		fmt.Fprintf(&version, " %d %d", info.Size(), info.ModTime().UnixNano())
	}
	return version.String()
}

// GoContext returns the build that gopls loads for the workspace at root: by the user's variables, else by
// "go env -w", else for this machine.
func GoContext(root string) build.Context {
	file, _ := ReadGoEnvFile() // gopls cannot read it either
	setting := func(name string) string { return cmp.Or(os.Getenv(name), file[name]) }
	ctxt := build.Default
	ctxt.GOOS = cmp.Or(setting("GOOS"), runtime.GOOS)
	ctxt.GOARCH = cmp.Or(setting("GOARCH"), runtime.GOARCH)
	ctxt.BuildTags = append(slices.Clone(ctxt.BuildTags), TagsOf(setting("GOFLAGS"))...)
	for name := range strings.SplitSeq(setting("GOEXPERIMENT"), ",") {
		if off, ok := strings.CutPrefix(name, "no"); ok {
			ctxt.ToolTags = slices.DeleteFunc(slices.Clone(ctxt.ToolTags), func(tag string) bool {
				return tag == "goexperiment."+off
			})
		} else if name != "" {
			ctxt.ToolTags = append(slices.Clone(ctxt.ToolTags), "goexperiment."+name)
		}
	}
	ctxt.CgoEnabled = usesCgo(root, setting("CGO_ENABLED"), setting("CC"), ctxt)
	return ctxt
}

// usesCgo reports whether go compiles files that import "C", given CGO_ENABLED and CC. Unless it is told, it
// does so for this machine, if there is a C compiler ("go help environment").
func usesCgo(root, enabled, compiler string, ctxt build.Context) bool {
	switch {
	case enabled == "1":
		return true
	case enabled == "0":
		return false
	case ctxt.GOOS != runtime.GOOS || ctxt.GOARCH != runtime.GOARCH || !build.Default.CgoEnabled:
		return false
	case compiler != "":
		return true
	}
	name := "gcc"
	if slices.Contains([]string{"darwin", "freebsd", "openbsd"}, ctxt.GOOS) {
		name = "clang"
	}
	return programs.For(root).Look(name) != ""
}

// InGoBuild reports whether a build has a Go file of the view, by the file's name, its build constraints and
// whether it imports "C". A file that cannot be parsed belongs to every build.
func InGoBuild(v View, ctxt build.Context, p string) bool {
	c, err := v.Content(p)
	if err != nil {
		return true
	}
	ctxt.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.Bytes())), nil }
	match, err := ctxt.MatchFile(path.Dir(p), path.Base(p))
	if err != nil {
		return true
	}
	return match && (ctxt.CgoEnabled || !ImportsC(c.Bytes()))
}

// ImportsC reports whether a Go file imports "C".
func ImportsC(content []byte) bool {
	if !bytes.Contains(content, []byte(`"C"`)) {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", content, parser.ImportsOnly)
	if f == nil || err != nil {
		return false
	}
	for _, i := range f.Imports {
		if i.Path.Value == `"C"` {
			return true
		}
	}
	return false
}

// TagsOf returns the build tags that GOFLAGS sets: a list of flags, separated by spaces, in which a flag that
// contains spaces is quoted. The last flag -tags counts.
func TagsOf(goflags string) (tags []string) {
	for _, f := range programs.SplitQuoted(goflags) {
		if list, ok := strings.CutPrefix("-"+strings.TrimLeft(f, "-"), "-tags="); ok {
			tags = strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
		}
	}
	return tags
}

// hasGoFlag reports whether GOFLAGS, of the user's environment or of "go env -w", contains a flag.
func hasGoFlag(flag string) bool {
	file, _ := ReadGoEnvFile() // the go command cannot read it either
	return slices.Contains(programs.SplitQuoted(cmp.Or(os.Getenv("GOFLAGS"), file["GOFLAGS"])), flag)
}
