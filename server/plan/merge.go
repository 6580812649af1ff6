package plan

import (
	"maps"
	"slices"
	"strings"

	"lanser/selectors/fault"
	"lanser/server/bundle"
)

// stateOf returns the state of the evidence that a server's failure makes.
func stateOf(err error) string {
	switch fault.From(err).Code {
	case fault.Timeout:
		return bundle.TimedOut
	case fault.Crash:
		return bundle.ServerDied
	case fault.Unsupported, fault.NoServer:
		return bundle.Unsupported
	}
	return bundle.Partial
}

// fatal reports whether an error is about the request as a whole, not about one server: no part is an answer then.
func fatal(err error) bool {
	switch fault.From(err).Code {
	case fault.Cancelled, fault.Usage, fault.ContentModified, fault.VersionSkew:
		return true
	}
	return false
}

// MergeParts puts the parts of a plan together in a, which has the worst of their states and each of their reasons
// once. If nothing was checked and a server failed, the first failure is the error. With narrowed, files were left out
// because a change does not affect them. That nothing was checked is no doubt then, and in a shard without code.
func MergeParts(a *bundle.Bundle, p *Plan, narrowed bool) error {
	f := a.Facts
	f.Diagnostics, f.Checks = []bundle.Diagnostic{}, []bundle.Check{}
	checked, files, hasVerdict := 0, 0, false
	var failed error
	a.Evidence.State = bundle.Complete
	for _, c := range p.Parts {
		if c.Err != nil && fatal(c.Err) {
			return c.Err
		}
		if failed == nil {
			failed = c.Err
		}
		b, env := c.Answered, &a.Environment
		f.Diagnostics = append(f.Diagnostics, b.Facts.Diagnostics...)
		f.Checks = append(f.Checks, b.Facts.Checks...)
		k := b.Facts.Checks[0]
		checked += k.Files - len(k.Unchecked)
		files += fileCount(k.Coverage)
		hasVerdict = hasVerdict || slices.ContainsFunc(k.Coverage, bundle.Coverage.FailsByFinding)
		env.Server = bundle.JoinTools(env.Server, b.Environment.Server)
		env.Interpreter = bundle.JoinTools(env.Interpreter, b.Environment.Interpreter)
		env.ConfigDigest = strings.TrimSpace(env.ConfigDigest + " " + b.Environment.ConfigDigest)
		if b.Environment.Server != nil {
			env.PositionEncoding = b.Environment.PositionEncoding
		}
		maps.Copy(a.Capabilities, b.Capabilities)
		a.Evidence.State = bundle.Worse(a.Evidence.State, b.Evidence.State)
		for _, why := range b.Evidence.Reasons {
			if !slices.Contains(a.Evidence.Reasons, why) { // what concerns several servers is reported once
				a.Evidence.Note(why)
			}
		}
		mergeLocal(a.Local, b.Local)
	}
	switch {
	case checked == 0 && failed != nil:
		return failed
	case files == 0 && p.Shard == "":
		a.Evidence.Note("there is no code in a language that lanser knows")
	case checked == 0 && a.Evidence.Finished() && !narrowed && !hasVerdict && p.Shard == "":
		a.Evidence.Doubt(bundle.Partial, "nothing was checked")
	}
	if p.Shard != "" {
		a.Evidence.Note(p.Shard)
	}
	return nil
}

// fileCount returns how many files groups have.
func fileCount(groups []bundle.Coverage) (n int) {
	for _, group := range groups {
		n += len(group.Files)
	}
	return n
}

func mergeLocal(to, from *bundle.Local) {
	to.PIDs = append(to.PIDs, from.PIDs...)
	to.Stderr += from.Stderr
	if from.Sandbox != "" {
		to.Sandbox = from.Sandbox
	}
	if from.Memo != "" {
		to.Memo = from.Memo
	}
	if to.Paths == nil {
		to.Paths = from.Paths
	} else {
		maps.Copy(to.Paths, from.Paths)
	}
}
