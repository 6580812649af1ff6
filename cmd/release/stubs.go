package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
)

// A linker needs to know which names a library of macOS exports, and not the library. A stub is a text file that lists
// them, in the format that Apple's own linker reads (TBD, version 4). Go's packages call frameworks without cgo, and
// name each function in a directive, of which the stubs are made:
//
//	//go:cgo_import_dynamic x509_CFRelease CFRelease "/System/Library/Frameworks/CoreFoundation.framework/…"
//
// The compiler has a stub of libSystem itself.

// importDynamic matches such a directive: the name that the library exports, and the path of the library.
var importDynamic = lazyregexp.New(`(?m)^//go:cgo_import_dynamic \S+ (\w+) "(/[^"]+)"`)

// macSymbols returns the names that Go's packages import from libraries of macOS other than libSystem, by the path of
// the library.
func macSymbols(ctx context.Context) (map[string][]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-f",
		`{{range .GoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}`, "crypto/x509/internal/macos", "internal/syscall/unix")
	cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH=arm64")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	names := map[string][]string{}
	for file := range strings.FieldsFuncSeq(string(out), func(r rune) bool { return r == '\n' }) {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, m := range importDynamic.FindAllSubmatch(raw, -1) {
			if library := string(m[2]); library != "/usr/lib/libSystem.B.dylib" {
				names[library] = append(names[library], string(m[1]))
			}
		}
	}
	return names, nil
}

// writeStubs writes a stub for each library, below Frameworks or lib in the folder dir.
func writeStubs(dir string, names map[string][]string) error {
	for _, library := range slices.Sorted(maps.Keys(names)) {
		file := filepath.Join(dir, stubFile(library))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		text := stub(library, names[library])
		if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, text) {
			continue // another build may read it
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// stubFile returns where the linker looks for a library: -framework NAME in Frameworks, -lNAME in lib.
func stubFile(library string) string {
	name := filepath.Base(library)
	if strings.Contains(library, ".framework/") {
		return filepath.Join("Frameworks", name+".framework", name+".tbd")
	}
	name, _, _ = strings.Cut(name, ".") // libresolv.9.dylib is -lresolv
	return filepath.Join("lib", name+".tbd")
}

// stub returns the text of a stub. Names of C have an underscore before them.
func stub(library string, names []string) []byte {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	return fmt.Appendf(nil, `--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '%s'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ _%s ]
...
`, library, strings.Join(names, ", _"))
}
