package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/tailscale/hujson"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/programs"
)

// agent is how an agent is told of lanser.
type agent struct {
	name, title string
	// command does it by the agent's own program, "" where there is none.
	command string
	// file is the user's own configuration, relative to the home folder; project the one
	// in a repository, which is for people to write, "" for none.
	file, project string
	// at is the place of the entry in JSON, value what stands there. The other form is
	// TOML.
	at    []string
	value func(program string) any
	toml  func(program string) string
}

func stdio(program string) any {
	return map[string]any{"command": program, "args": []string{"serve"}}
}

var agents = []agent{
	{name: "claude", title: "Claude Code", command: "claude mcp add --scope user lanser -- %s serve", file: ".claude.json", project: ".mcp.json", at: []string{"mcpServers", "lanser"}, value: stdio},
	{name: "codex", title: "Codex", command: "codex mcp add lanser -- %s serve", file: ".codex/config.toml", toml: func(program string) string {
		return fmt.Sprintf("[mcp_servers.lanser]\ncommand = %q\nargs = [\"serve\"]\n", program)
	}},
	{name: "cursor", title: "Cursor", file: ".cursor/mcp.json", project: ".cursor/mcp.json", at: []string{"mcpServers", "lanser"}, value: stdio},
	{name: "vscode", title: "VS Code", file: ".config/Code/User/mcp.json", project: ".vscode/mcp.json", at: []string{"servers", "lanser"}, value: func(program string) any {
		return map[string]any{"type": "stdio", "command": program, "args": []string{"serve"}}
	}},
	{name: "opencode", title: "OpenCode", file: ".config/opencode/opencode.json", project: "opencode.json", at: []string{"mcp", "lanser"}, value: func(program string) any {
		return map[string]any{"type": "local", "command": []string{program, "serve"}, "enabled": true}
	}},
	{name: "zed", title: "Zed", file: ".config/zed/settings.json", project: ".zed/settings.json", at: []string{"context_servers", "lanser"}, value: func(program string) any {
		return map[string]any{"source": "custom", "command": program, "args": []string{"serve"}}
	}},
	{name: "gemini", title: "Gemini CLI", command: "gemini mcp add --scope user lanser %s serve", file: ".gemini/settings.json", project: ".gemini/settings.json", at: []string{"mcpServers", "lanser"}, value: stdio},
}

// setUp prints how agents are told of lanser, and tells them where the user wishes.
func (a *app) setUp() *cobra.Command {
	var write, yes bool
	var names []string
	for _, g := range agents {
		names = append(names, g.name)
	}
	cmd := &cobra.Command{
		Use: "init [AGENT...]", Short: "print the configuration that tells an agent of lanser", ValidArgs: names,
		Long: "Prints what each agent's configuration must hold: " + strings.Join(names, ", ") + ".\nNothing is written, unless --write-user is given: then the user's own configuration is,\nnever a file of the workspace, after the change was shown and agreed to.",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.OnlyValidArgs(cmd, args); err != nil {
				return fault.New(fault.Usage, "%v", err).WithHint("one of %s", strings.Join(names, ", "))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&write, "write-user", false, "write the user's own configuration of the AGENTs, after showing the change")
	cmd.Flags().BoolVar(&yes, "yes", false, "with --write-user: do not ask")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if write && len(args) == 0 {
			return fault.New(fault.Usage, "--write-user needs to know which agent").WithHint("lanser init %s --write-user", names[0])
		}
		for _, g := range agents {
			if len(args) > 0 && !slices.Contains(args, g.name) {
				continue
			}
			if !write {
				a.show(g)
			} else if err := a.tellAgent(g, yes); err != nil {
				return err
			}
		}
		return nil
	}
	return cmd
}

// self is the name that starts this program: "lanser" where that is on PATH.
func self() string {
	exe, err := os.Executable()
	if err != nil {
		return "lanser"
	}
	if found := programs.For("").Look("lanser"); found != "" {
		if same, err := filepath.EvalSymlinks(found); err == nil && same == exe {
			return "lanser"
		}
	}
	return exe
}

// entry is what stands in the agent's file.
func (g agent) entry(program string) string {
	if g.toml != nil {
		return g.toml(program)
	}
	var v any = g.value(program)
	for _, key := range slices.Backward(g.at) {
		v = map[string]any{key: v}
	}
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return ""
	}
	return string(raw) + "\n"
}

func (a *app) show(g agent) {
	visible.Fprintf(a.out, "# %s\n", g.title)
	if g.command != "" {
		visible.Fprintf(a.out, "# "+g.command+"\n", self())
	}
	where := "~/" + g.file
	if g.project != "" {
		where += ", or for one repository " + g.project
	}
	visible.Fprintf(a.out, "# %s:\n", where)
	_, _ = io.WriteString(a.out, g.entry(self())+"\n") // its format shows what is in it
}

// tellAgent writes the entry into the user's configuration.
func (a *app) tellAgent(g agent, yes bool) error {
	home, err := os.UserHomeDir()
	if err != nil {
		return fault.Wrap(fault.Usage, err, "no home folder: %v", err)
	}
	file := filepath.Join(home, filepath.FromSlash(g.file))
	if dir, why, err := a.root(); err == nil && why != index.NoProject && programs.Within(dir, file) {
		return fault.New(fault.Permissions, "%s lies inside the workspace %s, where nothing is ever written", file, dir).WithHint("run it elsewhere, or write the entry yourself: lanser init %s", g.name)
	}
	was, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Permissions, err, "%v", err)
	}
	now, err := g.told(was, self())
	if err != nil {
		return fault.Wrap(fault.Usage, err, "%s cannot be read: %v", file, err).WithHint("mend it, or write the entry yourself: lanser init %s", g.name)
	}
	if bytes.Equal(now, was) {
		visible.Fprintf(a.err, "%s has the entry already\n", file)
		return nil
	}
	visible.Fprintf(a.err, "%s gets\n\n", file)
	_, _ = io.WriteString(a.err, g.entry(self())+"\n")
	if !yes && !a.agreed() {
		visible.Fprintln(a.err, "nothing was written")
		return nil
	}
	if err := replace(file, now); err != nil {
		return fault.Wrap(fault.Permissions, err, "%v", err)
	}
	visible.Fprintf(a.err, "%s knows lanser now\n", g.title)
	return nil
}

func (a *app) agreed() bool {
	visible.Fprintf(a.err, "write it? [y/N] ")
	answer, _ := bufio.NewReader(a.in).ReadString('\n') // no answer is no
	return strings.EqualFold(strings.TrimSpace(answer), "y")
}

// told is a configuration with the entry; all else, comments too, stays as it is.
func (g agent) told(was []byte, program string) ([]byte, error) {
	if g.toml != nil {
		if bytes.Contains(was, []byte("[mcp_servers.lanser]")) {
			return was, nil
		}
		if len(was) > 0 {
			was = append(bytes.TrimRight(was, "\n"), "\n\n"...)
		}
		return append(was, g.toml(program)...), nil
	}
	if len(bytes.TrimSpace(was)) == 0 {
		return []byte(g.entry(program)), nil
	}
	v, err := hujson.Parse(bytes.Clone(was)) // it keeps what it is given
	if err != nil {
		return nil, err
	}
	root, ok := v.Value.(*hujson.Object)
	if !ok {
		return nil, errors.New("it is no object")
	}
	if v.Find("/"+g.at[0]+"/"+g.at[1]) != nil {
		return was, nil
	}
	parent := root
	value := any(map[string]any{g.at[1]: g.value(program)})
	key, indent := g.at[0], "  "
	if p := v.Find("/" + g.at[0]); p != nil {
		parent, ok = p.Value.(*hujson.Object)
		if !ok {
			return nil, fmt.Errorf("%s is no object", g.at[0])
		}
		value, key, indent = g.value(program), g.at[1], "    "
	}
	raw, err := json.MarshalIndent(value, indent, "  ")
	if err != nil {
		return nil, err
	}
	entry, err := hujson.Parse(raw)
	if err != nil {
		return nil, err
	}
	entry.BeforeExtra = hujson.Extra(" ")
	parent.Members = append(parent.Members, hujson.ObjectMember{Name: hujson.Value{BeforeExtra: hujson.Extra("\n" + indent), Value: hujson.String(key)}, Value: entry})
	if parent.AfterExtra == nil || !bytes.Contains(parent.AfterExtra, []byte("\n")) {
		parent.AfterExtra = append(parent.AfterExtra, "\n"+indent[2:]...)
	}
	return v.Pack(), nil
}

// replace writes a file whole or not at all, with the mode that it had. A link stays one.
func replace(file string, content []byte) error {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(file); err == nil {
		mode = info.Mode().Perm()
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".lanser-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone once it is renamed
	_, err = f.Write(content)
	return errors.Join(err, f.Chmod(mode), f.Close(), func() error {
		if err != nil {
			return nil
		}
		return os.Rename(f.Name(), file)
	}())
}
