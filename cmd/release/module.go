package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// modulePath is the path under which the go command fetches lanser: 'go install PATH/cmd/lanser@VERSION'. Whoever
// publishes lanser changes it to that of his repository.
const modulePath = "example.com/lanser"

// localPath is the path of the module in this repository.
const localPath = "lanser"

// moduleFile is a file of the module, as package zip reads it.
type moduleFile struct{ file file }

// Path implements [zip.File].
func (m moduleFile) Path() string { return m.file.name }

// Lstat implements [zip.File].
func (m moduleFile) Lstat() (fs.FileInfo, error) {
	header := tar.Header{
		Typeflag: tar.TypeReg, Name: m.file.name, Size: int64(len(m.file.content)), Mode: m.file.mode(),
	}
	return header.FileInfo(), nil
}

// Open implements [zip.File].
func (m moduleFile) Open() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m.file.content)), nil
}

// moduleProxy returns the module with the committed files under its public path, in the layout of a module proxy, below
// the folder goproxy.
func (r release) moduleProxy(ctx context.Context) ([]file, error) {
	listed, err := git(ctx, "ls-files", "-z")
	if err != nil {
		return nil, err
	}
	var files []file
	for name := range strings.SplitSeq(strings.Trim(listed, "\x00"), "\x00") {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: name, content: raw})
	}
	return r.proxyOf(files)
}

// proxyOf is [release.moduleProxy] for files in the place of those of git.
func (r release) proxyOf(files []file) ([]file, error) {
	var (
		entries []zip.File
		goMod   []byte
	)
	for _, f := range files {
		var err error
		f.content, err = published(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		if f.name == "go.mod" {
			goMod = f.content
		}
		entries = append(entries, moduleFile{file: f})
	}
	version := module.Version{Path: modulePath, Version: r.version}
	var archive bytes.Buffer
	if err := zip.Create(&archive, version, entries); err != nil {
		return nil, err
	}

	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{r.version, r.time})
	if err != nil {
		return nil, err
	}
	escaped, err := module.EscapePath(modulePath)
	if err != nil {
		return nil, err
	}
	base := "goproxy/" + escaped + "/@v/"
	return []file{
		{name: base + "list", content: []byte(r.version + "\n")},
		{name: base + r.version + ".info", content: info},
		{name: base + r.version + ".mod", content: goMod},
		{name: base + r.version + ".zip", content: archive.Bytes()},
	}, nil
}

// published returns a file's content with the public path of the module in place of the local one: in the first line of
// go.mod, and in the imports of Go files.
func published(f file) ([]byte, error) {
	if f.name == "go.mod" {
		mod, err := modfile.Parse(f.name, f.content, nil)
		if err != nil {
			return nil, err
		}
		if err := mod.AddModuleStmt(modulePath); err != nil {
			return nil, err
		}
		return mod.Format()
	}
	inTestdata := slices.Contains(strings.Split(f.name, "/"), "testdata")
	if !strings.HasSuffix(f.name, ".go") || inTestdata {
		return f.content, nil
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, f.name, f.content, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}

	var (
		out   []byte
		taken int
	)
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if rest, ours := strings.CutPrefix(imported, localPath+"/"); ours {
			from, to := set.Position(spec.Path.Pos()).Offset, set.Position(spec.Path.End()).Offset
			out = append(out, f.content[taken:from]...)
			out = strconv.AppendQuote(out, modulePath+"/"+rest)
			taken = to
		}
	}
	return append(out, f.content[taken:]...), nil
}
