package catalogue

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/tailscale/hujson"

	"lanser/index/manifest"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/project"
)

// pyrightConfig is the part of pyright's configuration that decides which files it checks (pyright's
// docs, configuration.md). Pyright reads pyrightconfig.json, else pyproject.toml, of the
// workspace's own folder.
type pyrightConfig struct {
	Include []string  `json:"include" toml:"include"`
	Exclude *[]string `json:"exclude" toml:"exclude"`
	Ignore  []string  `json:"ignore" toml:"ignore"`
	Extends string    `json:"extends" toml:"extends"`
	// TypeCheckingMode and FailOnWarnings decide whether basedpyright fails on warnings.
	TypeCheckingMode string `json:"typeCheckingMode" toml:"typeCheckingMode"`
	FailOnWarnings   *bool  `json:"failOnWarnings" toml:"failOnWarnings"`

	file string // that it was read from, with the table; "" for no configuration
	// broken is the file that should have been read and is no JSON or TOML; "" for none.
	broken string
}

// pyrightExcludes are the patterns that pyright excludes if the configuration has none of its own.
var pyrightExcludes = []string{"**/node_modules", "**/__pycache__", "**/.*"}

// readPyrightConfig returns the configuration of a workspace for pyright, or for a server that is made of it.
func readPyrightConfig(srv *Server, v project.View) (c pyrightConfig) {
	if raw := project.ContentOf(v, "pyrightconfig.json"); raw != nil && text.Nesting(raw) <= project.MaxNesting {
		standard, err := hujson.Standardize(bytes.Clone(raw))
		if err == nil && json.Unmarshal(standard, &c) == nil {
			c.file = "pyrightconfig.json"
			return c
		}
		if err != nil {
			return pyrightConfig{broken: "pyrightconfig.json"}
		}
		return pyrightConfig{}
	}
	raw := project.ContentOf(v, "pyproject.toml")
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
	if manifest.DecodeTOML(raw, &anything) != nil {
		return pyrightConfig{broken: "pyproject.toml"}
	}
	if manifest.DecodeTOML(raw, &project) != nil {
		return pyrightConfig{}
	}
	table, own := "pyright", project.Tool.Pyright
	if based := project.Tool.BasedPyright; based != nil && srv != nil && srv.Name == "basedpyright" {
		if own != nil { // it wants one of the two
			return pyrightConfig{broken: "pyproject.toml"}
		}
		table, own = "basedpyright", based
	}
	if own == nil {
		return pyrightConfig{}
	}
	c = *own
	c.file = "[tool." + table + "] in pyproject.toml"
	return c
}

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

// pyrightStanding is [Server.standing] of pyright: it checks what its configuration includes and
// does not exclude, and leaves out virtual environments.
func pyrightStanding(srv *Server, v project.View) func(file string) Standing {
	c := readPyrightConfig(srv, v)
	if missing := missingExtended(v, c); missing != "" {
		reason := srv.Name + " cannot read " + missing + ", which its configuration extends, and fails without it"
		return func(string) Standing { return Standing{State: bundle.UncheckedState, Reason: reason} }
	}
	if c.broken != "" {
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
		switch _, inEnvironment := project.NearestAbove(environments, file); {
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

// missingExtended returns the first configuration in the workspace's folder that pyright's own one extends, directly or
// not, and that does not exist; "" for none. Pyright reads the files in JSON.
func missingExtended(v project.View, c pyrightConfig) string {
	at := "."
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
