package uses

import (
	"crypto/sha256"
	"encoding/hex"

	"lanser/index"
)

// Scope is the set of files that an answer depends on. Their digest is part of the bundle (spec section 4, "snapshot"),
// and it is taken before and after the question: if it has changed, the answer was read from two states.
type Scope struct {
	Name string                 // as bundles have it
	Keep func(path string) bool // reports whether a file is in the scope
	// Same says that the name alone tells which files of a workspace they are, such as "server:gopls" for the files
	// that concern gopls. Their digest is then cached with the snapshot's files.
	Same bool
	// base and more are the parts of a scope that was widened, nil for others; see [Scope.and]. more reports whether a
	// file is one of those that were added.
	base *Scope
	more func(path string) bool
}

// Digest returns the digest of the files of the scope, as "sha256:" and hexadecimal digits. That of a widened scope is
// made from the digests of its two parts, so that a cached one serves all symbols.
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

// and widens a scope by the files that hold a name: "server:gopls" becomes "server:gopls and files with Serve". A
// ledger depends on them, though the server reads none of them.
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
