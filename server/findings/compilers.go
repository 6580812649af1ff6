package findings

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/cbuild"
	"lanser/server/compiler"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/trace"
)

// clangd reports what its own version of clang fails on. The build may have another compiler, as its compilation
// database says: an older one, or GCC, which only warn of some of that. GCC before release 14, for instance, warns of a
// call of a function that is not declared, and clang fails on it since release 16. The verdict of a check is to be that
// of the build, so such findings become warnings. What the compilers fail on is in package catalogue.
//
// The compiler itself is asked where warnings are errors, where the command permits what clang does not, where clangd
// reports too little, because its configuration suppresses errors or a header that the command includes is missing, and
// where clangd reports errors in a file for GCC.
//
// What clangd cannot read at all, assembly and functions inside of functions, the compiler of the database reads: it is
// run in the sandbox, with arguments of which each is known to be harmless ([cbuild.Command.Reading]).

// compilers knows the compilers of a workspace's C files: the command that compiles each, and the versions of the
// programs, by their names, each of which is asked once. It is used by one goroutine.
type compilers struct {
	a        *Answer
	commands func(file string) (cbuild.Command, bool)
	versions map[string]string
}

// compilersOf returns the compilers of the files of a session; nil if its server reads no compilation database.
func (a *Answer) compilersOf(s *lsp.Session) *compilers {
	if !s.Server().ByCommands {
		return nil
	}
	return &compilers{a: a, commands: cbuild.Commands(cbuild.AsOf(a.Disk, a.Format)), versions: map[string]string{}}
}

// judge gives the findings of a file the severities that its compiler gives them. unread says what the file is written
// in, if the compiler can read it and the server cannot: then the findings say nothing. Only errors are judged, and
// only in files that the database has: nobody knows who compiles the others.
func (c *compilers) judge(ctx context.Context, file string, found []bundle.Diagnostic) (unread string) {
	if c == nil {
		return ""
	}
	command, ok := c.commands(file)
	if !ok {
		return ""
	}
	for i := range found {
		d := &found[i]
		if d.Severity != "error" {
			continue
		}
		if what := command.Unreadable(d.Code); what != "" {
			return what
		}
		if command.OnlyWarns(c.version(ctx, command), d.Code) {
			d.Severity = "warning"
		}
	}
	return ""
}

// decide has the compilers read those of the files in which they decide what fails, and returns what they find in each.
// Files that they cannot read are left to the server, unless it reports too little about them: why holds the reason,
// and what the compiler refuses, of each of these.
func (c *compilers) decide(
	ctx context.Context, s *lsp.Session, files []string,
) (decided map[string][]bundle.Diagnostic, why map[string]string) {
	if c == nil {
		return nil, nil
	}
	var read []string
	why = map[string]string{}
	for _, file := range files {
		command, ok := c.commands(file)
		if !ok {
			continue
		}
		hides := ""
		if c.a.Format.Has(trace.CompilerDecides) {
			hides = cbuild.Hides(c.a.Disk, command)
		}
		if hides != "" {
			why[file] = hides
		}
		if hides != "" || command.Decides() {
			read = append(read, file)
		}
	}
	decided, refused := c.readAll(ctx, s, read)
	for _, file := range read {
		if _, ok := decided[file]; ok {
			delete(why, file)
		} else if why[file] != "" {
			why[file] += ", and " + refused[file]
		}
	}
	return decided, why
}

// permit makes warnings of the errors of the server in files in which their compiler finds none: GCC has extensions
// that clang does not know. Files in which something cannot be found are left out, as GCC does not find it either.
func (c *compilers) permit(
	ctx context.Context, s *lsp.Session, found map[string][]bundle.Diagnostic, decided map[string][]bundle.Diagnostic,
) {
	if c == nil || !c.a.Format.Has(trace.CompilerDecides) {
		return
	}
	isError := func(d bundle.Diagnostic) bool { return isCompilerError(s.Server(), d) }
	var read []string
	for _, file := range slices.Sorted(maps.Keys(found)) {
		command, ok := c.commands(file)
		_, isDecided := decided[file]
		isJudged := func(d bundle.Diagnostic) bool { // without the compiler, or by judge
			return isError(d) && (d.Code == s.Server().MissingModule || command.Unreadable(d.Code) != "")
		}
		mayDiffer := slices.ContainsFunc(found[file], isError) && !slices.ContainsFunc(found[file], isJudged)
		if ok && !isDecided && command.HasExtensions() && mayDiffer {
			read = append(read, file)
		}
	}
	permitted, _ := c.readAll(ctx, s, read)
	for file, compiled := range permitted {
		if slices.ContainsFunc(compiled, isError) {
			continue
		}
		for i := range found[file] {
			if d := &found[file][i]; isError(*d) {
				d.Severity = "warning"
			}
		}
	}
}

// isCompilerError reports whether a finding is an error, and none of the server's linter.
func isCompilerError(srv *catalogue.Server, d bundle.Diagnostic) bool {
	return d.Severity == "error" && d.Source != srv.LintSource
}

// readAll has the compilers read files, side by side. refused says of the other files why they were not read.
func (c *compilers) readAll(
	ctx context.Context, s *lsp.Session, files []string,
) (found map[string][]bundle.Diagnostic, refused map[string]string) {
	runs, printed := map[string]*cbuild.Run{}, map[string][]byte{}
	refused = map[string]string{}
	var mu sync.Mutex // guards printed and refused
	var running errgroup.Group
	running.SetLimit(c.a.Parallel)
	for _, file := range files {
		run, why := c.reading(file)
		if why == "" && ctx.Err() != nil {
			why = "there was no time for it"
		}
		if why != "" {
			mu.Lock()
			refused[file] = why
			mu.Unlock()
			continue
		}
		c.a.Unnamed = true // see check
		runs[file] = run
		running.Go(func() error {
			out, why := c.ask(ctx, s, file, run)
			mu.Lock()
			defer mu.Unlock()
			if why != "" {
				refused[file] = why
			} else {
				printed[file] = out
			}
			return nil
		})
	}
	_ = running.Wait() // none has an error
	found = map[string][]bundle.Diagnostic{}
	for file, out := range printed {
		found[file] = c.read(s, runs[file], out)
	}
	return found, refused
}

// withErrorsOf returns the findings of a server with the errors of the compiler in place of its own. Those of the
// server's linter stay.
func withErrorsOf(srv *catalogue.Server, compiler, found []bundle.Diagnostic) []bundle.Diagnostic {
	isError := func(d bundle.Diagnostic) bool { return isCompilerError(srv, d) }
	out := slices.DeleteFunc(slices.Clone(found), isError)
	for _, d := range compiler {
		if isError(d) { // the server has warnings of its own
			out = append(out, d)
		}
	}
	return out
}

// version returns the version that a compiler prints about itself; "" if it is not here, or its name is not one of a
// compiler that may be run. A name in a compilation database is content of the repository, which must not choose what
// is executed (spec section 8, point 5): the program is looked for by its base name on PATH, outside of the workspace.
func (c *compilers) version(ctx context.Context, command cbuild.Command) string {
	name := command.Compiler()
	if _, known := c.versions[name]; !known {
		c.versions[name] = ""
		key := "version of " + name
		if command.AsksVersion() && c.a.Log.Knows(key) {
			out, err := c.a.Log.Ask(key, func() ([]byte, error) {
				return []byte(c.a.Machine.VersionOf(ctx, c.a.Host, name)), nil
			})
			if err == nil {
				c.versions[name] = string(out)
			}
		}
	}
	return c.versions[name]
}

// check has the compiler read a file, and returns what it finds. refused is a clause that says why it could not, "" if
// it has read the file.
func (c *compilers) check(
	ctx context.Context, s *lsp.Session, file string,
) (found []bundle.Diagnostic, refused string) {
	run, refused := c.reading(file)
	if refused != "" {
		return nil, refused
	}
	c.a.Unnamed = true // the compiler and its headers may change while no file of the workspace does
	out, refused := c.ask(ctx, s, file, run)
	if refused != "" {
		return nil, refused
	}
	return c.read(s, run, out), ""
}

// ask returns what the compiler prints about a file; refused is a clause that says why it could not read it. It is safe
// for concurrent use.
func (c *compilers) ask(
	ctx context.Context, s *lsp.Session, file string, run *cbuild.Run,
) (printed []byte, refused string) {
	key := "what the compiler says of " + file
	if !c.a.Log.Knows(key) {
		return nil, "the compiler was not run"
	}
	out, err := c.a.Log.Ask(key, func() ([]byte, error) { return c.a.runCompiler(ctx, s, *run) })
	if err != nil {
		return nil, c.a.Roots.Scrub(fault.From(err).Message)
	}
	return out, ""
}

// read returns the findings that a compiler has printed.
func (c *compilers) read(s *lsp.Session, run *cbuild.Run, printed []byte) (found []bundle.Diagnostic) {
	by := places.Counting{Columns: text.CodePoint}
	for _, f := range compiler.ReadCC(string(printed)) {
		if f.At.File == "" { // it is about the command
			f.At = compiler.Place{File: run.File}
		}
		found = append(found, c.a.Reader(s).Finding(run.Program, by, run.Dir, f))
	}
	return found
}

// reading returns the command that has the compiler read a file; refused is a clause that says why there is none.
func (c *compilers) reading(file string) (run *cbuild.Run, refused string) {
	command, ok := c.commands(file)
	if !ok {
		return nil, "no compilation database lists it"
	}
	return command.Reading(c.a.Root())
}

// runCompiler returns what a compiler prints about a file, with paths of the workspace also if it ran in a copy. The
// error is Incomplete if it fails without a finding, NoServer if it is not here, or that of the copy.
func (a *Answer) runCompiler(
	ctx context.Context, s *lsp.Session, run cbuild.Run,
) ([]byte, error) {
	m, back := a.Machine, func(printed string) string { return printed }
	if a.Request.Options.Hypothetical() {
		workspaceCopy, err := m.CopyWorkspace(s.Server(), a.Host, a.Snap, a.Snap.Overlaid())
		if err != nil {
			return nil, err
		}
		defer workspaceCopy.Remove()
		run.Dir, run.Args = workspaceCopy.To(m, run.Dir), slices.Clone(run.Args)
		for i := range run.Args {
			run.Args[i] = workspaceCopy.To(m, run.Args[i])
		}
		back = func(printed string) string { return workspaceCopy.From(m, printed) }
	}
	printed, err := m.RunCompiler(ctx, a.Host, run)
	isError := func(f compiler.Finding) bool { return f.Severity == "error" }
	if err != nil && !slices.ContainsFunc(compiler.ReadCC(printed), isError) {
		return nil, err
	}
	return []byte(back(printed)), nil
}

// addCompiled adds what the compiler finds in files that the server cannot read, and their states.
func (a *Answer) addCompiled(ctx context.Context, s *lsp.Session, files []string) {
	c := a.compilersOf(s)
	k := &a.Bundle.Facts.Checks[0]
	for _, file := range files {
		found, refused := c.check(ctx, s, file)
		k.Coverage = append(k.Coverage, assemblyState(s.Server(), file, refused))
		a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, found...)
	}
}

// assemblyState returns the state of a file of assembly that the compiler reads, or refuses to.
func assemblyState(srv *catalogue.Server, file, refused string) bundle.Coverage {
	group := bundle.Coverage{State: bundle.CheckedState, Files: []string{selectors.EscapePath(file)}}
	if refused != "" {
		group.State, group.Reason = bundle.UncheckedState, unreadReason(srv, "assembly")+", and "+refused
	}
	return group
}

// unreadReason is the reason of a file that the compiler can read and the server cannot.
func unreadReason(srv *catalogue.Server, what string) string {
	return fmt.Sprintf("%s cannot read %s", srv.Name, what)
}
