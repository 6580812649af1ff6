package catalogue

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// A compilation database lists the files that a build compiles and how (clang's
// compile_commands.json). The build writes it, and version control mostly ignores it: it is
// read from disk, not from the snapshot.

// Databases returns the compilation databases of the workspace: folder → file, both relative to
// the root. A source file belongs to the database of the nearest folder above it.
func (srv *Server) Databases(v project.View) map[string]string {
	return srv.databasesWith(v, func(raw []byte) bool {
		isEmpty := !bytes.Contains(raw, []byte(`"file"`))
		return !isEmpty && namesAbsolute.Match(raw) && !lacksFolder(raw)
	})
}

// lacksFolder reports whether a compilation database has a command without a folder: clang refuses the whole file then
// (JSONCompilationDatabase::parse).
func lacksFolder(raw []byte) bool {
	if bytes.Count(raw, []byte(`"directory"`)) >= bytes.Count(raw, []byte(`"file"`)) {
		return false
	}
	var entries []struct{ Directory *string }
	return json.Unmarshal(raw, &entries) == nil &&
		slices.ContainsFunc(entries, func(e struct{ Directory *string }) bool { return e.Directory == nil })
}

var (
	// namesFolder matches a compilation database that names folders, and namesAbsolute one that names a file or a
	// folder by an absolute path.
	namesFolder   = lazyregexp.New(`"directory"\s*:`)
	namesAbsolute = lazyregexp.New(`"(?:directory|file)"\s*:\s*"(?:/|\\\\|[A-Za-z]:)`)
)

// PassedOver says, as a clause, why the server passes over the nearest compilation database above a file; "" if it does
// not.
func (srv *Server) PassedOver(v project.View, p string) string {
	broken := srv.unreadableDatabases(v)
	dir, ok := project.NearestAbove(broken, p)
	if !ok {
		return ""
	}
	commands, isList := commandsIn(v, broken[dir])
	if !isList {
		return broken[dir] + noDatabaseInJSON
	}
	if raw, err := v.ReadFile(broken[dir]); err == nil && lacksFolder(raw) {
		return broken[dir] + folderlessDatabase
	}
	if isForeign(commands) {
		return broken[dir] + foreignDatabase
	}
	return broken[dir] + relativeDatabase
}

// isForeign reports whether a database was written for another folder, such as that of another machine: it lists
// files, and none of the workspace.
func isForeign(commands []BuildCommand) bool {
	isOfWorkspace := func(c BuildCommand) bool { return c.file != "" || !filepath.IsAbs(c.Dir) }
	return len(commands) > 0 && !slices.ContainsFunc(commands, isOfWorkspace)
}

// The reasons for which a compilation database is of no use, after its path.
const (
	noDatabaseInJSON   = " is not a list of commands in JSON"
	folderlessDatabase = ` has a command without "directory", so that clangd passes over all of it`
	relativeDatabase   = " names its folders by relative paths, which clangd passes over"
	foreignDatabase    = " lists no file of the workspace: it was written for another folder"
)

// unreadableDatabases returns the compilation databases, as [Server.Databases] does, that say nothing about the
// workspace: the server passes over them without a word. Builds that were interrupted leave behind what is no list of
// commands, and copies of a checkout have databases for the folder that was copied.
func (srv *Server) unreadableDatabases(v project.View) map[string]string {
	return srv.databasesWith(v, func(raw []byte) bool {
		isRelative := namesFolder.Match(raw) && !namesAbsolute.Match(raw)
		if isRelative || len(bytes.TrimSpace(raw)) == 0 {
			return isRelative
		}
		if lacksFolder(raw) {
			return true
		}
		commands, isList := parseDatabase(v.Root(), raw)
		return !isList || isForeign(commands)
	})
}

// databasesWith returns the compilation databases of the workspace whose content is accepted: folder → file, both
// relative to the root.
func (srv *Server) databasesWith(v project.View, accepts func(raw []byte) bool) map[string]string {
	if srv.Database == nil {
		return nil
	}
	folders := map[string]bool{}
	for _, p := range v.Paths() {
		if srv.LanguageID(p) == "" && !IsAssembly(p) {
			continue
		}
		for dir := path.Dir(p); !folders[dir]; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	out := map[string]string{}
	for _, dir := range slices.Sorted(maps.Keys(folders)) {
		places := srv.Database
		if named := srv.namedDatabase(v, dir); named != "" {
			places = append([]string{named}, places...)
		}
		for _, place := range places {
			p := path.Join(dir, place)
			raw, err := v.ReadFile(p)
			if err == nil && accepts(raw) {
				out[dir] = p
				break
			}
		}
	}
	return out
}

// databaseFolder matches the setting of .clangd that names the folder of the compilation database
// (Clangd's documentation, "Configuration").
var databaseFolder = lazyregexp.New(`(?m)^\s*CompilationDatabase:\s*["']?([^"'#\r\n]+?)["']?\s*(?:#.*)?$`)

// namedDatabase returns the database that the server's own configuration in a folder names,
// relative to the folder; "" for none, or for one that lies elsewhere.
func (srv *Server) namedDatabase(v project.View, dir string) string {
	if srv.DatabaseConfig == "" {
		return ""
	}
	raw := project.ContentOf(v, path.Join(dir, srv.DatabaseConfig))
	m := databaseFolder.FindSubmatch(raw)
	if m == nil || !filepath.IsLocal(string(m[1])) {
		return ""
	}
	return path.Join(filepath.ToSlash(string(m[1])), path.Base(srv.Database[0]))
}

// DatabaseDigest returns a digest of the compilation databases of the workspace, and of files that
// project files extend, that does not depend on the path of the workspace; "" if there are none.
func (srv *Server) DatabaseDigest(v project.View) string {
	dbs, extended := srv.Databases(v), srv.extendedFiles(v)
	if len(dbs) == 0 && len(extended) == 0 {
		return ""
	}
	h := sha256.New()
	for _, p := range extended {
		digest := "unreadable"
		if c, err := v.Content(p); err == nil {
			digest = c.Digest()
		}
		json.NewEncoder(h).Encode([]string{p, digest}) // strings into a hash cannot fail
	}
	for _, dir := range slices.Sorted(maps.Keys(dbs)) {
		raw, err := v.ReadFile(dbs[dir])
		if err != nil {
			raw = []byte("unreadable")
		}
		text := strings.ReplaceAll(string(raw), v.Root(), "workspace:")
		json.NewEncoder(h).Encode([]string{dbs[dir], text}) // strings into a hash cannot fail
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Unbuilt returns the reasons why the diagnostics of files may not be those of a build: files
// that no compilation database lists are read with guessed flags.
func (srv *Server) Unbuilt(v project.View, paths []string) (reasons []string) {
	if srv.Database == nil {
		return nil
	}
	dbs := srv.Databases(v)
	listed := map[string]map[string]bool{}
	for _, p := range paths {
		dir, ok := project.NearestAbove(dbs, p)
		if !ok {
			reasons = append(reasons, p+" is checked with default flags: no "+path.Base(srv.Database[0])+" lists it")
			continue
		}
		if listed[dir] == nil {
			listed[dir] = compiled(v, dbs[dir])
		}
		if !listed[dir][p] && !srv.IsIncluded(p) {
			reasons = append(reasons, p+" is checked with guessed flags: "+dbs[dir]+" does not list it")
		}
	}
	return reasons
}

// compiled returns the files of the workspace that a compilation database lists.
func compiled(v project.View, database string) map[string]bool {
	commands, _ := commandsIn(v, database)
	out := map[string]bool{}
	for _, c := range commands {
		if c.file != "" {
			out[c.file] = true
		}
	}
	return out
}

// BuildCommand is a command of a compilation database.
type BuildCommand struct {
	Dir  string   // where it is run
	Argv []string // the compiler and its arguments

	file string // what it compiles, relative to the workspace; "" if that lies outside of it
}

// Compiler returns the base name of the program.
func (c BuildCommand) Compiler() string {
	if len(c.Argv) == 0 {
		return ""
	}
	return strings.TrimSuffix(path.Base(filepath.ToSlash(c.Argv[0])), ".exe")
}

// commandsIn returns the commands of a compilation database, in its order. ok is false if it is no list of commands.
func commandsIn(v project.View, database string) (commands []BuildCommand, ok bool) {
	raw, err := v.ReadFile(database)
	if err != nil {
		return nil, false
	}
	type key struct{ digest [sha256.Size]byte } // the view may not list the file
	type memo struct {
		commands []BuildCommand
		ok       bool
	}
	m := v.Memoize(key{sha256.Sum256(raw)}, func() any {
		commands, ok := parseDatabase(v.Root(), raw)
		return memo{commands, ok}
	}).(memo)
	return m.commands, m.ok
}

// parseDatabase is [commandsIn] for the content of a database in the workspace at root.
func parseDatabase(root string, raw []byte) (commands []BuildCommand, ok bool) {
	var entries []struct {
		Directory, File, Command string
		Arguments                []string
	}
	if json.Unmarshal(raw, &entries) != nil {
		return nil, false
	}
	for _, e := range entries {
		c := BuildCommand{Dir: e.Directory, Argv: e.Arguments}
		if len(c.Argv) == 0 {
			c.Argv = commandWords(e.Command)
		}
		file := e.File
		if !filepath.IsAbs(file) {
			file = filepath.Join(e.Directory, file)
		}
		c.file, _ = beneath.Local(root, file)
		commands = append(commands, c)
	}
	return commands, true
}

// isClang matches the base names of compilers that read their flags as clangd does.
var isClang = lazyregexp.New(`(?:^|-)clang(?:\+\+|-cl|-cpp)?(?:-[0-9.]+)?$|^(?:icx|icpx|emcc|em\+\+)$`)

// IsOfCommand reports whether a finding, by its code, is about the command of a file and not about the file, where
// another compiler than the server's own runs the command: GCC has flags that clang does not know.
func (srv *Server) IsOfCommand(v project.View, file, code string) bool {
	of := func(prefix string) bool { return strings.HasPrefix(code, prefix) }
	if !slices.ContainsFunc(srv.OwnCommand, of) {
		return false
	}
	dbs := srv.Databases(v)
	dir, ok := project.NearestAbove(dbs, file)
	if !ok {
		return false
	}
	commands, _ := commandsIn(v, dbs[dir])
	return slices.ContainsFunc(commands, func(c BuildCommand) bool {
		return c.file == file && !isClang.MatchString(c.Compiler())
	})
}

// KnownFlags returns a function that reports whether something of the workspace says how a file is compiled: a
// compilation database above it, or a file with the flags of all files below it.
func (srv *Server) KnownFlags(v project.View) func(file string) bool {
	if srv.Database == nil {
		return func(string) bool { return true }
	}
	known := sync.OnceValue(func() map[string]bool {
		folders := project.FoldersNamed(v, srv.FlagsFile)
		for dir := range srv.Databases(v) {
			folders[dir] = true
		}
		return folders
	})
	return func(file string) bool {
		if srv.LanguageID(file) == "" {
			return true
		}
		_, ok := project.NearestAbove(known(), file)
		return ok
	}
}

// unseenByDatabase is [Server.unseen] of clangd, whose index has the files that the compilation
// database of the target lists, and the headers that these include.
func unseenByDatabase(srv *Server, v project.View, target string) func(p string) string {
	dbs := srv.Databases(v)
	home, ok := project.NearestAbove(dbs, target)
	if !ok {
		return func(string) string { return "" } // the session doubts the whole answer
	}
	listed := compiled(v, dbs[home])
	return func(p string) string {
		if dir, ok := project.NearestAbove(dbs, p); ok && dir != home {
			return "it belongs to another " + path.Base(dbs[dir])
		}
		if !srv.IsIncluded(p) && !listed[p] {
			return dbs[home] + " does not list it"
		}
		return ""
	}
}
