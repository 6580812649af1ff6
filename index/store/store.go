// Package store owns a disk cache below the user's cache folder, which maps keys to bytes. Everything in it
// can be computed again.
//
// # Contract
//
// Any entry may vanish at any time. Get returns either nothing or a value that a Put stored under the same
// key, usually the latest. An entry that is truncated, corrupt or of another format is a miss. No error is
// ever returned: if the folder cannot be read, written or created, or the disk is full, the store keeps
// nothing. Any number of processes may share a folder.
//
// # Format
//
// Put only collects entries in memory. Flush writes the collected entries as one segment: a file that is
// renamed into place when it is complete, and never changed afterwards. It contains
//
//	magic, the values, the index (key, offset, length and CRC-32C of each
//	entry, sorted by key), and a trailer that ends with the magic again
//
// An entry of a later segment hides entries of earlier segments with the same key. When there are many
// segments, the small ones are merged into one and removed; a process that has listed the removed ones gets
// misses. Segments are read with plain reads, not through a memory map: if another process truncated a mapped
// file, the access would raise a signal that a Go program cannot recover from.
//
// The store does not interpret values: callers put the version of a value's format into the key.
package store

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// FormatVersion is the version of a segment's layout. Segments of other versions are ignored, and removed
// once they are old.
//
//	1: the first
const FormatVersion = 1

const (
	suffix = ".seg"
	// maxSegments is the number of segments above which small ones are merged.
	maxSegments = 12
	// maxBytes bounds the size of the folder; the oldest segments are removed first.
	maxBytes = 2 << 30
	// maxPending is the size of collected values, in bytes, above which they are written.
	maxPending = 64 << 20
)

var (
	magic    = fmt.Appendf(nil, "lanser-store-%d\n", FormatVersion)
	crcTable = crc32.MakeTable(crc32.Castagnoli)
)

// Key identifies an entry, see [NewKey].
type Key [sha256.Size]byte

// NewKey returns the key for a kind of value, given everything that the value depends on.
func NewKey(kind string, parts ...string) Key {
	h := sha256.New()
	fmt.Fprintf(h, "%q", append([]string{kind}, parts...))
	return Key(h.Sum(nil))
}

// Store is an open store. It is safe for concurrent use.
type Store struct {
	dir string // "" stores nothing on disk

	mu           sync.Mutex
	lastListed   time.Time  // modification time of the folder when segments was last updated
	segments     []*segment // newest first; never changed in place, because Get reads it without the lock
	pending      map[Key][]byte
	pendingBytes int // size of the values in pending
}

// Open opens the store in a folder, which need not exist. With "" the store keeps entries in memory until
// Flush, and drops them then.
func Open(dir string) *Store { return &Store{dir: dir, pending: map[Key][]byte{}} }

// Get returns the value stored under the key.
func (s *Store) Get(k Key) ([]byte, bool) {
	s.mu.Lock()
	if v, ok := s.pending[k]; ok {
		s.mu.Unlock()
		return v, true
	}
	s.refresh()
	segments := s.segments
	s.mu.Unlock()
	for _, seg := range segments {
		if e, ok := seg.find(k); ok {
			if v := seg.read(e); v != nil {
				return v, true
			}
		}
	}
	return nil, false
}

// Has reports whether there is an entry under the key, which may still turn out to be corrupt.
func (s *Store) Has(k Key) bool {
	s.mu.Lock()
	_, ok := s.pending[k]
	s.refresh()
	segments := s.segments
	s.mu.Unlock()
	return ok || slices.ContainsFunc(segments, func(seg *segment) bool { _, ok := seg.find(k); return ok })
}

// Put stores v, which must not change afterwards.
func (s *Store) Put(k Key, v []byte) {
	s.mu.Lock()
	s.pendingBytes += len(v) - len(s.pending[k])
	s.pending[k] = v
	full := s.pendingBytes > maxPending
	s.mu.Unlock()
	if full {
		s.Flush()
	}
}

// Flush writes the values that were put since the last Flush.
func (s *Store) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) == 0 {
		return
	}
	s.refresh()
	entries := make([]keyValue, 0, len(s.pending))
	for k, v := range s.pending {
		entries = append(entries, keyValue{key: k, value: v})
	}
	s.pending, s.pendingBytes = map[Key][]byte{}, 0
	if seg := s.write(entries); seg != nil {
		s.segments = append([]*segment{seg}, s.segments...)
		s.compact()
	}
}

// Close flushes the store and closes its files. The store may be used again.
func (s *Store) Close() {
	s.Flush()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seg := range s.segments {
		seg.file.Close()
	}
	s.segments, s.lastListed = nil, time.Time{}
}

// refresh opens the segments that other processes have added since the folder was last listed, and lets go of
// those that they have removed. The caller holds mu.
func (s *Store) refresh() {
	if s.dir == "" {
		return
	}
	info, err := os.Stat(s.dir)
	if err != nil || info.ModTime().Equal(s.lastListed) {
		return // does not exist yet, may not be read, or is unchanged
	}
	s.lastListed = info.ModTime()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	known := map[string]*segment{}
	for _, seg := range s.segments {
		known[seg.path] = seg
	}
	all := make([]*segment, 0, len(entries))
	for _, e := range entries {
		p := filepath.Join(s.dir, e.Name())
		seg := known[p]
		if seg == nil && strings.HasSuffix(p, suffix) && e.Type().IsRegular() { // a restored cache may hold anything
			seg = load(p)
		}
		if seg != nil {
			all = append(all, seg)
		}
		delete(known, p)
	}
	for _, removed := range known {
		removed.file.Close() // A Get that is reading it gets a miss.
	}
	slices.SortFunc(all, func(a, b *segment) int { return strings.Compare(b.path, a.path) }) // names grow with time
	s.segments = all
}

type keyValue struct {
	key   Key
	value []byte
}

// write writes a segment with the entries, and returns nil on failure.
func (s *Store) write(entries []keyValue) *segment {
	if s.dir == "" || os.MkdirAll(s.dir, 0o700) != nil {
		return nil
	}
	f, err := os.CreateTemp(s.dir, "new-")
	if err != nil {
		return nil
	}
	defer os.Remove(f.Name()) // has no effect after the rename
	defer f.Close()
	slices.SortFunc(entries, func(a, b keyValue) int { return bytes.Compare(a.key[:], b.key[:]) })
	if err := writeSegment(f, entries); err != nil {
		return nil
	}
	name := filepath.Join(s.dir, fmt.Sprintf("%019d-%08x%s", time.Now().UnixNano(), rand.Uint32(), suffix))
	if os.Rename(f.Name(), name) != nil {
		return nil
	}
	return load(name)
}

const (
	rowSize     = sha256.Size + 8 + 4 + 4
	trailerSize = 8 + 4 + 4
)

// writeSegment writes a segment: the magic bytes, the values, a row for each value, the trailer, and the magic bytes
// again, which show that the file is complete. entries must be sorted by key.
func writeSegment(f *os.File, entries []keyValue) error {
	buf := slices.Clone(magic)
	index := make([]byte, 0, len(entries)*rowSize)
	at := uint64(len(magic))
	for _, e := range entries {
		index = append(index, e.key[:]...)
		index = binary.LittleEndian.AppendUint64(index, at)
		index = binary.LittleEndian.AppendUint32(index, uint32(len(e.value)))
		index = binary.LittleEndian.AppendUint32(index, crc32.Checksum(e.value, crcTable))
		at += uint64(len(e.value))
		buf = append(buf, e.value...)
		if len(buf) > 1<<20 {
			if _, err := f.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	buf = append(buf, index...)
	buf = binary.LittleEndian.AppendUint64(buf, at)
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(entries)))
	buf = binary.LittleEndian.AppendUint32(buf, crc32.Checksum(index, crcTable))
	_, err := f.Write(append(buf, magic...))
	return err
}

// segment is an open segment file with its index in memory.
type segment struct {
	path  string
	file  *os.File
	size  int64
	index []byte
}

// load opens a segment, and returns nil if it is not complete.
func load(path string) *segment {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	seg := &segment{path: path, file: f}
	if !seg.readIndex() {
		f.Close()
		return nil
	}
	return seg
}

// readIndex reads the rows into memory. It reports whether the segment is complete and the checksum of the rows is
// right; values have checksums of their own, which are verified when they are read.
func (s *segment) readIndex() bool {
	info, err := s.file.Stat()
	if err != nil {
		return false
	}
	s.size = info.Size()
	tail := make([]byte, trailerSize+len(magic))
	if _, err := s.file.ReadAt(tail, s.size-int64(len(tail))); err != nil || !bytes.HasSuffix(tail, magic) {
		return false
	}
	at := binary.LittleEndian.Uint64(tail)
	n := binary.LittleEndian.Uint32(tail[8:])
	sum := binary.LittleEndian.Uint32(tail[12:])
	if at > uint64(s.size) || uint64(s.size)-at != uint64(n)*rowSize+uint64(len(tail)) {
		return false
	}
	s.index = make([]byte, int(n)*rowSize)
	if _, err := s.file.ReadAt(s.index, int64(at)); err != nil {
		return false
	}
	return crc32.Checksum(s.index, crcTable) == sum
}

// entry says where the value of a key is in a segment: offset and size in bytes, and the CRC-32 of the value.
type entry struct {
	at       uint64
	size     uint32
	checksum uint32
}

// row returns the i-th row of the index.
func (s *segment) row(i int) (Key, entry) {
	r := s.index[i*rowSize:]
	k := Key(r[:sha256.Size])
	r = r[sha256.Size:]
	return k, entry{
		at:       binary.LittleEndian.Uint64(r),
		size:     binary.LittleEndian.Uint32(r[8:]),
		checksum: binary.LittleEndian.Uint32(r[12:]),
	}
}

// find looks for a key by binary search in the rows, which are sorted by key.
func (s *segment) find(k Key) (entry, bool) {
	lo, hi := 0, len(s.index)/rowSize
	for lo < hi {
		mid := (lo + hi) / 2
		switch c := bytes.Compare(s.index[mid*rowSize:mid*rowSize+sha256.Size], k[:]); {
		case c == 0:
			_, e := s.row(mid)
			return e, true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return entry{}, false
}

// read returns the value of an entry, nil if its checksum is wrong.
func (s *segment) read(e entry) []byte {
	if e.at+uint64(e.size) > uint64(s.size) {
		return nil
	}
	b := make([]byte, e.size)
	if _, err := s.file.ReadAt(b, int64(e.at)); err != nil || crc32.Checksum(b, crcTable) != e.checksum {
		return nil
	}
	return b
}

// compact merges small segments if there are many, and keeps the folder below maxBytes. The caller holds mu.
func (s *Store) compact() {
	if len(s.segments) <= maxSegments {
		return
	}
	bySize := slices.Clone(s.segments)
	slices.SortFunc(bySize, func(a, b *segment) int { return cmp.Compare(a.size, b.size) })
	merge := map[*segment]bool{}
	for _, seg := range bySize[:len(bySize)-maxSegments/3] {
		merge[seg] = true
	}
	seen := map[Key]bool{}
	var entries []keyValue
	var left []*segment
	total := int64(0)
	for _, seg := range s.segments { // newest first: the first entry of a key is the valid one
		total += seg.size
		if total > maxBytes {
			s.remove(seg)
			continue
		}
		if !merge[seg] {
			left = append(left, seg)
			continue
		}
		for i := range len(seg.index) / rowSize {
			k, e := seg.row(i)
			if v := seg.read(e); !seen[k] && v != nil {
				seen[k] = true
				entries = append(entries, keyValue{key: k, value: v})
			}
		}
	}
	merged := s.write(entries)
	if merged == nil {
		return
	}
	// The merged segment counts as the newest: an entry of the same key in a larger segment is either older
	// or equal.
	for seg := range merge {
		s.remove(seg)
	}
	s.segments = append([]*segment{merged}, left...)
	s.removeStale()
}

// removeStale removes files of crashed writers and of other formats that are older than a day.
func (s *Store) removeStale() {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	ours := map[string]bool{}
	for _, seg := range s.segments {
		ours[filepath.Base(seg.path)] = true
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && !ours[e.Name()] && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.Remove(filepath.Join(s.dir, e.Name())) // another process may have done so
		}
	}
}

// remove deletes the file of a segment and closes it. A reader that has it open can still read it on Unix.
func (s *Store) remove(seg *segment) {
	_ = os.Remove(seg.path) // another process may have done so
	seg.file.Close()
}
