package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/trace"
)

// Once a part's server has answered or failed, each of its files gets a state. The first of these rules that applies
// decides:
//
//  1. The plan has decided the state, and the server was not asked about the file.
//  2. The answer has a state of the file.
//  3. The answer, or the error, has a reason for which the file could not be checked.
//  4. The flags of the file's compiler were guessed, and errors were found, which may be due to the guess: the file is
//     unserved.
//  5. Otherwise the file was checked.
//
// The evidence is lowered for each file that is owed and was not checked. The exception is a file that could not be
// checked to its end because of a finding, such as an import that no machine can load: the finding is the verdict, and
// the file is no longer owed.

// Part is one server's part of a check, and its result.
type Part struct {
	Server *catalogue.Server // nil for the files that no server serves
	Asked  []*planFile       // files that the server is asked about, in order
	with   []*planFile       // files that it checks together with those that include them, such as headers
	// compiled are files that the server cannot read, and that the compiler of their language checks instead.
	compiled []*planFile
	Decided  []bundle.Coverage // states of files that it is not asked about
	// Releases of its compiler that the projects of the files use, each once.
	Releases []catalogue.Release

	Answered *bundle.Bundle // the server's answer, with facts
	Err      error          // the reason for which it did not answer
}

// Paths returns the files that the server is asked about.
func (c *Part) Paths() (files []string) {
	for _, f := range c.Asked {
		files = append(files, f.path)
	}
	return files
}

// Compiled returns the files that only the compiler reads.
func (c *Part) Compiled() (files []string) {
	for _, f := range c.compiled {
		files = append(files, f.path)
	}
	return files
}

// IsIdle reports whether the part has nothing to do.
func (c *Part) IsIdle() bool { return len(c.Asked) == 0 && len(c.compiled) == 0 }

// Settle enters the states of the part's files into its bundle, once its server has answered or
// failed, and lowers the evidence for those that the check owes and that were not checked. Where the
// check owes nothing of the part, no doubt about the server bears on the evidence.
func (c *Part) Settle(snap *index.Snapshot, perPlatform bool) {
	k := &bundle.Check{Server: bundle.Tool{Name: c.name()}}
	if checks := c.Answered.Facts.Checks; len(checks) > 0 {
		k = &checks[0]
	}
	k.Coverage = bundle.Group(c.states(k, snap))
	c.dropOthersDependencies(k.Coverage)
	c.Answered.Facts.Checks = []bundle.Check{*k}
	k = &c.Answered.Facts.Checks[0]
	k.Files, k.Unchecked = 0, []bundle.Unchecked{}
	lacking, owes, served := []bundle.Coverage{}, false, true
	for _, group := range k.Coverage {
		owes, served = owes || group.Owed || group.FailsByFinding(), served && group.State != bundle.Unserved
		if group.State == bundle.CheckedState {
			k.Files += len(group.Files)
		}
		if !group.Lacks() {
			continue
		}
		lacking = append(lacking, group)
		k.Files += len(group.Files)
		for _, uri := range group.Files {
			k.Unchecked = append(k.Unchecked, bundle.Unchecked{URI: uri, Why: group.Reason})
		}
	}
	slices.SortFunc(k.Unchecked, func(a, b bundle.Unchecked) int { return strings.Compare(a.URI, b.URI) })
	c.weigh(lacking, served)
	for _, group := range k.Coverage {
		if group.FailsByFinding() { // the verdict is certain, and the list of findings may not be whole
			evidence := &c.Answered.Evidence
			evidence.Doubt(bundle.Worse(evidence.State, bundle.Heuristic), notChecked(group, "checked"))
		}
	}
	k.State, k.Platform = c.Answered.Evidence.State, c.platform(snap, perPlatform)
	if !owes {
		c.Answered.Evidence.State = bundle.Complete
	}
}

// dropOthersDependencies removes the findings that a dependency is missing which only files need that the check does
// not owe: their states say so.
func (c *Part) dropOthersDependencies(groups []bundle.Coverage) {
	needs := func(d bundle.Diagnostic, owed bool) bool {
		missing, _, ok := strings.Cut(d.Message, "; ")
		return ok && slices.ContainsFunc(groups, func(group bundle.Coverage) bool {
			lacks := group.State == bundle.UncheckedState && !group.FailsByFinding()
			return lacks && group.Owed == owed && strings.Contains(group.Reason, missing)
		})
	}
	f := c.Answered.Facts
	f.Diagnostics = slices.DeleteFunc(f.Diagnostics, func(d bundle.Diagnostic) bool {
		return d.Severity == "error" && needs(d, false) && !needs(d, true)
	})
}

// name returns the name of the part's server; "" where none is known.
func (c *Part) name() string {
	if c.Server == nil {
		return ""
	}
	return c.Server.Name
}

// states returns the state of each file of the part. k is the check in the bundle of the server's answer. Files whose
// verdict is a finding are no longer owed afterwards.
func (c *Part) states(k *bundle.Check, snap *index.Snapshot) []bundle.Coverage {
	answer := &answeredStates{reasons: map[string]string{}, groups: map[string]bundle.Coverage{}}
	for _, u := range k.Unchecked {
		answer.reasons[u.URI] = u.Why
	}
	for _, group := range slices.Backward(k.Coverage) { // the first group of a file counts
		for _, uri := range group.Files {
			answer.groups[uri] = group
		}
	}

	out := slices.Clone(c.Decided)
	for _, f := range c.Asked {
		out = append(out, c.stateOfAsked(f, answer, k.Files == 0))
	}
	for _, f := range c.compiled {
		out = append(out, c.stateOfCompiled(f, answer))
	}

	hasAnswered := len(c.Asked) == 0 || k.Files > len(k.Unchecked)
	reached := c.reached(out, snap)
	for _, f := range c.with {
		switch {
		case f.standing.Guessed && !reached[f.path]:
			out = append(out, f.covered(f.standing.State, f.standing.Reason, f.standing.Fix))
		case hasAnswered:
			out = append(out, f.covered(bundle.CheckedState, "", ""))
		default:
			out = append(out, f.covered(bundle.UncheckedState, "the files that include them were not checked", ""))
		}
	}
	return slices.DeleteFunc(out, func(state bundle.Coverage) bool { return isOfNoBuild(state, snap) })
}

// answeredStates is what a server's answer says of files, by their URIs.
type answeredStates struct {
	reasons map[string]string          // for which files were not checked
	groups  map[string]bundle.Coverage // states that the answer itself has
}

// of returns the state of a file that the answer has; ok is false if it has none.
func (s *answeredStates) of(f *planFile) (group bundle.Coverage, ok bool) {
	group, ok = s.groups[selectors.EscapePath(f.path)]
	return group, ok
}

// stateOfAsked returns the state of a file that the server was asked about. isEmpty is true if the answer is about no
// file.
func (c *Part) stateOfAsked(f *planFile, answer *answeredStates, isEmpty bool) bundle.Coverage {
	group, ok := answer.of(f)
	if !ok {
		reason, failed := answer.reasons[selectors.EscapePath(f.path)]
		if isEmpty && c.Err != nil {
			reason, failed = fault.From(c.Err).Message, true
		}
		return c.state(f, reason, failed)
	}

	if group.State == bundle.UncheckedState && f.standing.Guessed { // its flags may be why
		group = f.covered(bundle.Unserved, f.standing.Reason, f.standing.Fix)
	}
	if bundle.IsOfFinding(group.Reason) {
		f.owed = false // the finding is the verdict
	}
	if group.State == bundle.Unserved && f.linter != "" {
		f.owed = f.required
	}
	return f.covered(group.State, group.Reason, group.Fix)
}

// stateOfCompiled returns the state of a file that only the compiler reads.
func (c *Part) stateOfCompiled(f *planFile, answer *answeredStates) bundle.Coverage {
	if group, ok := answer.of(f); ok {
		return f.covered(group.State, group.Reason, group.Fix)
	}
	reason := cmp.Or(answer.reasons[selectors.EscapePath(f.path)], "the compiler did not read it")
	if c.Err != nil {
		reason = fault.From(c.Err).Message
	}
	return f.covered(bundle.UncheckedState, reason, "")
}

// isOfNoBuild reports whether a state is that of an unlisted file that no build includes. Such files are not reported.
func isOfNoBuild(state bundle.Coverage, snap *index.Snapshot) bool {
	return (state.State == bundle.Excluded || state.State == bundle.Unserved) &&
		snap.HasUnlisted(selectors.UnescapePath(state.Files[0]))
}

// reached returns the files that those of the given files include which were checked.
func (c *Part) reached(files []bundle.Coverage, snap *index.Snapshot) map[string]bool {
	if !slices.ContainsFunc(c.with, func(f *planFile) bool { return f.standing.Guessed }) {
		return nil // only guessed files depend on it
	}
	checked := map[string]bool{}
	for _, group := range files {
		for _, uri := range group.Files {
			checked[selectors.UnescapePath(uri)] = group.State == bundle.CheckedState
		}
	}
	return c.Server.Reached(snap, func(p string) bool { return checked[p] })
}

// state returns the state of a file that the server was asked about; failed says that it gave no answer, for the
// reason. An error in a file whose flags were guessed may come from the guess, so that the file counts as unserved; but
// where a workspace has no build at all, and no header is missing, the guess is how people compile it, and the error
// counts.
func (c *Part) state(f *planFile, reason string, failed bool) bundle.Coverage {
	isError := func(d bundle.Diagnostic) bool {
		return d.Severity == "error" && d.URI == selectors.EscapePath(f.path)
	}
	lacksHeader := func(d bundle.Diagnostic) bool { return isError(d) && d.Code == c.Server.MissingModule }
	// What another compiler only warns of has the name of the warning for its code.
	isFirm := func(d bundle.Diagnostic) bool { return isError(d) && !strings.HasPrefix(d.Code, "-W") }
	switch {
	case failed && fault.Is(c.Err, fault.NoServer):
		return f.covered(bundle.Unserved, reason, fault.From(c.Err).Hint)
	case failed && bundle.IsOfFinding(reason):
		f.owed = false // the finding is the verdict
		return f.covered(bundle.UncheckedState, reason, "")
	case failed && c.Err == nil && f.standing.Refused != "":
		return f.covered(bundle.Excluded, f.standing.Refused, "")
	case failed && f.standing.State != "" && !f.standing.Guessed:
		return f.covered(f.standing.State, f.standing.Reason, f.standing.Fix)
	case failed && f.standing.State == "" && strings.HasSuffix(reason, bundle.TooMany):
		f.owed = false // a finding is the verdict
		return f.covered(bundle.UncheckedState, reason, "")
	case failed:
		return f.covered(bundle.UncheckedState, reason, "")
	case f.standing.Plain && f.owed && slices.ContainsFunc(c.Answered.Facts.Diagnostics, isFirm) &&
		!slices.ContainsFunc(c.Answered.Facts.Diagnostics, lacksHeader):
		return f.covered(bundle.CheckedState, "", "")
	case f.standing.Guessed && slices.ContainsFunc(c.Answered.Facts.Diagnostics, isError):
		return f.covered(bundle.Unserved, f.standing.Reason, f.standing.Fix)
	case f.standing.Guessed && f.owed && c.Answered.Evidence.State == bundle.Complete:
		why := f.standing.Reason + ": they were read with default flags, without an error"
		c.Answered.Evidence.Doubt(bundle.Heuristic, why)
	}
	return f.covered(bundle.CheckedState, "", "")
}

// weigh lowers the evidence of a part for the files that the check owes and that were not checked. lacking are their
// groups. served is false if files of the part are unserved: a part whose server was asked about none is then
// unsupported, and otherwise complete. A failed server has one reason, and not one for each group of files.
func (c *Part) weigh(lacking []bundle.Coverage, served bool) {
	evidence := &c.Answered.Evidence
	if c.IsIdle() {
		evidence.State = bundle.Complete
		if !served {
			evidence.State = bundle.Unsupported
		}
	}
	if c.Err != nil {
		why, unchecked := fault.From(c.Err), c.Answered.Facts.Checks[0].Unchecked
		reason := fmt.Sprintf("%d files were not checked: %s", len(unchecked), why.Message)
		if len(unchecked) < 2 && c.Server.Format().Has(trace.NamedPipes) {
			reason = why.Message
			for _, u := range unchecked {
				reason = selectors.UnescapePath(u.URI) + " was not checked: " + why.Message
			}
		}
		if why.Hint != "" {
			reason += "; " + why.Hint
		}
		c.Answered.Evidence.Doubt(stateOf(c.Err), reason)
		if d, ok := why.Details.(map[string]string); ok {
			c.Answered.Local.Stderr = d["stderr"]
		}
		return
	}
	for i, group := range lacking {
		if evidence.Finished() {
			evidence.State = bundle.Partial
		}
		if i == bundle.MaxReasons {
			evidence.Reasons = append(evidence.Reasons, "and more files")
			break
		}
		verb := "checked"
		if group.Linter != "" {
			verb += " by " + group.Linter
		}
		evidence.Reasons = append(evidence.Reasons, notChecked(group, verb))
	}
}

// notChecked returns the reason of the evidence that names files which were not checked: "a.go was not checked: …" for
// one, "3 Go files were not checked: …" for several.
func notChecked(group bundle.Coverage, verb string) string {
	reason := selectors.UnescapePath(group.Files[0]) + " was not " + verb + ": " + group.Reason
	if n := len(group.Files); n > 1 {
		reason = fmt.Sprintf("%d %ss were not %s: %s", n, group.Language, verb, group.Reason)
	}
	if group.Fix != "" {
		reason += "; " + group.Fix
	}
	return reason
}

// DoubtUnloadable doubts a check in which files could not be checked because of a finding, if no finding fails it: the
// finding may be ignored, or no news.
func DoubtUnloadable(b *bundle.Bundle, failOn string) {
	fails := func(d bundle.Diagnostic) bool { return d.Fails(failOn) }
	if b.Facts == nil || slices.ContainsFunc(b.Facts.Diagnostics, fails) {
		return
	}
	for _, group := range b.Facts.Coverage() {
		if !group.FailsByFinding() {
			continue
		}
		b.Evidence.State = bundle.Worse(b.Evidence.State, bundle.Partial)
		reason := notChecked(group, "checked")
		if !slices.Contains(b.Evidence.Reasons, reason) {
			b.Evidence.Note(reason)
		}
	}
}

// Whole returns the files that a server is asked about and that the check owes, with a reason that
// concerns all of them. What helps follows a semicolon.
func (c *Part) Whole(why string) bundle.Coverage {
	reason, fix, _ := strings.Cut(why, "; ")
	group := bundle.Coverage{State: bundle.UncheckedState, Owed: true, Reason: reason, Fix: fix}
	for _, f := range c.Asked {
		if f.owed {
			group.Language = f.noun
			group.Files = append(group.Files, selectors.EscapePath(f.path))
		}
	}
	return group
}

// OwesAny reports whether the check owes any of the files that the server is asked about.
func (c *Part) OwesAny() bool {
	return slices.ContainsFunc(c.Asked, func(f *planFile) bool { return f.owed })
}

// Guessed returns the files that the check owes and that are read with default flags.
func (c *Part) Guessed() (files []bundle.Coverage) {
	for _, f := range c.Asked {
		if f.owed && f.standing.Guessed {
			files = append(files, f.covered(bundle.Unserved, f.standing.Reason, f.standing.Fix))
		}
	}
	return files
}
