package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// A test checks three rules on what 'go list' reports:
//
//   - A package imports only packages that precede it in the table floors.
//   - Only the packages of reachesC need a C compiler.
//   - A module that is hard to replace or to trust is imported by a single package, its owner in the table owners.
//
// The map in README is generated from the table floors, so that a new package is not forgotten there.

// layer is a row of the map: a package of this module, by its import path without "lanser/", with what it does and
// no other package does, in Markdown.
type layer struct {
	name, owns string
}

// floors list all packages of this module. A package may import packages of the floors below it,
// and packages of its own floor that precede it. 'go run ./cmd/check map' generates the map in
// README from this table.
var floors = []struct {
	title    string
	packages []layer
}{
	{"0: pure", []layer{
		{name: "selectors/fault", owns: "the one error type and the table of exit codes"},
		{name: "selectors/lazyregexp", owns: "regular expressions that are compiled when they are first used"},
		{name: "selectors/memo", owns: "tables of results that are computed once"},
		{
			name: "selectors/text",
			owns: "content, lines, and every conversion between bytes, UTF-8, UTF-16 and code points",
		},
		{name: "selectors/visible", owns: "how untrusted text is printed: escapes that protect terminals and CI logs"},
		{
			name: "selectors",
			owns: "the selector language, its JSON form, resolution and relocation over a small `Source`",
		},
		{name: "index/parallel", owns: "calling a function for many numbers on all cores"},
		{
			name: "index/beneath",
			owns: "opening files of a workspace: only regular files below its root, without blocking, up to a size",
		},
		{
			name: "index/store",
			owns: "a disk cache in the user's cache folder: entries may vanish, a damaged one is a miss",
		},
		{
			name: "index/manifest",
			owns: "decoding TOML files within bounds, and the settings that users write; which crate a Cargo.toml describes",
		},
		{name: "index/syntax", owns: "parsing with tree-sitter: a folder for each language"},
		{name: "server/programs", owns: "which programs of this machine may be started, and their environment"},
		{name: "index/git", owns: "running git: lists, states, objects and history, with commands that change nothing"},
		{name: "server/sandbox", owns: "starting programs confined: what they may read, execute, write and connect to"},
		{name: "server/wire", owns: "checks of untrusted input before it is decoded: size, depth, UTF-8"},
		{name: "server/remote", owns: "a cache of answers that machines share, over HTTP: a damaged entry is a miss"},
		{name: "server/trace", owns: "traces: recording and replaying lookups, messages and answers"},
	}},
	{"1: facts", []layer{
		{
			name: "index",
			owns: "the workspace: root, listing files by git's rules, snapshots, modules, earlier versions, search",
		},
		{name: "index/indextest", owns: "test support: pinned code bases from the registries"},
		{name: "server/bundle", owns: "the bundle: types, order, named roots, canonical bytes, digest"},
		{name: "server/patch", owns: "unified diffs: reading them, applying them in memory, writing edits as diffs"},
		{
			name: "server/project",
			owns: "what files say of projects: imports, links, modules, builds, dependencies, languages",
		},
		{name: "server/project/projecttest", owns: "test support: a view of files in memory"},
		{
			name: "server/cbuild",
			owns: "how C and C++ are compiled: compilation databases, what includes what, which macros decide",
		},
		{
			name: "server/javabuild",
			owns: "how Java is compiled: source roots, modules, and the projects that describe them to JDT LS",
		},
		{name: "server/compiler", owns: "how the command lines of compilers are asked, and what they print"},
		{
			name: "server/overlooked",
			owns: "what the command line of a language finds and its language server does not",
		},
		{name: "server/dangers", owns: "what in a workspace could make a language server run, load or read something"},
		{name: "server/dangers/dangerstest", owns: "test support: a workspace in memory, as package dangers reads it"},
		{
			name: "server/catalogue",
			owns: "language servers as data: how to install each, which changes it notices, what it cannot see",
		},
		{
			name: "server/mention",
			owns: "whether a word that spells the name of a symbol can be a use of it, by the rules of languages",
		},
	}},
	{"2: requests and sessions", []layer{
		{
			name: "server/api",
			owns: "requests: the type Request, the tables of operations and options, the interface Door",
		},
		{name: "server/ledger", owns: "the ledger: what every occurrence of a name is to the symbol"},
		{name: "server/words", owns: "what syntax alone says of a word: declaration, import, base of a type, call"},
		{name: "server/shell", owns: "what a word of a shell script is to a function or variable of the shell"},
		{name: "server/lsp", owns: "sessions with language servers"},
		{name: "server/lsp/lsptest", owns: "test support: a fake language server that misbehaves on request"},
		{
			name: "server/places",
			owns: "what servers, compilers and linters say about places, read against a snapshot",
		},
		{name: "server/install", owns: "finding and installing language servers"},
		{
			name: "server/toolchain",
			owns: "what this machine offers a server: tools, libraries, environment, sandbox policy; doctor",
		},
		{
			name: "server/plan",
			owns: "the plan of a check: which files are owed, who checks them, and in which state each of them ends",
		},
		{name: "server/compare", owns: "comparing two checks: new and absent findings, changed lines, process rewards"},
		{
			name: "server/report",
			owns: "bundles as text for people and for agents (with a token budget); reports of checks in 15 formats",
		},
		{name: "server/scip", owns: "writing and reading SCIP indexes"},
		{name: "server/memory", owns: "what is remembered of answers: bundles, servers' answers, definitions"},
		{name: "server/settings", owns: "lanser.toml: excluded files and the severity of findings"},
	}},
	{"3: engine and front ends", []layer{
		{name: "server/jsonl", owns: "the batch protocol: answers in order, or as a stream; its client"},
		{name: "server/mcp", owns: "operations as MCP tools, with resources and prompts"},
		{name: "server/editor", owns: "the read-only language server in front of all others"},
		{name: "server/hook", owns: "hook events of agents: which findings an edit has newly caused"},
		{name: "server/schema", owns: "the JSON Schemas, their versions, and validation"},
		{name: "server/pool", owns: "which sessions run, and which request may use one"},
		{name: "server/uses", owns: "the uses of one symbol: every word of its names gets an entry in the ledger"},
		{name: "server/symbol", owns: "answers about the words of one symbol: references, renaming, what it is"},
		{
			name: "server/findings",
			owns: "one part of a check: what a server or linter finds, reconciled with compilers and build tools",
		},
		{name: "server/hierarchy", owns: "what leads from a symbol to others: callers, types, implementations, impact"},
		{
			name: "server/states",
			owns: "states besides the one on disk: overlays, patches, staged, earlier commits; checks compared with them",
		},
		{name: "server", owns: "the engine: resolves selectors, leases sessions, determines the evidence, caches"},
	}},
	{"4: wiring", []layer{
		{name: "server/daemon", owns: "the daemon: its socket, authentication, lifetime"},
		{name: "cmd/lanser", owns: "the command line"},
		{name: "cmd/check", owns: "the checks of CI, and the rules of this map"},
		{name: "cmd/release", owns: "programs for every platform, archives, packages and checksums; publishes nothing"},
	}},
}

// reachesC are the packages that need a C compiler, because they depend on index/syntax and its grammars. Tests of the
// other packages build in a second and run on every system. A package may only be added if it was split off from one
// on the list. A front end should need no more than package server/api.
var reachesC = []string{
	"index/syntax", "index", "server/shell", "server/places", "server/plan", "server/toolchain", "server/pool",
	"server/uses", "server/symbol", "server/findings", "server/hierarchy", "server/states", "server", "server/daemon",
	"cmd/lanser",
}

// owners maps prefixes of import paths of other modules to the only package that may import them.
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
	reachesC bool     // depends on index/syntax, and thereby on C
}

// listPackages returns the packages of the module at root.
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

// The lines of README around the map.
const (
	mapStart = "<!-- The map is generated from cmd/check/layers.go: go run ./cmd/check map -->"
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

// withMap returns a text with the map between its markers in place of what is there. The markers stay.
func withMap(text []byte) ([]byte, error) {
	head, rest, found := bytes.Cut(text, []byte(mapStart+"\n"))
	_, tail, ended := bytes.Cut(rest, []byte(mapEnd))
	if !found || !ended {
		return nil, fmt.Errorf("the lines %q and %q are missing", mapStart, mapEnd)
	}
	return slices.Concat(head, []byte(mapStart+"\n\n"+drawMap()+"\n"+mapEnd), tail), nil
}

// writeMap updates the map in a file.
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
