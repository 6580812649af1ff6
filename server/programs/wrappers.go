package programs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Wrappers makes a folder below dir that holds the programs of the given names and nothing
// else, and returns it: as PATH, it lets a server find these alone. The folder's name follows
// from what it holds, so it is made once. Programs that are not found are left out.
//
// An interpreter of Python is started in the root folder, for with "-c" it takes modules from
// the folder that it is started in, which is the workspace.
func (f *Finder) Wrappers(dir string, names ...string) (string, error) {
	held := map[string]string{} // name → what the file holds; a link where it does not begin with #!
	for _, name := range names {
		p := f.Look(name)
		switch {
		case p == "":
		case strings.HasPrefix(name, "python"):
			held[name] = "#!/bin/sh\ncd / && exec " + quoted(p) + " \"$@\"\n"
		default:
			held[name] = p
		}
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(held)) {
		fmt.Fprintf(sum, "%q %q\n", name, held[name])
	}
	at := filepath.Join(dir, hex.EncodeToString(sum.Sum(nil)[:10]))
	if _, err := os.Lstat(at); err == nil {
		return at, nil
	}
	return at, makeWrappers(dir, at, held)
}

// makeWrappers makes the folder whole or not at all: several processes may do so at a time.
func makeWrappers(dir, at string, held map[string]string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for name, content := range held {
		file := filepath.Join(tmp, name)
		if strings.HasPrefix(content, "#!") {
			err = os.WriteFile(file, []byte(content), 0o700)
		} else {
			err = os.Symlink(content, file)
		}
		if err != nil {
			return err
		}
	}
	if err := os.Rename(tmp, at); err != nil {
		if _, there := os.Lstat(at); there == nil {
			return nil // somebody else was first
		}
		return err
	}
	return nil
}

// quoted is a word of the shell's.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
