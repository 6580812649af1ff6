package findings

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"path"
	"slices"

	"lanser/index/beneath"
	"lanser/server/catalogue"
	"lanser/server/lsp"
)

// Pyright reads each folder once. A folder that it comes to by a symbolic link first, in the order of names, is known
// to it under the path of the link, and its files are unknown under their own paths, under which they are listed here.
// It is asked about them under the path of the link then, as its command line reports them.

// linksKey is the question about links to folders in traces. Those of earlier versions do not have it.
const linksKey = "links to folders"

// askByLinks returns reports with those of files replaced that the server does not know under their own paths, if it
// knows them under the path of a link to a folder above them.
func (a *Answer) askByLinks(
	ctx context.Context, s *lsp.Session, reports []lsp.FileDiagnostics,
) []lsp.FileDiagnostics {
	isUnknown := func(r lsp.FileDiagnostics) bool { return errors.Is(r.Err, lsp.ErrUnchanged) }
	if !slices.ContainsFunc(reports, isUnknown) || !a.Log.Knows(linksKey) {
		return reports
	}
	links := map[string]string{}
	raw, err := a.Log.Ask(linksKey, func() ([]byte, error) {
		return json.Marshal(a.Disk.LinkedFolders(catalogue.UnlistedIn(a.Disk).Skip))
	})
	if err != nil || json.Unmarshal(raw, &links) != nil {
		return reports // the files stay unchecked
	}
	out := slices.Clone(reports)
	for i := range out {
		if !isUnknown(out[i]) {
			continue
		}
		for _, link := range slices.Sorted(maps.Keys(links)) {
			below, ok := beneath.Local(links[link], out[i].Path)
			if !ok {
				continue
			}
			found, err := s.Diagnostics(ctx, a.Snap, []string{path.Join(link, below)}, func(int) {})
			if err != nil {
				return out // the session's next question reports what is wrong with it
			}
			if found[0].Err == nil {
				out[i].Items, out[i].Err = found[0].Items, nil
				break
			}
		}
	}
	return out
}
