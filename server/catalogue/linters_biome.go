package catalogue

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"lanser/selectors/text"
	"lanser/server/compiler"
	"lanser/server/dangers"
)

// biome is asked by its command line. Its language server is a daemon that listens on a socket, which the sandbox
// does not allow.
var biome = &Server{
	Name:    "biome",
	Version: "2.6.8",
	Reading: Reading{
		LanguageIDs: map[string]string{
			".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascriptreact",
			".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "typescriptreact",
		},
		Configs:       []string{"biome.json", "biome.jsonc", ".biome.json", ".biome.jsonc", "*.grit"},
		ProjectsPinIt: true,
	},
	Checking: Checking{
		Linter: &Linter{
			Configs: []string{"biome.json", "biome.jsonc", ".biome.json", ".biome.jsonc"},
			Command: &LinterCommand{
				Check: []string{
					"lint", "--reporter=rdjson", "--max-diagnostics=none", "--colors=off",
					"--no-errors-on-unmatched", ".",
				},
				List: []string{
					"lint", "--verbose", "--max-diagnostics=1", "--diagnostic-level=error", "--colors=off",
					"--no-errors-on-unmatched", ".",
				},
				Source:  "biome",
				Lines:   text.LineEndsFeed,
				Columns: text.CodePoint,
				folder:  outermostConfig,
				read:    readBiome,
			},
		},
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Package: "@biomejs/biome@2.6.8",
			Sum:     "sha512-kqZUFvX6/aYQOmzfRN5ANcfNS9wLH4aHLWWP/dQKyhRZVoA6rdWszA7DGugFcxPbMiznUyVYyukVl+ExZN4PQA==",
			Native:  "@biomejs/cli-{platform}/biome",
			Command: "biome",
			Pinned:  true,
		},
		SetEnv: map[string]string{"NO_COLOR": "1"},
		Dangers: []dangers.Danger{
			{
				Files: "biome.json, biome.jsonc (plugins, extends)",
				Could: "name files that are read as configuration or as patterns of code",
				Stop:  dangers.StopServer,
				By:    "Biome interprets them, and has no plugins that are programs",
			},
			{
				Files: "bin, node_modules/.bin and other folders of the workspace on PATH, node_modules/@biomejs",
				Could: "have a biome of its own run",
				Stop:  dangers.StopPath,
				By:    "the pinned Biome is run, and folders of the workspace are left out",
			},
		},
	},
	Answering: Answering{
		Why: "Biome lists each file that it has checked",
	},
}

// readBiome reads what Biome prints as reviewdog's format, and the files that it lists with --verbose.
func readBiome(checked, listed []byte) (report CommandReport, err error) {
	type point struct{ Line, Column int }
	var printed struct {
		Diagnostics []struct {
			Message, Severity string
			Code              struct{ Value string }
			Location          struct {
				Path  string
				Range *struct{ Start, End point }
			}
		}
	}
	begin := bytes.IndexByte(checked, '{')
	if begin < 0 {
		return report, errors.New("it printed no report")
	}
	if err := json.NewDecoder(bytes.NewReader(checked[begin:])).Decode(&printed); err != nil {
		return report, err
	}
	for _, d := range printed.Diagnostics {
		f := compiler.Finding{
			Code: d.Code.Value, Message: d.Message, At: compiler.Place{File: d.Location.Path},
			Severity: map[string]string{"WARNING": "warning", "INFO": "information"}[d.Severity],
		}
		if f.Severity == "" {
			f.Severity = "error"
		}
		if r := d.Location.Range; r != nil {
			f.At = compiler.PlaceFrom1(d.Location.Path, r.Start.Line, r.Start.Column, r.End.Line, r.End.Column)
		}
		report.Findings = append(report.Findings, f)
	}
	_, list, ok := strings.Cut(string(listed), biomeFiles)
	if !ok {
		return report, errors.New("it did not list the files that it has checked")
	}
	report.Files = []string{}
	list, _, _ = strings.Cut(list, "VERBOSE")
	for line := range strings.Lines(list) {
		if file, isFile := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "  - "); isFile {
			report.Files = append(report.Files, file)
		}
	}
	return report, nil
}

// biomeFiles is the line before the files that Biome lists.
const biomeFiles = "Files processed:"
