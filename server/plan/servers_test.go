package plan

import (
	"testing"

	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/trace"
)

// allInstalled is a machine with every server.
type allInstalled struct{ Machine }

func (allInstalled) Installed(*catalogue.Server) error { return nil }

// The replay of an older trace asks no server that its engine did not know.
func TestAServerIsAskedInTheReplaysOfTracesThatKnowIt(t *testing.T) {
	for format, known := range map[trace.Format]bool{
		0: true, trace.Components: true, trace.Components - 1: false, 3: false,
	} {
		v := &Servers{Log: trace.Off, Machine: allInstalled{}, Format: format}
		srv, err := v.For("a.vue")
		if known && (err != nil || srv.Name != "vue") || !known && !fault.Is(err, fault.NoServer) {
			t.Errorf("version %d: %v, %v", format, srv, err)
		}
		v.Check = true
		if srv, err := v.For("a.astro"); known && (err != nil || srv.Name != "astro") {
			t.Errorf("version %d: %v, %v", format, srv, err)
		}
		if srv, err := v.For("a.ts"); err != nil || srv.Name != "typescript" {
			t.Errorf("version %d: %v, %v", format, srv, err)
		}
	}
}
