package report_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/report"
)

// hostile are texts made of what attacks are made of.
var hostile = rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{
		"\n", "\r", "\t", "\x1b[31m", "\x1b]0;t\x07", "\u009b", "\u202e", "\u200b", "\u2028", "\u3164", "\ufe0f",
		"\U000e0041", "\ufffe", "\xff",
		"::error::", "##", "[", "##vso[", "\n::stop-commands::t\n", "travis_fold:", " ", "a.go:1:1: ",
		"clean: no diagnostics", "\nclean: no diagnostics\n",
		"<img src=x onerror=alert(1)>", "</script><script>", "<!-- ", "-->", "]]>", "`", "``", "```", "@user", "#1",
		"[x](http://e.com)", "|", "\\", "\"", "'", "*", "_", "%0A", "://", "#",
	}), rapid.String()), 0, 6).Draw(t, "parts"), "")
})

// fill puts hostile texts into every string of a value.
func fill(t *rapid.T, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile.Draw(t, "text"))
	case reflect.Int:
		v.SetInt(int64(rapid.IntRange(0, 20).Draw(t, "number")))
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Pointer:
		if depth > 0 && rapid.IntRange(0, 3).Draw(t, "there") > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), depth-1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(t, v.Field(i), depth)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), depth)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 { // raw JSON
			return
		}
		n := rapid.IntRange(0, 2).Draw(t, "length")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i), depth-1)
		}
	}
}

// kinds are the lists of facts, of which a bundle has one.
var kinds = []string{"Definitions", "References", "Hover", "Symbols", "Diagnostics", "Calls", "Types", "Overview"}

// anyBundle is a bundle with hostile texts in every string, of one kind of facts.
func anyBundle(t *rapid.T, kind string) *bundle.Bundle {
	var b bundle.Bundle
	fill(t, reflect.ValueOf(&b).Elem(), 6)
	b.Environment.PositionEncoding = "utf-8"
	b.Resolution = &bundle.Resolution{}
	fill(t, reflect.ValueOf(b.Resolution).Elem(), 4)
	if b.Resolution.Resolved == nil {
		b.Resolution.Resolved = &bundle.Resolved{}
	}
	facts := &bundle.Facts{Provenance: "lsp"}
	if kind != "" {
		f := reflect.ValueOf(facts).Elem().FieldByName(kind)
		fill(t, f, 4)
		if f.IsNil() && f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
		} else if f.IsNil() {
			f.Set(reflect.MakeSlice(reflect.SliceOf(f.Type().Elem()), 0, 0).Convert(f.Type()))
		}
	}
	b.Facts = facts
	if b.Error != nil && rapid.Bool().Draw(t, "answers") {
		b.Error = nil
	}
	return &b
}

// obeyed are what CI systems obey in any place, and at the beginning of a line.
var (
	obeyed  = regexp.MustCompile(`(?i)##\[|##vso\[|##teamcity\[|travis_fold:|travis_time:`)
	atStart = regexp.MustCompile(`^[\s\p{Z}]*(::|--- |\+\+\+ |~~~ |\^\^\^ )`)
)

// harmless fails where a terminal or a CI system would act on a text. Commands that the
// format means begin as ours do.
func harmless(t *rapid.T, what, s string, ours *regexp.Regexp) {
	prev := rune(0)
	for _, r := range s {
		emoji := (r == 0xFE0E || r == 0xFE0F) && unicode.Is(unicode.So, prev)
		invisible := unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp,
			unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
		if invisible && r != '\n' && r != '\t' && !emoji {
			t.Fatalf("%s: %U in %q", what, r, s)
		}
		prev = r
	}
	others := s
	if ours != nil {
		others = ours.ReplaceAllString(s, "")
	}
	if at := obeyed.FindStringIndex(others); at != nil || !utf8.ValidString(s) {
		t.Fatalf("%s: %v in %q", what, at, s)
	}
	for line := range strings.Lines(s) {
		if atStart.MatchString(line) && (ours == nil || !ours.MatchString(line)) {
			t.Fatalf("%s: a line begins as a command: %q", what, line)
		}
		if line == "clean: no diagnostics\n" && !slices.Contains(markup, what) {
			t.Fatalf("%s: a forged verdict: %q", what, s)
		}
	}
}

// markup are the formats in which a line of a message is inside an element.
var markup = []string{"html", "junit", "checkstyle"}

// gitHubs are the commands of the format github.
var gitHubs = regexp.MustCompile(`(?m)^::((error|warning|notice) ` +
	`(title=lanser|file=[^:,]*,line=\d+,endLine=\d+(,col=\d+,endColumn=\d+)?,title=[^:,]*)::[^\r\n]*` +
	`|group::\d+ findings? beyond those that GitHub shows|endgroup::)\n$`)

// commandsOf are the commands that formats mean.
var commandsOf = map[string]*regexp.Regexp{
	"github": gitHubs,
	"azure": regexp.MustCompile(`(?m)^##vso\[task\.logissue type=(error|warning);` +
		`(code=lanser|sourcepath=[^;\]\r\n]*;linenumber=\d+(;columnnumber=\d+)?;code=[^;\]\r\n]*)\]`),
	"teamcity": regexp.MustCompile(`(?m)^##teamcity\[(inspectionType|inspection|buildProblem)` +
		`( [a-zA-Z]+='([^|'\[\]\r\n]|\|[|'\[\]nr])*')+\]\n`),
}

func TestNoTextOfAnAnswerControlsATerminalOrCISystem(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, rapid.MakeCheck(func(t *rapid.T) {
			b := anyBundle(t, kind)
			if b.Error == nil && kind == "Diagnostics" {
				b.Facts.Diagnostics = append(b.Facts.Diagnostics, bundle.Diagnostic{Severity: "error"}) // not clean
			}
			var out, notes bytes.Buffer
			report.Text(&out, &notes, b)
			harmless(t, "text", out.String(), nil)
			harmless(t, "notes", notes.String(), nil)
			harmless(t, "compact", report.Compact(b, report.Layout{}), nil)
			harmless(t, "cut", report.Compact(b, report.Layout{Max: 300}), nil)
		}))
	}
}

func TestNoReportControlsATerminalOrCISystem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBundle(t, "Diagnostics")
		b.Facts.Diagnostics = append(b.Facts.Diagnostics,
			bundle.Diagnostic{Severity: "error", Range: bundle.Range{0, 0, 0, 1}})
		fill(t, reflect.ValueOf(&b.Facts.Checks).Elem(), 3)
		fill(t, reflect.ValueOf(&b.Facts.Compared).Elem(), 3)
		fill(t, reflect.ValueOf(&b.Facts.Absent).Elem(), 3)
		code := hostile.Draw(t, "code")
		c := &report.Check{
			Bundle: b,
			Lines:  func(string) *text.Content { return text.New([]byte(code)) },
			Color:  rapid.Bool().Draw(t, "color"),
		}
		for _, f := range report.Formats {
			var out bytes.Buffer
			if err := f.Write(&out, c); err != nil {
				t.Fatal(err)
			}
			shown := out.String()
			if c.Color && (f.Name == "text" || f.Name == "full") {
				shown = regexp.MustCompile("\x1b\\[(0|1;3[1346])m").ReplaceAllString(shown, "")
			}
			harmless(t, f.Name, shown, commandsOf[f.Name])
		}
	})
}

// Reports in JSON parse to the same values as the output of a plain encoder.
func TestReportsInJSONAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBundle(t, "Diagnostics")
		var out bytes.Buffer
		if err := report.Named("json").Write(&out, &report.Check{Bundle: b}); err != nil {
			t.Fatal(err)
		}
		var is, want any
		raw, err := json.Marshal(b.Reproducible())
		if err != nil || json.Unmarshal(raw, &want) != nil || json.Unmarshal(out.Bytes(), &is) != nil ||
			!reflect.DeepEqual(is, want) {
			t.Fatalf("%v: %s\nwant %s", err, out.Bytes(), raw)
		}
	})
}

// skeleton is the elements of a page with their attributes' names, without what repeats.
func skeleton(t *rapid.T, page string) map[string]bool {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for n := range doc.Descendants() {
		switch n.Type {
		case html.ElementNode:
			out[n.Data] = true
			for _, a := range n.Attr {
				out[n.Data+"."+a.Key] = true
				if a.Key == "href" || a.Key == "src" || strings.HasPrefix(a.Key, "on") {
					t.Fatalf("<%s %s=%q>", n.Data, a.Key, a.Val)
				}
			}
		case html.CommentNode:
			out["<!--"] = true
		}
	}
	return out
}

func TestNoElementOfThePageComesFromTheRepository(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		page := func(text func() string) string {
			d := bundle.Diagnostic{
				URI:           text(),
				Severity:      text(),
				Source:        text(),
				Code:          text(),
				Message:       text(),
				Text:          text(),
				Container:     text(),
				BaselineState: text(),
				Related:       []bundle.Related{{URI: text(), Message: text()}},
			}
			b := &bundle.Bundle{
				Facts: &bundle.Facts{
					Diagnostics: []bundle.Diagnostic{d}, Compared: &bundle.Compared{Rev: text()},
					Checks: []bundle.Check{
						{
							Server:    bundle.Tool{Name: text(), Version: text()},
							State:     text(),
							Unchecked: []bundle.Unchecked{{URI: text(), Why: text()}},
						},
					},
				},
				Evidence: bundle.Evidence{State: bundle.Partial, Reasons: []string{text()}},
				Snapshot: &bundle.Snapshot{Overlaid: []string{text()}, VCS: &bundle.VCS{Head: text()}},
				BundleID: text(),
			}
			var out bytes.Buffer
			if err := report.Named("html").Write(&out, &report.Check{Bundle: b, Lanser: "1"}); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
		tame := skeleton(t, page(func() string { return "x" }))
		wild := skeleton(t, page(func() string { return "x" + hostile.Draw(t, "text") }))
		if !reflect.DeepEqual(tame, wild) {
			t.Fatalf("%v, and without hostile text %v", wild, tame)
		}
	})
}
