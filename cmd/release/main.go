// Release builds what is published of a version of lanser, and publishes nothing:
//
//	go run ./cmd/release [--out DIR] [--version VERSION] [PLATFORM…]
//
// It owns what a release consists of: which platforms there are ([platforms]), how a program is compiled for each of
// them on Linux ([compiler]), what must hold for the result ([verify]), and the files that are made of the programs:
//
//   - archives, as .tar.gz or .zip, with the manual page;
//   - npm packages: one for each platform and one that depends on all of them as options ([release.npmPackages]);
//   - wheels for pip and uv ([release.wheel]);
//   - a container image for Linux in the layout of the Open Container Initiative ([release.image]);
//   - a list of the modules in each program, in CycloneDX's JSON ([release.bill]);
//   - the module under its public path, as a folder that the go command reads ([release.moduleProxy]);
//   - SHA256SUMS.
//
// It promises that the same commit, built with the same version of Go, gives the same bytes, in any folder and at any
// time. No file contains a time other than that of the commit, nor a path of the machine. It compiles only what is
// committed: with changes in the work tree it refuses to start.
//
// The C code is compiled by the compiler of the zig project, for every platform, in a pinned version that is downloaded
// into the user's cache folder. It has no frameworks of macOS: [writeStubs] describes those that Go's own packages use.
//
// It does not publish, sign or notarise anything, and it does not run what it has compiled for other platforms.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

// usage is printed for --help and for a mistake.
const usage = `Release builds archives, npm packages, wheels, an image and checksums, and publishes nothing.

	go run ./cmd/release [--out DIR] [--version VERSION] [PLATFORM...]

`

// main builds the platforms that the arguments name, all by default. The exit code is 1 if something fails and 2 for a
// mistake in the arguments.
func main() {
	out := flag.String("out", "", "write to the folder `DIR`; the default is in the user's cache folder")
	number := flag.String("version", "", "the `VERSION`, such as v1.2.3; the default is the tag of the commit, or "+
		"otherwise the version that the go command gives to the commit")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
		fmt.Fprintln(flag.CommandLine.Output(), "  Platforms:", strings.Join(platformNames(), ", "))
	}
	flag.Parse()
	chosen, err := choose(flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, *number, chosen); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run compiles lanser for the platforms and writes the files of the release to the folder out. The programs themselves
// stay in its folder bin, so that a second run only compiles what has changed.
func run(ctx context.Context, out, number string, chosen []platform) error {
	rel, err := describe(ctx, number)
	if err != nil {
		return err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	cache = filepath.Join(cache, "lanser-release")
	cc, err := newCompiler(ctx, cache)
	if err != nil {
		return err
	}
	if out == "" {
		out = filepath.Join(cache, rel.version)
	}
	out, err = filepath.Abs(out)
	if err != nil {
		return err
	}

	var built []program
	for _, p := range chosen {
		fmt.Printf("compiling %s for %s\n", rel.version, p)
		file := filepath.Join(out, "bin", p.folder(), p.file("lanser"))
		if err := cc.build(ctx, rel, p, file); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		if err := verify(file, p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		built = append(built, program{platform: p, content: raw})
	}

	files, err := rel.files(ctx, built)
	if err != nil {
		return err
	}
	fmt.Println("writing to", out)
	return writeRelease(out, files)
}
