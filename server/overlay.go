package server

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// overlaid returns a snapshot with the overlay of the options and, on top of it, their patch.
func overlaid(s *index.Snapshot, o *api.Options) (*index.Snapshot, error) {
	contents := map[string][]byte{}
	for p, c := range o.Overlay {
		rel, err := s.Rel(p)
		if err != nil {
			return nil, err
		}
		if _, twice := contents[rel]; twice {
			return nil, fault.New(fault.Usage, "the overlay names %s twice", rel)
		}
		contents[rel] = nil
		if c != nil {
			contents[rel] = []byte(*c)
		}
	}
	if o.Patch != "" {
		below := s
		if len(contents) > 0 {
			var err error
			below, err = s.Overlay(contents)
			if err != nil {
				return nil, err
			}
		}
		patched, err := patched(below, o.Patch)
		if err != nil {
			return nil, err
		}
		maps.Copy(contents, patched)
	}
	return s.Overlay(contents)
}

// applies is the safety check that a patch must apply.
var applies = bundle.Refusal{Safety: "applies"}

// patched applies a unified diff in memory. The error is Usage for what is no diff,
// Permissions for a path outside the workspace, and VersionSkew where it does not
// apply to what is there.
func patched(s *index.Snapshot, patch string) (map[string][]byte, error) {
	files, _, err := gitdiff.Parse(strings.NewReader(patch))
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "the patch cannot be read: %v", err).
			WithHint("a unified diff is wanted, as git diff prints it")
	}
	if len(files) == 0 {
		return nil, fault.New(fault.Usage, "the patch changes no file").
			WithHint("a unified diff is wanted, as git diff prints it")
	}
	plain := !strings.HasPrefix(patch, "diff --git ") && !strings.Contains(patch, "\ndiff --git ")
	out := map[string][]byte{}
	for _, f := range files {
		if f.IsBinary {
			return nil, fault.New(fault.Usage, "the patch changes the binary file %s", f.NewName)
		}
		from, to := f.OldName, f.NewName
		if plain {
			from, to = withoutSide(s, from), withoutSide(s, to)
		}
		for _, p := range []string{from, to} {
			if p != "" && !filepath.IsLocal(filepath.FromSlash(p)) {
				return nil, fault.New(fault.Permissions, "the patch names %s, outside the workspace", p).
					WithDetails(bundle.Refusal{Safety: "jail"})
			}
		}
		var before []byte
		if !f.IsNew {
			c, err := s.Content(from)
			if err != nil {
				return nil, fault.Wrap(fault.VersionSkew, err, "the patch does not apply: %v", fault.From(err).Message).
					WithDetails(applies)
			}
			before = c.Bytes()
		} else if s.Has(to) {
			return nil, fault.New(fault.VersionSkew, "the patch does not apply: it makes %s, which is there", to).WithDetails(applies)
		}
		var after bytes.Buffer
		if err := gitdiff.Apply(&after, bytes.NewReader(before), f); err != nil {
			var conflict *gitdiff.Conflict
			where := ""
			var at *gitdiff.ApplyError
			if errors.As(err, &at) {
				where = fmt.Sprintf(" at line %d", at.Line)
			}
			if errors.As(err, &conflict) {
				err = conflict
			}
			return nil, fault.Wrap(fault.VersionSkew, err, "the patch does not apply to %s%s: %v", from, where, err).
				WithHint("make it anew from the files as they are").WithDetails(applies)
		}
		if (f.IsDelete || f.IsRename) && from != "" {
			out[from] = nil
		}
		if !f.IsDelete {
			out[to] = append([]byte{}, after.Bytes()...)
		}
	}
	return out, nil
}

// withoutSide takes the a/ or b/ of git's two sides from a name of a plain diff,
// which does not say whether it has them, unless there is such a file.
func withoutSide(s *index.Snapshot, p string) string {
	if rest, ok := strings.CutPrefix(p, "a/"); ok && !s.Has(p) {
		return rest
	}
	if rest, ok := strings.CutPrefix(p, "b/"); ok && !s.Has(p) {
		return rest
	}
	return p
}

// openOverlaid adds the files of an overlay to those that are open: a server sees
// what is not on disk only there. What it cannot be shown is doubted.
func (j *job) openOverlaid(srv *catalogue.Server, open []string) []string {
	for _, p := range j.snap.Overlaid() {
		switch {
		case !srv.Concerns(p):
		case !j.snap.Has(p):
			j.doubt(bundle.Partial, p+" is on disk, and "+srv.Name+" still sees it there")
		case srv.LanguageID(p) == "":
			j.doubt(bundle.Partial, srv.Name+" reads "+p+" from disk, as it is there")
		case srv.IsIncluded(p):
			j.doubt(bundle.Partial, srv.Name+" reads the header "+p+" from disk where other files include it")
		default:
			open = append(open, p)
		}
	}
	return open
}
