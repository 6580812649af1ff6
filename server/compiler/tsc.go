package compiler

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"lanser/selectors/lazyregexp"
)

// ProjectCheck describes how a compiler is asked what is wrong with a project file itself: a syntax
// error, an unknown option, a missing file that it names. Language servers publish such findings at
// no certain time, and some of them not at all.
type ProjectCheck struct {
	// Script is the compiler below the installation's node_modules, which node runs; "" is the
	// program of the server itself.
	Script string
	// Args precede the project file. The compiler then lists the project's files, and what is
	// wrong with the project, and checks no types.
	Args []string
	// Library is part of the name of a file that every project with a standard library lists.
	// Without it types are missing that the compiler needs, and reports only with ArgsWithoutLibrary.
	Library            string
	ArgsWithoutLibrary []string
	// Options are the arguments with which it prints the options that it takes from the project file, as JSON.
	Options []string
	// Full are the arguments with which it reports all that is wrong with the project's files, and writes nothing.
	Full []string
	// Source is the source that the server's own findings name.
	Source string
}

// TypeScript is the ProjectCheck of TypeScript's compilers. With --listFilesOnly they
// report what is wrong with the configuration and its options, and emit nothing.
func TypeScript(script, source string) *ProjectCheck {
	writeNothing := []string{
		"--pretty", "false", "--noEmit", "--emitDeclarationOnly", "false",
		"--incremental", "true", "--tsBuildInfoFile", os.DevNull, // the project's own file is neither read nor written
	}
	return &ProjectCheck{
		Script:             script,
		Args:               []string{"--pretty", "false", "--listFilesOnly", "-p"},
		Library:            "/lib.es5.d.ts",
		ArgsWithoutLibrary: slices.Concat(writeNothing, []string{"--noCheck", "-p"}),
		Options:            []string{"--showConfig", "-p"},
		Full:               slices.Concat(writeNothing, []string{"-p"}),
		Source:             source,
	}
}

// ProjectFinding is one thing that a compiler reports about a project.
type ProjectFinding struct {
	// File is the file as the compiler names it, relative to the root of the workspace or absolute;
	// "" is the project file as a whole.
	File      string
	Line, Col int // 0-based, in UTF-16 units
	Severity  string
	Code      string
	Message   string
}

// projectFinding is a line of the compiler's output that begins a finding.
var projectFinding = lazyregexp.New(`^(?:(.+)\((\d+),(\d+)\): )?(error|warning) TS(\d+): (.*)$`)

// Read returns the findings in the output of the compiler. lacksLibrary is true if there are none,
// and none of the files that are listed is of the standard library.
func (c *ProjectCheck) Read(out []byte) (found []ProjectFinding, lacksLibrary bool) {
	hasLibrary := false
	inFinding := false
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\r\n")
		if m := projectFinding.FindStringSubmatch(line); m != nil {
			row, _ := strconv.Atoi(m[2]) // "" is 0, as is a number that is too large
			col, _ := strconv.Atoi(m[3])
			found = append(found, ProjectFinding{
				File: m[1], Line: max(row-1, 0), Col: max(col-1, 0), Severity: m[4], Code: m[5], Message: m[6],
			})
			inFinding = true
			continue
		}
		if inFinding && strings.HasPrefix(line, "  ") {
			found[len(found)-1].Message += "\n" + line
			continue
		}
		inFinding = false
		hasLibrary = hasLibrary || strings.HasSuffix(strings.ReplaceAll(line, `\`, "/"), c.Library)
	}
	return found, len(found) == 0 && !hasLibrary
}

// Members returns the files that the output of the compiler lists as those of a project; ok is false
// if the output reports anything wrong with the project, so that files may be missing.
func (c *ProjectCheck) Members(out []byte) (files []string, ok bool) {
	if found, lacksLibrary := c.Read(out); len(found) > 0 || lacksLibrary {
		return nil, false
	}
	for line := range strings.Lines(string(out)) {
		files = append(files, strings.TrimRight(line, "\r\n"))
	}
	return files, true
}

// NotBuilt is the code of the finding that a file of a project that another one refers to has no output yet.
const NotBuilt = "6305"
