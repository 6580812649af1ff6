// Package store owns a disk cache below the user's cache folder: bytes by key.
// What is kept there was worked out from something else and can be again.
//
// # Contract
//
// Any entry may vanish at any time. What Get returns is what a Put was given under
// that key, as a rule the latest, or nothing: an entry that is truncated, corrupted or of another
// format is a miss. No error is ever returned; a folder that cannot be read,
// written or made, or a full disk, makes a store that forgets. Any number of
// processes may share a folder.
//
// # How
//
// Put only collects; Flush writes what was collected as one segment, a file that
// is renamed into place whole and never changed:
//
//	magic, the entries' bytes, the index (key, offset, length and CRC-32C of
//	each entry, sorted by key), and a trailer that ends with the magic again
//
// A later segment hides an earlier one's entry of the same key. When there are
// many, the small ones are merged into one and removed; a reader that had listed
// them misses. Segments are read with plain reads: a memory map of a file that
// another process truncates would be a fault that nobody can catch.
//
// It does not know what it stores: who calls puts the version of what he stores
// into the key.
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

// FormatVersion is the version of a segment's layout; segments of another one are
// not looked at, and removed when they are old.
//
//	1: the first
const FormatVersion = 1

const (
	suffix = ".seg"
	// maxSegments is how many segments there may be before small ones are merged.
	maxSegments = 12
	// maxBytes bounds the folder; the oldest segments go first.
	maxBytes = 2 << 30
	// maxPending bounds what is collected, in bytes, before it is written.
	maxPending = 64 << 20
)

var (
	magic = fmt.Appendf(nil, "lanser-store-%d\n", FormatVersion)
	crcs  = crc32.MakeTable(crc32.Castagnoli)
)

// Key is what an entry is kept under, see [NewKey].
type Key [sha256.Size]byte

// NewKey is the key for a kind of thing, by whatever it depends on.
func NewKey(kind string, parts ...string) Key {
	h := sha256.New()
	fmt.Fprintf(h, "%q", append([]string{kind}, parts...))
	return Key(h.Sum(nil))
}

// Store is an open store. It is safe for concurrent use.
type Store struct {
	dir string // "" forgets

	mu       sync.Mutex
	listed   time.Time  // when the folder was last changed, as far as segments know
	segments []*segment // newest first; never changed in place, for Get reads it unlocked
	pending  map[Key][]byte
	size     int // of pending, in bytes
}

// Open opens the store in a folder, which need not exist; "" is a store that
// keeps things in memory until Flush, and forgets them then.
func Open(dir string) *Store { return &Store{dir: dir, pending: map[Key][]byte{}} }

// Get is what was put under the key.
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

// Has says whether there is something under the key, which need not be whole.
func (s *Store) Has(k Key) bool {
	s.mu.Lock()
	_, ok := s.pending[k]
	s.refresh()
	segments := s.segments
	s.mu.Unlock()
	return ok || slices.ContainsFunc(segments, func(seg *segment) bool { _, ok := seg.find(k); return ok })
}

// Put keeps v, which must not change afterwards.
func (s *Store) Put(k Key, v []byte) {
	s.mu.Lock()
	s.size += len(v) - len(s.pending[k])
	s.pending[k] = v
	full := s.size > maxPending
	s.mu.Unlock()
	if full {
		s.Flush()
	}
}

// Flush writes what was put since the last Flush.
func (s *Store) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) == 0 {
		return
	}
	s.refresh()
	entries := make([]pair, 0, len(s.pending))
	for k, v := range s.pending {
		entries = append(entries, pair{key: k, value: v})
	}
	s.pending, s.size = map[Key][]byte{}, 0
	if seg := s.write(entries); seg != nil {
		s.segments = append([]*segment{seg}, s.segments...)
		s.tidy()
	}
}

// Close lets go of the files. The store may be used again.
func (s *Store) Close() {
	s.Flush()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seg := range s.segments {
		seg.file.Close()
	}
	s.segments, s.listed = nil, time.Time{}
}

// refresh opens the segments that are new since the folder was last looked at:
// other processes put theirs there too. The caller holds mu.
func (s *Store) refresh() {
	if s.dir == "" {
		return
	}
	info, err := os.Stat(s.dir)
	if err != nil || info.ModTime().Equal(s.listed) {
		return // not there yet, not ours to read, or as it was
	}
	s.listed = info.ModTime()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	known := map[string]bool{}
	for _, seg := range s.segments {
		known[seg.path] = true
	}
	all := slices.Clone(s.segments)
	for _, e := range entries {
		if p := filepath.Join(s.dir, e.Name()); strings.HasSuffix(p, suffix) && !known[p] {
			if seg := load(p); seg != nil {
				all = append(all, seg)
			}
		}
	}
	slices.SortFunc(all, func(a, b *segment) int { return strings.Compare(b.path, a.path) }) // names grow with time
	s.segments = all
}

type pair struct {
	key   Key
	value []byte
}

// write makes a segment of the entries, nil where that cannot be done.
func (s *Store) write(entries []pair) *segment {
	if s.dir == "" || os.MkdirAll(s.dir, 0o700) != nil {
		return nil
	}
	f, err := os.CreateTemp(s.dir, "new-")
	if err != nil {
		return nil
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	defer f.Close()
	slices.SortFunc(entries, func(a, b pair) int { return bytes.Compare(a.key[:], b.key[:]) })
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

func writeSegment(f *os.File, entries []pair) error {
	buf := slices.Clone(magic)
	index := make([]byte, 0, len(entries)*rowSize)
	at := uint64(len(magic))
	for _, e := range entries {
		index = append(index, e.key[:]...)
		index = binary.LittleEndian.AppendUint64(index, at)
		index = binary.LittleEndian.AppendUint32(index, uint32(len(e.value)))
		index = binary.LittleEndian.AppendUint32(index, crc32.Checksum(e.value, crcs))
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
	buf = binary.LittleEndian.AppendUint32(buf, crc32.Checksum(index, crcs))
	_, err := f.Write(append(buf, magic...))
	return err
}

// segment is one file, its index in memory.
type segment struct {
	path  string
	file  *os.File
	size  int64
	index []byte
}

// load opens a segment, nil for one that is not whole.
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
	at, n, sum := binary.LittleEndian.Uint64(
		tail,
	), binary.LittleEndian.Uint32(
		tail[8:],
	), binary.LittleEndian.Uint32(
		tail[12:],
	)
	if at > uint64(s.size) || uint64(s.size)-at != uint64(n)*rowSize+uint64(len(tail)) {
		return false
	}
	s.index = make([]byte, int(n)*rowSize)
	if _, err := s.file.ReadAt(s.index, int64(at)); err != nil {
		return false
	}
	return crc32.Checksum(s.index, crcs) == sum
}

type entry struct {
	at   uint64
	size uint32
	sum  uint32
}

func (s *segment) row(i int) (Key, entry) {
	r := s.index[i*rowSize:]
	k := Key(r[:sha256.Size])
	r = r[sha256.Size:]
	return k, entry{
		at:   binary.LittleEndian.Uint64(r),
		size: binary.LittleEndian.Uint32(r[8:]),
		sum:  binary.LittleEndian.Uint32(r[12:]),
	}
}

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

// read is the bytes of an entry, nil where they are not what was written.
func (s *segment) read(e entry) []byte {
	if e.at+uint64(e.size) > uint64(s.size) {
		return nil
	}
	b := make([]byte, e.size)
	if _, err := s.file.ReadAt(b, int64(e.at)); err != nil || crc32.Checksum(b, crcs) != e.sum {
		return nil
	}
	return b
}

// tidy merges small segments when there are many, and keeps the folder below
// maxBytes. The caller holds mu.
func (s *Store) tidy() {
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
	var entries []pair
	var left []*segment
	total := int64(0)
	for _, seg := range s.segments { // newest first: a key's first is what holds
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
				entries = append(entries, pair{key: k, value: v})
			}
		}
	}
	merged := s.write(entries)
	if merged == nil {
		return
	}
	// What is merged counts as new: an entry that a larger, older segment holds
	// under the same key is older still or the same.
	for seg := range merge {
		s.remove(seg)
	}
	s.segments = append([]*segment{merged}, left...)
	s.sweep()
}

// sweep removes what crashed writers and other formats have left for a day.
func (s *Store) sweep() {
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

func (s *Store) remove(seg *segment) {
	_ = os.Remove(seg.path) // another process may have done so
	seg.file.Close()
}
