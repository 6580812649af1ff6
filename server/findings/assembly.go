package findings

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/toolchain"
)

// gopls does not read assembly, and go vet does: that a function's frame is that of its declaration, for instance. A
// check has go vet check the packages with assembly. The tool reads files on disk: a proposed change is checked in a
// copy.

// addAssembly adds the findings in the assembly next to the given sources, as the tool of the language reports them.
// The tool is run once for each module, because its folders must belong to the module in which it runs. It reads
// assembly for the platform's own build, so that a session for another build adds nothing.
//
// The tool fails on a package that does not compile. Where the check has errors anyway, that says nothing new;
// otherwise the assembly was not checked, and the check is partial.
func (a *Answer) addAssembly(ctx context.Context, s *lsp.Session, files []string) {
	check := s.Server().Assembly
	if check == nil || !s.Server().Build.IsOwn() {
		return
	}
	folders := check.Folders(a.Snap, files)
	by := places.Counting{Columns: text.UTF8}
	for _, root := range slices.Sorted(maps.Keys(folders)) {
		args := check.Arguments(root, folders[root])
		key := "assembly in " + root + ": " + strings.Join(args, " ")
		if !a.Log.Knows(key) {
			continue // a trace of an earlier version
		}
		out, err := a.Log.Ask(key, func() ([]byte, error) { return a.runAssembly(ctx, s, root, args) })
		if err == nil {
			found, readErr := check.Read(out)
			err = wrapped(readErr, check.Source+" has not checked the assembly of "+root)
			for _, f := range found {
				source := f.Code // gopls names its analyzers so
				f.Code = ""
				d := a.Reader(s).Finding(source, by, a.Root(), f)
				a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, d)
			}
		}
		isError := func(d bundle.Diagnostic) bool { return d.Severity == "error" }
		if err != nil && !slices.ContainsFunc(a.Bundle.Facts.Diagnostics, isError) {
			a.Doubt(bundle.Partial, a.reason(err))
		}
	}
}

// runAssembly returns what the tool prints when it is run in dir, a folder relative to the root, with paths of the
// workspace also if it ran in a copy. The error is Incomplete, or that of the copy.
func (a *Answer) runAssembly(
	ctx context.Context, s *lsp.Session, dir string, args []string,
) ([]byte, error) {
	m, check, root := a.Machine, s.Server().Assembly, a.Root()
	var workspaceCopy *toolchain.Copy
	if a.Request.Options.Hypothetical() {
		var err error
		workspaceCopy, err = m.CopyWorkspace(s.Server(), a.Host, a.Snap, a.Snap.Overlaid())
		if err != nil {
			return nil, err
		}
		defer workspaceCopy.Remove()
		root = workspaceCopy.Root
	}
	out, err := m.RunTool(ctx, a.Host, check.Tool, filepath.Join(root, filepath.FromSlash(dir)), args)
	if err != nil {
		err = fault.Wrap(fault.Incomplete, err, "%s has not checked the assembly of %s", check.Source, dir)
	}
	if err != nil || workspaceCopy == nil {
		return out, err
	}
	return []byte(workspaceCopy.From(m, string(out))), nil
}
