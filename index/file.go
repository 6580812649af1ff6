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

// file is one version of a file. What is known of it is filled in as it is
// needed, under mu.
type file struct {
	path  string
	stamp stamp
	blob  string // git's object id, for a file of a revision
	// overlaid says that it is held in memory only: the disk has another, or none.
	overlaid bool

	mu             sync.Mutex
	digest         string // "" until it is read
	readErr        error
	content        *text.Content // kept once a question has asked for it
	encodedOutline []byte        // its outline, written down
	pkg            *string       // the name in its package clause
	classes        *syntax.Classes
	words          words // its identifiers, nil before it was looked through so often
	scanned        int   // how often it was
	parseChecked   bool  // unclean is known
	parseErrors    bool  // it does not parse without errors

	// settled says that equal stamps mean equal content: the version was read
	// well after its last change, beyond the coarsest file times in use.
	stampReliable atomic.Bool
}

// stamp is what the file system says of a version.
type stamp struct {
	size  int64
	mtime int64 // ns
	ctime int64 // ns
	inode uint64
}

// linkedStamp is a stamp with the number of the file's names, and whether it can be
// executed.
type linkedStamp struct {
	stamp
	links      uint64
	executable bool // by its owner
}

// coarsestTime is that of the file systems in use: of FAT. Only tests change it.
var coarsestFileTime = 2 * time.Second

func (w *Workspace) readDisk(f *file) ([]byte, error) {
	if f.stamp.size > MaxFileSize {
		return nil, fault.New(
			fault.Permissions,
			"%s has %d bytes, more than the %d that are read",
			f.path,
			f.stamp.size,
			MaxFileSize,
		)
	}
	readAt := time.Now()
	b, err := w.folder.Direct().ReadFile(f.path, MaxFileSize)
	if err != nil {
		return nil, readFault(f.path, err)
	}
	if readAt.UnixNano()-max(f.stamp.mtime, f.stamp.ctime) > int64(coarsestFileTime) && !f.stampReliable.Swap(true) {
		w.readSinceManifest.Add(1)
	}
	return b, nil
}

func readFault(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, beneath.ErrLink) || errors.Is(err, beneath.ErrNotRegular) {
		return fault.Wrap(fault.ContentModified, err, "%s vanished while it was read", path)
	}
	return fault.Wrap(fault.Permissions, err, "cannot read %s: %v", path, errors.Unwrap(err))
}

func (f *file) setContent(b []byte) {
	f.content = text.New(b)
	f.digest = f.content.Digest()
}
