package findings

import (
	"cmp"
	"context"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/compiler"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/toolchain"
	"lanser/server/trace"
)

// Some servers find less than the compiler of their language (rust-analyzer does not check borrows). The
// build tool then has the compiler check the workspace, where that executes nothing of the workspace or of
// what it depends on, or where the user trusts the workspace. The compiler's word replaces that of the
// server: the server's errors are guesses beside it.
//
// [Answer.runBuilds] goes through the manifests above the files of a check, the outermost first. For each one that no
// earlier build has covered it makes a [build]: cargo, the build tool of Rust, describes and checks all packages of a
// workspace at once ('cargo metadata', 'cargo check'). A build script or a procedural macro is code of a package that
// such a check executes, so the packages that have one, or that depend on one, are not checked without the user's trust
// (spec section 8, point 5). What the builds found is collected in a [buildReport], and [Answer.addCompiler] merges it
// with the findings of the server.

// buildReport is what the compiler says about files.
type buildReport struct {
	found  []bundle.Diagnostic
	failed []bundle.Unchecked // files that it did not check, with the reason
	// outside are files that are not compiled, and those that are not checked for a reason that the user
	// can remove.
	outside []bundle.Coverage
	reasons []string // for the evidence
	// compiled are the URIs of files that belong to a target that was compiled.
	compiled []string
	// unloaded are the URIs of files of packages that the build tool does not describe, and of files that the compiler
	// has not checked and the server reads without the standard library. The server knows neither what
	// they depend on nor what that declares: its findings in them are reliable only about syntax.
	unloaded map[string]bool
	// linked are the URIs of files that were compiled in a copy of the workspace, in which the server has
	// not seen them.
	linked []string
}

// checkBuild has the compiler check the packages that files belong to. The result is nil if the server's
// findings need no compiler's. Every file is accounted for: it was checked, or is among the failed with the reason.
func (a *Answer) checkBuild(ctx context.Context, s *lsp.Session, files []string) *buildReport {
	if s.Server().BuildCheck == nil {
		return nil
	}
	return a.runBuilds(s.Server(), files, func(r *buildReport, b *build) {
		b.run(ctx)
		r.add(b, s)
	})
}

// foretellBuild returns what [Answer.checkBuild] would report of files without having anything checked: those that it
// could not check. It is nil if the server's findings need no compiler's.
func (a *Answer) foretellBuild(ctx context.Context, srv *catalogue.Server, files []string) *buildReport {
	if srv.BuildCheck == nil {
		return nil
	}
	return a.runBuilds(srv, files, func(_ *buildReport, b *build) {
		b.onlyDescribes = true
		b.run(ctx)
	})
}

// runBuilds runs a build for each manifest above files that no earlier one has covered, and enters the files that it
// did not check.
func (a *Answer) runBuilds(
	srv *catalogue.Server, files []string, run func(r *buildReport, b *build),
) *buildReport {
	check := srv.BuildCheck
	r := &buildReport{unloaded: map[string]bool{}}
	nearest := check.Nearest(a.Snap)
	left := slices.Clone(files)
	for _, manifest := range check.Manifests(a.Snap, files) {
		own := func(file string) bool { return nearest(file) == manifest }
		if !slices.ContainsFunc(left, own) {
			continue // a member of a workspace that was checked
		}
		b := &build{a: a, srv: srv, check: check, manifest: manifest, dir: path.Dir(manifest)}
		run(r, b)
		left = slices.DeleteFunc(left, func(file string) bool {
			why, isMember := b.why(nearest(file), file)
			if isMember && b.isNoMember() {
				r.exclude(b, filepath.Join(a.Root(), filepath.FromSlash(file)), "the package of "+manifest+
					" is no member of the workspace above it")
			} else if isMember && why != "" {
				r.fail(file, why, b.fix)
			}
			if isMember && b.isOwn {
				r.unloaded[selectors.EscapePath(file)] = true
			}
			return isMember
		})
	}
	for _, file := range left {
		r.fail(file, "they lie below no "+check.Manifest, "")
	}
	return r
}

// add adds the findings of a build. The compiler counts columns in code points, and names files relative to the root of
// its own workspace, which may lie below that of Lanser's.
func (r *buildReport) add(b *build, s *lsp.Session) {
	by := places.Counting{Columns: text.CodePoint}
	for _, f := range b.found {
		r.found = append(r.found, b.a.Reader(s).Finding(b.check.Source, by, b.described.Root, f))
	}
	for _, d := range b.failure() {
		isSame := func(f bundle.Diagnostic) bool { return f.Source == d.Source && f.Message == d.Message }
		if !b.isUnresolved(d.Message) || !slices.ContainsFunc(r.found, isSame) { // packages of one workspace
			r.found = append(r.found, d)
		}
	}
	linked := b.linked()
	r.compiled = append(r.compiled, linked...)
	if b.inCopy {
		r.linked = append(r.linked, linked...)
	}
	for _, file := range b.described.LeftOut {
		r.exclude(b, file, "required-features of "+b.check.Manifest+" leaves them out")
	}
	if b.inCopy && !b.a.Request.Options.Hypothetical() {
		r.reasons = append(r.reasons, "without an up-to-date "+b.check.LockFile+
			" next to "+b.manifest+", the versions of dependencies were chosen offline")
	}
}

// linked returns the URIs of the checked files that belong to a target, as far as the sources tell: those with which a
// target begins (src/lib.rs), and those that another file declares as a module. A file of a checked package that is
// neither is not compiled.
func (b *build) linked() (uris []string) {
	begins := map[string]bool{}
	for _, file := range b.described.Sources {
		if rel, ok := compiler.InWorkspace(b.a.Root(), file); ok {
			begins[rel] = true
		}
	}
	nearest := b.check.Nearest(b.a.Snap)
	for _, file := range b.a.Paths() {
		why, isMember := b.why(nearest(file), file)
		if isMember && why == "" && (begins[file] || b.check.IsLinked(b.a.Snap, file)) {
			uris = append(uris, selectors.EscapePath(file))
		}
	}
	return uris
}

// exclude enters a file, absolute, that the build leaves out.
func (r *buildReport) exclude(b *build, file, why string) {
	rel, ok := compiler.InWorkspace(b.a.Root(), file)
	if ok {
		r.outside = append(r.outside, bundle.Coverage{
			State: bundle.Excluded, Reason: why, Files: []string{selectors.EscapePath(rel)},
		})
	}
}

// fail enters a file, relative to the root, that the compiler did not check. If there is a command that helps, fix, the
// reason is entered as the state of the file too, with the command.
func (r *buildReport) fail(file, why, fix string) {
	uri := selectors.EscapePath(file)
	r.failed = append(r.failed, bundle.Unchecked{URI: uri, Why: why})
	if fix != "" {
		r.outside = append(r.outside, bundle.Coverage{
			State: bundle.UncheckedState, Reason: why, Fix: fix, Files: []string{uri},
		})
	}
}

// merge returns the findings of a server, own, and of the compiler:
//
//   - of a file that the compiler has checked, the server's errors and warnings are left out. Its remarks (information
//     and hints) are kept, because a compiler has none;
//   - of a file that the compiler has not checked, they are kept, except those that the compiler has too: it reports
//     errors in files besides those that were asked about;
//   - of a file of unloaded, only findings about syntax are kept.
//
// A finding that both have, on one line and with one code, is reported as the compiler's, with the quick fixes of the
// server.
func (r *buildReport) merge(srv *catalogue.Server, own []bundle.Diagnostic) []bundle.Diagnostic {
	unchecked := map[string]bool{}
	for _, f := range r.failed {
		unchecked[f.URI] = true
	}
	kept := slices.DeleteFunc(own, func(d bundle.Diagnostic) bool {
		if r.unloaded[d.URI] {
			return !srv.IsAboutSyntax(d.Source, d.Code)
		}
		known := func(f bundle.Diagnostic) bool {
			return f.URI == d.URI && f.Range[0] == d.Range[0] && f.Code == d.Code
		}
		for i := range r.found {
			if known(r.found[i]) {
				r.found[i].Fixes = append(r.found[i].Fixes, d.Fixes...)
			}
		}
		isRemark := bundle.Severity(d.Severity) > bundle.Severity("warning")
		return !isRemark && (!unchecked[d.URI] || slices.ContainsFunc(r.found, known))
	})
	return append(kept, r.found...)
}

// buildAttempts is how often a check is made that another one, which writes the same folder, disturbs.
const buildAttempts = 3

// build is a check, by the build tool, of the workspace of packages that a manifest belongs to.
type build struct {
	a             *Answer
	srv           *catalogue.Server
	check         *compiler.BuildCheck
	manifest, dir string // relative to the root of Lanser's workspace

	onlyDescribes bool // nothing is checked: the packages are described, and it is known which may be checked

	inCopy    bool            // the build tool works in a copy of the workspace
	copy      *toolchain.Copy // nil in a replay
	described compiler.Described
	found     []compiler.Finding
	members   map[string]string // manifest → why the package was not checked, "" if it was; relative to the root
	failed    string            // why the build tool could not start; fix is the command that helps
	fix       string
	isOwn     bool              // the build tool itself has failed
	tests     map[string]string // manifest → why the package was checked without its tests, "" if with them
}

// run describes the packages, and has those checked that may be. The compiler reads files on disk: a
// proposed change is checked in a copy, as is a workspace without an up-to-date lock file: with --locked cargo fails
// rather than write Cargo.lock, and the workspace must not be written. In the copy it may write one, from the versions
// of dependencies that are on this machine. The copy is removed at the end.
func (b *build) run(ctx context.Context) {
	defer func() {
		if b.copy != nil {
			b.copy.Remove()
		}
	}()
	b.members = map[string]string{}
	b.inCopy = b.a.Request.Options.Hypothetical()
	out, err := b.describe(ctx)
	if err != nil && !b.inCopy && strings.Contains(err.Error(), b.check.NeedsLock) {
		b.inCopy = true
		if b.a.Log.Knows(b.question(b.check.Describe[0])) { // traces of earlier versions do not
			b.a.Unnamed = true // what is fetched on this machine may change
			out, err = b.describe(ctx)
		}
	}
	if err == nil {
		b.described, err = b.check.ReadDescription(out)
		err = wrapped(err, "the build tool does not describe "+b.dir)
	}
	if err != nil {
		b.fail(err)
		return
	}
	whole, libraries := b.choose()
	if b.onlyDescribes {
		return
	}
	if len(whole) > 0 {
		if len(whole) == len(b.described.Members) {
			whole = nil // Arguments then keeps the one that selects all packages
		}
		err = b.compile(ctx, b.check.Check[0], b.check.Arguments(b.check.Check, b.inCopy, whole...))
	}
	key := b.check.Check[0] + " of libraries"
	if err == nil && len(libraries) > 0 && b.a.Log.Knows(b.question(key)) {
		args := b.check.Arguments(b.check.Check, b.inCopy, libraries...)
		err = b.compile(ctx, key, slices.DeleteFunc(args, func(arg string) bool { return arg == b.check.AllTargets }))
	}
	if err != nil && b.isBroken(fault.From(err).Message) {
		b.fail(err)
	}
	if err != nil {
		for manifest, why := range b.members {
			b.members[manifest] = cmp.Or(why, b.a.reason(err))
		}
	}
}

// choose decides which packages are checked, by their ids: whole those of which the check executes nothing, and
// libraries, without their tests, examples and benchmarks, those of which only a check of these would execute
// something. The other packages are not checked. With the user's trust, all are whole.
func (b *build) choose() (whole, libraries []string) {
	b.tests = map[string]string{}
	for _, m := range b.described.Members {
		why, tests := "", ""
		gone := b.goneScript(m)
		switch {
		case gone != "":
			why = gone
		case b.a.Trust || m.Executes == "" && m.ForTests == "":
			whole = append(whole, m.ID)
		case m.Executes == "":
			tests = "its tests were not compiled: that would execute " + m.ForTests + "; --trust allows that"
			libraries = append(libraries, m.ID)
		default:
			why = "the compiler was not run: it would execute " + m.Executes + "; --trust allows that"
		}
		if rel, ok := compiler.InWorkspace(b.a.Root(), m.Manifest); ok {
			b.members[rel], b.tests[rel] = why, tests
		}
	}
	return whole, libraries
}

// goneScript returns why a package cannot be compiled if it, or what it depends on, has a build script of the workspace
// that does not exist; "" otherwise. The finding is in the manifest that names the script.
func (b *build) goneScript(crate compiler.DescribedCrate) (why string) {
	if !b.a.Format.Has(trace.GoneScripts) {
		return ""
	}
	for _, script := range crate.Scripts {
		source, isOwn := compiler.InWorkspace(b.a.Root(), script.Source)
		manifest, ok := compiler.InWorkspace(b.a.Root(), script.Manifest)
		if !isOwn || !ok {
			continue
		}
		if _, err := b.a.Snap.Content(source); !fault.Is(err, fault.NotFound) {
			continue
		}
		message := "couldn't read `" + source + "`: the build script of " + script.Package + " does not exist"
		at := compiler.Place{File: script.Manifest}
		if c, err := b.a.Snap.Content(manifest); err == nil {
			at.Line = lineMatching(c, buildKey)
			at.EndLine, at.EndColumn = at.Line, utf8.RuneCountInString(c.Line(at.Line))
		}
		f := compiler.Finding{Severity: "error", Message: message, At: at}
		isKnown := func(known compiler.Finding) bool { return known.Message == message && known.At == at }
		if !slices.ContainsFunc(b.found, isKnown) {
			b.found = append(b.found, f)
		}
		return bundle.Unloadable + manifest + ":" + strconv.Itoa(at.Line+1) + ": " + message
	}
	return ""
}

// buildKey matches the line of a manifest that names the build script.
var buildKey = lazyregexp.New(`^\s*(?:package\.)?build\s*=`)

// lineMatching returns the first line of a file that a pattern matches; 0 if there is none.
func lineMatching(c *text.Content, pattern *lazyregexp.Regexp) int {
	for line := range c.Lines() {
		if pattern.MatchString(c.Line(line)) {
			return line
		}
	}
	return 0
}

// why returns why a file was not checked, "" if it was; ok is false if it belongs to no package of the build. The
// manifest is the nearest one above the file. If the package was checked without its tests, the files that only tests
// compile were not checked: those in the folders tests, examples and benches next to the manifest, which cargo takes
// for targets, those with which such a target begins elsewhere, and files with code for tests.
func (b *build) why(manifest, file string) (why string, ok bool) {
	why, ok = b.members[manifest]
	tests := b.tests[manifest]
	if why != "" || tests == "" {
		return why, ok
	}
	isTest := func(source string) bool {
		rel, inside := compiler.InWorkspace(b.a.Root(), source)
		return inside && rel == file
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(file, strings.TrimPrefix(path.Dir(manifest)+"/", "./")), "/")
	if slices.Contains([]string{"tests", "examples", "benches"}, first) ||
		slices.ContainsFunc(b.described.Auxiliary, isTest) {
		return tests, ok
	}
	if c, err := b.a.Snap.Content(file); err == nil && b.check.HasTests.Match(c.Bytes()) {
		return tests, ok
	}
	return "", ok
}

// wrapped returns an Incomplete error with a message; nil for nil.
func wrapped(err error, message string) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(fault.Incomplete, err, "%s: %v", message, err)
}

// fail notes why the build tool could not start. A manifest that is wrong, and a dependency that is not fetched, each
// have a reason of their own: the first is a finding, so that the check has a verdict, and for the second there is a
// command, b.fix, that helps. Incomplete is the error of a tool that has run and failed; any other one says that it
// could not be run.
func (b *build) fail(err error) {
	why := b.a.reason(err)
	b.members[b.manifest], b.failed, b.isOwn = why, why, fault.Is(err, fault.Incomplete)
	if b.check.NotFetchedPhrase(err.Error()) == "" {
		if b.isBroken(why) {
			b.members[b.manifest] = bundle.Unloadable + why
		}
		return
	}
	b.a.Unnamed = true // it may be fetched while no file of the workspace changes
	b.fix = b.check.Fetch
	if b.dir != "." {
		b.fix = "cd " + b.dir + " && " + b.fix
	}
	b.failed = "not all that the packages depend on is fetched: " + why
	b.members[b.manifest] = b.failed
}

// isBroken reports whether an error is about a manifest that is wrong. A copy of the workspace lacks the packages
// around it.
func (b *build) isBroken(why string) bool {
	if !b.a.Format.Has(trace.LoneManifests) {
		return b.check.BrokenFirst.MatchString(why)
	}
	isAround := b.inCopy && strings.Contains(why, b.check.Around)
	return b.isUnresolved(why) || b.check.Broken.MatchString(why) && !isAround
}

// isUnresolved reports whether an error is that nobody can build the packages together.
func (b *build) isUnresolved(why string) bool {
	if b.check.Nested.MatchString(why) && b.a.Format.Has(trace.NestedWorkspaces) {
		return true
	}
	m := b.check.Unresolved.FindStringSubmatch(why)
	return m != nil && b.a.Format.Has(trace.UnresolvedCrates) && (m[1] == "" || b.check.HasPackage(b.a.Snap, m[1]))
}

// isNoMember reports whether the build tool refuses the package because a workspace above it does not have it.
func (b *build) isNoMember() bool {
	return b.a.Format.Has(trace.LoneManifests) && strings.Contains(b.failed, b.check.NotMember)
}

// failure returns the finding that the build tool could not begin; none if it could, if it could not be run at all, if
// only the lock file is out of date, or if the package is left out. It is in the manifest that the error names, at the
// place that it names or on the line of the dependency, or else in that of the build.
func (b *build) failure() []bundle.Diagnostic {
	if b.failed == "" || !b.isOwn || strings.Contains(b.failed, b.check.NeedsLock) || b.isNoMember() {
		return nil
	}
	file, message := b.manifest, b.failed
	var at *text.Point
	if m := b.check.Place.FindStringSubmatch(message); m != nil {
		line, _ := strconv.Atoi(m[2] + m[5]) // of digits; one that is too large is one too many lines as well
		col, _ := strconv.Atoi(m[3] + m[6])
		file, at = path.Join(b.dir, m[1]), &text.Point{Line: max(line-1, 0), Col: max(col-1, 0)}
		if m[4] != "" {
			file = m[4]
		}
		if b.a.Snap.Has(file) {
			message = strings.TrimSuffix(message, " ("+m[1]+":"+m[2]+":"+m[3]+")")
		} else { // outside of the workspace
			file, at = b.manifest, nil
		}
	} else if m := b.check.NamesFile.FindStringSubmatch(message); m != nil && b.a.Snap.Has(m[1]) {
		file = m[1]
	} else if nested := b.nested(); nested != "" {
		file = nested
	}
	d := bundle.Diagnostic{
		URI: selectors.EscapePath(file), Severity: "error", Source: strings.ToLower(b.check.Variable),
		Message: strings.TrimSuffix(message+"; "+b.fix, "; "), Tags: []string{}, Related: []bundle.Related{},
	}
	c, err := b.a.Snap.Content(file)
	if err != nil {
		return []bundle.Diagnostic{d}
	}
	span := text.Span{}
	if at == nil {
		span, _ = c.LineSpan(b.lineOfCause(c))
	} else if start, ok := c.ClipOffsetOf(*at, text.CodePoint); ok || start > 0 {
		span = text.Span{Start: start, End: start}
	}
	d.Range = bundle.RangeOf(c, span, text.Encoding(b.a.Bundle.Environment.PositionEncoding))
	d.Text = c.Line(c.LineOf(span.Start))
	return []bundle.Diagnostic{d}
}

// nested returns the manifest of the innermost of the workspaces of which the build tool says that one is a member of
// the other; "" if it does not say so.
func (b *build) nested() (manifest string) {
	m := b.check.Nested.FindStringSubmatch(b.failed)
	if m == nil || !b.a.Format.Has(trace.NestedWorkspaces) {
		return ""
	}
	for dir := range strings.FieldsFuncSeq(m[1], func(r rune) bool { return r == ':' || r == '\n' }) {
		p := path.Join(strings.TrimSpace(dir), b.check.Manifest)
		if len(p) > len(manifest) && b.a.Snap.Has(p) {
			manifest = p
		}
	}
	return manifest
}

// lineOfCause returns the line of a manifest that the error of the build tool is about.
func (b *build) lineOfCause(c *text.Content) int {
	if b.nested() != "" {
		return lineMatching(c, b.check.Workspace)
	}
	return b.lineOfName(c)
}

// named matches the names in an error of the build tool.
var named = lazyregexp.New("`([A-Za-z0-9_-]+)`")

// lineOfName returns the first line of a manifest that declares what an error names, as in "serde = 1" or
// "members = ["a"]", or that has the name in quotes; 0 if there is none.
func (b *build) lineOfName(c *text.Content) int {
	is := []func(line, name string) bool{
		func(line, name string) bool { return strings.HasPrefix(strings.TrimLeft(line, "\t \""), name) },
		func(line, name string) bool { return strings.Contains(line, `"`+name+`"`) },
	}
	for _, m := range named.FindAllStringSubmatch(b.failed, -1) {
		for _, names := range is {
			for line := range c.Lines() {
				if names(c.Line(line), m[1]) {
					return line
				}
			}
		}
	}
	return 0
}

// question returns the key by which a trace has the output of the build tool. It names the folder relative to the root
// of the workspace, because the path of a copy differs in each run.
func (b *build) question(command string) string {
	if b.inCopy {
		return "build tool " + command + " in a copy of " + b.dir
	}
	return "build tool " + command + " in " + b.dir
}

// describe returns the build tool's description of the packages. For a build in a copy it makes the copy first, which
// the later runs of the tool use. A replay reads the description in the trace, and makes none.
func (b *build) describe(ctx context.Context) ([]byte, error) {
	return b.a.Log.Ask(b.question(b.check.Describe[0]), func() ([]byte, error) {
		if b.inCopy {
			var err error
			b.copy, err = b.a.Machine.CopyWorkspace(b.srv, b.a.Host, b.a.Snap, b.a.Snap.Overlaid())
			if err != nil {
				return nil, err
			}
		}
		return b.tool(ctx, b.check.Arguments(b.check.Describe, b.inCopy))
	})
}

// tool runs the build tool. What it prints about a copy names the workspace itself.
func (b *build) tool(ctx context.Context, args []string) ([]byte, error) {
	if b.copy == nil {
		return b.a.Machine.RunBuildTool(ctx, b.check, b.a.Host, b.dir, args)
	}
	args = slices.Clone(args)
	for i := range args {
		args[i] = b.copy.To(b.a.Machine, args[i])
	}
	dir := path.Join(filepath.ToSlash(b.copy.Root), b.dir)
	out, err := b.a.Machine.RunBuildTool(ctx, b.check, b.a.Host, dir, args)
	if err != nil {
		f := *fault.From(err)
		f.Message = b.copy.From(b.a.Machine, f.Message)
		return nil, &f
	}
	return []byte(b.copy.From(b.a.Machine, string(out))), nil
}

// compile has the build tool run with arguments that check packages, and adds what the compiler finds; key is its part
// of the trace's question.
//
// Cargo tells by the times of files whether a package must be checked again, and repeats the findings that it has kept
// otherwise. The folder that it writes is shared with other checks, and may have been written for other sources of the
// same package. Therefore what it keeps about local packages is removed first, and if another check has written to the
// folder meanwhile, the check is made again.
func (b *build) compile(ctx context.Context, key string, args []string) error {
	var out []byte
	for range buildAttempts {
		var err error
		out, err = b.a.Log.Ask(b.question(key), func() ([]byte, error) {
			if err := b.a.Machine.ForgetBuilt(b.check, b.a.Host, b.described.Local); err != nil {
				return nil, err
			}
			return b.tool(ctx, args)
		})
		if err != nil {
			return err
		}
		if !b.check.Stale(out) {
			break
		}
	}
	if b.check.Stale(out) {
		return fault.New(fault.Incomplete, "another check of packages with the same names is running")
	}
	found, err := b.check.Read(out)
	b.found = append(b.found, found...)
	return wrapped(err, "the compiler's check is not complete")
}

// addCompiler adds to the findings of a session what the compiler finds, if the language has a build tool
// for that, and enters into c, the session's part of the check, which files were not checked.
//
// Once the compiler has checked all files, doubts of the server are none about the check, unless the compiler had not
// all that the user gives it. Where a finding in a manifest
// is why the compiler did not check a file, it takes the place of the reasons that the server had for the same file:
// the server fails on the same manifest, with words that do not name it.
func (a *Answer) addCompiler(ctx context.Context, s *lsp.Session, files []string, c *bundle.Check) {
	report := a.checkBuild(ctx, s, files)
	if report == nil {
		return
	}
	if s.LacksLibrary() {
		for _, f := range report.failed {
			report.unloaded[f.URI] = true
		}
	}
	a.Bundle.Facts.Diagnostics = report.merge(s.Server(), a.Bundle.Facts.Diagnostics)
	if len(report.linked) > 0 {
		notLinked := s.Server().NotInProject
		a.Bundle.Facts.Diagnostics = slices.DeleteFunc(a.Bundle.Facts.Diagnostics, func(d bundle.Diagnostic) bool {
			return d.Code == notLinked && slices.Contains(report.linked, d.URI)
		})
		report.outside = append(report.outside, bundle.Coverage{State: bundle.CheckedState, Files: report.linked})
	}
	// The server does not know the packages that the workspace of another one excludes. The compiler does.
	c.Unchecked = slices.DeleteFunc(c.Unchecked, func(u bundle.Unchecked) bool {
		isExcluded := func(c bundle.Coverage) bool {
			return c.State == bundle.Excluded && slices.Contains(c.Files, u.URI)
		}
		return slices.Contains(report.compiled, u.URI) || slices.ContainsFunc(report.outside, isExcluded)
	})
	c.Coverage = append(report.outside, c.Coverage...)
	a.Bundle.Evidence.Note(report.reasons...)
	if len(report.failed) == 0 && len(a.Host.Unused) == 0 {
		a.Bundle.Evidence.State = bundle.Complete
		a.Bundle.Evidence.Note("the compiler has checked the packages of all files")
	}
	isBroken := func(u bundle.Unchecked) bool { return bundle.IsOfFinding(u.Why) }
	if slices.ContainsFunc(report.failed, isBroken) { // then the server's own reasons follow from that
		c.Unchecked = slices.DeleteFunc(c.Unchecked, func(own bundle.Unchecked) bool {
			isSame := func(u bundle.Unchecked) bool { return u.URI == own.URI }
			return slices.ContainsFunc(report.failed, isSame)
		})
		if !slices.ContainsFunc(report.failed, func(u bundle.Unchecked) bool { return !isBroken(u) }) {
			a.Bundle.Evidence.State = bundle.Heuristic // the server could not load the same manifest
		}
	}
	known := map[string]bool{}
	for _, u := range c.Unchecked {
		known[u.URI] = true
	}
	for _, u := range report.failed {
		if !known[u.URI] {
			c.Unchecked = append(c.Unchecked, u)
		}
	}
}
