// Package settings reads lanser.toml, a workspace's settings for checks: which files are checked and
// how findings weigh.
//
// It promises:
//
//   - Nothing that is executed can be set: a workspace is not trusted (spec section 8).
//   - It reads a bounded regular file beneath the workspace's folder; an error names file, line and
//     column.
//   - One folder gives one answer: every front end asks through [Heed].
//
// It does not check anything itself.
package settings

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Name is the file of the settings, in the workspace's folder.
const Name = "lanser.toml"

// File is what lanser.toml may hold.
type File struct {
	FailOn      severity   `toml:"fail-on"`
	MinSeverity severity   `toml:"min-severity"`
	MaxIssues   issues     `toml:"max-issues"`
	Exclude     []pattern  `toml:"exclude"`
	Severity    []severing `toml:"severity"`
}

type severing struct {
	Path     pattern `toml:"path"`
	Source   string  `toml:"source"`
	Code     string  `toml:"code"`
	Severity weight  `toml:"severity"`
}

// Values are checked where they stand, so that an error tells the place.
type (
	severity string // of fail-on: none too
	weight   string // of a finding: ignore too
	pattern  string
	issues   int
)

func (s *severity) UnmarshalText(raw []byte) error {
	*s = severity(raw)
	return plain(api.Options{FailOn: string(raw)}.Check())
}

func (w *weight) UnmarshalText(raw []byte) error {
	*w = weight(raw)
	return plain(api.Options{Severities: []api.SeverityRule{{Severity: string(raw)}}}.Check())
}

func (p *pattern) UnmarshalText(raw []byte) error {
	*p = pattern(raw)
	return plain(api.Options{Exclude: []string{string(raw)}}.Check())
}

// plain is an error as part of another's message.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(fault.From(err).Message)
}

// Bounds on lanser.toml, which somebody else may have written.
const (
	maxConfig         = 1 << 20 // bytes
	maxConfigPatterns = 10_000
	maxConfigNesting  = 16
)

// content returns the file's content and name; nil where the workspace has none.
func content(ctx context.Context, root, named string) (raw []byte, name string, err error) {
	name = Name
	if named != "" {
		name = filepath.Base(named)
		raw, err = beneath.ReadUserFile(ctx, named, maxConfig)
	} else {
		var dir *beneath.Folder
		dir, err = beneath.Open(root)
		if err != nil {
			return nil, name, nil // whoever asks about the workspace says what is wrong with it
		}
		defer dir.Close()
		raw, err = dir.Direct().ReadFile(Name, maxConfig)
	}
	switch {
	case err == nil:
		return raw, name, nil
	case errors.Is(err, beneath.ErrTooLarge):
		return nil, name, fault.New(fault.Usage, "%s has more than %d bytes, and no more are read", name, maxConfig).
			WithHint("name folders in place of their files, or check without it: --no-config")
	case named != "":
		return nil, name, fault.Wrap(fault.Usage, err, "--config: %v", err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, beneath.ErrLink), errors.Is(err, beneath.ErrNotRegular):
		return nil, name, nil
	}
	return nil, name, fault.Wrap(fault.Usage, err, "%s: %v", name, err)
}

// Read reads the settings of a workspace, or the file that the user names; nil where there are none.
// The error is Usage.
func Read(ctx context.Context, root, named string) (*File, error) {
	raw, name, err := content(ctx, root, named)
	if raw == nil || err != nil {
		return nil, err
	}
	return parse(name, raw)
}

// parse reads the content of a file of settings.
func parse(name string, raw []byte) (*File, error) {
	if text.Nesting(raw) > maxConfigNesting {
		return nil, fault.New(fault.Usage, "%s: brackets nest more than %d deep", name, maxConfigNesting).
			WithHint("see 'lanser help ci'")
	}
	dec := toml.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var c File
	err := dec.Decode(&c)
	var unknown *toml.StrictMissingError
	var bad *toml.DecodeError
	switch {
	case errors.As(err, &unknown) && len(unknown.Errors) > 0:
		row, col := unknown.Errors[0].Position()
		return nil, fault.New(fault.Usage, "%s:%d:%d: no such setting: %s", name, row, col, strings.Join(unknown.Errors[0].Key(), ".")).
			WithHint("it holds fail-on, min-severity, max-issues, exclude and [[severity]] with path, source, code and severity; nothing that is executed can be set there")
	case errors.As(err, &bad):
		row, col := bad.Position()
		return nil, fault.New(fault.Usage, "%s:%d:%d: %s", name, row, col, strings.TrimPrefix(bad.Error(), "toml: ")).
			WithHint("see 'lanser help ci'")
	case err != nil:
		return nil, fault.Wrap(fault.Usage, err, "%s: %v", name, err).WithHint("see 'lanser help ci'")
	}
	for i, r := range c.Severity {
		if r.Severity == "" {
			return nil, fault.New(fault.Usage, "%s: [[severity]] number %d says no severity", name, i+1).
				WithHint("error, warning, information, hint or ignore")
		}
	}
	if n := len(c.Exclude) + len(c.Severity); n > maxConfigPatterns {
		return nil, fault.New(fault.Usage, "%s: it has %d patterns and rules, more than the %d that are read", name, n, maxConfigPatterns).
			WithHint("name folders in place of their files: vendor/ or **/generated/**")
	}
	if c.MaxIssues < 0 {
		return nil, fault.New(fault.Usage, "%s: max-issues is counted from 1", name)
	}
	if c.MinSeverity != "" && bundle.Severity(string(c.MinSeverity)) > 3 {
		return nil, fault.New(fault.Usage, "%s: min-severity wants error, warning, information or hint", name)
	}
	return &c, nil
}

// Into fills in the options that the request leaves open, and adds the file's patterns and rules after
// those of the request. It may be called on nil.
func (c *File) Into(o *api.Options) {
	if c == nil {
		return
	}
	if o.FailOn == "" {
		o.FailOn = string(c.FailOn)
	}
	o.Exclude = slices.Clone(o.Exclude) // the caller's own may be shared
	for _, p := range c.Exclude {
		o.Exclude = append(o.Exclude, string(p))
	}
	o.Severities = slices.Clone(o.Severities)
	for _, r := range c.Severity {
		o.Severities = append(o.Severities, api.SeverityRule{
			Path: string(r.Path), Source: r.Source, Code: r.Code, Severity: string(r.Severity),
		})
	}
}

// Heed returns a door that answers checks by the settings of the workspace.
func Heed(door api.Door) api.Door { return heeding{Door: door} }

type heeding struct{ api.Door }

// Do answers a request. A check is answered by the settings as they are on disk now.
func (h heeding) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	if op := api.Lookup(req.Op); op == nil || !op.Heeds("exclude") {
		return h.Door.Do(ctx, req)
	}
	file, err := Read(ctx, h.Root(), "")
	if err != nil {
		return h.Refuse(req.Op, err), err
	}
	file.Into(&req.Options)
	return h.Door.Do(ctx, req)
}
