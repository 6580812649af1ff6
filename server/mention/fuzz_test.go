package mention

import (
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/project"
	"lanser/server/project/projecttest"
)

// The rules of each pair of languages end on any text around a word, and give a reason.
func FuzzWords(f *testing.F) {
	for _, s := range []string{
		"import \"C\"\nvar x = C.name(1)\n", "extern \"C\" { fn name(); }", "import ctypes\nlib.name()\n",
		"#[no_mangle]\npub extern fn name() {}\n", "@pytest.fixture\ndef name(): ...\ndef test(name): ...\n",
		"export default name\n", "import name from './a'\nrequire('./a').name\n", "trap name EXIT; . ./a.sh\n",
		"[project.scripts]\nx = 'a:name'\n", "#define M(name) name##name\n", "//export name\nfunc name() {}\n", "name",
	} {
		f.Add([]byte(s), "name", uint8(len(s)), uint8(len(s)/7))
	}
	f.Fuzz(func(t *testing.T, raw []byte, name string, drawn, other uint8) {
		at := strings.Index(string(raw), name)
		if name == "" || at < 0 || !utf8.ValidString(name) {
			return
		}
		span, c, v := text.Span{Start: at, End: at + len(name)}, text.New(raw), projecttest.WorkspaceOf(raw)
		declared := projecttest.Draw(projecttest.Sources, drawn)
		all := slices.Concat(projecttest.Sources, projecttest.OtherFiles, projecttest.Manifests)
		p := projecttest.Draw(all, other)
		sym := project.Symbol{
			Path: declared, Lang: project.SchemeOf(declared), Name: name, Module: strings.TrimSuffix(declared,
				path.Ext(declared)),
			Kind:  projecttest.Draw([]selectors.Kind{"function", "method", "class", "variable"}, drawn/16),
			Owner: "Owner", Member: drawn >= 128,
		}
		for _, srv := range catalogue.For(declared) {
			if _, why := UsesIn(srv, v, sym, p); !utf8.ValidString(why) {
				t.Errorf("the reason %q", why)
			}
		}
		UsesAt(v, sym, p, c, span)
		HoldsCode(v, sym, p, c, span)
		HoldsImport(v, sym, p, c, span)
		IsLinked(sym, p, c, span)
		TakesFixture(v, sym, p, c, span)
		PassesFixture(v, sym, p, c, span)
		NamesCopiedField(sym, c, span)
		IsLabel(c, span)
		DefaultExport(v, sym)
		ImportsDefault(p, c, span)
		IsMemberOfValue(v, sym, c, span)
		RequiresModule(c, span)
		RequiresFile(c, span)
		MayBeKey(c, span)
		Subscripted(c, span)
		IsListedInAll(c, span)
		ImportOf(sym.Lang, c, name)
		CasesAround(c, span)
		TypedBy(c, span)
		LiteralUnion(c, span)
		ReadOf(c, span)
		project.RunTogether(v, declared, p)
	})
}
