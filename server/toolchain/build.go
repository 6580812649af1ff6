package toolchain

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/server/cbuild"
	"lanser/server/compiler"
)

// RunBuildTool runs the build tool of a server's language in a folder of the workspace, relative to its
// root, or in a copy, absolute. It returns what the tool prints. The tool runs as the server that h was
// prepared for: confined, and with the same environment. A tool that fails is an error only if it prints
// nothing.
func (m *Machine) RunBuildTool(
	ctx context.Context, check *compiler.BuildCheck, h *Host, dir string, args []string,
) ([]byte, error) {
	if h.MissingToolchain != "" {
		return nil, fault.New(fault.Incomplete, "%s", h.MissingToolchain)
	}
	tool := h.Launch.variable(check.Variable)
	if tool == "" {
		return nil, fault.New(fault.NoServer, "%s is not installed", strings.ToLower(check.Variable))
	}
	argv := append([]string{tool}, args...)
	dir = filepath.FromSlash(dir)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(m.cfg.Root, dir)
	}
	policy := h.Launch.Policy
	if own := m.copyAround(dir); own != "" {
		policy.Writable = append(slices.Clone(policy.Writable), own)
	}
	out, err := output(ctx, argv, h.Launch.Env, dir, policy)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if isOfFindings(err, out) {
		return out, nil
	}
	if err != nil {
		why := firstError(err)
		if phrase := check.NotFetchedPhrase(err.Error()); phrase != "" && check.NotFetchedPhrase(why) == "" {
			why += " (" + phrase + ")" // the message alone is part of traces
		}
		return nil, fault.Wrap(fault.Incomplete, err, "%s %s failed: %s", filepath.Base(tool), args[0], why)
	}
	return out, nil
}

// isOfFindings reports whether the error of a program that checks code means that it has found something: it exits with
// an error then, and prints what.
func isOfFindings(err error, printed []byte) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && len(printed) > 0
}

// RunTool runs a program of the user in a folder, absolute, of the workspace or of a copy, as the server that h was
// prepared for: confined, and with the same environment. It returns what the program prints. The error has what it
// prints as errors.
func (m *Machine) RunTool(ctx context.Context, h *Host, name, dir string, args []string) ([]byte, error) {
	program := m.programs.Look(name)
	if program == "" {
		return nil, fault.New(fault.NoServer, "%s is not installed", name)
	}
	out, err := output(ctx, append([]string{program}, args...), h.Launch.Env, dir, m.policyIn(dir, h))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return out, err
}

// RunCompiler runs a compiler in the folder that the command names, as the server that h was prepared for: confined,
// and with the same environment, but for the language of messages. It returns what it prints as errors, also if it
// fails.
func (m *Machine) RunCompiler(ctx context.Context, h *Host, run cbuild.Run) (printed string, err error) {
	program := m.programs.Look(run.Program)
	if program == "" {
		return "", fault.New(fault.NoServer, "%s is not installed", run.Program)
	}
	env := append(slices.Clone(h.Launch.Env), "LC_ALL=C")
	_, errOut, err := outputs(ctx, append([]string{program}, run.Args...), env, run.Dir, m.policyIn(run.Dir, h))
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		why := firstError(errors.Join(err, errors.New(string(errOut))))
		err = fault.Wrap(fault.Incomplete, err, "%s failed: %s", run.Program, why)
	}
	return string(errOut), err
}

// variable returns the value of a variable of the server's environment; "" for none.
func (l Launch) variable(name string) (value string) {
	for _, v := range l.Env {
		if n, val, _ := strings.Cut(v, "="); n == name {
			value = val
		}
	}
	return value
}

// ForgetBuilt removes what a build tool keeps about packages in the folder that it writes, so that it
// checks them anew. The folder lies in one that the server can write: nothing is removed through a link
// that leads out of that.
func (m *Machine) ForgetBuilt(check *compiler.BuildCheck, h *Host, packages []string) error {
	root, dir, err := h.Launch.openWritable(h.Launch.variable(check.Output))
	if err != nil {
		return fault.Wrap(fault.Incomplete, err, "the build tool has no folder of its own to write: %v", err)
	}
	defer root.Close()
	for _, name := range packages {
		if strings.ContainsAny(name, `*?[\/`) {
			return fault.New(fault.Incomplete, "the package %q has no plain name", name)
		}
		for _, pattern := range check.Known {
			known, err := fs.Glob(root.FS(), path.Join(dir, strings.ReplaceAll(pattern, "{package}", name)))
			if err != nil {
				return fault.Wrap(fault.Incomplete, err, "%s: %v", pattern, err)
			}
			for _, p := range known {
				if err := root.RemoveAll(filepath.FromSlash(p)); err != nil {
					return fault.Wrap(fault.Permissions, err, "what the build tool knows cannot be removed: %v", err)
				}
			}
		}
	}
	return nil
}

// openWritable opens the folder that the server can write and that contains dir, and returns dir relative
// to it, slash-separated.
func (l Launch) openWritable(dir string) (root *os.Root, rel string, err error) {
	for _, writable := range l.Policy.Writable {
		if rel, ok := beneath.Local(writable, dir); ok {
			root, err := os.OpenRoot(writable)
			return root, rel, err
		}
	}
	return nil, "", fs.ErrNotExist
}

// firstError returns the line of a tool's output that names the error, with what cargo prints below it about the same
// error: further lines, the place in a manifest, and the first and the last cause, as in
//
//	error: failed to parse manifest at `/w/Cargo.toml`
//
//	Caused by:
//	  no targets specified in the manifest
//	  either src/lib.rs, src/main.rs, a [lib] section, or [[bin]] section must be present
func firstError(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "error: ") {
			return errorIn(lines[i:])
		}
	}
	return lines[0]
}

// maxErrors bounds the errors of cargo, one below the other, that are read as one.
const maxErrors = 3

// errorIn returns the error of cargo with which the lines begin, on one line.
func errorIn(lines []string) string {
	var parts []string
	place, n := "", 0
	for len(lines) > 0 && lines[0] != "" && n <= maxErrors && !advice.MatchString(lines[0]) {
		line := lines[0]
		rest, isError := strings.CutPrefix(line, "error: ")
		at := errorPlace.FindStringSubmatch(line)
		switch {
		case isError:
			if !slices.Contains(parts, rest) {
				parts = append(parts, rest)
			}
			n++
		case at != nil:
			place = " (" + at[1] + ")"
		case !excerpt.MatchString(line) && !slices.Contains(parts, strings.TrimSpace(line)):
			parts = append(parts, strings.TrimSpace(line))
		}
		lines = lines[1:]
	}
	for i := 0; i+1 < len(lines); i++ {
		if lines[i] == "" && depending.MatchString(lines[i+1]) {
			parts = append(parts[:1], strings.TrimSuffix(lines[i+1], "."))
			break
		}
	}
	return strings.ReplaceAll(strings.Join(append(parts, causesIn(lines)...), ": "), ":: ", ": ") + place
}

var (
	// errorPlace matches the line in which cargo names the place of an error in a manifest.
	errorPlace = lazyregexp.New(`^\s*--> (\S.*:\d+:\d+)$`)
	// excerpt matches a line of an excerpt of the file that an error is in, such as "5 | [dependencies".
	excerpt = lazyregexp.New(`^\s*(?:(?:\d+ )?\||-->)`)
	// depending matches the line that says why no version of a package was selected.
	depending = lazyregexp.New("^package `[^`]+` depends on `[^`]+` with feature ")
	// advice matches the lines after which nothing is about the error itself.
	advice = lazyregexp.New(`^(?:location searched|note|help): `)
)

// causesIn returns the first cause that follows an error of cargo, and the last one, each on one line; none if it names
// none.
func causesIn(lines []string) (causes []string) {
	for i := 0; i+1 < len(lines) && lines[i] == "" && lines[i+1] == "Caused by:"; {
		var cause []string
		for i += 2; i < len(lines) && strings.HasPrefix(lines[i], "  "); i++ {
			if !excerpt.MatchString(lines[i]) {
				cause = append(cause, strings.TrimSpace(lines[i]))
			}
		}
		causes = append(causes, strings.Join(cause, "; "))
	}
	if len(causes) > 2 {
		causes = []string{causes[0], causes[len(causes)-1]}
	}
	return causes
}
