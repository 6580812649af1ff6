package index

import (
	"context"
	"slices"
	"time"
)

// How often a workspace is looked at for who wants to hear of changes: a watch is asked,
// or every file is looked at.
var (
	watchInterval = 100 * time.Millisecond
	scanInterval  = 2 * time.Second
)

// Changes calls changed with the paths of the files that have come, gone or changed, in
// order, each time that there are some, until ctx ends, and returns why it ended. It
// calls it with none first, once it has begun to look.
func (w *Workspace) Changes(ctx context.Context, changed func(paths []string)) error {
	was, err := w.Snapshot(ctx)
	if err != nil {
		return err
	}
	changed(nil)
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for looked := time.Now(); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if was.Current() || !w.watching() && time.Since(looked) < scanInterval {
			continue
		}
		now, err := w.Snapshot(ctx)
		if err != nil {
			return err
		}
		if paths := now.changedSince(was); len(paths) > 0 {
			changed(paths)
		}
		was, looked = now, time.Now()
	}
}

func (w *Workspace) watching() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.watch != nil
}

// since lists the paths of the files that are not as they were in an earlier snapshot.
func (s *Snapshot) changedSince(was *Snapshot) (paths []string) {
	for p, f := range s.files {
		if old := was.files[p]; old == nil || old.stamp != f.stamp {
			paths = append(paths, p)
		}
	}
	for p := range was.files {
		if s.files[p] == nil {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	return paths
}
