package catalogue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"lanser/index/manifest"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/dangers"
	"lanser/server/project"
)

// Linter describes a server, or a command, that only adds findings to those of the server of a file's language. A
// check asks it about the files of the projects that configure it, and about no others: other projects have not
// chosen its rules.
type Linter struct {
	// Configs are the base names, as of path.Match, of the files by which a project configures it. The files
	// in the folder of such a file and below it are its files.
	Configs []string
	// Tables has the base names of files that configure several programs. Such a file counts only if it has
	// the table that is named by its keys, such as tool and ruff.
	Tables map[string][]string
	// Files is the command line, after the program, that prints the path of each file that the configuration
	// Has it check. Files that are not printed are not sent to the server, which is silent about them.
	Files []string
	// RootOnly is true if only the configuration in the workspace's own folder is used. The linter would look for
	// others in the whole folder, also in places that no list of the workspace's files has, and execute what they
	// name. Files below another configuration are reported and not sent.
	RootOnly bool
	// Unsent are the extensions of files that its command line checks and that are not sent to the server, with
	// what a report calls such a file.
	Unsent map[string]string
	// OtherVersion matches the error by which it refuses to run for a project that requires another version of it; nil
	// if it does not. Its first group is that version, or empty for DefaultVersion.
	OtherVersion   *lazyregexp.Regexp
	DefaultVersion string
	// Command is how its command line checks a project; nil for a linter that is a language server.
	Command *LinterCommand
}

// RequiresOther returns why a linter that fails with an error cannot check the project: it requires another version of
// the linter; "" if the error says something else.
func (s *Server) RequiresOther(err error) string {
	if err == nil || s.Linter.OtherVersion == nil {
		return ""
	}
	m := s.Linter.OtherVersion.FindStringSubmatch(err.Error())
	if m == nil {
		return ""
	}
	return s.OtherRequired() + ": its configuration is for " + cmp.Or(m[1], s.Linter.DefaultVersion)
}

// OtherRequired is the beginning of the reason of files of a project that requires another version of a linter.
func (s *Server) OtherRequired() string {
	return "the project requires another version of " + s.Name + " than " + s.Version
}

// IsCommand reports whether a server is a linter that is asked by its command line, and speaks no LSP.
func (s *Server) IsCommand() bool { return s.Linter != nil && s.Linter.Command != nil }

// IsCommandSource reports whether findings with a source come from a linter that is a command.
func IsCommandSource(source string) bool {
	return slices.ContainsFunc(Servers, func(s *Server) bool {
		return s.IsCommand() && s.Linter.Command.Source == source
	})
}

// LintersFor returns the linters for a file by its name, whether a project configures them or not.
func LintersFor(file string) (linters []*Server) {
	for _, s := range Servers {
		if s.Linter != nil && (s.LanguageID(file) != "" || s.Linter.Unsent[path.Ext(file)] != "") {
			linters = append(linters, s)
		}
	}
	return linters
}

// IsLinter reports whether a linter has that name.
func IsLinter(name string) bool { return slices.Contains(LinterNames(), name) }

// LinterNames returns the names of the linters, in order of [Servers].
func LinterNames() (names []string) {
	for _, s := range Servers {
		if s.Linter != nil {
			names = append(names, s.Name)
		}
	}
	return names
}

// LinterConfigs returns a function of a file: the file by which its project configures the linter, the nearest
// one above it; "" if there is none. Configurations of code that is not the project's own, such as that in
// node_modules, do not count.
func (s *Server) LinterConfigs(v project.View) func(file string) (config string) {
	configs := s.configsByFolder(v)
	return func(file string) string {
		dir, ok := project.NearestAbove(configs, file)
		if !ok {
			return ""
		}
		return configs[dir]
	}
}

// configsByFolder returns the files that configure the linter, by folder.
func (s *Server) configsByFolder(v project.View) map[string]string {
	type key struct{ srv *Server }
	return v.Memoize(key{s}, func() any { return s.linterConfigs(v) }).(map[string]string)
}

// LintedFiles returns how many of some files of the workspace are in projects that configure the linter.
func (s *Server) LintedFiles(v project.View, files []string) (n int) {
	config := s.LinterConfigs(v)
	for _, p := range files {
		if s.LanguageID(p) != "" && config(p) != "" {
			n++
		}
	}
	return n
}

// LinterProjects returns the files of the workspace that configure the linter, sorted.
func (s *Server) LinterProjects(v project.View) []string {
	return slices.Sorted(maps.Values(s.configsByFolder(v)))
}

// linterConfigs is configsByFolder, worked out anew.
func (s *Server) linterConfigs(v project.View) map[string]string {
	out := map[string]string{}
	var notOwn func(string) string
	for _, p := range v.Paths() {
		if !s.Linter.isConfigured(v, p) || out[path.Dir(p)] != "" {
			continue
		}
		if notOwn == nil {
			notOwn = project.NotOwnCode(v)
		}
		if notOwn(p) == "" {
			out[path.Dir(p)] = p
		}
	}
	return out
}

// isConfigured reports whether a file configures the linter.
func (l *Linter) isConfigured(v project.View, p string) bool {
	base := path.Base(p)
	if table := l.Tables[base]; table != nil {
		return hasTable(project.ContentOf(v, p), table)
	}
	return slices.ContainsFunc(l.Configs, func(pattern string) bool {
		ok, _ := path.Match(pattern, base)
		return ok
	})
}

// hasTable reports whether a TOML or JSON file has the table with the given keys. A TOML file that cannot be read has
// it if it has the table's header: the linter then reports what is wrong with the file.
func hasTable(raw []byte, keys []string) bool {
	var table any
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) { // which is no TOML
		if text.Nesting(raw) > project.MaxNesting || json.Unmarshal(raw, &table) != nil {
			return false
		}
	} else if err := manifest.DecodeTOML(raw, &table); err != nil {
		header := "[" + strings.Join(keys, ".")
		return slices.ContainsFunc(strings.Split(string(raw), "\n"), func(line string) bool {
			return strings.HasPrefix(line, header+"]") || strings.HasPrefix(line, header+".")
		})
	}
	for _, key := range keys {
		m, ok := table.(map[string]any)
		if !ok {
			return false
		}
		table = m[key]
	}
	_, ok := table.(map[string]any)
	return ok
}

// onlyItself is [Server.dependents] of a linter that, given its configuration, finds everything in a file in the
// file itself.
func onlyItself(_, _ project.View, changed []string) func(p string) bool {
	return func(p string) bool { return slices.Contains(changed, p) }
}

var ruff = &Server{
	Name:    "ruff",
	Version: "0.17.6",
	Reading: Reading{
		LanguageIDs:   map[string]string{".py": "python", ".pyi": "python"},
		Configs:       []string{"ruff.toml", ".ruff.toml", "pyproject.toml"},
		ProjectsPinIt: true,
	},
	Checking: Checking{
		Linter: &Linter{
			Configs: []string{"ruff.toml", ".ruff.toml"},
			Tables:  map[string][]string{"pyproject.toml": {"tool", "ruff"}},
			Files:   []string{"check", "--no-cache", "--quiet", "--show-files"},
			Unsent:  map[string]string{".ipynb": "notebook"},

			OtherVersion: lazyregexp.New("Required version `([^`]*)` does not match the running version"),
		},
		OpenForDiagnostics: true,
		Gate:               []string{"Ruff"}, // 'ruff check' fails on every finding
	},
	Starting: Starting{
		Install: Install{
			Manager: "pypi",
			Package: "ruff==0.17.6",
			Wheels: &PinnedProgram{
				Name:    "ruff",
				Package: "ruff==0.17.6",
				Sums: map[string]string{
					"linux/amd64":   "aa3b08254a732acba246891089a152c47c5733dc36b8ecb76ce8602f8326e5e4",
					"linux/arm64":   "435241c61af5909a022f76219d3d1bf24730dc1bf0acabb5ddf4b569ab3cbb30",
					"darwin/amd64":  "9d44ef2140402043fd6f689ef541858b80883a8b0a02e38539ef0614ebe57d0c",
					"darwin/arm64":  "9fbddc08577592e283c265d865e0182de6e33db185494db7b06290d989d888e5",
					"windows/amd64": "9cd2fd9923e9806b8b6b67a3469e2258e84bd4d21e45d5a1a690afdfb9c8e57d",
					"windows/arm64": "d8b14e1473dc86ab9069cf7a2ba5041dc012f59110201844ed04cfddf07055a0",
				},
			},
			Command: "ruff",
		},
		Args:   []string{"server"},
		SetEnv: map[string]string{"RUFF_NO_CACHE": "true"},
		Dangers: []dangers.Danger{
			{
				Files: "*.py", Could: "be run or imported",
				Stop: dangers.StopServer, By: "Ruff parses sources and has no plugins",
			},
			{
				Files: "ruff.toml, .ruff.toml, pyproject.toml (extend, cache-dir, output-file)",
				Could: "name files that are read or written",
				Stop:  dangers.StopServer,
				By:    "Ruff takes settings from them, and is run without a cache",
			},
			{
				Files: "bin and other folders of the workspace on PATH, .venv",
				Could: "have a ruff of its own run",
				Stop:  dangers.StopPath,
				By:    "folders of the workspace are left out",
			},
		},
	},
	Following: Following{
		dependents: onlyItself,
	},
	Answering: Answering{
		Why: "Ruff answers for each file after reading it whole",
	},
}
