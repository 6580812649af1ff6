package catalogue

import (
	"encoding/json"
	"path"
	"strings"

	"lanser/selectors/text"
	"lanser/server/compiler"
	"lanser/server/dangers"
	"lanser/server/project"
)

// eslint is the ESLint that a project has installed. Its configuration, its plugins and ESLint itself are code of the
// workspace, so nothing of it runs without the user's trust.
var eslint = &Server{
	Name:    "eslint",
	Version: "of the project",
	Reading: Reading{
		LanguageIDs: map[string]string{
			".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascriptreact",
			".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "typescriptreact",
			".vue": "vue", ".svelte": "svelte", ".astro": "astro",
		},
		Configs: []string{
			"eslint.config.*", ".eslintrc", ".eslintrc.*", ".eslintignore", "package.json", "tsconfig*.json",
		},
	},
	Checking: Checking{
		Linter: &Linter{
			Configs: []string{eslintFlat, ".eslintrc", ".eslintrc.*"},
			Tables:  map[string][]string{"package.json": {"eslintConfig"}},
			Command: &LinterCommand{
				Check:     []string{"--format", "json", "--no-error-on-unmatched-pattern", "."},
				Folder:    ".",
				Own:       "eslint/bin/eslint.js",
				Source:    "eslint",
				Lines:     text.LineEndsECMAScript,
				Columns:   text.UTF16,
				SkipsMark: true,
				folder:    eslintFolder,
				read:      readESLint,
			},
		},
	},
	Starting: Starting{
		Install: Install{Manager: "project", Command: "eslint"},
		SetEnv:  map[string]string{"NO_COLOR": "1"},
		refuse:  refuseESLint,
		Dangers: []dangers.Danger{
			{
				Files: "eslint.config.js, .eslintrc.js, package.json (eslintConfig), node_modules/eslint",
				Could: "be executed as configuration, plugin, parser or as ESLint",
				Stop:  dangers.StopRefusal,
				By:    "ESLint never runs in a workspace that is not trusted",
			},
		},
	},
	Answering: Answering{
		Why: "ESLint lists each file that it has checked",
	},
}

// eslintFlat matches the files by which ESLint is configured since version 9. Only the nearest one counts.
const eslintFlat = "eslint.config.*"

// eslintFolder is the [LinterCommand] folder of ESLint: that of the nearest flat configuration, or otherwise the
// outermost folder with one of the older kind, which those below it extend.
func eslintFolder(v project.View, srv *Server, file string) (dir string, ok bool) {
	type key struct{}
	flat := v.Memoize(key{}, func() any {
		folders := map[string]bool{}
		for _, p := range v.Paths() {
			if matches, _ := path.Match(eslintFlat, path.Base(p)); matches {
				folders[path.Dir(p)] = true
			}
		}
		return folders
	}).(map[string]bool)
	dir, ok = project.NearestAbove(flat, file)
	if ok {
		return dir, true
	}
	return outermostConfig(v, srv, file)
}

// refuseESLint is [Server.refuse] of ESLint, which is always refused.
func refuseESLint(d dangers.Disk) (file, why string) {
	var flat, older []string
	for _, p := range d.Paths() {
		base := path.Base(p)
		isFlat, _ := path.Match(eslintFlat, base)
		if isFlat {
			flat = append(flat, p)
		} else if base == ".eslintrc" || strings.HasPrefix(base, ".eslintrc.") {
			older = append(older, p)
		}
	}
	if len(flat) > 0 {
		return leastDeep(flat), "it is code that ESLint executes"
	}
	if len(older) > 0 {
		return leastDeep(older), "it names code that ESLint executes"
	}
	return "node_modules/eslint", "it is code of the workspace"
}

// readESLint reads what ESLint prints with --format json (ESLint's "Formatters Reference").
func readESLint(checked, _ []byte) (report CommandReport, err error) {
	type edit struct {
		Range [2]int
		Text  string
	}
	var results []struct {
		FilePath string
		Messages []struct {
			RuleID                           string `json:"ruleId"`
			Severity                         int
			Message                          string
			Line, Column, EndLine, EndColumn int
			Fix                              *edit
			Suggestions                      []struct {
				Desc string
				Fix  edit
			}
		}
	}
	if err := json.Unmarshal(checked, &results); err != nil {
		return report, err
	}
	report.Files = []string{}
	for _, r := range results {
		// A file that is named and that the configuration leaves out has a single message instead of findings.
		if len(r.Messages) == 1 && r.Messages[0].RuleID == "" &&
			strings.HasPrefix(r.Messages[0].Message, "File ignored") {
			continue
		}
		report.Files = append(report.Files, r.FilePath)
		for _, m := range r.Messages {
			f := compiler.Finding{
				Severity: "warning", Code: m.RuleID, Message: m.Message,
				At: compiler.PlaceFrom1(r.FilePath, m.Line, m.Column, m.EndLine, m.EndColumn),
			}
			if m.Severity > 1 {
				f.Severity = "error"
			}
			if m.Fix != nil {
				f.Fixes = append(f.Fixes, compiler.Fix{
					Title: "Apply the fix of " + m.RuleID, Preferred: true,
					Start: m.Fix.Range[0], End: m.Fix.Range[1], Text: m.Fix.Text,
				})
			}
			for _, s := range m.Suggestions {
				f.Fixes = append(f.Fixes, compiler.Fix{
					Title: s.Desc, Start: s.Fix.Range[0], End: s.Fix.Range[1], Text: s.Fix.Text,
				})
			}
			report.Findings = append(report.Findings, f)
		}
	}
	return report, nil
}
