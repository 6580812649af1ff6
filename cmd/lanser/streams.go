package main

import (
	"cmp"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"lanser/selectors/visible"
)

// Standard output has two layers around the file: a checkedWriter, which notices failed writes, and around it a
// visible.Writer, which escapes what would act on a terminal. Standard error has only the second.
//
//	a.out = visible.Writer → checkedWriter → os.Stdout
//
// unguarded removes the outer layer, underlying both.

// unguarded returns the writer below a visible.Writer. It is for output that must not be
// escaped: binary data such as an index, protocols and reports, which escape text themselves,
// and the progress line of a terminal.
func unguarded(w io.Writer) io.Writer {
	if g, ok := w.(*visible.Writer); ok {
		return g.Unwrap()
	}
	return w
}

// underlying returns the file, or other writer, below both layers of w. It is for protocols, which escape text, notice
// failures and close the file themselves, and for isTerminal.
func underlying(w io.Writer) io.Writer {
	w = unguarded(w)
	if c, ok := w.(*checkedWriter); ok {
		return c.to
	}
	return w
}

// jsonOut returns standard output as a writer of JSON, in which [visible.JSONWriter] escapes what a terminal would
// obey.
func (a *app) jsonOut() io.Writer { return visible.JSONWriter(unguarded(a.out)) }

// isTerminal reports whether what is written to w appears on a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := underlying(w).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// checkedWriter remembers the first error of a writer. Most callers ignore errors of standard output, but a command
// whose answer is lost must not exit with 0: on a full disk, 'lanser refs NAME > file' exits with 71. It is safe for
// concurrent use if the writer below is.
type checkedWriter struct {
	to io.Writer

	mu  sync.Mutex // guards err
	err error      // the first error
}

// Write writes to the writer below.
func (w *checkedWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.err = cmp.Or(w.err, err)
	}
	return n, err
}

// failure returns the first error of the writer, nil for none.
func (w *checkedWriter) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
