package editor

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/server/api"
)

// folder is one of the client's workspace folders, each of which is a workspace of its own.
type folder struct {
	name string // the folder's path as the client gives it; "" for the workspace of the process
	door api.Door
	stop context.CancelFunc // stops watching for changes
}

// folderFile is a file of a folder.
type folderFile struct {
	folder *folder
	path   string // relative to the root, slash-separated
}

// file returns the absolute path of the file.
func (p folderFile) file() string {
	return filepath.Join(p.folder.door.Root(), filepath.FromSlash(p.path))
}

// initialRoots returns the folders that the client starts with; "" is the folder that the process was started
// in.
func (s *session) initialRoots(p protocol.InitializeParams) (roots []string) {
	if s.Fixed {
		return []string{""}
	}
	all, _ := p.WorkspaceFolders.Get()
	for _, f := range all {
		roots = append(roots, f.URI.FsPath())
	}

	if roots != nil {
		return roots
	}

	//lint:ignore SA1019 clients of earlier versions know no folders
	if p.RootURI != nil {
		//lint:ignore SA1019 as above
		return []string{p.RootURI.FsPath()}
	}
	return []string{""}
}

// open opens folders: all of them, or none if there is an error. It does not watch them: initialize opens them before
// it knows whether the client is to hear of diagnostics.
func (s *session) open(ctx context.Context, roots []string) error {
	var opened []*folder
	for _, root := range roots {
		door, err := s.Open(ctx, root)
		if err != nil {
			for _, f := range opened {
				f.door.Close()
			}
			return err
		}
		opened = append(opened, &folder{name: root, door: door, stop: func() {}})
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.folders = append(s.folders, opened...)
	return nil
}

// openFolders returns the folders in the client's order.
func (s *session) openFolders() []*folder {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.folders)
}

// watch checks open documents again when files of a folder change: all of them, because a change of one file may change
// the findings in any other.
func (s *session) watch(f *folder) {
	ctx, stop := context.WithCancel(s.ctx)
	f.stop = stop
	s.background.Go(func() {
		_ = f.door.Changes(ctx, func(paths []string) { // returns when the folder is closed
			if len(paths) > 0 {
				s.scheduleOpen(f)
			}
		})
	})
}

// changeFolders opens and closes folders as the client requests. A folder that cannot be opened is reported,
// and left out.
func (s *session) changeFolders(ctx context.Context, raw json.RawMessage) error {
	var p protocol.DidChangeWorkspaceFoldersParams
	if err := protocol.Unmarshal(raw, &p); err != nil || s.Fixed || !s.initialized {
		return err
	}
	for _, gone := range p.Event.Removed {
		for _, f := range s.openFolders() {
			if f.name == gone.URI.FsPath() {
				s.close(f)
			}
		}
	}

	for _, added := range p.Event.Added {
		if err := s.open(ctx, []string{added.URI.FsPath()}); err != nil {
			s.logMessage(protocol.MessageTypeError, added.URI.FsPath()+" cannot be opened: "+fault.From(err).Error())
			continue
		}
		all := s.openFolders()
		s.watch(all[len(all)-1])
	}
	return nil
}

// close closes a folder. Requests about it fail from now on. Its documents are forgotten, also those that another
// folder contains as well.
func (s *session) close(f *folder) {
	f.stop()
	s.mu.Lock()
	s.folders = slices.DeleteFunc(s.folders, func(other *folder) bool { return other == f })
	for at := range s.docs {
		if at.folder == f {
			delete(s.docs, at)
			delete(s.pendingChecks, at)
		}
	}
	s.mu.Unlock()
	s.background.Go(f.door.Close) // Close waits for running requests
}

// locateFile returns the innermost folder that contains a file: with the folders /repo and /repo/web, /repo/web/a.ts is
// a.ts of the second. The error is Permissions for a file outside all folders, and Usage for a URI of another scheme,
// such as untitled: or git:.
func (s *session) locateFile(u uri.URI) (folderFile, error) {
	if !u.IsFile() {
		return folderFile{}, fault.New(fault.Usage, "%s is not a file URI", u)
	}
	file := u.FsPath()
	all := s.openFolders()
	at := innermostFolder(all, file)
	resolved := innermostFolder(all, resolveLinks(file))
	if at.folder == nil { // the client may use a path with links
		at = resolved
	}

	// A document behind a link that leads out of the folders is none of theirs: as an overlay it would make every
	// request fail.
	if at.folder != nil && resolved.folder != nil {
		return at, nil
	}
	if len(all) == 1 {
		return folderFile{}, fault.New(fault.Permissions, "%s is outside the workspace %s", file, all[0].door.Root())
	}
	return folderFile{}, fault.New(fault.Permissions, "%s is outside all %d workspace folders", file, len(all))
}

// resolveLinks resolves the symbolic links of a path. What follows the last folder that exists is kept.
func resolveLinks(file string) string {
	resolved, err := filepath.EvalSymlinks(file)
	if dir := filepath.Dir(file); err != nil && dir != file {
		return filepath.Join(resolveLinks(dir), filepath.Base(file))
	}
	if err != nil {
		return file
	}
	return resolved
}

// innermostFolder returns the file within the innermost of the folders that contain it.
func innermostFolder(folders []*folder, file string) (at folderFile) {
	for _, f := range folders {
		rel, ok := beneath.Local(f.door.Root(), file)
		if ok && (at.folder == nil || len(f.door.Root()) > len(at.folder.door.Root())) {
			at = folderFile{folder: f, path: rel}
		}
	}
	return at
}

// requestedFolder returns the folder whose URI the parameters of a lanser request contain; without a URI it
// is the only folder. rest holds the other parameters.
func (s *session) requestedFolder(raw json.RawMessage) (f *folder, rest map[string]json.RawMessage, err error) {
	if err := json.Unmarshal(raw, &rest); err != nil {
		return nil, nil, fault.Wrap(fault.Usage, err, "the parameters are malformed: %v", err)
	}
	var name uri.URI
	if given, ok := rest["folder"]; ok {
		if err := json.Unmarshal(given, &name); err != nil || !name.IsFile() {
			return nil, nil, fault.New(fault.Usage, "folder is not a file URI: %s", given)
		}
		delete(rest, "folder")
	}

	all := s.openFolders()
	if name == "" && len(all) == 1 {
		return all[0], rest, nil
	}
	var names []string
	for _, f := range all {
		if name != "" && f.name == name.FsPath() {
			return f, rest, nil
		}
		names = append(names, string(uri.File(f.name)))
	}
	return nil, nil, fault.New(fault.Usage, "folder is not a workspace folder: %q", string(name)).
		WithHint("use one of %s", strings.Join(names, ", "))
}
