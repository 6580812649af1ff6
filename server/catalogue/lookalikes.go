package catalogue

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/project"
)

// Lookalike reports whether a file is none of the language that its extension suggests, as other formats have the same
// extension: translations of Qt and MPEG streams (.ts), tile sets (.tsx), videos (.mts), and included files of any
// language (.inc). content is only called for a file with such an extension.
func Lookalike(file string, content func() []byte) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".ts", ".tsx", ".mts", ".cts":
		return notTypeScript(content())
	case ".inc":
		return !shellScript.Match(project.LeadingComments(content()))
	}
	return false
}

// notTypeScript reports whether a file is an XML document, or binary. Zero bytes are no part of text, except in UTF-16,
// which begins with a byte order mark.
func notTypeScript(content []byte) bool {
	inUTF16 := bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff"))
	if !inUTF16 && bytes.IndexByte(content[:min(len(content), project.Sniffed)], 0) >= 0 {
		return true
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(content, []byte("\ufeff")), " \t\r\n")
	return bytes.HasPrefix(text, []byte("<?xml")) || bytes.HasPrefix(text, []byte("<!DOCTYPE"))
}

// shellScript matches the comments by which a file says that it is a shell script: to the system, to shellcheck, to
// Emacs and to Vim.
var shellScript = lazyregexp.New(
	`^#!.*\b(?:ba|da|k)?sh\b|(?m)^#\s*shellcheck\s|-\*-.*\b(?:ba)?sh\b.*-\*-|\bvim?:.*\b(?:ft|filetype|syntax)=(?:ba)?sh\b`,
)

// flow matches the comment by which a JavaScript file is written in Flow, a language with types of its own.
var flow = lazyregexp.New(`^(?:#!.*\n)?\s*(?:/\*[^@]*?@flow\b|//[^\n@]*@flow\b)`)

// foldersWithAny returns the folders of a view that have a file with one of the names.
func foldersWithAny(v project.View, names ...string) map[string]bool {
	folders := map[string]bool{}
	for _, name := range names {
		for dir := range project.FoldersNamed(v, name) {
			folders[dir] = true
		}
	}
	return folders
}

// typeScriptStanding is [Server.standing] of the servers of TypeScript.
func typeScriptStanding(srv *Server, v project.View) func(file string) Standing {
	renamed := srv.renamedProject(v)
	ofDeno, ofNode := foldersWithAny(v, "deno.json", "deno.jsonc"), foldersWithAny(v, "tsconfig.json", "package.json")
	return func(file string) Standing {
		if deno, ok := project.NearestAbove(ofDeno, file); ok {
			if node, ok := project.NearestAbove(ofNode, file); !ok || !beneath.Inside(deno, node) {
				return Standing{
					State:  bundle.Unserved,
					Reason: "they are code for Deno, whose modules and types no server of lanser knows",
					Fix:    "check them with 'deno check'",
				}
			}
		}
		if !slices.Contains([]string{".js", ".jsx", ".mjs"}, path.Ext(file)) {
			return renamed(file)
		}
		if flow.Match(project.ContentOf(v, file)) {
			return Standing{State: bundle.Unserved, Reason: "they are written in Flow, which has types of its own"}
		}
		return Standing{}
	}
}
