// Package schema owns the JSON Schemas (2020-12) of what lanser reads and writes:
// selectors, requests, answers, bundles, rewards and the lines of reports and traces.
//
// It promises:
//
//  1. A schema is drawn from the Go types that are read and written; the files that are
//     embedded are what is drawn (tested).
//  2. Each has a version, in its $id. What a consumer of a version relies on stays true
//     of it: a change that would break him is a new version (tested against the files
//     that were released).
//  3. An error of validation names the place, by JSON Pointer, and what is wrong there.
//
// It does not judge what a schema cannot say: whether a selector parses, or a bundle's
// digest fits.
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

	drawn "github.com/google/jsonschema-go/jsonschema" // draws schemas from Go types
	"github.com/kaptinlin/jsonschema"                  // validates, and reports every error with its place

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
	"lanser/server/trace"
)

//go:embed *.json
var files embed.FS

// Schema is one of the schemas.
type Schema struct {
	Name    string
	Version string
	About   string
	// Read says that lanser reads such values; it writes the others.
	Read     bool
	generate func() (*drawn.Schema, error)
}

// All are the schemas.
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

// Named is the schema of that name. The error is Usage.
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

// Draw draws the schema from the Go types.
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

func (s Schema) id() string { return "urn:lanser:schema:" + s.Name + ":" + s.Version }

// Text is the schema as it is embedded.
func (s Schema) Text() ([]byte, error) { return files.ReadFile(s.Name + ".json") }

// Validate says whether a JSON value is valid; its error is Usage, of one line for each
// thing that is wrong.
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
		return fault.Wrap(fault.Usage, err, "it is no JSON: %v", err)
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
	return fault.New(fault.Usage, "it is no %s: %s", name, strings.Join(slices.Compact(wrong), "; "))
}

// compiled keeps what was compiled, by name: batches validate line by line.
var compiled sync.Map

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

// leaf is one thing that is wrong.
type violation struct {
	at   string // JSON Pointer (RFC 6901); "" for the whole
	what string
}

// summaries are the keywords whose errors say only that something below is wrong.
var summaryKeywords = []string{
	"properties",
	"patternProperties",
	"items",
	"prefixItems",
	"allOf",
	"anyOf",
	"oneOf",
	"then",
	"else",
	"additionalProperties",
	"$ref",
}

// leaves are what is wrong at the bottom of a result. Of the branches of an alternative
// those count that got furthest. What is missing is told of once, and not as a null that
// is of no kind.
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
			out = append(
				out,
				violation{
					at:   at,
					what: "additional properties '" + strings.TrimPrefix(d.InstanceLocation, "/") + "' not allowed",
				},
			)
		default:
			out = append(out, violations(d, v, at)...)
		}
	}
	deepest := 0
	for _, b := range branches {
		deepest = max(deepest, strings.Count(b.at, "/"))
	}
	for _, b := range branches {
		if strings.Count(b.at, "/") == deepest {
			out = append(out, b)
		}
	}
	deeper := len(out) > 0
	for keyword, e := range r.Errors {
		switch {
		case deeper && slices.Contains(summaryKeywords, keyword):
		case keyword == "not":
			out = append(out, violation{at: at, what: "not allowed here"})
		default:
			out = append(out, violation{at: at, what: e.Error()})
		}
	}
	return out
}

// below is what a JSON Pointer names in a value; there is false where it names nothing.
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

// of draws the schema of a type; what is JSON of any kind there may be anything.
func schemaOf[T any]() (*drawn.Schema, error) {
	return drawn.For[T](&drawn.ForOptions{TypeSchemas: map[reflect.Type]*drawn.Schema{
		reflect.TypeFor[json.RawMessage](): {},
		reflect.TypeFor[[]byte]():          {Types: []string{"null", "string"}},
		reflect.TypeFor[bundle.Range]():    rangeSchema(),
	}})
}

func rangeSchema() *drawn.Schema {
	least := 0.0
	return &drawn.Schema{
		Type:     "array",
		Items:    &drawn.Schema{Type: "integer", Minimum: &least},
		MinItems: ptr(4),
		MaxItems: ptr(4),
	}
}

// request is the schema of a batch line: for each operation what it takes.
func request() (*drawn.Schema, error) {
	sel, err := selector()
	if err != nil {
		return nil, err
	}
	options, err := drawn.For[api.Options](&drawn.ForOptions{TypeSchemas: map[reflect.Type]*drawn.Schema{
		reflect.TypeFor[api.Duration](): {Type: "string"},
	}})
	if err != nil {
		return nil, err
	}
	for _, row := range api.Table {
		options.Properties[row.Name] = optionSchema(options.Properties[row.Name], row)
	}
	never := &drawn.Schema{Not: &drawn.Schema{}}
	out := &drawn.Schema{
		Title: "Lanser request", Type: "object", Required: []string{"cmd"}, AdditionalProperties: never,
		Properties: map[string]*drawn.Schema{
			"id":       {Description: "any JSON; the answer has it too"},
			"cmd":      {Type: "string"},
			"selector": sel,
			"paths":    {Types: []string{"null", "array"}, Items: &drawn.Schema{Type: "string"}},
			"query":    {Type: "string"},
			"options":  options,
		},
	}
	var names []any
	for _, op := range api.Operations {
		names = append(names, op.Name)
		called := []any{op.Name}
		if op.Short != op.Name {
			names, called = append(names, op.Short), append(called, op.Short)
		}
		then := &drawn.Schema{Properties: map[string]*drawn.Schema{}}
		if op.Takes == api.TakesSelector {
			then.Required = []string{"selector"}
			then.Properties["paths"], then.Properties["query"] = &drawn.Schema{
				MaxItems: ptr(0),
			}, &drawn.Schema{
				MaxLength: ptr(0),
			}
		} else {
			then.Properties["selector"] = never.CloneSchemas()
			if !op.Query {
				then.Properties["query"] = &drawn.Schema{MaxLength: ptr(0)}
			}
		}
		heeded := &drawn.Schema{Properties: map[string]*drawn.Schema{}, AdditionalProperties: never.CloneSchemas()}
		for name := range options.Properties {
			if op.Heeds(name) {
				heeded.Properties[name] = &drawn.Schema{}
			}
		}
		then.Properties["options"] = heeded
		out.AllOf = append(out.AllOf, &drawn.Schema{
			If: &drawn.Schema{Properties: map[string]*drawn.Schema{"cmd": {Enum: called}}}, Then: then,
		})
	}
	out.Properties["cmd"].Enum = names
	return out, nil
}

// refined is the schema of an option, drawn from its type, with what its row says of it.
func optionSchema(s *drawn.Schema, row api.Option) *drawn.Schema {
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

func enum(names ...any) *drawn.Schema { return &drawn.Schema{Type: "string", Enum: names} }

func atLeast(n float64) *drawn.Schema { return &drawn.Schema{Type: "integer", Minimum: &n} }
