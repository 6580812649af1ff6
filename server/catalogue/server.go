package catalogue

import (
	"maps"
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/cbuild"
	"lanser/server/project"
	"lanser/server/trace"
)

// Server describes one language server: what other code needs to know about it and cannot
// ask it.
type Server struct {
	Name    string
	Version string // pinned; what servers install fetches
	// Untested is true for a server that no test of this project runs, or only a few if its Dangers are described, so
	// that nothing vouches for its answers. It is chosen only if no tested server serves the file, or by its name.
	Untested bool
	// OfUser is true for a server that the user has described, see [ParseUserServers].
	OfUser bool
	// NoLibrary matches what it says of its health when it cannot load the standard library, without which only what
	// it finds in the syntax is reliable; nil for a server that does not depend on one.
	NoLibrary *lazyregexp.Regexp
	// Since is the format version of the traces that first know the server; zero for one that all know.
	Since  trace.Format
	format trace.Format // of [Server.AsOf]

	Reading
	Starting
	Following
	Checking
	Answering
}

// AsOf returns the server as it was led when a trace was recorded. The other fields of a server are the same in every
// format.
func (s *Server) AsOf(format trace.Format) *Server {
	if format == 0 {
		return s
	}
	out := *s
	out.format = format
	if s.heldLater && !format.Has(trace.OpenScripts) {
		out.held = nil
	}
	if !format.Has(trace.NamelessScripts) {
		out.ScriptID = ""
	}
	if !format.Has(trace.MissingLibrary) {
		out.NoLibrary = nil
	}
	if !format.Has(trace.FailedLinters) {
		out.GivesUp, out.FailedPush = nil, nil
	}
	if !format.Has(trace.Leading) {
		return out.Unled()
	}
	return &out
}

// Format returns the format version of the trace that is replayed, see [Server.AsOf]; zero for none.
func (s *Server) Format() trace.Format { return s.format }

// Unled returns the server as one that is restarted for every change that it must be led to, as all were before
// [trace.Leading].
func (s *Server) Unled() *Server {
	if s.Leads == nil {
		return s
	}
	unled := *s
	unled.Leads, unled.Notices, unled.PublishesConfigs = nil, s.Leads.Without, false
	unled.TakesCommands = false
	if own, ok := s.Options[tsserverOptions].(map[string]any); ok {
		own = maps.Clone(own)
		delete(own, clientWatches)
		unled.Options = maps.Clone(s.Options)
		unled.Options[tsserverOptions] = own
	}
	return &unled
}

// IsReadiness reports whether a reason of the evidence is the one for which a tested server's answers are complete.
func IsReadiness(reason string) bool {
	return slices.ContainsFunc(Servers, func(s *Server) bool { return !s.Untested && !s.OfUser && s.Why == reason })
}

// For returns the servers for a file by its name, in order of preference: the tested ones, then those of the user; or
// the untested ones if there are no tested ones. Linters are not among them, see [LintersFor].
func For(file string) []*Server {
	var tested, ofUser, untested []*Server
	for _, s := range Servers {
		switch {
		case s.LanguageID(file) == "" || s.Linter != nil:
		case s.OfUser:
			ofUser = append(ofUser, s)
		case s.Untested:
			untested = append(untested, s)
		default:
			tested = append(tested, s)
		}
	}
	if tested == nil {
		return append(ofUser, untested...)
	}
	return append(tested, ofUser...)
}

// ForProject returns the servers for a file as [For] does, those that the workspace configures first.
func ForProject(v project.View, file string) []*Server {
	all := For(file)
	isConfigured := func(s *Server) bool { return !s.Untested && s.configured != nil && s.configured(v) }
	if !slices.ContainsFunc(all, isConfigured) {
		return all
	}
	var first, others []*Server
	for _, s := range all {
		if isConfigured(s) {
			first = append(first, s)
		} else {
			others = append(others, s)
		}
	}
	return append(first, others...)
}

// Named returns the server of that name, nil if there is none.
func Named(name string) *Server {
	i := slices.IndexFunc(Servers, func(s *Server) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return Servers[i]
}

// FullVersion returns the pinned version, with that of the compiler that is installed with
// the server, such as "5.3.0 with TypeScript 5.9.3".
func (s *Server) FullVersion() string {
	version := s.Version
	if c := s.Compiler; c.Package != "" && c.Version != s.Version {
		version += " with " + c.Name + " " + c.Version
	}
	return version
}

// LanguageID returns the languageId of a file, "" for one that the server does not serve.
func (s *Server) LanguageID(file string) string {
	id := s.LanguageIDs[path.Base(file)]
	if id == "" {
		id = s.LanguageIDs[strings.ToLower(path.Ext(file))]
	}
	if id != "" && matchesName(s.Dialect.Files, file) {
		return s.Dialect.LanguageID
	}
	return id
}

// IsConfig reports whether the file configures the server.
func (s *Server) IsConfig(file string) bool { return matchesName(s.Configs, file) }

// matchesName reports whether a pattern matches the name of a file, or its folder and name if the pattern has a slash.
func matchesName(patterns []string, file string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		name := path.Base(file)
		if strings.Contains(pattern, "/") {
			name = path.Join(path.Base(path.Dir(file)), name)
		}
		ok, _ := path.Match(pattern, name)
		return ok
	})
}

// OptionsFor returns the initializationOptions for a workspace that the user trusts or not.
func (s *Server) OptionsFor(trust bool) map[string]any {
	if !trust || s.Trusted == nil {
		return s.Options
	}
	out := maps.Clone(s.Options)
	maps.Copy(out, s.Trusted)
	return out
}

// ProjectFiles returns the files of the workspace that define the server's projects, sorted:
// project files, or configuration files if it has none of its own, and compilation databases.
func (s *Server) ProjectFiles(v project.View) []string {
	var out []string
	for _, p := range v.Paths() {
		if base := path.Base(p); slices.Contains(s.Needs, base) || slices.Contains(s.Projects, base) ||
			s.IsConfig(p) && s.Needs == nil && s.Projects == nil {
			out = append(out, p)
		}
	}
	for _, p := range s.Databases(v) {
		out = append(out, p)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// DocumentID returns the languageId that a document is opened with: [Server.LanguageID], or that of a script whose name
// does not tell its language.
func (s *Server) DocumentID(file string) string {
	id := s.LanguageID(file)
	if id == "" && (path.Ext(file) == "" || s.format.Has(trace.ScriptsByContent) && project.TellsNoLanguage(file)) {
		return s.ScriptID
	}
	return id
}

// IsIncluded reports whether the file is compiled as a part of others, by its extension.
func (s *Server) IsIncluded(file string) bool { return slices.Contains(s.Included, path.Ext(file)) }

// Concerns reports whether the server's answers depend on the file.
func (s *Server) Concerns(file string) bool {
	return s.LanguageID(file) != "" || s.IsConfig(file) || matchesName(s.Reads, file)
}

// BearsOnCheck reports whether the findings of a check in which the server takes part depend on the file.
func (s *Server) BearsOnCheck(file string) bool {
	return s.Concerns(file) || s.Assembly != nil && path.Ext(file) == s.Assembly.Ext
}

// ReadsBesides returns the files of a view that the server's answers depend on though none of their names says so:
// those that sources include.
func (s *Server) ReadsBesides(v project.View) []string {
	if s.Leads == nil || !s.Leads.Includers {
		return nil
	}
	return cbuild.IncludedFiles(s.BuildView(v))
}

// Reread returns the files, sorted, that must be opened so that the server's next answer has the changed files of a
// view. ok is false if that is not enough.
func (s *Server) Reread(v project.View, changed []string) (paths []string, ok bool) {
	if s.Leads.Includers {
		return cbuild.Reread(s.BuildView(v), changed)
	}
	return changed, true
}
