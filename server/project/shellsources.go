package project

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
)

// Which scripts a script sources. The name may be written out, "lib/util.sh"; only its end may be, "$DIR/util.sh"; it
// may be a pattern, or a variable that a loop or an assignment of the script sets; or the text may not tell it.

// sourced lists the scripts that one script sources: files holds those that it certainly does, as util.sh in
// "source util.sh".
type sourced struct {
	files []string
	further
}

// further are scripts that may be sourced too: the text does not tell their names, or not which of several it is.
type further struct {
	all  bool            // any script of the workspace may be
	may  map[string]bool // these may be
	many bool            // several of them may be, one after the other
}

// isOpen reports whether there are any.
func (f further) isOpen() bool { return f.all || len(f.may) > 0 }

// mayHave reports whether a script may be one of them.
func (f further) mayHave(p string) bool { return f.all || f.may[p] }

// add adds others.
func (f *further) add(o further) {
	f.many = f.many || o.many || f.isOpen() && o.isOpen()
	f.all = f.all || o.all
	for p := range o.may {
		if f.may == nil {
			f.may = map[string]bool{}
		}
		f.may[p] = true
	}
}

// shellLoads returns what each script of the workspace sources.
func shellLoads(v View) map[string]sourced {
	type key struct{}
	return v.Memoize(key{}, func() any {
		scripts := Scripts(v)
		out := make(map[string]sourced, len(scripts))
		for _, p := range scripts {
			out[p] = sourcedBy(v, p, scripts)
		}
		return out
	}).(map[string]sourced)
}

// sourcedBy returns what a script sources.
func sourcedBy(v View, p string, scripts []string) (out sourced) {
	c, err := v.Content(p)
	if err != nil {
		return out
	}
	r := &sourcing{script: p, code: string(c.Bytes()), scripts: scripts}
	for _, m := range sourceCommands.FindAllSubmatch(c.Bytes(), -1) {
		r.source(string(m[1]), &out)
	}
	out.many = out.many || out.isOpen() && isRepeated.MatchString(r.code)
	return out
}

// sourceCommands matches a command that runs a script in the process of the shell; its group is the name of the script.
var sourceCommands = lazyregexp.New(
	`(?m)(?:^|[;&|({]|\b(?:then|do|else|if)\b|&&|\|\|)[ \t]*(?:source|\.|load)[ \t]+` +
		`((?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s;&|)"'])+)`,
)

// isRepeated matches what may make a command run several times: a loop or a function.
var isRepeated = lazyregexp.New(`\b(?:for|while|until|select|function)\b|\(\)\s*\{`)

// sourcing reads the commands of a script that source others.
type sourcing struct {
	script, code string
	scripts      []string // of the workspace
}

// source adds the scripts that a word names to what is sourced.
func (r *sourcing) source(word string, out *sourced) {
	if m := isVariable.FindStringSubmatch(word); m != nil {
		if values := r.valuesOf(m[1]); len(values) > 0 {
			for _, value := range values {
				r.sourceNamed(value, out)
			}
			return
		}
	}
	r.sourceNamed(word, out)
}

// isVariable matches a word that is one variable.
var isVariable = lazyregexp.New(`^"?\$\{?(\w+)\}?"?$`)

// valuesOf returns the words that the script sets a variable to, in loops and assignments.
func (r *sourcing) valuesOf(name string) (values []string) {
	const word = `(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\$\((?:[^()\n]|\([^()\n]*\))*\)|[^\s;&|()"'])+`
	sets := regexp.MustCompile(
		`(?m)(?:\bfor\s+` + name + `\s+in((?:[ \t]+` + word + `)+)|(?:^|[\s;])` + name + `=(` + word + `))`,
	)
	words := regexp.MustCompile(word)
	for _, m := range sets.FindAllStringSubmatch(r.code, -1) {
		values = append(values, words.FindAllString(m[1]+" "+m[2], -1)...)
	}
	return values
}

// sourceNamed is source for a word that may hold variables in parts.
func (r *sourcing) sourceNamed(word string, out *sourced) {
	end := literalEnd(word)
	if end == "" {
		r.sourceMatching(word, out)
		return
	}
	if at := r.nextTo(word); at != "" {
		out.addFile(at)
		return
	}
	var found []string
	for _, s := range r.scripts {
		isIt := s == end || strings.HasSuffix(s, "/"+end) ||
			path.Ext(r.script) == ".bats" && strings.TrimSuffix(path.Base(s), path.Ext(s)) == path.Base(end)
		if s != r.script && isIt {
			found = append(found, s)
		}
	}
	if len(found) == 1 {
		out.addFile(found[0])
	} else {
		out.add(further{may: setOf(found)})
	}
}

// nextTo returns the script that a word names if it is relative to the folder of the sourcing script, or to the one
// that this is run in, and is in one of them alone.
func (r *sourcing) nextTo(word string) string {
	dirs, name := r.foldersOf(word)
	if Expansions.MatchString(name) {
		return ""
	}
	var found []string
	for _, dir := range dirs {
		at := path.Join(dir, name)
		if at != r.script && slices.Contains(r.scripts, at) && !slices.Contains(found, at) {
			found = append(found, at)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// foldersOf returns the folders that the path in a word is relative to, and the path: the script's own where the word
// begins with it, as in "$(dirname "$0")/lib.sh". Without a variable it is the folder in which the script is run: its
// own or the root of the workspace. There is none where the text does not tell.
func (r *sourcing) foldersOf(word string) (dirs []string, name string) {
	name = strings.NewReplacer(`"`, "", "'", "").Replace(word)
	m := Expansions.FindStringIndex(name)
	if strings.HasPrefix(name, "/") {
		return nil, name
	}
	if m == nil || m[0] > 0 {
		return []string{path.Dir(r.script), "."}, name
	}
	isOwn := ownFolder.MatchString(name[:m[1]])
	if v := isVariable.FindStringSubmatch(name[:m[1]]); v != nil {
		isOwn = slices.ContainsFunc(r.valuesOf(v[1]), ownFolder.MatchString)
	}
	name = strings.TrimLeft(name[m[1]:], "/")
	if !isOwn {
		return nil, name
	}
	return []string{path.Dir(r.script)}, name
}

// ownFolder matches the usual ways to write the folder of the running script, as $(dirname "$0") or $PWD.
var ownFolder = lazyregexp.New(`BASH_SOURCE|\$0\b|\$\{0|\bpwd\b|\$PWD\b`)

// sourceMatching adds the scripts that a word with patterns or variables in its last part may name: all that match a
// pattern, and perhaps those that fit around a variable.
func (r *sourcing) sourceMatching(word string, out *sourced) {
	dirs, name := r.foldersOf(word)
	name = Expansions.ReplaceAllString(name, "\x00")
	last := name[strings.LastIndex(name, "/")+1:]
	if strings.Trim(last, "\x00") == "" || strings.ContainsAny(last, "`$)") {
		out.add(further{all: true})
		return
	}
	var found []string
	for _, dir := range dirs {
		found = append(found, r.matching("^", path.Join(dir, name))...)
	}
	if len(found) == 0 {
		name = strings.TrimLeft(name[strings.LastIndex(name, "\x00/")+1:], "/")
		found = r.matching("(?:^|/)", strings.TrimLeft(path.Clean("/"+name), "/"))
	}
	if strings.Contains(name, "\x00") {
		out.add(further{may: setOf(found)})
		return
	}
	for _, s := range found {
		out.addFile(s)
	}
}

// matching returns the other scripts that match a pattern, which follows a prefix that is an expression, and in which a
// NUL byte means any text.
func (r *sourcing) matching(prefix, pattern string) (found []string) {
	expr := strings.NewReplacer(`\*`, "[^/]*", `\?`, "[^/]", "\x00", ".*").Replace(regexp.QuoteMeta(pattern))
	matches, err := regexp.Compile(prefix + expr + "$")
	if err != nil {
		return nil
	}
	for _, s := range r.scripts {
		if s != r.script && matches.MatchString(s) {
			found = append(found, s)
		}
	}
	return found
}

// addFile adds a script that is certainly sourced.
func (s *sourced) addFile(p string) {
	if !slices.Contains(s.files, p) {
		s.files = append(s.files, p)
	}
}

// setOf returns a set of paths.
func setOf(paths []string) map[string]bool {
	set := make(map[string]bool, len(paths))
	for _, p := range paths {
		set[p] = true
	}
	return set
}

// literalEnd returns the end of a path that is written out, without the folders whose names are not. It is "" for a
// path whose last element is not written out.
func literalEnd(name string) string {
	name = Expansions.ReplaceAllString(strings.NewReplacer(`"`, "", "'", "").Replace(name), "\x00")
	if at := strings.LastIndexAny(name, "\x00*?`$)"); at >= 0 {
		rest := name[at+1:]
		if !strings.HasPrefix(rest, "/") {
			return ""
		}
		name = rest
	}
	name = path.Clean("/" + name)
	return strings.TrimLeft(name, "/")
}

// Expansions matches variables and commands in a word.
var Expansions = lazyregexp.New("\\$\\{[^}]*\\}|\\$\\((?:[^()]|\\([^()]*\\))*\\)|\\$\\w+|`[^`]*`")

// processOf returns the scripts that run in one process when root is started: root, what it sources, and what those
// source.
func processOf(loads map[string]sourced, root string) process {
	out := process{scripts: map[string]bool{}}
	visit(loads, []string{root}, out.scripts, func(l sourced) { out.add(l.further) })
	if len(out.may) > 0 {
		also := map[string]bool{} // what those source that may be sourced
		visit(loads, slices.Sorted(maps.Keys(out.may)), also, func(l sourced) { out.add(l.further) })
		maps.Copy(out.may, also)
	}
	return out
}

// visit adds scripts, and those that they certainly source, to seen, and calls a function with what each sources.
func visit(loads map[string]sourced, queue []string, seen map[string]bool, each func(sourced)) {
	for ; len(queue) > 0; queue = queue[1:] {
		if seen[queue[0]] {
			continue
		}
		seen[queue[0]] = true
		each(loads[queue[0]])
		queue = append(queue, loads[queue[0]].files...)
	}
}
