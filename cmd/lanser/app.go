package main

import (
	"encoding/json"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server"
	"lanser/server/bundle"
	"lanser/server/report"
	"lanser/server/sandbox"
)

// app is one run of the command line.
type app struct {
	in       io.Reader
	out, err io.Writer // guarded by package visible, once command is called

	workspace     string
	json          bool
	reproducible  bool
	install       bool
	sandbox       string
	trust         bool
	maxMemory     int // MiB
	traceFile     string
	traceContents bool
	scip          string
	frozen        bool // of batch
	noDaemon      bool

	unconfined bool // it was said that servers are less confined than they should be
}

// unguarded returns what a guarded output writes to: for what is no text, as an index, for
// protocols and reports, which guard themselves, and for the line of a terminal.
func unguarded(w io.Writer) io.Writer {
	if g, ok := w.(*visible.Writer); ok {
		return g.Unwrap()
	}
	return w
}

// jsonOut is standard output for JSON.
func (a *app) jsonOut() io.Writer { return visible.JSONWriter(unguarded(a.out)) }

const long = `Lanser answers questions about code from real language servers, and never
changes a file. A place is named by a selector, such as

  go://net/http#Server.Serve    py://pkg.mod#Class.method    ts://src/app#Store.load
  go://*#Server.Serve           src/app.py@L42:C7?docVersion=git:HEAD

and 'lanser help selectors' tells them all. Answers are lines 'path:line:col: text'
(1-based), or with --json a bundle that says how far it can be trusted.`

func (a *app) command() *cobra.Command {
	a.out, a.err = visible.NewWriter(a.out), visible.NewWriter(a.err)
	root := &cobra.Command{
		Use: "lanser", Short: "Read-only code intelligence from real language servers", Long: long,
		SilenceErrors: true, SilenceUsage: true,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.Version = server.Version()
	root.Flags().Bool("version", false, "print the version")
	root.SetOut(a.out)
	root.SetErr(a.err)
	f := root.PersistentFlags()
	f.StringVar(&a.workspace, "workspace", "", "the workspace `DIR` (default: the repository or project around the current folder)")
	f.BoolVar(&a.json, "json", false, "print the bundle as JSON")
	f.BoolVar(&a.reproducible, "reproducible", false, "leave out of the bundle what differs between two runs")
	f.BoolVar(&a.install, "install", false, "install a missing language server, pinned and outside the workspace, and go on")
	f.StringVar(&a.sandbox, "sandbox", "auto", "confine servers: auto, require or off")
	f.BoolVar(&a.trust, "trust", false, "let servers run what the workspace brings: its Python environment, Rust's build scripts and macros")
	f.IntVar(&a.maxMemory, "max-memory", 8192, "end a server that takes more than `MIB` MiB of memory; 0 sets no bound")
	f.StringVar(&a.scip, "from-scip", "", "answer from the SCIP index in `FILE` in place of language servers")
	f.StringVar(&a.traceFile, "trace-file", "", "record how the answers come about, in a new `FILE` outside the workspace: 'lanser trace'")
	f.BoolVar(&a.traceContents, "trace-contents", false, "record the contents of files too, so that a replay needs no workspace")
	f.BoolVar(&a.noDaemon, "no-daemon", false, "answer without the warm process that keeps language servers between commands")
	for _, op := range server.Operations {
		root.AddCommand(a.operation(op))
	}
	root.AddCommand(a.batch(), a.serve(), a.servers(), a.doctor(), a.schema(), a.trace(), a.reward(), a.index(), a.daemon(), a.setUp(), a.manual())
	root.AddCommand(topics()...)
	return root
}

// root is the workspace and the reason for it.
func (a *app) root() (dir, reason string, err error) {
	if a.workspace != "" {
		return a.workspace, "given with --workspace", nil
	}
	cwd, err := os.Getwd()
	if err != nil {
		return "", "", fault.Wrap(fault.Usage, err, "no current folder: %v", err).WithHint("name the workspace with --workspace")
	}
	dir, reason, err = index.FindRoot(cwd)
	if err != nil {
		return "", "", fault.Wrap(fault.Usage, err, "%v", err)
	}
	return dir, reason, nil
}

func (a *app) checkSandbox() error {
	switch a.sandbox {
	case "auto", "require", "off":
		return nil
	}
	return fault.New(fault.Usage, "unknown sandbox mode %q: want auto, require or off", a.sandbox)
}

// engine is an engine of our own.
func (a *app) engine() (*server.Engine, error) {
	if err := a.checkSandbox(); err != nil {
		return nil, err
	}
	dir, _, err := a.root()
	if err != nil {
		return nil, err
	}
	root, err := index.Abs(dir)
	if err != nil {
		return nil, err
	}
	recorder, err := a.record(root)
	if err != nil {
		return nil, err
	}
	return server.New(server.Config{
		Root: root, Install: a.install, Log: a.err, Sandbox: a.sandbox, Trust: a.trust, MaxMemory: int64(a.maxMemory) << 20, Trace: recorder, Frozen: a.frozen, SCIP: a.scip,
	})
}

// operation is the command of a row of the table.
func (a *app) operation(op *server.Operation) *cobra.Command {
	req := server.Request{Op: op.Name}
	cmd := &cobra.Command{Short: op.Summary}
	if op.Short != op.Name {
		cmd.Aliases = []string{op.Name}
	}
	switch op.Takes {
	case server.TakesSelector:
		cmd.Use, cmd.Args, cmd.ValidArgsFunction = op.Short+" SELECTOR", usage(cobra.ExactArgs(1)), a.completed
	case server.TakesPaths:
		cmd.Use, cmd.Args = op.Short+" [PATH...]", usage(cobra.ArbitraryArgs)
	}
	if lines := examples[op.Name]; lines != nil {
		cmd.Example = "  " + strings.Join(lines, "\n  ")
	}
	declaration := addOptions(cmd, op, &req)
	var reports *view // of checks
	if op.Heeds("since") {
		cmd.Long = "Errors and warnings of the workspace or of paths, from the servers of all their languages.\n'lanser help ci' tells of reports, of what is new, and of lanser.toml."
		reports = &view{}
		reports.addView(cmd)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("declaration") {
			req.Options.Declaration = declaration
		}
		if file, _ := cmd.Flags().GetString("patch"); file != "" {
			patch, err := a.readFile(cmd.Context(), "patch", file, req.Options.Timeout)
			if err != nil {
				return err
			}
			req.Options.Patch = patch
		}
		if file, _ := cmd.Flags().GetString("baseline"); file != "" {
			report, err := a.readFile(cmd.Context(), "baseline", file, req.Options.Timeout)
			if err != nil {
				return err
			}
			req.Options.Baseline = report
		}
		if op.Takes == server.TakesSelector {
			raw, err := json.Marshal(args[0])
			if err != nil {
				return fault.From(err)
			}
			req.Selector = raw
			if strings.HasPrefix(strings.TrimSpace(args[0]), "{") {
				req.Selector = json.RawMessage(args[0])
			}
		} else if reports == nil || !reports.compare {
			paths, err := a.paths(args)
			if err != nil {
				return err
			}
			req.Paths = paths
		}
		if reports != nil {
			if err := a.prepareView(cmd.Context(), reports, &req.Options); err != nil {
				return err
			}
			if reports.compare {
				b, err := a.compared(args, req.Options.FailOn)
				if err != nil {
					return err
				}
				root, _, err := a.root()
				if err != nil {
					return err
				}
				return a.reportCheck(b, reports, root)
			}
		}
		e, err := a.door(cmd.Context())
		if err != nil {
			return err
		}
		defer e.Close()
		ctx, stop := cmd.Context(), func() {}
		if reports != nil {
			var tell func(server.Progress)
			tell, stop = showProgress(unguarded(a.err), isTerminal(a.err))
			ctx = server.WithProgress(ctx, tell)
		}
		b, _ := e.Do(ctx, req) // the error is in the bundle
		stop()
		if reports != nil {
			return a.reportCheck(b, reports, b.Local.Root)
		}
		return a.answer(b)
	}
	return cmd
}

// addOptions adds the flags that the operation heeds.
func addOptions(cmd *cobra.Command, op *server.Operation, req *server.Request) *bool {
	f, o := cmd.Flags(), &req.Options
	f.StringVar(&o.IndexIO, "index-io", "", "unit of columns: utf-16, utf-8 or codepoint (default utf-16)")
	f.Func("timeout", "how long the answer may take (default 2m for a server to start, then 1m, for diag 10m)", func(s string) error {
		return o.Timeout.UnmarshalText([]byte(s))
	})
	f.StringVar(&o.Require, "require", "", "fail unless the evidence is 'complete', or the resolution 'exact'")
	cmd.Flags().String("patch", "", "answer as if the unified diff in `FILE` (- is standard input) were applied; nothing is written")
	f.IntVar(&o.Limit, "limit", 0, "at most `N` entries; what is cut is counted")
	f.IntVar(&o.Budget, "budget", 0, "at most `N` tokens of entries, as their bytes in JSON by four; what is cut is counted")
	f.StringVar(&o.Cursor, "cursor", "", "go on after the answer whose meta.cursor is `CURSOR`")
	f.StringVar(&o.Frozen, "frozen", "", "answer only about the snapshot with this `DIGEST`, as bundles name it")
	if op.Heeds("server") {
		f.StringVar(&o.Server, "server", "", "ask the language server `NAME`, or NAME@VERSION (default: the first that is installed)")
	}
	var declaration bool
	if op.Heeds("declaration") {
		f.BoolVar(&declaration, "declaration", true, "include the declaration")
	}
	if op.Heeds("preview") {
		f.BoolVar(&o.Preview, "preview", false, "show the code")
	}
	if op.Heeds("kind") {
		f.StringVar(&o.Kind, "kind", "", "only this `KIND`: class, def, method, field, var, const, type, …")
	}
	if op.Heeds("depth") {
		f.IntVar(&o.Depth, "depth", 0, "at most `N` levels (default all of an outline, 1 of a hierarchy)")
	}
	for name, flag := range map[string]struct {
		set  *bool
		help string
	}{
		"in": {&o.In, "only callers"}, "out": {&o.Out, "only callees"}, "super": {&o.Super, "only supertypes"}, "sub": {&o.Sub, "only subtypes"},
	} {
		if op.Heeds(name) {
			f.BoolVar(flag.set, name, false, flag.help)
		}
	}
	if op.Query {
		f.StringVar(&req.Query, "query", "", "symbols of the workspace by name, as people type one: letters in order; the best first")
	}
	if op.Heeds("reward") {
		f.StringVar(&o.Rename, "rename", "", "with --reward: the change renames what `SELECTOR` names, which is safe only if the server says that it can be renamed")
		f.StringVar(&o.Reward, "reward", "", "with --patch: also check without it, and tell what it is worth by `VERSION` pr-v1 or pr-v2")
	}
	if op.Heeds("since") {
		f.StringVar(&o.Since, "since", "", "tell what is new since `REV`, which is checked too; REV... is where the branch left REV. Only new findings make exit 1")
		f.String("baseline", "", "tell what is new since the report in `FILE`, a bundle or SARIF. Only new findings make exit 1")
		f.StringVar(&o.Filter, "filter", "", "with --since or --patch: only findings on `LINES` that are added, diff_context (near them), file (in changed files) or nofilter")
		f.StringArrayVar(&o.Exclude, "exclude", nil, "do not check the files that `PATTERN` fits, as in 'vendor/**' or '*_gen.go'; may be given again")
	}
	if op.Heeds("jobs") {
		f.IntVar(&o.Jobs, "jobs", 0, "ask `N` servers at a time (default one a core)")
	}
	if op.Heeds("allow-incomplete") {
		f.BoolVar(&o.AllowIncomplete, "allow-incomplete", false, "exit by the findings of a check that did not finish, instead of 66; the report says so")
	}
	if op.Heeds("fail-on") {
		f.StringVar(&o.FailOn, "fail-on", "", "exit 1 for findings from this `SEVERITY` on: error, warning, information, hint or none (default error)")
	}
	return &declaration
}

// paths makes the arguments, which are relative to the current folder,
// absolute; the workspace decides whether it holds them.
func (a *app) paths(args []string) ([]string, error) {
	if a.workspace != "" {
		return args, nil // relative to the named workspace
	}
	cwd, err := os.Getwd()
	if err != nil {
		return nil, fault.From(err)
	}
	root, _, err := a.root()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(args))
	for i, p := range args {
		if out[i], err = relativeTo(root, cwd, p); err != nil {
			return nil, fault.From(err)
		}
	}
	return out, nil
}

// answer prints a bundle and ends the program with its exit code.
func (a *app) answer(b *bundle.Bundle) error {
	if a.json {
		if err := a.writeJSON(b); err != nil {
			return fault.From(err)
		}
		if b.Error != nil {
			visible.Fprintf(a.err, "lanser: %s\n", report.Line(b.Error))
		}
	} else {
		report.Text(a.out, a.err, b)
	}
	if b.Local != nil {
		a.noteSandbox(b.Local.Sandbox)
	}
	if b.Meta.ExitCode != 0 {
		return exitError(b.Meta.ExitCode)
	}
	return nil
}

// noteSandbox says, once, that a server was less confined than was asked for.
func (a *app) noteSandbox(level string) {
	if a.unconfined || level != sandbox.Partial && level != sandbox.None {
		return // full, off as the user wishes, or no server was asked
	}
	a.unconfined = true
	visible.Fprintf(a.err, "lanser: the sandbox of this machine is %s: a language server could %s ('lanser doctor')\n",
		level, strings.Join(sandbox.Missing(), ", "))
}

func (a *app) writeJSON(b *bundle.Bundle) error {
	if a.reproducible {
		b = b.Reproducible()
	}
	return a.encode(b)
}

// encode prints a value as a line of JSON.
func (a *app) encode(v any) error {
	enc := json.NewEncoder(a.jsonOut())
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// complain writes an error as one line for a person.
func (a *app) complain(f *fault.Error) {
	visible.Fprintf(a.err, "lanser: %s\n", f)
}
