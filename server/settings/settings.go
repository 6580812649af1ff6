// Package settings reads lanser.toml, the settings of a workspace for checks: which files are
// checked, and the severity of findings.
//
// It promises:
//
//   - No setting can make lanser execute anything, because workspaces are not trusted (spec
//     section 8).
//   - It only reads a regular file in the workspace's folder, up to a size. Errors name file, line
//     and column.
//   - All front ends apply the same settings, by [Apply].
//
// It does not run checks.
package settings

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"lanser/index/beneath"
	"lanser/index/manifest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Name is the name of the file in the workspace's folder.
const Name = "lanser.toml"

// File is the content of lanser.toml.
type File struct {
	FailOn      severity       `toml:"fail-on"`
	MinSeverity severity       `toml:"min-severity"`
	MaxIssues   int            `toml:"max-issues"`
	Exclude     []pattern      `toml:"exclude"`
	Strict      bool           `toml:"strict"`
	Required    []language     `toml:"required"`
	Platforms   []platform     `toml:"platforms"`
	Severity    []severityRule `toml:"severity"`
}

type severityRule struct {
	Path     pattern      `toml:"path"`
	Source   string       `toml:"source"`
	Code     string       `toml:"code"`
	Severity ruleSeverity `toml:"severity"`
}

// These types validate their values while the file is decoded, so that errors name the position.
type (
	severity     string // a severity or "none"
	ruleSeverity string // a severity or "ignore"
	pattern      string
	language     string // of required
	platform     string // of platforms
)

func (s *severity) UnmarshalText(raw []byte) error {
	*s = severity(raw)
	return messageOnly(api.Options{FailOn: string(raw)}.Check())
}

func (w *ruleSeverity) UnmarshalText(raw []byte) error {
	*w = ruleSeverity(raw)
	return messageOnly(api.Options{Severities: []api.SeverityRule{{Severity: string(raw)}}}.Check())
}

func (p *pattern) UnmarshalText(raw []byte) error {
	*p = pattern(raw)
	return messageOnly(api.Options{Exclude: []string{string(raw)}}.Check())
}

func (l *language) UnmarshalText(raw []byte) error {
	*l = language(raw)
	return messageOnly(api.Options{Required: []string{string(raw)}}.Check())
}

func (p *platform) UnmarshalText(raw []byte) error {
	*p = platform(raw)
	return messageOnly(api.Options{Platforms: []string{string(raw)}}.Check())
}

// messageOnly returns the message of an error without its code, for use in another message.
func messageOnly(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(fault.From(err).Message)
}

// Limits for lanser.toml, which is not trusted.
const (
	maxConfig         = 1 << 20 // bytes
	maxConfigPatterns = 10_000
)

// content returns the content and the name of the file. raw is nil if the workspace has no file.
func content(ctx context.Context, root, named string) (raw []byte, name string, err error) {
	name = Name
	if named != "" {
		name = filepath.Base(named)
		raw, err = beneath.ReadUserFile(ctx, named, maxConfig)
	} else {
		var dir *beneath.Folder
		dir, err = beneath.Open(root)
		if err != nil {
			return nil, name, nil // the engine reports what is wrong with the workspace
		}
		defer dir.Close()
		raw, err = dir.Direct().ReadFile(Name, maxConfig)
	}
	switch {
	case err == nil:
		return raw, name, nil
	case errors.Is(err, beneath.ErrTooLarge):
		return nil, name, fault.New(fault.Usage, "%s is larger than %d bytes", name, maxConfig).
			WithHint("exclude folders instead of single files, or ignore the file with --no-config")
	case named != "":
		return nil, name, fault.Wrap(fault.Usage, err, "--config: %v", err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, beneath.ErrLink), errors.Is(err, beneath.ErrNotRegular):
		return nil, name, nil
	}
	return nil, name, fault.Wrap(fault.Usage, err, "%s: %v", name, err)
}

// Read reads the settings of the workspace at root, or those in the file named by the user. It
// returns nil if there are none. The error has code Usage.
func Read(ctx context.Context, root, named string) (*File, error) {
	raw, name, err := content(ctx, root, named)
	if raw == nil || err != nil {
		return nil, err
	}
	return parse(name, raw)
}

// parse decodes and validates a file.
func parse(name string, raw []byte) (*File, error) {
	const keys = "the settings are fail-on, min-severity, max-issues, exclude, strict, required, platforms " +
		"and [[severity]] with path, source, code and severity"
	var c File
	if err := manifest.DecodeSettings(name, raw, &c, keys, "see 'lanser help ci'"); err != nil {
		return nil, err
	}
	for i, r := range c.Severity {
		if r.Severity == "" {
			return nil, fault.New(fault.Usage, "%s: [[severity]] number %d has no severity", name, i+1).
				WithHint("use error, warning, information, hint or ignore")
		}
	}
	if n := len(c.Exclude) + len(c.Severity) + len(c.Required) + len(c.Platforms); n > maxConfigPatterns {
		return nil, fault.New(fault.Usage, "%s has %d patterns and rules; at most %d are allowed",
			name, n, maxConfigPatterns).
			WithHint("exclude folders instead of single files: vendor/ or **/generated/**")
	}
	if c.MaxIssues < 0 {
		return nil, fault.New(fault.Usage, "%s: max-issues must not be negative", name)
	}
	if c.MinSeverity != "" && bundle.Severity(string(c.MinSeverity)) > 3 {
		return nil, fault.New(fault.Usage, "%s: min-severity must be error, warning, information or hint", name)
	}
	return &c, nil
}

// Into sets the options that the request does not set, and adds the file's patterns and rules
// after those of the request. c may be nil.
func (c *File) Into(o *api.Options) {
	if c == nil {
		return
	}
	if o.FailOn == "" {
		o.FailOn = string(c.FailOn)
	}
	o.Exclude = slices.Clone(o.Exclude) // the caller may share the slice
	for _, p := range c.Exclude {
		o.Exclude = append(o.Exclude, string(p))
	}
	o.Strict = o.Strict || c.Strict
	o.Required = slices.Clone(o.Required)
	for _, l := range c.Required {
		o.Required = append(o.Required, string(l))
	}
	o.Platforms = slices.Clone(o.Platforms)
	for _, p := range c.Platforms {
		o.Platforms = append(o.Platforms, string(p))
	}
	o.Severities = slices.Clone(o.Severities)
	for _, r := range c.Severity {
		o.Severities = append(o.Severities, api.SeverityRule{
			Path: string(r.Path), Source: r.Source, Code: r.Code, Severity: string(r.Severity),
		})
	}
}

// Apply returns a door that applies the settings of the workspace to checks.
func Apply(door api.Door) api.Door { return settingsDoor{Door: door} }

type settingsDoor struct{ api.Door }

// Do answers a request. For a check, it reads the settings anew.
func (h settingsDoor) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	if !api.Lookup(req.Op).IsCheck() {
		return h.Door.Do(ctx, req)
	}
	file, err := Read(ctx, h.Root(), "")
	if err != nil {
		return h.Refuse(req.Op, err), err
	}
	file.Into(&req.Options)
	return h.Door.Do(ctx, req)
}
