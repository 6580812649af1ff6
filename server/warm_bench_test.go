package server_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"lanser/server"
)

// asker puts a question one way, and returns how long the answer took.
type asker func(b *testing.B, op string, at spotIn) time.Duration

var rawMethods = map[string]string{"def": "textDocument/definition", "refs": "textDocument/references"}

// BenchmarkWarm puts the same questions, about identifiers drawn at random, to a warm
// server by an independent client and through lanser, one after the other, and reports
// the medians and 99th percentiles of both, and their ratios. No question is put twice.
//
//	go test ./server -run '^$' -bench Warm -benchtime 200x
func BenchmarkWarm(b *testing.B) {
	for _, cb := range codebases {
		dir, witnessed := cb.copy(b), cb.copy(b)
		files := sources(b, dir, cb.server)
		c := raw(b, cb, witnessed, sources(b, witnessed, cb.server))
		e := thawed(b, dir)
		through := map[string]asker{
			"engine": func(b *testing.B, op string, at spotIn) time.Duration {
				req := server.Request{Op: op, Selector: selector(fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1))}
				began := time.Now()
				_, _ = e.Do(context.Background(), req) // nothing found is an answer too
				return time.Since(began)
			},
		}
		spots := identifiers(b, dir, files, 4000)
		next := 0
		for _, op := range []string{"def", "hover", "refs"} {
			for _, name := range []string{"engine"} {
				b.Run(cb.name+"/"+op+"/"+name, func(b *testing.B) {
					var theirs, ours []time.Duration
					for b.Loop() {
						at := spots[next%len(spots)]
						next++
						began := time.Now()
						c.open(at.file)
						if op == "hover" {
							c.hover(at.file, at.pos)
						} else {
							_, _ = c.tryLocations(rawMethods[op], at.file, at.pos)
						}
						theirs = append(theirs, time.Since(began))
						ours = append(ours, through[name](b, op, at))
					}
					report(b, "raw", theirs)
					report(b, "lanser", ours)
					b.ReportMetric(float64(quantile(ours, 50))/float64(quantile(theirs, 50)), "p50-ratio")
					b.ReportMetric(float64(quantile(ours, 99))/float64(quantile(theirs, 99)), "p99-ratio")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}

func report(b *testing.B, who string, took []time.Duration) {
	b.ReportMetric(float64(quantile(took, 50).Microseconds()), who+"-p50-µs")
	b.ReportMetric(float64(quantile(took, 99).Microseconds()), who+"-p99-µs")
}

func quantile(took []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}
