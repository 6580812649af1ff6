package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"lanser/index/beneath"
)

// Blobs calls read with the content of each of the blobs, in their order, from one git process. size is in bytes.
// read need not read all of the content. An error of read ends the reading.
func (g *Runner) Blobs(
	ctx context.Context,
	dir string,
	ids []string,
	read func(i int, size int64, content io.Reader) error,
) error {
	if len(ids) == 0 {
		return nil
	}
	input := strings.NewReader(strings.Join(ids, "\n") + "\n")
	readAll := func(r *bufio.Reader) error { return readBlobs(r, len(ids), read) }
	return g.Run(ctx, dir, input, readAll, "cat-file", "--batch")
}

// readBlobs reads the output of git cat-file --batch for n objects: "ID TYPE SIZE", a line end, the content, and a
// line end.
func readBlobs(r *bufio.Reader, n int, read func(i int, size int64, content io.Reader) error) error {
	for i := range n {
		_, size, err := readBlobHead(r)
		if err != nil {
			return err
		}
		content := &io.LimitedReader{R: r, N: size}
		if err := read(i, size, content); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			return err
		}
		if end, err := r.ReadByte(); err != nil || content.N != 0 || end != '\n' {
			return errors.New("git cat-file ends in the middle of an object")
		}
	}
	return nil
}

// readBlobHead reads the line before the content of an object.
func readBlobHead(r *bufio.Reader) (id string, size int64, err error) {
	head, err := ReadRecord(r, '\n')
	if err != nil {
		return "", 0, fmt.Errorf("git cat-file ends early: %w", err)
	}
	return parseObjectHead(head)
}

// parseObjectHead parses "ID TYPE SIZE". The error quotes any other line, such as "ID missing".
func parseObjectHead(head string) (id string, size int64, err error) {
	fields := strings.Fields(head)
	if len(fields) != 3 || !IsObjectID(fields[0]) {
		return "", 0, fmt.Errorf("git says: %.200s", head)
	}
	size, err = strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size < 0 {
		return "", 0, fmt.Errorf("git says: %.200s", head)
	}
	return fields[0], size, nil
}

// Sizes returns the sizes of blobs in bytes, -1 for a blob that the repository does not have.
func (g *Runner) Sizes(ctx context.Context, dir string, ids []string) ([]int64, error) {
	sizes := make([]int64, len(ids))
	if len(ids) == 0 {
		return sizes, nil
	}
	input := strings.NewReader(strings.Join(ids, "\n") + "\n")
	err := g.Run(ctx, dir, input, func(r *bufio.Reader) error {
		for i := range ids {
			line, err := ReadRecord(r, '\n')
			if err != nil {
				return fmt.Errorf("git cat-file ends early: %w", err)
			}
			_, sizes[i], err = parseObjectHead(line)
			if err != nil {
				sizes[i] = -1
			}
		}
		return nil
	}, "cat-file", "--batch-check")
	return sizes, err
}

// ParseBatch returns the contents of blobs in the output of git cat-file --batch, by object id. It stops at the first
// entry that it cannot read.
func ParseBatch(out []byte) map[string][]byte {
	byID := map[string][]byte{}
	r := bufio.NewReader(bytes.NewReader(out))
	for {
		id, size, err := readBlobHead(r)
		if err != nil || size > int64(len(out)) {
			return byID
		}
		b := make([]byte, size)
		if _, err := io.ReadFull(r, b); err != nil {
			return byID
		}
		byID[id] = b
		if _, err := r.Discard(1); err != nil { // the line end
			return byID
		}
	}
}

// Batch returns the output of git cat-file --batch for those of the blobs, in their order, that are small enough
// for most bytes.
func (g *Runner) Batch(ctx context.Context, dir string, ids []string, most int64) ([]byte, error) {
	sizes, err := g.Sizes(ctx, dir, ids)
	if err != nil {
		return nil, err
	}
	var small []string
	left := most
	for i, id := range ids {
		if sizes[i] >= 0 && sizes[i] <= min(beneath.MaxSize, left) {
			left -= sizes[i]
			small = append(small, id)
		}
	}

	var out bytes.Buffer
	err = g.Blobs(ctx, dir, small, func(i int, size int64, content io.Reader) error {
		fmt.Fprintf(&out, "%s blob %d\n", small[i], size)
		_, err := io.Copy(&out, content)
		out.WriteByte('\n')
		return err
	})
	return out.Bytes(), err
}
