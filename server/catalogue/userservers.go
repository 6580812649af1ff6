package catalogue

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/manifest"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// UserServersFile is the base name of the file in which the user describes language servers (spec section 8.6). It is
// in the user's configuration folder: no file of a workspace can name a program.
const UserServersFile = "servers.toml"

// userServer is a table [[server]] of the file.
type userServer struct {
	Name      string            `toml:"name"`
	Command   []string          `toml:"command"`
	Languages map[string]string `toml:"languages"` // of an extension or a base name: LSP's languageId
	Roots     []string          `toml:"roots"`
	Options   map[string]any    `toml:"options"`
	Settings  map[string]any    `toml:"settings"`
	Env       []string          `toml:"env"`
	Reads     []string          `toml:"reads"`
}

const maxUserServers = 100 // of the file

// ParseUserServers reads the content of [UserServersFile]. The servers are marked as untested, so that their answers
// are heuristic. The error has code Usage and names the file by the given name, with line and column where TOML itself
// is violated and with the server otherwise.
func ParseUserServers(name string, raw []byte) ([]*Server, error) {
	const help = "see 'lanser help servers'"
	var file struct {
		Server []userServer `toml:"server"`
	}
	const keys = "the keys of [[server]] are name, command, languages, roots, options, settings, env and reads"
	if err := manifest.DecodeSettings(name, raw, &file, keys, help); err != nil {
		return nil, err
	}
	if len(file.Server) > maxUserServers {
		return nil, fault.New(fault.Usage, "%s has %d servers; at most %d are allowed", name, len(file.Server),
			maxUserServers)
	}

	var out []*Server
	for i, u := range file.Server {
		where := fmt.Sprintf("%s: [[server]] number %d", name, i+1)
		if why := u.mistake(out); why != "" {
			return nil, fault.New(fault.Usage, "%s %s", where, why).WithHint(help)
		}
		out = append(out, u.server())
	}
	return out, nil
}

// Forms of a server's name, of what a key of languages may be, and of a variable's name.
var (
	serverName   = lazyregexp.New(`^[a-z][a-z0-9_-]{0,63}$`)
	languageFile = lazyregexp.New(`^[^/\\\s*?]+$`)
	variableName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// mistake returns what is wrong with a description, and how to correct it, to follow the name of its table; "" for
// nothing.
func (u userServer) mistake(earlier []*Server) string {
	isNamesake := func(s *Server) bool { return s.Name == u.Name }
	switch {
	case u.Name == "":
		return `has no name; write name = "…", the name for --server`
	case !serverName.MatchString(u.Name):
		return fmt.Sprintf("has the name %q; use small letters, digits, - and _", u.Name)
	case slices.ContainsFunc(earlier, isNamesake):
		return fmt.Sprintf("has the name %q, as an earlier one has; choose another", u.Name)
	case slices.ContainsFunc(Servers, isNamesake):
		return fmt.Sprintf("has the name %q, as a server has that lanser knows; choose another", u.Name)
	}
	if why := cmp.Or(u.commandMistake(), u.languagesMistake(), u.othersMistake()); why != "" {
		return fmt.Sprintf("(%s): %s", u.Name, why)
	}
	return ""
}

// commandMistake returns what is wrong with the command; "" for nothing.
func (u userServer) commandMistake() string {
	if len(u.Command) == 0 {
		return `it has no command; write command = ["…"], the program and its arguments`
	}
	program := u.Command[0]
	switch {
	case slices.Contains(u.Command, ""):
		return "command has an empty element; leave it out"
	case filepath.Base(program) != program && !filepath.IsAbs(program):
		return fmt.Sprintf("command begins with %q; use the name of a program on PATH, or an absolute path", program)
	case strings.ContainsAny(program, " \t") && !filepath.IsAbs(program):
		words := strings.Join(strings.Fields(program), `", "`)
		return fmt.Sprintf("command begins with %q; write each argument as an element of its own: \"%s\"",
			program, words)
	}
	return ""
}

// languagesMistake returns what is wrong with the languages; "" for nothing.
func (u userServer) languagesMistake() string {
	if len(u.Languages) == 0 {
		return `it has no languages; write languages = { ".rb" = "ruby" }, of extensions and what the server calls them`
	}
	for _, file := range slices.Sorted(maps.Keys(u.Languages)) {
		lower := strings.ToLower(file)
		switch {
		case !languageFile.MatchString(file) || u.Languages[file] == "":
			return fmt.Sprintf("languages maps %q to %q; use an extension such as \".rb\" or a file's name, and the "+
				"languageId that the server expects", file, u.Languages[file])
		case strings.HasPrefix(file, ".") && file != lower:
			return fmt.Sprintf("languages has the extension %q; write it in lower case, %q, which also serves files "+
				"that write it otherwise", file, lower)
		case project.ByName()["."+file] != nil:
			return fmt.Sprintf("languages has the file name %q; write the extension with its dot, %q", file, "."+file)
		}
	}
	return ""
}

// othersMistake returns what is wrong with the optional keys; "" for nothing.
func (u userServer) othersMistake() string {
	for _, root := range u.Roots {
		if !languageFile.MatchString(root) {
			return fmt.Sprintf("roots has %q; use a file's name, such as \"Gemfile\"", root)
		}
	}
	for _, variable := range u.Env {
		if !variableName.MatchString(variable) {
			return fmt.Sprintf("env has %q; use the name of a variable alone", variable)
		}
	}
	for _, dir := range u.Reads {
		if !filepath.IsAbs(dir) && !strings.HasPrefix(dir, "~/") {
			return fmt.Sprintf("reads has %q; use an absolute path, or one that begins with ~/", dir)
		}
	}
	for key, values := range map[string]map[string]any{"options": u.Options, "settings": u.Settings} {
		if _, err := json.Marshal(values); err != nil {
			return fmt.Sprintf("%s cannot be sent as JSON (%v); leave nan and inf out", key, err)
		}
	}
	return ""
}

// server returns the description that a request uses.
func (u userServer) server() *Server {
	return &Server{
		Name:     u.Name,
		Version:  "of the user",
		Untested: true,
		OfUser:   true,
		Reading: Reading{
			LanguageIDs: u.Languages,
			Configs:     u.Roots,
		},
		Starting: Starting{
			Install:   Install{Manager: "path", Command: u.Command[0]},
			Args:      u.Command[1:],
			Options:   u.Options,
			Settings:  u.Settings,
			Env:       u.Env,
			Hashed:    u.Env,
			UserFiles: u.Reads,
		},
		Following: Following{
			Notices: NoticesNone,
		},
		Checking: Checking{
			Check:       CheckPush,
			Unversioned: true,
		},
		Answering: Answering{
			Why: "it is described in the user's " + UserServersFile,
		},
	}
}

// SetUserServers makes the servers of the user known, before the untested ones, in place of those of an earlier call.
// It is called before any request, and not at the same time as others.
func SetUserServers(list []*Server) {
	known := slices.DeleteFunc(slices.Clone(Servers), func(s *Server) bool { return s.OfUser })
	i := slices.IndexFunc(known, func(s *Server) bool { return s.Untested })
	Servers = slices.Insert(known, i, list...)
}

// UserServers returns the servers that the user has described.
func UserServers() (out []*Server) {
	for _, s := range Servers {
		if s.OfUser {
			out = append(out, s)
		}
	}
	return out
}

// Recorded returns the description of a user's server as a trace holds it: with what decides which files it is asked
// about and what it is sent, and without its command.
func Recorded(name string, languages map[string]string, roots []string, options, settings map[string]any) *Server {
	return userServer{
		Name: name, Command: []string{name}, Languages: languages, Roots: roots, Options: options, Settings: settings,
	}.server()
}
