package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
)

// zig describes the compiler as the table of language servers describes a program from PyPI, so that it is installed by
// the same code, with its checksum compared.
var zig = &catalogue.Server{
	Name: "ziglang", Version: "0.17.1",
	Starting: catalogue.Starting{
		Install: catalogue.Install{
			Manager: "pypi", Package: "ziglang==0.17.1",
			Wheels: &catalogue.PinnedProgram{
				Name: "zig", Package: "ziglang==0.17.1", File: "ziglang/zig",
				Sums: map[string]string{
					"linux/amd64": "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",
				},
			},
			Command: "zig", Pinned: true,
		},
	},
}

// compiler compiles lanser for other platforms.
type compiler struct {
	zig    string // the program
	cache  string // the folder of what the compiler keeps
	stubs  string // the folder of the stubs of macOS's frameworks
	goTags string
}

// newCompiler installs the pinned compiler into the folder cache, if it is not there.
func newCompiler(ctx context.Context, cache string) (*compiler, error) {
	dirs, finder := install.Dirs{Data: cache, Cache: cache}, programs.For()
	if install.Verify(ctx, dirs, zig, finder) != nil {
		if err := install.Install(ctx, dirs, zig, finder, os.Stdout); err != nil {
			return nil, err
		}
	}
	found, err := install.Find(dirs, zig, finder)
	if err != nil {
		return nil, err
	}

	// The resolver and the user database of Go itself need no C library.
	c := &compiler{
		zig: found.Argv[0], cache: filepath.Join(cache, "zig"), stubs: filepath.Join(cache, "stubs"),
		goTags: "netgo,osusergo",
	}
	names, err := macSymbols(ctx)
	if err != nil {
		return nil, err
	}
	return c, writeStubs(c.stubs, names)
}

// build compiles lanser for a platform into a file.
//
// The go command leaves paths of this machine out (-trimpath) and does not ask git (-buildvcs=false), because it would
// record whether the work tree had changes at that moment; version and commit are set by the linker.
func (c *compiler) build(ctx context.Context, rel release, p platform, file string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", c.goTags,
		"-ldflags", strings.Join(linkerFlags(rel, p), " "), "-o", file, "./cmd/lanser")
	cmd.Env = append(os.Environ(), c.environment(p)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// linkerFlags returns the flags of Go's linker: no symbol table, the variables of package server, and no build ID. A
// build ID is a digest also of the path of the C compiler, which is in the user's cache folder.
func linkerFlags(rel release, p platform) []string {
	flags := []string{
		"-s", "-w", "-buildid=",
		"-X", "lanser/server.version=" + rel.version, "-X", "lanser/server.commit=" + rel.commit,
	}
	if p.static {
		flags = append(flags, "-linkmode", "external", "-extldflags", "-static")
	}
	return flags
}

// environment returns the variables of the go command for a platform. All variables that a user may have set and that
// change the result are among them. An empty one has its default.
func (c *compiler) environment(p platform) []string {
	vars := []string{
		"GOOS=" + p.system, "GOARCH=" + p.arch, p.level, "CGO_ENABLED=1", "GOEXPERIMENT=", "GOFIPS140=off",
		"GO_EXTLINK_ENABLED=", "CGO_CPPFLAGS=", "CGO_CFLAGS=-O2", "CGO_CXXFLAGS=-O2",
		"CGO_LDFLAGS=-O2", // the default is "-O2 -g", whose -g makes zig's linker keep debugging information
		fmt.Sprintf("CC='%s' cc -target %s", c.zig, p.target), fmt.Sprintf("CXX='%s' c++ -target %s", c.zig, p.target),
		"ZIG_LOCAL_CACHE_DIR=" + c.cache, "ZIG_GLOBAL_CACHE_DIR=" + c.cache,
	}
	if p.frameworks {
		vars = append(vars, fmt.Sprintf("CGO_LDFLAGS=-O2 '-F%s' '-L%s'",
			filepath.Join(c.stubs, "Frameworks"), filepath.Join(c.stubs, "lib")))
	}
	return vars
}
