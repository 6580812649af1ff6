package syntax_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lanser/index/syntax"
)

// nested is 20,000 declarations or brackets of a language, each in another.
var nested = map[string][2]string{
	"a.go":       {"var _ = func() {\n", "}\n"},
	"b.go":       {"type T struct {a struct {\n", "}}\n"},
	"a.py":       {"x = (\n", ")\n"},
	"b.py":       {"f(lambda: \n", ")\n"},
	"a.ts":       {"namespace a {\n", "}\n"},
	"b.ts":       {"class A {m() {\n", "}}\n"},
	"c.ts":       {"x(() => {\n", "})\n"},
	"a.tsx":      {"<a>\n", "</a>\n"},
	"a.js":       {"function f() {\n", "}\n"},
	"a.rs":       {"mod a {\n", "}\n"},
	"b.rs":       {"fn f() {\n", "}\n"},
	"a.c":        {"struct a {\n", "} x;\n"},
	"a.cpp":      {"namespace a {\n", "}\n"},
	"b.cpp":      {"A<\n", ">\n"},
	"a.java":     {"class A {\n", "}\n"},
	"a.cs":       {"class A {\n", "}\n"},
	"a.php":      {"<?php function f() {\n", "}\n"},
	"a.rb":       {"module A\n", "end\n"},
	"b.rb":       {"\"#{\n", "}\"\n"},
	"a.kt":       {"class A {\n", "}\n"},
	"b.kt":       {"\"${\n", "}\"\n"},
	"a.scala":    {"object A {\n", "}\n"},
	"a.swift":    {"class A {\n", "}\n"},
	"a.lua":      {"function f()\n", "end\n"},
	"a.sh":       {"f() {\n", "}\n"},
	"b.sh":       {"a=$(\n", ")\n"},
	"a.css":      {"a {\n", "}\n"},
	"a.html":     {"<div id=a>\n", "</div>\n"},
	"a.yaml":     {"{a:\n", "}\n"},
	"a.toml":     {"[\n", "]\n"},
	"a.md":       {"- ", "\n"},
	"b.md":       {"> ", "\n"},
	"a.proto":    {"message A {\n", "}\n"},
	"a.tf":       {"a {\n", "}\n"},
	"a.sql":      {"(\n", ")\n"},
	"a.cue":      {"a: {\n", "}\n"},
	"Dockerfile": {"RUN $(\n", ")\n"},
}

// The test has no time limit of its own: the bound is that of the parser, which the package doc states.
func TestUnboundedNestingIsCutOffAndReported(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	for name, parts := range nested {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n = 20_000
			src := []byte(strings.Repeat(parts[0], n) + strings.Repeat(parts[1], n))
			o, err := syntax.Parse(t.Context(), name, src)
			if errors.Is(err, syntax.ErrStuck) {
				return // it is said that it was not read
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range o.Symbols {
				depth := 0
				for p := o.Symbols[i].Parent; p >= 0; p = o.Symbols[p].Parent {
					depth++
				}
				if depth >= 100 {
					t.Fatalf("a declaration is listed %d deep", depth)
				}
			}
		})
	}
}

// Code that is all an error to the grammar has no declarations, rather than ends the process.
func TestUnfinishedCodeIsParsed(t *testing.T) {
	for name, src := range map[string]string{
		"a.js": "this.=[]\nh=function(){", "b.js": "}\nthis.a = function(){", "a.tsx": "<a.", "a.py": "@\ndef",
	} {
		if o, err := syntax.Parse(t.Context(), name, []byte(src)); err != nil || len(o.Errors) == 0 {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
		if _, err := syntax.Callees(t.Context(), name, []byte(src)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := syntax.HeldIn(t.Context(), name, []byte(src), "a"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What follows something deep is listed, and it is said that something is missing.
func TestDeclarationsBesideDeepNestingAreListed(t *testing.T) {
	for name, declared := range map[string]string{"c.ts": "const after = 1\n", "b.go": "type after int\n"} {
		parts := nested[name]
		src := strings.Repeat(parts[0], 3000) + strings.Repeat(parts[1], 3000) + declared
		o, err := syntax.Parse(t.Context(), name, []byte(src))
		if err != nil || o.Skipped == "" || o.Symbols[len(o.Symbols)-1].Name.Start < len(src)-len(declared) {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
}

func TestDeclarationsThatAreNestedTooDeepAreOmittedAndReported(t *testing.T) {
	for name, parts := range map[string][2]string{
		"a.rs": nested["a.rs"], "b.rs": nested["b.rs"], "a.ts": nested["a.ts"], "b.ts": nested["b.ts"],
		"a.rb": nested["a.rb"], "a.java": nested["a.java"], "a.sh": nested["a.sh"],
	} {
		for n, said := range map[int]bool{90: false, 120: true, 1000: true} {
			levels := n / max(1, strings.Count(parts[0], "{"))
			o, err := syntax.Parse(
				t.Context(),
				name,
				[]byte(strings.Repeat(parts[0], levels)+strings.Repeat(parts[1], levels)),
			)
			if err != nil || (o.Skipped != "") != said || !said && len(o.Symbols) != n ||
				said && len(o.Symbols) != 100 {
				t.Errorf("%s, %d deep: %d symbols, %q, %v", name, n, len(o.Symbols), o.Skipped, err)
			}
		}
	}
}

// What Python declares in a function that is omitted is not a declaration of the module.
func TestDeclarationsInAnOmittedFunctionAreOmitted(t *testing.T) {
	var src strings.Builder
	for i := range 150 {
		fmt.Fprintf(&src, "%sdef f%d():\n", strings.Repeat(" ", i), i)
	}
	src.WriteString(strings.Repeat(" ", 150) + "hidden = 1\n")
	o, err := syntax.Parse(t.Context(), "a.py", []byte(src.String()))
	if err != nil || len(o.Symbols) != 100 || o.Skipped == "" {
		t.Errorf("%d symbols, %q, %v", len(o.Symbols), o.Skipped, err)
	}
	for _, s := range o.Symbols {
		if s.Text == "hidden" {
			t.Error("a local is listed")
		}
	}
}

func TestTooManyDeclarationsAreCutOffAndReported(t *testing.T) {
	const most = 1000 // a hundredth of the bound, for the time that a grammar takes
	defer syntax.ListAtMost(most)()
	for name, line := range map[string]string{"a.go": "var x int\n", "a.py": "x = 1\n", "a.c": "int x;\n"} {
		src := []byte(strings.Repeat(line, most+most/10))
		if name == "a.go" {
			src = append([]byte("package a\n"), src...)
		}
		o, err := syntax.Parse(t.Context(), name, src)
		if err != nil || len(o.Symbols) > most || name != "a.py" && o.Skipped == "" {
			t.Errorf("%s: %d symbols, %q, %v", name, len(o.Symbols), o.Skipped, err)
		}
	}
}

// Each of these files has crashed the process, or made the grammar write past the end of a buffer.
func TestFilesThatOverrunAGrammarsBufferAreNotParsed(t *testing.T) {
	steps := func(n int, unit string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.Repeat(" ", i) + unit)
		}
		return b.String()
	}
	numbered := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, sources := range map[string][]string{
		"a.md": {
			strings.Repeat("- ", 300), strings.Repeat(">", 300), strings.Repeat("1. ", 300),
			strings.Repeat("> - ", 150), steps(600, "- a\n"), strings.Repeat("-\t", 300),
		},
		"a.yaml": {
			strings.Repeat("- ", 700) + "a\n", steps(700, "a:\n"), steps(700, "- a:\n"),
			strings.Repeat("? ", 700) + "a\n",
		},
		"a.kt": {"val x = " + strings.Repeat("\"${\n", 2000)},
		"a.rb": {
			"x = <<" + strings.Repeat("A", 300) + "\nfoo\n", "x = <<~\"" + strings.Repeat("A ", 200) + "\"\n",
			"x = <<'" + strings.Repeat("A.", 200) + "'\n", "f(" + numbered(300, "<<A%d, ") + ")\n",
			numbered(300, "x = <<A%d\n#{\n"),
		},
		"a.sh": {
			"cat " + numbered(300, "<<A%d ") + "\n", "cat <<" + strings.Repeat("A", 1100) + "\n",
			numbered(300, "cat <<A%d\n$(\n"), "cat <<'" + strings.Repeat("A\n", 600) + "'\n",
		},
	} {
		for i, src := range sources {
			o, err := syntax.Parse(t.Context(), name, []byte(src))
			if err != nil || len(o.Symbols) > 0 || !strings.Contains(o.Skipped, "nested deeper") {
				t.Errorf("%s %d: %+v, %v", name, i, o, err)
			}
			if _, err := syntax.Classify(t.Context(), name, []byte(src)); err == nil {
				t.Errorf("%s %d: it was classified", name, i)
			}
		}
	}
}

func TestTheLimitsOfGrammarsLeaveOrdinaryCodeAlone(t *testing.T) {
	for name, src := range map[string]string{
		"a.md": "# a\n\n" + strings.Repeat("-", 900) + "\n\n" + strings.Repeat("* ", 30) + "\n\n" +
			strings.Repeat("  ", 40) + "- x\n\n| " + strings.Repeat("-", 500) + " |\n",
		"a.sh":   "f() {\n" + strings.Repeat("cat <<EOF\ntext\nEOF\nx=$((1 << 3))\ngrep x <<< y\n", 50) + "}\n",
		"a.rb":   "module A\n" + strings.Repeat("x << 1\ny = <<~EOS\ntext\nEOS\n", 60) + "end\n",
		"a.kt":   "class A {\n" + strings.Repeat("  val x = \"${a} ${b}\"\n", 300) + "}\n",
		"a.yaml": "a:\n  - b: 1\n    c: " + strings.Repeat("-", 900) + "\n",
	} {
		if o, err := syntax.Parse(t.Context(), name, []byte(src)); err != nil || o.Skipped != "" {
			t.Errorf("%s: %q, %v", name, o.Skipped, err)
		}
	}
}

func TestAParseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := syntax.Parse(ctx, "a.rs", []byte("fn f() {}")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// No grammar crashes the process on repeated text, however often it is repeated.
func FuzzRepeated(f *testing.F) {
	for name, parts := range nested {
		f.Add(name[strings.LastIndexByte(name, '.')+1:], parts[0], parts[1], uint16(300))
	}
	f.Add("rb", "<<A", "\n", uint16(300))
	f.Add("sh", "<<'A' ", "A\n", uint16(300))
	f.Add("yaml", "- ", "a\n", uint16(600))
	f.Fuzz(func(t *testing.T, ext, open, end string, n uint16) {
		name := "a." + ext
		if _, ok := syntax.LangOf(name); !ok {
			return
		}
		const most = 2 << 10
		times := min(int(n), most/max(1, len(open)+len(end)))
		check(t, name, []byte(strings.Repeat(open, times)+"\n"+strings.Repeat(end, times)))
	})
}

// No code ends the process, whatever is asked about it.
func FuzzQuestions(f *testing.F) {
	eachFixture(f, func(ext string, src []byte) { f.Add(ext, src, 10) })
	f.Fuzz(func(t *testing.T, ext string, src []byte, at int) {
		file := "a" + ext
		if _, ok := syntax.LangOf(file); !ok {
			return
		}
		ctx := t.Context()
		names, err := syntax.Identifiers(ctx, file, src)
		if err != nil || len(names) == 0 {
			return
		}
		span := names[max(0, at)%len(names)]
		name := string(src[span.Start:span.End])
		_, errs := syntax.Callees(ctx, file, src)
		and := func(err error) { errs = errors.Join(errs, err) }
		_, err = syntax.HeldIn(ctx, file, src, name)
		and(err)
		_, err = syntax.CallsWith(ctx, file, src, name)
		and(err)
		_, err = syntax.ObjectsWith(ctx, file, src, name)
		and(err)
		_, err = syntax.FlowsOf(ctx, file, src, name, syntax.FlowKind(max(0, at)%4))
		and(err)
		_, err = syntax.BoundWords(ctx, file, src, name)
		and(err)
		_, err = syntax.LocalWords(ctx, file, src, name)
		and(err)
		_, err = syntax.Bounds(ctx, file, src, span, 0)
		and(err)
		_, err = syntax.BasesOf(ctx, file, src, span)
		and(err)
		_, err = syntax.TypesOf(ctx, file, src, span)
		and(err)
		_, _, err = syntax.ValueOf(ctx, file, src, span)
		and(err)
		_, err = syntax.Classify(ctx, file, src)
		and(err)
		_, err = syntax.Impls(ctx, file, src)
		and(err)
		_, err = syntax.NoName(ctx, file, src, span)
		and(err)
		_, err = syntax.Reexports(ctx, file, src)
		and(err)
		_, err = syntax.Trait(ctx, file, src, span)
		and(err)
		if errs != nil && !errors.Is(errs, syntax.ErrStuck) {
			t.Fatal(errs)
		}
	})
}
