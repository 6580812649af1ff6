package report_test

import (
	"fmt"
	"os"

	"lanser/server/bundle"
	"lanser/server/report"
)

// One check for a terminal, for reviewdog and in a line.
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
	for _, format := range []string{"text", "rdjsonl"} {
		if err := report.Named(format).Write(os.Stdout, c); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("verdict:", c.Verdict())
	// Output:
	// main.go:3:9: error: undefined: missing [compiler UndeclaredName]
	// 1 error, 0 warnings, 0 others
	// {"message":"undefined: missing","location":{"path":"main.go","range":{"start":{"line":3,"column":9},"end":{"line":3,"column":16}}},"severity":"ERROR","source":{"name":"compiler"},"code":{"value":"UndeclaredName"}}
	// verdict: 1 error, 0 warnings, 0 others
}
