package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"lanser/selectors/fault"
	"lanser/server"
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
	return plain(server.Options{FailOn: string(raw)}.Check())
}

func (w *weight) UnmarshalText(raw []byte) error {
	*w = weight(raw)
	return plain(server.Options{Severities: []server.SeverityRule{{Severity: string(raw)}}}.Check())
}

func (p *pattern) UnmarshalText(raw []byte) error {
	*p = pattern(raw)
	return plain(server.Options{Exclude: []string{string(raw)}}.Check())
}

// plain is an error as part of another's message.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(fault.From(err).Message)
}

// readConfig reads the configuration of a workspace, or the file that --config names; nil
// where there is none. Errors name line and column.
func readConfig(root, named string) (*config, error) {
	file := named
	if file == "" {
		file = filepath.Join(root, configName)
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
			return nil, nil //nolint:nilnil // none is no error
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "--config: %v", err)
	}
	name := filepath.Base(file)
	dec := toml.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var c config
	err = dec.Decode(&c)
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
	if c.MaxIssues < 0 {
		return nil, fault.New(fault.Usage, "%s: max-issues is counted from 1", name)
	}
	if c.MinSeverity != "" && bundle.Severity(string(c.MinSeverity)) > 3 {
		return nil, fault.New(fault.Usage, "%s: min-severity wants error, warning, information or hint", name)
	}
	return &c, nil
}

// into fills in what the command line leaves open.
func (c *config) into(o *server.Options, v *view) {
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
		o.Severities = append(o.Severities, server.SeverityRule{Path: string(r.Path), Source: r.Source, Code: r.Code, Severity: string(r.Severity)})
	}
}
