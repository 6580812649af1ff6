package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/daemon"
)

// daemon tells of the warm process, and ends it.
func (a *app) daemon() *cobra.Command {
	cmd := &cobra.Command{
		Use: "daemon", Short: "the warm process behind the command line: what runs, and its end", Args: usage(cobra.NoArgs),
		Long: `Commands start a process of the user's that keeps language servers between them, and ask
it; so do the sessions of agents ('lanser serve'). It ends when nobody has needed it for
half an hour. In a CI job (CI is set), with --no-daemon, or where LANSER_DAEMON is "off",
commands answer by themselves.`,
	}
	status := &cobra.Command{
		Use: "status", Short: "what the warm processes hold", Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, silent, err := daemon.Statuses(cmd.Context())
			if err != nil {
				return fault.Wrap(fault.Permissions, err, "%v", err)
			}
			if a.json {
				if all == nil {
					all = []daemon.Status{}
				}
				return a.encode(all)
			}
			if len(all)+len(silent) == 0 {
				visible.Fprintln(a.err, "no warm process runs")
			}
			for _, s := range all {
				a.tell(s)
			}
			for _, s := range silent {
				visible.Fprintf(a.err, "lanser: the process at %s does not answer\n", s)
			}
			return nil
		},
	}
	stop := &cobra.Command{
		Use: "stop", Short: "end the warm processes and their servers", Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ended, err := daemon.Stop(cmd.Context())
			if err != nil {
				return fault.Wrap(fault.Permissions, err, "%v", err)
			}
			return a.tellEnd(ended)
		},
	}
	run := &cobra.Command{
		Use: "run NAME", Short: "be the warm process; lanser starts it itself", Hidden: true, Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := daemon.Inherited(cmd.Context(), args[0], daemon.DefaultLimits(), a.err); err != nil {
				return fault.Wrap(fault.Usage, err, "%v", err)
			}
			return nil
		},
	}
	cmd.AddCommand(status, stop, run)
	return cmd
}

// tellEnd prints how many processes have ended. The error names those that have not.
func (a *app) tellEnd(ended []daemon.Ended) error {
	n, killed, left := 0, 0, []string(nil)
	for _, e := range ended {
		if e.How == daemon.NotEnded {
			left = append(left, e.Socket)
			continue
		}
		n++
		if e.How == daemon.EndedByForce {
			killed++
		}
	}
	visible.Fprintf(a.err, "%d warm process%s ended", n, map[bool]string{true: "", false: "es"}[n == 1])
	if killed > 0 {
		visible.Fprintf(a.err, ", %d of them by force", killed)
	}
	visible.Fprintln(a.err)
	if len(left) == 0 {
		return nil
	}
	return fault.New(fault.Timeout, "the process at %s has not ended", strings.Join(left, ", ")).
		WithHint("end it by its process id: pgrep -f 'lanser daemon run'")
}

// tell prints what a process says of itself.
func (a *app) tell(s daemon.Status) {
	visible.Fprintf(a.out, "process %d, lanser %s, up %s, %d connected, %d of %d MiB; servers may take %d MiB together\n",
		s.PID, s.Version, time.Since(s.Started).Round(time.Second), s.Connections, s.Memory>>20, s.Bound>>20, s.Ceiling>>20)
	for _, e := range s.Engines {
		visible.Fprintf(a.out, "  %s: %d connected", e.Root, e.Connections)
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
