package index

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"lanser/selectors"
	"lanser/selectors/fault"
)

// Libraries finds the modules of dependencies and of standard libraries.
type Libraries interface {
	// Find lists the files of a module that the workspace does not contain; none if the module is unknown. s
	// is the snapshot to read the files from that say which version of the module is meant.
	Find(ctx context.Context, lang selectors.Lang, module string, s *Snapshot) []LibraryFile
}

// LibraryFile is a file below a named root (spec section 4).
type LibraryFile struct {
	URI  string // scheme:///path; declarations use it as their path
	File string // absolute path on this machine
}

// library is a file outside the workspace with the module that it was found for.
type library struct {
	file
	disk   string
	lang   selectors.Lang
	module string
}

// Disk returns the path on this machine of a library file that an answer of this snapshot has named by its
// URI.
func (s *Snapshot) Disk(path string) (file string, ok bool) {
	if v, found := s.libraries.Load(path); found {
		return v.(*library).disk, true
	}
	return "", false
}

// libraryFile returns a library file that was named by its URI, or whose module was looked up.
func (s *Snapshot) libraryFile(path string) (*file, bool) {
	v, ok := s.libraries.Load(path)
	if !ok {
		return nil, false
	}
	return &v.(*library).file, true
}

// libraryModule is [Snapshot.Module] for modules that the workspace does not contain.
func (s *Snapshot) libraryModule(
	ctx context.Context,
	lang selectors.Lang,
	module string,
) ([]selectors.Decl, []string, bool) {
	if s.w.libraries == nil && s.w.recorded == nil {
		return nil, nil, false
	}
	var files []LibraryFile
	raw, err := s.w.world.Ask(fmt.Sprintf("library %s %s", lang, module), func() ([]byte, error) {
		return json.Marshal(s.w.libraries.Find(ctx, lang, module, s))
	})
	if err == nil {
		err = json.Unmarshal(raw, &files)
	}

	if err != nil || len(files) == 0 {
		return nil, nil, false
	}
	d := s.cachedDecls(ctx, &s.libraryDeclarations, lang, module, func() []string {
		var uris []string
		for _, f := range files {
			l := &library{disk: f.File, lang: lang, module: module}
			l.path = f.URI
			l.fill(s.w)
			s.libraries.Store(f.URI, l)
			uris = append(uris, f.URI)
		}
		return uris
	})
	var own []selectors.Decl
	for _, decl := range d.all {
		if !decl.Alias { // the declaration of a re-exported name is in another of the files
			own = append(own, decl)
		}
	}

	return own, d.partial, true
}

// libraryDecls is [Snapshot.FileDecls] for a library file. Its module has been looked up before, so it lists no files.
func (s *Snapshot) libraryDecls(path string) []selectors.Decl {
	v, ok := s.libraries.Load(path)
	if !ok {
		return nil
	}
	l := v.(*library)
	return s.cachedDecls(
		context.Background(), &s.libraryDeclarations, l.lang, l.module, func() []string { return nil },
	).byFile[path]
}

// ReloadLibraries registers the library files that another snapshot has named, and reads them again.
func (s *Snapshot) ReloadLibraries(other *Snapshot) {
	other.libraries.Range(func(path, v any) bool {
		old := v.(*library)
		l := &library{disk: old.disk, lang: old.lang, module: old.module}
		l.path = old.path
		l.fill(s.w)
		s.libraries.Store(path, l)
		return true
	})
}

// findLibrary looks for the module of a library file that no declaration has named yet.
func (s *Snapshot) findLibrary(uri string) error {
	if _, known := s.libraries.Load(uri); known {
		return nil
	}
	lang, module := libraryNamed(uri)
	if module != "" {
		s.libraryModule(context.Background(), lang, module)
	}
	if _, known := s.libraries.Load(uri); known {
		return nil
	}
	e := fault.New(fault.NotFound, "%s is not found among the libraries of this machine", uri)
	return e.WithHint("name the symbol by its module, as in go://net/http#Server or py://json#loads")
}

// libraryNamed returns the module of a file below a named root, as its language names it; "" if its path does not
// say.
func libraryNamed(uri string) (lang selectors.Lang, module string) {
	scheme, file, _ := strings.Cut(uri, ":///")
	switch scheme {
	case "goroot":
		return selectors.Go, strings.TrimPrefix(path.Dir(file), "src/")
	case "gomod":
		name, rest, _ := strings.Cut(path.Dir(file), "@")
		_, below, _ := strings.Cut(rest, "/")
		return selectors.Go, path.Join(name, below)
	case "pystdlib", "site":
		return selectors.Python, dotted(strings.TrimSuffix(file, path.Ext(file)))
	case "pythonpath":
		_, file, _ = strings.Cut(file, "/") // the number of the folder
		return selectors.Python, dotted(strings.TrimSuffix(file, path.Ext(file)))
	case "cpath":
		_, header, _ := strings.Cut(file, "/")
		return "cpp", header
	case "sysroot":
		for _, dir := range []string{"usr/include/", "usr/local/include/"} {
			if header, ok := strings.CutPrefix(file, dir); ok {
				return "cpp", header
			}
		}
	}
	return "", ""
}

// fill reads the file from the disk. An error is kept and returned by every later use of the file.
func (l *library) fill(w *Workspace) {
	if b, err := w.readOutside(l.disk); err == nil {
		l.setContent(b)
	} else {
		l.readErr = fault.Wrap(fault.Permissions, err, "cannot read %s: %v", l.path, err)
	}
}
