package main

import (
	"embed"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"
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
