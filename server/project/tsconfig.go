package project

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// TSConfigs are the base names of the project files of TypeScript and JavaScript, the preferred one first.
var TSConfigs = []string{"tsconfig.json", "jsconfig.json"}

// IsTypeScript reports whether a file is a source of TypeScript or JavaScript by its name.
func IsTypeScript(p string) bool {
	endings := []string{".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"}
	return slices.Contains(endings, strings.ToLower(path.Ext(p)))
}

// MaxReferences bounds the project files that are reached by references, and those that one extends.
const MaxReferences = 500

// RefersToOthers reports whether a project file refers to others, whether they exist or not.
func RefersToOthers(v View, config string) bool {
	var parsed struct {
		References []json.RawMessage `json:"references"`
	}
	return ReadJSONC(v, config, &parsed) && len(parsed.References) > 0
}

// ReferencesOf returns the project files of the workspace that a project file refers to
// (TypeScript handbook, Project References: a folder, or a file).
func ReferencesOf(v View, config string) (out []string) {
	var parsed struct {
		References []struct {
			Path string `json:"path"`
		} `json:"references"`
	}
	if !ReadJSONC(v, config, &parsed) {
		return nil
	}
	for _, r := range parsed.References {
		to := path.Join(path.Dir(config), r.Path)
		for _, p := range []string{to, path.Join(to, "tsconfig.json")} {
			if path.Ext(p) == ".json" && Has(v, p) {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// Extends returns the files of the workspace that a configuration extends: those that it names by a path.
// Packages are not files of the workspace.
func Extends(v View, config string) (out []string) {
	var parsed struct {
		Extends json.RawMessage `json:"extends"`
	}
	if !ReadJSONC(v, config, &parsed) {
		return nil
	}
	var names []string
	if json.Unmarshal(parsed.Extends, &names) != nil {
		names = make([]string, 1)
		if json.Unmarshal(parsed.Extends, &names[0]) != nil {
			return nil
		}
	}
	for _, name := range names {
		if !strings.HasPrefix(name, ".") {
			continue
		}
		to := path.Join(path.Dir(config), name)
		for _, p := range []string{to, to + ".json"} {
			if Has(v, p) {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// CircleOfExtends returns the configurations that a chain of them extends, until one is there for the second time; nil
// if none is. In done are those that lead to no circle.
func CircleOfExtends(v View, chain []string, done map[string]bool) []string {
	last := chain[len(chain)-1]
	for _, next := range Extends(v, last) {
		longer := append(slices.Clone(chain), next)
		if slices.Contains(chain, next) {
			return longer
		}
		if done[next] || len(chain) > MaxReferences {
			continue
		}
		if circle := CircleOfExtends(v, longer, done); circle != nil {
			return circle
		}
	}
	done[last] = true
	return nil
}
