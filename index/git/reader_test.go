package git

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lanser/index/indextest"
)

// One git answers for all objects, and sees what the repository has become since it was started.
func TestOneGitReadsTheObjectsThatAreAskedFor(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"a.py": "x = 1\n", "empty.py": ""})
	indextest.Git(t, dir, "init", "-q", "-b", "main")
	indextest.Commit(t, dir, "first")
	first := indextest.Git(t, dir, "rev-parse", "HEAD")
	r := NewObjectReader(New(dir, dir), dir)
	defer r.Close()
	for _, name := range []string{"a.py", "empty.py"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Blob(indextest.Git(t, dir, "rev-parse", "HEAD:"+name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s holds %q (%v), want %q", name, got, err, want)
		}
	}
	if _, err := r.Blob(strings.Repeat("0a", 20)); err == nil {
		t.Error("an object that is missing is read")
	}
	for _, rev := range []string{"none", "HEAD:a.py", "HEAD\nHEAD", "", "--all", "HEAD HEAD", first + " 1"} {
		if got, err := r.Commit(rev); err == nil {
			t.Errorf("revision %q is %s", rev, got)
		}
	}
	indextest.Commit(t, dir, "second")
	indextest.Git(t, dir, "tag", "none", first)
	second := indextest.Git(t, dir, "rev-parse", "HEAD")
	for rev, want := range map[string]string{
		"HEAD": second, "main": second, "HEAD~1": first, "none": first, second[:12]: second, "HEAD^{/first}": first,
	} {
		if got, err := r.Commit(rev); err != nil || got != want {
			t.Errorf("revision %q is %s (%v), want %s", rev, got, err, want)
		}
	}
}

// What is kept of blobs is bounded, and the reader ends its git when it is closed.
func TestBlobsInMemoryAreBounded(t *testing.T) {
	r := NewObjectReader(New(t.TempDir(), ""), t.TempDir())
	r.cache(cachedBlob{id: "first", content: make([]byte, maxCachedBlobs/2)})
	r.cache(cachedBlob{id: "second", content: make([]byte, maxCachedBlobs/2)})
	if _, err := r.Blob("first"); err != nil {
		t.Fatal(err)
	}
	r.cache(cachedBlob{id: "third", content: make([]byte, maxCachedBlobs/2)})
	if r.blobs["first"] == nil || r.blobs["second"] != nil || r.blobs["third"] == nil || r.size != maxCachedBlobs {
		t.Errorf("kept are %d blobs of %d bytes", len(r.blobs), r.size)
	}
	process := r.start()
	r.Close()
	select {
	case <-process.done:
	default:
		t.Error("git runs on")
	}
	if r.blobs != nil {
		t.Error("blobs are kept after the reader is closed")
	}
}

func TestARepositoryWithoutGitHasNoObjects(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"a.py": "x = 1\n"})
	r := NewObjectReader(New(dir, ""), dir)
	defer r.Close()
	for range 2 {
		if got, err := r.Commit("HEAD"); err == nil {
			t.Errorf("HEAD is %s", got)
		}
	}
}

func FuzzGitObject(f *testing.F) {
	id := strings.Repeat("0a", 20)
	for _, s := range []string{
		"", id + " blob 3\nabc\n", id + " commit 0\n\n", "HEAD missing\n",
		id + " blob 99999999999\nabc", id + " blob -1\n\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bufio.NewReader(bytes.NewReader(raw))
		a, err := readObject(r)
		if err == nil && a.err == nil && (!IsObjectID(a.id) || !bytes.Contains(raw, a.content)) {
			t.Errorf("an object %q of %q", a.id, raw)
		}
	})
}

func FuzzGitIndexList(f *testing.F) {
	debug := "  ctime: 1:2\n  mtime: 3:4\n  dev: 5\tino: 6\n  uid: 0\tgid: 0\n  size: 7\tflags: 20004000\n"
	entry := "H 100644 " + strings.Repeat("0a", 20) + " 0\ta b\x00" + debug
	for _, s := range []string{
		"", "? x\x00", entry, entry + entry, "? x\x00" + entry, entry[:len(entry)-3],
		strings.Replace(entry, "7", "99999999999", 1),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var entries []*Entry
		err := ReadIndex(bufio.NewReader(bytes.NewReader(raw)), func(e *Entry) error {
			if e != nil {
				entries = append(entries, e)
			}
			return nil
		})
		for _, e := range entries {
			if e.Path == "" || !IsObjectID(e.ID) || e.stage > 3 || !bytes.Contains(raw, []byte("\t"+e.Path+"\x00")) {
				t.Errorf("an entry %+v of %q", e, raw)
			}
		}
		if err == nil && bytes.HasPrefix(raw, []byte("H ")) && len(entries) == 0 {
			t.Errorf("no entry of %q", raw)
		}
	})
}

func FuzzGitBlobs(f *testing.F) {
	id := strings.Repeat("0a", 20)
	for _, s := range []string{
		"", id + " blob 3\nabc\n", id + " blob 3\nabc\n" + id + " blob 0\n\n",
		id + " missing\n", id + " blob 99999999999\nabc", id + " blob -1\n\n",
	} {
		f.Add([]byte(s), 2)
	}
	f.Fuzz(func(t *testing.T, raw []byte, n int) {
		n = min(max(n, 0), 100)
		read := 0
		err := readBlobs(bufio.NewReader(bytes.NewReader(raw)), n, func(_ int, size int64, _ io.Reader) error {
			read++
			if size < 0 {
				t.Error("a size below 0")
			}
			return nil
		})
		if err == nil && read != n {
			t.Errorf("%d of %d were read", read, n)
		}
	})
}

func FuzzGitAttributes(f *testing.F) {
	for _, s := range []string{"", "a\x00text\x00set\x00", "a\x00text\x00set\x00a\x00eol\x00", "a\x00b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if out, err := readAttributes(bufio.NewReader(bytes.NewReader(raw))); err == nil && len(out) > len(raw) {
			t.Errorf("%v", out)
		}
	})
}
