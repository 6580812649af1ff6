package catalogue

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lanser/index/beneath"
)

// A compilation database lists the files that a build compiles and how (clang's
// compile_commands.json). The build writes it, and version control mostly ignores it: it is
// read from disk, not from the snapshot.

// Databases returns the compilation databases of the workspace: folder → file, both relative to
// the root. A source file belongs to the database of the nearest folder above it.
func (srv *Server) Databases(v View) map[string]string {
	if srv.Database == nil {
		return nil
	}
	folders := map[string]bool{}
	for _, p := range v.Paths() {
		if srv.LanguageID(p) == "" {
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
			if err == nil && bytes.Contains(raw, []byte(`"file"`)) { // an empty one does not count
				out[dir] = p
				break
			}
		}
	}
	return out
}

// databaseFolder matches the setting of .clangd that names the folder of the compilation database
// (clangd's documentation, "Configuration").
var databaseFolder = regexp.MustCompile(`(?m)^\s*CompilationDatabase:\s*["']?([^"'#\r\n]+?)["']?\s*(?:#.*)?$`)

// namedDatabase returns the database that the server's own configuration in a folder names,
// relative to the folder; "" for none, or for one that lies elsewhere.
func (srv *Server) namedDatabase(v View, dir string) string {
	if srv.DatabaseConfig == "" {
		return ""
	}
	raw := contentOf(v, path.Join(dir, srv.DatabaseConfig))
	m := databaseFolder.FindSubmatch(raw)
	if m == nil || !filepath.IsLocal(string(m[1])) {
		return ""
	}
	return path.Join(filepath.ToSlash(string(m[1])), path.Base(srv.Database[0]))
}

// DatabaseDigest returns a digest of the compilation databases of the workspace, and of files that
// project files extend, that does not depend on the path of the workspace; "" if there are none.
func (srv *Server) DatabaseDigest(v View) string {
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
func (srv *Server) Unbuilt(v View, paths []string) (reasons []string) {
	if srv.Database == nil {
		return nil
	}
	dbs := srv.Databases(v)
	listed := map[string]map[string]bool{}
	for _, p := range paths {
		dir, ok := NearestAbove(dbs, p)
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
func compiled(v View, database string) map[string]bool {
	raw, err := v.ReadFile(database)
	if err != nil {
		return nil
	}
	var entries []struct{ Directory, File string }
	if json.Unmarshal(raw, &entries) != nil {
		return nil
	}
	out := map[string]bool{}
	for _, e := range entries {
		if !filepath.IsAbs(e.File) {
			e.File = filepath.Join(e.Directory, e.File)
		}
		if rel, ok := beneath.Local(v.Root(), e.File); ok {
			out[rel] = true
		}
	}
	return out
}

// unseenByDatabase is [Server.unseen] of clangd, whose index has the files that the compilation
// database of the target lists, and the headers that these include.
func unseenByDatabase(srv *Server, v View, target string) func(p string) string {
	dbs := srv.Databases(v)
	home, ok := NearestAbove(dbs, target)
	if !ok {
		return func(string) string { return "" } // the session doubts the whole answer
	}
	listed := compiled(v, dbs[home])
	return func(p string) string {
		if dir, ok := NearestAbove(dbs, p); ok && dir != home {
			return "it belongs to another " + path.Base(dbs[dir])
		}
		if !srv.IsIncluded(p) && !listed[p] {
			return dbs[home] + " does not list it"
		}
		return ""
	}
}
