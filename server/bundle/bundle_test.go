package bundle_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lanser/server/bundle"
)

func location() *rapid.Generator[bundle.Location] {
	return rapid.Custom(func(t *rapid.T) bundle.Location {
		n := rapid.IntRange(0, 3)
		return bundle.Location{
			URI:   rapid.SampledFrom([]string{"a.go", "b/c.go", "goroot:///src/fmt/print.go", "é.go"}).Draw(t, "uri"),
			Range: bundle.Range{n.Draw(t, "sl"), n.Draw(t, "sc"), n.Draw(t, "el"), n.Draw(t, "ec")},
		}
	})
}

// Post-conditions 1 and 2 of the package: the order of a server's answer and its duplicates do not change the bundle,
// and local is not part of the digest.
func TestOrderAndDuplicatesInAServersAnswerDoNotChangeTheBundle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ls := rapid.SliceOf(location()).Draw(t, "locations")
		one := bundle.Bundle{Facts: &bundle.Facts{References: append([]bundle.Location{}, ls...)}}
		shuffled := append(append([]bundle.Location{}, rapid.Permutation(ls).Draw(t, "shuffled")...), ls...)
		two := bundle.Bundle{
			Facts: &bundle.Facts{References: shuffled},
			Local: &bundle.Local{Root: "/elsewhere", PIDs: []int{7}},
		}
		for _, b := range []*bundle.Bundle{&one, &two} {
			if err := b.Seal(); err != nil {
				t.Fatal(err)
			}
		}
		if one.BundleID != two.BundleID {
			t.Fatalf("%s and %s\n%v\n%v", one.BundleID, two.BundleID, one.Facts.References, two.Facts.References)
		}
		sorted := slices.IsSortedFunc(one.Facts.References, func(a, b bundle.Location) int {
			if a.URI != b.URI {
				return strings.Compare(a.URI, b.URI)
			}
			return a.Range.Compare(b.Range)
		})
		if !sorted {
			t.Fatalf("not sorted: %v", one.Facts.References)
		}
	})
}

// fill puts something into every field, and one element into every list.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		elem := reflect.New(v.Type().Elem()).Elem()
		fill(elem)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("x").Convert(v.Type().Key()), elem)
	default:
		perturb(v)
	}
}

// perturb changes a plain value.
func perturb(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Interface:
		v.Set(reflect.ValueOf(fmt.Sprint(v.Interface(), "x")))
	default:
		panic("a field of kind " + v.Kind().String())
	}
}

// plain yields every plain value below v by its path; set puts a changed one in its
// place.
func plain(path string, v reflect.Value, yield func(path string, set func())) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			plain(path, v.Elem(), yield)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			plain(path+"."+v.Type().Field(i).Name, v.Field(i), yield)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			plain(fmt.Sprint(path, "[", i, "]"), v.Index(i), yield)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			yield(path+"[]", func() {
				elem := reflect.New(v.Type().Elem()).Elem()
				elem.Set(v.MapIndex(k))
				perturb(elem)
				v.SetMapIndex(k, elem)
			})
		}
	default:
		yield(path, func() { perturb(v) })
	}
}

// Each field of a bundle, at any depth, changes the bundleId, except for those that are documented as outside of the
// digest, and those that are the same in every bundle.
func TestEveryFieldChangesTheBundleID(t *testing.T) {
	full := func() *bundle.Bundle {
		b := new(bundle.Bundle)
		fill(reflect.ValueOf(b).Elem())
		b.Edits = bundle.Edits{} // always null
		return b
	}
	seal := func(b *bundle.Bundle) string {
		if err := b.Seal(); err != nil {
			t.Fatal(err)
		}
		return b.BundleID
	}
	outside := regexp.MustCompile(`^\.(BundleID|Local\..*|Version|Meta\.SortingKeys\[\d\]|Meta\.Hashing\.Algo)$`)
	want, seen := seal(full()), 0
	var paths []string
	plain("", reflect.ValueOf(full()).Elem(), func(path string, _ func()) { paths = append(paths, path) })
	for i, path := range paths {
		b, n := full(), 0
		plain("", reflect.ValueOf(b).Elem(), func(_ string, set func()) {
			if n == i {
				set()
			}
			n++
		})
		seen++
		if changed := seal(b) != want; changed == outside.MatchString(path) {
			t.Errorf("%s changes the hash: %v", path, changed)
		}
	}
	if seen < 150 {
		t.Errorf("only %d fields", seen)
	}
	empty := full()
	empty.Facts.References = []bundle.Location{}
	absent := full()
	absent.Facts.References = nil
	if seal(empty) == seal(absent) {
		t.Error("nothing found and not asked are one")
	}
}

// RFC 8785: sorted keys, no white space, one spelling for each number and string.
func TestTheCanonicalFormFollowsRFC8785(t *testing.T) {
	b := bundle.Bundle{Request: bundle.Request{Options: map[string]any{"z": 1.0, "a": "é\u2028<", "limit": 1e21}}}
	if err := b.Seal(); err != nil {
		t.Fatal(err)
	}
	raw, err := b.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if want := `"options":{"a":"é` + "\u2028" + `<","limit":1e+21,"z":1}`; !strings.Contains(string(raw), want) {
		t.Errorf("no %s in\n%s", want, raw)
	}
	var back any
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Error(err)
	}
}

// The examples of RFC 8785: its object (sections 3.2.2 and 3.2.3), the order of its keys (3.2.3), and its numbers
// (appendix B).
func TestTheExamplesOfRFC8785(t *testing.T) {
	for in, want := range map[string]string{
		`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
		  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`: "" +
			`{"literals":[null,true,false],` +
			`"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		`{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",` +
			`"\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",` +
			`"\u00f6": "Latin Small Letter O With Diaeresis"}`: "{\"\\r\":\"Carriage Return\",\"1\":\"One\"," +
			"\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\"," +
			"\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
	} {
		if got, err := bundle.CanonicalJSON([]byte(in)); err != nil || string(got) != want {
			t.Errorf("%s, %v\n%s", got, err, want)
		}
	}
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0",
		0x8000000000000000: "0",
		0x0000000000000001: "5e-324",
		0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308",
		0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992",
		0xc340000000000000: "-9007199254740992",
		0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22",
		0x44b52d02c7e14af6: "1e+23",
		0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef4e: "999999999999999700000",
		0x444b1ae4d6e2ef4f: "999999999999999900000",
		0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7",
		0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332",
		0x41b3de4355555554: "333333333.33333325",
		0x41b3de4355555555: "333333333.3333333",
		0x41b3de4355555556: "333333333.3333334",
		0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333",
		0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		raw, err := json.Marshal(math.Float64frombits(bits))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := bundle.CanonicalJSON(raw); err != nil || string(got) != want {
			t.Errorf("%x: %s, %v, want %s", bits, got, err, want)
		}
	}
}

func TestMachinePathsBecomeNamedRoots(t *testing.T) {
	roots := bundle.NewRoots(
		bundle.Root{Dir: "/home/u/ws"},
		bundle.Root{Scheme: "goroot", Dir: "/usr/local/go"},
		bundle.Root{Scheme: "gomod", Dir: "/home/u/go/pkg/mod"},
		bundle.Root{Scheme: "sysroot", Prefix: "usr", Dir: "/usr"},
		bundle.Root{Scheme: "site", Dir: ""},
	)
	for file, want := range map[string]string{
		"/home/u/ws/src/a b#c.py":                                 "src/a%20b%23c.py",
		"/home/u/ws/[slug]/x.ts":                                  "[slug]/x.ts",
		"/usr/local/go/src/fmt/print.go":                          "goroot:///src/fmt/print.go",
		"/home/u/go/pkg/mod/ex.com/!burnt!sushi/toml@v1.0.0/x.go": "gomod:///ex.com/BurntSushi/toml@v1.0.0/x.go",
		"/usr/include/stdio.h":                                    "sysroot:///usr/include/stdio.h",
		"/home/u/wsx/a.go":                                        "file:///home/u/wsx/a.go",
		"C:/src/a.go":                                             "file:///C:/src/a.go",
		"/c:odd/a.go":                                             "file:///c%3Aodd/a.go",
	} {
		if got, _ := roots.URI(file); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
	got := roots.Scrub("see [x](file:///home/u/ws/a.go#1) and /usr/local/go/src/x.go")
	if got != "see [x](a.go#1) and goroot:///src/x.go" {
		t.Errorf("scrubbed: %s", got)
	}
	for prose, want := range map[string]string{
		"package m v0.1.0 (/home/u/ws)":          "package m v0.1.0 (.)",
		"cannot read /home/u/ws.":                "cannot read ..",
		"in file:///home/u/ws: a":                "in file://.: a",
		"/home/u/ws.bak and /home/u/wsx":         "/home/u/ws.bak and /home/u/wsx",
		"/mnt/home/u/ws":                         "/mnt/home/u/ws",
		"nothing at /usr/local/go, /usr/include": "nothing at goroot:///, sysroot:///usr/include",
		"no name is at sysroot:///usr/a.h:1":     "no name is at sysroot:///usr/a.h:1",
		"no name is at file:///usr/a.h:1":        "no name is at sysroot:///usr/a.h:1",
	} {
		if got := roots.Scrub(prose); got != want {
			t.Errorf("%s: %s, want %s", prose, got, want)
		}
	}
}

func TestAFindingKeepsItsFingerprintWhenCodeMovesOrAnotherIsFixed(t *testing.T) {
	d := func(line int, message string) bundle.Diagnostic {
		return bundle.Diagnostic{URI: "a.go", Range: bundle.Range{line, 0, line, 1}, Message: message}
	}
	prints := func(ds ...bundle.Diagnostic) (out []string) {
		bundle.Fingerprint(ds)
		for _, x := range ds {
			out = append(out, x.Fingerprint)
		}
		return out
	}
	before := prints(d(1, "other"), d(5, "same"), d(9, "same"))
	after := prints(d(7, "same"), d(11, "same"))
	if !reflect.DeepEqual(before[1:], after) || before[1] == before[2] {
		t.Errorf("%v became %v", before, after)
	}
}

func TestSeveritiesHaveTheOrderOfLSP(t *testing.T) {
	for i, name := range bundle.Severities() {
		if rank, named := bundle.Severity(name), bundle.SeverityName(i+1); rank != i || named != name {
			t.Errorf("%s: rank %d, want %d; LSP's severity %d is %q", name, rank, i, i+1, named)
		}
	}
	if got, want := strings.Join(bundle.Severities(), " "), "error warning information hint"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The ledgers of all symbols of a hierarchy are added.
func TestLedgersOfAHierarchyAreAdded(t *testing.T) {
	at := func(uri string) bundle.Location { return bundle.Location{URI: uri} }
	l := &bundle.Ledger{
		Names: []string{"f"}, Words: 3, References: 2, Possible: 1,
		Uses: []bundle.PossibleUse{{Location: at("c"), Why: "unknown"}}, Relatives: []bundle.Location{at("b")},
	}
	l.Add(&bundle.Ledger{
		Names: []string{"g", "f"}, Words: 9, References: 1, Confirmed: 1, Family: 1, Other: 1, Declarations: 1,
		NotCode: 1, Possible: 3,
		Uses:      []bundle.PossibleUse{{Location: at("c"), Why: "unknown"}, {Location: at("a"), Why: "unread"}},
		Relatives: []bundle.Location{at("b"), at("a")},
	}, 2)
	want := &bundle.Ledger{
		Names: []string{"f", "g"}, Words: 11, References: 3, Confirmed: 1, Family: 1, Other: 1, Declarations: 1,
		NotCode: 1, Possible: 3,
		Uses:      []bundle.PossibleUse{{Location: at("a"), Why: "unread"}, {Location: at("c"), Why: "unknown"}},
		Relatives: []bundle.Location{at("a"), at("b")},
	}
	if d := cmp.Diff(want, l); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
