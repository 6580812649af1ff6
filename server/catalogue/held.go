package catalogue

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
	"lanser/server/trace"
)

// The server holds a file if it loads it with a project, whether it is open or not. Such a file
// may stay open after a question without changing later answers, and need not be opened to load
// its project. In doubt a file is not held.

// Holds reports whether a file certainly belongs to a project that the server loads by itself,
// or for any other file of the project, and is the same open and closed. A file that begins with
// a byte-order mark is not: servers drop the mark of files that they read, which moves columns.
func (srv *Server) Holds(v project.View, p string) bool {
	if srv.held == nil {
		return false
	}
	type key struct {
		srv *Server
		p   string
	}
	return v.Memoize(key{srv, p}, func() any {
		c, err := v.Content(p)
		return err == nil && !bytes.HasPrefix(c.Bytes(), []byte("\ufeff")) && srv.held(srv, v, p)
	}).(bool)
}

// ChecksClosed reports whether the server, which otherwise has to have a file open for its diagnostics
// ([Server.OpenForDiagnostics]), has the same diagnostics of this one while it is closed.
func (srv *Server) ChecksClosed(v project.View, p string) bool {
	if !srv.OpenForDiagnostics || !srv.AnswersClosed || !srv.format.Has(trace.ClosedChecks) || !srv.Holds(v, p) {
		return false
	}
	c, err := v.Content(p)
	return err == nil && utf8.Valid(c.Bytes()) // a file that is not UTF-8 is refused when it is opened
}

// heldByGopls is [Server.held] of gopls, which loads the module at the root, or those that
// go.work uses, for one build. When a file of another module or build is opened, it loads that
// too.
func heldByGopls(srv *Server, v project.View, p string) bool {
	if path.Ext(p) != ".go" || project.IgnoredByGo(p) {
		return false
	}
	if used, ok := project.GoWork(v); ok {
		return used[project.GoModule(v, p)] && srv.builds(v, p)
	}
	return project.Has(v, "go.mod") && project.GoModule(v, p) == "." && srv.builds(v, p)
}

// LoadedWith returns the project, as its folder, that the server loads when it opens a file, and drops when no file of
// it is open any more: a check that opens one file after the other keeps one of them open, lest the project is loaded
// for each. It is "" for a file that has no such project.
func (srv *Server) LoadedWith(v project.View, p string) string {
	if srv.loadedWith == nil || !srv.format.Has(trace.KeptProjects) {
		return ""
	}
	return srv.loadedWith(srv, v, p)
}

// LoadingSource returns the first source whose opening has the server load the project that a configuration file
// defines ([Server.LoadedWith]): while no source of it is open, the server pushes nothing for the file. It is "" for a
// file that needs none.
func (srv *Server) LoadingSource(v project.View, config string) string {
	if srv.loadedWith == nil || !srv.IsConfig(config) || !srv.format.Has(trace.FinalPushes) {
		return ""
	}
	dir := path.Dir(config)
	for _, p := range v.Paths() {
		if isBelow := dir == "." || strings.HasPrefix(p, dir+"/"); isBelow && srv.LoadedWith(v, p) == dir {
			return p
		}
	}
	return ""
}

// loadedByGopls is [Server.LoadedWith] of gopls: a module that is not held, in the build that gopls starts with.
func loadedByGopls(srv *Server, v project.View, p string) string {
	if path.Ext(p) != ".go" || project.IgnoredByGo(p) || srv.held(srv, v, p) || !srv.builds(v, p) {
		return ""
	}
	return project.GoModule(v, p)
}

// heldByBash is [Server.held] of bash-language-server, which reads all scripts when it starts. It reads a script again
// when that is opened, so that a question about one that is closed takes twice as long.
func heldByBash(_ *Server, v project.View, p string) bool {
	return isPlainScript(v, p) && !Lookalike(p, func() []byte { return project.ContentOf(v, p) })
}

// heldByPyright is [Server.held] of pyright.
func heldByPyright(_ *Server, v project.View, p string) bool { return scannedByPyright(v, p) }

// scannedByPyright reports whether pyright loads a source of the workspace, or would if it were there: it loads all
// that its configuration does not exclude (pyright docs, configuration.md: include and exclude).
func scannedByPyright(v project.View, p string) bool {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		base := path.Base(dir)
		if strings.HasPrefix(base, ".") || base == "node_modules" || base == "__pycache__" {
			return false
		}
		if project.Has(v, dir+"/pyvenv.cfg") {
			return false
		}
	}
	for _, config := range []string{"pyrightconfig.json", "pyproject.toml"} {
		if !project.Has(v, config) {
			continue
		}
		c, err := v.Content(config)
		if err != nil {
			return false
		}
		if config == "pyproject.toml" && !pyrightTable.Match(c.Bytes()) {
			continue
		}
		for _, word := range []string{"include", "exclude", "ignore", "extends", "executionEnvironments"} {
			if bytes.Contains(c.Bytes(), []byte(word)) {
				return false
			}
		}
	}
	return true
}

// pyrightTable matches the name of the table that configures pyright, or basedpyright.
var pyrightTable = lazyregexp.New(`tool\.(?:based)?pyright`)

// tsConfig is the part of a configuration that decides which files belong to a project
// (TypeScript handbook, TSConfig reference: files, include, exclude, extends).
type tsConfig struct {
	Extends         json.RawMessage `json:"extends"`
	Files           *[]string       `json:"files"`
	Include         *[]string       `json:"include"`
	Exclude         *[]string       `json:"exclude"`
	CompilerOptions struct {
		OutDir         string `json:"outDir"`
		DeclarationDir string `json:"declarationDir"`
	} `json:"compilerOptions"`
}

// heldByTypeScript is [Server.held] of the native TypeScript server: a project has the files
// that its configuration includes. Another file gets a project of its own when it is opened.
func heldByTypeScript(srv *Server, v project.View, p string) bool {
	ext := path.Ext(p)
	if ext != ".ts" && ext != ".tsx" && ext != ".mts" && ext != ".cts" {
		return false // JavaScript belongs to a project only by options
	}
	for _, before := range shadowing[declarationExt(p)] {
		if project.Has(v, strings.TrimSuffix(p, declarationExt(p))+before) {
			return false
		}
	}
	dir := path.Dir(p)
	for ; ; dir = path.Dir(dir) {
		if project.Has(v, path.Join(dir, "jsconfig.json")) {
			return false
		}
		if file := path.Join(dir, "tsconfig.json"); project.Has(v, file) {
			c, err := v.Content(file)
			if err != nil {
				return false
			}
			config, ok := readTSConfig(c.Bytes())
			rel := strings.TrimPrefix(p, dir+"/")
			return ok && config.holds(rel)
		}
		if dir == "." {
			return false
		}
	}
}

// shadowing maps an extension to those that take precedence: of files with the same name, a
// project includes only the first.
var shadowing = map[string][]string{".tsx": {".ts"}, ".d.ts": {".ts", ".tsx"}, ".d.mts": {".mts"}, ".d.cts": {".cts"}}

// declarationExt returns the extension of a file, with the .d of a declaration file.
func declarationExt(p string) string {
	ext := path.Ext(p)
	if strings.HasSuffix(strings.TrimSuffix(p, ext), ".d") {
		return ".d" + ext
	}
	return ext
}

// readTSConfig parses a configuration; ok is false if it cannot be parsed, or depends on another.
func readTSConfig(raw []byte) (c tsConfig, ok bool) {
	if text.Nesting(raw) > project.MaxNesting { // hujson recurses at each bracket
		return c, false
	}
	standard, err := hujson.Standardize(bytes.Clone(raw))
	if err != nil || json.Unmarshal(standard, &c) != nil {
		return c, false
	}
	return c, len(c.Extends) == 0 || c.Include != nil && c.Exclude != nil // otherwise the extended file counts too
}

// holds reports whether a file, relative to the configuration's folder, certainly belongs to
// the project.
func (c tsConfig) holds(rel string) bool {
	var exclude []string
	if c.Exclude != nil {
		exclude = slices.Clone(*c.Exclude)
	}
	for _, out := range []string{c.CompilerOptions.OutDir, c.CompilerOptions.DeclarationDir} {
		if out != "" {
			exclude = append(exclude, out)
		}
	}
	for part := range strings.SplitSeq(rel, "/") { // whatever is included
		if strings.HasPrefix(part, ".") ||
			slices.Contains([]string{"node_modules", "bower_components", "jspm_packages"}, part) {
			return false
		}
	}
	switch {
	case !c.plain():
		return false
	case slices.ContainsFunc(exclude, func(p string) bool { return path.IsAbs(p) || strings.Contains(p, "$") }):
		return false // what that excludes is not known here
	case slices.ContainsFunc(exclude, func(p string) bool { return tsPattern(p, rel, true) }):
		return false
	case c.Include != nil:
		return slices.ContainsFunc(*c.Include, func(p string) bool {
			last := path.Base(p)
			return last != "**" && tsPattern(p, rel, !strings.ContainsAny(last, ".*?"))
		})
	case c.Files != nil:
		return slices.ContainsFunc(*c.Files, func(f string) bool { return path.Clean(f) == rel })
	}
	return true
}

// Bounds on the patterns of a configuration, which are compiled for each file.
const (
	maxPatterns = 500
	maxPattern  = 1024 // bytes
)

// plain reports whether the configuration has as few and as short patterns as people write.
func (c tsConfig) plain() bool {
	n := 0
	for _, list := range []*[]string{c.Include, c.Exclude} {
		if list == nil {
			continue
		}
		for _, p := range *list {
			if n++; n > maxPatterns || len(p) > maxPattern {
				return false
			}
		}
	}
	return len(c.CompilerOptions.OutDir) <= maxPattern && len(c.CompilerOptions.DeclarationDir) <= maxPattern
}

// tsPattern reports whether a pattern of include or exclude matches a file or, if the pattern
// may be one of a folder, a folder that holds the file. A pattern of exclude always may; one of
// include if its last part has neither dot nor wildcard.
func tsPattern(pattern, rel string, folder bool) bool {
	pattern = path.Clean(pattern)
	if pattern == "." {
		return true
	}
	expr := regexp.QuoteMeta(pattern)
	expr = strings.ReplaceAll(expr, `\*\*/`, `(?:.*/)?`)
	expr = strings.ReplaceAll(expr, `\*\*`, `.*`)
	expr = strings.ReplaceAll(expr, `\*`, `[^/]*`)
	expr = strings.ReplaceAll(expr, `\?`, `[^/]`)
	if folder {
		expr += `(?:/.*)?`
	}
	re, err := regexp.Compile(`^` + expr + `$`)
	return err == nil && re.MatchString(rel)
}

// Supplement returns the server that knows constructs in a file which this one does not; nil for none.
func (srv *Server) Supplement(p string) *Server {
	if !slices.Contains(srv.SupplementFor, path.Ext(p)) {
		return nil
	}
	return Named(srv.Supplementary)
}

// MustOpen reports whether a file that holds the name of a symbol of target must be open for the
// server to answer about words in it.
func (srv *Server) MustOpen(v project.View, target, p string) bool {
	if !srv.AnswersClosed {
		return true
	}
	if srv.Unseen != nil {
		return srv.Unseen(srv, v, target)(p) != ""
	}
	return srv.held != nil && !srv.Holds(v, p)
}

// CompiledWith returns the files that the command line of the server's language compiles with others, and that a check
// of those does not ask about. What the compiler finds in them counts, by [Server.CompilerSources].
func (srv *Server) CompiledWith(v project.View, files []string) []string {
	if srv.compiledWith == nil {
		return nil
	}
	return srv.compiledWith(srv, v, files)
}

// DecidesCompiledWith reports whether the findings in the files of [Server.CompiledWith] may depend on a file.
func (srv *Server) DecidesCompiledWith(p string) bool {
	return srv.decidesCompiled != nil && srv.decidesCompiled(p)
}
