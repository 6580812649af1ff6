package main

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/daemon"
)

// daemon returns the commands that show, stop and run the daemon. Nobody needs to start it: the first command that
// wants one starts the hidden command run, which gets its socket from the process that started it. A daemon serves all
// workspaces of the user, each with an engine of its own. A command of another build, with another PATH or under other
// limits uses another daemon, so that several can run side by side; status and stop are about all of them.
func (a *app) daemon() *cobra.Command {
	cmd := &cobra.Command{
		Use: "daemon", Short: "show or stop the daemon that keeps language servers running", Args: usage(cobra.NoArgs),
		Long: `Commands and sessions of agents ('lanser serve') start a daemon, a background process of the
user that keeps language servers running between commands, and send their requests to it.
It exits after half an hour without use. Commands answer without a daemon in CI jobs (the
variable CI is set), with --no-daemon, and if the variable LANSER_DAEMON is "off".`,
	}
	status := &cobra.Command{
		Use: "status [WORKSPACE]", Short: "show the running daemons and their language servers",
		Long: "Shows the running daemons, their workspaces and language servers; with WORKSPACE, those of one workspace.",
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return a.showDaemons(cmd.Context(), args) },
	}
	// NAME is that of the daemon's socket, a digest of the program, its environment and its limits. Only lanser itself
	// starts this command, with the listening socket among the inherited descriptors.
	run := &cobra.Command{
		Use: "run NAME", Short: "run as the daemon; lanser starts it when needed", Hidden: true,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := daemon.RunInherited(cmd.Context(), args[0], daemon.DefaultLimits(), a.err); err != nil {
				return fault.Wrap(fault.Usage, err, "%v", err)
			}
			return nil
		},
	}
	cmd.AddCommand(status, a.stopDaemon(), run)
	return cmd
}

// stopDaemon returns the command that closes a workspace in the daemons, or stops the daemons. A command or session
// that was using one continues with a new daemon (daemonDoor).
func (a *app) stopDaemon() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "stop [WORKSPACE]", Short: "stop the language servers of a workspace, or all daemons",
		Long: `Stops the language servers of a workspace, which is the current one unless WORKSPACE is given, and
everything else that the daemons keep of it. Other workspaces are not affected. A daemon that has
no other workspace exits. With --all, every daemon exits with all of its language servers.`,
		Args: usage(cobra.MaximumNArgs(1)),
	}
	cmd.Flags().BoolVar(&all, "all", false, "stop all daemons and their language servers")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if all && len(args) > 0 {
			return fault.New(fault.Usage, "--all stops the daemons of all workspaces: name none")
		}
		if !all {
			return a.stopWorkspace(cmd.Context(), args)
		}
		ended, err := daemon.Stop(cmd.Context())
		if err != nil {
			return fault.Wrap(fault.Permissions, err, "%v", err)
		}
		return a.printStopped(ended)
	}
	return cmd
}

// daemonRoot returns the workspace that a daemon's command is about: the one that is named, whether its folder still
// exists or not, otherwise that of the command line.
func (a *app) daemonRoot(args []string) (string, error) {
	if len(args) == 0 {
		return a.realRoot()
	}
	if root, err := index.RealRoot(args[0]); err == nil {
		return root, nil
	}
	root, err := filepath.Abs(args[0])
	if err != nil {
		return "", fault.Wrap(fault.Usage, err, "%v", err)
	}
	return root, nil
}

// stopWorkspace closes a workspace in all daemons, and reports the result. The error has code Timeout if a daemon has
// not closed it, or does not answer, so that it may have it open. That no daemon has it open is no error: a script can
// stop a workspace whether one runs or not.
func (a *app) stopWorkspace(ctx context.Context, args []string) error {
	root, err := a.daemonRoot(args)
	if err != nil {
		return err
	}
	ended, silent, err := daemon.StopWorkspace(ctx, root)
	if err != nil {
		return fault.Wrap(fault.Permissions, err, "%v", err)
	}
	for _, e := range ended {
		if e.How == daemon.NotEnded {
			silent = append(silent, e.Socket)
		}
	}
	switch {
	case len(silent) > 0:
		return fault.New(fault.Timeout, "the daemon at %s has not closed %s", strings.Join(silent, ", "), root).
			WithHint("stop it with 'lanser daemon stop --all'")
	case len(ended) == 0:
		visible.Fprintf(a.err, "no daemon has %s open\n", fault.Quoted(root))
	default:
		visible.Fprintf(a.err, "%s: stopped\n", root)
	}
	return nil
}

// showDaemons prints the status of each running daemon, or of those that have the workspace open that args names; then
// only with that workspace and its servers. A daemon that does not answer is reported on standard error, and is missing
// in the JSON form.
func (a *app) showDaemons(ctx context.Context, args []string) error {
	all, silent, err := daemon.Statuses(ctx)
	if err != nil {
		return fault.Wrap(fault.Permissions, err, "%v", err)
	}
	if len(args) > 0 {
		root, err := a.daemonRoot(args)
		if err != nil {
			return err
		}
		var own []daemon.Status
		for _, s := range all {
			if of := s.Of(root); of != nil {
				own = append(own, *of)
			}
		}
		all = own
	}
	if a.json {
		if all == nil {
			all = []daemon.Status{} // [] rather than null
		}
		return a.encode(all)
	}

	if len(all)+len(silent) == 0 {
		if len(args) > 0 {
			visible.Fprintf(a.err, "no daemon has %s open\n", fault.Quoted(args[0]))
		} else {
			visible.Fprintln(a.err, "no daemon is running")
		}
	}
	for _, s := range all {
		a.printStatus(s)
	}
	for _, socket := range silent {
		visible.Fprintf(a.err, "lanser: the daemon at %s does not answer\n", socket)
	}
	return nil
}

// printStopped prints how many daemons have exited. The error names those that have not. One that was killed is
// mentioned, because it may have been in the middle of a request.
func (a *app) printStopped(ended []daemon.Ended) error {
	var running []string // sockets
	stopped, killed := 0, 0
	for _, e := range ended {
		if e.How == daemon.NotEnded {
			running = append(running, e.Socket)
			continue
		}
		stopped++
		if e.How == daemon.EndedByForce {
			killed++
		}
	}

	if stopped == 1 {
		visible.Fprintf(a.err, "1 daemon stopped")
	} else {
		visible.Fprintf(a.err, "%d daemons stopped", stopped)
	}
	if killed > 0 {
		visible.Fprintf(a.err, ", %d of them killed", killed)
	}
	visible.Fprintln(a.err)

	if len(running) == 0 {
		return nil
	}
	return fault.New(fault.Timeout, "the daemon at %s has not stopped", strings.Join(running, ", ")).
		WithHint("kill it by its process id: pgrep -f 'lanser daemon run'")
}

// printStatus prints the status of a daemon, its workspaces, and their language servers, each indented below what it
// belongs to. Memory is in MiB. The memory of the daemon is that of its own process: above the bound it drops caches.
// The servers have a limit of their own, together.
func (a *app) printStatus(s daemon.Status) {
	visible.Fprintf(a.out,
		"process %d, lanser %s, up %s, %d clients, uses %d of %d MiB; its servers may use %d MiB together\n",
		s.PID, s.Version, time.Since(s.Started).Round(time.Second), s.Connections,
		s.Memory>>20, s.Bound>>20, s.Ceiling>>20)
	for _, e := range s.Engines {
		visible.Fprintf(a.out, "  %s: %d clients", e.Root, e.Connections)
		if e.Trust {
			visible.Fprintf(a.out, ", trusted")
		}
		if e.Connections == 0 {
			visible.Fprintf(a.out, ", idle for %s", e.Idle.Round(time.Second))
		}
		visible.Fprintf(a.out, "\n")
		for _, r := range e.Servers {
			visible.Fprintf(a.out, "    %s, process %d, %d MiB", r.Name, r.PID, r.Memory>>20)
			if r.Idle > 0 {
				visible.Fprintf(a.out, ", idle for %s", r.Idle.Round(time.Second))
			}
			visible.Fprintf(a.out, "\n")
		}
	}
}
