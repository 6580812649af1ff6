package beneath

// OpenPortable is [Open] for a kernel without openat2.
func OpenPortable(dir string) (*Folder, error) {
	has := hasOpenat2
	hasOpenat2 = func() bool { return false }
	defer func() { hasOpenat2 = has }()
	return Open(dir)
}
