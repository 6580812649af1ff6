package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/schema"
)

func TestTheSchemaOfSelectorsAcceptsWhatTheParserAccepts(t *testing.T) {
	validate := func(raw []byte) error { return schema.Validate("selector", raw) }
	for _, s := range []string{
		"a.go@L1:C2", "a.go@R(1,2->3,4)?docVersion=git:HEAD", "py://m#C.f:body?overload=1",
		"ast://[module=m]/[class=C]/name[2]",
		`anchor://a.py#"x y"?ctx=24&hash=sha1:` + strings.Repeat("0", 40) + "&near=3", "id:" + strings.Repeat("ab", 16),
	} {
		sel, err := selectors.Parse(s, text.UTF16)
		if err != nil {
			t.Fatal(err)
		}
		spec, err := json.Marshal(selectors.Spec(sel))
		if err != nil {
			t.Fatal(err)
		}
		quoted, _ := json.Marshal(s)
		for _, raw := range [][]byte{spec, quoted} {
			if err := validate(raw); err != nil {
				t.Errorf("%s: %v", raw, err)
			}
		}
	}
	for _, raw := range []string{
		`{}`, `""`, `1`, `{"kind":"cursor","uri":"a.go","line":1}`, `{"kind":"cursor","uri":"a.go","line":0,"col":1}`,
		`{"kind":"cursor","uri":"a.go","line":1,"col":1,"snippet":"x"}`,
		`{"kind":"symbol","lang":"go"}`, `{"kind":"symbol","lang":"go","qualname":"*:F","role":"all"}`,
		`{"kind":"ast","path":[["module"]]}`, `{"kind":"ast","path":[]}`,
		`{"kind":"anchor","uri":"a.go","snippet":"x","hash":"md5:1"}`, `{"kind":"id","id":"12"}`, `{"kind":"thing"}`,
	} {
		if validate([]byte(raw)) == nil {
			t.Errorf("%s is accepted", raw)
		}
		if sel, err := selectors.FromJSON([]byte(raw), text.UTF16); err == nil {
			t.Errorf("%s is read as %s", raw, sel)
		}
	}
}
