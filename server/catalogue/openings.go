package catalogue

import (
	"path"
	"slices"

	"lanser/server/project"
)

// MaxOpen bounds the documents that are opened to load projects.
const MaxOpen = 2000

// Openings returns the documents that must be open for a question to be answered over the whole
// workspace. These are the target and, if open files load projects, one file of each project,
// every file outside of all projects, and the files in mention that are not held by a project
// ([Server.Holds]). A reason why that does not suffice is returned in short, "" if it does.
//
// A server does not find the scripts whose names do not tell their language. It reads those that are opened, and
// answers from them later on too, so that all are open for each question.
//
// isConcerned reports whether a file that no project holds can have to do with the question; nil if all can. Others
// stay closed: a server checks every open file. See [project.LinkedWith] and [project.KnownAt].
func (srv *Server) Openings(v project.View, target string, isConcerned func(p string) bool, mention []string,
) (open []string, short string) {
	if target != "" {
		open = append(open, target)
	}
	if srv.ScriptID != "" {
		open = append(open, project.NamelessScripts(v, srv.format)...)
		if len(open) > MaxOpen {
			return open[:MaxOpen], "more scripts have names that do not tell their language than can be opened"
		}
	}
	if srv.Projects == nil {
		return srv.unbuilt(v, open, mention)
	}
	type key struct{ srv *Server }
	l := v.Memoize(key{srv}, func() any { return srv.loaded(v) }).(loaded)
	for _, p := range mention {
		dir, ok := project.NearestAbove(l.projects, p)
		if isHeld := ok && l.projects[dir].held && srv.Holds(v, p); !isHeld && (isConcerned == nil || isConcerned(p)) {
			open = append(open, p)
		}
	}
	concerned := slices.Clone(open)
	for _, p := range l.projects {
		if p.first != "" {
			open = append(open, p.first)
		}
	}
	for _, p := range l.outside {
		if isConcerned == nil || isConcerned(p) {
			open = append(open, p)
		}
	}
	slices.Sort(open)
	open = slices.Compact(open)
	if len(open) > MaxOpen {
		// A document that is listed twice is opened once.
		open = slices.Concat(concerned, open)[:max(MaxOpen, len(concerned))]
		return open, "more files lie outside every project file than can be opened"
	}
	return open, ""
}

// loaded is what must be open to load the projects of a workspace.
type loaded struct {
	projects map[string]loadedProject // by the folder of the project file
	outside  []string                 // files outside all of them
}

// loadedProject is a project that is loaded when one of its files is opened.
type loadedProject struct {
	first string // the file to open, "" if the project has none
	held  bool   // the file is held by the project
}

func (srv *Server) loaded(v project.View) loaded {
	l := loaded{projects: map[string]loadedProject{}}
	for _, p := range v.Paths() {
		if slices.Contains(srv.Projects, path.Base(p)) {
			l.projects[path.Dir(p)] = loadedProject{}
		}
	}
	for _, p := range v.Paths() {
		if srv.LanguageID(p) == "" {
			continue
		}
		dir, ok := project.NearestAbove(l.projects, p)
		if !ok {
			l.outside = append(l.outside, p)
			continue
		}
		if known := l.projects[dir]; !known.held {
			if held := srv.Holds(v, p); held || known.first == "" {
				l.projects[dir] = loadedProject{first: p, held: held}
			}
		}
	}
	return l
}

// unbuilt adds the files that mention the name if the target belongs to no compilation database:
// the server sees only open files then.
func (srv *Server) unbuilt(v project.View, open, mention []string) ([]string, string) {
	if len(open) == 0 || !srv.SeesOnlyOpen(v, open[0]) {
		return open, ""
	}
	mention = append(open, mention...)
	if len(mention) > MaxOpen {
		return mention[:MaxOpen], "more files mention the name than can be opened"
	}
	return slices.Compact(slices.Sorted(slices.Values(mention))), ""
}

// SeesOnlyOpen reports whether the server knows of no other files than those that are open when it is asked about
// target, because no compilation database lists them.
func (srv *Server) SeesOnlyOpen(v project.View, target string) bool {
	if !srv.ByCommands {
		return false
	}
	_, isBuilt := project.NearestAbove(srv.Databases(v), target)
	return !isBuilt
}
