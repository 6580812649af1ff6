package toolchain

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"lanser/selectors/fault"
	"lanser/server/catalogue"
)

// RunBuildTool runs the build tool of a server's language in a folder of the workspace, relative to its
// root, and returns what the tool prints. The tool runs as the server that h was prepared for: confined,
// and with the same environment. A tool that fails is an error only if it prints nothing.
func (m *Machine) RunBuildTool(
	ctx context.Context, check *catalogue.BuildCheck, h *Host, dir string, args []string,
) ([]byte, error) {
	tool := h.Launch.variable(check.Variable)
	if tool == "" {
		return nil, fault.New(fault.NoServer, "%s is not installed", strings.ToLower(check.Variable))
	}
	argv := append([]string{tool}, args...)
	out, err := output(ctx, argv, h.Launch.Env, filepath.Join(m.cfg.Root, filepath.FromSlash(dir)), h.Launch.Policy)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(out) > 0 {
		return out, nil // it fails for what it has found
	}
	if err != nil {
		return nil, fault.Wrap(fault.Incomplete, err, "%s %s failed: %s", filepath.Base(tool), args[0], firstError(err))
	}
	return out, nil
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
// checks them anew.
func (m *Machine) ForgetBuilt(check *catalogue.BuildCheck, h *Host, packages []string) error {
	dir := h.Launch.variable(check.Output)
	if !filepath.IsAbs(dir) {
		return fault.New(fault.Incomplete, "the build tool has no folder of its own to write")
	}
	for _, name := range packages {
		if strings.ContainsAny(name, `*?[\/`) {
			return fault.New(fault.Incomplete, "the package %q has no plain name", name)
		}
		for _, pattern := range check.Known {
			pattern = strings.ReplaceAll(filepath.FromSlash(pattern), "{package}", name)
			known, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				return fault.Wrap(fault.Incomplete, err, "%s: %v", pattern, err)
			}
			for _, p := range known {
				if err := os.RemoveAll(p); err != nil {
					return fault.Wrap(fault.Permissions, err, "what the build tool knows cannot be removed: %v", err)
				}
			}
		}
	}
	return nil
}

// firstError returns the line of a tool's output that names the error.
func firstError(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, "error: "); ok {
			return rest
		}
	}
	return lines[0]
}
