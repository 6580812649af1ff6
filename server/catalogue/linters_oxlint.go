package catalogue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/tailscale/hujson"

	"lanser/selectors/text"
	"lanser/server/dangers"
	"lanser/server/project"
)

var oxlint = &Server{
	Name:    "oxlint",
	Version: "1.94.0",
	Reading: Reading{
		LanguageIDs: map[string]string{
			".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "typescriptreact",
			".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascriptreact",
			".vue": "vue", ".svelte": "svelte", ".astro": "astro",
		},
		Configs: []string{
			".oxlintrc.json", ".oxlintrc.jsonc", "oxlint.config.*", "tsconfig*.json", ".eslintignore",
		},
		ProjectsPinIt: true,
	},
	Checking: Checking{
		Linter: &Linter{
			Configs:  []string{".oxlintrc.json", ".oxlintrc.jsonc", "oxlint.config.*"},
			Files:    []string{"--disable-nested-config", "--no-error-on-unmatched-pattern", "--debug=files"},
			RootOnly: true,
		},
		OpenForDiagnostics: true,
		HintsRepeat:        true,
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Package: "oxlint@1.94.0",
			Sum:     "sha512-Fnt+3wSKRhtLmvgRfxgRX0excSPCoyiXRol4eWKZLtXxWMQtwQ3KjKQUYXOw5loyinfnZfGzh4RCYf7opfL0vw==",
			Entry:   "oxlint/bin/oxlint",
			Command: "oxlint",
			Pinned:  true,
		},
		Args: []string{"--lsp"},
		Settings: map[string]any{
			"oxc_language_server": map[string]any{"disableNestedConfig": true, "typeAware": false},
		},
		refuse: refuseOxlint,
		Dangers: []dangers.Danger{
			{
				Files: ".oxlintrc.json, .oxlintrc.jsonc (jsPlugins, typeAware, extends)",
				Could: "have JavaScript of the workspace loaded, or a program of node_modules run",
				Stop:  dangers.StopRefusal,
				By:    "these settings in the configuration of the workspace's folder, and in what it extends",
			},
			{
				Files: "oxlint.config.ts, oxlint.config.mts",
				Could: "be executed as configuration",
				Stop:  dangers.StopRefusal,
				By:    "such a file in the workspace's folder",
			},
			{
				Files: "configurations in other folders",
				Could: "have JavaScript of the workspace loaded",
				Stop:  dangers.StopServer,
				By:    "the setting disableNestedConfig",
			},
			{
				Files: "variables such as NODE_OPTIONS that name a file of the workspace",
				Could: "have node load it",
				Stop:  dangers.StopEnv,
				By:    "Oxlint does not get them",
			},
		},
	},
	Following: Following{
		Ready: Signal{Refresh: true},
	},
	Answering: Answering{
		Why: "Oxlint answers for each file after reading it whole",
	},
}

// refuseOxlint is [Server.refuse] of Oxlint: its configuration may be code, or name code.
func refuseOxlint(d dangers.Disk) (file, why string) {
	for _, name := range d.List(".") {
		if ok, _ := path.Match("oxlint.config.*", name); ok {
			return name, "it is code that Oxlint executes"
		}
	}
	queue := []string{".oxlintrc.json", ".oxlintrc.jsonc"}
	for i := 0; i < len(queue); i++ { // queue grows
		if i == project.MaxReferences {
			return queue[0], "it extends too many files"
		}
		file, why = dangers.EachFile(d, []string{"."}, queue[i:i+1], func(p string, raw []byte) string {
			extended, why := judgeOxlint(p, raw)
			for _, e := range extended {
				if !slices.Contains(queue, e) {
					queue = append(queue, e)
				}
			}
			return why
		})
		if why != "" {
			return file, why
		}
	}
	return "", ""
}

// oxlintCode are the keys of Oxlint's configuration by which it loads or runs code.
var oxlintCode = []string{"jsPlugins", "typeAware", "typeCheck"}

// judgeOxlint returns the files that a configuration of Oxlint extends, and why it must not be used; "" if it may be.
func judgeOxlint(file string, raw []byte) (extended []string, why string) {
	var config any
	if text.Nesting(raw) > project.MaxNesting {
		return nil, fmt.Sprintf("brackets are nested more than %d levels deep", project.MaxNesting)
	}
	standard, err := hujson.Standardize(bytes.Clone(raw))
	if err != nil || json.Unmarshal(standard, &config) != nil {
		// Oxlint reports what is wrong with it, unless it reads it nevertheless.
		for _, word := range append(oxlintCode, "extends", `\u`) {
			if bytes.Contains(raw, []byte(word)) {
				return nil, "it cannot be read, and has the word " + word
			}
		}
		return nil, ""
	}
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				visit(e)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				switch {
				case slices.Contains(oxlintCode, key):
					why = cmp.Or(why, "it has "+key+", by which Oxlint loads or runs code")
				case key == "extends":
					names, ok := stringsOf(v[key])
					if !ok {
						why = cmp.Or(why, "it extends what is no file")
					}
					for _, name := range names {
						if path.IsAbs(name) || !strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, ".jsonc") {
							why = cmp.Or(why, "it extends "+name+", which may be code")
						}
						extended = append(extended, path.Join(path.Dir(file), name))
					}
				default:
					visit(v[key])
				}
			}
		}
	}
	visit(config)
	return extended, why
}

// stringsOf returns the strings of a list, or a single string; ok is false if there is anything else.
func stringsOf(v any) (out []string, ok bool) {
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	for _, e := range list {
		s, isString := e.(string)
		if !isString {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}
