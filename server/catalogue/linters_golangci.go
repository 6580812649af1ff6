package catalogue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tailscale/hujson"
	"go.yaml.in/yaml/v3"

	"lanser/index/manifest"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/compiler"
	"lanser/server/dangers"
	"lanser/server/project"
)

// golangciConfigs are the files that configure golangci-lint.
var golangciConfigs = []string{".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json"}

var golangciLint = &Server{
	Name:    "golangci-lint",
	Version: "v2.15.0",
	Reading: Reading{
		LanguageIDs: map[string]string{".go": "go"},
		Configs:     slices.Concat(golangciConfigs, []string{"go.mod", "go.work", "go.sum", "go.work.sum"}),
	},
	Checking: Checking{
		Linter: &Linter{
			Configs: golangciConfigs,
			Command: &LinterCommand{
				// A finding that is hidden because there are many of its kind would come up when others are corrected.
				Check: []string{
					"run", "--output.json.path=stdout", "--show-stats=false", "--path-mode=abs", "--color=never",
					"--max-issues-per-linter=0", "--max-same-issues=0", "--allow-parallel-runners", "./...",
				},
				Source:  "golangci-lint",
				Repeats: "typecheck",
				Lines:   text.LineEndsFeed,
				Columns: text.UTF8,
				folder:  inGoModule,
				read:    readGolangci,
			},
			OtherVersion:   lazyregexp.New(`unsupported version of the configuration: "([^"]*)"`),
			DefaultVersion: "1",
		},
		standing: func(_ *Server, v project.View) func(string) Standing { return goStanding(gopls, v) },
	},
	Starting: Starting{
		Install: Install{
			Manager: "go",
			Package: "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0",
			Sum:     "h1:w94zf8HAYI7hm3164kwKsvZRuqXvY+YxeFoTbu1OLg8=",
			Command: "golangci-lint",
			Pinned:  true,
		},
		Env:        gopls.Env,
		Hashed:     gopls.Hashed,
		ReadVars:   gopls.ReadVars,
		CacheVars:  map[string]string{"GOCACHE": "go-build", "GOLANGCI_LINT_CACHE": "golangci-lint"},
		Toolchain:  GoToolchain,
		Tools:      gopls.Tools,
		SystemPath: true,
		Network:    gopls.Network,
		OfflineEnv: gopls.OfflineEnv,
		refuse:     refuseGolangci,
		Dangers: append([]dangers.Danger{
			{
				Files: ".golangci.yml, .golangci.yaml, .golangci.toml, .golangci.json (linters.settings.custom.*.path)",
				Could: "have a plugin of the workspace loaded",
				Stop:  dangers.StopRefusal,
				By:    "such a setting in a configuration of the workspace, or in the repository above it",
			},
			{
				Files: "*.go (rules of gocritic's ruleguard)",
				Could: "be executed as rules",
				Stop:  dangers.StopServer,
				By:    "ruleguard interprets a part of Go that reaches nothing but the code that is checked",
			},
		}, gopls.Dangers...),
	},
	Answering: Answering{
		Why: "golangci-lint checks each package of the module",
	},
}

// refuseGolangci is [Server.refuse] of golangci-lint: its configuration may name a plugin, which it loads.
func refuseGolangci(d dangers.Disk) (file, why string) {
	folders := dangers.FoldersWith(d, func(p string) bool {
		return path.Base(p) == "go.mod" || slices.Contains(golangciConfigs, path.Base(p))
	})
	up := ""
	for range d.Above() {
		up += "../"
		folders = append(folders, path.Clean(up))
	}
	return dangers.EachFile(d, append(folders, "."), golangciConfigs, func(p string, content []byte) string {
		return judgeGolangci(p, content)
	})
}

// judgeGolangci returns why a configuration of golangci-lint must not be used; "" if it may be. Its keys may be in any
// case, and several of them may be joined by dots.
func judgeGolangci(file string, content []byte) (why string) {
	if !strings.Contains(foldCase(string(content)), "custom") && !bytes.ContainsRune(content, '\\') {
		return "" // no plugin, neither as it is written nor by an escape
	}
	var config any
	var err error
	switch {
	case text.Nesting(content) > project.MaxNesting || len(content) > dangers.MaxConfiguration:
		err = errors.New("it is too large")
	case path.Ext(file) == ".toml":
		err = manifest.DecodeTOML(content, &config)
	case path.Ext(file) == ".json":
		var standard []byte
		standard, err = hujson.Standardize(bytes.Clone(content))
		if err == nil {
			err = json.Unmarshal(standard, &config)
		}
	default:
		err = yaml.Unmarshal(content, &config)
	}
	if err != nil {
		return fmt.Sprintf("it cannot be judged (%v), and may name a plugin that golangci-lint loads", err)
	}
	if namesPlugin(config, nil) {
		return "it names a plugin that golangci-lint loads"
	}
	return ""
}

// foldCase returns a key in the one spelling of all that golangci-lint takes for the same. It includes letters other
// than ASCII, such as the long s.
func foldCase(key string) string { return strings.ToLower(strings.ToUpper(key)) }

// namesPlugin reports whether a decoded configuration has the key path somewhere below the key custom; above are the
// keys above it.
func namesPlugin(v any, above []string) bool {
	below := func(key string, value any) bool {
		keys := slices.Concat(above, strings.Split(foldCase(key), "."))
		i := slices.Index(keys, "custom")
		return i >= 0 && slices.Contains(keys[i:], "path") || namesPlugin(value, keys)
	}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if below(key, value) {
				return true
			}
		}
	case map[any]any: // of YAML, if not all keys are strings
		for key, value := range v {
			if below(fmt.Sprint(key), value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return namesPlugin(e, above) })
	}
	return false
}

// readGolangci reads golangci-lint's JSON. What it reports fails its command line, whatever severity it has.
func readGolangci(checked, _ []byte) (report CommandReport, err error) {
	var printed *struct {
		Issues []struct {
			FromLinter, Text string
			Pos              struct {
				Filename     string
				Line, Column int
			}
		}
	}
	begin := bytes.Index(checked, []byte(`{"Issues":`)) // the configuration may have it print other formats too
	if begin < 0 {
		return report, errors.New("it printed no report")
	}
	if err := json.NewDecoder(bytes.NewReader(checked[begin:])).Decode(&printed); err != nil {
		return report, err
	}
	for _, issue := range printed.Issues {
		if errs := compilerErrors(issue.Text); issue.FromLinter == "typecheck" && errs != nil {
			dir := path.Dir(issue.Pos.Filename)
			for _, f := range errs {
				f.At.File = path.Join(dir, path.Base(f.At.File))
				report.Findings = append(report.Findings, f)
			}
			continue
		}
		at := issue.Pos
		report.Findings = append(report.Findings, compiler.Finding{
			Severity: "error", Code: issue.FromLinter, Message: issue.Text,
			At: compiler.PlaceFrom1(at.Filename, at.Line, at.Column, 0, 0),
		})
	}
	return report, nil
}

// goError is a line in which the go command reports an error of the compiler.
var goError = lazyregexp.New(`^(\S+\.go):(\d+):(\d+): (.*)$`)

// compilerErrors returns the errors that the go command has reported for a package, which golangci-lint puts into one
// finding; nil if the text is another one.
func compilerErrors(text string) (found []compiler.Finding) {
	if !strings.HasPrefix(text, ": # ") {
		return nil
	}
	for line := range strings.Lines(text) {
		m := goError.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		row, _ := strconv.Atoi(m[2]) // digits
		column, _ := strconv.Atoi(m[3])
		found = append(found, compiler.Finding{
			Severity: "error", Code: "typecheck", Message: m[4], At: compiler.PlaceFrom1(m[1], row, column, 0, 0),
		})
	}
	return found
}
