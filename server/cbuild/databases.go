package cbuild

import (
	"bytes"
	"crypto/sha256"
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
	"lanser/server/trace"
)

// A compilation database lists the files that a build compiles and how (clang's
// compile_commands.json). The build writes it, and version control mostly ignores it: it is
// read from disk, not from the snapshot.

// Databases returns the compilation databases of the workspace: folder → file, both relative to
// the root. A source file belongs to the database of the nearest folder above it.
func Databases(v project.View) map[string]string {
	return databasesWith(v, func(p string, raw []byte) bool {
		isEmpty := !bytes.Contains(raw, []byte(`"file"`))
		if isEmpty || lacksFolder(raw) {
			return false
		}
		if namesAbsolute.Match(raw) {
			return true
		}
		commands, _ := parseDatabase(v, p, raw)
		return readsRelative(v) && slices.ContainsFunc(commands, func(c Command) bool { return c.file != "" })
	})
}

// readsRelative reports whether databases whose folders are relative paths are read, as since
// [trace.RelativeDatabases].
func readsRelative(v project.View) bool {
	_, isFormer := v.(former)
	_, isUnfixed := v.(unfixed)
	return !isFormer && !isUnfixed
}

// Unindexed returns the reason why clangd has no index of the files of a database; "" if it has one.
func Unindexed(v project.View, database string) string {
	raw, err := v.ReadFile(database)
	if err == nil && !namesAbsolute.Match(raw) {
		return database + relativeDatabase
	}
	return ""
}

// Told returns a function of a file: the command by which its database compiles it, if clangd has to be told. It passes
// over commands whose folder is a relative path (FileMatchTrie::insert in clang). ok is false for other files.
func Told(v project.View) func(file string) (c Command, ok bool) {
	first := Commands(v)
	return func(file string) (Command, bool) {
		c, ok := first(file)
		return c, ok && c.isRelative && readsRelative(v)
	}
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
func PassedOver(v project.View, p string) string {
	broken := UnreadableDatabases(v)
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
func isForeign(commands []Command) bool {
	isOfWorkspace := func(c Command) bool { return c.file != "" || c.isOfNoFolder() }
	return len(commands) > 0 && !slices.ContainsFunc(commands, isOfWorkspace)
}

// The reasons for which a compilation database is of no use, after its path.
const (
	noDatabaseInJSON   = " is not a list of commands in JSON"
	folderlessDatabase = ` has a command without "directory", so that clangd passes over all of it`
	relativeDatabase   = " names its folders by relative paths, which clangd passes over"
	foreignDatabase    = " lists no file of the workspace: it was written for another folder"
)

// UnreadableDatabases returns the compilation databases, as [Databases] does, that say nothing about the
// workspace: the server passes over them without a word. Builds that were interrupted leave behind what is no list of
// commands, and copies of a checkout have databases for the folder that was copied.
func UnreadableDatabases(v project.View) map[string]string {
	return databasesWith(v, func(p string, raw []byte) bool {
		isRelative := !readsRelative(v) && namesFolder.Match(raw) && !namesAbsolute.Match(raw)
		if isRelative || len(bytes.TrimSpace(raw)) == 0 {
			return isRelative
		}
		if lacksFolder(raw) {
			return true
		}
		commands, isList := parseDatabase(v, p, raw)
		return !isList || isForeign(commands)
	})
}

// databasesWith returns the compilation databases of the workspace whose content is accepted: folder → file, both
// relative to the root.
func databasesWith(v project.View, accepts func(p string, raw []byte) bool) map[string]string {
	folders := map[string]bool{}
	for _, p := range v.Paths() {
		if Language(p) == "" && !IsAssembly(p) {
			continue
		}
		for dir := path.Dir(p); !folders[dir]; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	out := map[string]string{}
	for _, dir := range slices.Sorted(maps.Keys(folders)) {
		for _, place := range placesIn(v, dir) {
			p := path.Join(dir, place)
			raw, err := v.ReadFile(p)
			if err == nil && accepts(p, raw) {
				out[dir] = p
				break
			}
		}
	}
	return out
}

// placesIn returns the paths, relative to a folder, at which the server looks for a compilation database of the files
// below it. A configuration in the folder or above it that names a folder of the database, or None, has it look nowhere
// else (clangd's documentation, "CompilationDatabase").
func placesIn(v project.View, dir string) []string {
	if _, isFormer := v.(former); isFormer {
		if named := namedDatabase(v, dir); named != "" {
			return append([]string{named}, DatabasePlaces...)
		}
		return DatabasePlaces
	}
	for at := dir; ; at = path.Dir(at) {
		raw := project.ContentOf(v, path.Join(at, ConfigName))
		m := DatabaseFolder.FindSubmatch(raw)
		switch {
		case m == nil && at != ".":
			continue // the one above holds
		case m == nil || string(m[1]) == "Ancestors":
			return DatabasePlaces
		case onlyFor.Match(raw): // it holds for some files alone
			named := path.Join(filepath.ToSlash(string(m[1])), DatabaseName)
			return append([]string{named}, DatabasePlaces...)
		case at != dir || !filepath.IsLocal(string(m[1])) || string(m[1]) == "None":
			return nil
		}
		named := filepath.ToSlash(string(m[1]))
		return []string{path.Join(named, DatabaseName), path.Join(named, "build", DatabaseName)}
	}
}

// FixedElsewhere says, as a clause, that the configuration of the server has it look for the compilation database of a
// file in a folder that has none; "" if it does not. It is only right for a file for which [Databases] has none.
func FixedElsewhere(v project.View, p string) string {
	if _, isFormer := v.(former); isFormer {
		return ""
	}
	for at := path.Dir(p); ; at = path.Dir(at) {
		config := path.Join(at, ConfigName)
		m := DatabaseFolder.FindSubmatch(project.ContentOf(v, config))
		switch {
		case m == nil && at == ".", m != nil && string(m[1]) == "Ancestors":
			return ""
		case m != nil && string(m[1]) == "None":
			return config + " has clangd use no " + DatabaseName
		case m != nil:
			return config + " has clangd look for " + DatabaseName + " in " + string(m[1]) + " alone, and none is there"
		}
	}
}

// onlyFor matches a configuration of clangd with a part that holds for some files alone.
var onlyFor = lazyregexp.New(`(?m)^\s*If:`)

// former is a view of a workspace in which compilation databases are found as before [trace.FixedDatabases].
type former struct{ project.View }

// unfixed is a view of a workspace in which files of flags are found as before [trace.FixedFlags].
type unfixed struct{ project.View }

// AsOf returns a view in which compilation databases, and files of flags, are found as by the release that wrote traces
// of a format.
func AsOf(v project.View, f trace.Format) project.View {
	if f.Has(trace.FixedFlags) {
		return v
	}
	if f.Has(trace.FixedDatabases) {
		return unfixed{v}
	}
	return former{v}
}

// DatabaseFolder matches the setting of .clangd that names the folder of the compilation database
// (Clangd's documentation, "Configuration").
var DatabaseFolder = lazyregexp.New(`(?m)^\s*CompilationDatabase:\s*["']?([^"'#\r\n]+?)["']?\s*(?:#.*)?$`)

// namedDatabase returns the database that the server's own configuration in a folder names,
// relative to the folder; "" for none, or for one that lies elsewhere.
func namedDatabase(v project.View, dir string) string {
	raw := project.ContentOf(v, path.Join(dir, ConfigName))
	m := DatabaseFolder.FindSubmatch(raw)
	if m == nil || !filepath.IsLocal(string(m[1])) {
		return ""
	}
	return path.Join(filepath.ToSlash(string(m[1])), DatabaseName)
}

// Unbuilt returns the reasons why the diagnostics of files may not be those of a build: files
// that no compilation database lists are read with guessed flags.
func Unbuilt(v project.View, paths []string) (reasons []string) {
	dbs := Databases(v)
	listed := map[string]map[string]bool{}
	for _, p := range paths {
		dir, ok := project.NearestAbove(dbs, p)
		if !ok {
			reasons = append(reasons, p+" is checked with default flags: no "+DatabaseName+" lists it")
			continue
		}
		if listed[dir] == nil {
			listed[dir] = Listed(v, dbs[dir])
		}
		if !listed[dir][p] && !IsHeader(p) {
			reasons = append(reasons, p+" is checked with guessed flags: "+dbs[dir]+" does not list it")
		}
	}
	return reasons
}

// Listed returns the files of the workspace that a compilation database lists.
func Listed(v project.View, database string) map[string]bool {
	commands, _ := commandsIn(v, database)
	out := map[string]bool{}
	for _, c := range commands {
		if c.file != "" {
			out[c.file] = true
		}
	}
	return out
}

// Command is a command of a compilation database.
type Command struct {
	Dir  string   // where it is run
	Argv []string // the compiler and its arguments

	file string // what it compiles, relative to the workspace; "" if that lies outside of it
	// isRelative is true if the database names the folder by a relative path.
	isRelative bool
}

// isOfNoFolder reports whether nobody knows the folder of the command.
func (c Command) isOfNoFolder() bool { return !filepath.IsAbs(c.Dir) }

// Compiler returns the base name of the program.
func (c Command) Compiler() string {
	if len(c.Argv) == 0 {
		return ""
	}
	return strings.TrimSuffix(path.Base(filepath.ToSlash(c.Argv[0])), ".exe")
}

// commandsIn returns the commands of a compilation database, in its order. ok is false if it is no list of commands.
func commandsIn(v project.View, database string) (commands []Command, ok bool) {
	raw, err := v.ReadFile(database)
	if err != nil {
		return nil, false
	}
	type key struct { // the view may not list the file
		digest        [sha256.Size]byte
		dir           string
		readsRelative bool
	}
	type memo struct {
		commands []Command
		ok       bool
	}
	k := key{digest: sha256.Sum256(raw), dir: path.Dir(database), readsRelative: readsRelative(v)}
	m := v.Memoize(k, func() any {
		commands, ok := parseDatabase(v, database, raw)
		return memo{commands, ok}
	}).(memo)
	return m.commands, m.ok
}

// parseDatabase is [commandsIn] for the content of a database. A relative folder of a command begins at the folder of
// the database, or at the workspace if the file is there: databases that are kept with the sources do not say more, and
// build tools write absolute ones.
func parseDatabase(v project.View, database string, raw []byte) (commands []Command, ok bool) {
	var entries []struct {
		Directory, File, Command string
		Arguments                []string
	}
	if json.Unmarshal(raw, &entries) != nil {
		return nil, false
	}
	for _, e := range entries {
		c := Command{Dir: e.Directory, Argv: e.Arguments}
		if len(c.Argv) == 0 {
			c.Argv = commandWords(e.Command)
		}
		if !filepath.IsAbs(c.Dir) && readsRelative(v) {
			c.isRelative = true
			c.Dir = absoluteFolder(v, path.Dir(database), e.Directory, e.File)
		}
		file := e.File
		if !filepath.IsAbs(file) {
			file = filepath.Join(c.Dir, file)
		}
		c.file, _ = beneath.Local(v.Root(), file)
		commands = append(commands, c)
	}
	return commands, true
}

// absoluteFolder returns the folder that a database in the folder dir names by a relative path, for a command that
// compiles a file.
func absoluteFolder(v project.View, dir, folder, file string) string {
	own := filepath.Join(v.Root(), filepath.FromSlash(dir), folder)
	for _, at := range []string{own, filepath.Join(v.Root(), folder)} {
		if p, isLocal := beneath.Local(v.Root(), filepath.Join(at, file)); isLocal && project.Has(v, p) {
			return at
		}
	}
	return own
}

// isClang matches the base names of compilers that read their flags as clangd does.
var isClang = lazyregexp.New(`(?:^|-)clang(?:\+\+|-cl|-cpp)?(?:-[0-9.]+)?$|^(?:icx|icpx|emcc|em\+\+)$`)

// ofCommand are the prefixes of the codes of clangd's findings about the command by which a file is compiled, which it
// reads as its own compiler does.
var ofCommand = []string{"drv_unknown", "drv_unsupported", "drv_invalid_value"}

// IsOfCommand reports whether a finding, by its code, is about the command of a file and not about the file, where
// another compiler than clang runs the command: GCC has flags that clang does not know.
func IsOfCommand(v project.View, file, code string) bool {
	of := func(prefix string) bool { return strings.HasPrefix(code, prefix) }
	if !slices.ContainsFunc(ofCommand, of) {
		return false
	}
	dbs := Databases(v)
	dir, ok := project.NearestAbove(dbs, file)
	if !ok {
		return false
	}
	commands, _ := commandsIn(v, dbs[dir])
	return slices.ContainsFunc(commands, func(c Command) bool {
		return c.file == file && !isClang.MatchString(c.Compiler())
	})
}

// KnownFlags returns a function that reports whether something of the workspace says how a file is compiled: a
// compilation database above it, or a file with the flags of all files below it.
func KnownFlags(v project.View) func(file string) bool {
	databases := sync.OnceValue(func() map[string]string { return Databases(v) })
	hasFlags := HasFlags(v)
	return func(file string) bool {
		if Language(file) == "" || hasFlags(file) {
			return true
		}
		_, ok := project.NearestAbove(databases(), file)
		return ok
	}
}

// HasFlags returns a function that reports whether a file with the flags of all files below it says how a file is
// compiled. A configuration of the server that names a folder of the compilation database, or None, has it look nowhere
// else for that too.
func HasFlags(v project.View) func(file string) bool {
	folders := project.FoldersNamed(v, FlagsName)
	_, isFormer := v.(former)
	_, isUnfixed := v.(unfixed)
	return func(file string) bool {
		_, ok := project.NearestAbove(folders, file)
		if len(folders) == 0 || isFormer || isUnfixed {
			return ok
		}
		for at := path.Dir(file); ; at = path.Dir(at) {
			raw := project.ContentOf(v, path.Join(at, ConfigName))
			m := DatabaseFolder.FindSubmatch(raw)
			if m == nil && at != "." {
				continue // the one above holds
			}
			if m == nil || string(m[1]) == "Ancestors" || onlyFor.Match(raw) {
				return ok
			}
			named := filepath.ToSlash(string(m[1]))
			return named != "None" && folders[path.Join(at, named)]
		}
	}
}

// Unlisted returns a function that says, as a clause, why the compilation database of a target does not have a file
// compiled: clangd's index has the files that it lists, and the headers that these include. "" is for a file that it
// may have.
func Unlisted(v project.View, target string) func(p string) string {
	dbs := Databases(v)
	home, ok := project.NearestAbove(dbs, target)
	if !ok {
		return func(string) string { return "" } // the session doubts the whole answer
	}
	listed := Listed(v, dbs[home])
	return func(p string) string {
		if dir, ok := project.NearestAbove(dbs, p); ok && dir != home {
			return "it belongs to another " + path.Base(dbs[dir])
		}
		if !IsHeader(p) && !listed[p] {
			return dbs[home] + " does not list it"
		}
		return ""
	}
}
