package index

import "time"

// TrustTimes makes every stamp trusted that is older than now, until restore is
// called.
func TrustTimes() (restore func()) {
	was := coarsestTime
	coarsestTime = 0
	return func() { coarsestTime = was }
}

// Lists is how often the files of the workspace were listed.
func (w *Workspace) Lists() int { return w.lists }

// SetGitTime bounds each run of git until restore is called.
func SetGitTime(d time.Duration) (restore func()) {
	was := gitTime
	gitTime = d
	return func() { gitTime = was }
}
