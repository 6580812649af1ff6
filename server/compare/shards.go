package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// Shard is the finished check of one shard of a workspace (see [api.Shard]), as it was read from a report.
type Shard struct {
	Name   string // of the report, for errors and doubts
	Bundle *bundle.Bundle
}

// Merged returns what the checks of all shards say together, as if one check had asked about all of their files. A
// shard that is missing, or whose check failed, makes the evidence partial: nobody has checked its files. The exit code
// is that of the request, which must be the same but for the shard, and so must be the state of the workspace.
//
// The error is Usage for a report that is no check of a shard, for two of the same shard, and for shards of different
// requests; ContentModified for shards of different states of the workspace; and the first error of a shard where all
// shards failed.
func Merged(list []Shard) (*bundle.Bundle, error) {
	m := merging{seen: map[int]string{}}
	for _, s := range list {
		if err := m.add(s); err != nil {
			return nil, err
		}
	}
	return m.finish()
}

// merging is the state of [Merged].
type merging struct {
	of      int            // number of shards; 0 before the first
	seen    map[int]string // names of the reports, by the shard's number
	options map[string]any // of the request, without the shard
	first   Shard
	out     *bundle.Bundle // nil as long as every shard has failed
	failed  *bundle.Error  // the first error of a shard
	doubts  []string
	checked int // number of files
}

// add adds the check of a shard.
func (m *merging) add(s Shard) error {
	b := s.Bundle
	value, _ := b.Request.Options["shard"].(string)
	shard, err := api.ParseShard(value)
	if b.Request.Cmd != "diagnostics" || value == "" || err != nil {
		return fault.New(fault.Usage, "%s cannot be read: it is no check of a shard", s.Name).
			WithHint("make one of each shard with 'lanser diag --shard 1/4 --output json=shard-1.json'")
	}
	options := maps.Clone(b.Request.Options)
	delete(options, "shard")
	if m.of == 0 {
		m.of, m.options, m.first = shard.Of, options, s
	}
	switch other := m.seen[shard.Number]; {
	case m.of != shard.Of:
		return Unreadable(s.Name, "it is one of %d shards, and %s is one of %d", shard.Of, m.first.Name, m.of)
	case other != "":
		return Unreadable(s.Name, "it is of shard %d, as %s is", shard.Number, other)
	case !reflect.DeepEqual(options, m.options), !slices.Equal(b.Request.Paths, m.first.Bundle.Request.Paths):
		return Unreadable(s.Name, "its request has other paths or options than that of %s", m.first.Name)
	}
	m.seen[shard.Number] = s.Name
	if b.Error != nil {
		m.doubts = append(m.doubts, fmt.Sprintf("shard %s was not checked: %s", shard, b.Error.Message))
		if m.failed == nil {
			m.failed = b.Error
		}
		return nil
	}
	if b.Facts == nil || b.Snapshot == nil {
		return Unreadable(s.Name, "it has no findings")
	}
	if b.Meta.Truncated > 0 {
		return Unreadable(s.Name, "it does not contain all findings of its check")
	}
	if m.out == nil {
		m.out = unsealed(b)
		m.out.Facts.Diagnostics, m.out.Facts.Checks = []bundle.Diagnostic{}, []bundle.Check{}
		m.out.Facts.Compared, m.out.Facts.LeftOut, m.out.Facts.Absent = nil, nil, nil
		m.out.Evidence = bundle.Evidence{State: bundle.Complete, Reasons: []string{}}
		m.out.Capabilities = map[string]bool{}
		m.out.Environment.Server, m.out.Environment.Interpreter, m.out.Environment.ConfigDigest = nil, nil, ""
	}
	if m.out.Snapshot.Digest != b.Snapshot.Digest {
		return fault.New(fault.ContentModified,
			"%s is of another state of the workspace than %s", s.Name, m.first.Name).
			WithHint("check all shards at one commit")
	}
	m.merge(b, shard)
	return nil
}

// merge adds the finished check of a shard to the others. Which projects that was about is no longer told.
func (m *merging) merge(b *bundle.Bundle, shard api.Shard) {
	f := m.out.Facts
	f.Diagnostics = append(f.Diagnostics, b.Facts.Diagnostics...)
	f.Absent = append(f.Absent, b.Facts.Absent...)
	if c := b.Facts.Compared; c != nil && f.Compared == nil {
		compared := *c
		f.Compared = &compared
	}
	if l := b.Facts.LeftOut; l != nil {
		if f.LeftOut == nil {
			f.LeftOut = &bundle.LeftOut{}
		}
		f.LeftOut.Files += l.Files
		f.LeftOut.Ignored += l.Ignored
		f.LeftOut.Filtered += l.Filtered
	}
	for _, c := range b.Facts.Checks {
		m.checked += c.Files - len(c.Unchecked)
		m.mergeCheck(c)
	}
	out := m.out
	out.Evidence.State = bundle.Worse(out.Evidence.State, b.Evidence.State)
	for _, why := range b.Evidence.Reasons {
		isOfShard := strings.HasPrefix(why, "shard "+shard.String())
		if !isOfShard && !m.adds(why) && !slices.Contains(out.Evidence.Reasons, why) {
			out.Evidence.Note(why)
		}
	}
	maps.Copy(out.Capabilities, b.Capabilities)
	out.Environment.Server = joined(out.Environment.Server, b.Environment.Server)
	out.Environment.Interpreter = joined(out.Environment.Interpreter, b.Environment.Interpreter)
	for _, digest := range strings.Fields(b.Environment.ConfigDigest) {
		if !strings.Contains(out.Environment.ConfigDigest, digest) {
			out.Environment.ConfigDigest = strings.TrimSpace(out.Environment.ConfigDigest + " " + digest)
		}
	}
}

// adds adds the numbers of "gopls answered for 3 of 4 files" to those of another shard, and reports whether there are
// any.
func (m *merging) adds(why string) bool {
	var server string
	var answered, of int
	if n, err := fmt.Sscanf(why, answeredFor, &server, &answered, &of); n != 3 || err != nil {
		return false
	}
	for i, known := range m.out.Evidence.Reasons {
		var other string
		var a, f int
		if n, _ := fmt.Sscanf(known, answeredFor, &other, &a, &f); n == 3 && other == server {
			m.out.Evidence.Reasons[i] = fmt.Sprintf(answeredFor, server, a+answered, f+of)
			return true
		}
	}
	return false
}

// answeredFor is the note of a check about how many files a server has answered for.
const answeredFor = "%s answered for %d of %d files"

// joined returns the tools of two checks, each once. Names and versions of several are separated by blanks.
func joined(a, b *bundle.Tool) *bundle.Tool {
	if a == nil || b == nil {
		return bundle.JoinTools(a, b)
	}
	names, versions := strings.Fields(b.Name), strings.Fields(b.Version)
	for i, name := range names {
		if !slices.Contains(strings.Fields(a.Name), name) && i < len(versions) {
			a = bundle.JoinTools(a, &bundle.Tool{Name: name, Version: versions[i]})
		}
	}
	return a
}

// mergeCheck adds what a server looked at in one shard to what it looked at in others.
func (m *merging) mergeCheck(c bundle.Check) {
	f := m.out.Facts
	i := slices.IndexFunc(f.Checks, func(k bundle.Check) bool {
		return k.Server.Name == c.Server.Name && k.Platform == c.Platform
	})
	if i < 0 {
		f.Checks = append(f.Checks, c)
		return
	}
	k := &f.Checks[i]
	if k.Server.Version == "" {
		k.Server.Version = c.Server.Version
	}
	k.State = bundle.Worse(k.State, c.State)
	k.Files += c.Files
	k.Unchecked = append(slices.Clone(k.Unchecked), c.Unchecked...)
	slices.SortFunc(k.Unchecked, func(a, b bundle.Unchecked) int { return strings.Compare(a.URI, b.URI) })
	k.Coverage = bundle.Group(slices.Concat(k.Coverage, c.Coverage))
}

// finish returns the merged check, sealed.
func (m *merging) finish() (*bundle.Bundle, error) {
	if m.of == 0 {
		return nil, fault.New(fault.Usage, "there is nothing to merge").WithHint("give the reports of all shards")
	}
	if m.out == nil {
		return nil, fault.New(fault.Code(m.failed.Code), "every shard failed: %s", m.failed.Message)
	}
	for i := range m.of {
		if m.seen[i+1] == "" {
			m.doubts = append(m.doubts, fmt.Sprintf("shard %d/%d was not checked: its report is missing", i+1, m.of))
		}
	}
	b := m.out
	if len(m.doubts) > 0 {
		b.Evidence.State = bundle.Worse(b.Evidence.State, bundle.Partial)
		b.Evidence.Reasons = append(m.doubts, b.Evidence.Reasons...)
	}
	hasFiles := slices.ContainsFunc(b.Facts.Checks, func(c bundle.Check) bool { return len(c.Coverage) > 0 })
	if hasFiles && m.checked == 0 && b.Evidence.Finished() {
		doubt(b, "nothing was checked")
	}
	order := func(c bundle.Check) int { // that of the catalogue; the files of no server are last
		i := slices.IndexFunc(catalogue.Servers, func(s *catalogue.Server) bool { return s.Name == c.Server.Name })
		if i < 0 {
			return len(catalogue.Servers)
		}
		return i
	}
	slices.SortStableFunc(b.Facts.Checks, func(x, y bundle.Check) int {
		return order(x) - order(y)
	})
	b.Facts.Diagnostics = distinct(b.Facts.Diagnostics)
	b.Facts.Absent = distinct(b.Facts.Absent)
	if b.Facts.Compared != nil {
		b.Facts.Compared.Tally(b.Facts)
	}
	b.Request.Options = m.options
	b.Local = nil
	failOn, _ := m.options["fail-on"].(string)
	b.Meta.ExitCode = b.CheckExit(failOn, m.options["allow-incomplete"] == true)
	if err := b.Seal(); err != nil {
		return nil, fault.From(err)
	}
	return b, nil
}

// distinct returns findings in order, and once those that several shards have: what is wrong with a file that they
// share. Fingerprints are made anew, since they count equal findings.
func distinct(list []bundle.Diagnostic) []bundle.Diagnostic {
	if list == nil {
		return nil
	}
	seen := map[string]bool{}
	out := []bundle.Diagnostic{}
	for _, d := range list {
		d.Fingerprint = ""
		raw, _ := json.Marshal(d) // a finding can always be written
		if !seen[string(raw)] {
			seen[string(raw)] = true
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, bundle.Diagnostic.Compare)
	bundle.Fingerprint(out)
	return out
}
