package findings

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/cbuild"
	"lanser/server/compiler"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/project"
	"lanser/server/toolchain"
	"lanser/server/trace"
)

// clangd reports what its own version of clang fails on. The build may have another compiler, as its compilation
// database says: an older one, or GCC, which only warn of some of that. GCC before release 14, for instance, warns of a
// call of a function that is not declared, and clang fails on it since release 16. The verdict of a check is to be that
// of the build, so such findings become warnings. What the compilers fail on is in package catalogue.
//
// The compiler itself is asked where it may fail after it has read the file, where warnings are errors, where the
// command permits what clang does not, where clangd reports too little, because its configuration suppresses errors or
// a header that the command includes is missing, and where clangd reports errors in a file for GCC.
//
// What clangd cannot read at all, assembly and functions inside of functions, the compiler of the database reads: it is
// run in the sandbox, with arguments of which each is known to be harmless ([cbuild.Command.Reading]).

// compilers knows the compilers of a workspace's C files: the commands that compile each, and the versions of the
// programs, by their names, each of which is asked once. It is used by one goroutine.
type compilers struct {
	a        *Answer
	first    func(file string) (cbuild.Command, bool)
	variants func(file string) []cbuild.Command
	versions map[string]string
	late     func(file string) bool // whether a compiler may fail after it has read a file
}

// compilersOf returns the compilers of the files of a session; nil if its server reads no compilation database.
func (a *Answer) compilersOf(s *lsp.Session) *compilers {
	if !s.Server().ByCommands {
		return nil
	}
	return a.compilersIn(a.Disk)
}

// compilersIn returns the compilers of the files of a view.
func (a *Answer) compilersIn(v project.View) *compilers {
	v = cbuild.AsOf(v, a.Format)
	c := &compilers{a: a, first: cbuild.Commands(v), versions: map[string]string{}}
	c.late = func(string) bool { return false }
	if a.Format.Has(trace.LateErrors) {
		c.late = cbuild.FailsLate(v)
	}
	if a.Format.Has(trace.EachCommand) {
		c.variants = cbuild.Compilations(v)
	}
	return c
}

// commands returns the commands by which a file is compiled, the first of which is the one that clangd takes; nil if no
// database lists the file.
func (c *compilers) commands(file string) []cbuild.Command {
	first, ok := c.first(file)
	if !ok {
		return nil
	}
	if c.variants != nil {
		if all := c.variants(file); all != nil {
			return all
		}
	}
	return []cbuild.Command{first}
}

// judge gives the findings of a file the severities that its compiler gives them. unread says what the file is written
// in, if the compiler can read it and the server cannot: then the findings say nothing. Only errors are judged, and
// only in files that the database has: nobody knows who compiles the others.
func (c *compilers) judge(ctx context.Context, file string, found []bundle.Diagnostic) (unread string) {
	if c == nil {
		return ""
	}
	commands := c.commands(file)
	if len(commands) == 0 {
		return ""
	}
	for i := range found {
		d := &found[i]
		if d.Severity != "error" {
			continue
		}
		fails := false
		for _, command := range commands {
			if what := command.Unreadable(d.Code); what != "" {
				return what
			}
			fails = fails || !command.OnlyWarns(c.version(ctx, command), d.Code)
		}
		if !fails {
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
		commands, hides := c.commands(file), ""
		for _, command := range commands {
			if hides == "" && c.a.Format.Has(trace.CompilerDecides) {
				hides = cbuild.Hides(c.a.Disk, command)
			}
		}
		if hides != "" {
			why[file] = hides
		}
		isLate := len(commands) > 0 && c.late(file)
		if hides != "" || isLate || slices.ContainsFunc(commands, cbuild.Command.Decides) {
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
		commands := c.commands(file)
		_, isDecided := decided[file]
		isJudged := func(d bundle.Diagnostic) bool { // without the compiler, or by judge
			isUnreadable := func(command cbuild.Command) bool { return command.Unreadable(d.Code) != "" }
			return isError(d) && (d.Code == s.Server().MissingModule || slices.ContainsFunc(commands, isUnreadable))
		}
		mayDiffer := slices.ContainsFunc(found[file], isError) && !slices.ContainsFunc(found[file], isJudged)
		if !isDecided && slices.ContainsFunc(commands, cbuild.Command.HasExtensions) && mayDiffer {
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

// readAll has the compilers read files, side by side, each file by each of its commands. refused says of the other
// files why they were not read by one of them.
func (c *compilers) readAll(
	ctx context.Context, s *lsp.Session, files []string,
) (found map[string][]bundle.Diagnostic, refused map[string]string) {
	type reading struct {
		run     *cbuild.Run
		printed []byte
		refused string
	}
	readings := map[string][]*reading{}
	var running errgroup.Group
	running.SetLimit(c.a.Parallel)
	refused = map[string]string{}
	workspaceCopy, remove := c.a.copyFor(s)
	for _, file := range files {
		runs, why := c.runs(file)
		if why == "" && ctx.Err() != nil {
			why = "there was no time for it"
		}
		if why != "" {
			refused[file] = why
			continue
		}
		c.a.Unnamed = true // the compiler and its headers may change while no file of the workspace does
		for i, run := range runs {
			r := &reading{run: run}
			readings[file] = append(readings[file], r)
			running.Go(func() error {
				r.printed, r.refused = c.ask(ctx, file, i, *run, workspaceCopy)
				return nil
			})
		}
	}
	_ = running.Wait() // none has an error
	remove()

	found = map[string][]bundle.Diagnostic{}
	for file, all := range readings {
		var list []bundle.Diagnostic
		for _, r := range all {
			if r.refused != "" {
				refused[file] = r.refused
				break
			}
			for _, d := range c.read(s, r.run, r.printed) {
				isKnown := func(k bundle.Diagnostic) bool {
					return k.URI == d.URI && k.Range == d.Range && k.Severity == d.Severity && k.Message == d.Message
				}
				if !slices.ContainsFunc(list, isKnown) {
					list = append(list, d)
				}
			}
		}
		if refused[file] == "" {
			found[file] = list
		}
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

// check has the compilers read a file, and returns what they find. refused is a clause that says why they could not, ""
// if they have read the file.
func (c *compilers) check(
	ctx context.Context, s *lsp.Session, file string,
) (found []bundle.Diagnostic, refused string) {
	all, why := c.readAll(ctx, s, []string{file})
	return all[file], why[file]
}

// ask returns what the compiler prints about a file when it reads it by one of its commands, counted from 0; refused is
// a clause that says why it could not read it. It is safe for concurrent use.
func (c *compilers) ask(
	ctx context.Context, file string, command int, run cbuild.Run, workspaceCopy func() (*toolchain.Copy, error),
) (printed []byte, refused string) {
	key := "what the compiler says of " + file
	if command > 0 {
		key += fmt.Sprintf(" by its command %d", command+1)
	}
	if !c.a.Log.Knows(key) {
		return nil, "the compiler was not run"
	}
	out, err := c.a.Log.Ask(key, func() ([]byte, error) {
		in, err := workspaceCopy()
		if err != nil {
			return nil, err
		}
		return c.a.runCompiler(ctx, run, in)
	})
	if err != nil {
		return nil, c.a.reason(err)
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

// runs returns what has the compilers read a file, for each of its commands; refused is a clause that says why there is
// nothing for one of them.
func (c *compilers) runs(file string) (runs []*cbuild.Run, refused string) {
	commands := c.commands(file)
	if len(commands) == 0 {
		return nil, "no compilation database lists it"
	}
	for _, command := range commands {
		run, refused := command.Reading(c.a.Root(), c.late(file))
		if refused != "" {
			return nil, refused
		}
		runs = append(runs, run)
	}
	return runs, ""
}

// copyFor returns what makes the copy of the workspace in which compilers are run for a hypothetical question, once,
// and what removes it. There is no copy for other questions. It is safe for concurrent use.
func (a *Answer) copyFor(s *lsp.Session) (made func() (*toolchain.Copy, error), remove func()) {
	if !a.Request.Options.Hypothetical() {
		return func() (*toolchain.Copy, error) { return nil, nil }, func() {}
	}
	var workspaceCopy *toolchain.Copy
	made = sync.OnceValues(func() (*toolchain.Copy, error) {
		var err error
		workspaceCopy, err = a.Machine.CopyWorkspace(s.Server(), a.Host, a.Snap, a.Snap.Overlaid())
		return workspaceCopy, err
	})
	return made, func() {
		if workspaceCopy != nil {
			workspaceCopy.Remove()
		}
	}
}

// runCompiler returns what a compiler prints about a file, with paths of the workspace also if it runs in a copy, nil
// for none. The error is Incomplete if it fails without a finding, or NoServer if it is not here.
func (a *Answer) runCompiler(
	ctx context.Context, run cbuild.Run, in *toolchain.Copy,
) ([]byte, error) {
	m, back := a.Machine, func(printed string) string { return printed }
	if in != nil {
		run.Dir, run.Args = in.To(m, run.Dir), slices.Clone(run.Args)
		for i := range run.Args {
			run.Args[i] = in.To(m, run.Args[i])
		}
		back = func(printed string) string { return in.From(m, printed) }
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
