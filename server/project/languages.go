package project

import (
	"path"
	"slices"
	"strings"
	"sync"

	"lanser/selectors"
	"lanser/server/trace"
)

// Language is a programming language as checks count its files (spec section 3, "Coverage"). Data and markup, such as
// JSON and Markdown, are not in [Languages], because nobody expects them to be checked. Some of them are in
// [DataLanguages].
type Language struct {
	ID   string // as lanser.toml names it in required, such as "go"
	Noun string // a file of the language in a report, such as "Go file"
	// Names are its file extensions, or whole base names.
	Names []string
	// Manifests are the base names, as of path.Match, of the files that declare a project of the
	// language. A check owes the files of projects. Nil for a language without projects.
	Manifests []string
	// Since is the format version of the traces whose engines first know a tested server for them; zero for all.
	Since trace.Format
	// Part is true for files that are parts of others, as headers are: a check owes them through
	// those alone.
	Part bool
}

var (
	nodeManifests   = []string{"package.json", "tsconfig.json", "jsconfig.json"}
	cManifests      = []string{"compile_commands.json", "compile_flags.txt"}
	javaManifests   = []string{"pom.xml", "build.gradle", "build.gradle.kts"}
	pythonManifests = []string{
		"pyproject.toml", "setup.py", "setup.cfg", "requirements*.txt", "Pipfile", "pyrightconfig.json",
	}
)

// Languages are the languages whose files checks count, in order of their names in reports.
var Languages = []*Language{
	{ID: "go", Noun: "Go file", Names: []string{".go"}, Manifests: []string{"go.mod", "go.work"}},
	{ID: "gomod", Noun: "Go module file", Names: []string{"go.mod", "go.work"}, Manifests: []string{
		"go.mod",
		"go.work",
	}},
	{ID: "python", Noun: "Python file", Names: []string{".py", ".pyi"}, Manifests: pythonManifests},
	{
		ID: "typescript", Noun: "TypeScript file", Names: []string{".ts", ".tsx", ".mts", ".cts"},
		Manifests: nodeManifests,
	},
	{
		ID: "javascript", Noun: "JavaScript file", Names: []string{".js", ".jsx", ".mjs", ".cjs"},
		Manifests: nodeManifests,
	},
	{ID: "c", Noun: "C file", Names: []string{".c"}, Manifests: cManifests},
	{ID: "cpp", Noun: "C++ file", Names: []string{".cc", ".cpp", ".cxx"}, Manifests: cManifests},
	{
		ID: "header", Noun: "C or C++ header", Names: []string{".h", ".hh", ".hpp", ".hxx", ".inl", ".ipp"},
		Manifests: cManifests, Part: true,
	},
	{ID: "rust", Noun: "Rust file", Names: []string{".rs"}, Manifests: []string{"Cargo.toml", "rust-project.json"}},
	{ID: "shell", Noun: "shell script", Names: []string{".sh", ".bash", ".command", ".dash", ".inc", ".ksh"}},
	{ID: "cue", Noun: "CUE file", Names: []string{".cue"}},
	{ID: "vue", Noun: "Vue component", Names: []string{".vue"}, Manifests: nodeManifests, Since: trace.Components},
	{
		ID: "svelte", Noun: "Svelte component", Names: []string{".svelte"}, Manifests: nodeManifests,
		Since: trace.SvelteComponents,
	},
	{ID: "astro", Noun: "Astro component", Names: []string{".astro"}},
	{ID: "java", Noun: "Java file", Names: []string{".java"}, Manifests: javaManifests},
	{ID: "kotlin", Noun: "Kotlin file", Names: []string{".kt", ".kts"}, Manifests: javaManifests},
	{ID: "scala", Noun: "Scala file", Names: []string{".scala"}, Manifests: []string{"build.sbt"}},
	{ID: "csharp", Noun: "C# file", Names: []string{".cs"}, Manifests: []string{"*.csproj", "*.sln"}},
	{ID: "ruby", Noun: "Ruby file", Names: []string{".rb"}, Manifests: []string{"Gemfile", "*.gemspec"}},
	{ID: "php", Noun: "PHP file", Names: []string{".php"}, Manifests: []string{"composer.json"}},
	{ID: "swift", Noun: "Swift file", Names: []string{".swift"}, Manifests: []string{"Package.swift"}},
	{ID: "dart", Noun: "Dart file", Names: []string{".dart"}, Manifests: []string{"pubspec.yaml"}},
	{ID: "elixir", Noun: "Elixir file", Names: []string{".ex", ".exs"}, Manifests: []string{"mix.exs"}},
	{ID: "zig", Noun: "Zig file", Names: []string{".zig"}, Manifests: []string{"build.zig"}},
	{ID: "objc", Noun: "Objective-C file", Names: []string{".m", ".mm"}},
	{ID: "cuda", Noun: "CUDA file", Names: []string{".cu", ".cuh"}},
	{ID: "lua", Noun: "Lua file", Names: []string{".lua"}},
	{ID: "perl", Noun: "Perl file", Names: []string{".pl", ".pm"}},
	{ID: "powershell", Noun: "PowerShell script", Names: []string{".ps1", ".psm1"}},
	{ID: "terraform", Noun: "Terraform file", Names: []string{".tf"}},
	{ID: "proto", Noun: "Protocol Buffers file", Names: []string{".proto"}},
	{ID: "sql", Noun: "SQL file", Names: []string{".sql"}},
}

// DataLanguages are the languages of data and markup for which a tested server is known, in order of their names in
// reports. A check asks about their files only if the request names the file, requires the language or names the
// server. Otherwise it would report findings that no project asked for: the files of a Go module may include a template
// of YAML, and no command line of Go reads it.
var DataLanguages = []*Language{
	{ID: "json", Noun: "JSON file", Names: []string{".json", ".jsonc"}},
	{ID: "css", Noun: "style sheet", Names: []string{".css", ".scss", ".less"}},
	{ID: "html", Noun: "HTML file", Names: []string{".html", ".htm"}},
	{ID: "yaml", Noun: "YAML file", Names: []string{".yaml", ".yml"}},
	{ID: "toml", Noun: "TOML file", Names: []string{".toml"}},
	{ID: "dockerfile", Noun: "Dockerfile", Names: []string{"Dockerfile", "Containerfile", ".dockerfile"}},
}

// byName is the language of each name of [Languages], and dataByName of each name of [DataLanguages].
var (
	ByName     = sync.OnceValue(func() map[string]*Language { return names(Languages) })
	DataByName = sync.OnceValue(func() map[string]*Language { return names(DataLanguages) })
)

// names returns the language of each name of the languages.
func names(languages []*Language) map[string]*Language {
	out := map[string]*Language{}
	for _, l := range languages {
		for _, name := range l.Names {
			out[name] = l
		}
	}
	return out
}

// LanguageOf returns the language of a file by its name; nil for none, and for data and markup.
func LanguageOf(file string) *Language { return languageIn(ByName(), file) }

// DataLanguageOf returns the language of data or markup of a file by its name; nil for none.
func DataLanguageOf(file string) *Language { return languageIn(DataByName(), file) }

// languageIn returns the language of a file by its base name or extension; nil for none.
func languageIn(languages map[string]*Language, file string) *Language {
	if l := languages[path.Base(file)]; l != nil {
		return l
	}
	return languages[strings.ToLower(path.Ext(file))]
}

// isManifest reports whether a file declares a project of the language.
func (l *Language) IsManifest(file string) bool {
	base := path.Base(file)
	return slices.ContainsFunc(l.Manifests, func(pattern string) bool {
		ok, _ := path.Match(pattern, base)
		return ok
	})
}

// example returns the name of a file of the language.
func (l *Language) Example() string {
	if strings.HasPrefix(l.Names[0], ".") {
		return "x" + l.Names[0]
	}
	return l.Names[0]
}

// schemes are the schemes of selectors by the names of languages, as far as symbols are used from other languages.
var schemes = map[string]selectors.Lang{
	"c": "cpp", "cpp": "cpp", "header": "cpp", "go": "go", "javascript": "ts", "python": "py",
	"rust": "rs", "shell": "sh", "typescript": "ts",
}

// SchemeOf returns the scheme of selectors of a file's language, "" for a language that no symbol of another is
// used in.
func SchemeOf(p string) selectors.Lang {
	if l := LanguageOf(p); l != nil {
		return schemes[l.ID]
	}
	return dataSchemes[path.Ext(p)]
}

// dataSchemes are the languages of data in which strings spell the paths of symbols, by extension.
var dataSchemes = map[string]selectors.Lang{".json": "json", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}

// Sniffed is the number of bytes in which zero bytes are looked for, as git does.
const Sniffed = 8000
