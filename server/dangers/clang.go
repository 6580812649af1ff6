package dangers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/cbuild"
)

// Clangd runs the driver of clang on the flags of each file. The driver compiles nothing, but it executes
// a program that lists the graphics processors of this machine (Clang Compiler User's Manual,
// "--offload-arch=native"). Flags can name that program, or a folder in which it is looked for, and files
// with further flags.

// RefuseClang finds flags by which the driver would execute a program of the workspace, and code that quotes git's own
// files.
func RefuseClang(d Disk) (file, why string) {
	if file := includesGit(d); file != "" {
		return file, "includes a file of .git, whose configuration may hold passwords that answers would quote"
	}
	folders := FoldersWith(d, func(p string) bool { return cbuild.Languages[strings.ToLower(path.Ext(p))] != "" })
	up := ""
	for range d.Above() {
		up += "../"
		folders = append(folders, path.Clean(up))
	}
	files := []string{cbuild.DatabaseName, "build/" + cbuild.DatabaseName, cbuild.FlagsName, cbuild.ConfigName}
	j := &clangJudge{disk: d, root: d.Real(".")}
	return EachFile(d, folders, files, func(file string, content []byte) string {
		switch path.Base(file) {
		case cbuild.ConfigName:
			return j.config(file, content)
		case cbuild.FlagsName:
			return j.command(path.Dir(file), strings.Split(string(content), "\n"))
		}
		return j.database(content)
	})
}

// includedByName are the endings of further files that the preprocessor reads: assembly, and what sources include.
var includedByName = []string{".s", ".sx", ".inc", ".def", ".inl", ".ipp", ".tcc", ".tpp"}

// includesGit returns the first file of C or C++ with a directive that reads a file of a folder .git; "" if there is
// none. Clangd shows what is embedded as the value of a variable, and quotes words of what is included in its errors.
func includesGit(d Disk) string {
	for _, p := range d.Paths() {
		ending := strings.ToLower(path.Ext(p))
		if cbuild.Languages[ending] == "" && !slices.Contains(includedByName, ending) {
			continue
		}
		content, err := d.Read(p)
		if err != nil {
			continue // clangd cannot read it either
		}
		content = spliced.ReplaceAll(content, nil)
		mayName := bytes.Contains(content, []byte(".git")) || bytes.Contains(content, []byte("embed")) // it is quick
		if mayName && gitDirective.Match(content) {
			return p
		}
	}
	return ""
}

var (
	// gitDirective matches a directive of the preprocessor that names a file of a folder .git, or embeds one whose
	// name a macro puts together.
	gitDirective = lazyregexp.New(
		`(?i)(?:#|%:|\?\?=)[^\n]*\b(?:include|include_next|import|embed)\b[^\n]*["<(/]\.git/|` +
			`(?m:^[ \t]*(?:#|%:)[ \t]*embed[ \t]+[a-z_])`,
	)
	// spliced matches the end of a line that goes on in the next one.
	spliced = lazyregexp.New(`\\[ \t]*\r?\n`)
	// gitArgument matches an argument of a compiler that names a folder .git or a file in one.
	gitArgument = lazyregexp.New(`(?i)^(?:-[a-z-]+=?)?(?:[^=]*/)?\.git(?:/|$)`)
)

// clangJudge looks for flags of clang that have it execute a program of the workspace.
type clangJudge struct {
	disk Disk
	root string // of the workspace, absolute
}

// suspectFlags matches what a file contains if one of its commands may be refused. It is quicker than to
// decode a large compilation database. Escapes and quotes could hide a flag.
var suspectFlags = lazyregexp.New(
	`(?i)\\|'|\.git\b|arch-tool|--config|hip|\.cu\b|cuda|nvptx|amdgcn|offload|openmp|[\s"'\[,=]@`,
)

// database judges a compilation database.
func (j *clangJudge) database(content []byte) string {
	if !suspectFlags.Match(content) {
		return ""
	}
	var entries []struct {
		Directory, File, Command string
		Arguments                []string
	}
	if json.Unmarshal(content, &entries) != nil {
		if bytes.Contains(content, []byte(`"file"`)) { // Clangd reads it as YAML, which is more tolerant
			return "it is not valid JSON, and may have flags by which clang executes a program"
		}
		return ""
	}
	judged := map[string]bool{}
	for _, e := range entries {
		args := e.Arguments
		if args == nil {
			args = shellWords(e.Command)
		}
		key := fmt.Sprint(e.Directory, path.Ext(e.File), slices.DeleteFunc(slices.Clone(args), func(a string) bool {
			return strings.Contains(a, e.File)
		}))
		if judged[key] { // most files of a project have the same flags
			continue
		}
		judged[key] = true
		if why := j.command(e.Directory, append(args, e.File)); why != "" {
			return why
		}
	}
	return ""
}

// shellWords splits a command line without regard to what it expands.
func shellWords(command string) []string {
	return strings.Fields(strings.NewReplacer(`"`, "", "'", "", `\`, "").Replace(command))
}

// maxResponses bounds the files with further flags that one command is followed into.
const maxResponses = 100

// graphics matches arguments of a command for which the driver looks for graphics processors.
var graphics = lazyregexp.New(`(?i)hip|\.cu$|cuda|nvptx|amdgcn|amdgpu|offload|openmp`)

// command judges the arguments of a compiler that runs in a folder.
func (j *clangJudge) command(dir string, args []string) string {
	var tools string // the argument by which programs are looked for in the workspace
	usesGraphics := false
	for i, responses := 0, 0; i < len(args); i++ { // args grows
		a := strings.TrimSpace(args[i])
		switch {
		case strings.Contains(a, "-arch-tool"):
			return fmt.Sprintf("has the flag %q, which names a program that clang executes", a)
		case !strings.HasPrefix(a, "-D") && gitArgument.MatchString(a): // a macro's value is not read
			return fmt.Sprintf("has the argument %q, which has a file of .git read", a)
		case strings.HasPrefix(a, "--config"):
			return fmt.Sprintf("has the flag %q, which names a file with further flags", a)
		case strings.HasPrefix(a, "@"):
			more, err := j.disk.Read(j.local(dir, a[1:]))
			if err != nil {
				continue // clang takes it for a source file
			}
			if responses++; responses > maxResponses {
				return "refers to too many files with further flags"
			}
			args = append(args, shellWords(string(more))...)
		case i == 0 && !strings.HasPrefix(a, "-") && strings.Contains(a, "/") && j.inWorkspace(dir, a):
			tools = a
			if cfg := j.configuration(path.Dir(j.local(dir, a))); cfg != "" {
				return fmt.Sprintf("names the compiler %q, and %s has further flags for it", a, cfg)
			}
		case strings.HasPrefix(a, "-B") && j.inWorkspace(dir, a[2:]), strings.HasPrefix(a, "-ccc-install-dir"):
			tools = a
		}
		usesGraphics = usesGraphics || graphics.MatchString(a)
	}
	if tools != "" && usesGraphics {
		return fmt.Sprintf("has the argument %q, by which clang would execute programs of the workspace "+
			"to find graphics processors", tools)
	}
	return ""
}

// configuration returns a configuration file of clang in a folder, "" if there is none: clang reads the one
// next to the compiler.
func (j *clangJudge) configuration(dir string) string {
	for _, name := range j.disk.List(dir) {
		if strings.HasSuffix(name, ".cfg") {
			return path.Join(dir, name)
		}
	}
	return ""
}

// local returns the path of a file, which a command in a folder names, relative to the workspace.
func (j *clangJudge) local(dir, file string) string {
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, filepath.FromSlash(file))
	}
	if rel, err := filepath.Rel(j.root, file); err == nil && filepath.IsAbs(file) {
		file = rel
	}
	return filepath.ToSlash(filepath.Clean(file))
}

// inWorkspace reports whether a path, which a command in a folder names, lies in the workspace or in the
// repository that contains it.
func (j *clangJudge) inWorkspace(dir, file string) bool {
	rest, up := j.local(dir, file), 0
	for rest == ".." || strings.HasPrefix(rest, "../") {
		rest = strings.TrimPrefix(rest[len(".."):], "/")
		up++
	}
	return up <= j.disk.Above()
}

// hidden matches what could hide a flag in YAML.
var hidden = lazyregexp.New(`\\[xuU\n]`)

// config judges the configuration of clangd.
func (j *clangJudge) config(file string, content []byte) string {
	if len(content) > MaxConfiguration {
		return fmt.Sprintf("it has more than %d bytes, and is not looked through", MaxConfiguration)
	}
	if hidden.Match(content) {
		return "has escapes, which could hide flags by which clang executes a program"
	}
	dir := path.Dir(file)
	if m := cbuild.DatabaseFolder.FindSubmatch(content); m != nil {
		database, err := j.disk.Read(path.Join(j.local(dir, string(m[1])), cbuild.DatabaseName))
		if err == nil {
			if why := j.database(database); why != "" {
				return "CompilationDatabase: " + why
			}
		}
	}
	if !bytes.Contains(content, []byte("CompileFlags")) {
		return ""
	}
	args := []string{""}
	for word := range strings.FieldsFuncSeq(string(content), func(r rune) bool {
		return strings.ContainsRune(" \t\r\n[]{},'\"", r)
	}) {
		if word != "Compiler:" {
			args = append(args, word)
		}
	}
	if m := compilerName.FindSubmatch(content); m != nil {
		args[0] = string(m[1])
	}
	return j.command(dir, args)
}

// compilerName matches the setting of .clangd that names the compiler.
var compilerName = lazyregexp.New(`\bCompiler:\s*["']?([^"',}\s]+)`)
