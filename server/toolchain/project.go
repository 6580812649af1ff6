package toolchain

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/compiler"
)

// CheckProject returns what the compiler of a server prints about a project file, which is relative
// to the root of the workspace. The compiler runs as the server that h was prepared for: confined, and
// with the same environment.
func (m *Machine) CheckProject(
	ctx context.Context, srv *catalogue.Server, h *Host, config string,
) (out []byte, err error) {
	check := srv.ProjectCheck
	out, err = m.runCompiler(ctx, check, h, m.cfg.Root, check.Args, config)
	if err != nil {
		return nil, err
	}
	if _, lacksLibrary := check.Read(out); lacksLibrary {
		return m.runCompiler(ctx, check, h, m.cfg.Root, check.ArgsWithoutLibrary, config)
	}
	return out, nil
}

// ProjectOptions returns what the compiler of a server prints about the options of a project, whose file is relative to
// the root of the workspace.
func (m *Machine) ProjectOptions(
	ctx context.Context, srv *catalogue.Server, h *Host, config string,
) (out []byte, err error) {
	return m.runCompiler(ctx, srv.ProjectCheck, h, m.cfg.Root, srv.ProjectCheck.Options, config)
}

// CheckFiles returns what the compiler of a server prints about a project and all its files. The project file is
// relative to a folder, absolute: the root of the workspace or of a copy.
func (m *Machine) CheckFiles(
	ctx context.Context, srv *catalogue.Server, h *Host, dir, config string,
) (out []byte, err error) {
	return m.runCompiler(ctx, srv.ProjectCheck, h, dir, srv.ProjectCheck.Full, config)
}

// runCompiler runs a compiler in a folder on a project file, confined like the server, and returns its output.
// Compilers exit with an error if they find something, so that is an error only if the output has no findings.
func (m *Machine) runCompiler(
	ctx context.Context, check *compiler.ProjectCheck, h *Host, dir string, args []string, config string,
) ([]byte, error) {
	argv := []string{h.Launch.Argv[0]}
	if check.Script != "" {
		argv = append(argv, filepath.Join(h.Dir, "node_modules", filepath.FromSlash(check.Script)))
	}
	argv = append(slices.Concat(argv, args), filepath.FromSlash(config))
	out, err := output(ctx, argv, h.Launch.Env, dir, m.policyIn(dir, h))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if found, _ := check.Read(out); isOfFindings(err, out) && len(found) > 0 {
		return out, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Crash, err, "the compiler did not report on %s: %v", config, err)
	}
	return out, nil
}

// maxQuoted bounds the output of a command, in bytes, that an error repeats.
const maxQuoted = 2000

// RunLinter returns what a command line of a linter prints in a folder, absolute, of the workspace or of a copy. The
// linter is the program that h was prepared for, or a script of the workspace that node runs; it is confined, and has
// the environment that h has. A linter that fails is an error only if it prints nothing.
func (m *Machine) RunLinter(
	ctx context.Context, srv *catalogue.Server, h *Host, dir, script string, args []string,
) ([]byte, error) {
	argv := slices.Clone(h.Launch.Argv[:len(h.Launch.Argv)-len(srv.Args)])
	if script != "" {
		argv = append(argv, script)
	}
	out, err := output(ctx, append(argv, args...), h.Launch.Env, dir, m.policyIn(dir, h))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if isOfFindings(err, out) {
		return out, nil
	}
	if err != nil {
		words := slices.DeleteFunc(strings.Fields(err.Error()), func(word string) bool {
			isOther := func(c rune) bool { return !unicode.IsSymbol(c) }
			return !strings.ContainsFunc(word, isOther) // a line that is drawn
		})
		printed := strings.Join(words, " ")
		return nil, fault.Wrap(fault.Incomplete, err, "%s failed: %s", srv.Name, printed[:min(len(printed), maxQuoted)])
	}
	return out, nil
}

// ListFiles returns the paths, one on each line, of the files that the configuration of a linter has it check.
func (m *Machine) ListFiles(ctx context.Context, srv *catalogue.Server, h *Host) ([]byte, error) {
	argv := h.Launch.Argv[:len(h.Launch.Argv)-len(srv.Args)]
	argv = append(slices.Clone(argv), srv.Linter.Files...)
	out, err := output(ctx, argv, h.Launch.Env, m.cfg.Root, h.Launch.Policy)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		printed := strings.Fields(err.Error() + "\n" + string(out[:min(len(out), maxQuoted)]))
		return nil, fault.Wrap(fault.Incomplete, err, "%s does not list the files that it checks: %s",
			srv.Name, strings.Join(printed, " "))
	}
	return out, nil
}
