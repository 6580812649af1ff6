package index

import (
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"lanser/index/beneath"
	"lanser/index/syntax"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// MaxFileSize is the size in bytes above which a file is not read.
const MaxFileSize = beneath.MaxSize

// file is one version of a file. Its derived data is computed on demand, under mu. Successive snapshots share the
// value for as long as the stamp is the same, and so all that was computed once.
type file struct {
	path  string
	stamp beneath.Stamp
	blob  string // git's object id, for a file of a revision
	// overlaid is true for content that exists in memory only: the file on disk differs or is missing.
	overlaid bool

	mu             sync.Mutex
	name           string // by which package syntax knows the language of what may be a script; "" until that is asked
	digest         string // "" until the file is read
	readErr        error
	content        *text.Content // kept after the first request for it
	encodedOutline []byte        // its outline, serialized, which takes less memory
	pkg            *string       // the name in its package clause
	classes        *syntax.Classes
	names          *[]text.Span // the places of its identifiers
	words          words        // its identifiers, nil until it was scanned scansForWords times
	scanned        int          // how often its text was scanned
	parseChecked   bool         // parseErrors is known
	parseErrors    bool         // the file does not parse without errors

	// stampReliable is true if an equal stamp implies equal content: the file was read so long after its
	// last change that even the coarsest file times tell a later change apart.
	stampReliable atomic.Bool
}

// coarsestFileTime is the coarsest resolution of file times in use, which is FAT's. Only tests change it.
var coarsestFileTime = 2 * time.Second

// readDisk returns the content of a file of the working tree. It is the read function of snapshots of the present.
func (w *Workspace) readDisk(f *file) ([]byte, error) {
	if f.stamp.Size > MaxFileSize {
		return nil, fault.New(fault.Permissions, "%s has %d bytes, and files of more than %d bytes are not read",
			f.path, f.stamp.Size, MaxFileSize)
	}

	readAt := time.Now() // before the file is opened: a change while it is read has a later time
	b, err := w.folder.Direct().ReadFile(f.path, MaxFileSize)
	if err != nil {
		return nil, readFault(f.path, err)
	}
	age := readAt.UnixNano() - max(f.stamp.MTime, f.stamp.CTime)
	if age > int64(coarsestFileTime) && !f.stampReliable.Swap(true) {
		w.readSinceManifest.Add(1)
	}
	return b, nil
}

// readFault returns the error for a listed file that cannot be read: ContentModified if it is no longer there, or
// no longer a regular file, otherwise Permissions.
func readFault(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, beneath.ErrLink) || errors.Is(err, beneath.ErrNotRegular) {
		return fault.Wrap(fault.ContentModified, err, "%s disappeared while it was being read", path)
	}
	return fault.Wrap(fault.Permissions, err, "cannot read %s: %v", path, errors.Unwrap(err))
}

// setContent sets the content of a file that is not read from the disk. No other goroutine may have f yet, or the
// caller holds f.mu.
func (f *file) setContent(b []byte) {
	f.content = text.New(b)
	f.digest = f.content.Digest()
}
