package dangers

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/tailscale/hujson"

	"lanser/selectors/text"
	"lanser/server/project"
)

// maxVueConfigs bounds the configurations that are read for plugins of Vue's compiler.
const maxVueConfigs = 2000

// RefuseVuePlugins finds a configuration of TypeScript that names plugins for Vue's compiler: the server loads them as
// code, from the folders of packages above the configuration. It reads those that the server can come to from the
// folders of sources, by "extends" and "references", also those in node_modules.
func RefuseVuePlugins(d Disk) (file, why string) {
	q := vueConfigs{disk: d, known: map[string]bool{}}
	for _, dir := range foldersOfSources(d) {
		for _, name := range project.TSConfigs {
			q.add(path.Join(dir, name))
		}
	}
	for i := 0; i < len(q.queue); i++ { // it grows
		content, err := d.Read(q.queue[i])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return q.queue[i], "it cannot be read: " + err.Error()
		}
		if why := q.read(q.queue[i], content); why != "" {
			return q.queue[i], why
		}
		if q.follows > maxVueConfigs {
			return q.queue[i], "it extends or refers to too many others, which may name plugins"
		}
	}
	return "", ""
}

// foldersOfSources returns the folders in which the server looks for the project of a source.
func foldersOfSources(d Disk) (out []string) {
	out = FoldersOf(d, append([]string{"package.json"}, project.TSConfigs...)...)
	seen := map[string]bool{}
	for _, dir := range out {
		seen[dir] = true
	}
	for _, p := range d.Paths() {
		if path.Ext(p) != ".vue" && !project.IsTypeScript(p) {
			continue
		}
		for dir := path.Dir(p); !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			out = append(out, dir)
		}
	}
	return out
}

// vueConfigs is a walk over configurations.
type vueConfigs struct {
	disk    Disk
	queue   []string // paths that may not exist
	known   map[string]bool
	follows int // how many of them other configurations name
}

func (q *vueConfigs) add(p string) {
	p = path.Clean(p)
	if !q.known[p] {
		q.known[p] = true
		q.queue = append(q.queue, p)
	}
}

// read returns why the server must not read a configuration, and adds those that it leads to.
func (q *vueConfigs) read(file string, content []byte) (why string) {
	const unknown = "it cannot be told whether it names plugins for Vue's compiler, which are loaded as code"
	if text.Nesting(content) > project.MaxNesting {
		return unknown
	}
	standard, err := hujson.Standardize(bytes.Clone(content))
	ok := err == nil
	if ok {
		ok = eachMember(standard, func(key string, value json.RawMessage) {
			switch {
			case key == "vueCompilerOptions":
				isObject := eachMember(value, func(key string, plugins json.RawMessage) {
					if key == "plugins" && !slices.Contains([]string{"[]", "null"}, string(plugins)) {
						why = "it names plugins for Vue's compiler (vueCompilerOptions.plugins), which are loaded " +
							"as code"
					}
				})
				if !isObject && string(value) != "null" {
					why = unknown
				}
			case key == "extends":
				why = cmp.Or(why, q.follow(file, value))
			case key == "references":
				q.addReferences(file, value)
			}
		})
	}
	if !ok && hasAnyOf(content, "vueCompilerOptions", "extends", "references", `\`) {
		return unknown // TypeScript reads what it can of it
	}
	return why
}

// hasAnyOf reports whether a text has one of some parts.
func hasAnyOf(content []byte, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return bytes.Contains(content, []byte(part)) })
}

// eachMember calls f for each member of an object, also for each of several with one name. ok is false for what is no
// object.
func eachMember(raw []byte, f func(key string, value json.RawMessage)) (ok bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return false
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return false
		}
		f(key.(string), value) // a decoder takes only strings for the names of members
	}
	return true
}

// follow adds the configurations that one extends, at all places where the server may find them. It returns why the
// configuration must not be read, if these places are not known.
func (q *vueConfigs) follow(file string, value json.RawMessage) (why string) {
	var names []string
	if json.Unmarshal(value, &names) != nil {
		names = make([]string, 1)
		if json.Unmarshal(value, &names[0]) != nil {
			return ""
		}
	}
	for _, name := range names {
		q.follows++
		switch {
		case strings.HasPrefix(name, "."):
			q.addNamed(path.Join(path.Dir(file), name))
		case name == "" || strings.HasPrefix(name, "#") || path.IsAbs(name) || strings.Contains(name, `\`) ||
			strings.Contains(name, ":") || strings.Contains("/"+name+"/", "/../"):
			return "it extends " + name + ", which may name plugins that are loaded as code"
		default:
			q.addPackage(file, name)
		}
	}
	return ""
}

// addNamed adds a configuration by its path, which may lack its extension or be that of a folder.
func (q *vueConfigs) addNamed(p string) {
	q.add(p)
	q.add(p + ".json")
	q.add(path.Join(p, "tsconfig.json"))
}

func (q *vueConfigs) addReferences(file string, value json.RawMessage) {
	var list []map[string]any
	if json.Unmarshal(value, &list) != nil {
		return // of another form, it is none
	}
	for _, r := range list {
		if to, ok := r["path"].(string); ok {
			q.follows++
			q.addNamed(path.Join(path.Dir(file), to))
		}
	}
}

// addPackage adds the configurations that a module's name may lead to: in the package's folder, by the path in the
// name, and by what the package's own manifest names.
func (q *vueConfigs) addPackage(file, name string) {
	parts := strings.SplitN(name, "/", 2)
	if strings.HasPrefix(name, "@") {
		parts = strings.SplitN(name, "/", 3)
		parts = append([]string{path.Join(parts[:min(2, len(parts))]...)}, parts[min(2, len(parts)):]...)
	}
	below := ""
	if len(parts) > 1 {
		below = parts[1]
	}
	up := path.Dir(file)
	for range maxFolders {
		dir := path.Join(up, "node_modules", parts[0])
		q.addNamed(path.Join(dir, below))
		if manifest, err := q.disk.Read(path.Join(dir, "package.json")); err == nil {
			for _, to := range stringsIn(manifest) {
				if strings.Contains(to, ".json") || strings.HasSuffix(to, "*") {
					q.addNamed(path.Join(dir, strings.ReplaceAll(to, "*", below)))
					q.addNamed(path.Join(dir, strings.ReplaceAll(to, "*", strings.TrimSuffix(below, ".json"))))
				}
			}
		}
		if next := path.Join(up, ".."); strings.Count(next, "..") <= q.disk.Above() {
			up = next
			continue
		}
		return
	}
}

// maxFolders bounds the folders above a configuration.
const maxFolders = 200

// stringsIn returns the strings in a file of JSON, names of members among them.
func stringsIn(raw []byte) (out []string) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	for {
		t, err := dec.Token()
		if err != nil {
			return out
		}
		if s, ok := t.(string); ok {
			out = append(out, s)
		}
	}
}
