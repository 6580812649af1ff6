package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"lanser/index/beneath"
)

// watch reports changes in a list of folders, by inotify(7). The kernel queues an event before the call that
// caused it returns. Draining the queue before a question therefore reports every change that was made before
// the question: by write, rename or truncation, and by a memory map once it is unmapped. A watch cannot see a
// change by another machine, or through a hard link in another folder. Only the file systems of [watchable]
// are watched, and files with several hard links are checked separately.
type watch struct {
	fd      int
	dir     *beneath.Folder  // the root of the workspace
	folders map[int32]string // watch descriptor → path relative to the root
	// unlisted holds the watched folders that the ignore rules exclude as a whole. allUnlisted is true if
	// all such folders are watched.
	unlisted    map[int32]bool
	allUnlisted bool
	root        unix.Stat_t // of the root when the watch began
	buf         []byte      // for reading events
	eventsLost  bool        // events may have been lost: the watch is useless
}

// watchMask holds the events that are asked for, and says how a folder is opened to watch it.
const watchMask = unix.IN_MODIFY | unix.IN_CLOSE_WRITE | unix.IN_ATTRIB | createOrDelete |
	unix.IN_ONLYDIR | unix.IN_DONT_FOLLOW

// createOrDelete holds the events after which a folder may list other names.
const createOrDelete = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO |
	unix.IN_DELETE_SELF | unix.IN_MOVE_SELF

// watchable lists the magic numbers of the file systems that only this machine's kernel changes.
var watchable = []int64{
	unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC,
	unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC,
	0x2fc12fc1, // ZFS
}

// watchFolders watches folders, which are relative to the root, and the unlisted folders, which the ignore
// rules exclude. It returns nil if there are too many folders, or if they cannot be watched.
func watchFolders(dir *beneath.Folder, folders, unlisted []string) *watch {
	root := dir.Dir()
	if len(folders) > min(maxWatched, maxUserWatches()/4) {
		return nil
	}
	var fs unix.Statfs_t
	if unix.Statfs(root, &fs) != nil || !slices.Contains(watchable, int64(fs.Type)) {
		return nil
	}
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return nil
	}
	w := &watch{
		fd:       fd,
		dir:      dir,
		folders:  make(map[int32]string, len(folders)),
		unlisted: map[int32]bool{},
		buf:      make([]byte, 64<<10),
	}
	if unix.Lstat(root, &w.root) != nil {
		w.close()
		return nil
	}

	for _, f := range folders {
		if !w.add(f, false) {
			w.close()
			return nil
		}
	}

	w.allUnlisted = len(folders)+len(unlisted) <= min(maxWatched, maxUserWatches()/4)
	for _, f := range unlisted {
		w.allUnlisted = w.allUnlisted && w.add(f, true)
	}

	return w
}

// add watches a folder, and reports whether it is watched.
func (w *watch) add(folder string, unlisted bool) bool {
	var st unix.Stat_t
	descriptor, failed := 0, true
	err := w.dir.WithDescriptor(folder, func(fd int) { // by descriptor: the path may lead through a link by now
		var err error
		descriptor, err = unix.InotifyAddWatch(w.fd, "/proc/self/fd/"+strconv.Itoa(fd), watchMask&^unix.IN_DONT_FOLLOW)
		failed = err != nil || unix.Fstat(fd, &st) != nil
	})
	if err != nil || failed || st.Dev != w.root.Dev { // another file system may be one that cannot be watched
		return false
	}
	w.folders[int32(descriptor)] = folder
	if unlisted {
		w.unlisted[int32(descriptor)] = true
	}
	return true
}

// maxUserWatches returns how many watches all programs of the user may have together (inotify(7)). Other
// programs need some of them.
func maxUserWatches() int {
	raw, err := os.ReadFile("/proc/sys/fs/inotify/max_user_watches")
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(raw))) // anything but a number allows none
	return n
}

// close ends the watch. A nil watch may be closed.
func (w *watch) close() {
	if w != nil {
		unix.Close(w.fd)
	}
}

// inPlace reports whether the root is still the folder that is watched.
func (w *watch) inPlace(root string) bool {
	var st unix.Stat_t
	return unix.Lstat(root, &st) == nil && st.Ino == w.root.Ino && st.Dev == w.root.Dev
}

// drain returns the events since its last call; ok is false if events may have been lost.
func (w *watch) drain() (touched []fileEvent, ok bool) {
	for !w.eventsLost {
		n, err := unix.Read(w.fd, w.buf)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return touched, true
		case err != nil || n < unix.SizeofInotifyEvent:
			w.eventsLost = true
		}

		for b := w.buf[:n]; len(b) >= unix.SizeofInotifyEvent; {
			var event inotifyEvent
			event, b = parseEvent(b)
			touched = append(touched, w.handle(event))
		}
	}
	return touched, false
}

// inotifyEvent is struct inotify_event of inotify(7), without the cookie that pairs the two events of a rename.
type inotifyEvent struct {
	watch int32  // watch descriptor
	mask  uint32 // the bits IN_…
	name  string // of a file in the watched folder; "" if the event is about the folder itself
}

// parseEvent parses the first event in b and returns the bytes after it. The name is padded with zero bytes.
func parseEvent(b []byte) (e inotifyEvent, rest []byte) {
	e.watch = int32(binary.NativeEndian.Uint32(b))
	e.mask = binary.NativeEndian.Uint32(b[4:])
	end := unix.SizeofInotifyEvent + binary.NativeEndian.Uint32(b[12:])
	name, _, _ := bytes.Cut(b[unix.SizeofInotifyEvent:end], []byte{0})
	e.name = string(name)
	return e, b[end:]
}

// handle adjusts the watch to an event, and returns the change that the event reports.
func (w *watch) handle(e inotifyEvent) fileEvent {
	folder, known := w.folders[e.watch]
	p := path.Join(folder, e.name)
	isFolder := e.mask&unix.IN_ISDIR != 0
	switch {
	case w.unlisted[e.watch] && e.mask&unix.IN_IGNORED != 0:
		// The folder was deleted, which an event of its parent reports.
		delete(w.folders, e.watch)
		delete(w.unlisted, e.watch)
	case e.mask&(unix.IN_Q_OVERFLOW|unix.IN_UNMOUNT|unix.IN_IGNORED) != 0 || !known:
		w.eventsLost = true
	case w.unlisted[e.watch] && isFolder && e.mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0:
		for _, f := range unlistedBelow(w.dir, p) {
			w.allUnlisted = w.allUnlisted && len(w.folders) < maxWatched && w.add(f, true)
		}
	}
	return fileEvent{
		path: p, listChanged: e.mask&createOrDelete != 0, unlisted: w.unlisted[e.watch], folder: isFolder,
	}
}

// valid reports whether the watch still works.
func (w *watch) valid() bool { return w == nil || !w.eventsLost }
