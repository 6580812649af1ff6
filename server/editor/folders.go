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

// folder is one of the client's workspace folders, each a workspace of its own.
type folder struct {
	name string // the folder's path as the client gives it; "" where it gives none
	door api.Door
	stop context.CancelFunc // ends the watch
}

// place is a file of a folder.
type place struct {
	in   *folder
	path string // relative to the root, slash-separated
}

func (p place) file() string { return filepath.Join(p.in.door.Root(), filepath.FromSlash(p.path)) }

// roots are the folders that the client starts with, "" for the one that the process was
// started in.
func (s *session) roots(p protocol.InitializeParams) (roots []string) {
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

// open opens folders, all or, with an error, none.
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

// opened are the folders, in the client's order.
func (s *session) opened() []*folder {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.folders)
}

// watch has open documents checked again when something changes in a folder.
func (s *session) watch(f *folder) {
	ctx, stop := context.WithCancel(s.ctx)
	f.stop = stop
	s.all.Go(func() {
		_ = f.door.Changes(ctx, func(paths []string) { // it ends with the folder
			if len(paths) > 0 {
				s.checkOpen(f)
			}
		})
	})
}

// changeFolders opens and closes folders as the client does. A folder that cannot be
// opened is told of, and left out.
func (s *session) changeFolders(ctx context.Context, raw json.RawMessage) error {
	var p protocol.DidChangeWorkspaceFoldersParams
	if err := protocol.Unmarshal(raw, &p); err != nil || s.Fixed || !s.begun {
		return err
	}
	for _, gone := range p.Event.Removed {
		for _, f := range s.opened() {
			if f.name == gone.URI.FsPath() {
				s.close(f)
			}
		}
	}
	for _, added := range p.Event.Added {
		if err := s.open(ctx, []string{added.URI.FsPath()}); err != nil {
			s.say(protocol.MessageTypeError, added.URI.FsPath()+" is not opened: "+fault.From(err).Error())
			continue
		}
		all := s.opened()
		s.watch(all[len(all)-1])
	}
	return nil
}

// close closes a folder; what is asked about it meanwhile is an error.
func (s *session) close(f *folder) {
	f.stop()
	s.mu.Lock()
	s.folders = slices.DeleteFunc(s.folders, func(other *folder) bool { return other == f })
	for at := range s.docs {
		if at.in == f {
			delete(s.docs, at)
			delete(s.due, at)
		}
	}
	s.mu.Unlock()
	s.all.Go(f.door.Close) // it waits for what is being answered
}

// place is where a file lies: in the innermost folder that holds it. The error is
// Permissions for one outside all.
func (s *session) place(u uri.URI) (place, error) {
	if !u.IsFile() {
		return place{}, fault.New(fault.Usage, "%s is no file", u)
	}
	file := u.FsPath()
	all := s.opened()
	at := innermost(all, file)
	if at.in == nil {
		if real, err := filepath.EvalSymlinks(file); err == nil { // the client may know the workspace by a link
			at = innermost(all, real)
		}
	}
	if at.in != nil {
		return at, nil
	}
	if len(all) == 1 {
		return place{}, fault.New(fault.Permissions, "%s is outside the workspace %s", file, all[0].door.Root())
	}
	return place{}, fault.New(fault.Permissions, "%s is outside all %d workspace folders", file, len(all))
}

// innermost is the place of a file in the innermost of the folders that hold it.
func innermost(folders []*folder, file string) (at place) {
	for _, f := range folders {
		rel, ok := beneath.Local(f.door.Root(), file)
		if ok && (at.in == nil || len(f.door.Root()) > len(at.in.door.Root())) {
			at = place{in: f, path: rel}
		}
	}
	return at
}

// chosen is the folder that the parameters of a request beyond the protocol name by its
// URI, which they need not where there is only one; rest are the others.
func (s *session) chosen(raw json.RawMessage) (f *folder, rest map[string]json.RawMessage, err error) {
	if err := json.Unmarshal(raw, &rest); err != nil {
		return nil, nil, fault.Wrap(fault.Usage, err, "the parameters cannot be read: %v", err)
	}
	var name uri.URI
	if given, ok := rest["folder"]; ok {
		if err := json.Unmarshal(given, &name); err != nil || !name.IsFile() {
			return nil, nil, fault.New(fault.Usage, "folder is no file URI: %s", given)
		}
		delete(rest, "folder")
	}
	all := s.opened()
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
	return nil, nil, fault.New(fault.Usage, "folder names no workspace folder: %q", string(name)).
		WithHint("one of %s", strings.Join(names, ", "))
}
