package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lanser/server/catalogue"
)

// The native command lines, and how their errors are read.

// linesMatching returns a function that finds path and line by the groups 1 and 2 of an expression.
func linesMatching(expr string) func(testing.TB, string) []string {
	re := regexp.MustCompile(`(?m)` + expr)
	return func(_ testing.TB, out string) (errors []string) {
		for _, m := range re.FindAllStringSubmatch(out, -1) {
			errors = append(errors, m[1]+":"+m[2])
		}
		return errors
	}
}

// goVet is go vet for the packages of a folder.
func goVet(dir string) nativeCheck {
	return nativeCheck{
		nativeCommand: nativeCommand{dir: dir, argv: []string{"go", "vet", "./..."}},
		read:          linesMatching(`^(?:vet: )?(\S+\.(?:go|s|mod)):(\d+)(?::\d+)?: `),
	}
}

// command is a command in a folder.
func command(dir string, argv ...string) nativeCommand { return nativeCommand{dir: dir, argv: argv} }

// goDownload downloads the modules that those of a folder depend on.
func goDownload(dir string) nativeCommand { return command(dir, "go", "mod", "download") }

// pyrightCLI is the command line of the pinned pyright.
func pyrightCLI(t testing.TB) []string {
	argv := found(t, "pyright").Argv
	return []string{argv[0], filepath.Join(filepath.Dir(argv[1]), "index.js")}
}

// linterCLI is the command line of a pinned linter.
func linterCLI(t testing.TB, name string) []string {
	f := found(t, name)
	return f.Argv[:len(f.Argv)-len(catalogue.Named(name).Args)]
}

// ruffProject is Ruff for a folder that configures it. It fixes nothing, whatever the configuration says.
var ruffProject = nativeCheck{
	nativeCommand: command("", "ruff", "check", "--no-cache", "--no-fix", "--output-format", "concise"),
	read:          linesMatching(`^(\S[^:\n]*\.pyi?):(\d+):\d+: `),
}

// golangciProject is golangci-lint for a module that configures it.
var golangciProject = golangciIn("")

// golangciIn is golangci-lint, without a bound on findings, for the module in a folder. Its paths are relative to that.
func golangciIn(dir string) nativeCheck {
	return nativeCheck{
		nativeCommand: command(
			dir, "golangci-lint", "run", "--color=never", "--path-mode=abs",
			"--max-issues-per-linter=0", "--max-same-issues=0", "./...",
		),
		read: linesMatching(`^(\S[^:\n]*\.go):(\d+):\d+: `),
	}
}

// pyrightProject is pyright for a folder.
var pyrightProject = nativeCheck{nativeCommand: command("", "pyright", "--outputjson"), read: readPyright}

func readPyright(t testing.TB, out string) (errors []string) {
	var printed struct {
		GeneralDiagnostics []struct {
			File, Severity string
			Range          struct{ Start struct{ Line int } }
		}
	}
	from := max(strings.Index(out, "{\n"), 0)
	if err := json.Unmarshal([]byte(out[from:]), &printed); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, d := range printed.GeneralDiagnostics {
		if d.Severity == "error" {
			errors = append(errors, fmt.Sprintf("%s:%d", d.File, d.Range.Start.Line+1))
		}
	}
	return errors
}

// typeScript is the compiler that a project has installed, for a project file of a folder.
func typeScript(dir string, argv ...string) nativeCheck {
	return nativeCheck{
		nativeCommand: command(dir, append(argv, "--pretty", "false")...),
		read:          linesMatching(`^(\S[^(\n]*)\((\d+),\d+\): error TS\d+: `),
	}
}

// ownTSC is the compiler that a folder has installed, for the folder's own project.
func ownTSC(dir string) nativeCheck { return typeScript(dir, "./node_modules/.bin/tsc", "--noEmit") }

// nodeSyntax has node parse each script.
var nodeSyntax = nativeCheck{
	nativeCommand: command("", "sh", "-c", `find . -name '*.js' -exec node --check {} \;`),
	read:          linesMatching(`^(\S+\.js):(\d+)$`),
}

// npmCI installs what the package-lock.json of a folder locks.
func npmCI(dir string) nativeCommand {
	return command(dir, "npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund")
}

// npmInstall installs packages into a folder.
func npmInstall(dir string, packages ...string) nativeCommand {
	argv := []string{"npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact"}
	return command(dir, append(argv, packages...)...)
}

// inVirtualEnvironment are the variables that activate .venv.
var inVirtualEnvironment = []string{"VIRTUAL_ENV={dir}/.venv", "PATH={dir}/.venv/bin:" + os.Getenv("PATH")}

// virtualEnvironment creates .venv and installs packages in it.
func virtualEnvironment(packages ...string) []nativeCommand {
	install := []string{"./.venv/bin/pip", "install", "--quiet", "--disable-pip-version-check"}
	return []nativeCommand{command("", "python3", "-m", "venv", ".venv"), command("", append(install, packages...)...)}
}

// shellcheckErrors is shellcheck for all scripts by their extensions.
var shellcheckErrors = nativeCheck{
	nativeCommand: command("", "sh", "-c",
		`find . -name vendor -prune -o -name node_modules -prune -o -name '*.sh' -print -o -name '*.bash' -print |`+
			` xargs -r -d '\n' shellcheck --severity error --external-sources --format gcc`),
	read: linesMatching(`^(\S+?):(\d+):\d+: error: `),
}

// shellcheckFolder is the folder of the pinned shellcheck.
func shellcheckFolder(t testing.TB) string {
	t.Helper()
	entry := found(t, "bash-language-server").Argv[1] // below node_modules
	root, _, _ := strings.Cut(entry, "/node_modules/")
	return filepath.Join(root, "programs", "bin")
}

// cmakeDatabase has cmake write build/compile_commands.json.
func cmakeDatabase(args ...string) []nativeCommand {
	argv := []string{"cmake", "-S", ".", "-B", "build", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"}
	return []nativeCommand{command("", append(argv, args...)...)}
}

// compilers runs the compiler of each entry of the compilation database, without code generation.
func compilers(database string) nativeCheck {
	script := `import json, shlex, subprocess, sys
failed = 0
for e in json.load(open(sys.argv[1])):
    argv = e.get("arguments") or shlex.split(e["command"])
    argv = [a for i, a in enumerate(argv) if a != "-o" and (i == 0 or argv[i-1] != "-o")]
    run = subprocess.run(argv + ["-fsyntax-only", "-w"], cwd=e["directory"], capture_output=True, text=True)
    failed |= run.returncode
    print(run.stderr)
sys.exit(failed != 0)
`
	return nativeCheck{
		nativeCommand: command("", "python3", "-c", script, database),
		read:          linesMatching(`^(\S+?):(\d+):\d+: (?:fatal )?error: `),
	}
}

// compilersOf runs gcc for the files that match a pattern, without code generation.
func compilersOf(pattern string, flags ...string) nativeCheck {
	return nativeCheck{
		nativeCommand: command("", "sh", "-c", "gcc -fsyntax-only -w "+strings.Join(flags, " ")+" "+pattern),
		read:          linesMatching(`^(\S+?):(\d+):\d+: (?:fatal )?error: `),
	}
}

// cargoProject is cargo check for a workspace.
var cargoProject = nativeCheck{
	nativeCommand: command("", "cargo", "check", "--workspace", "--all-targets", "--quiet", "--message-format", "short",
		"--target-dir", "{dir}/../target"),
	read: linesMatching(`^(\S+?):(\d+):\d+: error`),
}

// cargoLock writes Cargo.lock and fetches what it locks.
var cargoLock = []nativeCommand{
	command("", "cargo", "generate-lockfile", "--quiet"), command("", "cargo", "fetch", "--quiet"),
}
