package programs

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// inHome are the parts of an installation in a folder such as ~/go or ~/.local, which also
// contains files that do not belong to the installation.
var inHome = []string{
	"bin",
	"sbin",
	"lib",
	"lib64",
	"libexec",
	"include",
	"pkg",
	"src",
	"conda-meta",
	"pyvenv.cfg",
	"go.env",
	"VERSION",
}

// Toolchain lists the folders and files that a program may have to read and execute in order to
// work: the folder above its bin folder, both with symbolic links resolved and not, or for a
// script of npm the folder node_modules. The same holds for the interpreter that a script names.
// It never lists the user's home folder or one above it.
func Toolchain(file string) (out []string) {
	add := func(p string) {
		if _, err := os.Lstat(p); err == nil && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	home, _ := os.UserHomeDir() // "" contains no file
	each := func(p string) {
		dir := filepath.Dir(p)
		if i := strings.Index(p, "/node_modules/"); i >= 0 {
			add(p[:i] + "/node_modules")
			return
		}
		root := filepath.Dir(dir)
		if base := filepath.Base(dir); base != "bin" && base != "sbin" || Within(root, home) {
			add(p)
			return
		}
		if filepath.Dir(root) != filepath.Clean(home) {
			add(root)
			return
		}
		for _, part := range inHome {
			add(filepath.Join(root, part))
		}
	}
	whole := func(file string) {
		each(file)
		// Every link on the way counts: the python of a virtual environment is one.
		for link, n := file, 0; n < 40; n++ {
			to, err := os.Readlink(link)
			if err != nil {
				break
			}
			if !filepath.IsAbs(to) {
				to = filepath.Join(filepath.Dir(link), to)
			}
			link = to
			each(link)
		}
		if resolved, err := filepath.EvalSymlinks(file); err == nil {
			each(resolved)
		}
	}
	whole(file)
	if interpreter := interpreterOf(file); interpreter != "" {
		whole(interpreter)
	}
	return out
}

// interpreterOf returns the absolute path of the program that a script names in its first line, "" for none and for
// one that is looked up on PATH.
func interpreterOf(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := io.ReadFull(f, head) // a shorter file is read to its end
	line, _, _ := strings.Cut(string(head[:n]), "\n")
	words := strings.Fields(strings.TrimPrefix(line, "#!"))
	if !strings.HasPrefix(line, "#!") || len(words) == 0 || !filepath.IsAbs(words[0]) ||
		filepath.Base(words[0]) == "env" {
		return ""
	}
	return words[0]
}
