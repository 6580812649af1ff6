package javabuild

import (
	"bytes"
	"path"
	"strings"

	"lanser/server/project"
)

// Ext is the extension of the files of Java.
const Ext = ".java"

// moduleFile is the name of the file that declares a module of Java.
const moduleFile = "module-info.java"

// packageOf returns the package that a source declares, with slashes as in the path of its folder; "" for the unnamed
// one. The declaration may only follow comments and annotations (JLS 7.3 and 7.4).
func packageOf(src []byte) string {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	for {
		src = bytes.TrimLeft(src, " \t\r\n\f;")
		switch {
		case bytes.HasPrefix(src, []byte("//")):
			_, src, _ = bytes.Cut(src, []byte("\n"))
		case bytes.HasPrefix(src, []byte("/*")):
			_, src, _ = bytes.Cut(src[2:], []byte("*/"))
		case bytes.HasPrefix(src, []byte("@")) && !bytes.HasPrefix(src, []byte("@interface")):
			src = afterAnnotation(src[1:])
		case bytes.HasPrefix(src, []byte("package")):
			return nameOf(src[len("package"):])
		default:
			return ""
		}
	}
}

// afterAnnotation returns what follows an annotation, of which src begins with the name.
func afterAnnotation(src []byte) []byte {
	end := bytes.IndexFunc(src, func(r rune) bool { return !isNameRune(r) && r != '.' })
	if end < 0 {
		return nil
	}
	src = bytes.TrimLeft(src[end:], " \t\r\n\f")
	if !bytes.HasPrefix(src, []byte("(")) {
		return src
	}
	depth, quoted := 0, false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
			if depth == 0 {
				return src[i+1:]
			}
		}
	}
	return nil
}

// nameOf returns the qualified name before a semicolon, with slashes in place of dots. White space and comments may
// stand between its parts.
func nameOf(src []byte) string {
	before, _, ok := bytes.Cut(src, []byte(";"))
	if !ok || len(before) > maxName {
		return ""
	}
	var out strings.Builder
	for len(before) > 0 {
		if bytes.HasPrefix(before, []byte("/*")) {
			_, before, _ = bytes.Cut(before, []byte("*/"))
			continue
		}
		if !bytes.ContainsRune([]byte(" \t\r\n\f"), rune(before[0])) {
			out.WriteByte(before[0])
		}
		before = before[1:]
	}
	return strings.ReplaceAll(out.String(), ".", "/")
}

// maxName bounds the length of a package declaration, in bytes.
const maxName = 1000

func isNameRune(r rune) bool {
	return r == '_' || r == '$' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f
}

// rootOf returns the source root of a file: its folder without those of the package. ok is false for a file that lies
// in no folder of its package.
func rootOf(v project.View, file string) (root string, ok bool) {
	type key struct{}
	pkg := project.ReadOnce(v, file, key{}, packageOf)
	dir := path.Dir(file)
	if pkg == "" || path.Base(file) == moduleFile {
		return dir, true
	}
	if dir == pkg {
		return ".", true
	}
	return strings.CutSuffix(dir, "/"+pkg)
}
