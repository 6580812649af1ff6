package daemon

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode"
)

func TestTheWorldOfAProcessCanBePrinted(t *testing.T) {
	for line := range strings.Lines(world()) {
		if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return !unicode.IsPrint(r) }) ||
			!strings.Contains(line, ":") {
			t.Errorf("%q", line)
		}
	}
	for _, fact := range []string{
		"limit open files: any of ", "limit cpu: ", "namespace mnt: ", "root: device ", "NoNewPrivs: ", "CapEff: ",
	} {
		if !strings.Contains(world(), fact) {
			t.Errorf("it tells no %q:\n%s", fact, world())
		}
	}
}

func TestAnotherLimitOfOpenFilesHasAnotherSocket(t *testing.T) {
	was, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	lower := limit
	lower.Cur -= 10 // the soft limit alone is the process's own affair
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lower); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	if now, err := Self(); err != nil || now.name() != was.name() {
		t.Errorf("%v: another soft limit is another place", err)
	}
	other := was
	other.World = strings.Replace(was.World, "limit open files: any of ", "limit open files: any of 1", 1)
	if other.World == was.World || other.name() == was.name() {
		t.Error("another hard limit is the same place")
	}
}

func TestTheWorldHasTheMemoryLimitsOfAllEnclosingCgroups(t *testing.T) {
	mount := t.TempDir()
	for file, content := range map[string]string{
		"user/memory.max": "2000\n", "user/job/memory.max": "max\n", "user/job/memory.high": "1000\n",
		"memory/old/memory.limit_in_bytes": "3000\n",
		"memory/memory.limit_in_bytes":     "9223372036854771712\n", "memory.max": "max\n",
	} {
		path := filepath.Join(mount, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for list, want := range map[string][]string{
		"0::/user/job\n":                   {"cgroup /user/job memory.high: 1000", "cgroup /user memory.max: 2000"},
		"0::/\n":                           nil,
		"0::/nowhere\n":                    nil,
		"5:memory:/old\n3:cpu:/user/job\n": {"cgroup /old memory.limit_in_bytes: 3000"},
		"7:cpuset,memory:/\n":              nil,
		"garbage\n":                        nil,
		"0::/../../user\n":                 {"cgroup /user memory.max: 2000"},
		"0::/user\n5:memory:/old\nx:y\n::\n": {
			"cgroup /user memory.max: 2000", "cgroup /old memory.limit_in_bytes: 3000",
		},
	} {
		file := filepath.Join(t.TempDir(), "cgroup")
		if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := memoryFacts(file, mount); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}
