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

// Wrappers returns a folder below dir that contains the named programs and nothing else, so that
// a server with this folder as its PATH finds only these. The name of the folder is a hash of
// its content, so it is created only once. Programs that are not found are omitted.
//
// Python interpreters start in the root folder, because with "-c" they import modules from the
// current folder, which would be the workspace.
func (f *Finder) Wrappers(dir string, names ...string) (string, error) {
	files := map[string]string{} // by name: a script that begins with #!, or the target of a link
	for _, name := range names {
		p := f.Look(name)
		switch {
		case p == "":
		case strings.HasPrefix(name, "python"):
			files[name] = "#!/bin/sh\ncd / && exec " + quoted(p) + " \"$@\"\n"
		default:
			files[name] = p
		}
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(sum, "%q %q\n", name, files[name])
	}
	at := filepath.Join(dir, hex.EncodeToString(sum.Sum(nil)[:10]))
	if _, err := os.Lstat(at); err == nil {
		return at, nil
	}
	return at, makeWrappers(dir, at, files)
}

// makeWrappers creates the folder atomically, because several processes may do so concurrently.
func makeWrappers(dir, at string, files map[string]string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for name, content := range files {
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
			return nil // another process has created it
		}
		return err
	}
	return nil
}

// quoted returns s as a single word of a shell command.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Script returns the path of a shell script below dir, with the given name, that runs a command in the root
// folder with further arguments of its own. The script is created only once.
func Script(dir, name string, argv []string) (string, error) {
	line := "#!/bin/sh\ncd / && exec"
	for _, arg := range argv {
		line += " " + quoted(arg)
	}
	line += " \"$@\"\n"
	sum := sha256.Sum256([]byte(name + "\n" + line))
	at := filepath.Join(dir, hex.EncodeToString(sum[:10]))
	if _, err := os.Lstat(at); err == nil {
		return filepath.Join(at, name), nil
	}
	return filepath.Join(at, name), makeWrappers(dir, at, map[string]string{name: line})
}
