//go:build !linux

package index

import "lanser/index/beneath"

// watch is implemented for Linux only; on other systems all files are checked for every question.
type watch struct{ allUnlisted bool }

// Other systems watch nothing: a watch is always nil.
func watchFolders(*beneath.Folder, []string, []string) *watch { return nil }

func (*watch) close()                               {}
func (*watch) valid() bool                          { return true }
func (*watch) inPlace(string) bool                  { return false }
func (*watch) drain() (events []fileEvent, ok bool) { return nil, false }
