package mention

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/project"
)

// componentWord matches the words of the components below: code, prose, and what is in a string of code.
var componentWord = lazyregexp.New(`\b(?:CODE|PROSE|STRING)\b`)

func TestWordsOfComponentsAreCodeOrNot(t *testing.T) {
	vue, astro, svelte := catalogue.Named("vue"), catalogue.Named("astro"), catalogue.Named("svelte")
	for _, src := range []string{
		"---\nimport { CODE } from 'STRING'\nCODE() // PROSE\n---\nPROSE <p class=\"PROSE\" a={CODE}>{CODE} PROSE</p>",
		"---\n---\n<CODE {...CODE} {CODE} a='{CODE}' b=`${CODE}`/> PROSE {a.map((b) => <b c=\"CODE\">don't {CODE}</b>)}",
		"---\n---\n<!-- PROSE --><p>{'}' + CODE} <br/>PROSE</p><style>PROSE</style><script>CODE('STRING')</script>PROSE",
		"---\n---\n<style is:global lang=\"PROSE\">PROSE</style>{'{' + CODE} CODE",
		"{#if CODE}PROSE<p on:CODE={CODE} use:CODE class:CODE {CODE} title=\"PROSE\" a=\"{CODE}\">{@html CODE}PROSE</p>{/if}",
		"{@const CODE = 1}<svelte:window bind:CODE/><script module>CODE('STRING') // PROSE\n</script><style>PROSE</style>",
		"<p>PROSE</p>", "---\nCODE", "---\n---\n<p a={CODE", "---\n---\n{CODE", "---\n---\n<p a='PROSE",
		"<script>\nCODE()\n</script>",
		"<!-- PROSE -->\n<script>\nCODE() // PROSE\n/* PROSE */ CODE()\n</script>",
		"PROSE <script setup>import { CODE } from 'STRING'\nCODE()</script> PROSE <template>{{ CODE }}</template> PROSE",
		"<script>`STRING ${CODE(`STRING ${CODE}`)} STRING` + CODE</script>",
		`<script>const re = /[/'"]'/; CODE('STRING'); a / CODE / 2; b = c / 'STRING'.length; CODE</script>`,
		"<script>// it's\nCODE('STRING') // don't PROSE\nCODE</script>",
		`<script>"http://STRING"; CODE; '\'STRING'; CODE</script>`,
		"<script lang=\"tsx\"><p>don't {CODE()} won't</p></script>",
		"<template><p class=\"PROSE\" :class=\"CODE\" @click='CODE' v-if=\"CODE\" #CODE=\"{ CODE }\" CODE>PROSE</p></template>",
		"<template><CODE :a=\"'STRING' + CODE\" b='PROSE' c=PROSE d = \"PROSE\" ref=\"CODE\"/>PROSE</template>",
		"<template><!-- {{ PROSE }} -->{{ CODE }}<!-- PROSE</template>",
		"<template><template v-if=\"CODE\">PROSE</template><template/>{{ CODE }}</template><docs>PROSE</docs>",
		"<template><template><template a='>'/>PROSE</template>{{ CODE }}</template>PROSE",
		"<template>{ CODE } [[ CODE ]] {{ '}' + CODE }} ${ CODE } <% CODE %></template>",
		"<template lang=\"pug\">\np(:a=\"CODE\") CODE\n</template>",
		"<style>.PROSE { width: v-bind(CODE); height: v-bind('CODE') } .PROSE {}</style>",
		"<template>{{ CODE", "<template><p :a=\"CODE", "<script>CODE('", "<style>PROSE", "<!-- PROSE",
	} {
		c := text.New([]byte(src))
		for _, m := range componentWord.FindAllSubmatchIndex([]byte(src), -1) {
			word := src[m[0]:m[1]]
			for _, isMember := range []bool{false, true} {
				srv, file := vue, "a.vue"
				if strings.HasPrefix(src, "---") || src == "<p>PROSE</p>" {
					srv, file = astro, "a.astro"
				}
				if strings.HasPrefix(src, "{") {
					srv, file = svelte, "a.svelte"
				}
				got := IsNoCode(srv, file, project.Symbol{Member: isMember}, c, text.Span{Start: m[0], End: m[1]})
				if want := word == "PROSE" || word == "STRING" && !isMember; got != want {
					t.Errorf("%s\nmember %t: %s at %d is no code: %t, want %t", src, isMember, word, m[0], got, want)
				}
			}
		}
	}
	c := text.New([]byte("<!-- PROSE -->"))
	if IsNoCode(catalogue.Named("typescript"), "a.vue", project.Symbol{}, c, text.Span{Start: 5, End: 10}) {
		t.Error("a server that does not read the component says nothing of it")
	}
}

// hostileComponents are parts that begin something which does not end, and what they are repeated in.
var hostileComponents = struct{ parts, in []string }{
	[]string{
		"<template>", "<template/>", "<script>", "<!--", "`${", "'", "\\\"", "=/[", "v-bind(", "{{", "<p a='", "/*",
	},
	[]string{"", "<template>", "<script>", "<style>", "<template><p :a=\""},
}

// The scanner ends on long hostile components.
func TestHostileComponentsAreScanned(t *testing.T) {
	for _, part := range hostileComponents.parts {
		for _, before := range hostileComponents.in {
			scanned(t, []byte(before+strings.Repeat(part, 1<<13/len(part))))
		}
	}
}

// What a hostile component holds is scanned once, or a fixed number of times: "ratio" is the time for four times the
// size, and far above 4 if that is not so.
func BenchmarkHostileComponents(b *testing.B) {
	for _, part := range hostileComponents.parts {
		for _, before := range hostileComponents.in {
			b.Run(before+part, func(b *testing.B) {
				var took [2]time.Duration
				for b.Loop() {
					for i, size := range []int{1 << 14, 1 << 16} {
						src := []byte(before + strings.Repeat(part, size/len(part)))
						start := time.Now()
						scanComponent(".vue", src)
						scanComponent(".astro", src)
						scanComponent(".svelte", src)
						took[i] += time.Since(start)
					}
				}
				b.ReportMetric(float64(took[1])/float64(took[0]), "ratio")
			})
		}
	}
}

// scanned scans a component, and checks that what the scanner says lies in the file, in order.
func scanned(t *testing.T, src []byte) {
	t.Helper()
	for _, ext := range []string{".vue", ".astro", ".svelte"} {
		s := scanComponent(ext, src)
		for _, span := range append(s.prose, s.quoted...) {
			if span.Start < 0 || span.End < span.Start || span.End > len(src) {
				t.Fatalf("%v of %d bytes", span, len(src))
			}
		}
		inOrder := func(a, b text.Span) int { return cmp.Or(a.Start-b.Start, a.End-b.End) }
		if !slices.IsSortedFunc(s.prose, inOrder) || !slices.IsSortedFunc(s.quoted, inOrder) {
			t.Fatalf("not in order: %v %v", s.prose, s.quoted)
		}
	}
}

// The scanner ends on whatever a component holds, and what it says lies in the file.
func FuzzComponents(f *testing.F) {
	for _, src := range []string{
		"<script>a `${b}` /c/ 'd'</script><template><p :a='b'>{{ c }}</p></template><style>v-bind(a)</style>",
		"<template><template/></template", "<a <b", "`${`${`", "<!--", "</", "<p a", "<p a=", "<p a='", "{{", "/*", "/",
	} {
		f.Add([]byte(src))
		f.Add([]byte("<template>" + src))
		f.Add([]byte("<script>" + src))
	}
	f.Fuzz(scanned)
}
