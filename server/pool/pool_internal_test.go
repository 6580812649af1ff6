package pool

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"lanser/selectors/fault"
	"lanser/server/catalogue"
)

// Only the sessions for the most recently used builds are kept.
func TestSessionsForOtherBuildsAreBounded(t *testing.T) {
	p := New(Config{})
	use := func(name string) {
		if p.slots[name] == nil {
			p.slots[name] = &slot{turn: make(chan struct{}, 1)}
			p.slots[name].turn <- struct{}{}
		}
		p.lastUsed(name)
	}
	for i := range maxBuilds + 1 {
		use(fmt.Sprint(i))
	}
	use("2")
	busy := p.slots["1"]
	<-busy.turn
	use("5")
	if want := []string{"1", "3", "4", "2", "5"}; !slices.Equal(p.builds, want) {
		t.Errorf("sessions for %q, want %q: 1 has a question, 0 was not used for the longest time", p.builds, want)
	}
	busy.turn <- struct{}{}
	use("3")
	if want := []string{"4", "2", "5", "3"}; !slices.Equal(p.builds, want) {
		t.Errorf("sessions for %q, want %q", p.builds, want)
	}
}

// A server that is free is leased also if time is up: the error then is that of what fails next, and not by chance that
// the server was busy.
func TestAFreeServerIsNotBusyWhenTimeIsUp(t *testing.T) {
	p := New(Config{})
	late, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 {
		turn, err := p.Turn(late, catalogue.Named("gopls"), View{})
		if err != nil {
			t.Fatal(err)
		}
		turn.Done(&err)
	}
	turn, err := p.Turn(t.Context(), catalogue.Named("gopls"), View{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Turn(late, catalogue.Named("gopls"), View{}); !fault.Is(err, fault.Timeout) {
		t.Errorf("a server with a question is leased: %v", err)
	}
	turn.Done(&err)
}
