package project

import (
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
)

// unloadedModules are the messages of TypeScript's compilers for what they cannot load, by code. The
// first group is the module; typesOf tells that it is the name of a package whose types are missing.
var unloadedModules = map[string]struct {
	message *lazyregexp.Regexp
	typesOf bool
	global  bool // the package would declare global names
	options bool // the package would hold options of the project
}{
	"2307": {message: lazyregexp.New(`^Cannot find module '([^']+)'`)},
	"2688": {
		message: lazyregexp.New(`^Cannot find type definition file for '([^']+)'`), typesOf: true, global: true,
	},
	"2792": {message: lazyregexp.New(`^Cannot find module '([^']+)'`)},
	"2875": {message: lazyregexp.New(`requires the module path '([^']+)' to exist`)},
	"6053": {message: lazyregexp.New(`^File '([^']+)' not found`), options: true},
	"7016": {message: lazyregexp.New(`^Could not find a declaration file for module '([^']+)'`), typesOf: true},
	"2580": {message: needsTypes, global: true}, "2581": {message: needsTypes, global: true},
	"2582": {message: needsTypes, global: true}, "2591": {message: needsTypes, global: true},
	"2592": {message: needsTypes, global: true}, "2593": {message: needsTypes, global: true},
}

// needsTypes matches the advice to install the types of a package; its first group is the package.
var needsTypes = lazyregexp.New("Try `npm i --save-dev (@types/[^`\\s]+)`")

// FollowsInTypeScript are the codes of findings that are there, in a file that imports a package which
// is not installed, because the types of the package are not known: namespaces that it
// declares, parameters of functions that are passed to it, JSX elements, augmentations of it, and
// comments that expect an error.
var FollowsInTypeScript = []string{
	"2503", "2578", "2664", "7005", "7006", "7019", "7026", "7031", "7034",
}

// FollowsGloballyInTypeScript are the codes of findings that may be there only because the types of a
// package that declares global names are not installed, such as @types/node: a name, a type, a namespace
// or a member that does not exist. The class that extends one of them lacks its members too.
var FollowsGloballyInTypeScript = []string{
	"2304", "2339", "2503", "2551", "2552", "2584", "2694",
}

// SyntaxOfTypeScript are the codes of findings about syntax, which no option of the compiler changes: something is
// expected, unterminated, misplaced or closed twice.
var SyntaxOfTypeScript = []string{
	"1002", "1003", "1005", "1009", "1010", "1012", "1109", "1110", "1113", "1124", "1125", "1126", "1127", "1128",
	"1129", "1130", "1131", "1132", "1134", "1135", "1136", "1137", "1138", "1139", "1140", "1141", "1142", "1144",
	"1145", "1146", "1160", "1161", "1185", "1381", "1382", "1434", "1435", "17002", "17008", "17014", "17015",
}

// NodeDependency is [catalogue.Server.dependency] of TypeScript's servers: a package that a package.json declares,
// or that is a part of the workspace and is linked by an installation. An import of a package that
// none declares is an error on every machine, except one of Node.js itself: other packages may bring its types.
func NodeDependency(v View, file, code, message string) *Dependency {
	kind, ok := unloadedModules[code]
	if !ok {
		return nil
	}
	m := kind.message.FindStringSubmatch(message)
	if m == nil {
		return nil
	}
	name := packageOf(m[1])
	isRuntime := name == nodeTypes || isRuntimeModule(m[1])
	if isRuntime {
		name = nodeTypes
	}
	if name == "" {
		return nil
	}
	names := []string{name, typesOf(name)}
	if kind.typesOf {
		names = names[1:]
	}
	manifest, declared := declaredForNode(v, file, names)
	undeclared := manifest == "" && isRuntime
	if undeclared {
		manifest, declared = dependingManifest(v, file), nodeTypes
	}
	if manifest == "" {
		return nil
	}
	d := describePackage(v, file, manifest, declared)
	d.Import, d.Global, d.Options, d.Undeclared = m[1], kind.global, kind.options, undeclared
	return d
}

// nodeTypes is the package that has the types of Node.js.
const nodeTypes = "@types/node"

// runtimeModules are the modules of Node.js that need no prefix, and prefixedModules those that do
// (module.builtinModules of Node.js 24).
var runtimeModules = NameSet(`
	assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events
	fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream
	string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib`)

var prefixedModules = NameSet("sea sqlite test")

// isRuntimeModule reports whether a module is one of Node.js itself.
func isRuntimeModule(module string) bool {
	name, hasPrefix := strings.CutPrefix(module, "node:")
	name, _, _ = strings.Cut(name, "/")
	return runtimeModules()[name] || hasPrefix && prefixedModules()[name]
}

// IsForeignModule reports whether a module that a file of TypeScript or JavaScript imports is certainly none of the
// workspace: it is one of Node.js itself, or of a package that a package.json above the file declares as a dependency
// and that is not in the workspace.
func IsForeignModule(v View, file, module string) bool {
	pkg := packageOf(module)
	if packagesOfWorkspace(v)[pkg] {
		return false
	}
	if isRuntimeModule(module) {
		return true
	}
	return pkg != "" && slices.ContainsFunc(FoldersAbove(file), func(dir string) bool {
		p := ReadPackageJSON(v, path.Join(dir, "package.json"))
		return p != nil && p.declares(pkg) && !strings.Contains(p.Requires(pkg), ":")
	})
}

// dependingManifest returns the nearest package.json above a file that declares any dependency; "" for none.
func dependingManifest(v View, file string) string {
	for _, dir := range FoldersAbove(file) {
		at := path.Join(dir, "package.json")
		if p := ReadPackageJSON(v, at); p != nil && len(p.Dependencies)+len(p.Dev)+len(p.Peer)+len(p.Optional) > 0 {
			return at
		}
	}
	return ""
}

// packageOf returns the package that a module is imported from; "" for a file, for a module of the
// runtime and for a name that only the project itself gives a meaning.
func packageOf(module string) string {
	if module == "" || strings.ContainsAny(module[:1], "./#~") || strings.ContainsAny(module, `:\ `) {
		return ""
	}
	parts := strings.Split(module, "/")
	if strings.HasPrefix(module, "@") {
		if len(parts) < 2 || parts[0] == "@" {
			return ""
		}
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// typesOf returns the package of DefinitelyTyped that has the types of a package.
func typesOf(name string) string {
	if strings.HasPrefix(name, "@types/") {
		return name
	}
	return "@types/" + strings.Replace(strings.TrimPrefix(name, "@"), "/", "__", 1)
}

// packageJSON is the part of a package.json that is read (npm docs, package.json).
type packageJSON struct {
	Name         string            `json:"name"`
	Manager      string            `json:"packageManager"` // with its version, as in "pnpm@9.1.0"
	Workspaces   any               `json:"workspaces"`
	Main         string            `json:"main"`
	Browser      any               `json:"browser"`
	Exports      any               `json:"exports"`
	Imports      any               `json:"imports"`
	Dependencies map[string]string `json:"dependencies"`
	Dev          map[string]string `json:"devDependencies"`
	Peer         map[string]string `json:"peerDependencies"`
	Optional     map[string]string `json:"optionalDependencies"`
}

// declares reports whether a package.json declares a dependency.
func (p *packageJSON) declares(name string) bool {
	for _, list := range []map[string]string{p.Dependencies, p.Dev, p.Peer, p.Optional} {
		if _, ok := list[name]; ok {
			return true
		}
	}
	return false
}

// requires returns the range in which a package.json requires a package; "" for none.
func (p *packageJSON) Requires(pkg string) string {
	if p == nil {
		return ""
	}
	for _, list := range []map[string]string{p.Dev, p.Dependencies, p.Optional, p.Peer} {
		if wanted := strings.TrimSpace(list[pkg]); wanted != "" {
			return wanted
		}
	}
	return ""
}

// manager returns the name of the package manager that a package.json chooses; "" for none.
func (p *packageJSON) ManagerName() string {
	if p == nil {
		return ""
	}
	name, _, _ := strings.Cut(p.Manager, "@")
	return name
}

// ReadPackageJSON returns the content of a package.json; nil if it does not exist or cannot be read.
func ReadPackageJSON(v View, file string) *packageJSON {
	if !Has(v, file) {
		return nil
	}
	type key struct{ file string }
	return v.Memoize(key{file}, func() any {
		var p packageJSON
		if !ReadJSONC(v, file, &p) {
			return (*packageJSON)(nil)
		}
		return &p
	}).(*packageJSON)
}

// declaredForNode returns the package.json above a file that declares one of some packages, the nearest first, and the
// package. If none does and the package is a part of the workspace, it is the nearest. A package that names its exports
// knows itself by its own name, whatever is installed (Node.js, "Self-referencing a package using its name").
func declaredForNode(v View, file string, names []string) (manifest, name string) {
	nearest := ""
	for _, dir := range FoldersAbove(file) {
		at := path.Join(dir, "package.json")
		p := ReadPackageJSON(v, at)
		if p == nil {
			continue
		}
		if nearest == "" {
			nearest = at
		}
		for _, n := range names {
			if p.declares(n) {
				return at, n
			}
		}
	}
	own := ReadPackageJSON(v, nearest)
	for _, n := range names {
		isItself := own != nil && own.Name == n && own.Exports != nil
		if nearest != "" && packagesOfWorkspace(v)[n] && !isItself {
			return nearest, n
		}
	}
	return "", ""
}

// packagesOfWorkspace returns the names of the packages whose package.json is in the workspace.
func packagesOfWorkspace(v View) map[string]bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		names := map[string]bool{}
		for _, file := range v.Paths() {
			if path.Base(file) != "package.json" {
				continue
			}
			if p := ReadPackageJSON(v, file); p != nil && p.Name != "" {
				names[p.Name] = true
			}
		}
		return names
	}).(map[string]bool)
}

// describePackage describes a package that a manifest declares for a file.
func describePackage(v View, file, manifest, name string) *Dependency {
	root, command := nodeInstallation(v, path.Dir(manifest))
	d := &Dependency{
		Name: name, Missing: "the package " + name + " is not installed", Fix: inFolder(root, command), File: manifest,
		Line: lineOf(v, manifest, func(line string) bool { return strings.Contains(line, `"`+name+`"`) }),
	}
	for _, dir := range FoldersAbove(file) {
		store := path.Join(dir, "node_modules")
		d.Stores = append(d.Stores, Place{Path: store})
		d.Places = append(d.Places, Place{Path: path.Join(store, name)})
	}
	whole := path.Join(root, "package.json")
	d.Whole = &Dependency{
		Missing: "the packages of " + whole + " are not installed: there is no folder node_modules", Fix: d.Fix,
		File: whole,
	}
	return d
}

// nodeInstallers are the package managers, by the lock files that they write.
var nodeInstallers = []struct{ lock, command string }{
	{"pnpm-lock.yaml", "pnpm install"},
	{"yarn.lock", "yarn install"},
	{"bun.lock", "bun install"},
	{"bun.lockb", "bun install"},
	{"package-lock.json", "npm ci"},
	{"npm-shrinkwrap.json", "npm ci"},
}

// NodeInstallation returns the command that installs the packages for a folder of the workspace.
func NodeInstallation(v View, dir string) string {
	root, command := nodeInstallation(v, dir)
	if root != "." {
		return "cd " + root + " && " + command
	}
	return command
}

// nodeInstallation returns the folder in which the packages for a folder are installed, and the command
// that does it: that of the nearest lock file above, or of a package.json with workspaces.
func nodeInstallation(v View, dir string) (root, command string) {
	above := FoldersAbove(path.Join(dir, "package.json"))
	for _, at := range above {
		for _, i := range nodeInstallers {
			if Has(v, path.Join(at, i.lock)) {
				return at, i.command
			}
		}
	}
	for _, at := range slices.Backward(above) {
		p := ReadPackageJSON(v, path.Join(at, "package.json"))
		if p != nil && p.Workspaces != nil {
			return at, "npm install"
		}
	}
	return dir, "npm install"
}
