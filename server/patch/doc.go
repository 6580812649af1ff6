// Package patch reads unified diffs, as git, GNU diff and people write them, applies them to the files of
// a workspace in memory, and writes edits as unified diffs.
//
// It owns the meaning of a diff: which file a name in it means, whatever prefixes git is configured to write;
// what renames, copies, new and deleted files are; and how colours, Windows line ends and quoted names
// are read.
//
// It promises that a patch either applies as a whole or is refused with an error that says which file
// and line does not fit, that no path outside the workspace is named in the result, and that the result
// is not larger than the patch and the changed files together.
//
// It does not write to disk, does not run git, and does not know which files language servers read:
// package server shows them the result as an overlay.
package patch
