package index

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"lanser/index/beneath"
	"lanser/index/store"
)

// manifestVersion is the version of the manifest, which the store keeps for each workspace between runs.
//
//	1: path, stamp, digest and package of each file
const manifestVersion = 1

// manifestKey is the key of the workspace's manifest in the store.
func (w *Workspace) manifestKey() store.Key {
	return store.NewKey("manifest", fmt.Sprint(manifestVersion), w.root)
}

// loadManifest fills w.known from the manifest that the previous run wrote. Only the first call does so. A file
// whose stamp has not changed since then still has the digest of the manifest. The caller holds w.mu.
func (w *Workspace) loadManifest() {
	if w.manifestLoaded {
		return
	}
	w.manifestLoaded = true
	b, ok := w.store.Get(w.manifestKey())
	if !ok {
		return
	}
	for d := store.NewDecoder(b); d.Len() > 0; { // after damaged bytes, d has no more
		f := &file{path: decodeString(d)}
		f.stamp = beneath.Stamp{Size: d.Int(), MTime: d.Int(), CTime: d.Int(), Inode: uint64(d.Int())}
		f.digest = "sha256:" + hex.EncodeToString(d.Bytes(sha256.Size))
		if d.Int() == hasPackage {
			pkg := decodeString(d)
			f.pkg = &pkg
		}

		f.stampReliable.Store(true)
		if !d.Failed() {
			w.known[f.path] = f
		}
	}
}

// Flush writes to disk what the next run can use: outlines, and the manifest if enough files were read since
// it was last written. The manifest is written as a whole, so a few new files do not pay for it.
func (w *Workspace) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	read := int(w.readSinceManifest.Load())
	if read > 32 && read > len(w.known)/50 {
		w.store.Put(w.manifestKey(), w.manifest())
		w.readSinceManifest.Store(0)
	}
	w.store.Flush()
}

// Whether the name of a file's package follows in the manifest.
const (
	noPackage  = 0
	hasPackage = 1
)

// manifest returns the manifest of the files whose digest is known and whose stamp can be relied on. The caller
// holds w.mu.
func (w *Workspace) manifest() []byte {
	var b []byte
	for _, f := range w.known {
		b = f.appendManifest(b)
	}
	return b
}

// appendManifest appends the manifest's entry of a file to b, or nothing if the digest of the file is not known.
// Numbers are varints; a string is its size in bytes and the bytes.
func (f *file) appendManifest(b []byte) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	digest, err := hex.DecodeString(strings.TrimPrefix(f.digest, "sha256:"))
	if err != nil || len(digest) != sha256.Size || !f.stampReliable.Load() {
		return b
	}
	b = appendString(b, f.path)
	for _, n := range []int64{f.stamp.Size, f.stamp.MTime, f.stamp.CTime, int64(f.stamp.Inode)} {
		b = binary.AppendVarint(b, n)
	}
	b = append(b, digest...)
	if f.pkg == nil {
		return binary.AppendVarint(b, noPackage)
	}
	return appendString(binary.AppendVarint(b, hasPackage), *f.pkg)
}

// decodeString reads what [appendString] wrote.
func decodeString(d *store.Decoder) string { return string(d.Bytes(uint64(d.Int()))) }

// appendString appends the size of s in bytes and s.
func appendString(b []byte, s string) []byte {
	return append(binary.AppendVarint(b, int64(len(s))), s...)
}
