package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/api"
	"lanser/server/hook"
	"lanser/server/install"
	"lanser/server/sandbox"
)

// A hook event is handled by two processes, because a check may take longer than an agent waits:
//
//   - The agent starts 'lanser hook AGENT' after each edit and waits for it ([hookRun.answer]). It reads the event,
//     starts the other process, waits for it until the deadline, and prints what the model has not seen yet.
//   - 'lanser hook AGENT --check N --session S' makes the check, however long it takes ([hookRun.check]). It is in a
//     session of its own, so that it goes on when the agent ends the processes of its hook, and prints nothing.
//
// They share a file in the user's cache, the [hook.Session]: the check adds findings and remarks to it, and the answer
// to this event or a later one takes them out. Each is reported once. Edits that come while a check runs are
// checked together by the next one: of the processes that wait for their turn, the first checks the latest state, and
// the others find that nothing is left to do.
//
// Nothing here may block the agent. Agents take exit code 2, the code for usage elsewhere, for a refusal of the
// tool, so that the exit code of this command is 0 or 1.

// hookRun is one run of the command 'hook', in either process.
type hookRun struct {
	app      *app
	agent    *hook.Agent
	deadline time.Duration // from the start of the command; 0 in the check at the start of a session
	hints    bool          // name the command that answers what the agent searches for
	// turn and session are set in the process that makes the check: the number of the event, and the agent's
	// identifier of the session.
	turn    int
	session string
}

// hooks returns the command that answers the hook events of agents.
func (a *app) hooks() *cobra.Command {
	var names []string
	for _, g := range hook.Agents {
		names = append(names, g.Name)
	}
	run := &hookRun{app: a}
	var config bool
	cmd := &cobra.Command{
		Use: "hook AGENT", Short: "tell a coding agent after each edit which errors are new", ValidArgs: names,
		Annotations: map[string]string{neverBlocks: "true"},
		Long: `Reads a hook event of a coding agent on standard input, checks the workspace, and answers in
the agent's format with the errors that the last edit has newly caused, also in files that the
edit did not touch. Edits by shell commands count too. It prints nothing if nothing is new.

If the check takes longer than the deadline, the answer says that the edit is not verified
yet, the check goes on, and the answer to the next event contains what it found. The command
never blocks the agent: its exit code is 0, or 1 with a message if the event cannot be read.

With --hints, an agent that searches the text for the name of a symbol learns, once in a
session, which command lists the symbol's uses.

AGENT is one of ` + strings.Join(names, ", ") + `. The configuration that makes the agent run
the command is printed by

  lanser hook AGENT --config`,
		Args: usage(cobra.ExactArgs(1)),
	}
	f := cmd.Flags()
	f.BoolVar(&config, "config", false, "print the agent's configuration that runs this command after each edit")
	f.DurationVar(&run.deadline, "deadline", 3*time.Second, "answer within this `TIME`")
	f.BoolVar(&run.hints, "hints", false, "once in a session, name the command that answers a text search")
	f.IntVar(&run.turn, "check", 0, "")
	f.StringVar(&run.session, "session", "", "")
	for _, hidden := range []string{"check", "session"} {
		_ = f.MarkHidden(hidden) // cannot fail: the flag exists
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		run.agent = hook.Named(args[0])
		if run.agent == nil {
			return fault.New(fault.Usage, "unknown agent %q", args[0]).
				WithHint("use one of %s", strings.Join(names, ", "))
		}
		if config {
			visible.Fprintf(a.err, "# %s: add this to ~/%s\n", run.agent.Title, run.agent.File)
			command := self() + " hook " + run.agent.Name
			if run.hints {
				command += " --hints"
			}
			_, err := unguarded(a.out).Write(run.agent.Config(command, run.hints))
			return err
		}
		if run.turn > 0 {
			return run.check(cmd.Context())
		}
		return run.answer(time.Now())
	}
	return cmd
}

// neverBlocks is an annotation of a command whose exit code is 1 for any error: agents block a tool for the exit
// code 2.
const neverBlocks = "neverBlocks"

// answer answers the event on standard input. began is when the command started: the deadline counts
// from there.
//
// What happens depends on the kind of the event. After a tool, the workspace is checked and the answer waits for that.
// A session starts a check and does not wait for it. Later findings are new if this check does not have them. A message
// of the user only collects what checks have found meanwhile, and waits for one if the last answer said that an edit is
// not verified yet. A search only gets its hint.
func (r *hookRun) answer(began time.Time) error {
	raw, err := r.receive(os.Stdin)
	if err != nil {
		return err
	}
	event, err := r.agent.Read(raw)
	if err != nil || event.Kind == hook.Other {
		return err
	}
	root, isProject, err := r.root(event)
	if err != nil {
		return err
	}
	if !isProject { // such as the home folder, which contains the cache
		return r.answerOutside(event, root)
	}
	session, err := r.open(root, event.Session)
	if err != nil {
		return err
	}
	if err := r.noteUnserved(session, event, root); err != nil {
		return err
	}
	if r.hints && event.Searched != "" {
		if err := r.hint(session, event.Searched, began); err != nil {
			return err
		}
	}
	late := false
	switch event.Kind {
	case hook.Search:
	case hook.Prompt:
		late, err = r.await(session, event, began)
	default:
		late, err = r.start(session, event, root, began)
	}
	if err != nil {
		return err
	}
	return r.deliver(session, event, root, late)
}

// receive returns the first JSON value of the input, or all of the input if it contains none. It does not wait for the
// end of the input, because not every agent closes it. The error has code Usage: the event has more than
// [hook.MaxEvent] bytes, or there is none within the deadline (at least a second), as when a person tries the command.
func (r *hookRun) receive(in io.Reader) ([]byte, error) {
	limit := max(r.deadline, time.Second)
	var all bytes.Buffer
	read := make(chan error, 1)
	go func() { // ends with the process if the input never ends
		var value json.RawMessage
		limited := &io.LimitedReader{R: in, N: hook.MaxEvent + 1}
		err := json.NewDecoder(io.TeeReader(limited, &all)).Decode(&value)
		if err == nil {
			all = *bytes.NewBuffer(value)
		}
		if limited.N == 0 {
			err = fault.New(fault.Usage, "the event on standard input is larger than %d MiB", hook.MaxEvent>>20)
			read <- err
			return
		}
		read <- nil
	}()
	select {
	case err := <-read:
		return all.Bytes(), err
	case <-time.After(limit):
		return nil, fault.New(fault.Usage, "there was no event on standard input within %s", limit).
			WithHint("%s runs 'lanser hook %s' itself; 'lanser hook %[2]s --config' prints how", r.agent.Title,
				r.agent.Name)
	}
}

// open returns what earlier events of the agent's session have left, and removes what sessions left that ended long
// ago. Two agents may have a session of the same identifier, so that the agent's name is a part of the key. Both
// processes call it with the same root and session.
func (r *hookRun) open(root, session string) (*hook.Session, error) {
	dirs, err := install.UserDirs(root)
	if err != nil {
		return nil, err
	}
	hook.Clean(dirs.Cache)
	return hook.Open(dirs.Cache, root, r.agent.Name+" "+session)
}

// start starts the check of an event in another process, which goes on after this one. After the start of a
// session nothing waits for it. late reports whether it has not ended by the deadline.
//
// The other process gets the flags that servers are started with, and inherits the writing end of a pipe. This process
// waits for the end of the pipe. The end comes even if the other process is killed, and no earlier: what it starts
// itself does not inherit the pipe (sandbox.Main).
func (r *hookRun) start(session *hook.Session, event hook.Event, root string, began time.Time) (late bool, err error) {
	turn, err := session.Ask(r.relative(event.Files, event.Dir, root))
	if err != nil {
		return false, err
	}
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	ended, atEnd, err := os.Pipe()
	if err != nil {
		return false, err
	}
	defer ended.Close()
	// The flags of this command line that decide how servers run, by their present values: the workspace is the one
	// that was found for the event, and the other process does not read the event.
	args := []string{
		"hook", r.agent.Name, "--check", strconv.Itoa(turn), "--session", event.Session, "--workspace", root,
		"--sandbox", r.app.sandbox, "--max-memory", strconv.Itoa(r.app.maxMemory),
		"--no-daemon=" + strconv.FormatBool(r.app.noDaemon),
	}
	if r.app.trustGiven() {
		args = append(args, "--trust="+strconv.FormatBool(r.app.trust))
	}
	if event.Kind == hook.Start {
		args = append(args, "--deadline", "0")
	}
	cmd := exec.Command(self, args...)
	cmd.Dir, cmd.SysProcAttr = root, ownSession()
	err = sandbox.Inherit(cmd, atEnd)
	if err == nil {
		err = cmd.Start()
	}
	atEnd.Close()
	if err != nil {
		return false, err
	}
	if event.Kind == hook.Start {
		return false, nil
	}
	gone := make(chan struct{})
	go func() { // ends with the other process, or when this function closes the pipe
		ended.Read(make([]byte, 1)) // The process writes nothing: the end of the pipe is its end.
		close(gone)
	}()
	select {
	case <-gone:
		return false, nil
	case <-time.After(time.Until(began.Add(r.deadline))): // not a deadline of the pipe, which Windows lacks
		return true, nil
	}
}

// await waits for a running check, until the deadline at most, if the model was told "not verified yet" about the edits
// in it. late is true if the check has not ended by then.
func (r *hookRun) await(session *hook.Session, event hook.Event, began time.Time) (late bool, err error) {
	if !r.agent.Delivers(event) {
		return false, nil
	}
	deadline := time.After(time.Until(began.Add(r.deadline)))
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		late, err = session.Overdue()
		if err != nil || !late {
			return false, err
		}
		select {
		case <-again.C:
		case <-deadline:
			return true, nil
		}
	}
}

// hint notes for the model which command lists the uses of a name that it has searched for, if the workspace declares
// the name. A session has at most one such note. The declaration is found by syntax, without waiting for a server. If
// the search fails, there is no hint and no error.
func (r *hookRun) hint(session *hook.Session, name string, began time.Time) error {
	ctx, cancel := context.WithDeadline(context.Background(), began.Add(r.deadline))
	defer cancel()
	door, err := r.app.door(ctx)
	if err != nil {
		return nil // a search needs no answer
	}
	defer door.Close()
	o := api.Options{Exact: true, Limit: 1}
	b, err := door.Do(ctx, api.Request{Op: "symbols", Query: name, Options: o})
	if err != nil || b.Facts == nil || len(b.Facts.Symbols) == 0 {
		return nil
	}
	return session.Hint(name)
}

// deliver prints the notes of the session that the model has not seen, which then count as seen. Some events, such as
// afterFileEdit of Cursor, cannot carry text to the model: the notes stay for the next event. Without notes the output
// is empty, unless the check is late: the model must not take silence for a clean check. If the agent works in a folder
// above the workspace, the text says what its paths are relative to.
func (r *hookRun) deliver(session *hook.Session, event hook.Event, root string, late bool) error {
	if !r.agent.Delivers(event) {
		return nil
	}
	text, err := session.Take(late)
	if err != nil {
		return err
	}
	if late && event.Kind == hook.Prompt {
		text += "lanser: the last edit is still not verified: its check still runs. " +
			"The answer to the next tool or message will say what is new.\n"
	} else if late {
		text += fmt.Sprintf("lanser: this edit is not verified yet: the check takes longer than %s. "+
			"The answer to the next tool or message will say what is new.\n", r.deadline)
	}
	below, err := filepath.Rel(event.Dir, root)
	if err == nil && text != "" && below != "." && filepath.IsLocal(below) {
		text = "lanser: paths are relative to " + below + "\n" + text
	}
	_, err = unguarded(r.app.out).Write(r.agent.Reply(event, text))
	return err
}
