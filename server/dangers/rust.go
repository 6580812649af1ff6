package dangers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/index/manifest"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// Cargo and rust-analyzer read configuration of the workspace that names compilers, flags by
// which rustc loads libraries, and environment variables for the programs that they start (The
// Cargo Book, "Configuration"; rust-analyzer's manual, "rust-analyzer.toml"). Settings that are
// known to be harmless are allowed; every other one is a reason not to start.

// RefuseRust examines the configuration that cargo and rust-analyzer read.
func RefuseRust(d Disk) (file, why string) {
	folders := FoldersOf(d, "Cargo.toml", "rust-project.json", ".rust-project.json", "rust-analyzer.toml",
		".rust-analyzer.toml")
	for _, kind := range []struct {
		names []string
		judge func(file string, content []byte) string
	}{
		{
			[]string{".cargo/config.toml", ".cargo/config"},
			func(_ string, content []byte) string { return judgeTOML(content, cargoKey) },
		},
		{
			[]string{"rust-analyzer.toml", ".rust-analyzer.toml"},
			func(_ string, content []byte) string { return judgeTOML(content, analyzerKey) },
		},
		{[]string{"rust-project.json", ".rust-project.json"}, judgeRustProject},
		{[]string{"Cargo.toml"}, judgeManifest},
	} {
		if file, why := EachFile(d, folders, kind.names, kind.judge); why != "" {
			return file, why
		}
	}
	return "", ""
}

// MaxConfiguration bounds a configuration file that is examined, in bytes.
const MaxConfiguration = manifest.MaxBytes

// judgeTOML returns the first reason that judge has against a value of a TOML file; judge gets
// the path of the key and the value.
func judgeTOML(content []byte, judge func(key []string, value any) string) string {
	var all map[string]any
	if err := manifest.DecodeNewTOML(content, &all); err != nil {
		return "it cannot be read: " + err.Error()
	}
	return judgeTable(nil, all, judge)
}

// judgeTable is judgeTOML for the table at a path of keys.
func judgeTable(at []string, table map[string]any, judge func(key []string, value any) string) string {
	if len(at) > project.MaxNesting {
		return fmt.Sprintf("has keys with more than %d parts", project.MaxNesting)
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		key := append(slices.Clone(at), name)
		if inner, ok := table[name].(map[string]any); ok {
			if why := judgeTable(key, inner, judge); why != "" {
				return why
			}
			continue
		}
		if why := judge(key, table[name]); why != "" {
			return strings.Join(key, ".") + " " + why
		}
	}
	return ""
}

// suspectManifest matches what a Cargo.toml contains if one of its keys may be refused. It is quicker than to decode
// the manifests of a large workspace. Escapes could hide a key.
var suspectManifest = lazyregexp.New(`\\|rustflags|codegen-backend|(default|forced)-target`)

// judgeManifest returns the reason against a Cargo.toml. A nightly toolchain reads flags of rustc, its backend and
// targets from it (The Cargo Book, "Unstable Features": profile-rustflags, codegen-backend, per-package-target).
func judgeManifest(_ string, content []byte) string {
	if !suspectManifest.Match(content) {
		return ""
	}
	return judgeTOML(content, func(key []string, value any) string {
		last := key[len(key)-1]
		switch {
		case key[0] == "profile" && last == "rustflags":
			return judgeFlags(value)
		case key[0] == "profile" && last == "codegen-backend":
			return "may choose what is executed or loaded"
		case key[0] == "package" && len(key) == 2 && (last == "default-target" || last == "forced-target"):
			return buildKey("target", value)
		}
		return ""
	})
}

// harmlessCargo are tables of cargo's configuration by which nothing is executed or loaded when
// rust-analyzer runs cargo, which is offline, for metadata and rustc's settings only. Linkers
// and runners that they name are never run.
var harmlessCargo = []string{
	"alias", "cargo-new", "doc", "future-incompat-report", "http", "install", "net", "patch", "paths", "registries",
	"registry", "resolver", "source", "term", "cache",
}

// harmlessUnstable are unstable features by which nothing of the workspace is loaded.
var harmlessUnstable = []string{"build-std", "build-std-features", "unstable-options", "sparse-registry"}

// harmlessTarget are keys of a target, target.TRIPLE.KEY, that name programs which a check does not run: it links
// nothing. The other keys are tables: results of build scripts, with folders in which rustc looks for crates
// (rustc-search, rustc-flags) and variables.
var harmlessTarget = []string{"linker", "runner", "ar", "rustdocflags"}

// targetKey is the number of parts of a key of a target.
const targetKey = 3

// cargoKey returns the reason against a value of .cargo/config.toml, "" if it is harmless.
func cargoKey(key []string, value any) string {
	last := key[len(key)-1]
	switch {
	case slices.Contains(harmlessCargo, key[0]):
		return ""
	case last == "rustflags" && (key[0] == "build" || key[0] == "target"):
		return judgeFlags(value)
	case key[0] == "target" && len(key) == targetKey && slices.Contains(harmlessTarget, last):
		return ""
	case key[0] == "build":
		return buildKey(last, value)
	case key[0] == "env":
		return judgeVariable(key[1:])
	case key[0] == "profile" && last != "rustflags" && last != "codegen-backend":
		return ""
	case key[0] == "unstable" && slices.Contains(harmlessUnstable, key[1]):
		return ""
	}
	return "may choose what is executed or loaded"
}

// buildKey returns the reason against a value of the table build.
func buildKey(name string, value any) string {
	switch name {
	case "jobs", "target-dir", "build-dir", "incremental", "dep-info-basedir", "pipelining", "rustdocflags", "warnings",
		"rustc-wrapper", "rustc-workspace-wrapper": // variables override them, and are set to nothing
		return ""
	case "target":
		for _, t := range words(value) {
			if !triple.MatchString(t) {
				return fmt.Sprintf("names the target %q: a file that describes a target can name a library to load", t)
			}
		}
		return ""
	}
	return "may choose what is executed or loaded"
}

// triple matches a target that rustc knows by itself.
var triple = lazyregexp.New(`^[A-Za-z0-9_]+(-[A-Za-z0-9_]+)+$|^host-tuple$`)

// notWord is the word that words returns for a value that is no string, such as a number.
const notWord = "?"

// words returns the words of a string, or the strings of a list; notWord for what is neither.
func words(value any) (out []string) {
	switch v := value.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		for _, one := range v {
			s, ok := one.(string)
			if !ok {
				s = notWord
			}
			out = append(out, s)
		}
	default:
		out = append(out, notWord)
	}
	return out
}

// harmlessFlags matches flags of rustc, with and without a value, that load and run nothing.
var harmlessFlags = lazyregexp.New(
	`^(--cfg|--check-cfg|-[WADF]|--(warn|allow|deny|forbid|cap-lints|edition|error-format|` +
		`diagnostic-width)|-[glO]|-v|--verbose)([= ].*)?$|` +
		`^-[WADFl][^=]*$|^-O$|^-g$|` +
		`^(-C|--codegen=?)(target-cpu|target-feature|opt-level|debuginfo|debug-assertions|overflow-checks|` +
		`panic|relocation-model|code-model|link-args?|` +
		`link-dead-code|linker|linker-flavor|force-frame-pointers|force-unwind-tables|lto|codegen-units|` +
		`embed-bitcode|strip|split-debuginfo|symbol-mangling-version|` +
		`prefer-dynamic|rpath|inline-threshold|instrument-coverage|metadata|extra-filename|incremental|` +
		`no-redzone|soft-float|default-linker-libraries|control-flow-guard)(=.*)?$|` +
		`^-Z(share-generics|threads|macro-backtrace|location-detail|sanitizer|tune-cpu|stack-protector|` +
		`cf-protection|build-std|build-std-features)(=.*)?$`,
)

// judgeFlags returns the reason against flags of rustc.
func judgeFlags(value any) string {
	list := words(value)
	for i := 0; i < len(list); i++ {
		flag := list[i]
		switch flag {
		case "--cfg", "--check-cfg", "-W", "-A", "-D", "-F", "--warn", "--allow", "--deny", "--forbid", "--cap-lints",
			"--edition", "-l":
			i++ // its value
			continue
		case "-C", "--codegen", "-Z", "-L":
			if i++; i < len(list) {
				flag += list[i]
			}
		}
		if flag == notWord {
			return "has a value that is neither a string nor a list of strings"
		}
		if folder, ok := strings.CutPrefix(flag, "-L"); ok && harmlessSearch(folder) {
			continue
		}
		if !harmlessFlags.MatchString(flag) {
			return fmt.Sprintf("has the flag %q, with which rustc may load a library", flag)
		}
	}
	return ""
}

// harmlessSearch reports whether the value of the flag -L, KIND=FOLDER or FOLDER, is a folder in which rustc looks for
// nothing but native libraries, which a check does not link, or a folder of the system. In other folders it looks
// for crates, and it loads the library of a crate that defines procedural macros.
func harmlessSearch(value string) bool {
	kind, folder, ok := strings.Cut(value, "=")
	return ok && (kind == "native" || kind == "framework") || systemFolder(cmp.Or(folder, value))
}

// loading matches the names of variables by which the system's loader, rustc, or programs that
// these start load or execute something.
var loading = lazyregexp.New(
	`(?i)^(LD_|DYLD_|GLIBC_|GCONV_|LOCPATH|NLSPATH|MALLOC_|RUST|CARGO|LLVM|PATH$|HOME$|TMP|TEMP|XDG_|GIT_|` +
		`SSH_|PYTHON|NODE_|BASH_ENV|ENV$|SHELL$|CC$|CXX$|AR$|LINKER|.*_(CC|CXX|AR|LINKER|RUSTFLAGS|RUNNER)$|` +
		`PKG_CONFIG)`,
)

// judgeVariable returns the reason against a key of the table env.
func judgeVariable(key []string) string {
	if len(key) > 0 && loading.MatchString(key[0]) {
		return "sets a variable by which programs load or execute something"
	}
	return ""
}

// harmlessAnalyzer matches keys of rust-analyzer.toml that choose what is shown, or which code
// is analysed.
var harmlessAnalyzer = lazyregexp.New(
	`^(assist|cachePriming|completion|diagnostics|documentation|files|gotoImplementations|highlightRelated|` +
		`hover|imports|inlayHints|` +
		`interpret|joinLines|lens|lru|notifications|numThreads|references|semanticHighlighting|signature|` +
		`signatureInfo|typing|workspace\.symbol|workspace\.discoverConfig\.filesToWatch|` +
		`cargo\.(features|noDefaultFeatures|allTargets|allFeatures|cfgs|autoreload|targetDir)|` +
		`check\.(features|noDefaultFeatures|allTargets|targets|workspace|command|ignore))(\.|$)`,
)

// analyzerKey returns the reason against a value of rust-analyzer.toml.
func analyzerKey(key []string, value any) string {
	full := strings.TrimPrefix(strings.Join(key, "."), "rust-analyzer.")
	if harmlessAnalyzer.MatchString(full) || value == false {
		return ""
	}
	if full == "cargo.target" {
		return buildKey("target", value)
	}
	return "may choose what is executed or loaded"
}

// judgeRustProject returns the reason against a rust-project.json, which may name the toolchain
// that is run (rust-analyzer's manual, "Non-Cargo Based Projects").
func judgeRustProject(_ string, content []byte) string {
	if len(content) > MaxConfiguration*16 {
		return "it is too long to be looked through"
	}
	var p struct {
		Sysroot        string          `json:"sysroot"`
		SysrootSrc     string          `json:"sysroot_src"`
		SysrootProject json.RawMessage `json:"sysroot_project"`
	}
	if err := json.Unmarshal(content, &p); err != nil {
		return "it cannot be read: " + err.Error()
	}
	if p.Sysroot != "" && !systemFolder(p.Sysroot) {
		return fmt.Sprintf("names the toolchain %q, whose rustc and cargo would be run", p.Sysroot)
	}
	if p.SysrootProject != nil {
		return "names a sysroot_project, which names programs"
	}
	return ""
}

// systemFolder reports whether a path lies in a folder of the system's programs.
func systemFolder(p string) bool {
	p = path.Clean(p)
	for _, dir := range []string{"/usr/lib", "/usr/local", "/opt"} {
		if p != dir && beneath.Inside(dir, p) {
			return true
		}
	}
	return p == "/usr"
}
