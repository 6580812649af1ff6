package toolchain

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/server/programs"
)

// Libraries locates the modules of dependencies and standard libraries with the tools of the languages.
// It implements [index.Libraries].
type Libraries struct {
	root, copyOf string // of the workspace, and of the one that it is a copy of
	programs     *programs.Finder
	run          func(ctx context.Context) ask

	goOnce sync.Once
	goEnv  goEnv
	pyOnce sync.Once
	pyEnv  pythonEnv
}

// NewLibraries returns the libraries of a workspace. It only runs tools of the user, never of the
// workspace, and runs them in the root folder. copyOf is the workspace that this one is a copy of,
// "" if it is none.
func NewLibraries(root, copyOf string) *Libraries {
	find := programs.For(root, copyOf)
	return &Libraries{root: root, copyOf: copyOf, programs: find, run: func(ctx context.Context) ask {
		return func(v any, argv ...string) error {
			program := find.Look(argv[0])
			if program == "" {
				return exec.ErrNotFound
			}
			cmd := exec.CommandContext(ctx, program, argv[1:]...)
			cmd.Dir = string(filepath.Separator)
			cmd.Env = find.Everything(map[string]string{"GOTOOLCHAIN": "local"}) // prevents downloads
			out, err := cmd.Output()
			if err != nil {
				return err
			}
			return json.Unmarshal(out, v)
		}
	}}
}

// Find returns the files of a module, package or header; none if it is unknown.
func (l *Libraries) Find(ctx context.Context, lang selectors.Lang, name string, s *index.Snapshot) []index.LibraryFile {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/") || name == selectors.Anywhere ||
		!filepath.IsLocal(filepath.FromSlash(name)) {
		return nil
	}
	if find := finders[lang]; find != nil {
		return find(l, ctx, name, s)
	}
	return nil
}

// finder returns the files of a module, package or header of one language.
type finder func(l *Libraries, ctx context.Context, name string, s *index.Snapshot) []index.LibraryFile

// finders maps the supported languages to their finders.
var finders = map[selectors.Lang]finder{
	selectors.Go: (*Libraries).goPackage,
	selectors.Python: func(l *Libraries, ctx context.Context, name string, _ *index.Snapshot) []index.LibraryFile {
		return l.pythonModule(ctx, name)
	},
	selectors.TypeScript: func(l *Libraries, ctx context.Context, name string, s *index.Snapshot) []index.LibraryFile {
		return l.nodePackage(ctx, name, s.Folder())
	},
	"cpp": func(l *Libraries, _ context.Context, name string, _ *index.Snapshot) []index.LibraryFile {
		return l.header(name)
	},
}

// goPackage returns the files of a package of the standard library, or of a module that a go.mod of the
// workspace requires, in the required version.
func (l *Libraries) goPackage(ctx context.Context, pkg string, s *index.Snapshot) []index.LibraryFile {
	l.goOnce.Do(func() { l.goEnv, _ = askGo(l.run(ctx)) })
	if l.goEnv.GOROOT != "" {
		dir := filepath.Join(l.goEnv.GOROOT, "src", filepath.FromSlash(pkg))
		if out := sources("goroot", l.goEnv.GOROOT, dir, isGoSource); out != nil {
			return out
		}
	}
	dir := ""
	longest := 0
	for _, p := range s.Paths() {
		if path.Base(p) != "go.mod" {
			continue
		}
		c, err := s.Content(p)
		if err != nil {
			continue
		}
		mod, err := modfile.ParseLax(p, c.Bytes(), nil)
		if err != nil {
			continue
		}
		for _, r := range mod.Require {
			if rest, ok := strings.CutPrefix(pkg+"/", r.Mod.Path+"/"); ok && len(r.Mod.Path) > longest {
				if at, err := moduleDir(r.Mod); err == nil {
					dir, longest = filepath.Join(l.goEnv.GOMODCACHE, at, filepath.FromSlash(rest)), len(r.Mod.Path)
				}
			}
		}
	}
	if dir == "" || l.goEnv.GOMODCACHE == "" {
		return nil
	}
	out := sources("gomod", l.goEnv.GOMODCACHE, dir, isGoSource)
	for i := range out {
		out[i].URI = unescapedModule(out[i].URI)
	}
	return out
}

// moduleDir returns the folder of a module version in the module cache.
func moduleDir(m module.Version) (string, error) {
	p, err := module.EscapePath(m.Path)
	if err != nil {
		return "", err
	}
	v, err := module.EscapeVersion(m.Version)
	return filepath.FromSlash(p + "@" + v), err
}

// unescapedModule returns the URI of a file in the module cache as bundles contain it.
func unescapedModule(uri string) string {
	mod, rest, _ := strings.Cut(strings.TrimPrefix(uri, "gomod:///"), "@")
	if plain, err := module.UnescapePath(mod); err == nil {
		return "gomod:///" + plain + "@" + rest
	}
	return uri
}

func isGoSource(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}

// sources lists the files of a folder in a root.
func sources(scheme, root, dir string, keep func(name string) bool) (out []index.LibraryFile) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if keep(e.Name()) && e.Type().IsRegular() {
			out = append(out, below(scheme+":///", root, filepath.Join(dir, e.Name())))
		}
	}
	return out
}

// below returns a file of a library with its URI below a named root, whose URI is name: "goroot:///", or "cpath:///0/".
func below(name, root, file string) index.LibraryFile {
	rel, ok := beneath.Local(root, file)
	if !ok {
		rel = filepath.ToSlash(file)
	}
	return index.LibraryFile{URI: name + rel, File: file}
}

// pythonModule returns the files of a module of the interpreter's library or of an installed package.
func (l *Libraries) pythonModule(ctx context.Context, name string) []index.LibraryFile {
	l.pyOnce.Do(func() { l.pyEnv, _ = askPython(l.run(ctx), "python3", "python") })
	rel := filepath.FromSlash(strings.ReplaceAll(name, ".", "/"))
	for _, base := range []struct{ scheme, dir string }{{"pystdlib", l.pyEnv.Stdlib}, {"site", l.pyEnv.Purelib}} {
		if base.dir == "" {
			continue
		}
		for _, file := range []string{rel + ".py", filepath.Join(rel, "__init__.py")} {
			if f := filepath.Join(base.dir, file); isRegular(f) {
				return []index.LibraryFile{below(base.scheme+":///", base.dir, f)}
			}
		}
	}
	folders, _ := pythonPath(l.root, l.copyOf)
	for i, dir := range folders {
		for _, file := range []string{rel + ".py", filepath.Join(rel, "__init__.py")} {
			_, isOwn := beneath.Local(l.root, dir)
			if f := filepath.Join(dir, file); !isOwn && isRegular(f) {
				return []index.LibraryFile{below(fmt.Sprintf("pythonpath:///%d/", i), dir, f)}
			}
		}
	}
	return nil
}

func isRegular(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular()
}

// reexport matches an import or export of another file of the same package; the group is its relative path.
var reexport = lazyregexp.New(`(?m)\b(?:export|import)\b[^'";]*\bfrom\s*['"](\.[^'"]+)['"]`)

// maxReexports is the maximum number of files of a node package that are read for one name.
const maxReexports = 1000

// Limits of the files of node packages that are read for one name, in bytes.
const (
	maxManifest = 1 << 20 // of a package.json
	maxExports  = 64 << 20
)

// nodePackage returns the files with the exported types of an installed package: its entry and the files
// that the entry re-exports.
func (l *Libraries) nodePackage(ctx context.Context, name string, folder *beneath.Folder) []index.LibraryFile {
	dir := path.Join("node_modules", name)
	queue := typesOf(folder, dir)
	var out []index.LibraryFile
	read := 0
	for i := 0; i < len(queue) && i < maxReexports && read < maxExports && ctx.Err() == nil; i++ {
		raw, err := folder.ReadFile(queue[i], index.MaxFileSize)
		if err != nil {
			continue // It may also be a link to a file outside the workspace.
		}
		read += len(raw)
		out = append(out, index.LibraryFile{URI: queue[i], File: filepath.Join(l.root, filepath.FromSlash(queue[i]))})
		for _, m := range reexport.FindAllSubmatch(raw, maxReexports) {
			to := path.Join(path.Dir(queue[i]), strings.TrimSuffix(string(m[1]), ".js"))
			for _, f := range []string{to + ".d.ts", path.Join(to, "index.d.ts")} {
				if isRegularIn(folder, f) && !slices.Contains(queue, f) {
					queue = append(queue, f)
					break
				}
			}
		}
	}
	return out
}

// typesOf returns the entry file of a package's types; none if the package has no types.
func typesOf(folder *beneath.Folder, dir string) []string {
	var pkg struct{ Types, Typings string }
	if raw, err := folder.ReadFile(path.Join(dir, "package.json"), maxManifest); err == nil {
		_ = json.Unmarshal(raw, &pkg) // If this fails, the types are those of index.d.ts, if it exists.
	}
	for _, entry := range []string{pkg.Types, pkg.Typings, "index.d.ts"} {
		if f := path.Join(dir, entry); entry != "" && isRegularIn(folder, f) {
			return []string{f}
		}
	}
	if f := dir + ".d.ts"; isRegularIn(folder, f) {
		return []string{f}
	}
	return nil
}

func isRegularIn(folder *beneath.Folder, file string) bool {
	info, err := folder.Stat(file)
	return err == nil && info.Mode().IsRegular()
}

// header returns the file of a C or C++ header of the folders that the user's environment names, or of the system.
func (l *Libraries) header(name string) []index.LibraryFile {
	for i, dir := range headerFolders(l.programs, false, l.root, headerVars) {
		if f := filepath.Join(dir, filepath.FromSlash(name)); isRegular(f) {
			return []index.LibraryFile{below(fmt.Sprintf("cpath:///%d/", i), dir, f)}
		}
	}
	for _, dir := range []string{"/usr/include", "/usr/local/include"} {
		if f := filepath.Join(dir, filepath.FromSlash(name)); isRegular(f) {
			return []index.LibraryFile{below("sysroot:///", "/", f)}
		}
	}
	return nil
}
