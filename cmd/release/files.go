package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// program is lanser, compiled for a platform.
type program struct {
	platform platform
	content  []byte
}

// manualPage is the manual page in the repository. A test of cmd/lanser keeps it current.
const manualPage = "cmd/lanser/help/lanser.1"

// description is the sentence by which the registries list lanser.
const description = "Read-only code intelligence for coding agents and CI jobs, from real language servers"

// files returns all files of the release, by name, except the checksums.
func (r release) files(ctx context.Context, built []program) (files []file, err error) {
	manual, err := os.ReadFile(manualPage)
	if err != nil {
		return nil, err
	}
	for _, b := range built {
		more, err := r.platformFiles(b, manual)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.platform, err)
		}
		files = append(files, more...)
	}

	npm, err := r.npmPackages(built)
	if err != nil {
		return nil, err
	}
	files = append(files, npm...)
	if slices.ContainsFunc(built, func(b program) bool { return b.platform.containerImage }) {
		tar, err := r.image(built)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: r.baseName() + "-oci.tar", content: tar})
	}
	proxy, err := r.moduleProxy(ctx)
	if err != nil {
		return nil, err
	}
	return append(files, proxy...), nil
}

// baseName returns the beginning of the release's file names, such as "lanser-1.2.3".
func (r release) baseName() string { return "lanser-" + r.number() }

// platformFiles returns the archive, the wheel and the bill of materials of one program.
func (r release) platformFiles(b program, manual []byte) ([]file, error) {
	archive, err := r.archive(b, manual)
	if err != nil {
		return nil, err
	}
	wheel, err := r.wheel(b)
	if err != nil {
		return nil, err
	}
	bill, err := r.bill(b)
	if err != nil {
		return nil, err
	}
	return []file{archive, wheel, {name: r.archiveName(b.platform) + ".cdx.json", content: bill}}, nil
}

// archiveName returns the name of a platform's archive without its extension, such as lanser-1.2.3-linux-amd64.
func (r release) archiveName(p platform) string { return r.baseName() + "-" + p.folder() }

// archive returns the archive of a program, with a single folder in it.
func (r release) archive(b program, manual []byte) (file, error) {
	name := r.archiveName(b.platform)
	entries := []file{
		{name: name + "/" + b.platform.file("lanser"), content: b.content, executable: true},
		{name: name + "/lanser.1", content: manual},
	}
	pack, extension := tarGzip, ".tar.gz"
	if b.platform.system == "windows" {
		pack, extension = zipped, ".zip"
	}
	packed, err := pack(entries, r.time)
	return file{name: name + extension, content: packed}, err
}

// checksums returns the content of SHA256SUMS, as 'sha256sum -c' reads it.
func checksums(files []file) file {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(f.content), f.name)
	}
	return file{name: "SHA256SUMS", content: []byte(b.String())}
}

// writeRelease writes the files and their checksums to a folder, and prints their sizes.
func writeRelease(dir string, files []file) error {
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for _, f := range append(files, checksums(files)) {
		to := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, f.content, 0o644); err != nil {
			return err
		}
		fmt.Printf("%6.1f MB  %s\n", float64(len(f.content))/1e6, f.name)
	}
	return nil
}
