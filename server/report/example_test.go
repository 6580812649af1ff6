package report_test

import (
	"fmt"
	"os"

	"lanser/server/bundle"
	"lanser/server/report"
)

// One check for a terminal, for the annotations of GitHub, and in a line.
func Example() {
	c := &report.Check{Bundle: &bundle.Bundle{
		Facts: &bundle.Facts{Diagnostics: []bundle.Diagnostic{{
			URI: "main.go", Range: bundle.Range{2, 8, 2, 15}, Severity: "error", Source: "compiler",
			Code:    "UndeclaredName",
			Message: "undefined: missing", Text: "var x = missing",
		}}},
		Evidence:    bundle.Evidence{State: bundle.Complete},
		Environment: bundle.Environment{PositionEncoding: "utf-16"},
	}}
	for _, format := range []string{"text", "github"} {
		if err := report.Named(format).Write(os.Stdout, c); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("verdict:", c.Verdict())
	// Output:
	// main.go:3:9: error: undefined: missing [compiler UndeclaredName]
	// 1 error
	// ::error file=main.go,line=3,endLine=3,col=9,endColumn=16,title=compiler UndeclaredName::undefined: missing
	// 1 error
	// verdict: 1 error
}
