package findings

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/compiler"
	"lanser/server/patch"
	"lanser/server/places"
	"lanser/server/project"
	"lanser/server/toolchain"
)

// A linter that is a command checks a whole project in one run, which is confined like a server. It reads the files
// on disk: if the request brings contents of its own, it runs in a copy of the workspace that has them.
//
// The files of a part are sorted into the folders in which the linter is run: each project's, or that of the outermost
// configuration. A folder may have a version of its own, if the project brings the linter along as a script. In the end
// every file is in the report of a run, has a state that says why it is in none ([Linter.cover]), or has failed
// ([Linter.fail]).

// Linter is a run of a linter that is a command.
type Linter struct {
	Host     *toolchain.Host
	Versions []string // of the programs that are run, each once

	a        *Answer
	srv      *catalogue.Server
	copy     *toolchain.Copy     // nil if it runs in the workspace
	folders  []string            // in which it is run, sorted
	files    map[string][]string // of each folder
	programs map[string]string   // by folder: the script that is run, see program

	found   []bundle.Diagnostic
	states  []bundle.Coverage
	failed  []bundle.Unchecked
	offsets map[string][]int // by URI: the offsets in bytes of UTF-16 units, see [Linter.offset]
}

// NewLinter finds out what the linter of the part, which is a command, needs of the machine, and which versions of it
// the folders of the part have. [Linter.Clean] must be called in the end.
func (a *Answer) NewLinter(ctx context.Context) (*Linter, error) {
	r := &Linter{a: a, srv: a.Server, offsets: map[string][]int{}, programs: map[string]string{}}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	a.Unnamed = true // it reads what is installed, which may change while no file of the workspace does
	r.folders, r.files = r.byFolder()
	for _, dir := range r.folders {
		program, version, ok := r.program(dir)
		if !ok {
			r.notInstalled(dir, r.files[dir])
			continue
		}
		r.programs[dir] = program
		if !slices.Contains(r.Versions, version) {
			r.Versions = append(r.Versions, version)
		}
	}
	return r, nil
}

// Tool returns the linter as bundles name it.
func (r *Linter) Tool() bundle.Tool {
	return bundle.Tool{Name: r.srv.Name, Version: strings.Join(r.Versions, " ")}
}

// Run has the linter check the files of the part. A folder in which it fails is reported as such, and the others are
// checked all the same. The error ends the whole part: time is up.
func (r *Linter) Run(ctx context.Context) error {
	a, files := r.a, r.a.Paths()
	for _, dir := range r.folders {
		program, ok := r.programs[dir]
		if ok {
			r.lint(ctx, dir, program, r.files[dir])
		}
		if ctx.Err() != nil {
			return fault.Wrap(fault.Timeout, ctx.Err(), "%s did not finish in time", r.srv.Name)
		}
	}
	checked := len(files) - len(r.failed)
	a.Bundle.Evidence.Note(r.srv.Why, fmt.Sprintf("%s answered for %d of %d files", r.srv.Name, checked, len(files)))
	a.Bundle.Facts.Diagnostics = r.found
	a.Bundle.Facts.Checks = []bundle.Check{{
		Server: r.Tool(), Files: len(files), Unchecked: r.failed, Coverage: r.states,
	}}
	return nil
}

// prepare determines what the linter needs of the machine. It is part of a trace as JSON, because the environment of a
// bundle names it; a replay starts nothing, and needs no more.
func (r *Linter) prepare(ctx context.Context) error {
	host := &toolchain.Host{}
	raw, err := r.a.Log.Ask("host of "+r.srv.Name, func() ([]byte, error) {
		found, err := r.a.Machine.Prepare(ctx, r.srv, r.a.Snap)
		if err != nil {
			return nil, err
		}
		host = found
		return json.Marshal(host)
	})
	if err == nil {
		err = json.Unmarshal(raw, host)
	}
	if err != nil {
		host.Launch.Clean()
		return err
	}
	r.Host = host
	return nil
}

// Clean removes what the run has made outside of the workspace: a private folder for temporary files, and the copy.
func (r *Linter) Clean() {
	r.Host.Launch.Clean()
	if r.copy != nil {
		r.copy.Remove()
	}
}

// byFolder returns the folders in which the files of the part are checked, sorted, with the files of each.
func (r *Linter) byFolder() (folders []string, files map[string][]string) {
	files = map[string][]string{}
	for _, f := range r.a.Paths() {
		dir, ok := r.srv.CommandFolder(r.a.Snap, f)
		if !ok {
			r.cover(bundle.Excluded, "they lie in no project that "+r.srv.Name+" checks", "", f)
			continue
		}
		if files[dir] == nil {
			folders = append(folders, dir)
		}
		files[dir] = append(files[dir], f)
	}
	slices.Sort(folders)
	return folders, files
}

// cover enters a state of files.
func (r *Linter) cover(state, reason, fix string, files ...string) {
	group := bundle.Coverage{State: state, Reason: reason, Fix: fix}
	for _, f := range files {
		group.Files = append(group.Files, selectors.EscapePath(f))
	}
	if len(files) > 0 {
		r.states = append(r.states, group)
	}
}

// program returns the script that is run in a folder, relative to the root of the workspace, and its version. The
// script is "" for a program that Lanser has installed; ok is false if a project's own is not there.
func (r *Linter) program(dir string) (script, version string, ok bool) {
	if r.srv.Linter.Command.Own == "" {
		return "", r.srv.Version, true
	}
	return r.srv.OwnProgram(r.a.Snap, dir)
}

// notInstalled enters the files of a folder for which the project's own linter is not there.
func (r *Linter) notInstalled(dir string, files []string) {
	r.cover(bundle.Unserved, r.srv.Name+" is not installed in the project",
		project.NodeInstallation(r.a.Snap, dir), files...)
}

// lint has the linter check the files of a folder. A linter that lists what it has checked leaves the others of the
// part out by its configuration; of one that lists nothing, all count as checked. Findings outside of the part are
// dropped, except those in other files of the same check ([Linter.isOther]), which become files of the part.
func (r *Linter) lint(ctx context.Context, dir, program string, files []string) {
	report, err := r.report(ctx, dir, program, files)
	if err != nil {
		r.fail(err, files)
		return
	}
	root := filepath.Join(r.a.Root(), filepath.FromSlash(dir))
	local := func(file string) (rel string, ok bool) {
		file = filepath.FromSlash(file)
		if !filepath.IsAbs(file) {
			file = filepath.Join(root, file)
		}
		return beneath.Local(r.a.Root(), file)
	}
	checked := map[string]bool{}
	for _, f := range report.Files {
		if rel, ok := local(f); ok {
			checked[rel] = true
		}
	}
	var others, leftOut []string
	for _, f := range files {
		if report.Files == nil {
			checked[f] = true
		} else if !checked[f] {
			leftOut = append(leftOut, f)
		}
	}
	r.cover(bundle.Excluded, "the configuration of "+r.srv.Name+" leaves them out", "", leftOut...)
	for _, f := range report.Findings {
		rel, ok := local(f.At.File)
		if !ok || !slices.Contains(files, rel) && !r.isOther(dir, rel) {
			continue
		}
		if !slices.Contains(files, rel) && !slices.Contains(others, rel) {
			others = append(others, rel)
		}
		r.found = append(r.found, r.finding(root, f))
	}
	for _, rel := range others {
		uri := selectors.EscapePath(rel)
		isOfFile := func(c bundle.Coverage) bool { return slices.Contains(c.Files, uri) }
		r.a.Decided = append(slices.DeleteFunc(r.a.Decided, isOfFile), bundle.Coverage{
			Language: nounOf(rel, r.srv), Linter: r.srv.Name, State: bundle.CheckedState,
			Files: []string{uri},
		})
	}
}

// nounOf returns what a report calls a file.
func nounOf(file string, srv *catalogue.Server) string {
	if language := project.LanguageOf(file); language != nil {
		return language.Noun
	}
	return srv.Name + " file"
}

// isOther reports whether a file that the part does not have is in the scope of the check, and is checked in a folder:
// a linter may report on files of other kinds, such as its own configuration, and on files of another build, with tags
// that its configuration names.
func (r *Linter) isOther(dir, file string) bool {
	c := r.a
	if !c.Snap.Has(file) && !c.Snap.HasUnlisted(file) || !beneath.Inside(dir, file) {
		return false
	}
	if at, ok := r.srv.CommandFolder(c.Snap, file); !ok || at != dir {
		return false
	}
	excludes, err := api.NewPatterns(c.Request.Options.Exclude...)
	if err != nil || excludes.Match(file) {
		return false
	}
	inScope := func(p string) bool {
		rel, err := r.a.Workspace.Rel(p)
		return err == nil && beneath.Inside(rel, file)
	}
	return len(c.Request.Paths) == 0 || slices.ContainsFunc(c.Request.Paths, inScope)
}

// fail enters files that the linter did not check, with the reason. If the linter says that the project requires
// another version of it, or fails where the workspace pins another one, nobody can check the files here: they are
// unserved, and not unchecked.
func (r *Linter) fail(err error, files []string) {
	why := r.a.reason(err)
	reason, pin := r.srv.RequiresOther(err), r.srv.Pinned(r.a.Snap)
	if pin.Version != "" && (reason != "" || fault.Is(err, fault.Incomplete)) {
		reason = r.srv.OtherRequired() + ": " + pin.String()
	}
	if reason != "" {
		r.cover(bundle.Unserved, reason, "", files...)
		return
	}
	for _, f := range files {
		r.failed = append(r.failed, bundle.Unchecked{URI: selectors.EscapePath(f), Why: why})
	}
}

// report runs the linter in a folder.
func (r *Linter) report(
	ctx context.Context, dir, program string, files []string,
) (report catalogue.CommandReport, err error) {
	command := r.srv.Linter.Command
	checked, err := r.output(ctx, "findings", dir, program, r.arguments(dir, files))
	var listed []byte
	if err == nil && command.List != nil {
		listed, err = r.output(ctx, "files", dir, program, command.List)
	}
	if err != nil {
		return report, err
	}
	report, err = command.ReadReport(checked, listed)
	if err != nil {
		return report, fault.Wrap(fault.Incomplete, err, "what %s prints cannot be read: %v", r.srv.Name, err)
	}
	return report, nil
}

// maxNamed bounds the files that a linter gets as arguments.
const maxNamed = 100

// arguments returns the arguments with which the linter checks files of a folder. If the request names paths, the
// linter gets these files in place of the folder, relative to it and after "--", so that no name is read as an option.
// If they are many, it checks the whole folder: a command line is bounded in length.
func (r *Linter) arguments(dir string, files []string) []string {
	command := r.srv.Linter.Command
	if command.Folder == "" || len(r.a.Request.Paths) == 0 || len(files) > maxNamed {
		return command.Check
	}
	args := append(slices.Clone(command.Check[:len(command.Check)-1]), "--")
	for _, f := range files {
		rel, _ := filepath.Rel(filepath.FromSlash(dir), filepath.FromSlash(f))
		args = append(args, rel)
	}
	return args
}

// output returns what a command line of the linter prints in a folder. What it prints about a copy names the workspace.
func (r *Linter) output(ctx context.Context, what, dir, program string, args []string) ([]byte, error) {
	m := r.a.Machine
	return r.a.Log.Ask(what+" of "+r.srv.Name+" in "+dir, func() ([]byte, error) {
		root := r.a.Root()
		if r.copy == nil && r.a.Request.Options.Hypothetical() {
			var err error
			r.copy, err = m.CopyWorkspace(r.srv, r.Host, r.a.Snap, r.a.Snap.Overlaid())
			if err != nil {
				return nil, err
			}
		}
		if r.copy != nil {
			root = r.copy.Root
		}
		if program != "" {
			program = filepath.Join(root, filepath.FromSlash(program))
		}
		out, err := m.RunLinter(ctx, r.srv, r.Host, filepath.Join(root, filepath.FromSlash(dir)), program, args)
		if r.copy == nil {
			return out, err
		}
		if err != nil {
			f := *fault.From(err)
			f.Message = r.copy.From(m, f.Message)
			return nil, &f
		}
		return []byte(r.copy.From(m, string(out))), nil
	})
}

// finding normalises a finding of a linter that has run in the folder root, absolute.
func (r *Linter) finding(root string, f compiler.Finding) bundle.Diagnostic {
	command, a := r.srv.Linter.Command, r.a
	by := places.Counting{Lines: command.Lines, Columns: command.Columns, SkipsMark: command.SkipsMark}
	read := a.ReaderIn(text.UTF16)
	d := read.Finding(command.Source, by, root, f)
	if !a.Request.Options.Fixes {
		return d
	}
	doc := read.CommandPlace(by, root, f.At)
	for _, fix := range f.Fixes {
		if doc.Content == nil || doc.Path == "" || !a.Snap.Has(doc.Path) {
			break
		}
		start, end := r.offset(doc, fix.Start), r.offset(doc, fix.End)
		if start < 0 || end < start {
			continue
		}
		diff, ok := doc.DiffOf([]patch.Edit{{Span: text.Span{Start: start, End: end}, New: fix.Text}})
		if ok {
			d.Fixes = read.AddFix(d.Fixes, fix.Title, fix.Preferred, diff)
		}
	}
	return d
}

// offset returns the offset in bytes of an offset in UTF-16 units that does not count a byte-order mark; -1 if there
// is none. The offsets of fixes are counted so by ESLint, whose strings are in UTF-16: of "é😀x", which has 7 bytes, the
// units 0 to 4 are at the bytes 0, 2, -1 (the second half of a pair), 6 and 7. The table of a file is made once,
// because a file may have many fixes.
func (r *Linter) offset(doc places.Place, units int) int {
	table, known := r.offsets[doc.URI]
	if !known {
		content := doc.Content.Bytes()
		mark := len(content) - len(places.WithoutMark(content))
		for i, c := range string(content[mark:]) {
			table = append(table, mark+i)
			if c > 0xffff {
				table = append(table, -1) // inside of a pair
			}
		}
		table = append(table, len(content))
		r.offsets[doc.URI] = table
	}
	if units < 0 || units >= len(table) {
		return -1
	}
	return table[units]
}
