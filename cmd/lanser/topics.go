package main

import (
	"embed"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/server/mcp"
)

//go:embed help/*.txt
var embedded embed.FS

// helpTexts contains the help topics, a file each, in the folder help. A test that updates the manual page replaces it
// by the folder on disk, because another test may just have written a topic there.
var helpTexts fs.FS = embedded

// topics returns the help pages that do not belong to a command. The first line of each file is
// its summary. They are commands that cannot be run, which cobra lists in the help as topics.
func topics() []*cobra.Command {
	entries, err := fs.ReadDir(helpTexts, "help")
	if err != nil {
		return nil // cannot happen: the folder is embedded
	}
	var out []*cobra.Command
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".txt") {
			continue // the manual page, which is in the folder on disk
		}
		raw, err := fs.ReadFile(helpTexts, "help/"+entry.Name())
		if err != nil {
			continue
		}
		summary, body, _ := strings.Cut(string(raw), "\n")
		out = append(out, &cobra.Command{
			Use: strings.TrimSuffix(entry.Name(), ".txt"), Short: summary, Long: strings.TrimSpace(body),
		})
	}
	return out
}

// addTopics adds the help pages to root, each as a command that cannot be run. If a command has the name of a page, as
// servers has, the page becomes the help of that command: cobra cannot tell two commands with one name apart.
func addTopics(root *cobra.Command) {
	commands := slices.Clone(root.Commands())
	for _, topic := range topics() {
		i := slices.IndexFunc(commands, func(c *cobra.Command) bool { return c.Name() == topic.Name() })
		if i < 0 {
			root.AddCommand(topic)
			continue
		}
		commands[i].Long = topic.Long
	}
}

// refuseUnknownTopics makes the command help fail for a command or topic that does not exist. Cobra's own help
// prints the usage and exits with 0.
func refuseUnknownTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() != "help" {
			continue
		}
		addShortHelp(c)
		c.Args = func(_ *cobra.Command, args []string) error {
			if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
				return fault.New(fault.Usage, "there is no help on %q", strings.Join(args, " ")).
					WithHint("'lanser help' lists the commands and topics")
			}
			return nil
		}
	}
}

// addShortHelp adds the flag --short to the command help. Only the topic agents has a short form: the instructions
// that an MCP server sends.
func addShortHelp(help *cobra.Command) {
	short := help.Flags().Bool("short", false, "of the topic agents: what a model needs, in 1,500 bytes")
	long := help.Run
	help.Run = nil
	help.RunE = func(cmd *cobra.Command, args []string) error {
		if !*short {
			long(cmd, args)
			return nil
		}
		if len(args) != 1 || args[0] != "agents" {
			return fault.New(fault.Usage, "only the help on agents has a short form").
				WithHint("lanser help agents --short")
		}
		_, err := io.WriteString(cmd.OutOrStdout(), mcp.Instructions)
		return err
	}
}
