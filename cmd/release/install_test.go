package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lanser/index/indextest"
)

// shellProgram prints its arguments and ends with exit code 7, in place of lanser.
const shellProgram = "#!/bin/sh\necho ran \"$@\"\nexit 7\n"

// hostPrograms returns shellProgram as the program of this platform.
func hostPrograms(t *testing.T) []program {
	t.Helper()
	chosen, err := choose([]string{runtime.GOOS + "/" + runtime.GOARCH})
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("there is no release for this platform, or it cannot run shell scripts")
	}
	return []program{{platform: chosen[0], content: []byte(shellProgram)}}
}

func TestNPMInstallsTheProgramOfThisPlatform(t *testing.T) {
	indextest.Needs(t, "npm")
	files, err := testRelease.npmPackages(hostPrograms(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	argv := []string{"npm", "install", "--prefix", dir, "--offline", "--ignore-scripts", "--no-audit", "--no-fund"}
	for _, f := range files {
		indextest.Write(t, dir, f.name, string(f.content))
		argv = append(argv, filepath.Join(dir, f.name))
	}
	output(t, dir, argv...)
	ranAs(t, filepath.Join(dir, "node_modules", ".bin", "lanser"))
}

func TestNPMsLauncherNamesTheMissingPackage(t *testing.T) {
	indextest.Needs(t, "node")
	out, err := exec.Command("node", "launcher.js").CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "the npm package @lanser/") {
		t.Errorf("got %v, %s", err, out)
	}
}

func TestPipInstallsTheProgramOfAWheel(t *testing.T) {
	indextest.Needs(t, "pip")
	built := hostPrograms(t)
	wheel, err := testRelease.wheel(built[0])
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	indextest.Write(t, dir, wheel.name, string(wheel.content))
	output(t, dir, "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--prefix", dir,
		"--ignore-installed", filepath.Join(dir, wheel.name))
	ranAs(t, filepath.Join(dir, "bin", "lanser"), filepath.Join(dir, "local", "bin", "lanser"))
}

func TestTheGoCommandInstallsThePublishedModule(t *testing.T) {
	files, err := testRelease.proxyOf([]file{
		{name: "go.mod", content: []byte("module lanser\n\ngo 1.26.4\n")},
		{name: "cmd/lanser/main.go", content: []byte("package main\n\n" +
			"import (\n\t\"fmt\"\n\n\tw \"lanser/words\"\n)\n\nfunc main() { fmt.Println(w.Local) }\n")},
		{name: "words/words.go", content: []byte("package words\n\nconst Local = \"lanser/words\"\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range files {
		indextest.Write(t, dir, f.name, string(f.content))
	}
	cmd := exec.Command("go", "install", modulePath+"/cmd/lanser@v1.2.3")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=file://"+filepath.ToSlash(dir)+"/goproxy", "GONOSUMDB=*",
		"GOFLAGS=-modcacherw", "GOMODCACHE="+filepath.Join(dir, "cache"), "GOBIN="+dir, "GOTOOLCHAIN=local")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go install: %v\n%s", err, out)
	}
	if got := output(t, dir, filepath.Join(dir, "lanser")); got != "lanser/words\n" {
		t.Errorf("the program printed %q: only imports may be renamed", got)
	}
	if got := output(t, dir, "go", "version", "-m", filepath.Join(dir, "lanser")); !strings.Contains(
		got, "\tmod\t"+modulePath+"\tv1.2.3\t",
	) {
		t.Errorf("the program describes itself as\n%s", got)
	}
}

func TestWhatGoCompilesForEachPlatformIsVerified(t *testing.T) {
	indextest.Needs(t, "time to compile Go's runtime for each platform")
	dir := t.TempDir()
	indextest.Write(t, dir, "go.mod", "module m\n\ngo 1.26.4\n")
	indextest.Write(t, dir, "main.go", "package main\n\nfunc main() {}\n")
	compile := func(p platform, flags string) string {
		file := filepath.Join(dir, p.file(p.folder()+strings.ReplaceAll(flags, " ", "")))
		cmd := exec.Command("go", "build", "-o", file, "-ldflags", flags, ".")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOOS="+p.system, "GOARCH="+p.arch, "CGO_ENABLED=0", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", p, err, out)
		}
		return file
	}
	for _, p := range platforms {
		stripped := compile(p, "-s -w")
		for _, q := range platforms {
			if err := verify(stripped, q); (err == nil) != (p.folder() == q.folder()) {
				t.Errorf("a program for %s is verified for %s with the error %v", p, q, err)
			}
		}
		if err := verify(compile(p, "-compressdwarf=false"), p); err == nil ||
			!strings.Contains(err.Error(), "not stripped") {
			t.Errorf("a program for %s with debugging information is verified with the error %v", p, err)
		}
		lacking := p
		lacking.systemLibrary = []string{"other"}
		if err := verify(stripped, lacking); !p.static && err == nil {
			t.Errorf("a program for %s may load a library that is not listed", p)
		}
	}
}

// The go command's build ID is a digest also of the path of the C compiler: two users would build different programs.
func TestAProgramHasNoBuildID(t *testing.T) {
	dir := t.TempDir()
	indextest.Write(t, dir, "go.mod", "module m\n\ngo 1.26.4\n")
	indextest.Write(t, dir, "main.go", "package main\n\nfunc main() {}\n")
	flags := linkerFlags(testRelease, platform{})
	output(t, dir, "go", "build", "-o", "program", "-ldflags", strings.Join(flags, " "), ".")
	if id := output(t, dir, "go", "tool", "buildid", "program"); id != "\n" {
		t.Errorf("the program has the build ID %q", id)
	}
}

// output returns what a command prints, and fails the test if the command fails.
func output(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), argv[0], argv[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", argv[0], err, out)
	}
	return string(out)
}

// ranAs starts the first of the files that exists, which must be shellProgram, by itself or by a launcher.
func ranAs(t *testing.T, files ...string) {
	t.Helper()
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			continue
		}
		out, err := exec.Command(file, "a", "b c").Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 7 || string(out) != "ran a b c\n" {
			t.Errorf("%s printed %q and ended with %v", file, out, err)
		}
		return
	}
	t.Errorf("none of %v is there", files)
}
