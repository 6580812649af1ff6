package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// otherSystems are the systems besides Linux for which the code must compile. The tests run on
// Linux only.
var otherSystems = []string{"darwin", "windows"}

// portable vets the packages that need no C compiler, with their tests, for each of otherSystems. The others would need
// a C compiler for that system. Vet checks types, so it finds calls that another system lacks, such as those of package
// syscall, although nothing is run there.
func portable(ctx context.Context) error {
	names, err := withoutC(ctx)
	if err != nil {
		return err
	}
	for _, system := range otherSystems {
		cmd := exec.CommandContext(ctx, "go", append([]string{"vet"}, names...)...)
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("for %s: %w", system, err)
		}
	}
	return nil
}

// withoutC returns the import paths of the packages of this module that need no C compiler, and
// whose tests need none.
func withoutC(ctx context.Context) ([]string, error) {
	// With -test, go list adds the package with its tests as "PATH [PATH.test]", its external
	// tests as "PATH_test [PATH.test]" and the test binary as "PATH.test".
	out, err := exec.CommandContext(ctx, "go", "list", "-test", "-f", `{{.ImportPath}}|{{join .Deps " "}}`, "./...").
		Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var names []string
	needC := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		variant, deps, _ := strings.Cut(strings.TrimSpace(line), "|")
		name, _, isVariant := strings.Cut(variant, " ")
		name = strings.TrimSuffix(strings.TrimSuffix(name, ".test"), "_test")
		if !isVariant && name == variant {
			names = append(names, name)
		}
		if name == grammars || slices.Contains(strings.Fields(deps), grammars) {
			needC[name] = true
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return needC[name] }), nil
}

// grammars is the package that contains C code.
const grammars = "lanser/index/syntax"
