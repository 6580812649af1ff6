package mention

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// This file knows strings and options that name a symbol by a convention of a library or a tool, without its whole
// path: Django's "app.Model", the fields that a query or an admin page lists, the endpoints of routes, and the
// variables that a linker sets. No server follows them.

// NamesByConvention reports whether a word in a string, a comment or a file without code may be a use of the symbol by
// such a convention: why is the reason, "" for other words.
func NamesByConvention(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) (why string) {
	switch {
	case sym.Scope.Len() > 0 || sym.Path == "":
		return ""
	case sym.Lang == "go":
		if isLinkerOption(v, sym, c, at) {
			return "an option of the linker (-X) sets the variable"
		}
	case sym.Lang == "py" && project.SchemeOf(p) == "py" && !sym.Member:
		if sym.Kind.IsType() && (namesModel(sym, c, at) || namesModelApart(c, at)) {
			return "a string names the model"
		}
		if namesEndpoint(c, at) {
			return "a string names the endpoint: it may be the function's name"
		}
	case sym.Lang == "py" && project.SchemeOf(p) == "py":
		if namesField(c, at) && isDerived(v, sym) {
			return "a string names a field or method of a class"
		}
	}
	return ""
}

// NamesForGenerator reports whether a word is an argument of a directive that generates code, and may name the symbol,
// a type of Go: one of the directive's own package, or of a package that the directive names.
//
//	//go:generate stringer -type=Color,Shape
//	//go:generate mockgen -destination=mock.go example.com/app/store Store
func NamesForGenerator(sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if sym.Lang != "go" || !sym.Kind.IsType() || sym.Member || path.Ext(p) != ".go" {
		return false
	}
	line := c.LineOf(at.Start)
	directive := c.Line(line)
	whole, _ := c.LineSpan(line)
	before := c.Slice(text.Span{Start: whole.Start, End: at.Start})
	after := c.Slice(text.Span{Start: at.End, End: min(c.Len(), at.End+1)})
	if !beforeGenerated.MatchString(before) || strings.Trim(after, " ,;\"'\t\r\n") != "" {
		return false
	}
	folder := path.Dir(sym.Path)
	return folder == path.Dir(p) || strings.Contains(directive, "/"+path.Base(folder))
}

// beforeGenerated matches a directive that generates code up to an argument or a part of one, behind the command.
var beforeGenerated = lazyregexp.New(`^//go:generate\s+\S.*[\s=,"']$`)

// namesModel reports whether a word is the last one of a whole string "label.Name" whose label is a folder of the path
// of the symbol's module: the models of Django are named by the package that they are in.
func namesModel(sym project.Symbol, c *text.Content, at text.Span) bool {
	m := afterLabel.FindSubmatch(c.Bytes()[max(0, at.Start-maxReceiver):at.Start])
	if m == nil || !endsString(c, at) {
		return false
	}
	parts := strings.Split(path.Dir(sym.Path)+"/"+strings.ReplaceAll(sym.Module, ".", "/"), "/")
	return slices.Contains(parts, string(m[1]))
}

// namesModelApart reports whether a word is a whole string that a call takes for the name of a model or a class, which
// may have the name of its application before it: get_model("app", "Name").
func namesModelApart(c *text.Content, at text.Span) bool {
	return IsString(c, at) && takesModel.Match(c.Bytes()[max(0, at.Start-maxReceiver):at.Start-1])
}

// namesEndpoint reports whether a word is the name of a route in a call that makes an address of it: reverse("name") of
// Django, url_for("blueprint.name") of Flask.
func namesEndpoint(c *text.Content, at text.Span) bool {
	return endsString(c, at) && makesAddress.Match(c.Bytes()[max(0, at.Start-maxReceiver):at.Start])
}

// namesField reports whether a word is a string, or one after a sign, in a call or a list of those in which libraries
// are given the names of a class's members: queries and admin pages of Django, serializers, validators.
func namesField(c *text.Content, at text.Span) bool {
	return endsString(c, at) && listsFields.Match(c.Bytes()[max(0, at.Start-maxFields):at.Start])
}

// endsString reports whether a word is followed by a quote.
func endsString(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	return at.End < len(src) && (src[at.End] == '"' || src[at.End] == '\'')
}

// isDerived reports whether the class of a member has bases or decorators, without which no library knows its members.
func isDerived(v project.View, sym project.Symbol) bool {
	if sym.Owner == "" {
		return false
	}
	type key struct{ file, class string }
	return v.Memoize(key{sym.Path, sym.Owner}, func() any {
		if len(basesIn(v, sym.Path, sym.Owner)) > 0 {
			return true
		}
		c, err := v.Content(sym.Path)
		if err != nil {
			return false
		}
		for _, m := range decoratedClass.FindAllSubmatch(c.Bytes(), -1) {
			if string(m[1]) == sym.Owner {
				return true
			}
		}
		return false
	}).(bool)
}

// maxFields bounds the text before a name in which the list that it is in begins, in bytes.
const maxFields = 800

// item matches text in a list that opens nothing which it does not close.
const item = `(?:[^=\[\](){}]|\([^()]*\)|\[[^\[\]]*\])*`

var (
	afterLabel = lazyregexp.New(`["']([\pL_][\pL\pN_]*)\.$`)
	takesModel = lazyregexp.New(`(?:\b(?:get_model|get_registered_model|require_model)\s*\(\s*` +
		`(?:(?:app_label\s*=\s*)?(?:["'][^"'\n]*["']|[\w.]+)\s*,\s*)?(?:model_name\s*=\s*)?` +
		`|\b(?:CreateModel|DeleteModel)\s*\(\s*(?:name\s*=\s*)?` +
		`|\b(?:ForeignKey|OneToOneField|ManyToManyField|GenericRelation|relationship)\s*\(\s*` +
		`(?:(?:to|argument)\s*=\s*)?` +
		`|\b(?:through|model)\s*=\s*)$`)
	makesAddress = lazyregexp.New(`\b(?:reverse|reverse_lazy|redirect|resolve_url|url_for|url_path_for)\s*\(\s*` +
		`["'](?:[\w-]+[.:])*$`)
	// listsFields matches text that ends at the beginning of a string, or after its sign, among the arguments of a
	// method of queries, of a decorator that is about fields, or in a list that is assigned to a name that libraries
	// read.
	listsFields = lazyregexp.New(`(?:` +
		`\.(?:values|values_list|order_by|only|defer|select_related|prefetch_related|distinct|dates|datetimes|latest|` +
		`earliest|bulk_update|refresh_from_db)\s*\([^()]*` +
		`|\b(?:F|OuterRef|Count|Sum|Avg|Max|Min|Prefetch)\s*\([^()]*` +
		`|@(?:\w+\.)*(?:validator|field_validator|field_serializer|validates|validates_schema|depends|onchange|` +
		`constrains|post_load|pre_load)\s*\([^()]*` +
		`|\b(?:update_fields|fields|exclude|include|only|ordering|order_by|list_display|list_display_links|` +
		`list_filter|list_editable|list_select_related|search_fields|readonly_fields|read_only_fields|raw_id_fields|` +
		`autocomplete_fields|unique_together|index_together|filterset_fields|ordering_fields|filter_horizontal|` +
		`filter_vertical|actions|unique_fields)["']?\s*[=:]\s*(?:[\[({]\s*)+` + item + `(?:[\[({]` + item + `)*` +
		`|\b(?:source|slug_field|lookup_field|date_hierarchy|get_latest_by|back_populates|related_name|to_field|` +
		`mappedBy|ordering)\s*=\s*` +
		`)["'][-+]?(?:[\w]+\.)*$`)
	decoratedClass = lazyregexp.New(`(?m)^[ \t]*@[^\n]*\n(?:[ \t]*@[^\n]*\n)*[ \t]*class[ \t]+(\w+)`)
)

// isLinkerOption reports whether a word is the name of a variable in the option -X path.name=value of Go's linker
// ("go doc cmd/link"). The path is that of the variable's package, which is main for a program, or begins with a
// variable of the script around it.
func isLinkerOption(v project.View, sym project.Symbol, c *text.Content, at text.Span) bool {
	src := c.Bytes()
	if sym.Kind != selectors.KindVar || sym.Member || at.End == len(src) || src[at.End] != '=' {
		return false
	}
	m := setsVariable.FindSubmatch(src[max(0, at.Start-maxReceiver):at.Start])
	if m == nil {
		return false
	}
	of := string(m[1])
	if of == "main" {
		declaring, err := v.Content(sym.Path)
		return err == nil && packageMain.Match(declaring.Bytes())
	}
	return of == sym.Module || strings.ContainsAny(of, "$%{}") && strings.HasSuffix(sym.Module, afterVariable(of))
}

// afterVariable returns what a path spells after the last variable of a script in it.
func afterVariable(of string) string { return of[strings.LastIndexAny(of, ")}%")+1:] }

var (
	setsVariable = lazyregexp.New("-X[ \\t=]*\\\\?[\"'`]?((?:[^\\s\"'`=]|\\{\\{[^{}\\n]*\\}\\})+)\\.$")
	packageMain  = lazyregexp.New(`(?m)^package main\b`)
)

// GivesParameter reports whether a word is in a string by which a decorator of pytest gives a test's parameter its
// values, and the parameter's test follows: parametrize("left, right", ...). The scope is that of the parameter.
func GivesParameter(sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if sym.Lang != "py" || sym.Scope.Len() == 0 || p != sym.Path {
		return false
	}
	if !IsParametrized(c, at) {
		return false
	}
	src := c.Bytes()
	def := nextFunction.FindIndex(src[at.End:])
	return def != nil && sym.Scope.Contains(text.Span{Start: at.End + def[1] - 1, End: at.End + def[1]})
}

// NamesCopiedField reports whether a word is a string that may select the symbol, a field of a class of Python, of a
// dictionary with the object's fields: asdict(c)["size"], and fields["size"] after fields = c.model_dump().
func NamesCopiedField(sym project.Symbol, c *text.Content, at text.Span) bool {
	src := c.Bytes()
	isField := sym.Lang == "py" && sym.Member && sym.Kind != selectors.KindMethod && !sym.Kind.IsType()
	if !isField || sym.Scope.Len() > 0 || !isWholeString(src, at) || !copies.Match(src) {
		return false
	}
	if !hasWord(string(src), sym.Owner) && !hasWord(string(src), path.Base(stemOf(sym.Path))) {
		return false
	}
	before := src[max(0, at.Start-maxReceiver) : at.Start-1]
	if selectsCopied.Match(before) {
		return true
	}
	m := selectsKey.FindSubmatch(before)
	return m != nil && regexp.MustCompile(`(?m)\b`+regexp.QuoteMeta(string(m[1]))+
		`\s*(?::[^=\n]*)?=[^=\n][^\n]*\b(?:_?asdict|model_dump)\s*\(`).Match(src)
}

var (
	copies = lazyregexp.New(`\b(?:_?asdict|model_dump)\s*\(`)
	// selectsCopied matches the text before the string that selects a field of such a dictionary, and selectsKey that
	// of any other dictionary, which is its group.
	selectsCopied = lazyregexp.New(`\b(?:_?asdict|model_dump)\s*\((?:[^()]|\([^()]*\))*\)\s*(?:\[|\.(?:get|pop)\()\s*$`)
	selectsKey    = lazyregexp.New(`\b(\w+)\s*(?:\[|\.(?:get|pop)\()\s*$`)
)

// IsParametrized reports whether a word is in a string in which a decorator of pytest lists names of parameters.
func IsParametrized(c *text.Content, at text.Span) bool {
	return parametrizes.Match(c.Bytes()[max(0, at.Start-maxReceiver):at.Start])
}

var (
	parametrizes = lazyregexp.New(`\bparametrize\s*\(\s*(?:argnames\s*=\s*)?[\[(]?\s*` +
		`(?:["'][\w\s,]*["']\s*,\s*)*["'][\w\s,]*$`)
	nextFunction = lazyregexp.New(`(?m)^[ \t]*(?:async[ \t]+)?def[ \t]+\w`)
)
