package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/catalogue"
)

// OptionNamed returns the row of an option; nil if there is no such option.
func OptionNamed(name string) *Option {
	i := slices.IndexFunc(Table, func(row Option) bool { return row.Name == name })
	if i < 0 {
		return nil
	}
	return &Table[i]
}

func (row *Option) takenBy(op *Operation) bool {
	if row.ByServer {
		return op.Capability != ""
	}
	return row.By == nil || slices.Contains(row.By, op.Name)
}

// clear sets the option to its zero value, as if it was not given.
func (row *Option) clear(o *Options) {
	reflect.ValueOf(row.Field(o)).Elem().SetZero()
}

// names lists the options whose rows are selected.
func names(selected func(Option) bool) (out []string) {
	for _, row := range Table {
		if selected(row) {
			out = append(out, row.Name)
		}
	}
	return out
}

// ViewOptions lists the options that may differ between an answer and the request that continues it
// with a cursor.
func ViewOptions() []string { return names(func(row Option) bool { return row.Effect == View }) }

// ApartOptions lists the options that may differ between two checks that are compared.
func ApartOptions() []string { return names(func(row Option) bool { return row.Apart }) }

// InnerQuestion returns the options of a question that the engine asks itself to answer the
// request. If otherState is true, that question is about another state of the workspace.
func (o Options) InnerQuestion(otherState bool) Options {
	for i := range Table {
		if row := &Table[i]; row.Inner == Outer || otherState && row.Inner == OfState {
			row.clear(&o)
		}
	}
	return o
}

// described returns the options as bundles repeat them (spec section 4, request.options).
func (o Options) described() map[string]any {
	options := map[string]any{}
	if raw, err := json.Marshal(o); err == nil {
		_ = json.Unmarshal(raw, &options) // cannot fail: raw is a JSON object
	}
	for _, row := range Table {
		value, given := options[row.Name]
		if row.Effect == None {
			delete(options, row.Name)
		} else if given && row.Digest {
			options[row.Name] = digested(value)
		}
	}
	return options
}

// digested replaces a string, or the strings of an object, by digests.
func digested(value any) any {
	switch v := value.(type) {
	case string:
		return text.Digest([]byte(v))
	case map[string]any:
		for key, content := range v {
			v[key] = digested(content)
		}
	}
	return value
}

// Hypothetical reports whether the request is about the workspace with changes that are not on disk.
func (o Options) Hypothetical() bool { return len(o.Overlay) > 0 || o.Patch != "" }

// OnlyNew reports whether the request asks only for the findings that a patch, or what is staged, adds or fixes.
func (o Options) OnlyNew() bool {
	return (o.Patch != "" || o.Staged) && o.All != nil && !*o.All && o.Since == "" && o.Baseline == ""
}

// Compares reports whether the request asks for a check compared with an earlier one, or for a
// part of one.
func (o Options) Compares() bool {
	filters := o.Filter != "" && o.Filter != FilterNone
	return o.Since != "" || o.Baseline != "" || o.Affected != "" || filters || o.OnlyNew() || o.Staged
}

// maxPlatforms bounds the platforms of a request: each has its own session.
const maxPlatforms = 16

// EachPlatform returns the platforms of the request, without duplicates.
func (o Options) EachPlatform() (out []string) {
	for _, list := range o.Platforms {
		for p := range strings.SplitSeq(list, ",") {
			p = strings.TrimSpace(p)
			if p != "" && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// Check validates the values of the options. The error is Usage, or Indexing for an unknown unit of
// columns.
func (o Options) Check() error {
	if o.IndexIO != "" {
		if _, err := text.ParseEncoding(o.IndexIO); err != nil {
			return fault.New(fault.Indexing, "%v", err)
		}
	}
	for _, row := range Table {
		switch field := row.Field(&o).(type) {
		case *int:
			if *field < 0 {
				return fault.New(fault.Usage, "%s must not be negative: it is %d", row.Name, *field)
			}
		case *string:
			if *field != "" && row.Values != nil && !slices.Contains(row.Values, *field) && *field != row.Alias {
				return fault.New(fault.Usage, "unknown value %q of %s: want %s", *field, row.Name, either(row.Values))
			}
		}
	}
	if o.Frozen != "" && !strings.HasPrefix(o.Frozen, "sha256:") {
		return fault.New(fault.Usage, "frozen wants the snapshot.digest of a bundle, not %q", o.Frozen)
	}
	if _, err := NewPatterns(o.Exclude...); err != nil {
		return err
	}
	if _, err := ParseShard(o.Shard); err != nil {
		return err
	}
	for _, id := range o.Required {
		if known := append(catalogue.LanguageIDs(), catalogue.LinterNames()...); !slices.Contains(known, id) {
			return fault.New(fault.Usage, "unknown language %q of required: want %s", id, either(known))
		}
	}
	for _, p := range o.EachPlatform() {
		if !catalogue.IsPlatform(p) {
			return fault.New(fault.Usage, "unknown platform %q: want GOOS/GOARCH, such as windows/amd64", p)
		}
	}
	if n := len(o.EachPlatform()); n > maxPlatforms {
		return fault.New(fault.Usage, "there are %d platforms, more than the limit of %d", n, maxPlatforms)
	}
	if len(o.Severities) > maxPatterns {
		return fault.New(fault.Usage, "there are %d severity rules, more than the limit of %d", len(o.Severities),
			maxPatterns)
	}
	for _, r := range o.Severities {
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

// either joins words as in "a, b or c".
func either(words []string) string {
	last := len(words) - 1
	if last <= 0 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
