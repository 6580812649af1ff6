package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lanser/index/beneath"
	"lanser/index/manifest"
	"lanser/selectors/fault"
	"lanser/server/programs"
)

// TrustFile is the base name of the file in which the user lists the workspaces that are trusted without --trust (spec
// section 8, rule 5). It is in the user's configuration folder: no file of a workspace can make it trusted.
const TrustFile = "trust.toml"

const (
	maxTrustFile = 1 << 20 // bytes
	maxTrusted   = 1000    // folders
)

// trustFile returns the path of the user's trust list, "" if there is no folder for it.
func (d Dirs) trustFile() string {
	if d.Config == "" {
		return ""
	}
	return filepath.Join(d.Config, TrustFile)
}

// TrustedBy returns the path of the user's trust list if it lists the workspace at root or a folder above it; "" if it
// does not, or if there is no list. root is absolute and without links.
//
// The error has code Usage and names the file and the folder if the list has a mistake, and code Permissions if the
// file lies inside the workspace or its repository.
func TrustedBy(ctx context.Context, root string) (file string, err error) {
	d, err := UserDirs("")
	if err != nil || d.Config == "" {
		return "", nil // what needs the folders reports that there are none
	}
	file = d.trustFile()
	raw, err := beneath.ReadUserFile(ctx, file, maxTrustFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fault.Wrap(fault.Usage, err, "cannot read %s: %v", file, err)
	}
	if err := outsideOf(root, file, "cannot make it trusted"); err != nil {
		return "", err
	}
	var list struct {
		Folders []string `toml:"folders"`
	}
	const help = "see 'lanser help security'"
	if err := manifest.DecodeSettings(file, raw, &list, "the only key is folders", help); err != nil {
		return "", err
	}
	if len(list.Folders) > maxTrusted {
		const why = "%s lists %d folders; at most %d are allowed"
		return "", fault.New(fault.Usage, why, file, len(list.Folders), maxTrusted)
	}
	isTrusted := false
	for _, listed := range list.Folders {
		dir, why := trustedFolder(listed)
		if why != "" {
			return "", fault.New(fault.Usage, "%s lists the folder %q, %s", file, listed, why).WithHint(help)
		}
		isTrusted = isTrusted || programs.Within(dir, root)
	}
	if !isTrusted {
		return "", nil
	}
	return file, nil
}

// trustedFolder returns the absolute path of a folder in the trust list, links resolved, or what is wrong with it.
func trustedFolder(listed string) (dir, why string) {
	dir = listed
	if rest, ok := strings.CutPrefix(listed, "~"); ok && (rest == "" || rest[0] == '/') {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Sprintf("and the home folder is not known: %v", err)
		}
		dir = filepath.Join(home, rest)
	}
	if !filepath.IsAbs(dir) {
		return "", "which is no absolute path; write it from the root, or from ~/"
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil { // a folder that is gone holds no workspace
		dir = real
	}
	dir = filepath.Clean(dir)
	if dir == filepath.Dir(dir) {
		return "", "which holds every workspace; list the folders that you would build yourself"
	}
	return dir, ""
}

// outsideOf returns the error for a file of the user's configuration that lies, links resolved, inside the workspace at
// root or its repository; nil if it does not. why says what files of a workspace cannot do, as in "cannot name a
// program to run".
func outsideOf(root, file, why string) error {
	real, err := filepath.EvalSymlinks(file)
	if err != nil || !programs.Within(programs.Boundary(root), real) {
		return nil
	}
	const where = "%s lies inside the workspace or its repository, whose files %s"
	return fault.New(fault.Permissions, where, file, why).
		WithHint("set LANSER_HOME or XDG_CONFIG_HOME to another folder")
}
