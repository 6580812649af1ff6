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
	after, _, err := OverlaidApart(s, o)
	return after, err
}

// OverlaidApart is [Overlaid], and also returns what the patch changes that no snapshot has: symbolic links and
// submodules. If the patch does not apply, it returns those that precede what does not.
func OverlaidApart(s *index.Snapshot, o *api.Options) (*index.Snapshot, []patch.Special, error) {
	var change patch.Change
	contents := map[string][]byte{}
	for p, c := range o.Overlay {
		rel, err := s.Rel(p)
		if err != nil {
			return nil, nil, err
		}
		if _, twice := contents[rel]; twice {
			return nil, nil, fault.New(fault.Usage, "the overlay names %s twice", rel)
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
				return nil, nil, err
			}
		}
		var err error
		change, err = patch.Apply(below, o.Patch, index.IsText)
		if err != nil {
			return nil, change.Specials, err
		}
		maps.Copy(contents, change.Contents)
	}
	var replaced []string
	for _, special := range change.Specials {
		replaced = append(replaced, special.Path)
	}
	after, err := s.OverlayReplacing(contents, replaced)
	if err != nil && o.Patch != "" {
		return nil, change.Specials, refusal(err)
	}
	return after, change.Specials, err
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
