package symbol

import (
	"crypto/sha256"
	"encoding/hex"

	"lanser/index"
)

// Scope is the set of files that an answer depends on.
type Scope struct {
	Name string                 // as bundles have it
	Keep func(path string) bool // reports whether a file is in the scope
	// Same says that the name alone tells which files of a workspace they are.
	Same bool
	// base and more are the parts of a scope that was widened; see [Scope.and].
	base *Scope
	more func(path string) bool
}

// Digest returns the digest of the files of the scope.
func (s Scope) Digest(snap *index.Snapshot) string {
	if s.base != nil {
		sum := sha256.Sum256([]byte(s.base.Digest(snap) + " " + snap.Digest(s.more)))
		return "sha256:" + hex.EncodeToString(sum[:])
	}
	if s.Same {
		return snap.DigestOf(s.Name, s.Keep)
	}
	return snap.Digest(s.Keep)
}

// and widens a scope by the files that hold a name.
func (s Scope) and(files []string, name string) Scope {
	has := map[string]bool{}
	for _, p := range files {
		has[p] = true
	}
	return Scope{
		Name: s.Name + " and files with " + name,
		Keep: func(p string) bool { return s.Keep(p) || has[p] },
		base: &s, more: func(p string) bool { return has[p] },
	}
}
