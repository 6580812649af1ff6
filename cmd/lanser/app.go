package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/catalogue"
	"lanser/server/install"
)

// app is one run of the command line. The second group of fields are the flags that all commands have; cobra sets them
// before it calls a command. 'lanser serve' copies an app to change its workspace, since one process serves several.
type app struct {
	in       io.Reader
	out, err io.Writer // command wraps both with visible.NewWriter

	workspace     string      // "" for the one around the current folder
	json          bool        // print bundles; also set by --format json
	reproducible  bool        // leave the field local out of bundles
	install       bool        // install a missing server before it is asked
	sandbox       string      // auto, require or off; see checkSandbox
	trust         bool        // the flag --trust; see trusts
	trustGiven    func() bool // the flag is on the command line
	maxMemory     int         // MiB, of each server; 0 for no limit
	traceFile     string      // "" for no trace
	traceContents bool        // needs traceFile
	scip          []string    // paths of SCIP indexes that answer in place of servers
	frozen        bool        // a flag of batch only
	noDaemon      bool
	verbose       bool

	warnedSandbox bool // a warning about the sandbox was printed
}

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
	root.AddCommand(a.batch(), a.serve(), a.servers(), a.doctor(), a.schema(), a.trace(), a.reward(), a.report(),
		a.index(), a.daemon(), a.initAgents(), a.hooks(), a.manual(), a.version())
	for _, c := range root.Commands() {
		if c.HasSubCommands() && !c.Runnable() {
			group(c)
		}
	}
	addTopics(root)
	return root
}

// addFlags adds the flags that all commands have. They choose the workspace, the form of the output, and how servers
// run. Options of a request are added by addOptions.
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
	a.trustGiven = func() bool { return f.Changed("trust") }
	f.IntVar(&a.maxMemory, "max-memory", 8192,
		"kill a language server that uses more than `MIB` MiB of memory; 0 means no limit")
	f.StringArrayVar(&a.scip, "from-scip", nil,
		"answer from the SCIP index in `FILE` instead of from language servers; may be repeated")
	f.StringVar(&a.traceFile, "trace-file", "",
		"record how the answers are computed in a new `FILE` outside the workspace; see 'lanser help traces'")
	f.BoolVar(&a.traceContents, "trace-contents", false,
		"also record the contents of files, so that a replay needs no workspace")
	f.BoolVarP(&a.verbose, "verbose", "v", false,
		"also say on standard error how each answer came about: time, server, processes, evidence")
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
	cwd, err := currentFolder()
	if err != nil {
		return "", "", err
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

// trusts reports whether code of the workspace at root may run (spec section 8, rule 5): the flag --trust decides if it
// is given, and otherwise the user's trust list. by says which, "" if the workspace is not trusted. root is absolute
// and without links.
func (a *app) trusts(root string) (trust bool, by string, err error) {
	if a.trustGiven() && a.trust {
		return true, "by --trust", nil
	}
	if a.trustGiven() {
		return false, "", nil
	}
	file, err := install.TrustedBy(context.Background(), root)
	if err != nil || file == "" {
		return false, "", err
	}
	return true, "listed in " + file, nil
}

// checkSandbox checks the value of the flag --sandbox. The error has code Usage.
//
//   - auto: servers are confined as far as the machine supports it, and a warning says what it does not support.
//   - require: a server does not start unless it is confined completely.
//   - off: nothing is confined.
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
	trust, _, err := a.trusts(root)
	if err != nil {
		return nil, err
	}
	recorder, err := a.record(root)
	if err != nil {
		return nil, err
	}
	return server.New(server.Config{
		Root: root, Install: a.install, Log: a.err, Sandbox: a.sandbox, Trust: trust,
		MaxMemory: int64(a.maxMemory) << 20, Trace: recorder, Frozen: a.frozen, SCIP: a.scip,
	})
}

// printError prints an error as one line: the code, the message and the hint.
func (a *app) printError(f *fault.Error) {
	visible.Fprintf(a.err, "lanser: %s\n", f)
}
