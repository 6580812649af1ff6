package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// readers are the functions by which files are opened, described or listed by a path of
// the whole machine, which may lead anywhere and block.
var readers = map[string][]string{
	"os": {
		"Open", "OpenFile", "ReadFile", "Stat", "Lstat", "ReadDir", "Readlink",
		"DirFS", "OpenRoot", "OpenInRoot",
	},
	"filepath": {"Walk", "WalkDir", "Glob", "EvalSymlinks"},
	"unix":     {"Open", "Openat", "Openat2", "Stat", "Lstat", "Fstatat", "Readlink"},
	"syscall":  {"Open", "Stat", "Lstat"},
	"ioutil":   {"ReadFile", "ReadDir"},
}

// mayRead are the functions that may call them, by package, with the reason. All else
// reads files of a workspace, and does so through package beneath.
var mayRead = map[string]map[string]string{
	"index/beneath":   {"*": "it is the owner"},
	"index/indextest": {"*": "tests' own files"},
	"index/store":     {"*": "the store, in the user's cache folder"},
	"index": {
		"RealRoot":         "finds where the workspace is",
		"FindRoot":         "finds where the workspace is; nothing is opened",
		"resolveExisting":  "names only: what a path resolves to, to be opened by its owner",
		"readOutside":      "names only: where a link of a copy leads, which is opened as a part of the workspace",
		"isOnDisk":         "names only: nothing is opened",
		"stat":             "a file of a library, below a named root; nothing is opened",
		"outsideUnchanged": "git's own",
		"stampAll":         "git's own",
		"headFiles":        "git's own",
		"isLink":           "names only: nothing is opened",
		"LinkedFolders":    "names only: which links lead to folders of the workspace",
		"extract":          "the copy, outside of the workspace",
		"extractSnapshot":  "the copy, outside of the workspace",
		"target":           "names only: where a link leads, which is copied as a link",
		"inPlace":          "the root itself",
		"watchFolders":     "the root itself",
		"maxUserWatches":   "the kernel's",
	},
	"index/git": {
		"Find":           "git's own",
		"isOwn":          "who owns git's own folder",
		"irregularFile":  "what git's own files are; nothing is opened",
		"firstIrregular": "what git's own files are; nothing is opened",
		"readGitFile":    "what git's own files are; they are opened by beneath",
		"looksBare":      "names only: nothing is opened",
		"edited":         "git's own",
		"behindLink":     "names only",
		"sameTarget":     "what a link is, which git compares",
		"compareContents": "streams beneath the root by os.Root, regular files without blocking: they may be " +
			"larger than beneath reads",
		"EditedOf": "streams beneath the root by os.Root, regular files without blocking; and the time of " +
			"git's own index",
		"Resolved": "names only: where the repository is",
	},
	"server/bundle":   {"NewRoots": "names only: where libraries are"},
	"server/project":  {"GoEnvVersion": "the go command's own settings"},
	"server/daemon":   {"*": "the warm process's own folder, and its program"},
	"server/hook":     {"*": "the memory of agents' sessions, in the user's cache folder"},
	"server/install":  {"*": "programs and installs, outside of the workspace"},
	"server/programs": {"*": "programs, outside of the workspace"},
	"server/sandbox":  {"*": "the kernel's word on our own processes"},
	"server": {
		"engineOf":        "the copy, in the user's cache folder",
		"unlistedSources": "names only, of the copy",
	},
	"server/states": {"removeOldCopies": "copies in the user's cache folder"},
	"server/pool":   {"look": "times only: packages may be installed behind a link out of the workspace"},
	"server/toolchain": {
		"Exists":     "names only: what an import leads to is there or not; nothing is opened",
		"copyAround": "the copy, in the user's cache folder",
		"newCopy":    "the copy, in the user's cache folder",
		"folder":     "names only: they are linked into the copy; nothing is opened",
		"above":      "names only: files above the workspace", "Real": "names only: where a link leads",
		"linkCargoHome": "the server's own cache, beneath it",
		"openWritable":  "the server's own cache, beneath it",
		"writeBelow":    "the server's own cache, beneath it",
		"isRegular":     "an interpreter, which is a link out of the workspace, or a library; nothing is opened",
		"sources":       "libraries, where the language's own tools say that they are",
		"around":        "names only: what lies around the workspace; nothing is opened",
		"moduleAbove":   "above the workspace; nothing is opened",
		"inCache":       "the module cache", "modulesAreHere": "above the workspace; nothing is opened",
		"World": "programs", "digestOf": "programs that may be run", "Installed": "programs",
		"marked":      "names only: an environment is often a link out of the workspace",
		"rustSysroot": "names only: the toolchains that rustup has installed",
	},
	"server/editor": {"resolveLinks": "names only: the client may know the workspace by a link"},
	"cmd/lanser": {
		"record":          "a new file outside of the workspace",
		"outputFile":      "where a report is written",
		"prefix":          "names only",
		"within":          "names only",
		"resolved":        "names only: which file an agent has edited; nothing is opened",
		"outside":         "names only",
		"stepSummary":     "the CI system's file",
		"writeAtomically": "the user's settings of an agent",
		"self":            "our own program",
		"writeEntry":      "the user's settings of an agent",
	},
}

func TestOnlyListedPackagesOpenFilesOfAWorkspace(t *testing.T) {
	const root = "../.."
	used := map[string]bool{}
	for _, dir := range []string{"index", "server", "selectors", "cmd/lanser"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(file string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			pkg, err := filepath.Rel(root, filepath.Dir(file))
			if err != nil {
				return err
			}
			pkg = filepath.ToSlash(pkg)
			for _, c := range readersIn(t, file) {
				key := pkg + " " + c.in
				used[key] = true
				if mayRead[pkg][c.in] == "" && mayRead[pkg]["*"] == "" {
					t.Errorf("%s: %s calls %s: files of a workspace are opened by package beneath; "+
						"anything else is listed here with the reason", c.at, c.in, c.calls)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for pkg, functions := range mayRead {
		for f := range functions {
			if f != "*" && !used[pkg+" "+f] {
				t.Errorf("%s of %s reads nothing any more", f, pkg)
			}
		}
	}
}

// call is a call of one of the readers.
type call struct{ in, calls, at string }

func readersIn(t *testing.T, file string) (out []call) {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range parsed.Decls {
		in := "a variable"
		if f, ok := decl.(*ast.FuncDecl); ok {
			in = f.Name.Name
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(readers[x.Name], sel.Sel.Name) {
				out = append(out, call{in, x.Name + "." + sel.Sel.Name, set.Position(sel.Pos()).String()})
			}
			return true
		})
	}
	return out
}
