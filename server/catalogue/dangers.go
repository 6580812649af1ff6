package catalogue

import (
	"errors"
	"io/fs"
	"path"
	"slices"
)

// Danger is a way in which files of a workspace could make a server, or what it starts,
// execute or load something (spec section 8, rules 5 and 8), with what prevents it.
type Danger struct {
	Files string `json:"files"` // which files, as their makers name them
	Could string `json:"could"` // what they could do: "run a program", "load a library", …
	Stop  Stop   `json:"stop"`  // what prevents it without --trust
	By    string `json:"by"`    // the setting, variable or rule
}

// Stop is what prevents a danger.
type Stop string

// The kinds, the strongest last: those of the sandbox hold only where the machine has one.
const (
	StopServer  Stop = "the server"      // it does no such thing by itself: the tracer's test shows it
	StopSandbox Stop = "the sandbox"     // what lies in the workspace cannot be executed
	StopSetting Stop = "a setting"       // of the server's, named by its path in Options or Settings
	StopEnv     Stop = "the environment" // a variable that is always set
	StopPath    Stop = "PATH"            // which holds what the server needs and nothing of the workspace
	StopRefusal Stop = "refusal"         // the server is not started; the reason names the file
)

// Disk is the workspace's folder, before a server is started that will read it.
type Disk interface {
	// Paths are the files of the workspace, slash-separated, sorted.
	Paths() []string
	// Read is the content of a file that may be none of Paths: ignored by version control, or
	// above the workspace ("../x") in the repository that holds it. The error is
	// fs.ErrNotExist where there is none.
	Read(path string) ([]byte, error)
	// Folders are the names of the folders in the workspace's own folder.
	Folders() []string
	// List are the names of what a folder of the workspace holds, Links those of its symbolic
	// links; none where it cannot be read.
	List(dir string) []string
	Links(dir string) []string
	// Real is where a path of the workspace leads, absolute, links resolved; "" for nowhere.
	Real(path string) string
	// Above is how many folders above the workspace the server may read.
	Above() int
}

// Refuses says why the server must not be started in a workspace that is not trusted: the
// file, and what it would have the server do. Both are "" where it may be started.
func (s *Server) Refuses(d Disk) (file, why string) {
	if s.refuse == nil {
		return "", ""
	}
	return s.refuse(d)
}

// foldersOf are the folders in which a server looks for configuration, given the base names
// of the files that make a project: those of such files, all folders above them up to the
// limit of d, the workspace's own, and the folders in that.
func foldersOf(d Disk, project ...string) (out []string) {
	seen := map[string]bool{}
	add := func(dir string) {
		if !seen[dir] {
			seen[dir] = true
			out = append(out, dir)
		}
	}
	up := ""
	for range d.Above() {
		up += "../"
		add(path.Clean(up))
	}
	add(".")
	for _, dir := range d.Folders() {
		add(dir)
	}
	for _, p := range d.Paths() {
		if !slices.Contains(project, path.Base(p)) {
			continue
		}
		for dir := path.Dir(p); !seen[dir]; dir = path.Dir(dir) {
			add(dir)
		}
	}
	return out
}

// eachFile calls look with each of the named files that is there, in each of the folders,
// until it returns a reason. A file that is there and cannot be read is a reason too.
func eachFile(d Disk, folders, names []string, look func(file string, content []byte) (why string)) (file, why string) {
	for _, dir := range folders {
		for _, name := range names {
			p := path.Join(dir, name)
			content, err := d.Read(p)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return p, "it cannot be read: " + err.Error()
			}
			if why := look(p, content); why != "" {
				return p, why
			}
		}
	}
	return "", ""
}
