package mention

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// This file says which fixture pytest passes to a parameter. It looks for one of the parameter's name in the class of
// the test, then in its module, in the conftest.py of its folder and of those above, and in plugins
// (docs.pytest.org, "Fixtures", "Override fixtures on various levels").

// Passing says whether a word names the fixture that a symbol is.
type Passing int

// What a word can be to a fixture.
const (
	NoFixture Passing = iota // the word names no fixture
	NotPassed                // it names another fixture, or is a parameter that pytest does not pass
	MayBe                    // nobody can say which fixture it names
	IsPassed                 // it names the symbol
)

// testFunction is a function of a file of Python.
type testFunction struct {
	name       string
	def        int // where its line begins
	class      string
	isInner    bool // it is in another function
	decorators text.Span
	parameters text.Span
	fixture    string // the name by which tests ask for it, "" for a function that is no fixture
}

// pythonTests holds the functions and classes of a file of Python that pytest looks at.
type pythonTests struct {
	functions []testFunction
	bases     map[string][]string // by class
	marks     map[string]text.Span
}

var (
	opensBlock = lazyregexp.New(`^([ \t]*)(?:(?:async[ \t]+)?def[ \t]+(\w+)|class[ \t]+(\w+)(?:\(([^()]*)\))?)`)
	endsBase   = lazyregexp.New(`(\w+)\s*(?:\[[^\]]*\])?\s*$`)
)

// testsIn reads the functions and classes of a file of Python that pytest looks at.
func testsIn(c *text.Content) *pythonTests {
	type key struct{}
	return c.Memoize(key{}, func() any {
		t := &pythonTests{bases: map[string][]string{}, marks: map[string]text.Span{}}
		type block struct {
			indent  int
			class   string
			isClass bool
		}
		var around []block
		for line := range c.Lines() {
			m := opensBlock.FindStringSubmatch(c.Line(line))
			if m == nil {
				continue
			}
			indent := len(m[1])
			for len(around) > 0 && around[len(around)-1].indent >= indent {
				around = around[:len(around)-1]
			}
			above := decoratorsAbove(c, line)
			if m[3] != "" {
				for _, base := range strings.Split(m[4], ",") {
					if name := endsBase.FindStringSubmatch(base); name != nil && !strings.Contains(base, "=") {
						t.bases[m[3]] = append(t.bases[m[3]], name[1])
					}
				}
				t.marks[m[3]] = above
				around = append(around, block{indent: indent, class: m[3], isClass: true})
				continue
			}
			f := testFunction{name: m[2], def: startOf(c, line), decorators: above}
			if len(around) > 0 {
				f.class, f.isInner = around[len(around)-1].class, !around[len(around)-1].isClass
			}
			f.parameters = parametersAt(c.Bytes(), f.def+len(m[0]))
			f.fixture = fixtureIn(c.Slice(above), f.name)
			t.functions = append(t.functions, f)
			around = append(around, block{indent: indent, class: f.class})
		}
		return t
	}).(*pythonTests)
}

// startOf returns the offset at which a line begins.
func startOf(c *text.Content, line int) int {
	s, _ := c.LineSpan(line)
	return s.Start
}

// decoratorsAbove returns the text of the decorators above a line.
func decoratorsAbove(c *text.Content, line int) text.Span {
	end := startOf(c, line)
	indent := len(c.Line(line)) - len(strings.TrimLeft(c.Line(line), " \t"))
	for line--; line >= 0; line-- {
		s := c.Line(line)
		isLess := len(s)-len(strings.TrimLeft(s, " \t")) < indent
		if isLess || endsDecorators.MatchString(s) {
			break
		}
	}
	return text.Span{Start: startOf(c, line+1), End: end}
}

// parametersAt returns the text between the parentheses that follow the name of a function.
func parametersAt(src []byte, after int) text.Span {
	open := bytes.IndexByte(src[after:min(len(src), after+maxBeside)], '(')
	if open < 0 {
		return text.Span{}
	}
	start, depth := after+open+1, 1
	for i := start; i < len(src); i++ {
		switch src[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if depth == 0 {
			return text.Span{Start: start, End: i}
		}
	}
	return text.Span{}
}

// fixtureIn returns the name of the fixture that a function with some decorators is; "" for none.
func fixtureIn(decorators, name string) string {
	isFixture := false
	for s := range strings.Lines(decorators) {
		isFixture = isFixture || decoratesFixture.MatchString(s)
	}
	if !isFixture {
		return ""
	}
	if m := namesFixture.FindStringSubmatch(decorators); m != nil {
		return m[1]
	}
	return name
}

// fixturePlace is a fixture: the function at an offset of a file.
type fixturePlace struct {
	file string
	def  int
}

// fixtureOf returns the fixture that a symbol is, with its name; "" if it is none.
func fixtureOf(v project.View, sym project.Symbol) (at fixturePlace, name string) {
	if sym.Lang != "py" || sym.Path == "" || sym.Scope.Len() > 0 {
		return at, ""
	}
	class := ""
	if sym.Member {
		class = sym.Owner
	}
	type key struct{ path, class, name string }
	type named struct {
		at   fixturePlace
		name string
	}
	found := v.Memoize(key{sym.Path, class, sym.Name}, func() any {
		c, err := v.Content(sym.Path)
		if err != nil {
			return named{}
		}
		var last named // the last one hides the others
		for _, f := range testsIn(c).functions {
			if f.name == sym.Name && f.class == class && !f.isInner && f.fixture != "" {
				last = named{at: fixturePlace{file: sym.Path, def: f.def}, name: f.fixture}
			}
		}
		return last
	}).(named)
	return found.at, found.name
}

// FixtureOf returns the name by which tests of pytest ask for a symbol of Python, which may be the method of a class of
// tests; "" for one that is no fixture.
func FixtureOf(v project.View, sym project.Symbol) string {
	_, name := fixtureOf(v, sym)
	return name
}

// IsAutomatic reports whether a symbol of Python is a fixture that pytest calls for all tests that can see it, without
// its name.
func IsAutomatic(v project.View, sym project.Symbol) bool {
	at, name := fixtureOf(v, sym)
	c, err := v.Content(at.file)
	if name == "" || err != nil {
		return false
	}
	return automatic.MatchString(c.Slice(decoratorsAbove(c, c.LineOf(at.def))))
}

var automatic = lazyregexp.New(`\bautouse\s*=\s*(?:[^F\s]|F[^a])`)

// PassesFixture says whether pytest passes the fixture that a symbol is for a word: the parameter of a test or of
// another fixture, or a string that names a fixture.
func PassesFixture(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) Passing {
	own, name := fixtureOf(v, sym)
	if name == "" || c.Slice(at) != name {
		return NoFixture
	}
	line := c.Line(c.LineOf(at.Start))
	if project.SchemeOf(p) != "py" {
		if usedByDefault.MatchString(line) && slices.Contains([]string{".ini", ".cfg", ".toml"}, path.Ext(p)) {
			return MayBe
		}
		return NoFixture
	}
	l := &fixtureLookup{v: v, name: name, seen: map[string]bool{}}
	if IsString(c, at) {
		isNamed := usesFixtures.MatchString(line) || IsParametrized(c, at) && isIndirect(c, at, name)
		if !isNamed {
			return NoFixture
		}
		return l.judge(own, p, classAt(c, at, line), nil)
	}
	f := functionWith(c, at)
	if f == nil {
		return NoFixture
	}
	passing := takes(v, p, c, f, at, name)
	if passing == NotPassed || passing == NoFixture {
		return NotPassed
	}
	return min(passing, l.judge(own, p, f.class, f))
}

// usedByDefault matches the line of a configuration that names fixtures which all tests use.
var usedByDefault = lazyregexp.New(`^\s*usefixtures\s*=`)

// functionWith returns the function that has a word as a parameter; nil for none.
func functionWith(c *text.Content, at text.Span) *testFunction {
	left := c.Bytes()[max(0, at.Start-maxImport):at.Start]
	if !beginsParameter.Match(left) {
		return nil
	}
	functions := testsIn(c).functions
	for i := range functions {
		if functions[i].parameters.Contains(at) {
			return &functions[i]
		}
	}
	return nil
}

// beginsParameter matches the text before a parameter.
var beginsParameter = lazyregexp.New(`[(,](?:\s|#[^\n]*\n)*$`)

// classAt returns the class in whose tests a string names a fixture.
func classAt(c *text.Content, at text.Span, line string) (class string) {
	isDecorator := strings.HasPrefix(strings.TrimSpace(line), "@")
	for _, f := range testsIn(c).functions {
		if f.def > at.Start {
			if isDecorator {
				return f.class
			}
			break
		}
		class = f.class
	}
	if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
		return ""
	}
	return class
}

// isIndirect reports whether a decorator that gives a parameter its values hands them to the fixture of that name.
func isIndirect(c *text.Content, at text.Span, name string) bool {
	src := c.Bytes()
	call := src[at.End:min(len(src), at.End+maxReceiver)]
	if next := nextFunction.FindIndex(call); next != nil {
		call = call[:next[0]]
	}
	m := indirect.FindSubmatch(call)
	return m != nil && (string(m[1]) == "True" || bytes.Contains(m[1], []byte(name)))
}

var indirect = lazyregexp.New(`\bindirect\s*=\s*(True\b|\[[^\]]*\]|\([^)]*\))`)

// takes says whether pytest passes fixtures to a parameter of a function.
func takes(v project.View, p string, c *text.Content, f *testFunction, at text.Span, name string) Passing {
	base := path.Base(p)
	isTestFile := strings.HasPrefix(base, "test_") || strings.HasSuffix(base, "_test.py") || base == "conftest.py"
	isTest := strings.HasPrefix(f.name, "test")
	decorators := c.Slice(f.decorators)
	hasDefault := givenDefault.Match(c.Bytes()[at.End:f.parameters.End])
	switch {
	case f.isInner || hasDefault:
		return NotPassed
	case f.fixture != "":
		return IsPassed
	case !isTest && plainDecorators.MatchString(decorators), !isTestFile:
		if !setsNames(v) {
			return NotPassed
		}
		return MayBe
	case !isTest || givesArguments.MatchString(decorators):
		return MayBe
	}
	for _, rest := range strings.Split(decorators+c.Slice(testsIn(c).marks[f.class]), "parametrize(")[1:] {
		if !hasWord(parametrizedNames.FindString(rest), name) {
			continue
		}
		if in := indirect.FindStringSubmatch(rest); in == nil || in[1] != "True" && !hasWord(in[1], name) {
			return NotPassed
		}
	}
	if m := marksModule.FindString(string(c.Bytes())); hasWord(m, name) {
		return MayBe
	}
	return IsPassed
}

var (
	// givenDefault matches what follows a parameter with a default.
	givenDefault = lazyregexp.New(`^\s*(?::[^,=]*)?=`)
	// plainDecorators matches decorators that make nothing of a function which pytest would call.
	plainDecorators = lazyregexp.New(`^(?:\s*@(?:staticmethod|classmethod|property|overload|abstractmethod|` +
		`(?:contextlib\.)?(?:async)?contextmanager|functools\.\w+|lru_cache|cache|wraps)\b[^\n]*\n)*\s*$`)
	// givesArguments matches decorators that pass arguments themselves.
	givesArguments    = lazyregexp.New(`@[\w.]*(?:patch|given)\b`)
	parametrizedNames = lazyregexp.New(`^\s*(?:argnames\s*=\s*)?(?:\[[^\]]*\]|\([^)]*\)|["'][^"']*["'])`)
	marksModule       = lazyregexp.New(`(?m)^pytestmark\s*=[^\n]*parametrize\s*\([^,]*`)
	setsTestNames     = lazyregexp.New(`(?m)^\s*python_(?:functions|files|classes)\s*=`)
)

// hasWord reports whether a text has a whole word.
func hasWord(s, word string) bool {
	return strings.Contains(s, word) && regexp.MustCompile(`\b`+regexp.QuoteMeta(word)+`\b`).MatchString(s)
}

// setsNames reports whether a configuration of the workspace says which functions are tests.
func setsNames(v project.View) bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		return slices.ContainsFunc(v.Paths(), func(p string) bool {
			return slices.Contains(configuresPytest, path.Base(p)) && project.MatchesIn(v, p, setsTestNames)
		})
	}).(bool)
}

var configuresPytest = []string{"pytest.ini", ".pytest.ini", "pytest.toml", "pyproject.toml", "tox.ini", "setup.cfg"}

// fixtureLookup looks for the fixtures of a name as pytest does.
type fixtureLookup struct {
	v      project.View
	name   string
	isOpen bool            // there may be others that the workspace does not show
	seen   map[string]bool // the modules that were looked through on one level
}

// judge says whether a fixture is the one that a file asks for, in a class if one is named. f is the function that asks
// for it, nil for none: a fixture that asks for its own name means the one that it overrides.
func (l *fixtureLookup) judge(own fixturePlace, p, class string, f *testFunction) Passing {
	found := l.first(p, class, f)
	isOne := slices.Contains(found, own)
	if isOne && len(found) == 1 && !l.isOpen {
		return IsPassed
	}
	if isOne || l.isOpen {
		return MayBe
	}
	return NotPassed
}

// first returns the fixtures of the first level that has any.
func (l *fixtureLookup) first(p, class string, f *testFunction) (found []fixturePlace) {
	isSelf := f != nil && f.fixture == l.name
	if class != "" && (!isSelf || f.class == "") {
		found = l.ofClass(p, class, nil)
	}
	if len(found) == 0 && (!isSelf || f.class != "") {
		found = l.ofModule(p)
	}
	if len(found) > 0 {
		return found
	}
	for dir := path.Dir(p); ; dir = path.Dir(dir) {
		conftest := path.Join(dir, "conftest.py")
		if conftest != p && project.Has(l.v, conftest) {
			l.seen = map[string]bool{}
			found = l.ofModule(conftest)
			if len(found) > 0 {
				return found
			}
		}
		if dir == "." || dir == "/" {
			return l.ofPlugins()
		}
	}
}

// ofClass returns the fixtures in a class of a file, or in the nearest of its bases that has any.
func (l *fixtureLookup) ofClass(p, class string, below []string) (found []fixturePlace) {
	c, err := l.v.Content(p)
	if err != nil || slices.Contains(below, class) {
		return nil
	}
	t := testsIn(c)
	for _, f := range t.functions {
		if f.class == class && !f.isInner && f.fixture == l.name {
			found = []fixturePlace{{file: p, def: f.def}}
		}
	}
	if len(found) > 0 {
		return found
	}
	for _, base := range t.bases[class] {
		for _, file := range l.filesWithFixture() {
			c, err := l.v.Content(file)
			if err != nil {
				continue
			}
			if _, ok := testsIn(c).marks[base]; ok {
				found = append(found, l.ofClass(file, base, append(below, class))...)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// importsFixtures matches an import of Python with the module and the names.
var importsFixtures = lazyregexp.New(`(?m)^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\*|\([^)]*\)|[^\n]*)`)

// ofModule returns the fixtures of a module, those that it imports with them.
func (l *fixtureLookup) ofModule(p string) (found []fixturePlace) {
	c, err := l.v.Content(p)
	if err != nil || l.seen[p] {
		return nil
	}
	l.seen[p] = true
	for _, f := range testsIn(c).functions {
		if f.class == "" && !f.isInner && f.fixture == l.name {
			found = []fixturePlace{{file: p, def: f.def}}
		}
	}
	if len(found) > 0 {
		return found
	}
	for _, m := range importsFixtures.FindAllSubmatch(c.Bytes(), -1) {
		isAll := string(m[2]) == "*"
		if !isAll && !hasWord(string(m[2]), l.name) {
			continue
		}
		file := importedFile(l.v, p, string(m[1]))
		if file == "" {
			l.isOpen = true
			continue
		}
		found = append(found, l.ofModule(file)...)
	}
	return found
}

// importedFile returns the file of the workspace that a module is as another file names it; "" for none.
func importedFile(v project.View, p, module string) string {
	rest := strings.TrimLeft(module, ".")
	if rest == module {
		return PythonFile(v, module)
	}
	dir := path.Dir(p)
	for range len(module) - len(rest) - 1 {
		dir = path.Dir(dir)
	}
	stem := path.Join(dir, strings.ReplaceAll(rest, ".", "/"))
	for _, file := range []string{stem + ".py", path.Join(stem, "__init__.py")} {
		if project.Has(v, file) {
			return file
		}
	}
	return ""
}

// ofPlugins returns the fixtures of modules that may be plugins: neither tests nor conftest.py. Those that
// pytest_plugins does not list are a doubt.
func (l *fixtureLookup) ofPlugins() (found []fixturePlace) {
	for _, file := range l.filesWithFixture() {
		base := path.Base(file)
		isTest := strings.HasPrefix(base, "test_") || strings.HasSuffix(base, "_test.py") || base == "conftest.py"
		c, err := l.v.Content(file)
		if err != nil || isTest {
			continue
		}
		for _, f := range testsIn(c).functions {
			if f.class == "" && !f.isInner && f.fixture == l.name {
				found = append(found, fixturePlace{file: file, def: f.def})
				l.isOpen = l.isOpen || !isPlugin(l.v, file)
			}
		}
	}
	return found
}

// isPlugin reports whether a file of the workspace lists a module among the plugins of pytest.
func isPlugin(v project.View, file string) bool {
	type key struct{}
	listed := v.Memoize(key{}, func() any {
		list := map[string]bool{}
		for _, p := range v.Paths() {
			if path.Base(p) != "conftest.py" {
				continue
			}
			c, err := v.Content(p)
			if err != nil {
				continue
			}
			for _, m := range listsPlugins.FindAllSubmatch(c.Bytes(), -1) {
				for _, name := range quoted.FindAllSubmatch(m[1], -1) {
					list[PythonFile(v, string(name[1]))] = true
				}
			}
		}
		return list
	}).(map[string]bool)
	return listed[file]
}

var (
	listsPlugins = lazyregexp.New(`(?m)^pytest_plugins\b[^=\n]*=\s*(\[[^\]]*\]|\([^)]*\)|[^\n]*)`)
	quoted       = lazyregexp.New(`["']([\w.]+)["']`)
	hasFixture   = lazyregexp.New(`fixture\b`)
)

// filesWithFixture returns the files of Python that may declare fixtures.
func (l *fixtureLookup) filesWithFixture() []string {
	type key struct{}
	return l.v.Memoize(key{}, func() any {
		var files []string
		for _, p := range l.v.Paths() {
			if project.SchemeOf(p) == "py" && project.MatchesIn(l.v, p, hasFixture) {
				files = append(files, p)
			}
		}
		return files
	}).([]string)
}
