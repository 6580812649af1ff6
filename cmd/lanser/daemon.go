package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/daemon"
)

// daemon returns the commands that show, stop and run the daemon.
func (a *app) daemon() *cobra.Command {
	cmd := &cobra.Command{
		Use: "daemon", Short: "show or stop the daemon that keeps language servers running", Args: usage(cobra.NoArgs),
		Long: `Commands and sessions of agents ('lanser serve') start a daemon, a background process of the
user that keeps language servers running between commands, and send their requests to it.
It exits after half an hour without use. Commands answer without a daemon in CI jobs (the
variable CI is set), with --no-daemon, and if the variable LANSER_DAEMON is "off".`,
	}
	status := &cobra.Command{
		Use: "status", Short: "show the running daemons and their language servers", Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.showDaemons(cmd.Context()) },
	}
	stop := &cobra.Command{
		Use: "stop", Short: "stop the daemons and their language servers", Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ended, err := daemon.Stop(cmd.Context())
			if err != nil {
				return fault.Wrap(fault.Permissions, err, "%v", err)
			}
			return a.printStopped(ended)
		},
	}
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
	cmd.AddCommand(status, stop, run)
	return cmd
}

// showDaemons prints the status of each running daemon.
func (a *app) showDaemons(ctx context.Context) error {
	all, silent, err := daemon.Statuses(ctx)
	if err != nil {
		return fault.Wrap(fault.Permissions, err, "%v", err)
	}
	if a.json {
		if all == nil {
			all = []daemon.Status{} // [] rather than null
		}
		return a.encode(all)
	}

	if len(all)+len(silent) == 0 {
		visible.Fprintln(a.err, "no daemon is running")
	}
	for _, s := range all {
		a.printStatus(s)
	}
	for _, socket := range silent {
		visible.Fprintf(a.err, "lanser: the daemon at %s does not answer\n", socket)
	}
	return nil
}

// printStopped prints how many daemons have exited. The error names those that have not.
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

// printStatus prints the status of a daemon, its workspaces, and their language servers. Memory is in MiB.
func (a *app) printStatus(s daemon.Status) {
	visible.Fprintf(a.out,
		"process %d, lanser %s, up %s, %d clients, uses %d of %d MiB; its servers may use %d MiB together\n",
		s.PID, s.Version, time.Since(s.Started).Round(time.Second), s.Connections,
		s.Memory>>20, s.Bound>>20, s.Ceiling>>20)
	for _, e := range s.Engines {
		visible.Fprintf(a.out, "  %s: %d clients", e.Root, e.Connections)
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
