package daemon

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A process of the user that cannot read the secret, such as a confined server, learns nothing and changes nothing,
// whatever it sends.
func TestAPeerWithoutTheSecretIsRefused(t *testing.T) {
	ended, _, p := process(t, Limits{Idle: time.Hour})
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	ws := goWorkspace(t)
	ws.Sandbox, ws.Trust = "off", true
	wrong := secret(strings.Repeat("x", secretSize))
	for name, say := range map[string]func(c net.Conn, r *bufio.Reader){
		"an older hello": func(c net.Conn, _ *bufio.Reader) {
			c.Write(marshalLine(map[string]any{"lanser": 1, "identity": self, "engine": ws}))
		},
		"stop without a greeting": func(c net.Conn, _ *bufio.Reader) {
			c.Write(marshalLine(hello{Lanser: protocolVersion, Identity: self, Control: "stop"}))
		},
		"a guess": func(c net.Conn, r *bufio.Reader) {
			answerGreeting(c, r, func(theirs greeting, mine string) hello {
				return hello{
					Lanser: protocolVersion, Identity: self, Engine: &ws,
					Proof: wrong.proof(clientSide, mine, theirs.Nonce),
				}
			})
		},
		"no proof, status": func(c net.Conn, r *bufio.Reader) {
			answerGreeting(c, r, func(greeting, string) hello {
				return hello{Lanser: protocolVersion, Identity: self, Control: "status"}
			})
		},
		"the process's proof sent back": func(c net.Conn, r *bufio.Reader) {
			answerGreeting(c, r, func(theirs greeting, _ string) hello {
				return hello{Lanser: protocolVersion, Identity: self, Control: "stop", Proof: theirs.Proof}
			})
		},
	} {
		c, err := net.Dial("unix", p.socket())
		if err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(c)
		say(c, r)
		rest, _ := io.ReadAll(r) // up to the end: it hangs up
		if len(rest) > 0 {
			t.Errorf("%s: it is told %s", name, rest)
		}
		c.Close()
	}
	select {
	case err := <-ended:
		t.Errorf("the process has ended: %v", err)
	default:
	}
	all, _, err := Statuses(t.Context())
	if err != nil || len(all) != 1 || len(all[0].Engines) != 0 {
		t.Errorf("%+v, %v: somebody got an engine", all, err)
	}
}

// answerGreeting greets, and says what the other side's greeting makes of it.
func answerGreeting(c net.Conn, r *bufio.Reader, with func(theirs greeting, mine string) hello) {
	mine := newGreeting()
	c.Write(marshalLine(mine))
	var theirs greeting
	if readLine(r, &theirs) == nil {
		c.Write(marshalLine(with(theirs, mine.Nonce)))
	}
}

// A process that listens at the socket and does not know the secret receives a nonce and nothing else.
func TestAnImpostorReceivesNoProof(t *testing.T) {
	for name, answer := range map[string]func(client greeting) any{
		"no JSON":            func(greeting) any { return "HTTP/1.1 400 Bad Request" },
		"the client's nonce": func(client greeting) any { return client },
		"a proof of a guess": func(client greeting) any {
			return greeting{
				Lanser: protocolVersion, Nonce: "n", Proof: secret("guess").proof(processSide, client.Nonce, "n"),
			}
		},
		"an older hello":      func(greeting) any { return map[string]any{"lanser": 1} },
		"no nonce at all":     func(greeting) any { return map[string]any{"lanser": protocolVersion} },
		"a line without end":  func(greeting) any { return strings.Repeat("x", 2*maxHello) },
		"another's greeting ": func(greeting) any { return newGreeting() },
	} {
		here, there := net.Pipe()
		heard := make(chan string, 1)
		go func() {
			r := bufio.NewReader(there)
			var client greeting
			_ = readLine(r, &client)
			go there.Write(marshalLine(answer(client))) // it may not all be read
			there.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			rest, _ := io.ReadAll(r)
			heard <- string(rest)
		}()
		_, err := greetProcess(here, bufio.NewReader(here), secret(strings.Repeat("s", secretSize)))
		if err == nil {
			t.Errorf("%s is taken for the warm process", name)
		}
		here.Close()
		if rest := <-heard; rest != "" {
			t.Errorf("%s is sent %q", name, rest)
		}
		there.Close()
	}
}

func TestOnlyTheUserCanReadTheSecretAndItIsRemovedWithTheDaemon(t *testing.T) {
	p := endpoint{t.TempDir(), "x"}
	if _, err := p.readSecret(); !errors.Is(err, errNoSecret) || !isAbsent(err) {
		t.Errorf("none: %v", err)
	}
	first, err := p.newSecret()
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.newSecret()
	if err != nil || string(first) == string(second) {
		t.Errorf("%v: the same secret twice", err)
	}
	info, err := os.Stat(p.secret())
	if err != nil || info.Mode() != 0o600 || info.Size() != secretSize {
		t.Errorf("%v, %v", info, err)
	}
	if read, err := p.readSecret(); err != nil || string(read) != string(second) {
		t.Errorf("%v: another secret is read", err)
	}
	if err := os.Truncate(p.secret(), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := p.readSecret(); !errors.Is(err, errNoSecret) {
		t.Errorf("cut short: %v", err)
	}
	p.clear()
	if err := os.Symlink("/etc/hostname", p.secret()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.readSecret(); err == nil {
		t.Error("a link is followed")
	}
}

// A client that does not read its answer is disconnected, and one that reads slowly is not.
func TestAClientThatDoesNotReadIsDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stall = time.Minute
		answer := make([]byte, 10*stallChunk)
		for _, reads := range []bool{true, false} {
			here, there := net.Pipe()
			written := make(chan error, 1)
			go func() {
				n, err := stallConn{here, stall}.Write(answer)
				if err == nil && n != len(answer) {
					err = fmt.Errorf("%d bytes", n)
				}
				written <- err
			}()
			for range 10 {
				if !reads {
					break
				}
				<-time.After(stall - time.Second) // of the bubble's clock
				if _, err := io.ReadFull(there, make([]byte, stallChunk)); err != nil {
					t.Error(err)
				}
			}
			if err := <-written; (err == nil) != reads {
				t.Errorf("reads %v: %v", reads, err)
			}
			here.Close()
			there.Close()
		}
	})
}
