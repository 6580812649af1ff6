package git

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
)

// comparison is the result of comparing a file's content with a blob.
type comparison int

const (
	otherBlob  comparison = iota
	sameBlob              // equal byte for byte
	sameWithLF            // equal after each CRLF is replaced by LF
)

// compareBlob compares a file below root with the blob of an index entry. A file that cannot be read counts
// as different.
func compareBlob(ctx context.Context, root *os.Root, e *Entry) comparison {
	f, err := root.OpenFile(filepath.FromSlash(e.Path), os.O_RDONLY|openFlags, 0)
	if err != nil {
		return otherBlob
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return otherBlob
	}

	blobHash := e.newHash(info.Size())
	endings := &lineEndings{}
	if _, err := copyLimited(ctx, io.MultiWriter(blobHash, endings), f, info.Size()); err != nil {
		return otherBlob
	}
	if hex.EncodeToString(blobHash.Sum(nil)) == e.ID {
		return sameBlob
	}
	if endings.crlf == 0 || endings.binary() {
		return otherBlob
	}

	// The header of a blob contains its size, so that the content must be hashed from the start once the number
	// of CRs that git drops is known.
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return otherBlob
	}
	lfHash := e.newHash(info.Size() - endings.crlf)
	_, err = copyLimited(ctx, &lfWriter{w: lfHash}, f, info.Size())
	if err != nil || hex.EncodeToString(lfHash.Sum(nil)) != e.ID {
		return otherBlob
	}
	return sameWithLF
}

// copyLimited copies at most n bytes, because the file may grow while it is read, and stops with an error when ctx
// ends.
func copyLimited(ctx context.Context, w io.Writer, r io.Reader, n int64) (int64, error) {
	return io.CopyBuffer(w, io.LimitReader(contextReader{ctx: ctx, r: r}, n), make([]byte, 64<<10))
}

// contextReader fails as soon as its context has ended.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

// Read reads from the reader below, unless the context has ended.
func (r contextReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// lineEndings counts the bytes by which git tells text files from binary files (convert.c).
type lineEndings struct {
	crlf   int64 // CRs before an LF
	loneCR int64 // CRs before any other byte
	nul    int64
	lastCR bool // the last byte was a CR
}

// Write counts the bytes of b.
func (l *lineEndings) Write(b []byte) (int, error) {
	l.nul += int64(bytes.Count(b, []byte{0}))
	for rest := b; len(rest) > 0; {
		if l.lastCR {
			l.lastCR = false
			if rest[0] == '\n' {
				l.crlf++
			} else {
				l.loneCR++
			}
		}

		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			break
		}
		l.lastCR, rest = true, rest[i+1:]
	}
	return len(b), nil
}

// binary reports whether git takes the file for a binary one, whose line endings it does not convert.
func (l *lineEndings) binary() bool { return l.nul > 0 || l.loneCR > 0 || l.lastCR }

// lfWriter forwards what is written to w, with each CRLF replaced by LF, as git does when it adds a file. A
// CR is withheld until the next byte shows whether it belongs to a CRLF. A CR at the end of the input is
// therefore never forwarded; content that ends with one is binary for git and is not converted.
type lfWriter struct {
	w         io.Writer
	pendingCR bool // the last byte was a CR, which was not forwarded yet
}

// Write forwards b without the CRs that git drops. It returns len(b) unless the writer below fails.
func (l *lfWriter) Write(b []byte) (int, error) {
	out := make([]byte, 0, len(b)+1)
	for _, c := range b {
		if l.pendingCR && c != '\n' {
			out = append(out, '\r')
		}
		l.pendingCR = c == '\r'
		if !l.pendingCR {
			out = append(out, c)
		}
	}

	if _, err := l.w.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}
