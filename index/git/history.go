package git

import (
	"bufio"
	"bytes"
	"context"
	"slices"
	"strconv"
)

// PlainDiff makes git compare objects alone, without the repository's programs, and compare as many pairs of files
// for renames as it does by default.
var PlainDiff = []string{"--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "-l1000"}

// maxHistoryBytes bounds git's list of what commits removed, in bytes.
const maxHistoryBytes = 16 << 20

// Removals returns the id of the last commit that removed each file, by path, for the latest commits of a
// range, at most most of them. complete is false if the range has more.
func (g *Runner) Removals(
	ctx context.Context,
	dir string,
	commits []string,
	most int,
) (removed map[string]string, complete bool, err error) {
	var ids bytes.Buffer // a line each, the latest first
	complete = true
	listed := map[string]bool{}
	readIDs := func(r *bufio.Reader) error {
		return eachRecord(r, '\n', func(id string) error {
			if len(listed) == most {
				complete = false
				return errEnough
			}
			if IsObjectID(id) {
				listed[id] = true
				ids.WriteString(id + "\n")
			}
			return nil
		})
	}
	// One commit more than is read shows that there are more.
	list := []string{"rev-list", "--no-merges", "--max-count", strconv.Itoa(most + 1)}
	err = g.Run(ctx, dir, nil, readIDs, slices.Concat(list, commits, []string{"--"})...)
	if err != nil {
		return nil, false, err
	}

	removed = map[string]string{}
	commit, size := "", 0
	readRemoved := func(r *bufio.Reader) error { // the id of a commit, and then the paths that it removed
		return eachRecord(r, 0, func(record string) error {
			size += len(record)
			switch {
			case size > maxHistoryBytes:
				complete = false
				return errEnough
			case listed[record]: // rather than a file of that name
				commit = record
			case removed[record] == "": // the first commit that is listed is the latest
				removed[record] = commit
			}
			return nil
		})
	}
	compare := slices.Concat([]string{"diff-tree", "--stdin", "-r", "--relative"}, PlainDiff, removedNames)
	err = g.Run(ctx, dir, &ids, readRemoved, compare...)
	return removed, complete && err == nil, err
}

// removedNames are the options with which git prints the paths of removed files, each followed by a zero byte.
var removedNames = []string{"--no-renames", "--name-only", "-z", "--diff-filter=D"}

// maxTouching bounds the commits that are looked at for the one that removed a file. It is
// nearly always the last that touched it.
const maxTouching = 50

// Removal returns the id of the last commit of a range that removed a file; nil for none.
func (g *Runner) Removal(ctx context.Context, dir string, commits []string, file string) (id []byte, err error) {
	// git lists the commits while they are looked at, and is stopped at the first that is the one.
	find := func(r *bufio.Reader) error {
		for range maxTouching {
			commit, err := ReadRecord(r, '\n')
			if err != nil || !IsObjectID(commit) {
				return errEnough
			}
			compare := slices.Concat([]string{"diff-tree", "-r"}, PlainDiff, removedNames,
				[]string{"--no-commit-id", commit, "--", file})
			removed, err := g.Output(ctx, dir, compare...)
			if err != nil {
				return err
			}
			if len(removed) > 0 {
				id = []byte(commit)
				return errEnough
			}
		}
		return errEnough
	}
	list := slices.Concat([]string{"rev-list", "--no-merges"}, commits, []string{"--", file})
	err = g.Run(ctx, dir, nil, find, list...)
	return id, err
}
