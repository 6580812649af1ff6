package catalogue

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
)

// dataNames matches what sources of a toolchain or of node write to name files that are no sources. The first group is
// the name.
var (
	includedData = lazyregexp.New(`\binclude(?:_str|_bytes)?!\s*[({\[]\s*"([^"\n]+)"`)
	importedJSON = lazyregexp.New(`["']([^"'\n]+\.json)["']`)
	embedPattern = []byte("//go:embed ")
)

// DataNames returns what a source of the server says of files that are no sources, as [Server.Data] takes it: a folder
// with a slash at its end, a file, or "*/" and a base name.
func (srv *Server) DataNames(file string, content []byte) (names []string) {
	switch {
	case srv.Toolchain == GoToolchain:
		if bytes.Contains(content, embedPattern) {
			names = append(names, path.Dir(file)+"/")
		}
	case srv.Toolchain == RustToolchain && bytes.Contains(content, []byte("include")):
		for _, m := range includedData.FindAllSubmatch(content, -1) {
			names = append(names, path.Join(path.Dir(file), string(m[1])))
		}
	case srv.Packages == PackagesNode && bytes.Contains(content, []byte(".json")):
		for _, m := range importedJSON.FindAllSubmatch(content, -1) {
			names = append(names, "*/"+path.Base(string(m[1])))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Data returns those of the files that sources name as data, as by names of [Server.DataNames]. It leaves out sources
// and configuration, whose changes the server hears of.
func (srv *Server) Data(files []string, names map[string]bool) (data []string) {
	if len(names) == 0 {
		return nil
	}
	for _, p := range files {
		if !srv.Concerns(p) && isNamed(p, names) {
			data = append(data, p)
		}
	}
	return data
}

// isNamed reports whether names, as of [Server.DataNames], have a file.
func isNamed(p string, names map[string]bool) bool {
	if names[p] || names["*/"+path.Base(p)] || names["./"] {
		return true
	}
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if names[dir+"/"] {
			return true
		}
	}
	return false
}

// IsMedia reports whether a file is one whose content no check depends on, by its name: pictures, fonts, archives. That
// it exists may matter.
func IsMedia(file string) bool {
	return slices.Contains(media, strings.ToLower(path.Ext(file)))
}

var media = []string{
	".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".bmp", ".tiff", ".svg", ".pdf", ".mp3", ".mp4", ".mov", ".webm",
	".wav", ".ogg", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".zip", ".gz", ".xz", ".bz2", ".zst", ".tar", ".tgz",
	".7z", ".jar", ".exe", ".dll", ".so", ".dylib", ".a", ".o", ".wasm", ".onnx", ".parquet", ".sqlite", ".db",
}
