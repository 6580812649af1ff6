package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/report"
	"lanser/server/sandbox"
)

// app is one run of the command line. The fields of the second group are the flags that all commands have; cobra fills
// them before it calls a command. Servers for agents and editors copy an app to change the workspace, since one
// process serves several.
type app struct {
	in       io.Reader
	out, err io.Writer // command wraps both with visible.NewWriter

	workspace     string // "" for the one around the current folder
	json          bool   // print bundles; also set by --format json
	reproducible  bool   // leave the field local out of bundles
	install       bool   // install a missing server before the question is put
	sandbox       string // auto, require or off; see checkSandbox
	trust         bool   // of code in the workspace, spec section 8, rule 5
	maxMemory     int    // MiB, of each server; 0 for no limit
	traceFile     string // "" for no trace
	traceContents bool   // needs traceFile
	scip          string // path of a SCIP index that answers in place of servers, "" for none
	frozen        bool   // a flag of batch only
	noDaemon      bool

	warnedSandbox bool // a warning about the sandbox was printed
}

// unguarded returns the writer below a visible.Writer. It is for output that must not be
// escaped: binary data such as an index, protocols and reports, which escape text themselves,
// and the progress line of a terminal.
func unguarded(w io.Writer) io.Writer {
	if g, ok := w.(*visible.Writer); ok {
		return g.Unwrap()
	}
	return w
}

// underlying returns the file, or other writer, that output of w goes to in the end. Protocols write to it: they
// escape for themselves, notice a failure themselves, and may close it. isTerminal asks it too.
func underlying(w io.Writer) io.Writer {
	w = unguarded(w)
	if c, ok := w.(*checkedWriter); ok {
		return c.to
	}
	return w
}

// jsonOut returns standard output as a writer of JSON, in which [visible.JSONWriter] escapes what a terminal would
// obey.
func (a *app) jsonOut() io.Writer { return visible.JSONWriter(unguarded(a.out)) }

// long is the help of the command lanser itself.
const long = `Lanser answers questions about code. It asks real language servers and never changes
a file. A selector names a place in the code, for example

  go://net/http#Server.Serve    py://pkg.mod#Class.method    ts://src/app#Store.load
  go://*#Server.Serve           src/app.py@L42:C7?docVersion=git:HEAD

'lanser help selectors' describes all forms. Answers are grouped: a path, below it functions,
below them lines as in '12: code' (1-based). A path, '#' and the name of a function below it
are a selector. With --json the answer is a bundle, which also says how far it can be trusted.`

// command returns the command lanser with all its subcommands. Source code and file names come from people who are not
// trusted, so all output is escaped unless a command asks for the writer below. It is called once for each app,
// because it wraps the app's writers.
//
// Before any command runs, the user's own servers are added to the catalogue: they can answer for files in every
// command, and a mistake in servers.toml is an error of every command. The flag --version is defined here, because
// cobra would give its own the short form -v.
func (a *app) command() *cobra.Command {
	a.out, a.err = visible.NewWriter(a.out), visible.NewWriter(a.err)
	root := &cobra.Command{
		Use: "lanser", Short: "Read-only code intelligence from real language servers", Long: long,
		SilenceErrors: true, SilenceUsage: true,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			list, err := install.UserServers(cmd.Context())
			if len(list) > 0 {
				catalogue.SetUserServers(list)
			}
			return err
		},
	}
	root.Version = server.Version()
	root.Flags().Bool("version", false, "print the version")
	root.SetOut(a.out)
	root.SetErr(a.err)
	a.addFlags(root)
	for _, op := range api.Operations {
		root.AddCommand(a.operation(op))
	}
	root.AddCommand(a.batch(), a.serve(), a.servers(), a.doctor(), a.schema(), a.trace(), a.reward(), a.index(),
		a.daemon(), a.initAgents(), a.hooks(), a.manual())
	for _, c := range root.Commands() {
		if c.HasSubCommands() && !c.Runnable() {
			group(c)
		}
	}
	root.AddCommand(topics()...)
	return root
}

// addFlags adds the flags that all commands have. They say which workspace is meant, how an answer is printed, and
// under which conditions servers run. Options of a question are not among them: see addOptions.
func (a *app) addFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&a.workspace, "workspace", "",
		"the workspace `DIR` (default: the repository or project around the current folder)")
	f.BoolVar(&a.json, "json", false, "print the bundle as JSON")
	f.BoolVar(&a.reproducible, "reproducible", false, "omit the fields of the bundle that differ between runs")
	f.BoolVar(&a.install, "install", false,
		"install the pinned version of a missing language server, outside the workspace")
	f.StringVar(&a.sandbox, "sandbox", "auto", "confine language servers: auto, require or off")
	f.BoolVar(&a.trust, "trust", false,
		"let servers run code of the workspace: its Python interpreter, Rust build scripts and macros")
	f.IntVar(&a.maxMemory, "max-memory", 8192,
		"kill a language server that uses more than `MIB` MiB of memory; 0 means no limit")
	f.StringVar(&a.scip, "from-scip", "", "answer from the SCIP index in `FILE` instead of from language servers")
	f.StringVar(&a.traceFile, "trace-file", "",
		"record how the answers are computed in a new `FILE` outside the workspace; see 'lanser help traces'")
	f.BoolVar(&a.traceContents, "trace-contents", false,
		"also record the contents of files, so that a replay needs no workspace")
	f.BoolVar(&a.noDaemon, "no-daemon", false,
		"do not use the daemon that keeps language servers running between commands")
}

// root returns the folder of the workspace, and how it was chosen. The folder may be relative and may be a
// symbolic link; realRoot resolves it. The reason is for people; [index.NoProject] says that the folder is no project
// but only the current folder.
func (a *app) root() (dir, reason string, err error) {
	if a.workspace != "" {
		return a.workspace, "given with --workspace", nil
	}
	cwd, err := os.Getwd()
	if err != nil {
		return "", "", fault.Wrap(fault.Usage, err, "the current folder cannot be determined: %v", err).
			WithHint("name the workspace with --workspace")
	}
	dir, reason, err = index.FindRoot(cwd)
	if err != nil {
		return "", "", fault.Wrap(fault.Usage, err, "%v", err)
	}
	return dir, reason, nil
}

// realRoot returns the absolute path of the workspace, without links.
func (a *app) realRoot() (string, error) {
	dir, _, err := a.root()
	if err != nil {
		return "", err
	}
	return index.RealRoot(dir)
}

// checkSandbox checks the flag --sandbox. With auto, servers are confined as far as the machine can, and a warning says
// what it cannot; with require, a server does not start where that is not all; with off, nothing is confined. The error
// has code Usage.
func (a *app) checkSandbox() error {
	switch a.sandbox {
	case "auto", "require", "off":
		return nil
	}
	return fault.New(fault.Usage, "unknown sandbox mode %q; the modes are auto, require and off", a.sandbox)
}

// engine returns an engine in this process, with the flags of the command line. The caller must close it, which
// ends its language servers and completes a trace. Errors of the flags are found before the trace file is created.
func (a *app) engine() (*server.Engine, error) {
	if err := a.checkSandbox(); err != nil {
		return nil, err
	}
	root, err := a.realRoot()
	if err != nil {
		return nil, err
	}
	recorder, err := a.record(root)
	if err != nil {
		return nil, err
	}
	return server.New(server.Config{
		Root: root, Install: a.install, Log: a.err, Sandbox: a.sandbox, Trust: a.trust,
		MaxMemory: int64(a.maxMemory) << 20, Trace: recorder, Frozen: a.frozen, SCIP: a.scip,
	})
}

// operation returns the command of an operation. Name, arguments, flags and help come from the tables of package api.
// The short name is the command and the long name, which MCP and the paper use, an alias: 'lanser def' and
// 'lanser definition' are one command.
//
// Arguments are SELECTOR, SELECTOR NEWNAME (rename, which takes the option to), [SELECTOR...] (impact, which needs none
// with --patch), or [PATH...]. How the answer is printed depends on the operation: diag prints reports. The others
// print compact text, or with --json the bundle, or with --format grep a line for each place; the diff of a rename
// has no places, so it is text then, too.
func (a *app) operation(op *api.Operation) *cobra.Command {
	req := api.Request{Op: op.Name}
	cmd := &cobra.Command{Short: op.Summary}
	if op.Short != op.Name {
		cmd.Aliases = []string{op.Name}
	}
	switch op.Takes {
	case api.TakesSelector:
		cmd.Use, cmd.Args = op.Short+" SELECTOR", usage(cobra.ExactArgs(1))
		cmd.ValidArgsFunction = a.completed
		if op.Heeds("to") {
			cmd.Use, cmd.Args = op.Short+" SELECTOR NEWNAME", usage(cobra.ExactArgs(2))
		}
		if op.Several {
			cmd.Use, cmd.Args = op.Short+" [SELECTOR...]", usage(cobra.ArbitraryArgs)
		}
	case api.TakesPaths:
		cmd.Use, cmd.Args = op.Short+" [PATH...]", usage(cobra.ArbitraryArgs)
	}
	if lines := examples[op.Name]; lines != nil {
		cmd.Example = "  " + strings.Join(lines, "\n  ")
	}

	readOptions := a.addOptions(cmd, op, &req)
	if op.Heeds("since") { // only a check can compare with an earlier commit, and it has reports
		a.runCheck(cmd, &req, readOptions)
		return cmd
	}

	// A command line is one request, so that its flags fill the request directly, and no command runs twice.
	var how textFlags
	how.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := readOptions(cmd.Context())
		if err == nil {
			err = how.check(a)
		}
		if err != nil {
			return err
		}
		if err := a.addArguments(&req, op, args); err != nil {
			return err
		}
		door, err := a.door(cmd.Context())
		if err != nil {
			return err
		}
		defer door.Close()
		// A bundle, and a list of places, are the answer to one question. Compact text may put together several.
		if a.json || how.format == "grep" && !op.Heeds("to") {
			b, _ := door.Do(cmd.Context(), req) // the error is in the bundle
			return a.answer(b)
		}
		how.budget, req.Options.Budget = req.Options.Budget, 0 // it bounds the text, and not the bundle
		return a.answerText(door.Root(), api.Meanings(cmd.Context(), door, req), how, req.Options.Sites)
	}

	return cmd
}

// addArguments adds the arguments of an operation's command to the request. One selector is always Selector, also of an
// operation that takes several; none or several are Selectors.
func (a *app) addArguments(req *api.Request, op *api.Operation, args []string) (err error) {
	switch {
	case op.Takes == api.TakesPaths:
		req.Paths, err = a.paths(args)
	case op.Several && len(args) != 1:
		for _, arg := range args {
			sel, err := selectorJSON(arg)
			if err != nil {
				return err
			}
			req.Selectors = append(req.Selectors, sel)
		}
	default:
		req.Selector, err = selectorJSON(args[0])
		if op.Heeds("to") {
			req.Options.To = args[1]
		}
	}
	return err
}

// selectorJSON converts a selector from the command line into the JSON value that a request contains. A
// selector in its JSON form ({"kind": …}) is returned unchanged; any other text becomes a JSON string.
func selectorJSON(selector string) (json.RawMessage, error) {
	if strings.HasPrefix(strings.TrimSpace(selector), "{") {
		return json.RawMessage(selector), nil
	}
	raw, err := json.Marshal(selector)
	if err != nil {
		return nil, fault.From(err)
	}
	return raw, nil
}

// addOptions adds the flags of the options that the operation takes. Call finish after the flags are
// parsed: it reads the files that they name, as in --patch FILE, into the request.
//
// Most flags set the field of the option directly. Two kinds must wait for finish: the content of a file, and a
// *bool, which stays nil unless the flag is given, since bundles repeat only what was asked for. A type of field that
// has no case here is a mistake in the table, so it panics, and every test that builds the commands finds it.
func (a *app) addOptions(cmd *cobra.Command, op *api.Operation, req *api.Request) (finish func(context.Context) error) {
	f := cmd.Flags()
	if op.Query {
		f.StringVar(&req.Query, "query", "",
			"search symbols of the workspace by fuzzy name: letters in order, best matches first")
	}

	var later []func(context.Context) error
	for _, row := range api.Table {
		if row.Flag == "" || !op.Heeds(row.Name) {
			continue
		}
		switch field := row.Field(&req.Options).(type) {
		case *string:
			if !row.File {
				f.StringVar(field, row.Name, "", row.Flag)
				break
			}
			file := f.String(row.Name, "", row.Flag)
			later = append(later, func(ctx context.Context) (err error) {
				if *file != "" {
					*field, err = a.readFile(ctx, row.Name, *file, req.Options.Timeout)
				}
				return err
			})
		case *int:
			f.IntVar(field, row.Name, 0, row.Flag)
		case *bool:
			f.BoolVar(field, row.Name, false, row.Flag)
		case **bool:
			value := f.Bool(row.Name, row.Default, row.Flag)
			later = append(later, func(context.Context) error {
				if f.Changed(row.Name) {
					*field = value
				}
				return nil
			})
		case *[]string:
			f.StringArrayVar(field, row.Name, nil, row.Flag)
		case *api.Duration:
			f.Func(row.Name, row.Flag, func(s string) error { return field.UnmarshalText([]byte(s)) })
		default:
			panic(fmt.Sprintf("option %s has a flag, but flags cannot hold a %T", row.Name, field))
		}
	}

	return func(ctx context.Context) error {
		for _, step := range later {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

// paths returns paths on the command line, which are relative to the current folder, as paths
// relative to the workspace. With --workspace they are relative to it already. The engine
// checks whether they lie in the workspace. In the folder server of a repository, a.go → server/a.go and
// ../index → index.
func (a *app) paths(args []string) ([]string, error) {
	if a.workspace != "" {
		return args, nil
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
		out[i], err = relativeTo(root, cwd, p)
		if err != nil {
			return nil, fault.From(err)
		}
	}
	return out, nil
}

// answer prints a bundle. The error is an exitError with the bundle's exit code, nil for 0. The error of a bundle goes
// to standard error as well when the bundle is printed as JSON, so that a person sees it in a pipe.
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
		a.warnSandbox(b.Local.Sandbox)
	}
	if b.Meta.ExitCode != 0 {
		return exitError(b.Meta.ExitCode)
	}
	return nil
}

// warnSandbox prints a warning, at most one per run, if the sandbox of a server is incomplete.
// Other levels need no warning: full, off by the user's choice, or "" if no server was asked. The answer is the same
// without the sandbox; what is missing is protection from the code of the workspace (spec section 8, rule 3).
func (a *app) warnSandbox(level string) {
	if a.warnedSandbox || level != sandbox.Partial && level != sandbox.None {
		return
	}
	a.warnedSandbox = true
	visible.Fprintf(a.err, "lanser: the sandbox of this machine is %s: a language server could %s ('lanser doctor')\n",
		level, strings.Join(sandbox.Missing(), ", "))
}

// writeJSON prints a bundle as a line of JSON, with --reproducible without the field local: the folder of the
// workspace, durations and process ids. They are not part of the bundleId, which is the same either way.
func (a *app) writeJSON(b *bundle.Bundle) error {
	if a.reproducible {
		b = b.Reproducible()
	}
	return a.encode(b)
}

// encode prints a value as a line of JSON. HTML is not escaped, as in canonical JSON (RFC 8785).
func (a *app) encode(v any) error {
	enc := json.NewEncoder(a.jsonOut())
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printError prints an error as one line: the code, the message and the hint.
func (a *app) printError(f *fault.Error) {
	visible.Fprintf(a.err, "lanser: %s\n", f)
}
