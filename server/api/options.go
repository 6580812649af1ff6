package api

import "lanser/server/bundle"

// Options are the options of all operations; each operation takes some of them. [Table] describes
// each option, which operations take it, and how it affects the answer.
type Options struct {
	IndexIO     string   `json:"index-io,omitempty"`
	Timeout     Duration `json:"timeout,omitempty"`
	Require     string   `json:"require,omitempty"`
	Declaration *bool    `json:"declaration,omitempty"`
	Family      bool     `json:"family,omitempty"`
	Preview     bool     `json:"preview,omitempty"`
	Kind        string   `json:"kind,omitempty"`
	Exact       bool     `json:"exact,omitempty"`
	Regex       bool     `json:"regex,omitempty"`
	Depth       int      `json:"depth,omitempty"`
	In          bool     `json:"in,omitempty"`
	Out         bool     `json:"out,omitempty"`
	Sites       bool     `json:"sites,omitempty"`
	Super       bool     `json:"super,omitempty"`
	Sub         bool     `json:"sub,omitempty"`
	Limit       int      `json:"limit,omitempty"`
	Budget      int      `json:"budget,omitempty"`
	Cursor      string   `json:"cursor,omitempty"`
	Frozen      string   `json:"frozen,omitempty"`
	// Overlay maps paths to contents that replace those on disk; nil removes a file. Patch is a
	// unified diff that is applied after the overlay.
	Overlay         map[string]*string `json:"overlay,omitempty"`
	Patch           string             `json:"patch,omitempty"`
	All             *bool              `json:"all,omitempty"` // nil in older traces: true
	Staged          bool               `json:"staged,omitempty"`
	IndexFile       string             `json:"index-file,omitempty"`
	Fixes           bool               `json:"fixes,omitempty"`
	Server          string             `json:"server,omitempty"`
	Fallback        string             `json:"fallback,omitempty"`
	Rename          string             `json:"rename,omitempty"`
	To              string             `json:"to,omitempty"`
	Reward          string             `json:"reward,omitempty"`
	Since           string             `json:"since,omitempty"`
	Baseline        string             `json:"baseline,omitempty"` // the content of an earlier report
	Filter          string             `json:"filter,omitempty"`
	Exclude         []string           `json:"exclude,omitempty"`
	Jobs            int                `json:"jobs,omitempty"`
	AllowIncomplete bool               `json:"allow-incomplete,omitempty"`
	Strict          bool               `json:"strict,omitempty"`
	Required        []string           `json:"required,omitempty"`
	Linters         string             `json:"linters,omitempty"`
	Platforms       []string           `json:"platforms,omitempty"` // each may be a list separated by commas
	Severities      []SeverityRule     `json:"severities,omitempty"`
	FailOn          string             `json:"fail-on,omitempty"`
	Shard           string             `json:"shard,omitempty"`
	Affected        string             `json:"affected,omitempty"`
}

// QuickLinters is the value of Linters for the linters that are servers.
const QuickLinters = "quick"

// Effect says how an option affects the answer.
type Effect int

const (
	// Asks is an option that changes the answer. Bundles repeat it in request.options.
	Asks Effect = iota
	// View is an option that selects which entries of the answer are shown. Bundles repeat it, and
	// it may change from one page of an answer to the next.
	View
	// None is an option that does not change the answer, such as a timeout. Bundles omit it.
	None
)

// Inner says whether an option also applies to the questions that the engine asks itself to answer
// a request.
type Inner int

const (
	// Kept is an option that every inner question keeps.
	Kept Inner = iota
	// Outer is an option that only applies to the request itself, such as the report that its answer
	// is compared with.
	Outer
	// OfState is an option that selects the state of the workspace. An inner question about another
	// state does not keep it.
	OfState
)

const optionTo = "to"

// Fallback is the name of the option that allows an answer from syntax alone where there is no server.
const Fallback = "fallback"

// Option is a row of the table of options.
type Option struct {
	Name string // in JSON and MCP, and after -- on the command line
	// Descriptions of the option: About in JSON Schemas, Flag in the help of its flag, with the name
	// of the value in backquotes ("" for an option without a flag), and Tool in MCP.
	About, Flag, Tool string

	Field    func(*Options) any // pointer to the field
	By       []string           // names of the operations that take it; nil for all
	ByServer bool               // taken by all operations that ask a language server
	Values   []string           // allowed values; nil for any
	Alias    string             // another accepted value, which is not documented
	Shown    bool               // is in the schemas of MCP's tools; the other options are listed in the agents topic
	File     bool               // the flag names a file whose content is the value
	Default  bool               // default value of a boolean flag

	Effect Effect
	Inner  Inner
	Digest bool // bundles repeat the digest of the value
	// Apart is an option that may differ between the two checks that a reward is calculated from: it
	// affects neither which findings there are nor which of them count.
	Apart bool
}

// The values of Options.Filter, as reviewdog names them.
const (
	FilterAdded   = "added"        // findings on lines that were added or changed
	FilterContext = "diff_context" // also findings on the three lines before and after them
	FilterFile    = "file"         // findings in files that were changed
	FilterNone    = "nofilter"     // all findings
)

// Diagnostics is the name of the operation that checks files.
const Diagnostics = "diagnostics"

var check = []string{Diagnostics}

// Table is the table of options.
var Table = []Option{
	{
		Name: "index-io", Field: func(o *Options) any { return &o.IndexIO },
		Values: []string{"utf-16", "utf-8", "codepoint"}, Alias: "utf-32", Apart: true,
		About: "unit of columns in selectors: utf-16 (default), utf-8 or codepoint",
		Flag:  "unit of columns: utf-16, utf-8 or codepoint (default utf-16)",
		Tool:  "unit of columns in the selector: utf-16 (default), utf-8 or codepoint",
	},
	{
		Name: "timeout", Field: func(o *Options) any { return &o.Timeout }, Effect: None,
		About: "time limit of the request, such as 30s; by default 2m for the start of a server " +
			"and 1m for its answer, 10m for diagnostics",
		Flag: "time limit of the answer (default 2m for the start of a server, then 1m; 10m for diag)",
		Tool: "time limit of the answer, such as 30s",
	},
	{
		Name: "require", Field: func(o *Options) any { return &o.Require }, Inner: Outer,
		Values: []string{"complete", "exact"}, Apart: true,
		About: "complete: fail unless the evidence is complete; exact: fail unless the resolution is exact",
		Flag:  "fail unless the evidence is 'complete', or the resolution 'exact'",
		Tool:  "complete or exact: fail unless the evidence is complete, or the resolution exact",
	},
	{
		Name: "limit", Field: func(o *Options) any { return &o.Limit }, Effect: View, Inner: Outer,
		About: "maximum number of entries; meta.truncated is the number of omitted entries",
		Flag:  "show at most `N` entries, and the number of omitted entries",
		Tool:  "maximum number of entries",
	},
	{
		Name: "budget", Field: func(o *Options) any { return &o.Budget }, Effect: View, Inner: Outer, Shown: true,
		About: "maximum number of tokens of all entries; a token is four bytes of JSON. " +
			"meta.truncated is the number of omitted entries",
		Flag: "show at most `N` tokens of entries (a token is four bytes of JSON), and the number of omitted entries",
		Tool: "limit in tokens (default 4000)",
	},
	{
		Name: bundle.OptionCursor, Field: func(o *Options) any { return &o.Cursor },
		Effect: View, Inner: Outer, Shown: true,
		About: "meta.cursor of a truncated answer: continue after its last entry, if the answer has not changed",
		Flag:  "continue the truncated answer whose meta.cursor is `CURSOR`",
		Tool:  "continue a truncated answer",
	},
	{
		Name: "frozen", Field: func(o *Options) any { return &o.Frozen }, Effect: None, Inner: OfState,
		About: "snapshot.digest of an earlier answer: fail if the workspace has changed since",
		Flag:  "fail unless the workspace is the snapshot with this `DIGEST` (snapshot.digest of a bundle)",
		Tool:  "snapshot.digest of an earlier answer: fail if the workspace has changed since",
	},
	{
		Name: "overlay", Field: func(o *Options) any { return &o.Overlay }, Inner: OfState, Digest: true, Apart: true,
		About: "contents by path that replace those on disk; null removes a file. The answer is hypothetical",
		Tool:  "what if: JSON object from paths to contents, null removes a file",
	},
	{
		Name: "patch", Field: func(o *Options) any { return &o.Patch }, Inner: OfState, Digest: true, Apart: true,
		File: true, Shown: true,
		About: "a unified diff, applied in memory before answering. The answer is hypothetical",
		Flag:  "answer as if the unified diff in `FILE` (- is standard input) were applied; nothing is written",
		Tool:  "answer as if this unified diff were applied",
	},
	{
		Name: "server", Field: func(o *Options) any { return &o.Server }, ByServer: true,
		About: "the language server to ask, as NAME or NAME@VERSION; by default the first that is installed",
		Flag:  "ask the language server `NAME`, or NAME@VERSION (default: the first that is installed)",
		Tool:  "the language server to ask, NAME or NAME@VERSION",
	},
	{
		Name: Fallback, Field: func(o *Options) any { return &o.Fallback },
		By: []string{"definition", "declaration", "references"}, Values: []string{"syntax"},
		About: "definition, declaration, references: syntax: without a language server for the file, answer from " +
			"syntax alone, with declarations and words of the name",
		Flag: "`syntax`: without a language server for the file, answer from syntax alone",
		Tool: "definition, declaration, references: syntax: answer from syntax alone where there is no language server",
	},
	{
		Name: "declaration", Field: func(o *Options) any { return &o.Declaration }, By: []string{"references"},
		Default: true, Shown: true,
		About: "references: include the declaration; true by default",
		Flag:  "include the declaration",
		Tool:  "include the declaration (default true)",
	},
	{
		Name: bundle.OptionFamily, Field: func(o *Options) any { return &o.Family },
		By: []string{"references", "calls"}, Shown: true,
		About: "references, calls: for a method, also include those of overriding, overridden, interface and " +
			"implementing methods, and mark them",
		Flag: "include the uses of overriding, overridden and implementing methods, and mark them",
		Tool: "include uses of overriding, overridden, interface and implementing methods, marked",
	},
	{
		Name: "preview", Field: func(o *Options) any { return &o.Preview }, By: []string{"locate"}, Shown: true,
		About: "locate: show the code",
		Flag:  "show the code",
		Tool:  "show the code",
	},
	{
		Name: "kind", Field: func(o *Options) any { return &o.Kind }, By: []string{"symbols"}, Shown: true,
		About: "symbols: only symbols of this kind",
		Flag:  "only symbols of this `KIND`: class, def, method, field, var, const, type, …",
		Tool:  "only class, struct, interface, enum, def, method, field, var, const, type or module",
	},
	{
		Name: "exact", Field: func(o *Options) any { return &o.Exact }, By: []string{"symbols"},
		About: "symbols: only symbols whose name is exactly the last name of the query",
		Flag:  "with --query: only symbols with exactly this name",
		Tool:  "with query: only symbols with exactly this name",
	},
	{
		Name: "regex", Field: func(o *Options) any { return &o.Regex }, By: []string{"symbols"},
		About: "symbols: the query is a regular expression (RE2), which must match in the name of a symbol",
		Flag:  "with --query: it is a regular expression that must match in the symbol's name, such as '^New.*Server$'",
		Tool:  "with query: it is a regular expression (RE2) that must match in the name",
	},
	{
		Name: "depth", Field: func(o *Options) any { return &o.Depth },
		By: []string{"calls", "types", "symbols", "impact"}, Shown: true,
		About: "symbols: maximum number of levels, all by default. calls, types: maximum depth, 1 by default; impact: 2",
		Flag:  "at most `N` levels (default: all levels of an outline, 1 level of a hierarchy, 2 of an impact)",
		Tool:  "levels of the outline or hierarchy",
	},
	{
		Name: "in", Field: func(o *Options) any { return &o.In }, By: []string{"calls"}, Shown: true,
		About: "calls: only callers; both directions by default",
		Flag:  "only callers",
		Tool:  "only callers",
	},
	{
		Name: "out", Field: func(o *Options) any { return &o.Out }, By: []string{"calls"}, Shown: true,
		About: "calls: only callees; both directions by default",
		Flag:  "only callees",
		Tool:  "only callees",
	},
	{
		Name: "sites", Field: func(o *Options) any { return &o.Sites },
		By: []string{"calls"}, Effect: None, Shown: true,
		About: "calls: in text, also show the line of each call; bundles always contain the call sites",
		Flag:  "also show the line of each call",
		Tool:  "also show the line of each call",
	},
	{
		Name: "super", Field: func(o *Options) any { return &o.Super }, By: []string{"types"}, Shown: true,
		About: "types: only supertypes; both directions by default",
		Flag:  "only supertypes",
		Tool:  "only supertypes",
	},
	{
		Name: "sub", Field: func(o *Options) any { return &o.Sub }, By: []string{"types"}, Shown: true,
		About: "types: only subtypes; both directions by default",
		Flag:  "only subtypes",
		Tool:  "only subtypes",
	},
	{
		Name: "rename", Field: func(o *Options) any { return &o.Rename }, By: check, Inner: Outer, Apart: true,
		About: "with reward: selector of the symbol that the change renames; it is safe only if the server can rename it",
		Flag: "with --reward: the change renames the symbol `SELECTOR`; " +
			"it is safe only if the server can rename the symbol",
		Tool: "with reward: selector of the symbol that the patch renames",
	},
	{
		Name: optionTo, Field: func(o *Options) any { return &o.To }, By: []string{"rename"}, Shown: true,
		About: "rename: the new name",
		Tool:  "the new name",
	},
	{
		Name: "reward", Field: func(o *Options) any { return &o.Reward }, By: check, Inner: Outer, Apart: true,
		Values: []string{"pr-v1", "pr-v2"}, Shown: true,
		About: "diagnostics with a patch or overlay: also check without it, and set processReward as defined by " +
			"pr-v1 or pr-v2",
		Flag: "with --patch: also check without it, and report the reward of the patch as defined by `VERSION` " +
			"pr-v1 or pr-v2",
		Tool: "with patch: also report the reward of the change",
	},
	{
		Name: "all", Field: func(o *Options) any { return &o.All }, By: check, Inner: Outer, Apart: true,
		About: "diagnostics with patch or staged: all findings; by default only those that the change adds or fixes",
		Flag:  "with --patch or --staged: all findings, not only those that the change adds or fixes",
		Tool:  "diagnostics with patch or staged: all findings, not only those that the change adds or fixes",
	},
	{
		Name: "staged", Field: func(o *Options) any { return &o.Staged }, By: check, Inner: OfState, Apart: true,
		About: "diagnostics: check the content of git's index, which the next commit would have, and report the " +
			"findings that it adds to those of HEAD or fixes",
		Flag: "check what is staged in git's index, and report only the findings that it adds to those of HEAD or fixes",
		Tool: "diagnostics: check what is staged in git's index, and report what it adds or fixes compared with HEAD",
	},
	{
		Name: "index-file", Field: func(o *Options) any { return &o.IndexFile }, By: check, Effect: None,
		Inner: OfState,
		About: "diagnostics with staged: the absolute path of the index, in the repository's folder for it, as git " +
			"names it to hooks in GIT_INDEX_FILE; by default the repository's index",
		Tool: "diagnostics with staged: path of another index of the repository",
	},
	{
		Name: "fixes", Field: func(o *Options) any { return &o.Fixes }, By: check, Inner: OfState, Apart: true,
		About: "diagnostics: ask the servers for quick fixes, and list them with each finding as unified diffs, " +
			"which nobody applies",
		Flag: "also show the servers' quick fixes as unified diffs; nothing is written",
		Tool: "diagnostics: also list the servers' quick fixes as unified diffs; nothing is written",
	},
	{
		Name: "since", Field: func(o *Options) any { return &o.Since }, By: check, Inner: Outer, Shown: true,
		About: "diagnostics: compare with a check of this git revision; REV... is the merge base of REV and HEAD. " +
			"Only new findings count for the exit code",
		Flag: "compare with a check of `REV`; REV... is the merge base of REV and HEAD. Only new findings make exit 1",
		Tool: "git revision to compare with: report new and fixed findings",
	},
	{
		Name: bundle.OptionBaseline, Field: func(o *Options) any { return &o.Baseline },
		By: check, Inner: Outer, Digest: true, File: true,
		About: "diagnostics: content of an earlier report to compare with, a bundle or SARIF 2.1.0. " +
			"Only new findings count for the exit code",
		Flag: "compare with the report in `FILE`, a bundle or SARIF. Only new findings make exit 1",
		Tool: "diagnostics: content of an earlier report to compare with, a bundle or SARIF",
	},
	{
		Name: "filter", Field: func(o *Options) any { return &o.Filter }, By: check, Inner: Outer,
		Values: []string{FilterAdded, FilterContext, FilterFile, FilterNone},
		About: "diagnostics with since, patch, overlay or staged: only findings on lines that were added or changed " +
			"(added), near them (diff_context), in changed files (file), or all (nofilter, the default)",
		Flag: "with --since, --patch or --staged: only findings on `LINES`: added, diff_context (near them), " +
			"file (in changed files) or nofilter",
		Tool: "diagnostics with since, patch or staged: added, diff_context, file or nofilter",
	},
	{
		Name: "exclude", Field: func(o *Options) any { return &o.Exclude }, By: check,
		About: "diagnostics: patterns of files that are not checked, such as vendor/** or *_gen.go",
		Flag:  "do not check the files that match `PATTERN`, such as 'vendor/**' or '*_gen.go'; repeatable",
		Tool:  "diagnostics: list of patterns of files that are not checked",
	},
	{
		Name: "severities", Field: func(o *Options) any { return &o.Severities }, By: check,
		About: "diagnostics: rules that change the severity of findings; the first rule that matches applies",
		Tool:  "diagnostics: list of {path, source, code, severity}: change the severity of findings",
	},
	{
		Name: bundle.OptionAllowIncomplete, Field: func(o *Options) any { return &o.AllowIncomplete }, By: check,
		About: "diagnostics: the exit code depends on the findings even if the check did not finish",
		Flag:  "if the check did not finish, exit with 0 or 1 for its findings instead of 66; the report says so",
		Tool:  "diagnostics: the exit code depends on the findings even if the check did not finish",
	},
	{
		Name: "strict", Field: func(o *Options) any { return &o.Strict }, By: check,
		About: "diagnostics: every file in a known language must be checked, whether it is part of a project or not",
		Flag:  "exit 66 if any file in a known language is not checked, whether it is part of a project or not",
		Tool:  "diagnostics: every file in a known language must be checked",
	},
	{
		Name: "required", Field: func(o *Options) any { return &o.Required }, By: check,
		About: "diagnostics: languages, such as go, of which every file must be checked, and linters, such as ruff, " +
			"that must check the files of the projects that configure them",
		Flag: "exit 66 if a file in `LANGUAGE`, such as go or shell, is not checked, or not by this linter, " +
			"such as ruff; repeatable",
		Tool: "diagnostics: list of languages and linters by which every file must be checked",
	},
	{
		Name: "linters", Field: func(o *Options) any { return &o.Linters }, By: check,
		Values: []string{"all", QuickLinters, "none"},
		About: "diagnostics: which of the linters that projects configure are asked: all (default), those that are " +
			"servers (quick), which need no run of a command over a whole project, or none",
		Flag: "ask the `LINTERS` that projects configure: all, quick (those that are servers) or none (default all)",
		Tool: "diagnostics: which linters are asked: all, quick or none",
	},
	{
		Name: "platforms", Field: func(o *Options) any { return &o.Platforms }, By: check,
		About: "diagnostics: further platforms, such as windows/amd64, whose builds of Go code are checked too; " +
			"findings that are not on all platforms name theirs",
		Flag: "also check the builds of Go code for `PLATFORMS`, such as windows/amd64,darwin/arm64",
		Tool: "diagnostics: list of further platforms, such as windows/amd64, whose builds of Go code are checked",
	},
	{
		Name: bundle.OptionFailOn, Field: func(o *Options) any { return &o.FailOn }, By: check, Apart: true,
		Values: append(bundle.Severities(), "none"),
		About: "diagnostics: lowest severity of findings that make exit code 1: error (default), warning, " +
			"information, hint or none",
		Flag: "lowest `SEVERITY` of findings that make exit 1: error, warning, information, hint or none " +
			"(default error)",
		Tool: "diagnostics: lowest severity that counts as failure",
	},
	{
		Name: "shard", Field: func(o *Options) any { return &o.Shard }, By: check,
		About: "diagnostics: I/N, such as 2/4: check only the projects of the I-th of N shards, which are about " +
			"equally large. Every project is in one of them",
		Flag: "check only the projects of shard `I/N`, such as 2/4; 'lanser report merge' puts the reports together",
		Tool: "diagnostics: I/N: check only the projects of the I-th of N shards",
	},
	{
		Name: "affected", Field: func(o *Options) any { return &o.Affected }, By: check, Inner: Outer,
		About: "diagnostics: check only the files whose findings can have changed since this git revision; REV... is " +
			"the merge base of REV and HEAD",
		Flag: "check only files whose findings can have changed since `REV`; REV... is the merge base of REV and HEAD",
		Tool: "diagnostics: check only files whose findings can have changed since this git revision",
	},
	{
		Name: "jobs", Field: func(o *Options) any { return &o.Jobs }, By: check, Effect: None,
		About: "diagnostics: number of servers that are asked at the same time; by default one per core",
		Flag:  "ask `N` servers at the same time (default one per core)",
		Tool:  "diagnostics: number of servers that are asked at the same time",
	},
}
