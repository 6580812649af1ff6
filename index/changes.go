package index

import (
	"context"
	"slices"
	"time"
)

// How often a workspace is checked for subscribers to changes: watchInterval if a watch collects
// events, and scanInterval if every file has to be checked.
var (
	watchInterval = 100 * time.Millisecond
	scanInterval  = 2 * time.Second
)

// Changes calls changed with the sorted paths of the files that were created, deleted or modified, each time
// that there are any, until ctx ends; it returns the reason. Once it has begun to look for changes it calls
// changed with no paths; it returns an error if it cannot begin. Later, a workspace that cannot be read is looked at
// again until it can.
func (w *Workspace) Changes(ctx context.Context, changed func(paths []string)) error {
	last, err := w.Snapshot(ctx)
	if err != nil {
		return err
	}
	changed(nil)

	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	lastScan := time.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}

		if last.Current() || !w.watching() && time.Since(lastScan) < scanInterval {
			continue
		}
		now, err := w.Snapshot(ctx)
		if err != nil { // it may be readable again
			lastScan = time.Now()
			continue
		}
		if paths := now.changedSince(last); len(paths) > 0 {
			changed(paths)
		}
		last, lastScan = now, time.Now()
	}
}

// watching reports whether a watch collects the changes of the workspace.
func (w *Workspace) watching() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.watch != nil
}

// changedSince lists the paths of the files that differ from an earlier snapshot, sorted.
func (s *Snapshot) changedSince(earlier *Snapshot) (paths []string) {
	for p, f := range s.files {
		if old := earlier.files[p]; old == nil || old.stamp != f.stamp {
			paths = append(paths, p)
		}
	}

	for p := range earlier.files {
		if s.files[p] == nil {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	return paths
}
