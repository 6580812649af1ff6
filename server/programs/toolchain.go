package programs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// inHome are the folders of an installation that lies in the user's home folder itself, as
// ~/go and ~/.local do: beside them there are files that are none of its own.
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

// Toolchain lists the folders and files that belong to a program: what it may have to read
// and execute to work at all. It is the folder above its bin, with symbolic links resolved
// and not, or for a script of npm's the folder node_modules; never the user's home folder, or
// one above it.
func Toolchain(file string) (out []string) {
	add := func(p string) {
		if _, err := os.Lstat(p); err == nil && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	home, _ := os.UserHomeDir() // "" holds nothing
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
	for link, n := file, 0; n < 40; n++ { // each step: a virtual environment's python is one on the way
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
