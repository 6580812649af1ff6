package server_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// maxRead is the number of lines above a hit that are read to see what it means.
const maxRead = 20

// header matches the first line of a declaration around code.
var header = regexp.MustCompile(`^(?:func|type|var|const|class|def|async|function|export|module|abstract|` +
	`    (?:async )?def |  (?:static |async |get |set )*[#\w]+\(.*\{)`)

// grepped answers a question with grep, by the recipe of a careful agent:
//
//   - grep -rnw finds the lines with the name, in files of the language alone. A name on the level of a package that
//     is declared once means the same everywhere, and the line is enough. For a member, and for a name that is
//     declared several times, the type in front of it decides: the code between the header of the declaration
//     around it and the line is read, at most 20 lines and the header, each line once and all files in one call.
//   - For callers, only the headers of the functions are read where the line is enough, and the callers' own
//     callers are found in one more search for all names, and one more reading.
//   - For the types that implement an interface, its declaration is read, and one search finds the declarations
//     of the method that is the least common one.
//
// All that is read is understood without a mistake. So nothing is wrong in the answer, and lines are only missing
// where no search finds them.
func grepped(t *testing.T, dir, extension string, q worthQuestion, truth lineSet) worth {
	t.Helper()
	began := time.Now()
	g := &grepping{t: t, dir: dir, extension: extension, worth: worth{questions: 1, wanted: len(truth)}}
	switch q.kind {
	case askTypes:
		g.search("-A20", "-E", `(type|class|interface) `+q.name+` `)
		hits := g.search("-E", `(func \(.*\) |def |  )`+q.marker+`\(`)
		g.found = g.receivers(hits).common(truth)
	case askCallers:
		callers := g.callers(q.member(), q.name)
		var names []string
		for line := range callers {
			if name := declaredName(g.text(line)); truth[line] && name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		further := g.callers(true, names...)
		g.found = callers.common(truth) + len(intersection(further, truth).minus(callers))
	case askSignature:
		g.found = g.callers(q.member(), q.name).common(truth)
	default:
		hits := g.search("-w", q.name)
		g.read(hits, false)
		g.found = hits.common(truth)
	}
	g.listed, g.took = g.found, time.Since(began)
	if g.found < g.wanted {
		g.confident = 1 // it says nothing about what it does not find
	}
	return g.worth
}

// member reports whether the question is about a member of a type.
func (q worthQuestion) member() bool { return strings.Contains(q.selector, ".") }

func intersection(a, b lineSet) lineSet {
	out := lineSet{}
	for line := range a {
		if b[line] {
			out[line] = true
		}
	}
	return out
}

// grepping is the work on a question with grep.
type grepping struct {
	worth
	t         *testing.T
	dir       string
	extension string
}

// search calls grep once, and returns the lines that match.
func (g *grepping) search(args ...string) lineSet {
	g.t.Helper()
	cmd := exec.Command("grep", append([]string{"-rn", "--include=*" + g.extension}, append(args, ".")...)...)
	cmd.Dir, cmd.Env = g.dir, append(os.Environ(), "LC_ALL=C")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		g.t.Fatalf("grep %v: %v", args, err)
	}
	g.calls++
	g.bytes += len(out)
	hits := lineSet{}
	for line := range strings.Lines(string(out)) {
		parts := strings.SplitN(strings.TrimPrefix(line, "./"), ":", 3)
		if len(parts) == 3 {
			if n, err := strconv.Atoi(parts[1]); err == nil {
				hits.add(parts[0], n)
			}
		}
	}
	return hits
}

// callers searches for names and returns the headers of the functions around them.
func (g *grepping) callers(members bool, names ...string) lineSet {
	g.t.Helper()
	if len(names) == 0 {
		return lineSet{}
	}
	hits := g.search("-wE", strings.Join(names, "|"))
	return g.read(hits, !members)
}

// read pays for the code that decides what lines mean, and returns the headers of the declarations around them.
// If onlyHeaders is true, the headers are all that is read.
func (g *grepping) read(hits lineSet, onlyHeaders bool) lineSet {
	headers, needed := lineSet{}, lineSet{}
	for hit := range hits {
		path, n := splitLine(hit)
		lines := g.lines(path)
		at := n
		for at > 1 && !header.MatchString(lines[at-1]) {
			at--
		}
		headers.add(path, at)
		needed.add(path, at)
		for k := max(at, n-maxRead); k < n && !onlyHeaders; k++ {
			needed.add(path, k)
		}
	}
	paths := map[string]bool{}
	for line := range needed {
		path, _ := splitLine(line)
		paths[path] = true
		if !hits[line] { // grep has printed the others
			g.reading += len(g.text(line)) + 1
			g.bytes += len(g.text(line)) + 1
		}
	}
	for path := range paths {
		g.reading += len(path) + 1
		g.bytes += len(path) + 1
	}
	g.calls++
	return headers
}

// receivers returns the declarations of the types that methods belong to, found by one more search.
func (g *grepping) receivers(methods lineSet) lineSet {
	var names []string
	for line := range methods {
		if m := receiver.FindStringSubmatch(g.text(line)); m != nil && !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return g.search("-E", "^type ("+strings.Join(names, "|")+") ")
}

var (
	receiver = regexp.MustCompile(`^func \((?:\w+ )?\*?(\w+)`)
	declares = regexp.MustCompile(`^func (?:\([^)]*\) )?(\w+)`)
)

// declaredName returns the name of the function that a line declares.
func declaredName(line string) string {
	if m := declares.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return ""
}

func splitLine(line string) (path string, n int) {
	at := strings.LastIndexByte(line, ':')
	n, err := strconv.Atoi(line[at+1:])
	if err != nil {
		panic(fmt.Sprintf("%q is no line", line)) // a fault of this test
	}
	return line[:at], n
}

func (g *grepping) lines(path string) []string {
	raw, err := os.ReadFile(filepath.Join(g.dir, filepath.FromSlash(path)))
	if err != nil {
		g.t.Fatal(err)
	}
	return strings.Split(string(raw), "\n")
}

func (g *grepping) text(line string) string {
	path, n := splitLine(line)
	return g.lines(path)[n-1]
}
