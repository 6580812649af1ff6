package plan_test

import (
	"slices"
	"strings"
	"testing"

	"lanser/index/syntax"
	"lanser/selectors/text"
	"lanser/server/project"
)

// What a name tells is not looked for in the content: an index of names would read all documentation and data.
func TestTheContentOfAFileIsNotReadWhereItsNameTellsTheLanguage(t *testing.T) {
	for _, l := range slices.Concat(project.Languages, project.DataLanguages) {
		for _, name := range l.Names {
			_, hasOutline := syntax.LangOf("a" + name)
			if l.ID != "shell" && !hasOutline && strings.HasPrefix(name, ".") && text.MayBeScript("a"+name) {
				t.Errorf("the name of a%s tells that it is a %s", name, l.Noun)
			}
		}
	}
}
