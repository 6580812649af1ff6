package server_test

import (
	"encoding/json"
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

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lanser/index/indextest"
)

// Two other tools that answer from language servers, with the servers that Lanser uses:
//
//   - the commands of gopls, for Go;
//   - cclsp (npm), an MCP server for agents, for all languages.
//
// Their readers make no mistake either: of several symbols with a name they read the one that is meant. Where a tool
// answers with places alone and the question is about functions, the headers of the functions are read, as after a
// search with grep. Neither says whether an answer is complete, so each wrong or incomplete one is a confident error.

// peer is another tool.
type peer struct {
	name string
	// open returns what puts a question about a code base. It is nil if the tool does not know the language.
	open func(t *testing.T, dir string, code worthCode) asking
}

// asking puts a question and returns what the answer is worth.
type asking func(q worthQuestion, truth lineSet) worth

var peers = []peer{{name: "gopls", open: openGopls}, {name: "cclsp", open: openCclsp}}

// placesTool asks a tool that answers with places, "path:line:column", and counts what that costs. It may read
// headers of functions.
type placesTool struct {
	grepping
	truth lineSet // the answer to the question, by which its reader makes no mistake
	// references and implementations ask about the symbol at a place; locate finds the place of the symbol that a
	// question is about.
	locate          func(q worthQuestion) (symbolAt, bool)
	references      func(at symbolAt, declaration bool) []symbolAt
	implementations func(at symbolAt) []symbolAt
}

// symbolAt is a place, counted from 1, and the name of the symbol if it is known.
type symbolAt struct {
	path      string
	line, col int
	name      string
	selector  string // "Type.name" of a member, if it is known
}

func placesLines(list []symbolAt) lineSet {
	out := lineSet{}
	for _, at := range list {
		out.add(at.path, at.line)
	}
	return out
}

// answer answers a question.
func (p *placesTool) answer(q worthQuestion, truth lineSet) worth {
	p.t.Helper()
	began := time.Now()
	p.worth, p.truth = worth{questions: 1, wanted: len(truth)}, truth
	listed := lineSet{}
	if at, found := p.locate(q); found {
		switch q.kind {
		case askMethod, askField:
			listed = placesLines(p.references(at, true))
		case askFamily:
			for _, one := range append(p.implementations(at), at) {
				one.name = q.name
				for _, use := range p.references(one, true) {
					listed.add(use.path, use.line)
				}
			}
		case askTypes:
			listed = placesLines(p.implementations(at))
		case askSignature:
			listed = p.around(at)
		case askCallers:
			listed = p.around(at)
			for _, caller := range sortedLines(listed) {
				path, n := splitLine(caller)
				name := declaredName(p.text(caller))
				if name == "" {
					continue
				}
				col := strings.Index(p.text(caller), name) + 1
				for line := range p.around(symbolAt{path: path, line: n, col: col, name: name}) {
					listed[line] = true
				}
			}
			for line := range listed {
				if p.declares(q, line) {
					delete(listed, line)
				}
			}
		}
	}
	p.finish(q, listed, truth, began)
	return p.worth
}

// around returns the headers of the functions that use a symbol.
func (p *placesTool) around(at symbolAt) lineSet {
	uses := placesLines(p.references(at, false))
	if len(uses) == 0 {
		return lineSet{}
	}
	headers := p.read(uses, true)
	for line := range headers {
		if declaredName(p.text(line)) == "" {
			delete(headers, line)
		}
	}
	return headers
}

func (p *placesTool) finish(q worthQuestion, listed, truth lineSet, began time.Time) {
	p.listed, p.found, p.wrong = len(listed), listed.common(truth), len(listed.minus(truth))
	if p.wrong > 0 || p.found < len(truth) {
		p.confident = 1
		p.t.Logf("%s %s: missing %v, wrong %v", q.kind, q.selector, truth.minus(listed), listed.minus(truth))
	}
	p.took = time.Since(began)
}

// declares reports whether a line declares what a question is about.
func (p *placesTool) declares(q worthQuestion, line string) bool {
	path, _ := splitLine(line)
	return path == q.path && declaredName(p.text(line)) == q.name
}

func sortedLines(s lineSet) []string { return s.minus() }

// placeLine matches a place in the answer of a tool.
var placeLine = regexp.MustCompile(`(?m)^(\S+?):(\d+):(\d+)`)

// places reads the places of an answer that lie in the workspace.
func (p *placesTool) places(text string) (out []symbolAt) {
	for _, m := range placeLine.FindAllStringSubmatch(text, -1) {
		path, err := filepath.Rel(p.dir, m[1])
		if err != nil || !filepath.IsLocal(path) {
			continue
		}
		line, _ := strconv.Atoi(m[2])
		col, _ := strconv.Atoi(m[3])
		out = append(out, symbolAt{path: filepath.ToSlash(path), line: line, col: col})
	}
	return out
}

// openGopls asks with the commands of gopls. Each starts a process, which shares a cache on disk with the others.
func openGopls(t *testing.T, dir string, code worthCode) asking {
	if code.extension != ".go" {
		return nil
	}
	p := &placesTool{grepping: grepping{t: t, dir: realDir(t, dir), extension: code.extension}}
	command := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(found(t, "gopls").Argv[0], args...)
		cmd.Dir = p.dir
		out, err := cmd.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		p.calls++
		p.bytes += len(out)
		return string(out)
	}
	position := func(at symbolAt) string { return fmt.Sprintf("%s:%d:%d", at.path, at.line, at.col) }
	p.locate = func(q worthQuestion) (at symbolAt, isFound bool) {
		text := command("workspace_symbol", "-matcher=casesensitive", q.selector)
		for line := range strings.Lines(text) {
			fields := strings.Fields(line) // "path:line:col-col Name Kind"
			one := p.places(line)
			if len(fields) == 3 && len(one) == 1 && one[0].path == q.path && strings.HasSuffix(fields[1], q.selector) {
				return one[0], true
			}
		}
		return at, false
	}
	p.references = func(at symbolAt, declaration bool) []symbolAt {
		return p.places(command("references", fmt.Sprint("-d=", declaration), position(at)))
	}
	p.implementations = func(at symbolAt) []symbolAt { return p.places(command("implementation", position(at))) }
	return p.answer
}

func realDir(t *testing.T, dir string) string {
	t.Helper()
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// cclspSection matches the heading of the answer about one of several symbols with a name.
var cclspSection = regexp.MustCompile(`(?m)^Results for (\S+) \(.*\) at (\S+):(\d+):(\d+):\n`)

// openCclsp asks the tools of cclsp. Its tools for calls are not used: it loses every answer of a server that contains
// characters outside of ASCII, as those of gopls about calls do.
func openCclsp(t *testing.T, dir string, code worthCode) asking {
	p := &placesTool{grepping: grepping{t: t, dir: realDir(t, dir), extension: code.extension}}
	server := map[string]string{".go": "gopls", ".js": "typescript-language-server", ".py": "pyright"}[code.extension]
	config := filepath.Join(t.TempDir(), "cclsp.json")
	raw, err := json.Marshal(map[string]any{"servers": []any{map[string]any{
		"extensions": []string{code.extension[1:]}, "command": found(t, server).Argv, "rootDir": p.dir,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", filepath.Join(indextest.NPMProject(t, "testdata/peers"),
		"node_modules/cclsp/dist/index.js"))
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), "CCLSP_CONFIG_PATH="+config)
	client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &sdk.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	call := func(tool string, args map[string]any) string {
		t.Helper()
		r, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: args})
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, c := range r.Content {
			if c, isText := c.(*sdk.TextContent); isText {
				text += c.Text
			}
		}
		p.calls++
		p.bytes += len(text)
		return text
	}
	p.locate = func(q worthQuestion) (symbolAt, bool) {
		at := symbolAt{path: q.path, name: q.name, selector: q.selector}
		if q.kind != askFamily && q.kind != askTypes {
			return at, true // its tool for references takes the name
		}
		for _, one := range p.meant(at, sectionsOf(p, call("find_definition", nameIn(at)))) {
			return one.symbolAt, true
		}
		return at, false
	}
	p.references = func(at symbolAt, declaration bool) (out []symbolAt) {
		args := nameIn(at)
		args["include_declaration"] = declaration
		for _, one := range p.meant(at, sectionsOf(p, call("find_references", args))) {
			out = append(out, one.places...)
		}
		return out
	}
	p.implementations = func(at symbolAt) []symbolAt {
		return p.places(call("find_implementation", map[string]any{
			"file_path": at.path, "line": at.line, "character": at.col,
		}))
	}
	return p.answer
}

// nameIn is the symbol of a question, as cclsp takes it.
func nameIn(at symbolAt) map[string]any {
	return map[string]any{"file_path": at.path, "symbol_name": at.name}
}

// meant returns what an answer says about the symbol that is meant: the one at its line, or with its type, or whose
// declaration belongs to the answer, or else all with its name.
func (p *placesTool) meant(at symbolAt, list []section) []section {
	list = slices.DeleteFunc(list, func(s section) bool {
		return s.name != at.name || at.line != 0 && s.line != at.line
	})
	isSame := func(s section) bool { return s.selector == at.selector }
	if i := slices.IndexFunc(list, isSame); i >= 0 {
		return list[i : i+1]
	}
	isDeclared := func(s section) bool { return p.truth[fmt.Sprint(s.path, ":", s.line)] }
	if i := slices.IndexFunc(list, isDeclared); i >= 0 {
		return list[i : i+1]
	}
	return list
}

// section is what an answer of cclsp says about one symbol.
type section struct {
	symbolAt
	places []symbolAt
}

// sectionsOf reads an answer of cclsp. The name of a symbol is its last part: gopls calls a method "(*T).m".
func sectionsOf(p *placesTool, text string) (out []section) {
	heads := cclspSection.FindAllStringSubmatchIndex(text, -1)
	for i, m := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		name := strings.NewReplacer("(*", "", "(", "", ")", "").Replace(text[m[2]:m[3]])
		line, _ := strconv.Atoi(text[m[6]:m[7]])
		col, _ := strconv.Atoi(text[m[8]:m[9]])
		out = append(out, section{
			symbolAt: symbolAt{
				path: text[m[4]:m[5]], line: line, col: col, selector: name,
				name: name[strings.LastIndexByte(name, '.')+1:],
			},
			places: p.places(text[m[1]:end]),
		})
	}
	slices.SortFunc(out, func(a, b section) int { return a.line - b.line })
	return out
}
