package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lanser/selectors/fault"
)

// Each field of Options has one row of the table, with its name in JSON, and each row has a field.
func TestEveryOptionHasARowOfTheTable(t *testing.T) {
	fields := reflect.TypeFor[Options]()
	var o Options
	at := map[any]string{} // pointer to a field → name in JSON
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		at[reflect.ValueOf(&o).Elem().Field(i).Addr().Interface()] = name
	}
	seen := map[string]bool{}
	for _, row := range Table {
		if name := at[row.Field(&o)]; name != row.Name {
			t.Errorf("row %s is about the field %q", row.Name, name)
		}
		if seen[row.Name] {
			t.Errorf("two rows are called %s", row.Name)
		}
		seen[row.Name] = true
		if row.About == "" || row.Tool == "" {
			t.Errorf("%s is not described", row.Name)
		}
		for _, op := range row.By {
			if Lookup(op) == nil {
				t.Errorf("%s is taken by %q, which is no operation", row.Name, op)
			}
		}
	}
	if len(Table) != fields.NumField() {
		t.Errorf("%d rows for %d options", len(Table), fields.NumField())
	}
}

// full sets every option, as requests do.
const full = `{"index-io":"utf-8","timeout":"1s","require":"exact","declaration":false,"family":true,
	"preview":true,"kind":"def","exact":true,"regex":true,"depth":2,
	"in":true,"out":true,"sites":true,
	"super":true,"sub":true,"limit":3,"budget":4,"cursor":"c1.3.0","frozen":"sha256:0",
	"overlay":{"a.go":"package a","b.go":null},"patch":"--- a","all":true,"staged":true,"fixes":true,
	"index-file":"/r/.git/index.lock",
	"server":"gopls","fallback":"syntax",
	"rename":"go://m#A","to":"B","reward":"pr-v1",
	"since":"HEAD","baseline":"{}","filter":"added","exclude":["x/**"],"jobs":2,"allow-incomplete":true,
	"strict":true,"required":["go"],"linters":"quick","platforms":["windows/amd64"],"severities":[{"severity":"hint"}],
	"fail-on":"hint","shard":"2/4","affected":"HEAD"}`

func allOptions(t *testing.T) (o Options) {
	t.Helper()
	if err := json.Unmarshal([]byte(full), &o); err != nil {
		t.Fatal(err)
	}
	for _, row := range Table {
		if reflect.ValueOf(row.Field(&o)).Elem().IsZero() {
			t.Fatalf("the test sets no value for %s", row.Name)
		}
	}
	return o
}

// left lists the options that have a value.
func left(o Options) (names []string) {
	for _, row := range Table {
		if !reflect.ValueOf(row.Field(&o)).Elem().IsZero() {
			names = append(names, row.Name)
		}
	}
	return names
}

// Bundles contain the options that the answer depends on, but not timeouts and requirements such as require. Contents
// are replaced by their digests.
func TestBundlesContainTheOptionsThatTheAnswerDependsOn(t *testing.T) {
	got := Request{Options: allOptions(t)}.Bundle("/ws", "linux/amd64").Request.Options
	for _, name := range []string{"timeout", "frozen", "index-file", "jobs", "sites"} {
		if v, is := got[name]; is {
			t.Errorf("%s is %v", name, v)
		}
	}
	if len(got) != len(Table)-5 {
		t.Errorf("%d of %d options: %v", len(got), len(Table), got)
	}
	overlay := map[string]any{}
	for name, want := range map[string]any{
		"overlay": overlay, "patch": "sha256:", "baseline": "sha256:", "since": "HEAD", "limit": 3.0,
	} {
		switch value := got[name].(type) {
		case map[string]any:
			s, _ := value["a.go"].(string)
			if !strings.HasPrefix(s, "sha256:") || value["b.go"] != nil || len(value) != 2 {
				t.Errorf("%s is %v", name, value)
			}
		case string:
			if !strings.HasPrefix(value, want.(string)) {
				t.Errorf("%s is %v", name, value)
			}
		default:
			if value != want {
				t.Errorf("%s is %v, want %v", name, value, want)
			}
		}
	}
}

// The requests that a comparison makes lack the options of the comparison itself. The one about the earlier state
// also lacks the overlays of the current one.
func TestAnInnerRequestLacksTheOptionsOfTheComparison(t *testing.T) {
	o := allOptions(t)
	outer := []string{
		"require", "limit", "budget", "cursor", "rename", "reward", "all", "since", "baseline", "filter",
		"affected",
	}
	ofState := []string{"frozen", "overlay", "patch", "staged", "index-file", "fixes"}
	without := func(gone ...string) (names []string) {
		for _, row := range Table {
			if !slices.Contains(gone, row.Name) {
				names = append(names, row.Name)
			}
		}
		return names
	}
	if got, want := left(o.InnerQuestion(false)), without(outer...); !slices.Equal(got, want) {
		t.Errorf("of this state: %v, want %v", got, want)
	}
	if got, want := left(o.InnerQuestion(true)), without(slices.Concat(outer, ofState)...); !slices.Equal(got, want) {
		t.Errorf("of another state: %v, want %v", got, want)
	}
	if got := left(o); len(got) != len(Table) {
		t.Errorf("the outer question itself has changed: %v", got)
	}
}

func TestSomeOptionsMayDifferBetweenComparedChecks(t *testing.T) {
	if got, want := ViewOptions(), []string{"limit", "budget", "cursor"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	want := []string{"index-io", "require", "overlay", "patch", "rename", "reward", "all", "staged", "fixes", "fail-on"}
	if got := ApartOptions(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAnOptionWithAWrongValueIsRefusedByName(t *testing.T) {
	for raw, want := range map[string]string{
		`{"limit":-1}`:                     "limit must not be negative",
		`{"platforms":["windows"]}`:        "unknown platform \"windows\": want GOOS/GOARCH",
		`{"required":["cobol"]}`:           "unknown language \"cobol\" of required: want go, gomod, python",
		`{"shard":"2/1"}`:                  "shard wants I/N with I from 1 to N",
		`{"jobs":-3}`:                      "jobs must not be negative",
		`{"require":"all"}`:                "complete or exact",
		`{"fail-on":"fatal"}`:              "error, warning, information, hint or none",
		`{"filter":"new"}`:                 "added, diff_context, file or nofilter",
		`{"frozen":"abc"}`:                 "snapshot.digest",
		`{"fallback":"grep"}`:              "want syntax",
		`{"exclude":["/etc"]}`:             "is not a pattern of paths",
		`{"severities":[{"severity":""}]}`: "or ignore",
	} {
		var o Options
		if err := json.Unmarshal([]byte(raw), &o); err != nil {
			t.Fatal(err)
		}
		if err := o.Check(); !fault.Is(err, fault.Usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
	for _, unit := range []Options{{IndexIO: "utf-7"}, {IndexIO: "utf-7", Since: "HEAD"}} {
		if err := unit.Check(); !fault.Is(err, fault.Indexing) {
			t.Errorf("%+v: %v", unit, err)
		}
	}
	for _, o := range []Options{allOptions(t), {IndexIO: "utf-32"}, {FailOn: "none"}, {Filter: FilterNone}} {
		if err := o.Check(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
