package text

import (
	"path"
	"strings"
	"sync"

	"lanser/selectors/lazyregexp"
)

// IsShellScript reports whether a content is a script of Bash, sh, dash, ash, ksh or Bats by its first line, as in
// "#!/usr/bin/env bash".
func IsShellScript(content []byte) bool { return shellShebang.Match(content) }

var shellShebang = lazyregexp.New(
	`^#!\s*(?:/[\w/.-]*/)?(?:env\s+(?:-S\s+)?(?:\w+=\S*\s+)*(?:/[\w/.-]*/)?)?(?:busybox\s+)?` +
		`(?:(?:ba|da|k|a)?sh|bats)(?:\s|$)`,
)

// MayBeScript reports whether the first line of a file may tell its language, because the name does not: "tool",
// ".profile", "tool-1.2", "all.test". It knows no languages by their extensions; the caller asks for them first. Text
// that people or programs copy, fill in or generate is no script, whatever it begins with.
func MayBeScript(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == "" || !noScripts()[ext]
}

// noScripts returns the extensions of files that are no scripts. Their contents are not read to find that out: an index
// of names reads no documentation and no data.
var noScripts = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, ext := range strings.Fields(
		// Templates, copies and what is compared with.
		".in .am .ac .m4 .tmpl .tpl .template .j2 .jinja .jinja2 .erb .ejs .hbs .mustache .mako .njk .gotmpl " +
			".sample .example .dist .default .orig .rej .bak .old .save .swp .golden .out .expected .snap .diff " +
			// Text and data.
			".patch .txt .log .rst .adoc .tex .bib .po .pot .csv .tsv .xml .xsd .xsl .svg .plist .lock .sum .mod " +
			".ini .cfg .conf .properties .key .pem .crt .pub .asc .sig .jsonl .ndjson .geojson .ipynb .map .env " +
			".md .markdown .json .jsonc .json5 .yaml .yml .toml .html .htm .css .scss .sass .less .sql .proto " +
			// Code of languages that a name tells, whatever a polyglot begins with.
			".vue .svelte .astro .php .rb .java .kt .kts .swift .cs .fs .scala .groovy .gradle .lua .dart .ex " +
			".exs .erl .hs .ml .clj .zig .nim .jl .el .vim .tf .hcl .prisma .graphql .cmake .mk .asm .bat .cmd " +
			".ps1 .psm1 .m .mm .cu .cuh .pl .pm " +
			// Others than text.
			".png .jpg .jpeg .gif .webp .avif .ico .bmp .tif .tiff .psd .pdf .zip .gz .tgz .bz2 .xz .zst .7z " +
			".rar .tar .jar .war .class .pyc .so .a .o .dylib .dll .exe .lib .obj .wasm .bin .dat .db .sqlite " +
			".sqlite3 .mp3 .mp4 .m4a .ogg .wav .flac .mov .avi .mkv .webm .ttf .otf .woff .woff2 .eot .onnx .pt " +
			".pkl .npy .npz .parquet .scip .lsif",
	) {
		out[ext] = true
	}
	return out
})
