package server

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"lanser/index"
	"lanser/server/catalogue"
	"lanser/server/trace"
)

// A check also owes sources that the list of the workspace's files does not have, because .gitignore names them or
// because they are links, if the build of a project includes them: the compiler fails on what is wrong in generated
// code too. The other questions are about listed files.

// unlistedKey is the question about unlisted sources in traces. Those of earlier versions do not have it.
const unlistedKey = "unlisted sources"

// maxUnlisted bounds the unlisted sources that a check looks at.
const maxUnlisted = 5000

// unlistedSources are the sources that a check owes though they are not listed.
type unlistedSources struct {
	Files []string
	// Gone are files that compilation databases list, and that do not exist.
	Gone []string
	// More is true if there may be more.
	More bool
}

// withUnlisted has the answer know the unlisted sources that a check owes. It returns those that are gone: a
// compilation database lists them, and they do not exist, because generated code was not generated, for instance.
//
// The answer gets a copy of its question, because other answers share the question and its snapshot.
func (e *Engine) withUnlisted(a *answer) (gone []string, err error) {
	if !e.cfg.replays.Has(trace.Coverage) || e.scip != nil || !e.log.Knows(unlistedKey) {
		return nil, nil
	}
	var found unlistedSources
	raw, err := e.log.Ask(unlistedKey, func() ([]byte, error) {
		return json.Marshal(e.unlistedSources(a.Disk, a.Snap))
	})
	if err == nil {
		err = json.Unmarshal(raw, &found)
	}
	if err != nil {
		return nil, err
	}
	if found.More {
		a.Bundle.Evidence.Note("not all files that .gitignore leaves out were looked at: there are too many")
	}
	q := *a.Question
	q.Snap = a.Snap.WithUnlisted(slices.DeleteFunc(found.Files, a.Snap.Has))
	a.Question = &q
	return found.Gone, nil
}

// unlistedSources looks for the sources that a check owes though they are not listed. disk is the state of the files on
// disk, and snap the one that is checked. In a copy of another state, they are those of the workspace on disk, as their
// contents are, as far as the copy has them, and the copy's own links to files.
func (e *Engine) unlistedSources(disk, snap *index.Snapshot) (found unlistedSources) {
	sources := catalogue.UnlistedIn(disk)
	paths, all := disk.UnlistedFiles(sources.Skip, sources.Keep)
	found.Files = sources.Select(paths)
	if e.cfg.unlisted != nil {
		found.Gone, found.More = e.cfg.unlisted.Gone, e.cfg.unlisted.More
		for _, p := range e.cfg.unlisted.Files {
			if _, err := os.Lstat(filepath.Join(e.ws.Root(), filepath.FromSlash(p))); err == nil {
				found.Files = append(found.Files, p)
			}
		}
		slices.Sort(found.Files)
		found.Files = slices.Compact(found.Files)
		found.addGone(snap)
		return found
	}
	for _, p := range sources.Compiled() {
		if info, err := disk.Folder().Stat(p); err == nil && info.Mode().IsRegular() {
			found.Files = append(found.Files, p)
		} else {
			found.Gone = append(found.Gone, p)
		}
	}
	found.addGone(snap)
	slices.Sort(found.Files)
	found.Files = slices.Compact(found.Files)
	found.More = !all || len(found.Files) > maxUnlisted
	found.Files = found.Files[:min(len(found.Files), maxUnlisted)]
	return found
}

// addGone makes Gone, of the files on disk, that of the state that is checked: an overlay or a copy may have files that
// are gone on disk, and lack others that a compilation database lists.
func (u *unlistedSources) addGone(snap *index.Snapshot) {
	u.Gone = slices.DeleteFunc(slices.Clone(u.Gone), snap.Has)
	removed := snap.Gone()
	if len(removed) == 0 {
		return
	}
	for _, p := range catalogue.UnlistedIn(snap).Compiled() {
		if slices.Contains(removed, p) {
			u.Gone = append(u.Gone, p)
		}
	}
	slices.Sort(u.Gone)
	u.Gone = slices.Compact(u.Gone)
}
