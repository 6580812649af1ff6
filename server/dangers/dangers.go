package dangers

import (
	"errors"
	"io/fs"
	"path"
	"slices"
)

// Danger is a way in which files of a workspace could make a server, or what it starts,
// execute or load something (spec section 8, rules 5 and 8), with what prevents it.
type Danger struct {
	Files string `json:"files"` // the files, with the part of them in parentheses
	Could string `json:"could"` // what they could do, as the end of a sentence
	Stop  Stop   `json:"stop"`  // what prevents it without --trust
	By    string `json:"by"`    // the setting, variable or rule
}

// Stop is what prevents a danger.
type Stop string

// What prevents dangers. StopSandbox holds only on machines that have the sandbox.
const (
	StopServer  Stop = "the server"      // it does no such thing by itself, as a test with a tracer shows
	StopSandbox Stop = "the sandbox"     // what lies in the workspace cannot be executed
	StopSetting Stop = "a setting"       // of the server; By is its path in Options
	StopEnv     Stop = "the environment" // a variable that is always set
	StopPath    Stop = "PATH"            // it has the programs that the server needs and none of the workspace
	StopRefusal Stop = "refusal"         // the server is not started; the reason names the file
)

// Disk is the folder of a workspace in which a server is about to be started.
type Disk interface {
	// Paths returns the files of the workspace, slash-separated, sorted.
	Paths() []string
	// Read returns the content of a file that may be none of Paths: ignored by version control,
	// or above the workspace ("../x") in the repository that holds it. The error is
	// fs.ErrNotExist if there is no such file.
	Read(path string) ([]byte, error)
	// Folders returns the names of the folders in the workspace's own folder.
	Folders() []string
	// List returns the names of the entries of a folder of the workspace, Links those of its
	// symbolic links; none if it cannot be read.
	List(dir string) []string
	Links(dir string) []string
	// Real returns the absolute path of a path of the workspace with links resolved; "" if it
	// does not exist.
	Real(path string) string
	// Above returns how many folders above the workspace the server may read.
	Above() int
}

// FoldersOf returns the folders in which a server looks for configuration, given the base names
// of project files: the folders of such files, all folders above them up to the limit of d, the
// workspace's own folder, and the folders in that.
func FoldersOf(d Disk, project ...string) (out []string) {
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

// EachFile calls judge with each of the named files that exists in one of the folders, until it
// returns a reason. A file that exists and cannot be read is a reason too.
func EachFile(
	d Disk, folders, names []string, judge func(file string, content []byte) (why string),
) (file, why string) {
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
			if why := judge(p, content); why != "" {
				return p, why
			}
		}
	}
	return "", ""
}
