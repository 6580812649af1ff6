package wire

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// read returns what calls of ReadLine return until the input ends, as "line" or "line!error".
func read(r io.Reader, max int, long LongLine) (got []string) {
	br := bufio.NewReaderSize(r, 16)
	for {
		line, err := ReadLine(br, max, long)
		if err == nil {
			got = append(got, string(line))
			continue
		}
		got = append(got, string(line)+"!"+err.Error())
		if !errors.Is(err, ErrLineTooLong) {
			return got
		}
	}
}

func TestALineIsReadUpToItsLimit(t *testing.T) {
	forty := strings.Repeat("0123456789", 4)
	tooLong := "!" + ErrLineTooLong.Error()
	for name, tt := range map[string]struct {
		in   string
		max  int
		long LongLine
		want []string
	}{
		"nothing":                {"", 5, FailAtOnce, []string{"!EOF"}},
		"line ends are kept":     {"a\r\nb\n\nc\n", 5, FailAtOnce, []string{"a\r\n", "b\n", "\n", "c\n", "!EOF"}},
		"no line end at the end": {"a\nb", 5, FailAtOnce, []string{"a\n", "b!EOF"}},
		"longer than the buffer": {forty + "\nb\n", 41, FailAtOnce, []string{forty + "\n", "b\n", "!EOF"}},
		"the line end counts":    {"12345\nb\n", 5, FailAtOnce, []string{"12345\n" + tooLong, "b\n", "!EOF"}},
		"fails before the line's end": {
			forty + "\nb\n", 20, FailAtOnce,
			[]string{forty[:32] + tooLong, forty[32:] + "\n", "b\n", "!EOF"},
		},
		"is skipped":                   {forty + "\nb\n", 20, SkipLine, []string{tooLong, "b\n", "!EOF"}},
		"is skipped, at the limit":     {forty + "\nb\n", 41, SkipLine, []string{forty + "\n", "b\n", "!EOF"}},
		"is skipped, above the limit":  {forty + "\nb\n", 40, SkipLine, []string{tooLong, "b\n", "!EOF"}},
		"is skipped, without line end": {"a\n" + forty, 20, SkipLine, []string{"a\n", tooLong, "!EOF"}},
		"its end is kept":              {forty + "\nb\n", 4, KeepEnd, []string{"789\n", "b\n", "!EOF"}},
		"its end, longer than a part":  {forty + "\nb\n", 30, KeepEnd, []string{forty[11:] + "\n", "b\n", "!EOF"}},
		"its end, without line end":    {forty, 4, KeepEnd, []string{"6789!EOF"}},
	} {
		for reader, wrap := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "by the byte": iotest.OneByteReader,
		} {
			got := read(wrap(strings.NewReader(tt.in)), tt.max, tt.long)
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("%s, %s: %q, want %q", name, reader, got, tt.want)
			}
		}
	}
}

func TestAnErrorOfTheReaderIsReturned(t *testing.T) {
	for _, long := range []LongLine{FailAtOnce, SkipLine, KeepEnd} {
		r := io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(io.ErrClosedPipe))
		if got := strings.Join(read(r, 5, long), "|"); got != "a\n|b!io: read/write on closed pipe" {
			t.Errorf("%d: %q", long, got)
		}
	}
	r := io.MultiReader(strings.NewReader("too long a line"), iotest.ErrReader(io.ErrClosedPipe))
	if got := strings.Join(read(r, 5, SkipLine), "|"); got != "!io: read/write on closed pipe" {
		t.Errorf("within a line that is skipped: %q", got)
	}
}

func TestAnEndlessLineTakesNoMoreMemoryThanTheLimit(t *testing.T) {
	for _, long := range []LongLine{SkipLine, KeepEnd} {
		line, err := ReadLine(bufio.NewReader(io.LimitReader(repeat('a'), 64<<20)), 100, long)
		if tooLong := errors.Is(err, ErrLineTooLong); tooLong != (long == SkipLine) || cap(line) > 64<<10 {
			t.Errorf("%d: %d bytes are held, %v", long, cap(line), err)
		}
	}
	line, err := ReadLine(bufio.NewReader(repeat('a')), 100, FailAtOnce)
	if !errors.Is(err, ErrLineTooLong) || cap(line) > 64<<10 {
		t.Errorf("%d bytes are held, %v", cap(line), err)
	}
}
