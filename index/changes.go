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
// changed with no paths.
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

// changedSince lists the paths of the files that differ from an earlier snapshot, sorted.
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
