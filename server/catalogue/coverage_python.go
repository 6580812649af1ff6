package catalogue

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tailscale/hujson"

	"lanser/index/manifest"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/compiler"
	"lanser/server/project"
	"lanser/server/trace"
)

// pyrightConfig is the part of pyright's configuration that decides which files it checks (pyright's
// docs, configuration.md). Pyright reads pyrightconfig.json, else pyproject.toml, of the
// folder that it is started in.
type pyrightConfig struct {
	Include []string  `json:"include" toml:"include"`
	Exclude *[]string `json:"exclude" toml:"exclude"`
	Ignore  []string  `json:"ignore" toml:"ignore"`
	Extends string    `json:"extends" toml:"extends"`
	// TypeCheckingMode and FailOnWarnings decide whether basedpyright fails on warnings.
	TypeCheckingMode string `json:"typeCheckingMode" toml:"typeCheckingMode"`
	FailOnWarnings   *bool  `json:"failOnWarnings" toml:"failOnWarnings"`

	file string // that it was read from, with the table; "" for no configuration
	// broken is the file that should have been read and is no JSON or TOML; "" for none. why is the decoder's error.
	broken string
	why    error
}

// pyrightExcludes are the patterns that pyright excludes if the configuration has none of its own.
var pyrightExcludes = []string{"**/node_modules", "**/__pycache__", "**/.*"}

// readPyrightConfig returns the configuration of a workspace for pyright, or for a server that is made of it.
func readPyrightConfig(srv *Server, v project.View) pyrightConfig {
	return readPyrightConfigIn(srv, v, ".")
}

// readPyrightConfigIn returns the configuration that pyright uses if it is started in a folder of the workspace.
func readPyrightConfigIn(srv *Server, v project.View, dir string) (c pyrightConfig) {
	ofJSON, ofTOML := path.Join(dir, "pyrightconfig.json"), path.Join(dir, "pyproject.toml")
	if raw := project.ContentOf(v, ofJSON); raw != nil && text.Nesting(raw) <= project.MaxNesting {
		standard, err := hujson.Standardize(bytes.Clone(raw))
		if err == nil && json.Unmarshal(standard, &c) == nil {
			c.file = ofJSON
			return c
		}
		if err != nil {
			return pyrightConfig{broken: ofJSON, why: err}
		}
		return pyrightConfig{}
	}
	raw := project.ContentOf(v, ofTOML)
	if raw == nil {
		return pyrightConfig{}
	}
	var project struct {
		Tool struct {
			Pyright      *pyrightConfig `toml:"pyright"`
			BasedPyright *pyrightConfig `toml:"basedpyright"`
		} `toml:"tool"`
	}
	var anything map[string]any
	if err := srv.decodeTOML(raw, &anything); err != nil {
		return pyrightConfig{broken: ofTOML, why: err}
	}
	if srv.decodeTOML(raw, &project) != nil {
		return pyrightConfig{}
	}
	table, own := "pyright", project.Tool.Pyright
	if based := project.Tool.BasedPyright; based != nil && srv != nil && srv.Name == "basedpyright" {
		if own != nil { // it wants one of the two
			return pyrightConfig{broken: ofTOML}
		}
		table, own = "basedpyright", based
	}
	if own == nil {
		return pyrightConfig{}
	}
	c = *own
	c.file = "[tool." + table + "] in " + ofTOML
	return c
}

// brokenPyrightConfig is [Checking.BrokenConfig] of pyright and basedpyright, whose command lines end with an error
// and check nothing if a configuration is no JSON or TOML.
func brokenPyrightConfig(srv *Server, v project.View, _ []string) (compiler.Finding, bool) {
	c := readPyrightConfig(srv, v)
	if c.why == nil || !srv.format.Has(trace.BrokenPyrightConfig) {
		return compiler.Finding{}, false
	}
	line, column, what, ok := manifest.Mistake(c.why)
	if m := jsonMistake.FindStringSubmatch(c.why.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		column, _ = strconv.Atoi(m[2])
		what, ok = m[3], true
	}
	wrong := text.New(project.ContentOf(v, c.broken)).Line(max(line-1, 0))
	if !ok || onlyInNewTOML.MatchString(wrong) {
		return compiler.Finding{}, false
	}
	return compiler.Finding{
		Severity: "error", Source: srv.Name, Message: "the configuration cannot be parsed: " + what,
		At: compiler.Place{File: c.broken, Line: line - 1, Column: column - 1, EndLine: line - 1, EndColumn: column},
	}, true
}

var (
	// jsonMistake matches the error of the decoder for JSON with comments.
	jsonMistake = lazyregexp.New(`^hujson: line (\d+), column (\d+): (.*)`)
	// onlyInNewTOML matches what pyright reads and the decoder for TOML does not: escapes and times of TOML 1.1.
	onlyInNewTOML = lazyregexp.New(`\\[ex]|\d\d:\d\d(?:[^:\d]|$)`)
)

// failsOnWarnings is [Server.warningsFail] of basedpyright, whose command line fails on warnings in the modes
// recommended, which is its default, and all, unless failOnWarnings says otherwise (its docs, configuration.md).
func failsOnWarnings(srv *Server, v project.View) bool {
	c := readPyrightConfig(srv, v)
	if c.FailOnWarnings != nil {
		return *c.FailOnWarnings
	}
	return slices.Contains([]string{"", "recommended", "all"}, c.TypeCheckingMode)
}

// configuresBasedPyright is [Server.configured] of basedpyright.
func configuresBasedPyright(v project.View) bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		return hasTable(project.ContentOf(v, "pyproject.toml"), []string{"tool", "basedpyright"})
	}).(bool)
}

// pyrightSettingsBelow is [Server.settingsBelow] of pyright: of each folder the file that it would use if that folder
// were the workspace.
func pyrightSettingsBelow(v project.View) (files []string) {
	for _, p := range v.Paths() {
		dir, base := path.Split(p)
		isOwn := base == "pyrightconfig.json" ||
			base == "pyproject.toml" && !project.Has(v, dir+"pyrightconfig.json") &&
				(hasTable(project.ContentOf(v, p), []string{"tool", "pyright"}) ||
					hasTable(project.ContentOf(v, p), []string{"tool", "basedpyright"}))
		if dir != "" && isOwn {
			files = append(files, p)
		}
	}
	return files
}

// maxCheckFolders bounds the folders with settings of their own: pyright reads the code of each by itself.
const maxCheckFolders = 50

// pyrightCheckFolders is [Server.checkFolders] of pyright: the folders of [pyrightSettingsBelow], if the workspace has
// no configuration of pyright.
func pyrightCheckFolders(srv *Server, v project.View) []string {
	type key struct{ server string }
	return v.Memoize(key{srv.Name}, func() any {
		if c := readPyrightConfig(srv, v); c.file != "" || c.broken != "" {
			return []string(nil)
		}
		var dirs []string
		excludes, environments := pyrightSpecs(pyrightExcludes), project.FoldersNamed(v, "pyvenv.cfg")
		for _, p := range pyrightSettingsBelow(v) {
			dir := path.Dir(p)
			_, inEnvironment := project.NearestAbove(environments, p)
			c := readPyrightConfigIn(srv, v, dir)
			isOwn := c.file != "" || c.broken != ""
			if isOwn && !inEnvironment && !matchesAny(excludes, dir) && len(dirs) < maxCheckFolders {
				dirs = append(dirs, dir)
			}
		}
		slices.Sort(dirs)
		return slices.Compact(dirs)
	}).([]string)
}

// pyrightStanding is [Server.standing] of pyright: it checks what its configuration includes and
// does not exclude, and leaves out virtual environments.
func pyrightStanding(srv *Server, v project.View) func(file string) Standing {
	ofFolder := map[string]func(file string) Standing{".": pyrightStandingIn(srv, v, ".")}
	folders := map[string]bool{".": true}
	for _, dir := range srv.CheckFolders(v) {
		ofFolder[dir], folders[dir] = pyrightStandingIn(srv, v, dir), true
	}
	return func(file string) Standing {
		dir, _ := project.NearestAbove(folders, file)
		return ofFolder[dir](file)
	}
}

// pyrightStandingIn returns what pyright's configuration in a folder says of the files below.
func pyrightStandingIn(srv *Server, v project.View, dir string) func(file string) Standing {
	c := readPyrightConfigIn(srv, v, dir)
	if missing := missingExtended(v, c, dir); missing != "" {
		reason := srv.Name + " cannot read " + missing + ", which its configuration extends, and fails without it"
		return func(string) Standing { return Standing{State: bundle.UncheckedState, Reason: reason} }
	}
	if c.Extends != "" && dir != "." {
		standing := Standing{
			State:  bundle.UncheckedState,
			Reason: c.file + " extends other settings, which a check of the whole workspace does not read",
			Fix:    "lanser diag --workspace " + dir,
		}
		return func(string) Standing { return standing }
	}
	if _, isFinding := brokenPyrightConfig(srv, v, nil); c.broken != "" && (dir != "." || !isFinding) {
		reason := srv.Name + " cannot parse " + c.broken + ", and fails with it"
		return func(string) Standing { return Standing{State: bundle.UncheckedState, Reason: reason} }
	}
	excluded := func(reason string) Standing {
		return Standing{State: bundle.Excluded, Reason: reason}
	}
	excludes := pyrightExcludes
	if c.Exclude != nil {
		excludes = *c.Exclude
	}
	include, exclude, ignore := pyrightSpecs(c.Include), pyrightSpecs(excludes), pyrightSpecs(c.Ignore)
	environments := project.FoldersNamed(v, "pyvenv.cfg")
	return func(file string) Standing {
		_, inEnvironment := project.NearestAbove(environments, file)
		file = strings.TrimPrefix(file, dir+"/")
		switch {
		case len(c.Include) > 0 && !matchesAny(include, file):
			return excluded("include of " + c.file + " leaves them out")
		case c.Exclude != nil && matchesAny(exclude, file):
			return excluded("exclude of " + c.file + " leaves them out")
		case matchesAny(exclude, file) && !slices.Contains(c.Include, file):
			return excluded(leftOutByDefault)
		case matchesAny(ignore, file):
			return excluded("ignore of " + c.file + " suppresses their findings")
		case inEnvironment:
			return excluded("they are in a virtual environment")
		}
		if c.Extends != "" {
			return Standing{Refused: "a configuration that " + c.file + " extends leaves them out"}
		}
		return Standing{}
	}
}

// missingExtended returns the first configuration of the workspace that pyright's one in a folder extends, directly or
// not, and that does not exist; "" for none. Pyright reads the files in JSON.
func missingExtended(v project.View, c pyrightConfig, dir string) string {
	at := dir
	for range maxExtended {
		if c.Extends == "" || path.IsAbs(c.Extends) {
			return ""
		}
		at = path.Join(at, c.Extends)
		if strings.HasPrefix(at, "..") {
			return "" // nobody knows what is there
		}
		raw, err := v.ReadFile(at)
		if errors.Is(err, fs.ErrNotExist) {
			return at
		}
		var next pyrightConfig
		if err != nil || text.Nesting(raw) > project.MaxNesting {
			return ""
		}
		standard, err := hujson.Standardize(bytes.Clone(raw))
		if err != nil || json.Unmarshal(standard, &next) != nil {
			return ""
		}
		c, at = next, path.Dir(at)
	}
	return ""
}

// maxExtended bounds a chain of configurations.
const maxExtended = 20

const leftOutByDefault = "unless it is configured, " +
	"pyright leaves out node_modules, __pycache__ and names that begin with a dot"

// pyrightSpecs compiles patterns of pyright: a pattern matches a file or folder, and all that is
// below a folder. ** stands for any folders, * and ? for a part of a name.
func pyrightSpecs(patterns []string) (specs []*regexp.Regexp) {
	for _, p := range patterns[:min(len(patterns), maxPatterns)] {
		if len(p) > maxPattern {
			continue
		}
		expr := "^"
		for part := range strings.SplitSeq(strings.TrimPrefix(path.Clean("/"+p), "/"), "/") {
			if part == "**" {
				expr += `(?:[^/]+/)*`
				continue
			}
			part = regexp.QuoteMeta(part)
			part = strings.ReplaceAll(strings.ReplaceAll(part, `\*`, `[^/]*`), `\?`, `[^/]`)
			expr += part + "/"
		}
		if spec, err := regexp.Compile(expr); err == nil {
			specs = append(specs, spec)
		}
	}
	return specs
}

// matchesAny reports whether one of the patterns matches a file or a folder above it.
func matchesAny(specs []*regexp.Regexp, file string) bool {
	return slices.ContainsFunc(specs, func(spec *regexp.Regexp) bool { return spec.MatchString(file + "/") })
}
