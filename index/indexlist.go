package index

import (
	"bufio"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
)

// indexEntry is what git's index says of a file.
type indexEntry struct {
	path  string
	id    string // of the blob
	mode  uint32
	tag   byte // of ls-files -t
	stage byte
	flags uint32 // as git holds them in memory

	ctime, mtime gitTimestamp
	size, inode  uint32 // the lower bits
}

// The modes and flags that matter (read-cache.h, and "Git index format" in git's
// documentation).
const (
	linkMode       = 0o120000
	submoduleMode  = 0o160000
	executableMode = 0o100755

	flagAssumedUnchanged = 0x8000
	flagIntendedToAdd    = 1 << 29
)

func (e *indexEntry) unmerged() bool { return e.stage != 0 }

// intended says that git add -N has announced the file.
func (e *indexEntry) intended() bool { return e.flags&flagIntendedToAdd != 0 }

// passedOver says that git does not look at the file of the working tree.
func (e *indexEntry) passedOver() bool {
	return e.mode == submoduleMode || e.tag == 'S' || e.flags&flagAssumedUnchanged != 0
}

// hashOf returns git's id for a blob, in the format of the entry's own.
func (e *indexEntry) hashOf(b []byte) string {
	h := e.newHash(int64(len(b)))
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}

// newHash returns the hash of a blob of a size, before its bytes.
func (e *indexEntry) newHash(size int64) hash.Hash {
	h := sha1.New()
	if len(e.id) == hex.EncodedLen(sha256.Size) {
		h = sha256.New()
	}
	fmt.Fprintf(h, "blob %d\x00", size)
	return h
}

// gitTimestamp is a file's time in the index.
type gitTimestamp struct{ sec, nsec int64 }

// is reports whether it is a time in nanoseconds, as far as it is known: some write whole
// seconds.
func (s gitTimestamp) is(ns int64) bool {
	sec, rest := ns/1e9, ns%1e9
	return uint32(sec) == uint32(s.sec) && (s.nsec == 0 || s.nsec == rest)
}

// maxIndexPath bounds a path in git's index, in bytes.
const maxIndexPath = 64 << 10

// readIndexList reads what git ls-files -z -t -s --debug -o prints, and calls yield with each entry,
// and with nil for each file that is not in the index. Its error ends the reading.
//
// The output of --debug is for people, by git's manual. It has been this since git 1.7, and
// anything else is an error here.
func readIndexList(r *bufio.Reader, yield func(*indexEntry) error) error {
	for {
		record, err := readRecord(r, 0)
		if errors.Is(err, io.EOF) && record == "" {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.HasPrefix(record, "? ") {
			if err := yield(nil); err != nil {
				return err
			}
			continue
		}
		e, err := parseIndexEntry(record)
		if err != nil {
			return err
		}
		if err := e.readDebug(r); err != nil {
			return err
		}
		if err := yield(e); err != nil {
			return err
		}
	}
}

// readRecord reads up to a byte, which it leaves out; io.EOF for what does not end in it.
func readRecord(r *bufio.Reader, end byte) (string, error) {
	var record []byte
	for {
		part, err := r.ReadSlice(end)
		record = append(record, part...)
		switch {
		case len(record) > maxIndexPath:
			return "", fmt.Errorf("git prints a name of more than %d bytes", maxIndexPath)
		case err == nil:
			return string(record[:len(record)-1]), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return string(record), err
		}
	}
}

// parseIndexEntry parses "TAG MODE ID STAGE\tPATH".
func parseIndexEntry(record string) (*indexEntry, error) {
	head, path, ok := strings.Cut(record, "\t")
	f := strings.Split(head, " ")
	if !ok || path == "" || len(f) != 4 || len(f[0]) != 1 || !isObjectID(f[2]) || len(f[3]) != 1 || f[3] < "0" || f[3] > "3" {
		return nil, fmt.Errorf("git ls-files prints %.100q", record)
	}
	mode, err := strconv.ParseUint(f[1], 8, 32)
	if err != nil {
		return nil, fmt.Errorf("git ls-files prints the mode %.100q", f[1])
	}
	return &indexEntry{path: path, id: f[2], mode: uint32(mode), tag: f[0][0], stage: f[3][0] - '0'}, nil
}

// readDebug reads the five lines that --debug prints of an entry.
func (e *indexEntry) readDebug(r *bufio.Reader) error {
	var device, user, group uint32
	for _, line := range []struct {
		format string
		values []any
	}{
		{"  ctime: %d:%d", []any{&e.ctime.sec, &e.ctime.nsec}},
		{"  mtime: %d:%d", []any{&e.mtime.sec, &e.mtime.nsec}},
		{"  dev: %d\tino: %d", []any{&device, &e.inode}},
		{"  uid: %d\tgid: %d", []any{&user, &group}},
		{"  size: %d\tflags: %x", []any{&e.size, &e.flags}},
	} {
		text, err := readRecord(r, '\n')
		if err != nil {
			return fmt.Errorf("git ls-files --debug ends early: %w", err)
		}
		if !scanNumbers(text, line.format, line.values) {
			return fmt.Errorf("git ls-files --debug prints %.100q", text)
		}
	}
	return nil
}

// scanNumbers reads the numbers of a format of %d and %x, and reports whether the text has
// it. fmt.Sscanf takes ten times as long, which counts where there are 50,000 entries.
func scanNumbers(text, format string, values []any) bool {
	for _, v := range values {
		verb := strings.IndexByte(format, '%')
		if len(text) < verb || text[:verb] != format[:verb] {
			return false
		}
		base := 10
		if format[verb+1] == 'x' {
			base = 16
		}
		text, format = text[verb:], format[verb+2:]
		end := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) })
		if end < 0 {
			end = len(text)
		}
		n, err := strconv.ParseUint(text[:end], base, 32)
		if err != nil {
			return false
		}
		switch p := v.(type) {
		case *int64:
			*p = int64(n)
		case *uint32:
			*p = uint32(n)
		}
		text = text[end:]
	}
	return text == format
}

// readAttributes reads what git check-attr -z prints: path, attribute and value.
func readAttributes(r *bufio.Reader) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for {
		var f [3]string
		for i := range f {
			var err error
			if f[i], err = readRecord(r, 0); errors.Is(err, io.EOF) && i == 0 && f[i] == "" {
				return out, nil
			} else if err != nil {
				return nil, err
			}
		}
		if out[f[0]] == nil {
			out[f[0]] = map[string]string{}
		}
		out[f[0]][f[1]] = f[2]
	}
}
