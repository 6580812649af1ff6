package cbuild

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A compiler is only run with arguments that say how a file is read. What would write, execute or load something is
// left out if the answer does not depend on it, and refused otherwise.
func TestACompilerIsOnlyRunWithArgumentsThatRead(t *testing.T) {
	const reads = " -ftabstop=1 -fdiagnostics-color=never -S -o /dev/null"
	for command, want := range map[string]string{
		"gcc -c a.c -o a.o": "gcc a.c" + reads,
		"/usr/bin/arm-none-eabi-gcc-12 -mcpu=cortex-m4 -mthumb -Iinc -I /abs -isystem/x -DA=1 -D B -UC -include c.h " +
			"-std=gnu11 -Wall -Wextra -Wno-unused -Werror=format -O2 -g3 -fno-common -ffreestanding -x c /w/d/a.c": "" +
			"arm-none-eabi-gcc-12 -mcpu=cortex-m4 -mthumb -Iinc -I /abs -isystem/x -DA=1 -D B -UC -include c.h " +
			"-std=gnu11 -Wall -Wextra -Wno-unused -Werror=format -O2 -g3 -fno-common -ffreestanding -x c " +
			"/w/d/a.c" + reads,
		"cc -MD -MP -MF a.d -MTa.o -MQ a.o -oa.o -pipe -c ./a.c": "cc ./a.c" + reads,
		"ccache gcc -c a.c":          "gcc a.c" + reads,
		"clang -Wp,-MD,a.d -c a.c":   `clang is not run with "-Wp,-MD,a.d" of its compilation database`,
		"gcc -Wa,--noexecstack a.c":  `gcc is not run with "-Wa,--noexecstack" of its compilation database`,
		"gcc -Wl,-T,x a.c":           `gcc is not run with "-Wl,-T,x" of its compilation database`,
		"gcc -fplugin=./evil.so a.c": `gcc is not run with "-fplugin=./evil.so" of its compilation database`,
		"gcc -B . a.c":               `gcc is not run with "-B" of its compilation database`,
		"gcc -Bbin a.c":              `gcc is not run with "-Bbin" of its compilation database`,
		"gcc -specs=x a.c":           `gcc is not run with "-specs=x" of its compilation database`,
		"gcc -wrapper ./evil a.c":    `gcc is not run with "-wrapper" of its compilation database`,
		"gcc --sysroot=. a.c":        `gcc is not run with "--sysroot=." of its compilation database`,
		"gcc -save-temps a.c":        `gcc is not run with "-save-temps" of its compilation database`,
		"gcc -fdump-tree-all a.c":    `gcc is not run with "-fdump-tree-all" of its compilation database`,
		"gcc -fprofile-use=x a.c":    `gcc is not run with "-fprofile-use=x" of its compilation database`,
		"gcc -mllvm -load=x a.c":     `gcc is not run with "-mllvm" of its compilation database`,
		"gcc @args a.c":              `gcc is not run with "@args" of its compilation database`,
		"gcc a.c other.c":            `gcc is not run with "other.c" of its compilation database`,
		"gcc -Xassembler --x a.c":    `gcc is not run with "-Xassembler" of its compilation database`,
		"gcc -x java a.c":            `gcc is not run with "-x" of its compilation database`,
		"gcc -fdiagnostics-format=json-file a.c": "gcc is not run with " +
			`"-fdiagnostics-format=json-file" of its compilation database`,
		"./build.sh gcc a.c": `"build.sh" is not run, which its compilation database names as the compiler`,
		"g++-12 -fno-rtti -fpermissive -c a.c": "g++-12 -fno-rtti -fpermissive a.c " +
			"-ftabstop=1 -fdiagnostics-color=never -S -o /dev/null",
		"clang-22 -c a.c": "clang-22 a.c -ftabstop=1 -fdiagnostics-color=never -fsyntax-only",
		"gg++ -c a.c":     `"gg++" is not run, which its compilation database names as the compiler`,
		"ccache":          `"" is not run, which its compilation database names as the compiler`,
		"":                `"" is not run, which its compilation database names as the compiler`,
	} {
		c := Command{Dir: "/w/d", Argv: strings.Fields(command), file: "d/a.c"}
		got := ""
		run, refused := c.Reading("/w", false)
		if run != nil {
			got = run.Program + " " + strings.Join(run.Args, " ")
		}
		if diff := cmp.Diff(want, got+refused); diff != "" {
			t.Errorf("%s: -want +got\n%s", command, diff)
		}
	}
	c := Command{Dir: "/w", Argv: []string{"gcc", "-c", "x/a.S"}, file: "x/a.S"}
	run, refused := c.Reading("/w", false)
	if run == nil || strings.Join(run.Args[len(run.Args)-3:], " ") != "-c -o /dev/null" {
		t.Errorf("assembly is read by %v %s", run, refused)
	}
}
