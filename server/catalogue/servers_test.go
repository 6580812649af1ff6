package catalogue

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestDescriptionsOfServersHaveNoMistake(t *testing.T) {
	for _, s := range Servers {
		if m := mistake(s); m != "" {
			t.Errorf("server %q in server/catalogue/servers_*.go: %s", s.Name, m)
		}
		if i := slices.IndexFunc(Servers, func(o *Server) bool { return o.Name == s.Name }); Servers[i] != s {
			t.Errorf("server %q in server/catalogue/servers_*.go: Name: two servers have it; choose another", s.Name)
		}
	}
}

// mistake returns the first mistake in a description: the field, what is wrong, and how to correct it.
func mistake(s *Server) string {
	wrong := func(field, value, correction string) string {
		return fmt.Sprintf("%s: %q is wrong; %s", field, value, correction)
	}
	in := s.Install
	managers := []string{"apt", "go", "npm", "path", "project", "pypi"}
	switch {
	case s.Name == "" || s.Name != strings.ToLower(s.Name):
		return wrong("Name", s.Name, "write the name for --server, in lower case")
	case s.Version == "":
		return wrong("Version", "", "write the version that Install installs")
	case !slices.Contains(managers, in.Manager):
		return wrong("Install.Manager", in.Manager, "write one of "+strings.Join(managers, ", "))
	case in.Package == "" && in.Manager != "path" && in.Manager != "project":
		return wrong("Install.Package", "", "write the package of "+in.Manager+" with its version")
	case in.Manager == "npm" && !strings.HasSuffix(in.Package, "@"+s.Version) && len(in.Also) == 0:
		return wrong("Install.Package", in.Package, "end it with @ and the Version, "+s.Version)
	case in.Manager == "npm" && in.Entry == "" && in.Native == "":
		return wrong("Install.Entry", in.Entry, "write the script below node_modules that node runs, or set Native")
	case (in.Manager == "pypi") != (in.Wheels != nil):
		return wrong("Install.Wheels", "", "pin the wheels of a program from pypi, and of no other")
	case in.Command == "":
		return wrong("Install.Command", "", "write the name of the program on PATH")
	case len(s.LanguageIDs) == 0:
		return wrong("LanguageIDs", "", `map at least one extension to LSP's languageId, as in {".go": "go"}`)
	case s.Why == "":
		return wrong("Why", "", "write the reason to take its answers for complete, for the evidence")
	case s.Supplementary != "" && Named(s.Supplementary) == nil:
		return wrong("Supplementary", s.Supplementary, "write the name of a server in Servers")
	case s.BuildCheck == nil && s.NotInProject != "":
		return wrong("NotInProject", s.NotInProject, "set BuildCheck too")
	}
	for _, name := range slices.Sorted(maps.Keys(s.LanguageIDs)) {
		id := s.LanguageIDs[name]
		if id == "" {
			return wrong("LanguageIDs", id, "write LSP's languageId for "+name)
		}
		isWord := !strings.Contains(name, ".") && name == strings.ToLower(name)
		if isWord || name[0] == '.' && name != strings.ToLower(name) {
			return wrong("LanguageIDs", name, "write an extension in lower case with its dot, or a whole base name")
		}
	}
	for _, pattern := range s.Configs {
		if _, err := path.Match(pattern, ""); err != nil {
			return wrong("Configs", pattern, "write a pattern as of path.Match")
		}
	}
	return ""
}

func TestAMistakeInAServerNamesFieldAndCorrection(t *testing.T) {
	for field, spoil := range map[string]func(*Server){
		"Name":              func(s *Server) { s.Name = "Elm" },
		"Version":           func(s *Server) { s.Version = "" },
		"Install.Manager":   func(s *Server) { s.Install.Manager = "nmp" },
		"Install.Package":   func(s *Server) { s.Install.Package = "elm-ls@1.0.1" },
		"Install.Entry":     func(s *Server) { s.Install.Entry = "" },
		"Install.Command":   func(s *Server) { s.Install.Command = "" },
		"LanguageIDs":       func(s *Server) { s.LanguageIDs = map[string]string{"elm": "elm"} },
		"Why":               func(s *Server) { s.Why = "" },
		"Supplementary":     func(s *Server) { s.Supplementary = "nobody" },
		"NotInProject":      func(s *Server) { s.NotInProject = "unlinked-file" },
		"Configs":           func(s *Server) { s.Configs = []string{"["} },
		"":                  func(*Server) {},
		"LanguageIDs: \"\"": func(s *Server) { s.LanguageIDs = map[string]string{".elm": ""} },
		"LanguageIDs: \".E": func(s *Server) { s.LanguageIDs = map[string]string{".Elm": "elm"} },
	} {
		s := fromNPM("elm", "1.0.0", Install{Package: "elm-ls", Entry: "elm-ls/out/index.js", Command: "elm-ls"},
			map[string]string{".elm": "elm", "Elmfile": "elm", "elm.json": "elm"})
		spoil(s)
		m := mistake(s)
		corrects := m == "" || strings.Contains(m, " is wrong; ")
		if (field == "") != (m == "") || !strings.HasPrefix(m, field) || !corrects {
			t.Errorf("%s: %q", field, m)
		}
	}
}
