package index

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/fault"
)

// ExtractSnapshot writes the files of a snapshot, with the contents of its overlay, to an empty folder. If the
// workspace is a folder of a repository, the other files of the repository are copied too. Symbolic links, files that
// git ignores, and whatever else is in the folders, are linked as with [Workspace.Extract]. The links and submodules of
// others replace those of their paths. The error is VersionSkew where one is not as the replacement says.
func (w *Workspace) ExtractSnapshot(
	ctx context.Context, s *Snapshot, others []Replacement, dir string,
) (*Extracted, error) {
	out, err := w.extractSnapshot(ctx, s, others, dir)
	if fault.Is(err, fault.VersionSkew) {
		return nil, err
	}
	if err != nil {
		return nil, notExtracted("the files of the workspace", err)
	}
	return out, nil
}

// extractSnapshot is ExtractSnapshot with the errors of its steps.
func (w *Workspace) extractSnapshot(
	ctx context.Context, s *Snapshot, others []Replacement, dir string,
) (*Extracted, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	x, err := w.newExtraction(root, dir)
	if err != nil {
		return nil, err
	}
	repository, err := beneath.Open(x.top)
	if err != nil {
		return nil, err
	}
	defer repository.Close()
	around, err := x.filesAround(ctx)
	if err != nil {
		return nil, err
	}
	state := proposedState{extraction: x, repository: repository, gone: map[string]bool{}, made: map[string]bool{}}
	for _, r := range others {
		if err := state.replace(ctx, s, r); err != nil {
			return nil, err
		}
	}
	for _, p := range s.Paths() {
		at := path.Join(x.prefix, p)
		if state.gone[at] && !s.overlaid[p] {
			continue
		}
		if content, err := s.Content(p); err == nil && s.overlaid[p] {
			err = x.write(entry{path: at}, int64(content.Len()), bytes.NewReader(content.Bytes()), state.made)
			if err != nil {
				return nil, err
			}
		} else {
			around = append(around, at)
		}
		x.out.Listed = append(x.out.Listed, p)
	}
	for _, p := range around {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := state.writeFromDisk(p); err != nil {
			return nil, err
		}
	}
	x.out.Gone = s.Gone()
	for _, p := range s.Overlaid() {
		if !s.Has(p) {
			state.gone[path.Join(x.prefix, p)] = true
		}
	}
	if err := state.linkRest("."); err != nil {
		return nil, err
	}
	return x.out, x.makeLinks()
}

// filesAround returns what git lists in the repository outside of the workspace.
func (x *extraction) filesAround(ctx context.Context) (files []string, err error) {
	if x.prefix == "." || !x.w.usesGit() {
		return nil, nil
	}
	out, err := x.w.runner.List(ctx, x.top, "-z", "-c", "-o", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	for p := range strings.SplitSeq(string(out), "\x00") {
		isFile := p != "" && !strings.HasSuffix(p, "/") // a slash ends the name of a repository in the repository
		if isFile && !strings.HasPrefix(p, x.prefix+"/") {
			files = append(files, p)
		}
	}
	return files, nil
}

// proposedState is the state of one [Workspace.ExtractSnapshot]. Paths are relative to the top of the extraction.
type proposedState struct {
	*extraction
	repository *beneath.Folder // the folder that is copied
	gone       map[string]bool // files that the overlay removes
	made       map[string]bool // folders that exist
}

// linkRest links what a folder has on disk and the copy does not have yet: symbolic links, ignored files, and files
// that no answer is about. Files that the overlay removes are left out.
func (x *proposedState) linkRest(dir string) error {
	entries, err := x.repository.Direct().ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the folder only exists in the overlay
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		p := path.Join(dir, e.Name())
		if e.Name() == ".git" || x.gone[p] {
			continue
		}
		isInCopy := x.exists(p)
		switch {
		case e.IsDir() && (isInCopy || x.isAboveGone(p)):
			err = x.linkRest(p)
		case isInCopy:
		case e.IsDir():
			err = x.copyIgnoredFolder(p, x.repository)
		case e.Type()&fs.ModeSymlink != 0:
			_, err = x.writeLink(p)
		default:
			err = x.linkFile(p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// linkFile links a file, or writes a compilation database. It creates the folder, which is missing in the copy if the
// overlay removes all of its listed files.
func (x *proposedState) linkFile(p string) error {
	if err := x.root.MkdirAll(path.Dir(p), 0o700); err != nil {
		return err
	}
	return x.copyIgnored(p, x.repository)
}

// isAboveGone reports whether the overlay removes a file in a folder.
func (x *proposedState) isAboveGone(dir string) bool {
	for p := range x.gone {
		if strings.HasPrefix(p, dir+"/") {
			return true
		}
	}
	return false
}

// writeLink adds a symbolic link of the repository to x.links; isLink is false if the file is none.
func (x *proposedState) writeLink(p string) (isLink bool, err error) {
	target, isLink := x.target(p)
	if !isLink {
		return false, nil
	}
	link := bytes.NewReader([]byte(target))
	return true, x.write(entry{path: p, mode: modeLink}, link.Size(), link, x.made)
}

// writeFromDisk writes a file with its content on disk, or adds a link to x.links.
func (x *proposedState) writeFromDisk(p string) error {
	if isLink, err := x.writeLink(p); isLink || err != nil {
		return err
	}
	info, err := x.repository.Direct().Lstat(p)
	if err != nil {
		return nil // it has just been removed
	}
	f := entry{path: p}
	if info.Mode()&0o100 != 0 {
		f.mode = modeExecutable
	}
	if info.Size() > MaxFileSize {
		x.linkToDisk(p)
		return nil
	}
	content, err := x.repository.ReadFile(p, MaxFileSize)
	if err != nil {
		x.leftOut = append(x.leftOut, p)
		return nil
	}
	return x.write(f, int64(len(content)), bytes.NewReader(content), x.made)
}
