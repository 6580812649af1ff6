//go:build !linux

package index

import "lanser/index/beneath"

// watch is for Linux only so far; elsewhere files are looked at for every question.
type watch struct{ all bool }

func watchFolders(*beneath.Folder, []string, []string) *watch { return nil }

func (*watch) close()                            {}
func (*watch) useful() bool                      { return true }
func (*watch) inPlace(string) bool               { return false }
func (*watch) drain() (touched []touch, ok bool) { return nil, false }
