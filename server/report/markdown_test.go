package report_test

import (
	"bytes"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	source "github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"lanser/server/bundle"
	"lanser/server/report"
)

// acts are what GitHub and GitLab act on in text that Markdown has let through.
var acts = regexp.MustCompile(`[@#!~$&]|://|www\.|GH-\d|:[a-z]+:`)

// ownHTML is the HTML of the Markdown that is ours.
var ownHTML = regexp.MustCompile(`^(<details><summary>[A-Za-z0-9 ]+</summary>|</details>)\n*$`)

func TestMarkdownHasOnlyTextFromTheRepository(t *testing.T) {
	md := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()
	rapid.Check(t, func(t *rapid.T) {
		b := anyBundle(t, "Diagnostics")
		b.Facts.Diagnostics = append(b.Facts.Diagnostics, bundle.Diagnostic{Message: "x " + hostile.Draw(t, "message")})
		fill(t, reflect.ValueOf(&b.Facts.Checks).Elem(), 3)
		fill(t, reflect.ValueOf(&b.Facts.Compared).Elem(), 3)
		fill(t, reflect.ValueOf(&b.Facts.Absent).Elem(), 3)
		var out bytes.Buffer
		if err := report.Named("markdown").Write(&out, &report.Check{Bundle: b}); err != nil {
			t.Fatal(err)
		}
		_ = ast.Walk(md.Parse(source.NewReader(out.Bytes())), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if !entering {
				return ast.WalkContinue, nil
			}
			switch n := n.(type) {
			case *ast.Document, *ast.Heading, *ast.Paragraph, *ast.TextBlock, *ast.List, *ast.ListItem, *ast.Emphasis:
			case *ast.CodeSpan, *ast.FencedCodeBlock:
				return ast.WalkSkipChildren, nil
			case *ast.HTMLBlock:
				if !ownHTML.Match(n.Lines().Value(out.Bytes())) {
					t.Fatalf("HTML %q", n.Lines().Value(out.Bytes()))
				}
			case *ast.Text:
				if s := string(n.Value(out.Bytes())); acts.MatchString(s) {
					t.Fatalf("%q in %q", s, out.String())
				}
			default:
				t.Fatalf("%s in %q", n.Kind(), out.String())
			}
			return ast.WalkContinue, nil
		})
		if strings.Count(out.String(), "\n## ") > 0 {
			t.Fatalf("a second heading: %q", out.String())
		}
	})
}
