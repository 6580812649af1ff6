package programs

import (
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
// script of npm the folder node_modules. It never lists the user's home folder or one above it.
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
	return out
}
