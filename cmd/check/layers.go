package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// layer is a package of this module: a row of the map.
type layer struct {
	name, owns string
}

// floors are all packages of this module. A package may import those of the floors below
// it and those of its own floor that come before it. README's map is made from this table
// by 'go run ./cmd/check map'.
var floors = []struct {
	title    string
	packages []layer
}{
	{"0: pure", []layer{
		{name: "selectors/fault", owns: "the one error type and the table of exit codes"},
		{name: "selectors/text", owns: "content, lines, and every conversion between bytes, UTF-8, UTF-16 and code points"},
		{name: "selectors/visible", owns: "how foreign text is shown: escapes, and the last defence of a terminal and a job's log"},
		{name: "selectors", owns: "the selector language, its JSON form, resolution and relocation over a small `Source`"},
		{name: "index/beneath", owns: "opening files of a workspace: regular ones, beneath its root, without blocking, bounded"},
		{name: "index/store", owns: "a disk cache in the user's cache folder: any entry may vanish, damage is a miss"},
		{name: "index/syntax", owns: "parsing with tree-sitter: a folder for each language"},
		{name: "server/programs", owns: "which programs of this machine may be started, and their environment"},
		{name: "server/sandbox", owns: "the launcher: what a program may read, execute, write and reach; it dies with its parent"},
		{name: "server/wire", owns: "what foreign bytes must be before they are decoded: size, depth, UTF-8"},
		{name: "server/trace", owns: "the trace: what was asked of the outside world and what it answered, recorded or replayed"},
	}},
	{"1: facts", []layer{
		{name: "index", owns: "the workspace: root, walking by git's rules, snapshots, modules, earlier versions, search"},
		{name: "index/indextest", owns: "test support: pinned code bases from the registries"},
		{name: "server/bundle", owns: "the bundle: types, order, named roots, canonical bytes, digest"},
		{name: "server/catalogue", owns: "language servers as data: how to install each, what it notices, where it is blind"},
	}},
	{"2: what can be asked", []layer{
		{name: "server/api", owns: "the vocabulary of questions: Request, the tables of operations and of options, Door"},
		{name: "server/lsp", owns: "sessions with language servers"},
		{name: "server/lsp/lsptest", owns: "test support: a fake language server that misbehaves on request"},
		{name: "server/install", owns: "where servers are, and the commands that install pinned ones"},
		{name: "server/toolchain", owns: "what this machine offers a server: tools, libraries, environment, what it may touch"},
		{name: "server/compare", owns: "two checks compared: what is new or gone, on which lines, and what the step is worth"},
		{name: "server/report", owns: "bundles as text, for people and within a budget of tokens; checks in thirteen formats"},
		{name: "server/scip", owns: "SCIP indexes, written and read"},
		{name: "server/settings", owns: "lanser.toml: which files are checked, and how findings weigh"},
	}},
	{"3: doing it", []layer{
		{name: "server/jsonl", owns: "the batch protocol: in order, and as a stream with its client"},
		{name: "server/mcp", owns: "operations as MCP tools, with resources and prompts"},
		{name: "server/editor", owns: "the read-only language server in front of all others"},
		{name: "server/schema", owns: "the JSON Schemas, their versions, validation"},
		{name: "server/pool", owns: "which sessions run, and who may ask one now"},
		{name: "server", owns: "the engine: resolve, ask, normalise, weigh the evidence, remember"},
	}},
	{"4: wiring", []layer{
		{name: "server/daemon", owns: "the warm process: its socket, who may talk to it, how long it lives"},
		{name: "cmd/lanser", owns: "the command line"},
		{name: "cmd/check", owns: "the gate, and the rules of this map"},
	}},
}

// reachesC are the packages that need a C compiler, for they reach index/syntax and its
// grammars. The list can only shrink: a front end should need package server/api alone.
var reachesC = []string{
	"index/syntax", "index", "server/toolchain", "server/pool", "server", "server/daemon", "cmd/lanser",
}

// owners are the only packages that may import a foreign module, by its path's beginning.
var owners = map[string]string{
	"github.com/smacker/go-tree-sitter": "index/syntax",
	"github.com/landlock-lsm":           "server/sandbox",
	"github.com/scip-code/scip":         "server/scip",
}

// imported describes a package of this module as 'go list' reports it. Paths lack the leading
// "lanser/", as in "server/api".
type imported struct {
	name     string
	imports  []string // of this module
	foreign  []string // of others
	reachesC bool     // index/syntax, and with it C, is among all that it imports
}

func listPackages(root string) ([]imported, error) {
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}}|{{join .Imports " "}}|{{join .Deps " "}}`, "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var all []imported
	for line := range strings.Lines(string(out)) {
		parts := strings.Split(strings.TrimSpace(line), "|")
		p := imported{name: strings.TrimPrefix(parts[0], "lanser/")}
		for _, imp := range strings.Fields(parts[1]) {
			if rel, ours := strings.CutPrefix(imp, "lanser/"); ours {
				p.imports = append(p.imports, rel)
			} else {
				p.foreign = append(p.foreign, imp)
			}
		}
		deps := strings.Fields(parts[2])
		p.reachesC = p.name == "index/syntax" || slices.Contains(deps, "lanser/index/syntax")
		all = append(all, p)
	}
	return all, nil
}

const (
	mapStart = "<!-- The map is made from cmd/check/layers.go: go run ./cmd/check map -->"
	mapEnd   = "<!-- End of the map. -->"
)

// drawMap returns the map in Markdown. A star marks the packages that need a C compiler.
func drawMap() string {
	var b strings.Builder
	b.WriteString("| floor | package | owns |\n|---|---|---|\n")
	for _, f := range slices.Backward(floors) {
		title := f.title
		for _, p := range f.packages {
			star := ""
			if slices.Contains(reachesC, p.name) {
				star = " \\*"
			}
			fmt.Fprintf(&b, "| %s | `%s`%s | %s |\n", title, p.name, star, p.owns)
			title = ""
		}
	}
	return b.String()
}

// withMap returns a text with the map between its markers.
func withMap(text []byte) ([]byte, error) {
	head, rest, found := bytes.Cut(text, []byte(mapStart+"\n"))
	_, tail, ended := bytes.Cut(rest, []byte(mapEnd))
	if !found || !ended {
		return nil, fmt.Errorf("the lines %q and %q are not there", mapStart, mapEnd)
	}
	return slices.Concat(head, []byte(mapStart+"\n\n"+drawMap()+"\n"+mapEnd), tail), nil
}

func writeMap(file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	drawn, err := withMap(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, drawn, 0o644)
}
