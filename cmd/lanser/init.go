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
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/tailscale/hujson"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/hook"
	"lanser/server/programs"
)

// initAgents returns the command that prints the configuration of agents, or writes it if the
// user asks for that. Without names it prints those of all agents; it writes only those that are named. The
// configuration in a repository is printed for the user to copy, since lanser does not write in a workspace.
func (a *app) initAgents() *cobra.Command {
	var write, yes, lsp, skill bool
	var names []string
	for _, g := range agents {
		names = append(names, g.name)
	}

	cmd := &cobra.Command{
		Use: "init [AGENT...]", Short: "print the configuration that makes a coding agent use lanser", ValidArgs: names,
		Long: "Prints the entry for the configuration of each agent: " + strings.Join(names, ", ") + `.
With --write-user, lanser adds the entry to the user's own configuration, after it has shown
the change and asked for confirmation. It never writes to a file in the workspace.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.OnlyValidArgs(cmd, args); err != nil {
				return fault.New(fault.Usage, "%v", err).WithHint("use one of %s", strings.Join(names, ", "))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&write, "write-user", false,
		"write the user's own configuration of each AGENT, after showing the change")
	cmd.Flags().BoolVar(&lsp, "lsp", false,
		"print the files that make lanser the language server of each AGENT that has a client for one")
	cmd.Flags().BoolVar(&skill, "skill", false, "print a SKILL.md that teaches agents to use the command line")
	cmd.Flags().BoolVar(&yes, "yes", false, "with --write-user: do not ask for confirmation")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if skill {
			_, err := io.WriteString(a.out, skillFile)
			return err
		}
		if lsp {
			return a.printLSPFiles(args)
		}
		if write && len(args) == 0 {
			return fault.New(fault.Usage, "--write-user needs the name of an agent").
				WithHint("for example lanser init %s --write-user", names[0])
		}
		for _, g := range agents {
			if len(args) > 0 && !slices.Contains(args, g.name) {
				continue
			}
			if !write {
				a.printEntry(g)
			} else if err := a.writeEntry(g, yes); err != nil {
				return err
			}
		}
		if !write {
			visible.Fprintln(a.out, "# AGENTS.md, for agents that read it (a skill: lanser init --skill):")
			_, _ = io.WriteString(a.out, agentsParagraph)
		}
		return nil
	}

	return cmd
}

// self returns the command that starts this program: "lanser" if PATH finds it by that name, otherwise its path. The
// name is better in a configuration, because it survives an update to another folder. A program of that name in another
// place, such as an older version, does not count.
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

// entry returns the text to add to the agent's configuration. For JSON it is the whole file that contains nothing else,
// as in {"mcpServers": {"lanser": {…}}}, so that a reader sees where the entry belongs.
func (g agent) entry(program string) string {
	if g.toml != nil {
		return g.toml(program)
	}
	value := g.value(program)
	for _, key := range slices.Backward(g.at) {
		value = map[string]any{key: value}
	}
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return "" // cannot happen: maps, strings and booleans
	}
	return string(raw) + "\n"
}

// printEntry prints the ways to configure an agent: its own command if it has one, the file with the entry, the hook if
// it has hooks, and the file for its client of language servers if it has one. Lines that are not part of the entry
// begin with "#".
func (a *app) printEntry(g agent) {
	visible.Fprintf(a.out, "# %s\n", g.title)
	if g.command != "" {
		visible.Fprintf(a.out, "# "+g.command+"\n", self())
	}
	where := g.shownFile(runtime.GOOS)
	if g.project != "" {
		where += ", or " + g.project + " for one repository"
	}
	visible.Fprintf(a.out, "# %s:\n", where)
	_, _ = io.WriteString(a.out, g.entry(self())+"\n") // JSON and TOML escape their strings
	if hook.Named(g.name) != nil {
		visible.Fprintf(a.out, "# new errors after each edit: %s hook %s --config\n", self(), g.name)
	}
	if g.lsp != nil {
		visible.Fprintf(a.out, "# errors and definitions in its own LSP client: %s init %s --lsp\n", self(), g.name)
	}
	if g.lsp != nil || hook.Named(g.name) != nil {
		visible.Fprintln(a.out)
	}
}

// writeEntry adds the entry to the user's configuration of an agent. It shows the change on standard error and asks,
// unless yes is set. An existing entry is kept, whatever it contains. The error has code Usage for a file that cannot
// be parsed, and Permissions for one in the workspace, as when the home folder is a repository. Neither is changed.
func (a *app) writeEntry(g agent, yes bool) error {
	home, err := os.UserHomeDir()
	if err != nil {
		return fault.Wrap(fault.Usage, err, "the home folder is unknown: %v", err)
	}
	file := g.userFile(runtime.GOOS, home, os.Getenv)
	if dir, why, err := a.root(); err == nil && why != index.NoProject && programs.Within(dir, file) {
		return fault.New(fault.Permissions,
			"%s lies inside the workspace %s, where lanser never writes", file, dir).
			WithHint("run the command in another folder, or add the entry yourself: lanser init %s", g.name)
	}

	before, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Permissions, err, "%v", err)
	}
	after, err := g.withEntry(before, self())
	if err != nil {
		return fault.Wrap(fault.Usage, err, "%s cannot be parsed: %v", file, err).
			WithHint("correct the file, or add the entry yourself: lanser init %s", g.name)
	}
	if bytes.Equal(after, before) {
		visible.Fprintf(a.err, "%s already has the entry\n", file)
		return nil
	}

	visible.Fprintf(a.err, "lanser will add this to %s:\n\n", file)
	_, _ = io.WriteString(a.err, g.entry(self())+"\n")
	if !yes {
		confirmed, err := a.confirmed()
		if err != nil {
			return err
		}
		if !confirmed {
			visible.Fprintln(a.err, "nothing was written")
			return nil
		}
	}

	if err := writeAtomically(file, after); err != nil {
		return fault.Wrap(fault.Permissions, err, "%v", err)
	}
	visible.Fprintf(a.err, "%s is configured to use lanser\n", g.title)
	return nil
}

// confirmed asks the user to confirm a change. Anything but y means no. The error is that nobody answers, as in a
// script, which could not tell otherwise that nothing was written.
func (a *app) confirmed() (bool, error) {
	visible.Fprintf(a.err, "write it? [y/N] ")
	answer, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && answer == "" {
		visible.Fprintln(a.err)
		return false, fault.Wrap(fault.Usage, err, "nothing was written: standard input has no answer").
			WithHint("with --yes lanser does not ask")
	}
	return strings.EqualFold(strings.TrimSpace(answer), "y"), nil
}

// withEntry returns a configuration with the entry added, or before itself if it has an entry for lanser. Everything
// else, including comments, stays unchanged. Empty content becomes a file with the entry alone.
//
// JSON may have comments and trailing commas, as VS Code and Zed write it. TOML is not parsed: a table may be appended
// to any TOML file. An existing YAML file is an error, because the key extensions, which may occur only once, may be in
// it.
func (g agent) withEntry(before []byte, program string) ([]byte, error) {
	if g.toml != nil {
		if bytes.Contains(before, []byte("[mcp_servers.lanser]")) {
			return before, nil
		}
		if g.isYAML() && bytes.Contains(before, []byte("\n  lanser:")) {
			return before, nil
		}
		if g.isYAML() && len(bytes.TrimSpace(before)) > 0 {
			return nil, errors.New("lanser does not add to a YAML file")
		}
		if len(before) > 0 {
			before = append(bytes.TrimRight(before, "\n"), "\n\n"...)
		}
		return append(before, g.toml(program)...), nil
	}
	if len(bytes.TrimSpace(before)) == 0 {
		return []byte(g.entry(program)), nil
	}

	document, err := hujson.Parse(bytes.Clone(before)) // the parser keeps the slice
	if err != nil {
		return nil, err
	}
	root, ok := document.Value.(*hujson.Object)
	if !ok {
		return nil, errors.New("the file is not a JSON object")
	}
	outer, inner := g.at[0], g.at[1]
	if document.Find("/"+outer+"/"+inner) != nil {
		return before, nil
	}
	if list := document.Find("/" + outer); list != nil {
		servers, ok := list.Value.(*hujson.Object)
		if !ok {
			return nil, fmt.Errorf("%s is not a JSON object", outer)
		}
		err = addMember(servers, inner, g.value(program), "    ")
	} else {
		err = addMember(root, outer, map[string]any{inner: g.value(program)}, "  ")
	}
	if err != nil {
		return nil, err
	}
	return document.Pack(), nil
}

// addMember adds a member at the end of a JSON object, on a line of its own with the given indentation. If the closing
// bracket is on the line of the last member, it moves to a line of its own, two columns less indented.
func addMember(parent *hujson.Object, key string, value any, indent string) error {
	raw, err := json.MarshalIndent(value, indent, "  ")
	if err != nil {
		return err
	}
	entry, err := hujson.Parse(raw)
	if err != nil {
		return err
	}
	entry.BeforeExtra = hujson.Extra(" ")
	name := hujson.Value{BeforeExtra: hujson.Extra("\n" + indent), Value: hujson.String(key)}
	parent.Members = append(parent.Members, hujson.ObjectMember{Name: name, Value: entry})
	if parent.AfterExtra == nil || !bytes.Contains(parent.AfterExtra, []byte("\n")) {
		parent.AfterExtra = append(parent.AfterExtra, "\n"+indent[2:]...) // the closing bracket on a line of its own
	}
	return nil
}

// writeAtomically replaces the content of a file in one step and keeps its mode. For a symbolic link, it replaces the
// target: people keep configurations in a repository and link to them. A new file and its folders can be
// read by the user alone.
func writeAtomically(file string, content []byte) error {
	if resolved, err := filepath.EvalSymlinks(file); err == nil {
		file = resolved
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
	defer os.Remove(f.Name()) // fails after the rename, as it should
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
