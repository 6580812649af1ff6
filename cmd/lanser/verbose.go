package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"lanser/selectors/visible"
	"lanser/server/api"
	"lanser/server/bundle"
)

// verboseDoor says after each answer how it came about (-v).
type verboseDoor struct {
	api.Door
	out io.Writer
}

// Do implements [api.Door].
func (d verboseDoor) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	b, err := d.Door.Do(ctx, req)
	if b != nil {
		visible.Fprintf(d.out, "lanser: %s\n", origin(b))
	}
	return b, err
}

// origin says how an answer came about: how long it took, who gave it, in which processes, whether it was remembered,
// and what its evidence is based on.
func origin(b *bundle.Bundle) string {
	out := []string{b.Request.Cmd}
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if l := b.Local; l != nil {
		if took, ok := l.Durations["total"]; ok {
			add("took %.2fs", took)
		}
		if l.Memo != "" {
			add("remembered (%s)", l.Memo)
		}
	}
	if s := b.Environment.Server; s != nil {
		add("%s %s", s.Name, s.Version)
	}
	if l := b.Local; l != nil {
		if len(l.PIDs) > 0 {
			pids := slices.Clone(l.PIDs)
			slices.Sort(pids)
			add("process %s", strings.Trim(strings.ReplaceAll(fmt.Sprint(pids), " ", ", "), "[]"))
		}
		if l.Sandbox != "" {
			add("sandbox %s", l.Sandbox)
		}
	}
	return strings.Join(out, ", ") + "; evidence: " + b.Evidence.State + ": " + strings.Join(b.Evidence.Reasons, "; ")
}
