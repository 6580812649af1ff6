package api

import "lanser/server/bundle"

// Options are the options of all operations; each operation takes some of them. What each means,
// who takes it and how it bears on the answer is in [Table].
type Options struct {
	IndexIO     string   `json:"index-io,omitempty"`
	Timeout     Duration `json:"timeout,omitempty"`
	Require     string   `json:"require,omitempty"`
	Declaration *bool    `json:"declaration,omitempty"`
	Family      bool     `json:"family,omitempty"`
	Preview     bool     `json:"preview,omitempty"`
	Kind        string   `json:"kind,omitempty"`
	Depth       int      `json:"depth,omitempty"`
	In          bool     `json:"in,omitempty"`
	Out         bool     `json:"out,omitempty"`
	Super       bool     `json:"super,omitempty"`
	Sub         bool     `json:"sub,omitempty"`
	Limit       int      `json:"limit,omitempty"`
	Budget      int      `json:"budget,omitempty"`
	Cursor      string   `json:"cursor,omitempty"`
	Frozen      string   `json:"frozen,omitempty"`
	// Overlay are contents that are held in memory only, by path; nil for a file that is gone.
	// Patch is a unified diff on top of them.
	Overlay         map[string]*string `json:"overlay,omitempty"`
	Patch           string             `json:"patch,omitempty"`
	All             *bool              `json:"all,omitempty"` // nil in older traces: true
	Server          string             `json:"server,omitempty"`
	Rename          string             `json:"rename,omitempty"`
	Reward          string             `json:"reward,omitempty"`
	Since           string             `json:"since,omitempty"`
	Baseline        string             `json:"baseline,omitempty"` // the content of an earlier report
	Filter          string             `json:"filter,omitempty"`
	Exclude         []string           `json:"exclude,omitempty"`
	Jobs            int                `json:"jobs,omitempty"`
	AllowIncomplete bool               `json:"allow-incomplete,omitempty"`
	Strict          bool               `json:"strict,omitempty"`
	Required        []string           `json:"required,omitempty"`
	Severities      []SeverityRule     `json:"severities,omitempty"`
	FailOn          string             `json:"fail-on,omitempty"`
}

// Effect tells how an option bears on the answer.
type Effect int

const (
	// Asks is an option that asks for another answer: bundles repeat it in request.options.
	Asks Effect = iota
	// View is an option that chooses which entries of the answer are shown: bundles repeat it,
	// and a cursor goes on whatever it was.
	View
	// None is an option that no answer depends on, as how long one waits: bundles leave it out.
	None
)

// Inner tells whether a question that another one asks on its way keeps an option.
type Inner int

const (
	// Kept is an option that every inner question keeps.
	Kept Inner = iota
	// Outer is an option of the outer question alone, as what its answer is compared with.
	Outer
	// OfState is an option about the state of the workspace that the answer is about: it is
	// dropped where the inner question is about another state.
	OfState
)

// Option is a row of the table of options.
type Option struct {
	Name string // in JSON and MCP, and after -- on the command line
	// The option as JSON Schemas describe it; in the help of its flag, which has the name of the
	// value in backquotes, "" for an option without a flag; and for models in MCP.
	About, Flag, Tool string

	Field    func(*Options) any // pointer to the field
	By       []string           // names of the operations that take it; nil for all
	ByServer bool               // taken by those that ask a language server
	Values   []string           // those that it may have; nil for any
	Alias    string             // a value that is accepted too, and not advertised
	Shown    bool               // the schemas of MCP's tools hold it; the others are told of in one place
	File     bool               // the flag names a file whose content is the value
	Default  bool               // the value of a flag that is on unless told otherwise

	Effect Effect
	Inner  Inner
	Digest bool // bundles repeat the digest of the value
	// Apart is an option in which two checks may differ that a reward is worked out from: it
	// changes neither which findings there are nor which of them count.
	Apart bool
}

// The values of Options.Filter, as reviewdog names them.
const (
	FilterAdded   = "added"        // findings on lines that were added or changed
	FilterContext = "diff_context" // and on the three lines before and after them
	FilterFile    = "file"         // findings in files that were changed
	FilterNone    = "nofilter"     // all
)

var check = []string{"diagnostics"}

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
		About: "how long the request may take, as in 30s; by default 2m for a server to start and 1m for its answer, 10m for diagnostics",
		Flag:  "how long the answer may take (default 2m for a server to start, then 1m, for diag 10m)",
		Tool:  "how long the answer may take, as in 30s",
	},
	{
		Name: "require", Field: func(o *Options) any { return &o.Require }, Inner: Outer,
		Values: []string{"complete", "exact"}, Apart: true,
		About: "complete: anything but complete evidence is an error; exact: anything but an exact resolution is",
		Flag:  "fail unless the evidence is 'complete', or the resolution 'exact'",
		Tool:  "complete or exact: make anything less an error",
	},
	{
		Name: "limit", Field: func(o *Options) any { return &o.Limit }, Effect: View, Inner: Outer,
		About: "at most this many entries; what is cut is counted",
		Flag:  "at most `N` entries; what is cut is counted",
		Tool:  "at most this many entries",
	},
	{
		Name: "budget", Field: func(o *Options) any { return &o.Budget }, Effect: View, Inner: Outer, Shown: true,
		About: "at most this many tokens of entries, as their bytes in JSON by four; what is cut is counted",
		Flag:  "at most `N` tokens of entries, as their bytes in JSON by four; what is cut is counted",
		Tool:  "at most this many tokens (default 8000)",
	},
	{
		Name: "cursor", Field: func(o *Options) any { return &o.Cursor }, Effect: View, Inner: Outer, Shown: true,
		About: "meta.cursor of an answer that was cut: what comes after it, if nothing has changed",
		Flag:  "go on after the answer whose meta.cursor is `CURSOR`",
		Tool:  "go on after an answer that was cut",
	},
	{
		Name: "frozen", Field: func(o *Options) any { return &o.Frozen }, Effect: None, Inner: OfState,
		About: "snapshot.digest of an earlier answer: one about anything else is an error",
		Flag:  "answer only about the snapshot with this `DIGEST`, as bundles name it",
		Tool:  "the snapshot digest of an earlier answer: fail if the workspace is another",
	},
	{
		Name: "overlay", Field: func(o *Options) any { return &o.Overlay }, Inner: OfState, Digest: true, Apart: true,
		About: "contents to answer by instead of those on disk, by path; null for a file that is gone. The answer is hypothetical",
		Tool:  "what if: JSON object, path to whole content, null for a file that is gone",
	},
	{
		Name: "patch", Field: func(o *Options) any { return &o.Patch }, Inner: OfState, Digest: true, Apart: true,
		File: true, Shown: true,
		About: "a unified diff, applied in memory before answering. The answer is hypothetical",
		Flag:  "answer as if the unified diff in `FILE` (- is standard input) were applied; nothing is written",
		Tool:  "what if: answer as if this unified diff were applied; nothing is written",
	},
	{
		Name: "server", Field: func(o *Options) any { return &o.Server }, ByServer: true,
		About: "the language server to ask, as NAME or NAME@VERSION; by default the first that is installed",
		Flag:  "ask the language server `NAME`, or NAME@VERSION (default: the first that is installed)",
		Tool:  "the language server to ask, NAME or NAME@VERSION",
	},
	{
		Name: "declaration", Field: func(o *Options) any { return &o.Declaration }, By: []string{"references"},
		Default: true, Shown: true,
		About: "references: include the declaration; true by default",
		Flag:  "include the declaration",
		Tool:  "include the declaration (default true)",
	},
	{
		Name: "family", Field: func(o *Options) any { return &o.Family }, By: []string{"references", "calls"}, Shown: true,
		About: "references, calls: of a method, those of its overrides, of what it overrides, of interfaces' members and of " +
			"their implementations too, marked",
		Flag: "include the uses of overriding, overridden and implementing methods, marked",
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
		About: "symbols: only of this kind",
		Flag:  "only this `KIND`: class, def, method, field, var, const, type, …",
		Tool:  "only class, struct, interface, enum, def, method, field, var, const, type or module",
	},
	{
		Name: "depth", Field: func(o *Options) any { return &o.Depth }, By: []string{"calls", "types", "symbols"}, Shown: true,
		About: "symbols: how many levels; all by default. calls, types: how far to follow; 1 by default",
		Flag:  "at most `N` levels (default all of an outline, 1 of a hierarchy)",
		Tool:  "levels of nesting, or steps of the hierarchy",
	},
	{
		Name: "in", Field: func(o *Options) any { return &o.In }, By: []string{"calls"}, Shown: true,
		About: "calls: callers; both directions by default",
		Flag:  "only callers",
		Tool:  "only callers",
	},
	{
		Name: "out", Field: func(o *Options) any { return &o.Out }, By: []string{"calls"}, Shown: true,
		About: "calls: callees; both directions by default",
		Flag:  "only callees",
		Tool:  "only callees",
	},
	{
		Name: "super", Field: func(o *Options) any { return &o.Super }, By: []string{"types"}, Shown: true,
		About: "types: supertypes; both directions by default",
		Flag:  "only supertypes",
		Tool:  "only supertypes",
	},
	{
		Name: "sub", Field: func(o *Options) any { return &o.Sub }, By: []string{"types"}, Shown: true,
		About: "types: subtypes; both directions by default",
		Flag:  "only subtypes",
		Tool:  "only subtypes",
	},
	{
		Name: "rename", Field: func(o *Options) any { return &o.Rename }, By: check, Inner: Outer, Apart: true,
		About: "with reward: the change is to rename what this selector names; safe only if the server says that it can be",
		Flag:  "with --reward: the change renames what `SELECTOR` names, which is safe only if the server says that it can be renamed",
		Tool:  "with reward: selector of what the patch renames",
	},
	{
		Name: "reward", Field: func(o *Options) any { return &o.Reward }, By: check, Inner: Outer, Apart: true,
		Values: []string{"pr-v1", "pr-v2"}, Shown: true,
		About: "diagnostics with a patch or overlay: also check without it, and fill processReward by pr-v1 or pr-v2",
		Flag:  "with --patch: also check without it, and tell what it is worth by `VERSION` pr-v1 or pr-v2",
		Tool:  "with patch: also tell what the change is worth",
	},
	{
		Name: "all", Field: func(o *Options) any { return &o.All }, By: check, Inner: Outer, Apart: true,
		About: "diagnostics with patch: all findings; by default those that the patch makes new or mends",
		Flag:  "with --patch: all findings, not only those that the patch makes new or mends",
		Tool:  "diagnostics with patch: all findings, not only what is new or gone",
	},
	{
		Name: "since", Field: func(o *Options) any { return &o.Since }, By: check, Inner: Outer, Shown: true,
		About: "diagnostics: tell what is new since this revision of git, which is checked too; REV... is where HEAD's branch left REV. Only new findings count for the exit code",
		Flag:  "tell what is new since `REV`, which is checked too; REV... is where the branch left REV. Only new findings make exit 1",
		Tool:  "git revision: tell what is new since then, and what is gone",
	},
	{
		Name: "baseline", Field: func(o *Options) any { return &o.Baseline }, By: check, Inner: Outer, Digest: true, File: true,
		About: "diagnostics: tell what is new since an earlier report, given as its content: a bundle or SARIF 2.1.0. Only new findings count for the exit code",
		Flag:  "tell what is new since the report in `FILE`, a bundle or SARIF. Only new findings make exit 1",
		Tool:  "diagnostics: content of an earlier report, a bundle or SARIF: tell what is new",
	},
	{
		Name: "filter", Field: func(o *Options) any { return &o.Filter }, By: check, Inner: Outer,
		Values: []string{FilterAdded, FilterContext, FilterFile, FilterNone},
		About:  "diagnostics with since, patch or overlay: only findings on lines that were added or changed (added), near them (diff_context), in changed files (file), or all (nofilter, the default)",
		Flag:   "with --since or --patch: only findings on `LINES` that are added, diff_context (near them), file (in changed files) or nofilter",
		Tool:   "diagnostics with since or patch: added, diff_context, file or nofilter",
	},
	{
		Name: "exclude", Field: func(o *Options) any { return &o.Exclude }, By: check,
		About: "diagnostics: patterns of files that are not checked, as in vendor/** or *_gen.go",
		Flag:  "do not check the files that `PATTERN` fits, as in 'vendor/**' or '*_gen.go'; may be given again",
		Tool:  "diagnostics: list of patterns of files that are not checked",
	},
	{
		Name: "severities", Field: func(o *Options) any { return &o.Severities }, By: check,
		About: "diagnostics: what findings weigh; the first rule that fits decides",
		Tool:  "diagnostics: list of {path, source, code, severity}: what findings weigh",
	},
	{
		Name: "allow-incomplete", Field: func(o *Options) any { return &o.AllowIncomplete }, By: check,
		About: "diagnostics: the exit code is by the findings even where the check did not finish",
		Flag:  "exit by the findings of a check that did not finish, instead of 66; the report says so",
		Tool:  "diagnostics: exit code by the findings of a check that did not finish",
	},
	{
		Name: "strict", Field: func(o *Options) any { return &o.Strict }, By: check,
		About: "diagnostics: every file in a known language must be checked, whether it is part of a project or not",
		Flag:  "exit 66 if any file in a known language is not checked, whether it is part of a project or not",
		Tool:  "diagnostics: every file in a known language must be checked",
	},
	{
		Name: "required", Field: func(o *Options) any { return &o.Required }, By: check,
		About: "diagnostics: languages, such as go or shell, of which every file must be checked",
		Flag:  "exit 66 if a file in `LANGUAGE`, such as go or shell, is not checked; may be given again",
		Tool:  "diagnostics: list of languages of which every file must be checked",
	},
	{
		Name: "fail-on", Field: func(o *Options) any { return &o.FailOn }, By: check, Apart: true,
		Values: append(bundle.Severities(), "none"),
		About:  "diagnostics: severity from which findings make exit code 1: error (default), warning, information, hint or none",
		Flag:   "exit 1 for findings from this `SEVERITY` on: error, warning, information, hint or none (default error)",
		Tool:   "diagnostics: severity that counts as failure",
	},
	{
		Name: "jobs", Field: func(o *Options) any { return &o.Jobs }, By: check, Effect: None,
		About: "diagnostics: how many servers are asked at a time; one a core by default",
		Flag:  "ask `N` servers at a time (default one a core)",
		Tool:  "diagnostics: servers asked at a time",
	},
}
