package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"lanser/index/indextest"
)

// fullDisk is a writer to a disk that is full.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// If the answer could not be written, the command fails, whatever the format.
func TestACommandFailsIfItsAnswerCannotBeWritten(t *testing.T) {
	t.Setenv("LANSER_DAEMON", "off")
	t.Chdir(indextest.Files(t, map[string]string{"a.py": "def f():\n    pass\n"}))
	for _, line := range []string{
		"locate py://a#f", "locate py://a#f --preview", "--json locate py://a#f", "symbols a.py", "--json symbols a.py",
		"help", "help selectors", "schema list", "servers dangers",
	} {
		for name, out := range map[string]io.Writer{"a full disk": fullDisk{}, "a buffer": new(bytes.Buffer)} {
			var said bytes.Buffer
			a := &app{in: strings.NewReader(""), out: out, err: &said}
			code := a.run(context.Background(), strings.Fields(line))
			failed := code != 0 && strings.Contains(said.String(), "no space left on device")
			if failed != (name == "a full disk") {
				t.Errorf("%s to %s: exit code %d, %s", line, name, code, said.String())
			}
		}
	}
}
