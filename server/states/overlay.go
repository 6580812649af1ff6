package states

import (
	"maps"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/patch"
)

// Overlaid returns a snapshot with the overlay of the options and, on top of it, their patch: the patch must apply to
// the overlay. A file that the overlay has without content is removed. The error is Usage for a file that the overlay
// names twice, also by two paths; otherwise it is that of the path, or of the patch.
func Overlaid(s *index.Snapshot, o *api.Options) (*index.Snapshot, error) {
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
		patched, err := patch.Apply(below, o.Patch, index.IsText)
		if err != nil {
			return nil, err
		}
		maps.Copy(contents, patched)
	}
	after, err := s.Overlay(contents)
	if err != nil && o.Patch != "" {
		return nil, refusal(err)
	}
	return after, err
}

// refusal adds to an error about a path of a patch the safety check that the patch has failed.
func refusal(err error) error {
	e := fault.From(err)
	switch e.Code {
	case fault.Permissions:
		return e.WithDetails(bundle.Refusal{Safety: "jail"})
	case fault.VersionSkew:
		return e.WithDetails(bundle.Refusal{Safety: "applies"})
	default:
		return e
	}
}
