package server_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/text"
)

// The outlines of C, C++ and Rust hold what clangd and rust-analyzer list in
// documentSymbol, by line and last name, or the difference has a reason, and how
// many do is pinned. What the outline lacks is what macros make, for the
// preprocessor is not run: tests of a test framework, types behind a macro of the
// project's own ("local", FAR), prototypes in an unknown one (Z_ARG).
func TestOutlinesOfCAndRustAgainstTheirServers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, dir string
		argv      []string
		flags     string
		ext       []string
		unnamed   func(s rawSymbol) bool // what the server lists and nobody has named
		most      int                    // how many differences are known
	}{
		{
			"zlib", indextest.Debian(t, "zlib=1:1.2.13.dfsg-1"),
			[]string{found(t, "clangd").Argv[0], "--background-index=false"},
			"",
			[]string{".c", ".h"},
			cUnnamed, 16,
		},
		{
			"leveldb", indextest.Debian(t, "leveldb=1.23-4"),
			[]string{found(t, "clangd").Argv[0], "--background-index=false"},
			"-xc++\n",
			[]string{".cc", ".h"},
			cUnnamed, 8,
		},
		{
			"regex", indextest.DebianPackage(t, "librust-regex-dev=1.7.1-1") + "/usr/share/cargo/registry/regex-1.7.1",
			[]string{found(t, "rust-analyzer").Argv[0]},
			"",
			[]string{".rs"},
			func(s rawSymbol) bool { return strings.HasPrefix(s.Name, "impl") }, 0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := indextest.Copy(t, tt.dir)
			indextest.Write(t, dir, "compile_flags.txt", "-I.\n-Iinclude\n"+tt.flags)
			// Empty headers, so that the macros of these libraries stay unknown whether or not this machine has
			// the libraries.
			for _, header := range []string{"gtest/gtest.h", "gmock/gmock.h"} {
				indextest.Write(t, dir, "include/"+header, "")
			}
			w, err := index.Open(dir, index.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s, err := w.Snapshot(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			c := newRawClient(t, dir, t.TempDir(), tt.argv, nil, map[string]any{}, func(string) string { return "" })
			total, missing := 0, []string{}
			for _, p := range s.Paths() {
				if !slices.ContainsFunc(tt.ext, func(e string) bool { return strings.HasSuffix(p, e) }) {
					continue
				}
				content, err := s.Content(p)
				if err != nil {
					t.Fatal(err)
				}
				ours := map[string]bool{}
				for _, d := range s.FileDecls(p) {
					ours[fmt.Sprint(content.PointOf(d.Name.Start, text.UTF8).Line, " ", d.Names[len(d.Names)-1])] = true
				}
				c.open(p)
				var walk func(list []rawSymbol)
				walk = func(list []rawSymbol) {
					for _, v := range list {
						name := v.Name[strings.LastIndex(v.Name, "::")+1:]
						name = strings.TrimPrefix(name, ":")
						if !tt.unnamed(v) {
							total++
							if !ours[fmt.Sprint(v.SelectionRange.Start.Line, " ", name)] {
								missing = append(
									missing,
									fmt.Sprintf(
										"%s:%d %s | %s",
										p,
										v.SelectionRange.Start.Line+1,
										v.Name,
										content.Line(v.SelectionRange.Start.Line),
									),
								)
							}
						}
						walk(v.Children)
					}
				}
				walk(c.symbols(p))
			}
			t.Logf(
				"%d symbols of the server, %d not in the outline (%.2f%%)",
				total,
				len(missing),
				100*float64(len(missing))/float64(total),
			)
			if len(missing) != tt.most {
				t.Errorf("%d are missing, %d are known:\n%s", len(missing), tt.most, strings.Join(missing, "\n"))
			}
		})
	}
}

func cUnnamed(s rawSymbol) bool { return strings.HasPrefix(s.Name, "(anonymous") }
