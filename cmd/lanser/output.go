package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"lanser/index/git"
	"lanser/selectors/fault"
	"lanser/server/report"
)

// The files that --output and the variable GITHUB_STEP_SUMMARY name. Reports are the only files that lanser may write
// into a workspace, so the rules for that are here in one place ([outputFile]).

// writeReports writes the files that --output names. It formats all reports before it writes the
// first file, so that an error in one of the formats leaves all files as they were.
func (a *app) writeReports(c *report.Check, v *reportFlags, root string) error {
	type output struct {
		file string
		raw  []byte
	}
	var all []output
	for _, out := range v.outputs {
		name, file, _ := strings.Cut(out, "=")
		var buf bytes.Buffer
		if err := report.Named(name).Write(&buf, c); err != nil {
			return fault.From(err)
		}
		all = append(all, output{file: file, raw: buf.Bytes()})
	}

	for _, o := range all {
		if err := writeReport(root, o.file, o.raw); err != nil {
			return err
		}
	}
	return nil
}

// outputFile returns the absolute path of the file to write a report to, and whether it is a
// device. Within the workspace the file must be new or not tracked by git, so that a report
// never changes the code. It is the only exception to the rule that lanser writes nothing there, and the user names
// the file. A symbolic link as the last element is refused, as is any other file that is not regular: what it leads to
// was not examined. The error has code Permissions.
func outputFile(root, file string) (abs string, device bool, err error) {
	bad := func(err error) (string, bool, error) {
		return "", false, fault.Wrap(fault.Permissions, err, "--output %s: %v", file, err)
	}
	abs, err = filepath.Abs(file)
	if err != nil {
		return bad(err)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if errors.Is(err, os.ErrNotExist) {
		return "", false, fault.Wrap(fault.Permissions, err, "--output %s: there is no such folder", file).
			WithHint("make the folder first")
	}
	if err != nil {
		return bad(err)
	}
	abs = filepath.Join(dir, filepath.Base(abs))
	info, err := os.Lstat(abs)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return abs, false, nil
	case err != nil:
		return bad(err)
	case info.Mode()&os.ModeCharDevice != 0: // such as /dev/null
		return abs, true, nil
	case !info.Mode().IsRegular():
		return bad(errors.New("the file exists and is not a regular file"))
	case within(root, abs) && !git.Untracked(context.Background(), root, abs):
		return "", false, fault.New(fault.Permissions,
			"--output %s: the file exists in the workspace, and git does not report it as untracked", file).
			WithHint("remove the file, or choose another one")
	}
	return abs, false, nil
}

// writeReport writes a report atomically: the file is either complete or unchanged. The temporary file is in the same
// folder, because a rename does not cross file systems. The report can be read by everybody (0644), since a CI
// system often collects it as another user. A device is written directly. The file is examined again, as the
// check may have taken minutes.
func writeReport(root, file string, raw []byte) error {
	bad := func(err error) error {
		return fault.Wrap(fault.Permissions, err, "--output %s: %v", file, err)
	}
	abs, device, err := outputFile(root, file)
	if err != nil {
		return err
	}
	if device {
		if err := os.WriteFile(abs, raw, 0o600); err != nil {
			return bad(err)
		}
		return nil
	}

	tmp, err := os.CreateTemp(filepath.Dir(abs), "."+filepath.Base(abs)+"-*")
	if err != nil {
		return bad(err)
	}
	_, err = tmp.Write(raw)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), abs)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return bad(err)
	}
	return nil
}

// stepSummary appends the report, as Markdown, to the file that GitHub shows as the summary of a step. Other commands
// of the step may have written to it. Without the variable there is no such file and nothing to do.
func (a *app) stepSummary(c *report.Check, root string) error {
	file := os.Getenv("GITHUB_STEP_SUMMARY")
	if file == "" {
		return nil
	}
	if within(root, file) {
		return errors.New("GITHUB_STEP_SUMMARY names a file in the workspace")
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(report.Named("markdown").Write(f, c), f.Close())
}
