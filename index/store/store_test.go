package store_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lanser/index/indextest"
	"lanser/index/store"
)

func key(i int) store.Key { return store.NewKey("test", strconv.Itoa(i)) }

func value(i int) []byte { return bytes.Repeat([]byte(fmt.Sprintf("value %d;", i)), i%50+1) }

// fill writes n entries in several segments.
func fill(t *testing.T, dir string, n int) {
	t.Helper()
	s := store.Open(dir)
	defer s.Close()
	for i := range n {
		s.Put(key(i), value(i))
		if i%(n/4+1) == 0 {
			s.Flush()
		}
	}
}

// count says how many of the entries a fresh store has. One that it has must be
// what was put.
func count(t *testing.T, dir string, n int) (have int) {
	t.Helper()
	s := store.Open(dir)
	defer s.Close()
	for i := range n {
		v, ok := s.Get(key(i))
		if !ok {
			continue
		}
		have++
		if !bytes.Equal(v, value(i)) {
			t.Fatalf("entry %d is %q", i, v)
		}
	}
	if _, ok := s.Get(store.NewKey("other", "0")); ok {
		t.Error("an entry that nobody put is there")
	}
	return have
}

func segments(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAnEntryCanBeReadAfterItWasPut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	fill(t, dir, 100)
	if n := count(t, dir, 100); n != 100 {
		t.Errorf("%d of 100", n)
	}
}

func TestMergingSegmentsLosesNothing(t *testing.T) {
	dir := t.TempDir()
	s := store.Open(dir)
	for i := range 100 {
		s.Put(key(i), value(i))
		s.Flush()
	}
	s.Close()
	if n := len(segments(t, dir)); n > 13 {
		t.Errorf("%d segments", n)
	}
	if n := count(t, dir, 100); n != 100 {
		t.Errorf("%d of 100", n)
	}
}

func TestEntriesOfAnotherProcessAreFound(t *testing.T) {
	dir := t.TempDir()
	a, b := store.Open(dir), store.Open(dir)
	if _, ok := a.Get(key(1)); ok {
		t.Fatal("it is there before it was put")
	}
	b.Put(key(1), value(1))
	b.Flush()
	if v, ok := a.Get(key(1)); !ok || !bytes.Equal(v, value(1)) {
		t.Errorf("%q, %v", v, ok)
	}
}

// A process that only reads for days has no more segments open than there are in the folder.
func TestSegmentsThatAnotherProcessMergedAreClosed(t *testing.T) {
	dir := t.TempDir()
	reader, writer := store.Open(dir), store.Open(dir)
	defer reader.Close()
	for i := range 200 {
		writer.Put(key(i), value(i))
		writer.Flush()
		if v, ok := reader.Get(key(i)); !ok || !bytes.Equal(v, value(i)) {
			t.Fatalf("entry %d: %q, %v", i, v, ok)
		}
	}
	writer.Close()
	reader.Has(key(0))
	if open, want := reader.Segments(), len(segments(t, dir)); open != want {
		t.Errorf("%d segments are open, the folder has %d", open, want)
	}
}

func TestConcurrentReadersAndWritersSeeOnlyWhatWasPut(t *testing.T) {
	dir := t.TempDir()
	a, b := store.Open(dir), store.Open(dir)
	var wg sync.WaitGroup
	for _, s := range []*store.Store{a, b} {
		for w := range 3 {
			wg.Go(func() {
				for i := range 60 {
					s.Put(key(60*w+i), value(60*w+i))
					s.Flush()
					if v, ok := s.Get(key(i)); ok && !bytes.Equal(v, value(i)) {
						t.Errorf("entry %d is %q", i, v)
					}
				}
			})
		}
	}
	wg.Wait()
}

func TestAStoreWithoutAFolderKeepsEntriesOnlyUntilFlush(t *testing.T) {
	s := store.Open("")
	s.Put(key(1), value(1))
	if _, ok := s.Get(key(1)); !ok {
		t.Error("forgotten before Flush")
	}
	s.Flush()
	if _, ok := s.Get(key(1)); ok {
		t.Error("kept after Flush")
	}
}

// A segment that is cut anywhere, has any byte changed, or has another format, returns what was put or nothing.
func TestADamagedSegmentIsAMiss(t *testing.T) {
	for name, damage := range map[string]func(b []byte, at int) []byte{
		"truncated":    func(b []byte, at int) []byte { return b[:at] },
		"a byte wrong": func(b []byte, at int) []byte { b[at] ^= 0x41; return b },
		"zeroes":       func(b []byte, at int) []byte { clear(b[at:min(at+64, len(b))]); return b },
		"longer":       func(b []byte, at int) []byte { return append(b, b[:at]...) },
		"other format": func(b []byte, _ int) []byte {
			return bytes.ReplaceAll(b, []byte("lanser-store-1"), []byte("lanser-store-0"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, 40)
			file := segments(t, dir)[0]
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for at := 0; at < len(whole); at += len(whole)/61 + 1 {
				if err := os.WriteFile(file, damage(bytes.Clone(whole), at), 0o600); err != nil {
					t.Fatal(err)
				}
				if n := count(t, dir, 40); n < 20 {
					t.Fatalf("at %d: %d of 40: the other segments are whole", at, n)
				}
			}
		})
	}
}

// A store in a folder that cannot be written returns the entries that it has.
func TestAReadOnlyStoreReturnsItsEntries(t *testing.T) {
	indextest.Needs(t, "unshare")
	if out, err := exec.Command("unshare", "-rm", "true").CombinedOutput(); err != nil {
		t.Fatalf("the test needs a mount namespace: %v %s", err, out)
	}
	dir := t.TempDir()
	fill(t, dir, 10)
	inNamespace(t, dir, "mount --bind \"$D\" \"$D\" && mount -o remount,ro,bind \"$D\"", 10)
	if n := len(segments(t, dir)); n == 0 {
		t.Error("the segments are gone")
	}
}

// If the disk is full, new entries are lost, and nothing else happens.
func TestAFullDiskLosesOnlyNewEntries(t *testing.T) {
	indextest.Needs(t, "unshare")
	dir := t.TempDir()
	inNamespace(t, dir, "mount -t tmpfs -o size=64k none \"$D\"", -1)
}

// inNamespace runs this test binary's helper with dir mounted by the script; it must
// find n entries, or with -1 put more than there is room for.
func inNamespace(t *testing.T, dir, script string, n int) {
	t.Helper()
	cmd := exec.Command("unshare", "-rm", "sh", "-c", script+" && exec \"$0\" -test.run '^TestHelper$' -test.v",
		os.Args[0])
	cmd.Env = append(os.Environ(), "D="+dir, "STORE_HELPER="+strconv.Itoa(n))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "helper ran") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestHelper(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("STORE_HELPER"))
	if err != nil {
		return // only run by the tests above
	}
	dir := os.Getenv("D")
	if n >= 0 {
		if have := count(t, dir, n); have != n {
			t.Errorf("%d of %d", have, n)
		}
	}
	s := store.Open(dir)
	for i := range 50 {
		s.Put(key(1000+i), bytes.Repeat([]byte("x"), 8<<10))
		if _, ok := s.Get(key(1000 + i)); !ok {
			t.Error("what was just put is not there")
		}
	}
	s.Flush()
	s.Close()
	if left, _ := filepath.Glob(filepath.Join(dir, "new-*")); len(left) > 0 {
		t.Errorf("half-written files are left: %v", left)
	}
	fmt.Println("helper ran")
}

// Ten processes that put, get and merge in one folder only ever read what was put.
func TestTenProcessesShareAFolder(t *testing.T) {
	if os.Getenv("STORE_WORKER") != "" {
		return
	}
	dir := t.TempDir()
	var workers []*exec.Cmd
	for i := range 10 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestWorker$")
		cmd.Env = append(os.Environ(), "STORE_WORKER="+strconv.Itoa(i), "D="+dir)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		workers = append(workers, cmd)
	}
	for i, cmd := range workers {
		if err := cmd.Wait(); err != nil {
			t.Errorf("worker %d: %v\n%s", i, err, cmd.Stdout)
		}
	}
	if n := count(t, dir, 400); n < 350 {
		t.Errorf("%d of 400", n)
	}
}

func TestWorker(t *testing.T) {
	w, err := strconv.Atoi(os.Getenv("STORE_WORKER"))
	if err != nil {
		return // only run by the test above
	}
	dir := os.Getenv("D")
	for round := range 8 {
		s := store.Open(dir)
		for i := range 50 {
			k := (w*40 + round*5 + i) % 400
			if v, ok := s.Get(key(k)); ok && !bytes.Equal(v, value(k)) {
				t.Fatalf("entry %d is %q", k, v)
			}
			s.Put(key(k), value(k))
			if i%10 == 0 {
				s.Flush()
			}
		}
		s.Close()
	}
}
