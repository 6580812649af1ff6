package index

import (
	"path"
	"strings"
	"sync"
)

// IsText reports whether a file may hold text that people read, by its name. Names are searched in such files only.
func IsText(p string) bool { return !notText()[strings.ToLower(path.Ext(p))] }

// notText returns the extensions of files that hold no text.
var notText = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, ext := range strings.Fields(
		".png .jpg .jpeg .gif .webp .avif .ico .bmp .tif .tiff .psd .pdf " +
			".zip .gz .tgz .bz2 .xz .zst .lz4 .7z .rar .tar .jar .war .class .pyc .pyo " +
			".so .dylib .dll .exe .o .a .lib .obj .wasm .bin .dat .db .sqlite .sqlite3 " +
			".mp3 .mp4 .m4a .ogg .wav .flac .mov .avi .mkv .webm .ttf .otf .woff .woff2 .eot " +
			".onnx .pt .pkl .npy .npz .parquet .scip .lsif .map",
	) {
		out[ext] = true
	}
	return out
})
