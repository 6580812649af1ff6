package main

import (
	"embed"
	"strings"

	"github.com/spf13/cobra"
)

// helpTexts contains the help topics, a file each.
//
//go:embed help/*.txt
var helpTexts embed.FS

// topics returns the help pages that do not belong to a command. The first line of each file is
// its summary.
func topics() []*cobra.Command {
	entries, err := helpTexts.ReadDir("help")
	if err != nil {
		return nil // cannot happen: the folder is embedded
	}
	var out []*cobra.Command
	for _, entry := range entries {
		raw, err := helpTexts.ReadFile("help/" + entry.Name())
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
