package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"lanser/index/indextest"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

var verdictsCompared = flag.String("verdicts", "quick",
	"the code bases whose verdicts are compared: quick, all, or those whose names match this regular expression")

// judgedCode is a code base whose verdict the command lines of its languages give too.
type judgedCode struct {
	name  string // begins with the shape
	quick bool   // compared by default
	copy  func(t testing.TB) string
	// prepare installs what the code base depends on, and writes what its build writes.
	prepare []nativeCommand
	native  []nativeCheck
	args    []string // of 'lanser diag'
	env     []string // of the native commands and of Lanser; {dir} is the folder of the code base
	// unverified is part of the reason of an expected verdict 66: the check cannot know what the native
	// command lines know. It is "" where the verdicts must be the same.
	unverified string
	// known is the reason for which the verdict or the errors are known to differ; "" where they must be the same.
	known string
}

// nativeCommand is a command line. {dir} is the folder of the code base, and dir the folder below it in which the
// command runs.
type nativeCommand struct {
	dir  string
	argv []string
}

// nativeCheck is a command line that checks a code base, and a function that reads the errors that it printed, each
// as path:line. Paths are absolute or relative to the folder of the command.
type nativeCheck struct {
	nativeCommand
	read func(t testing.TB, out string) []string
}

// judgement is a verdict and the errors that it rests on.
type judgement struct {
	exit    int // 0 for clean, 1 for findings, 66 for could not verify
	errors  []string
	reasons []string // of 66
	took    time.Duration
}

func (j judgement) String() string {
	if name, ok := map[int]string{0: "clean", 1: "findings", 66: "could not verify"}[j.exit]; ok {
		return name
	}
	return fmt.Sprint("exit ", j.exit)
}

// TestTheVerdictIsTheNativeOne compares the verdict of 'lanser diag', and the errors that it reports, with those of the
// command lines that an engineer would run in the same code base:
//
//	go test ./server -run TheVerdictIsTheNativeOne -v -timeout 60m -verdicts all
//
// The test fails where the verdicts are not the same, where one side alone reports an error, and where the verdict
// 66 has no cause that the table of code bases names.
func TestTheVerdictIsTheNativeOne(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server, the toolchains and the registries")
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "code base\tnative\tlanser\tboth\tonly native\tonly lanser\twall\treasons")
	var compared []string
	for _, code := range judgedCodes {
		if !code.chosen(t) {
			continue
		}
		compared = append(compared, code.name)
		t.Run(code.name, func(t *testing.T) {
			dir := code.laid(t)
			native, own := code.nativeVerdict(t, dir), code.lanserVerdict(t, dir)
			code.compare(t, native, own)
			onlyNative, onlyOwn := missingFrom(native.errors, own.errors), missingFrom(own.errors, native.errors)
			ratio := own.took.Seconds() / native.took.Seconds()
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%.1fs/%.1fs=%.1f\t%s\n", code.name, native, own,
				len(own.errors)-len(onlyOwn), len(onlyNative), len(onlyOwn),
				own.took.Seconds(), native.took.Seconds(), ratio, strings.Join(append(own.reasons, code.known), "; "))
		})
	}
	if len(compared) == 0 {
		t.Fatalf("no code base matches %q", *verdictsCompared)
	}
	w.Flush()
	t.Logf("verdicts of %d code bases\n%s", len(compared), &table)
}

// chosen reports whether the code base is to be compared.
func (code *judgedCode) chosen(t *testing.T) bool {
	switch *verdictsCompared {
	case "quick":
		return code.quick
	case "all":
		return true
	}
	names, err := regexp.Compile(*verdictsCompared)
	if err != nil {
		t.Fatal(err)
	}
	return names.MatchString(code.name)
}

// laid returns a copy of the code base, prepared as its own build would.
func (code *judgedCode) laid(t *testing.T) string {
	t.Helper()
	dir := code.copy(t)
	for _, c := range code.prepare {
		cmd := c.command(t, dir, code.env)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
		}
	}
	return dir
}

// command returns the command for a code base in a folder.
func (c nativeCommand) command(t *testing.T, dir string, env []string) *exec.Cmd {
	t.Helper()
	argv := slices.Clone(c.argv)
	if argv[0] == "pyright" {
		argv = append(pyrightCLI(t), argv[1:]...)
	}
	if argv[0] == "typescript" {
		argv = append(slices.Clone(found(t, "typescript").Argv[:1]), argv[1:]...)
	}
	if catalogue.IsLinter(argv[0]) {
		argv = append(linterCLI(t, argv[0]), argv[1:]...)
	}
	for i := range argv {
		argv[i] = strings.ReplaceAll(argv[i], "{dir}", dir)
	}
	if strings.HasPrefix(argv[0], ".") {
		argv[0] = filepath.Join(dir, c.dir, argv[0])
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = filepath.Join(dir, c.dir)
	cmd.Env = append(os.Environ(), "PATH="+shellcheckFolder(t)+":"+os.Getenv("PATH"))
	for _, v := range env {
		cmd.Env = append(cmd.Env, strings.ReplaceAll(v, "{dir}", dir))
	}
	return cmd
}

// nativeVerdict runs the native command lines.
func (code *judgedCode) nativeVerdict(t *testing.T, dir string) (j judgement) {
	t.Helper()
	for _, c := range code.native {
		cmd := c.command(t, dir, code.env)
		start := time.Now()
		out, err := cmd.CombinedOutput()
		j.took += time.Since(start)
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatalf("%v: %v", cmd.Args, err)
		}
		found := c.read(t, string(out))
		for _, at := range found {
			file, line := at[:strings.LastIndex(at, ":")], at[strings.LastIndex(at, ":"):]
			if !filepath.IsAbs(file) {
				file = filepath.Join(cmd.Dir, file)
			}
			j.errors = append(j.errors, relative(t, dir, file)+line)
		}
		if len(found) > 0 {
			j.exit = max(j.exit, 1)
		} else if err != nil {
			j.exit = 66
			t.Logf("%v: %v\n%s", cmd.Args, err, out)
		}
	}
	slices.Sort(j.errors)
	j.errors = slices.Compact(j.errors)
	return j
}

// lanserVerdict runs 'lanser diag' as a job would.
func (code *judgedCode) lanserVerdict(t *testing.T, dir string) (j judgement) {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	argv := append([]string{file, "diag", "--no-daemon", "--workspace", "{dir}", "--json"}, code.args...)
	cmd := nativeCommand{argv: argv}.command(t, dir, code.env)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	out, err := cmd.Output()
	j.took = time.Since(start)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	j.exit = cmd.ProcessState.ExitCode()
	var b bundle.Bundle
	if err := json.Unmarshal(out, &b); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, stderr.String())
	}
	if b.Error != nil {
		j.reasons = append(j.reasons, b.Error.Message)
	}
	if j.exit == 66 {
		j.reasons = append(j.reasons, b.Evidence.Reasons...)
	}
	if b.Facts == nil {
		return j
	}
	for _, d := range b.Facts.Diagnostics {
		if d.Severity == "error" {
			at := fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1)
			if strings.HasPrefix(d.Message, "In included file: ") && len(d.Related) > 0 { // as clangd has it
				at = fmt.Sprintf("%s:%d", d.Related[0].URI, d.Related[0].Range[0]+1)
			}
			j.errors = append(j.errors, at)
			if len(j.errors) <= 50 {
				t.Logf("lanser: %s %s %s %s", at, d.Source, d.Code, d.Message)
			}
		}
	}
	for _, group := range b.Facts.Coverage() {
		t.Logf("%d %ss %s (owed: %v) %s; %s", len(group.Files), group.Language, group.State, group.Owed, group.Reason,
			group.Files[0])
	}
	slices.Sort(j.errors)
	j.errors = slices.Compact(j.errors)
	return j
}

// compare fails the test where the verdicts or the errors are not the same, and the table does not say why.
func (code *judgedCode) compare(t *testing.T, native, own judgement) {
	t.Helper()
	var differences []string
	reasons := strings.Join(own.reasons, "\n")
	switch {
	case code.unverified != "" && own.exit != 66:
		differences = append(differences, fmt.Sprintf("the verdict is %q, and the table says %q", own, code.unverified))
	case code.unverified != "" && strings.Contains(reasons, code.unverified):
		return
	case own.exit != native.exit:
		differences = append(differences,
			fmt.Sprintf("the verdict is %q, and that of the native command lines %q: %s", own, native, reasons))
	}
	for _, at := range missingFrom(native.errors, own.errors) {
		differences = append(differences, "only the native command line: "+at)
	}
	for _, at := range missingFrom(own.errors, native.errors) {
		differences = append(differences, "only lanser: "+at)
	}
	for _, d := range differences {
		if code.known == "" {
			t.Error(d)
		} else {
			t.Log(d)
		}
	}
	if code.known != "" && len(differences) == 0 {
		t.Errorf("nothing differs, though the table says that it does: %s", code.known)
	}
}
