package bundle

import (
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/module"

	"lanser/index/beneath"
	"lanser/selectors"
)

// Root names a folder of this machine.
type Root struct {
	Scheme string // "goroot", "gomod", …; "" for the workspace
	Prefix string // put before the rest, "" or ending in "/"
	Dir    string // absolute
}

// Roots turns machine paths into URIs that mean the same on every machine (spec
// section 4). The longest matching folder wins.
type Roots []Root

// NewRoots orders roots by length. Folders that are "" are left out.
func NewRoots(rs ...Root) Roots {
	rs = slices.DeleteFunc(rs, func(r Root) bool { return r.Dir == "" })
	for i := range rs {
		if resolved, err := filepath.EvalSymlinks(rs[i].Dir); err == nil && resolved != rs[i].Dir {
			r := rs[i]
			r.Dir = resolved
			rs = append(rs, r)
		}
	}
	slices.SortStableFunc(rs, func(a, b Root) int { return len(b.Dir) - len(a.Dir) })
	return rs
}

// URI is the URI of an absolute machine path; inside says that it is relative to
// the workspace. Escapes are those of paths in selectors.
func (rs Roots) URI(file string) (uri string, inside bool) {
	for _, r := range rs {
		rel, ok := strings.CutPrefix(file, r.Dir+string(filepath.Separator))
		if !ok {
			continue
		}
		rel = filepath.ToSlash(rel)
		if r.Scheme == "" {
			return selectors.EscapePath(rel), true
		}
		if r.Scheme == "gomod" {
			rel = unescapeModule(rel)
		}
		return r.Scheme + ":///" + selectors.EscapePath(path.Join(r.Prefix, rel)), false
	}
	slashed := "/" + strings.TrimPrefix(filepath.ToSlash(file), "/")
	drive := selectors.DriveOfURI(slashed) // C:\a.go is file:///C:/a.go
	return "file://" + drive + selectors.EscapePath(slashed[len(drive):]), false
}

// writableScheme is the scheme of folders that language servers can write.
const writableScheme = "cache"

// Writable returns the folder of an absolute path that a language server can write; "" if it cannot write
// the folder that names the path.
func (rs Roots) Writable(file string) string {
	for _, r := range rs {
		if _, ok := beneath.Local(r.Dir, file); ok {
			if r.Scheme == writableScheme {
				return r.Dir
			}
			return ""
		}
	}
	return ""
}

// unescapeModule undoes the module cache's spelling of upper case.
func unescapeModule(rel string) string {
	mod, rest, ok := strings.Cut(rel, "@")
	if !ok {
		return rel
	}
	if plain, err := module.UnescapePath(mod); err == nil {
		return plain + "@" + rest
	}
	return rel
}

// Scrub replaces machine paths and their file URIs in a server's prose.
func (rs Roots) Scrub(prose string) string {
	for _, r := range rs {
		name, whole := r.Scheme+":///"+r.Prefix, r.Scheme+":///"+strings.TrimSuffix(r.Prefix, "/")
		if r.Prefix != "" && !strings.HasSuffix(name, "/") {
			name += "/"
		}
		if r.Scheme == "" {
			name, whole = "", "."
		}
		escaped := (&url.URL{Path: r.Dir}).EscapedPath()
		// In one pass: the name of a root may contain its folder, as "sysroot:///usr/" does.
		pairs := []string{"file://" + escaped + "/", name, "file://" + r.Dir + "/", name, r.Dir + "/", name}
		if uri := r.Scheme + "://" + r.Dir + "/"; r.Scheme != "" { // prose of our own may have the name already
			pairs = append(pairs, uri, uri)
		}
		prose = strings.NewReplacer(pairs...).Replace(prose)
		prose = replaceFolder(prose, r.Dir, whole)
	}
	return prose
}

// replaceFolder replaces a folder in prose where no longer path begins with its own.
func replaceFolder(prose, dir, by string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(prose, dir)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		last, _ := utf8.DecodeLastRuneInString(before)
		if !isInPath(last) && endsPath(after) {
			out.WriteString(by)
		} else {
			out.WriteString(dir)
		}
		prose = after
	}
}

// endsPath reports whether a path in prose ends before some text: a full stop belongs to the path unless it ends a
// sentence.
func endsPath(after string) bool {
	after = strings.TrimPrefix(after, ".")
	next, _ := utf8.DecodeRuneInString(after)
	return after == "" || next != '/' && !isInPath(next)
}

// isInPath reports whether a character may stand before the first slash of a path, or continue its last element.
func isInPath(r rune) bool {
	return strings.ContainsRune("-_.", r) || unicode.IsLetter(r) || unicode.IsDigit(r)
}
