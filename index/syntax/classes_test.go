package syntax

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sitter "github.com/smacker/go-tree-sitter"
	"pgregory.net/rapid"
)

// The class of every byte of every fixture is that of the innermost node around it, as a walk down the tree finds it,
// also after encoding and decoding.
func TestTheClassOfEveryByteIsThatOfTheInnermostNode(t *testing.T) {
	fixtures, err := filepath.Glob("languages/*/fixture*.txt")
	if err != nil || len(fixtures) == 0 {
		t.Fatal(fixtures, err)
	}
	notCode := 0
	for _, fixture := range fixtures {
		src, err := os.ReadFile(fixture)
		if err != nil {
			t.Fatal(err)
		}
		file := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(fixture), "fixture"), ".txt")
		if ByFile("a"+file) != nil {
			file = "a" + file
		} else {
			file = strings.TrimPrefix(file, ".")
		}
		c, err := Classify(context.Background(), file, src)
		if err != nil {
			t.Fatalf("%s: %v", fixture, err)
		}
		read, ok := DecodeClasses(c.Append(nil))
		if !ok {
			t.Fatalf("%s: what was written cannot be read", fixture)
		}
		err = parse(
			context.Background(),
			file,
			src,
			func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
				for at := range src {
					want := walked(root, at)
					if want != Code {
						notCode++
					}
					if got := read.At(at); got != want {
						t.Errorf("%s: byte %d is in %s, and by the tree in %s: %q", fixture, at, got, want,
							around(src, at))
						return nil
					}
				}
				return nil
			},
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	if notCode < 500 {
		t.Errorf("only %d bytes are no code", notCode)
	}
}

func around(src []byte, at int) []byte { return src[max(0, at-20):min(len(src), at+20)] }

// walked is the class of a byte by a walk from the root to the innermost node.
func walked(n *sitter.Node, at int) Class {
	class := Code
	for n != nil {
		var inner *sitter.Node
		for _, c := range children(n) {
			if int(c.StartByte()) <= at && at < int(c.EndByte()) {
				inner = c
				break
			}
		}
		n = inner
		if n == nil || !n.IsNamed() {
			continue
		}
		switch c := classOf(n.Type()); c {
		case Comment:
			return Comment
		case "":
		default:
			class = c
		}
	}
	return class
}

// Comments and literals of C are read where a grammar knows no tree: in the text of directives, in what macros take as
// arguments, and where the code does not parse. "~" marks the bytes of comments, "^" those of literals.
func TestSourcesOfCAreClassifiedByTheirTokens(t *testing.T) {
	for _, row := range [][2]string{
		{`#pragma warning(disable: 1) // type of size`, `                            ~~~~~~~~~~~~~~~`},
		{`#define A(x) x // x`, `               ~~~~`},
		{`#define A "a" /* b */ c`, `          ^^^ ~~~~~~~  `},
		{`TEST(a, "<b>it's</b>") { /* c`, `        ^^^^^^^^^^^^^    ~~~~`},
		{`#error don't "x" 'y'`, `          ^^^^^^^^`},
		{`#error don't`, ``},
		{`n = 1'000'000 + 0x'f + '"' + L'a' + u8"b"_c;`, `                       ^^^   ^^^^   ^^^^^   `},
		{`R"(a")" uR"x()")x" R"( "`, `^^^^^^^ ^^^^^^^^^^  ^^^^`},
		{"// a \\\nb\nc 'd\n'", "~~~~~~~~"},
		{`#include <it's.h> // a`, `         ^^^^^^^^ ~~~~`},
		{`/**/ # include <a> "b`, `~~~~           ^^^   `},
		{`a /b / c '\'' "\\" U'x'`, `         ^^^^ ^^^^ ^^^^`},
	} {
		got := bytes.Repeat([]byte(" "), len(row[0]))
		for _, s := range classifyC([]byte(row[0])) {
			for at := s.start; at < s.end; at++ {
				got[at] = map[Class]byte{Comment: '~', String: '^'}[s.class]
			}
		}
		if strings.TrimRight(string(got), " ") != strings.TrimRight(row[1], " ") {
			t.Errorf("\n%s\n%s, not\n%s", row[0], got, row[1])
		}
	}
}

func FuzzDecodeClasses(f *testing.F) {
	f.Add([]byte{1, 2, 3, 5})
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, ok := DecodeClasses(raw)
		if !ok {
			return
		}
		again, ok := DecodeClasses(c.Append(nil))
		if !ok || !bytes.Equal(again.Append(nil), c.Append(nil)) {
			t.Errorf("%v, then %v", c, again)
		}
		c.At(len(raw))
	})
}

func TestDecodedClassesEqualTheEncodedOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Classes
		at := 0
		for range rapid.IntRange(0, 20).Draw(t, "stretches") {
			at += rapid.IntRange(0, 1000).Draw(t, "gap")
			s := stretch{
				at,
				at + rapid.IntRange(1, 1000).Draw(t, "size"),
				rapid.SampledFrom([]Class{Comment, String}).Draw(t, "class"),
			}
			at = s.end
			c.stretches = append(c.stretches, s)
		}
		got, ok := DecodeClasses(c.Append(nil))
		if !ok || len(got.stretches) != len(c.stretches) {
			t.Fatal(got, ok)
		}
		for i := range at + 1 {
			if got.At(i) != c.At(i) {
				t.Fatalf("byte %d: %s, was %s", i, got.At(i), c.At(i))
			}
		}
	})
}
