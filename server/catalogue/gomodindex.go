package catalogue

import (
	"crypto/sha256"
	"fmt"
	"path"
)

// goModuleIndex returns the files that gopls takes for an index of all packages in the module cache (package modindex
// of golang.org/x/tools, version 0), and that name no package.
//
// gopls makes that index for imports that it proposes. It does so for each module of the workspace at the same time,
// and parses the whole module cache for each of them: with six modules and a module cache of 2.4 GB that took several
// minutes in which a check waited for the processor. What it proposes would also depend on the modules that other
// work has brought to the machine, and on whether the index is finished.
//
// The moment until which the index is valid lies in the future, so that gopls adds nothing to it. Another version of
// the format is not affected, and makes its own index.
func goModuleIndex(modCache string) map[string]string {
	const dir, index = "goimports", "index-0-empty"
	link := fmt.Sprintf("index-name-0-%x", sha256.Sum256([]byte(modCache)))
	return map[string]string{
		path.Join(dir, index): "0\n" + modCache + "\n2200-01-01 00:00:00\n",
		path.Join(dir, link):  index,
	}
}
