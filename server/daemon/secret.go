package daemon

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"lanser/server/wire"
)

// secret is shared by a warm process and its clients. A confined server cannot read it.
type secret []byte

// secretSize is the length of a secret in bytes.
const secretSize = 32

// errNoSecret says that a socket has no secret: it is being removed, or belongs to an older build that
// has no secrets.
var errNoSecret = errors.New("the warm process has no secret")

// newSecret generates a secret and writes it to the endpoint's file. The caller holds the lock.
func (p endpoint) newSecret() (secret, error) {
	s := make(secret, secretSize)
	rand.Read(s) // never fails (crypto/rand)
	if err := os.Remove(p.secret()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(p.secret(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(s)
	return s, errors.Join(err, f.Close())
}

// The sides of a connection. A proof depends on the side, so that it cannot be sent back as the
// proof of the other side.
const (
	clientSide  = "client"
	processSide = "warm process"
)

// proof returns the proof that a side knows the secret, in a conversation with these nonces.
func (s secret) proof(side, clientNonce, processNonce string) string {
	h := hmac.New(sha256.New, s)
	fmt.Fprintf(h, "%q %q %q", side, clientNonce, processNonce)
	return hex.EncodeToString(h.Sum(nil))
}

// proves reports, in constant time, whether a given proof is correct.
func (s secret) proves(given, side, clientNonce, processNonce string) bool {
	return hmac.Equal([]byte(given), []byte(s.proof(side, clientNonce, processNonce)))
}

// greeting is the first line that each side sends.
type greeting struct {
	Lanser int    `json:"lanser"` // protocolVersion
	Nonce  string `json:"nonce"`
	Proof  string `json:"proof,omitempty"` // of the warm process
}

// newGreeting returns a greeting with a new nonce.
func newGreeting() greeting { return greeting{Lanser: protocolVersion, Nonce: rand.Text()} }

// errNotLanser says that the other end of the socket is not a lanser of this version.
var errNotLanser = errors.New("the other end is not lanser")

// greetProcess exchanges greetings as the client. It sends only a nonce until the other side has
// proved that it knows the secret. It returns the client's own proof.
func greetProcess(w io.Writer, r *bufio.Reader, s secret) (proof string, err error) {
	mine := newGreeting()
	if _, err := w.Write(marshalLine(mine)); err != nil {
		return "", err
	}
	var theirs greeting
	if err := readLine(r, &theirs); err != nil {
		return "", err
	}
	if theirs.Lanser != protocolVersion || !s.proves(theirs.Proof, processSide, mine.Nonce, theirs.Nonce) {
		return "", errNotLanser
	}
	return s.proof(clientSide, mine.Nonce, theirs.Nonce), nil
}

// greetClient exchanges greetings as the warm process, and returns the hello of the client. The
// hello proves that the client knows the secret.
func greetClient(w io.Writer, r *bufio.Reader, s secret) (received hello, err error) {
	var theirs greeting
	if err := readLine(r, &theirs); err != nil {
		return hello{}, err
	}
	if theirs.Lanser != protocolVersion || theirs.Nonce == "" {
		return hello{}, errNotLanser
	}
	mine := newGreeting()
	mine.Proof = s.proof(processSide, theirs.Nonce, mine.Nonce)
	if _, err := w.Write(marshalLine(mine)); err != nil {
		return hello{}, err
	}
	if err := readLine(r, &received); err != nil {
		return hello{}, err
	}
	if !s.proves(received.Proof, clientSide, theirs.Nonce, mine.Nonce) {
		return hello{}, errors.New("a client does not know the secret")
	}
	return received, nil
}

// readLine reads a line of at most maxHello bytes as JSON.
func readLine(r *bufio.Reader, v any) error {
	line, err := wire.ReadLine(r, maxHello, wire.FailAtOnce)
	if errors.Is(err, wire.ErrLineTooLong) {
		return errors.New("the hello is too long")
	}
	if err != nil {
		return err
	}
	if json.Unmarshal(line, v) != nil {
		return errNotLanser
	}
	return nil
}
