package mention

import (
	"strings"
	"testing"

	"lanser/selectors/text"
)

// markedWord returns code without the marks around its one marked word, and the word's place.
func markedWord(code string) (*text.Content, text.Span) {
	before, rest, _ := strings.Cut(code, "«")
	word, after, _ := strings.Cut(rest, "»")
	return text.New([]byte(before + word + after)), text.Span{Start: len(before), End: len(before) + len(word)}
}

func TestAStringHasTheTypeOfTheMemberThatHoldsIt(t *testing.T) {
	for code, want := range map[string]string{
		`f({ go: "«a»" })`: "go", `f({ x: 1, go: '«a»' })`: "go",
		`if (o.go === "«a»") {`: "go", `o?.go != '«a»'`: "go",
		`if ("«a»" === o.go) {`: "go", `c ? go : "«a»"`: "", `f("«a»")`: "", `{ [go]: "«a»" }`: "", `go = "«a»"`: "",
		`"«a»" === o.go()`: "", `"«a»" === o.go.at`: "", `{ go: «a» }`: "",
	} {
		c, at := markedWord(code)
		name, ok := TypedBy(c, at)
		if got := c.Slice(name); got != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

func TestAUnionOfLiteralsIsWrittenOut(t *testing.T) {
	for code, want := range map[string]string{
		`«go»: "a" | 'b'`: "literal", `«go»?: "a";`: "literal", "«go»:\n  | 'a'\n  | 'b'\n}": "literal",
		`type «T» = "a" | undefined`: "literal", `<«T» extends "a" | "b">`: "literal", `«go»: "a" | Other`: "",
		`«go»: "a"["length"]`: "", `type «T» = "a" extends U ? V : W`: "",
		`<«T» extends keyof U>`: "", `«go»: string;`: "string",
		`«go»: T;`: "T", `«go»: T }`: "T", "«go»: T\n": "T", "«go»: T\n  | U\n": "",
		`«go»: T[];`: "", `«go»: T<U>;`: "",
		`«go»: keyof T;`: "", "«go»: \"a\"\n  & U": "",
	} {
		c, at := markedWord(code)
		is, named := LiteralUnion(c, at)
		got := c.Slice(named)
		if is {
			got += "literal"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

func TestTheValueOfAMemberIsRead(t *testing.T) {
	for code, want := range map[string]struct {
		read Read
		key  string
	}{
		`x[o.«go»]()`:               {ReadAsKey, "o.go"},
		`f()[ this.o?.«go» ]`:       {ReadAsKey, "this.o?.go"},
		`x?.[«go»]`:                 {ReadAsKey, "go"},
		`X[«T»]`:                    {ReadAsKey, "T"},
		`= [o.«go»]`:                {ReadSomehow, ""},
		`x[o.«go» + 1]`:             {ReadSomehow, ""},
		`const { [o.«go»]: v } = x`: {ReadSomehow, ""},
		`f(o.«go»)`:                 {ReadSomehow, ""},
		`const { «go» } = o`:        {ReadSomehow, ""},
		`const { «go»: k } = o`:     {ReadSomehow, ""},
		`{ «go»: "a" }`:             {ReadNowhere, ""},
		`{ o.«go»: "a" }`:           {ReadSomehow, ""},
		`o.«go» === "a"`:            {ReadNowhere, ""},
		`"a" !== o.«go»)`:           {ReadNowhere, ""},
		`"a" !== o.«go»(x)`:         {ReadSomehow, ""},
		`switch (o.«go») {`:         {ReadNowhere, ""},
		`o.«go» = k`:                {ReadSomehow, ""},
		"`${o.«go»}`":               {ReadSomehow, ""},
	} {
		c, at := markedWord(code)
		read, key := ReadOf(c, at)
		if read != want.read || c.Slice(key) != want.key {
			t.Errorf("%s: %d %q", code, read, c.Slice(key))
		}
	}
}
