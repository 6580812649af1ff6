// Package memo owns tables of results that are computed once.
//
// It promises that the work for a key runs once, and that all callers get its result; concurrent calls wait for it. A
// panic of the work is that of each call.
//
// A table is never emptied: it lives and dies with the value that the results are about.
package memo

import "sync"

// Table is a table of results. The zero value is empty. It may be used by several goroutines at once.
type Table struct{ results sync.Map } // key → func() any, which computes once

// Of returns the result for a key, which work computes. A key should be of a type of the caller's own, as with
// [context.WithValue], so that two packages cannot share one by accident.
func (t *Table) Of(key any, work func() any) any {
	v, ok := t.results.Load(key)
	if !ok {
		v, _ = t.results.LoadOrStore(key, sync.OnceValue(work))
	}
	return v.(func() any)()
}
