package index

// Repository is the root folder of the git repository that holds the workspace, "" for none.
func (w *Workspace) Repository() string { return w.gitDir }
