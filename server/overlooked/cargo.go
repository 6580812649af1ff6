package overlooked

import (
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/index/manifest"
	"lanser/selectors/lazyregexp"
	"lanser/server/compiler"
	"lanser/server/project"
	"lanser/server/trace"
)

// Cargo refuses a configuration that is no TOML, and one in which a value that it needs for a check has the wrong type.
// It does not look at every key: net.retry = "x" is no mistake for 'cargo check'.

// BrokenCargo returns the mistake in the first configuration of cargo that is no TOML or has a value that cargo
// refuses. Deeper than one folder, a configuration above no manifest is not read, see [dangers.FoldersOf].
func BrokenCargo(v project.View, format trace.Format) (compiler.Finding, bool) {
	crates := project.FoldersNamed(v, "Cargo.toml")
	for _, p := range v.Paths() {
		dir, name := path.Split(p)
		if path.Base(dir) != ".cargo" || name != "config.toml" && name != "config" {
			continue
		}
		home := path.Dir(path.Clean(dir))
		isRead := func(crate string) bool { return beneath.Inside(home, crate) }
		if strings.Contains(home, "/") && !slices.ContainsFunc(slices.Collect(maps.Keys(crates)), isRead) {
			continue
		}
		raw := project.ContentOf(v, p)
		var all map[string]any
		decode := manifest.DecodeTOML
		if format.Has(trace.NewTOML) {
			decode = manifest.DecodeNewTOML
		}
		err := decode(raw, &all)
		line, column, what, ok := manifest.Mistake(err)
		what = "could not parse TOML configuration: " + what
		if err == nil {
			var key []string
			key, what = wrongCargoType(nil, all)
			line, column, ok = lineOfKey(raw, key), 1, what != ""
		}
		if !ok {
			continue
		}
		at := compiler.Place{File: p, Line: line - 1, Column: column - 1, EndLine: line - 1, EndColumn: column}
		return compiler.Finding{Severity: "error", Source: "cargo", Message: what, At: at}, true
	}
	return compiler.Finding{}, false
}

// cargoTypes are the types of the values that 'cargo check' reads, by patterns of their keys, as of path.Match with a
// slash for each dot: those of tomlType. Measured with cargo 1.95.
var cargoTypes = []struct {
	key   string
	types []string
}{
	{"build", []string{"table"}},
	{"env", []string{"table"}},
	{"http", []string{"table"}},
	{"patch", []string{"table"}},
	{"paths", []string{"list of strings"}},
	{"profile", []string{"table"}},
	{"registries", []string{"table"}},
	{"resolver", []string{"table"}},
	{"source", []string{"table"}},
	{"target", []string{"table"}},
	{"term", []string{"table"}},
	{"build/jobs", []string{"integer", "string"}},
	{"build/rustflags", []string{"string", "list of strings"}},
	{"build/rustdocflags", []string{"string", "list of strings"}},
	{"build/target", []string{"string", "list of strings"}},
	{"build/*-dir", []string{"string"}},
	{"build/dep-info-basedir", []string{"string"}},
	{"build/rustc*", []string{"string"}},
	{"build/warnings", []string{"string"}},
	{"build/incremental", []string{"boolean"}},
	{"build/pipelining", []string{"boolean"}},
	{"env/*", []string{"string", "table"}},
	{"env/*/value", []string{"string"}},
	{"env/*/force", []string{"boolean"}},
	{"env/*/relative", []string{"boolean"}},
	{"http/debug", []string{"boolean"}},
	{"http/multiplexing", []string{"boolean"}},
	{"http/timeout", []string{"integer"}},
	{"profile/*", []string{"table"}},
	{"profile/*/codegen-units", []string{"integer"}},
	{"profile/*/debug", []string{"boolean", "integer", "string"}},
	{"profile/*/debug-assertions", []string{"boolean"}},
	{"profile/*/incremental", []string{"boolean"}},
	{"profile/*/lto", []string{"boolean", "string"}},
	{"profile/*/opt-level", []string{"integer", "string"}},
	{"profile/*/overflow-checks", []string{"boolean"}},
	{"profile/*/package", []string{"table"}},
	{"profile/*/package/*", []string{"table"}},
	{"profile/*/panic", []string{"string"}},
	{"profile/*/strip", []string{"boolean", "string"}},
	{"resolver/incompatible-rust-versions", []string{"string"}},
	{"source/*/registry", []string{"string"}},
	{"source/*/replace-with", []string{"string"}},
	{"target/*", []string{"table"}},
	{"target/*/linker", []string{"string"}},
	{"target/*/runner", []string{"string", "list of strings"}},
	{"target/*/rustflags", []string{"string", "list of strings"}},
	{"term/color", []string{"string"}},
	{"term/progress", []string{"table"}},
	{"term/progress/when", []string{"string"}},
	{"term/hyperlinks", []string{"boolean"}},
	{"term/quiet", []string{"boolean"}},
	{"term/unicode", []string{"boolean"}},
	{"term/verbose", []string{"boolean"}},
}

// cargoValues are the values that 'cargo check' accepts for keys whose values are few: strings, and numbers from least
// to most. The keys are patterns, as in cargoTypes. Measured with cargo 1.95.
var cargoValues = []struct {
	key         string
	strings     []string
	least, most int64
}{
	{"build/jobs", []string{"default"}, math.MinInt64, math.MaxInt64},
	{"profile/*/opt-level", []string{"s", "z"}, 0, 3},
	{"profile/*/package/*/opt-level", []string{"s", "z"}, 0, 3},
	{"profile/*/panic", []string{"unwind", "abort", "immediate-abort"}, 0, 0},
	{"profile/*/strip", []string{"none", "debuginfo", "symbols"}, 0, 0},
	{"profile/*/debug", []string{"none", "limited", "full", "line-tables-only", "line-directives-only"}, 0, 2},
	{"profile/*/codegen-units", nil, 1, math.MaxInt64},
	{"resolver/incompatible-rust-versions", []string{"allow", "fallback"}, 0, 0},
	{"term/color", []string{"auto", "always", "never"}, 0, 0},
	{"term/progress/when", []string{"auto", "always", "never"}, 0, 0},
}

// checkedProfiles are the profiles that 'cargo check' compiles with: it does not look at the values of others.
var checkedProfiles = []string{"dev", "test"}

// wrongCargoValue says why cargo refuses a value that has a right type; "" if it does not.
func wrongCargoValue(key []string, value any) string {
	if key[0] == "profile" && len(key) > 1 && !slices.Contains(checkedProfiles, key[1]) {
		return ""
	}
	name, zero := cargoPath(key), int64(0)
	if name == "build/jobs" && value == zero {
		return "`build.jobs` must not be 0"
	}
	for _, one := range cargoValues {
		if ok, _ := path.Match(one.key, name); !ok { // the patterns are well-formed
			continue
		}
		switch v := value.(type) {
		case string:
			if !slices.Contains(one.strings, v) {
				return fmt.Sprintf("`%s` has the value %q, and may be one of %s",
					strings.Join(key, "."), v, strings.Join(one.strings, ", "))
			}
		case int64:
			if v < one.least || v > one.most {
				return fmt.Sprintf("`%s` must not be %d", strings.Join(key, "."), v)
			}
		}
	}
	return ""
}

// wrongCargoType returns the first key in a table of cargo's configuration whose value cargo refuses, mostly for its
// type, and what cargo says of it; "" if there is none. at is the key of the table.
func wrongCargoType(at []string, table map[string]any) (key []string, what string) {
	if len(at) > project.MaxNesting {
		return nil, ""
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		key, value := append(slices.Clone(at), name), table[name]
		is := tomlType(value)
		if is == "float" || is == "datetime" {
			return key, fmt.Sprintf("`%s` has the type %s, which cargo does not support", strings.Join(key, "."), is)
		}
		if wants := cargoTypesOf(key); wants != nil && !slices.Contains(wants, is) {
			return key, fmt.Sprintf("`%s` expected %s, but found %s",
				strings.Join(key, "."), withArticle(strings.Join(wants, " or ")), withArticle(is))
		}
		if what := wrongCargoValue(key, value); what != "" {
			return key, what
		}
		if inner, ok := value.(map[string]any); ok {
			if key, what := wrongCargoType(key, inner); what != "" {
				return key, what
			}
		}
	}
	return nil, ""
}

// cargoTypesOf returns the types that the value of a key may have; nil if any is accepted.
func cargoTypesOf(key []string) []string {
	name := cargoPath(key)
	for _, t := range cargoTypes {
		if ok, _ := path.Match(t.key, name); ok { // the patterns are well-formed
			return t.types
		}
	}
	return nil
}

// cargoPath returns a key in the form that the patterns of cargoTypes match.
func cargoPath(key []string) string {
	escaped := strings.ReplaceAll(strings.Join(key, "\n"), "/", "|") // cfg(a/b) is one part
	return strings.ReplaceAll(escaped, "\n", "/")
}

// tomlType names the type of a decoded value.
func tomlType(value any) string {
	switch v := value.(type) {
	case map[string]any:
		return "table"
	case []any:
		isText := func(one any) bool { _, ok := one.(string); return ok }
		if slices.ContainsFunc(v, func(one any) bool { return !isText(one) }) {
			return "list"
		}
		return "list of strings"
	case string:
		return "string"
	case int64:
		return "integer"
	case bool:
		return "boolean"
	case float64:
		return "float"
	}
	return "datetime"
}

// withArticle returns a noun with its article.
func withArticle(noun string) string {
	if strings.HasPrefix(noun, "i") {
		return "an " + noun
	}
	return "a " + noun
}

// tableHeader matches the line with which a table of TOML begins, and keyOfLine the keys of a line before the equals
// sign.
var (
	tableHeader = lazyregexp.New(`^\s*\[\[?\s*([^\]]+?)\s*\]`)
	keyOfLine   = lazyregexp.New(`^\s*([^=#\[]+?)\s*=`)
)

// lineOfKey returns the 1-based line of a TOML file on which the value of a key, or a table that has it, is written; 1
// if it is not found.
func lineOfKey(raw []byte, key []string) int {
	plain := strings.NewReplacer(`"`, "", "'", "", " ", "", "\t", "").Replace
	want, table := plain(strings.Join(key, ".")), ""
	best, line := 1, 0
	for text := range strings.Lines(string(raw)) {
		line++
		at := ""
		if m := tableHeader.FindStringSubmatch(text); m != nil {
			table = plain(m[1])
			at = table
		} else if m := keyOfLine.FindStringSubmatch(text); m != nil {
			at = strings.TrimPrefix(table+"."+plain(m[1]), ".")
		}
		if at == want {
			return line
		}
		if at != "" && strings.HasPrefix(want, at+".") {
			best = line
		}
	}
	return best
}
