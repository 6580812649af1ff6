package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
)

// configName is the configuration of checks, in the workspace's folder.
const configName = "lanser.toml"

// config is what lanser.toml may hold. It chooses what is checked and how findings
// weigh, and nothing that is executed (spec section 8): a workspace is not trusted.
type config struct {
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

// configFile is the configuration's content and name; nil where the workspace has none.
func configFile(ctx context.Context, root, named string) (raw []byte, name string, err error) {
	name = configName
	if named != "" {
		name = filepath.Base(named)
		raw, err = beneath.ReadGiven(ctx, named, maxConfig)
	} else {
		var dir *beneath.Folder
		if dir, err = beneath.Open(root); err != nil {
			return nil, name, nil // whoever asks about the workspace says what is wrong with it
		}
		defer dir.Close()
		raw, err = dir.Direct().ReadFile(configName, maxConfig)
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

// readConfig reads the configuration of a workspace, or the file that --config names; nil
// where there is none. Errors name line and column.
func readConfig(ctx context.Context, root, named string) (*config, error) {
	raw, name, err := configFile(ctx, root, named)
	if raw == nil || err != nil {
		return nil, err
	}
	return parseConfig(name, raw)
}

// parseConfig reads the content of a configuration. Errors name line and column.
func parseConfig(name string, raw []byte) (*config, error) {
	if text.Nesting(raw) > maxConfigNesting {
		return nil, fault.New(fault.Usage, "%s: brackets nest more than %d deep", name, maxConfigNesting).WithHint("see 'lanser help ci'")
	}
	dec := toml.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var c config
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
		return nil, fault.New(fault.Usage, "%s:%d:%d: %s", name, row, col, strings.TrimPrefix(bad.Error(), "toml: ")).WithHint("see 'lanser help ci'")
	case err != nil:
		return nil, fault.Wrap(fault.Usage, err, "%s: %v", name, err).WithHint("see 'lanser help ci'")
	}
	for i, r := range c.Severity {
		if r.Severity == "" {
			return nil, fault.New(fault.Usage, "%s: [[severity]] number %d says no severity", name, i+1).WithHint("error, warning, information, hint or ignore")
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

// into fills in what the command line leaves open.
func (c *config) into(o *api.Options, v *view) {
	if c == nil {
		return
	}
	if o.FailOn == "" {
		o.FailOn = string(c.FailOn)
	}
	if v.minSeverity == "" {
		v.minSeverity = string(c.MinSeverity)
	}
	if v.max == 0 {
		v.max = int(c.MaxIssues)
	}
	for _, p := range c.Exclude {
		o.Exclude = append(o.Exclude, string(p))
	}
	for _, r := range c.Severity {
		o.Severities = append(o.Severities, api.SeverityRule{Path: string(r.Path), Source: r.Source, Code: r.Code, Severity: string(r.Severity)})
	}
}
