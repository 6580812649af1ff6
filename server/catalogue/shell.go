package catalogue

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
)

// Scripts of the shell see what they define themselves, and what the scripts define that run in the same process: those
// that they source, and those that source them.

// IsShell reports whether a file is a script of Bash, sh or a shell like them.
func IsShell(v View, p string) bool {
	ext := strings.ToLower(path.Ext(p))
	switch ext {
	case ".sh", ".bash", ".bats", ".ksh", ".zsh", ".envrc", ".command", ".inc":
		return true
	case "":
	default:
		if !strings.HasPrefix(path.Base(p), ".") {
			return false
		}
	}
	c, err := v.Content(p)
	if err != nil {
		return false
	}
	first, _, _ := bytes.Cut(c.Bytes(), []byte("\n"))
	m := interpreters.FindSubmatch(first)
	return m != nil && len(m[1]) > 0
}

// Scripts lists the scripts of the workspace for which [IsShell] holds, in order.
func Scripts(v View) []string {
	type key struct{}
	return v.Memoize(key{}, func() any {
		var out []string
		for _, p := range v.Paths() {
			if IsShell(v, p) {
				out = append(out, p)
			}
		}
		return out
	}).([]string)
}

// Together is how two scripts may run in one process.
type Together int

// The values of Together.
const (
	Apart     Together = iota // no script sources both
	Perhaps                   // one sources scripts whose names the text does not tell
	InOneSame                 // one that is known sources both, or they are one
)

// RunTogether tells whether two scripts may run in one process.
func RunTogether(v View, p, q string) Together {
	if p == q {
		return InOneSame
	}
	out := Apart
	for _, r := range shellProcesses(v) {
		hasP, hasQ := r.scripts[p], r.scripts[q]
		if hasP && hasQ {
			return InOneSame
		}
		if r.open && (hasP || hasQ) {
			out = Perhaps
		}
	}
	return out
}

// process is what runs in the process of one script.
type process struct {
	scripts map[string]bool
	open    bool // others too, whose names the text does not tell
}

// shellProcesses returns the processes of the scripts of the workspace that source others.
func shellProcesses(v View) []process {
	type key struct{}
	return v.Memoize(key{}, func() any {
		loads := shellLoads(v)
		var out []process
		for root, l := range loads {
			if l.unknown || len(l.files) > 0 {
				out = append(out, processOf(loads, root))
			}
		}
		return out
	}).([]process)
}

// sourced is what a script sources.
type sourced struct {
	files   []string
	unknown bool // others too, whose names the text does not tell
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

func sourcedBy(v View, p string, scripts []string) (out sourced) {
	c, err := v.Content(p)
	if err != nil {
		return out
	}
	for _, m := range sourceCommands.FindAllSubmatch(c.Bytes(), -1) {
		name := literalEnd(string(m[1]))
		if name == "" {
			out.unknown = true
			continue
		}
		for _, s := range scripts {
			isIt := s == name || strings.HasSuffix(s, "/"+name) ||
				path.Ext(p) == ".bats" && strings.TrimSuffix(path.Base(s), path.Ext(s)) == path.Base(name)
			if s != p && isIt && !slices.Contains(out.files, s) {
				out.files = append(out.files, s)
			}
		}
	}
	return out
}

// sourceCommands matches a command that runs a script in the process of the shell; its group is the name of the script.
var sourceCommands = lazyregexp.New(
	`(?m)(?:^|[;&|({]|\b(?:then|do|else|if)\b|&&|\|\|)[ \t]*(?:source|\.|load)[ \t]+` +
		`("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s;&|)]+)`,
)

// literalEnd returns the end of a path that is written out, without the folders whose names are not. It is "" for a
// path whose last element is not written out.
func literalEnd(name string) string {
	name = expansions.ReplaceAllString(strings.NewReplacer(`"`, "", "'", "").Replace(name), "\x00")
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

// expansions matches variables and commands in a word.
var expansions = lazyregexp.New("\\$\\{[^}]*\\}|\\$\\((?:[^()]|\\([^()]*\\))*\\)|\\$\\w+|`[^`]*`")

// processOf is what runs in the process of one script, itself among it.
func processOf(loads map[string]sourced, root string) process {
	out := process{scripts: map[string]bool{root: true}}
	for queue := []string{root}; len(queue) > 0; queue = queue[1:] {
		l := loads[queue[0]]
		out.open = out.open || l.unknown
		for _, p := range l.files {
			if !out.scripts[p] {
				out.scripts[p] = true
				queue = append(queue, p)
			}
		}
	}
	return out
}

// TakesFunction reports whether a command of the shell takes the names of functions as arguments.
func TakesFunction(command string) bool { return takeFunctions()[command] }

var takeFunctions = nameSet("trap type command hash eval time alias complete compgen run coproc exec builtin which")

// RunsFunction reports whether a command of the shell runs the function that its argument names.
func RunsFunction(command string) bool { return runFunctions()[command] }

var runFunctions = nameSet("time eval coproc run")

// TakesVariable reports whether a command of the shell takes the names of variables as arguments.
func TakesVariable(command string) bool { return takeVariables()[command] }

var takeVariables = nameSet(
	"read printf mapfile readarray getopts let export unset readonly declare typeset local wait",
)
