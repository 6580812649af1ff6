package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"lanser/selectors/visible"
	"lanser/server"
)

// build says which program this is. 'lanser version --json' prints it.
type build struct {
	Version  string `json:"version"`          // "(devel)" for one that was built from a working tree without a tag
	Commit   string `json:"commit,omitempty"` // that it was built from; "" where the build did not know
	Modified bool   `json:"modified"`         // whether files differed from the commit
	Platform string `json:"platform"`         // GOOS/GOARCH
	Go       string `json:"go"`               // version of the compiler
}

// version returns the command that says which program this is.
func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print version, commit and platform of this program", Args: usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if a.json {
				return a.encode(b)
			}
			visible.Fprintln(a.out, "lanser", b.Version, b.Platform, b.Go)
			if b.Commit != "" && b.Modified {
				visible.Fprintln(a.out, "commit", b.Commit, "with changes")
			} else if b.Commit != "" {
				visible.Fprintln(a.out, "commit", b.Commit)
			}
			return nil
		},
	}
}

// thisBuild returns what the linker has written into this program.
func thisBuild() build {
	commit, modified := server.Commit()
	return build{
		Version: server.Version(), Commit: commit, Modified: modified,
		Platform: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
	}
}
