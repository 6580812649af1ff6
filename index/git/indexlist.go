package git

import (
	"bufio"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Entry is the entry of a file in git's index.
type Entry struct {
	Path  string
	ID    string // of the blob, hexadecimal
	Mode  uint32
	Tag   byte // printed by ls-files -t
	stage byte
	flags uint32 // git's in-memory flags

	ctime, mtime gitTimestamp
	size, inode  uint32 // the lower bits
}

// The modes and flags that are used here (read-cache.h, and "Git index format" in git's documentation).
const (
	LinkMode       = 0o120000
	SubmoduleMode  = 0o160000
	FolderMode     = 0o040000 // of a sparse index: a folder that is not checked out
	executableMode = 0o100755

	flagAssumedUnchanged = 0x8000
	flagIntentToAdd      = 1 << 29
)

// Unmerged reports whether the file is in a conflict: it then has an entry for each side.
func (e *Entry) Unmerged() bool { return e.stage != 0 }

// IntentToAdd reports whether the file was announced with git add -N.
func (e *Entry) IntentToAdd() bool { return e.flags&flagIntentToAdd != 0 }

// skipped reports whether git ignores the file in the working tree.
func (e *Entry) skipped() bool {
	return e.Mode == SubmoduleMode || e.Mode == FolderMode || e.Tag == 'S' || e.flags&flagAssumedUnchanged != 0
}

// hashOf returns git's id for a blob, in the hash format of the entry's own id.
func (e *Entry) hashOf(b []byte) string {
	h := e.newHash(int64(len(b)))
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}

// newHash returns a hash that has already consumed the header of a blob of the given size.
func (e *Entry) newHash(size int64) hash.Hash {
	h := sha1.New()
	if len(e.ID) == hex.EncodedLen(sha256.Size) {
		h = sha256.New()
	}
	fmt.Fprintf(h, "blob %d\x00", size)
	return h
}

// gitTimestamp is a file's time in the index.
type gitTimestamp struct{ sec, nsec uint32 }

// equals reports whether s is a time given in nanoseconds, to the precision that s has: some programs write
// whole seconds.
func (s gitTimestamp) equals(ns int64) bool {
	sec, rest := ns/1e9, ns%1e9
	return uint32(sec) == s.sec && (s.nsec == 0 || int64(s.nsec) == rest)
}

// coarsestTick is the resolution of the clock behind file times, with a margin: the resolution is 10 ms on
// Linux with 100 ticks per second.
const coarsestTick = 20 * time.Millisecond

// racy reports whether a file with this time may have changed without a change of its time since it was
// compared for an index that was written at the given time in nanoseconds.
func (s gitTimestamp) racy(written int64) bool {
	if s.nsec == 0 || written%1e9 == 0 {
		return int64(s.sec) >= written/1e9
	}
	return int64(s.sec)*1e9+int64(s.nsec) >= written-int64(coarsestTick)
}

// maxIndexPath bounds a path in git's index, in bytes.
const maxIndexPath = 64 << 10

// ReadIndex reads the output of git ls-files -z -t -s --debug -o. It calls yield with each entry, and
// with nil for each file that is not in the index. An error of yield ends the reading.
//
// git's manual says that the output of --debug is meant for people. It has had this format since git 1.7, and
// any other format is an error here.
func ReadIndex(r *bufio.Reader, yield func(*Entry) error) error {
	return eachRecord(r, 0, func(record string) error {
		if strings.HasPrefix(record, "? ") {
			return yield(nil)
		}
		e, err := parseIndexEntry(record)
		if err != nil {
			return err
		}
		if err := e.readDebug(r); err != nil {
			return err
		}
		return yield(e)
	})
}

// eachRecord calls yield with each of the records that end with a byte, until the input ends. The error is that
// of yield, which ends the reading, or says that the input ends within a record.
func eachRecord(r *bufio.Reader, end byte, yield func(string) error) error {
	for {
		record, err := ReadRecord(r, end)
		if errors.Is(err, io.EOF) && record == "" {
			return nil
		}
		if err != nil {
			return err
		}
		if err := yield(record); err != nil {
			return err
		}
	}
}

// ReadRecord reads up to a byte and drops it. The error is io.EOF if the input ends without that byte.
func ReadRecord(r *bufio.Reader, end byte) (string, error) {
	record, err := readBytes(r, end)
	return string(record), err
}

// readBytes is like ReadRecord; the slice is valid until the next read.
func readBytes(r *bufio.Reader, end byte) ([]byte, error) {
	part, err := r.ReadSlice(end)
	if err == nil { // nearly always: the record fits in the buffer of r
		return part[:len(part)-1], nil
	}
	record := slices.Clone(part)
	for errors.Is(err, bufio.ErrBufferFull) && len(record) <= maxIndexPath {
		part, err = r.ReadSlice(end)
		record = append(record, part...)
	}

	if len(record) > maxIndexPath {
		return nil, fmt.Errorf("git prints a name of more than %d bytes", maxIndexPath)
	}
	if err == nil {
		return record[:len(record)-1], nil
	}
	return record, err
}

// parseIndexEntry parses "TAG MODE ID STAGE\tPATH".
func parseIndexEntry(record string) (*Entry, error) {
	head, path, ok := strings.Cut(record, "\t")
	fields := strings.Split(head, " ")
	if !ok || path == "" || len(fields) != 4 {
		return nil, fmt.Errorf("git ls-files prints %.100q", record)
	}
	tag, mode, id, stage := fields[0], fields[1], fields[2], fields[3]
	if len(tag) != 1 || !IsObjectID(id) || len(stage) != 1 || stage < "0" || stage > "3" {
		return nil, fmt.Errorf("git ls-files prints %.100q", record)
	}
	bits, err := strconv.ParseUint(mode, 8, 32)
	if err != nil {
		return nil, fmt.Errorf("git ls-files prints the mode %.100q", mode)
	}
	return &Entry{Path: path, ID: id, Mode: uint32(bits), Tag: tag[0], stage: stage[0] - '0'}, nil
}

// debugLines are the formats of the five lines that 'git ls-files --debug' prints after each entry. Each # is
// a number. Example of the first line: "  ctime: 1732780800:123456789".
var debugLines = [...]string{
	"  ctime: #:#",
	"  mtime: #:#",
	"  dev: #\tino: #",
	"  uid: #\tgid: #",
	"  size: #\tflags: #",
}

// readDebug reads the lines that --debug prints for an entry.
func (e *Entry) readDebug(r *bufio.Reader) error {
	var numbers [len(debugLines)][2]uint32
	for i, format := range debugLines {
		line, err := readBytes(r, '\n')
		if err != nil {
			return fmt.Errorf("git ls-files --debug ends early: %w", err)
		}
		base := uint64(10)
		if i == len(debugLines)-1 { // flags are hexadecimal
			base = 16
		}
		if !scanNumbers(line, format, base, &numbers[i]) {
			return fmt.Errorf("git ls-files --debug prints %.100q", line)
		}
	}

	ctime, mtime, device, size := numbers[0], numbers[1], numbers[2], numbers[4] // the owner is not used
	e.ctime = gitTimestamp{sec: ctime[0], nsec: ctime[1]}
	e.mtime = gitTimestamp{sec: mtime[0], nsec: mtime[1]}
	e.inode = device[1]
	e.size, e.flags = size[0], size[1]
	return nil
}

// scanNumbers reads the one or two numbers of a line with the given format, and reports whether the line matches
// it. The first number is decimal; secondBase is the base of the second. fmt.Sscanf takes ten times as long, which
// matters for an index of 50,000 entries.
func scanNumbers(line []byte, format string, secondBase uint64, out *[2]uint32) bool {
	rest := line
	base, count := uint64(10), 0
	for i := range len(format) {
		if format[i] != '#' {
			if len(rest) == 0 || rest[0] != format[i] {
				return false
			}
			rest = rest[1:]
			continue
		}

		value, size := scanNumber(rest, base)
		if size == 0 || value > math.MaxUint32 {
			return false
		}
		rest = rest[size:]
		out[count] = uint32(value)
		count++
		base = secondBase
	}
	return len(rest) == 0
}

// scanNumber returns the number at the start of b and the number of its digits, of which it reads at most ten: the
// most that 32 bits can have in decimal.
func scanNumber(b []byte, base uint64) (value uint64, size int) {
	for size < len(b) && size < 10 {
		d := digit(b[size])
		if d >= base {
			break
		}
		value = value*base + d
		size++
	}
	return value, size
}

// digit returns the value of a digit, and 16 for any other byte.
func digit(c byte) uint64 {
	if c >= '0' && c <= '9' {
		return uint64(c - '0')
	}
	if c >= 'a' && c <= 'f' {
		return uint64(c-'a') + 10
	}
	return 16
}

// readAttributes reads the output of git check-attr -z: path → attribute → value.
func readAttributes(r *bufio.Reader) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for {
		var fields [3]string
		for i := range fields {
			var err error
			fields[i], err = ReadRecord(r, 0)
			if errors.Is(err, io.EOF) && i == 0 && fields[i] == "" {
				return out, nil
			}
			if err != nil {
				return nil, err
			}
		}

		file, attribute, value := fields[0], fields[1], fields[2]
		if out[file] == nil {
			out[file] = map[string]string{}
		}
		out[file][attribute] = value
	}
}
