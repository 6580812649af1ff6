// Package schema owns the JSON Schemas (2020-12) of what lanser reads and writes:
// selectors, requests, answers, bundles, rewards and the lines of reports and traces.
//
// It promises:
//
//  1. Each schema is generated from the Go types that are read and written. A test checks that the
//     embedded files are up to date.
//  2. Each schema has a version, in its $id. A change that could break consumers of a version needs
//     a new version. A test compares the schemas with the released files.
//  3. A validation error names the location, as a JSON Pointer, and the violation.
//
// It does not check what a schema cannot express: whether a selector parses, or whether the digest of
// a bundle is correct.
package schema

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	generated "github.com/google/jsonschema-go/jsonschema" // generates schemas from Go types
	"github.com/kaptinlin/jsonschema"                      // validates, and reports every error with its location

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
	"lanser/server/trace"
)

//go:embed *.json
var files embed.FS

// Schema describes one of the schemas.
type Schema struct {
	Name    string // on the command line, and in the $id
	Version string // of the format, in the $id
	About   string // one line
	// Read is true for values that lanser reads, and false for values that it writes.
	Read     bool
	generate func() (*generated.Schema, error)
}

// All lists the schemas. To change one, change its Go type; a test with -update writes the embedded files. Names of
// schemas are those of their files.
var All = []Schema{
	{Name: "selector", Version: "1", About: "a selector, as text or as a PositionSpec", Read: true, generate: selector},
	{Name: "request", Version: "1", About: "a line of a batch", Read: true, generate: request},
	{Name: "answer", Version: bundle.Version, About: "an answer to a line of a batch", generate: schemaOf[Answer]},
	{Name: "bundle", Version: bundle.Version, About: "a bundle", generate: schemaOf[bundle.Bundle]},
	{Name: "reward", Version: "1", About: "a process reward", generate: schemaOf[bundle.Reward]},
	{Name: "report", Version: "1", About: "a line of a report as jsonl", generate: schemaOf[report.Record]},
	{Name: "trace", Version: fmt.Sprint(trace.Version), About: "a line of a trace", generate: schemaOf[trace.Line]},
}

// Answer is an answer to a line of a batch.
type Answer struct {
	ID     any            `json:"id" jsonschema:"of the request"`
	Bundle *bundle.Bundle `json:"bundle"`
}

// ByName returns the schema with a name. The error is Usage.
func ByName(name string) (Schema, error) {
	i := slices.IndexFunc(All, func(s Schema) bool { return s.Name == name })
	if i < 0 {
		var names []string
		for _, s := range All {
			names = append(names, s.Name)
		}
		return Schema{}, fault.New(fault.Usage, "unknown schema %q", name).
			WithHint("one of %s", strings.Join(names, ", "))
	}
	return All[i], nil
}

// Generate generates the schema from the Go types, as indented JSON. Tests compare it with the embedded file. The
// program itself only uses the file, so that no command spends time on generating.
func (s Schema) Generate() ([]byte, error) {
	v, err := s.generate()
	if err != nil {
		return nil, err
	}
	v.Schema, v.ID = "https://json-schema.org/draft/2020-12/schema", s.id()
	if v.Description == "" {
		v.Description = s.About
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	err = enc.Encode(v)
	return b.Bytes(), err
}

// id returns the $id of the schema, which contains its version.
func (s Schema) id() string { return "urn:lanser:schema:" + s.Name + ":" + s.Version }

// Text returns the embedded schema.
func (s Schema) Text() ([]byte, error) { return files.ReadFile(s.Name + ".json") }

// Validate validates a JSON value against the schema with a name. The error is Usage, and lists every
// violation as "POINTER: what is wrong", sorted and each once; the pointer of a limit that is a text is
// /options/limit, and that of the whole value /.
func Validate(name string, raw []byte) error {
	s, err := ByName(name)
	if err != nil {
		return err
	}
	against, err := s.compile()
	if err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return fault.Wrap(fault.Usage, err, "it is not JSON: %v", err)
	}
	result := against.ValidateJSON(raw)
	if result.IsValid() {
		return nil
	}
	var wrong []string
	for _, l := range violations(result, v, "") {
		wrong = append(wrong, cmp.Or(l.at, "/")+": "+l.what)
	}
	slices.Sort(wrong)
	return fault.New(fault.Usage, "it is not a valid %s: %s", name, strings.Join(slices.Compact(wrong), "; "))
}

// compiled caches compiled schemas by name, because each line of a batch is validated.
var compiled sync.Map

// compile returns the embedded schema in the form that validates.
func (s Schema) compile() (*jsonschema.Schema, error) {
	if known, ok := compiled.Load(s.Name); ok {
		return known.(*jsonschema.Schema), nil
	}
	text, err := s.Text()
	if err != nil {
		return nil, err
	}
	made, err := jsonschema.NewCompiler().Compile(text)
	if err == nil {
		compiled.Store(s.Name, made)
	}
	return made, err
}

// violation is a part of a value that is not valid.
type violation struct {
	at   string // JSON Pointer (RFC 6901); "" for the whole
	what string
}

// summaryKeywords are the keywords whose errors only say that a nested value is not valid.
var summaryKeywords = []string{
	"properties", "patternProperties", "items", "prefixItems", "allOf", "anyOf", "oneOf", "then", "else",
	"additionalProperties", "$ref",
}

// violations returns the innermost violations of a result. For an alternative (anyOf, oneOf) it
// returns those of the branches that match the value to the greatest depth. A missing value is
// reported once, and not again as a null of the wrong type.
//
// The result is a tree like the schema, whose nodes have locations relative to the node above. v is the value of that
// node, and base its JSON Pointer. Each level repeats in its own words that a level below it is not valid; these
// repetitions are left out.
func violations(r *jsonschema.EvaluationResult, v any, base string) (out []violation) {
	v, there := lookUp(v, r.InstanceLocation)
	if r.Valid || !there {
		return nil
	}
	at := base + r.InstanceLocation
	var branches []violation
	for _, d := range r.Details {
		keyword, _, _ := strings.Cut(strings.TrimPrefix(d.EvaluationPath, "/"), "/")
		switch {
		case d.Valid, keyword == "if", keyword == "not", keyword == "contains":
		case keyword == "anyOf" || keyword == "oneOf":
			if r.Errors[keyword] != nil {
				branches = append(branches, violations(d, v, at)...)
			}
		case keyword == "additionalProperties" && (d.Errors["not"] != nil || d.Errors["schema"] != nil):
			name := strings.TrimPrefix(d.InstanceLocation, "/")
			out = append(out, violation{at: at, what: "additional properties '" + name + "' not allowed"})
		default:
			out = append(out, violations(d, v, at)...)
		}
	}

	out = append(out, deepest(branches)...)
	hasInner := len(out) > 0
	for keyword, e := range r.Errors {
		switch {
		case hasInner && slices.Contains(summaryKeywords, keyword):
		case keyword == "not":
			out = append(out, violation{at: at, what: "not allowed here"})
		default:
			out = append(out, violation{at: at, what: e.Error()})
		}
	}

	return out
}

// deepest returns the violations at the greatest depth of the value. The branch of an alternative that comes furthest
// is most likely the one that was meant: for a PositionSpec with a wrong column, the error is about the column, and not
// that the value is no string either.
func deepest(all []violation) (out []violation) {
	depth := func(v violation) int { return strings.Count(v.at, "/") }
	most := 0
	for _, v := range all {
		most = max(most, depth(v))
	}
	for _, v := range all {
		if depth(v) == most {
			out = append(out, v)
		}
	}
	return out
}

// lookUp returns the part of a value that a JSON Pointer refers to; there is false if there is none.
func lookUp(v any, pointer string) (at any, there bool) {
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" {
			break
		}
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch of := v.(type) {
		case map[string]any:
			v, there = of[part]
			if !there {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(of) {
				return nil, false
			}
			v = of[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// schemaOf generates the schema of a type. A json.RawMessage may be any value, and bytes are base64 in a string. The
// descriptions come from the tags "jsonschema" of the fields.
func schemaOf[T any]() (*generated.Schema, error) {
	return generated.For[T](&generated.ForOptions{TypeSchemas: map[reflect.Type]*generated.Schema{
		reflect.TypeFor[json.RawMessage](): {},
		reflect.TypeFor[[]byte]():          {Types: []string{"null", "string"}},
		reflect.TypeFor[bundle.Range]():    rangeSchema(),
	}})
}

// rangeSchema returns the schema of a range: four numbers from 0 on.
func rangeSchema() *generated.Schema {
	least := 0.0
	return &generated.Schema{
		Type:     "array",
		Items:    &generated.Schema{Type: "integer", Minimum: &least},
		MinItems: ptr(4),
		MaxItems: ptr(4),
	}
}

// request generates the schema of a line of a batch, with the parameters of each operation. A common part has all
// parameters with their types, and for each operation a condition on cmd restricts them.
func request() (*generated.Schema, error) {
	sel, err := selector()
	if err != nil {
		return nil, err
	}
	options, err := generated.For[api.Options](&generated.ForOptions{TypeSchemas: map[reflect.Type]*generated.Schema{
		reflect.TypeFor[api.Duration](): {Type: "string"},
	}})
	if err != nil {
		return nil, err
	}
	for _, row := range api.Table {
		options.Properties[row.Name] = optionSchema(options.Properties[row.Name], row)
	}

	out := &generated.Schema{
		Title: "Lanser request", Type: "object", Required: []string{"cmd"}, AdditionalProperties: forbidden(),
		Properties: map[string]*generated.Schema{
			"id":       {Description: "any JSON value; the answer repeats it"},
			"cmd":      {Type: "string"},
			"selector": sel,
			"selectors": {
				Description: "further selectors, of impact: what a change of all of them can break",
				Types:       []string{"null", "array"}, Items: sel.CloneSchemas(),
			},
			"paths":   {Types: []string{"null", "array"}, Items: &generated.Schema{Type: "string"}},
			"query":   {Type: "string"},
			"options": options,
		},
	}
	var commands []any // of all operations
	for _, op := range api.Operations {
		names := []any{op.Name}
		if op.Short != op.Name {
			names = append(names, op.Short)
		}
		commands = append(commands, names...)
		out.AllOf = append(out.AllOf, &generated.Schema{
			If:   &generated.Schema{Properties: map[string]*generated.Schema{"cmd": {Enum: names}}},
			Then: operationSchema(op, options.Properties),
		})
	}
	out.Properties["cmd"].Enum = commands
	return out, nil
}

// operationSchema returns the schema of the requests of one operation: which parameters they must or must not have, and
// which of the options.
func operationSchema(op *api.Operation, options map[string]*generated.Schema) *generated.Schema {
	out := &generated.Schema{Properties: map[string]*generated.Schema{}}
	if op.Takes == api.TakesSelector {
		if !op.Several {
			out.Required = []string{"selector"}
		}
		out.Properties["paths"] = &generated.Schema{MaxItems: ptr(0)}
	} else {
		out.Properties["selector"] = forbidden()
	}
	if !op.Several {
		out.Properties["selectors"] = &generated.Schema{MaxItems: ptr(0)}
	}
	if op.Takes == api.TakesSelector || !op.Query {
		out.Properties["query"] = &generated.Schema{MaxLength: ptr(0)}
	}

	heeded := map[string]*generated.Schema{}
	for name := range options {
		if op.Accepts(name) {
			heeded[name] = &generated.Schema{}
		}
	}
	out.Properties["options"] = &generated.Schema{Properties: heeded, AdditionalProperties: forbidden()}
	return out
}

// forbidden returns the schema that no value matches. As additionalProperties it refuses members that are not listed,
// so that a misspelled name is an error and is not ignored.
func forbidden() *generated.Schema { return &generated.Schema{Not: &generated.Schema{}} }

// optionSchema adds the values and the description in the row of an option to s, the schema of its
// type.
func optionSchema(s *generated.Schema, row api.Option) *generated.Schema {
	var values []any
	for _, v := range row.Values {
		values = append(values, v)
	}

	if values != nil {
		s = enum(values...)
	} else if s.Type == "integer" {
		s = atLeast(0)
	}
	s.Description = row.About
	return s
}

// enum returns the schema of a text that is one of several.
func enum(names ...any) *generated.Schema { return &generated.Schema{Type: "string", Enum: names} }

// atLeast returns the schema of an integer that is n or more.
func atLeast(n float64) *generated.Schema { return &generated.Schema{Type: "integer", Minimum: &n} }
