package catalogue

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/dangers"
	"lanser/server/project"
	"lanser/server/trace"
)

// Components of Svelte need two servers, as their own editor extension does: svelte-language-server reads components,
// and TypeScript's server reads modules, with a plugin by which it finds uses in components. Neither answers about the
// other's files: each is supplemented by the other.

// The versions of Svelte's compiler and of the program that makes TypeScript of components.
const (
	svelteCompiler = "5.57.3"
	svelteCheck    = "4.7.8"
)

// sveltePackages are installed with both servers.
var sveltePackages = []PinnedPackage{
	{
		Name: "svelte@" + svelteCompiler,
		Sum:  "sha512-5mAftM3SoDV9X0zdF386F9p2pv8iKOwi/KfBS1XnBAkVCKFzVOLHUoa8iGWAt4buoicLmyWVRpuuD5wplXOQsg==",
	},
	{
		Name: "svelte2tsx@0.7.62",
		Sum:  "sha512-ZXfsmL0jzAs01ho0w5z5LSIC2WgSdpTF0QCwaXLq7oHgho4P9fTgHlLp1pKAx6/xtVYRSW5nGH5ZRpEHZCqliA==",
	},
}

// svelte answers about components, and checks them as svelte-check does, which is made from it. If the user does not
// trust the workspace, it loads neither a configuration nor a compiler of the workspace ("isTrusted"), and
// [ownSvelte] gives it the compiler of Svelte 5 that is installed with it.
var svelte = &Server{
	Name:    "svelte",
	Version: "0.18.4",
	Since:   trace.SvelteComponents,
	Reading: Reading{
		LanguageIDs: map[string]string{".svelte": "svelte"},
		Components:  []string{".svelte"},
		Configs:     append([]string{"svelte.config.*", "vite.config.*"}, typescript.Configs...),
		Projects:    []string{"tsconfig.json", "jsconfig.json"},
		Reads:       []string{"*.ts", "*.mts", "*.cts", "*.js", "*.mjs", "*.cjs"},
		Compiler:    Compiler{Name: "Svelte", Package: "svelte", Version: svelteCompiler},
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Package: "svelte-language-server@0.18.4",
			Sum:     "sha512-OjY1U6lraW13P1hDoRWAkcFkiiMSxZDHzIDUnWE3bIx0k9LZsiyis5pLUNXz9Dz2IWSIAaldUO1ZVrSr43O+og==",
			Pinned:  true,
			Also: append(
				[]PinnedPackage{
					typescriptLanguageServer.Install.Also[0],
					{
						Name: "svelte-check@" + svelteCheck,
						Sum: "sha512-laZ49GFHZ3b0z2PWinJWL0syehc/PTR8aHaUaTiBkWJ+" +
							"4Y38nhxjmXsSz7CbGa3VdKopViVbrBH3bGNqIAI0bQ==",
					},
					{
						Name: "@sveltejs/load-config@0.2.3",
						Sum: "sha512-VT3qmUb8pRV2QrZjd8iAmtg8lf4W0TIjZbvXtz5MKei/" +
							"q96teWZgGJyyidJzOjzZzvdq616eSRVeMYIQChUTAQ==",
					},
				},
				sveltePackages...,
			),
			Entry:   "svelte-language-server/bin/server.js",
			Command: "svelteserver",
		},
		Args:         []string{"--stdio"},
		Options:      map[string]any{"isTrusted": false},
		Trusted:      map[string]any{"isTrusted": true},
		UntrustedEnv: ownSvelteEnv,
		Env:          []string{"NODE_OPTIONS"},
		Packages:     PackagesNode,
		Libraries: []Library{
			{Scheme: "node", Prefix: "typescript/lib", Dir: "typescript/lib"},
			{Scheme: "node", Prefix: "svelte2tsx", Dir: "svelte2tsx"},
		},
		Dangers: []dangers.Danger{
			{
				Files: "svelte.config.*, vite.config.*",
				Could: "be loaded as code, with what they import, such as preprocessors",
				Stop:  dangers.StopSetting,
				By:    "isTrusted",
			},
			{
				Files: "node_modules (svelte, svelte-preprocess, prettier, typescript)",
				Could: "be loaded as the compiler or as preprocessors",
				Stop:  dangers.StopEnv,
				By:    "node loads modules of the installation only (NODE_OPTIONS)",
			},
			{
				Files: "tsconfig.json (plugins)",
				Could: "name plugins of the language service",
				Stop:  dangers.StopServer,
				By:    "the language service in this server loads none",
			},
			{
				Files: ".pnp.cjs and NODE_OPTIONS that names it",
				Could: "be loaded by node",
				Stop:  dangers.StopEnv,
				By:    "of NODE_OPTIONS only bounds of memory are kept",
			},
		},
	},
	Checking: Checking{
		ReadsAnyBytes:      true,
		OpenForDiagnostics: true,
		standing:           svelteStanding,
		MissingModule:      "2307",
		dependency:         project.NodeDependency,
		imports:            nodeImports,
		Follows:            project.FollowsInTypeScript,
		FollowsGlobally:    project.FollowsGloballyInTypeScript,
		Syntax:             project.SyntaxOfTypeScript,
		Overlooked:         packageOfComponents("svelte"),
		OverlookedSource:   "ts",
	},
	Answering: Answering{
		ProposesKeys:     true,
		BasesInHeaders:   true,
		Offers:           tsOffers,
		SupplementFor:    []string{".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"},
		Supplementary:    "typescript-svelte",
		SupplementsApart: true,
		Why:              "svelte-language-server answers after loading the project of the component",
	},
}

var (
	typescriptSvelte  = withSveltePlugin("", typescriptLanguageServer)
	typescriptSvelte6 = withSveltePlugin("-6", typescriptLanguageServer6)
)

// withSveltePlugin returns typescript-language-server, around a release of TypeScript, with Svelte's plugin.
func withSveltePlugin(suffix string, around *Server) *Server {
	const version = "0.3.52"
	srv := *around
	srv.Name, srv.Version = "typescript-svelte"+suffix, version
	srv.Since = trace.SvelteComponents
	srv.Components = []string{".svelte"}
	srv.Reads = append(slices.Clone(srv.Reads), "*.svelte")
	srv.configured = hasComponents(".svelte", nil)
	srv.Install.Package = "typescript-svelte-plugin@" + version
	srv.Install.Sum = "sha512-Pfh6MLk91IO+HqYgcx75TvG2iRM1tJ0vYiCya9TsXbBYZVjh3iayKyRjXGNNkG30NqSVPddRDy+vTuCMs16FZQ=="
	srv.Install.Also = slices.Concat(
		around.Install.Also,
		[]PinnedPackage{{
			Name: typescriptLanguageServer.Install.Package, Sum: typescriptLanguageServer.Install.Sum,
		}},
		sveltePackages,
	)
	srv.Options = withPlugin("typescript-svelte-plugin", "svelte")
	srv.Libraries = append(slices.Clone(srv.Libraries), Library{
		Scheme: "node", Prefix: "svelte2tsx", Dir: "svelte2tsx",
	})
	srv.UntrustedEnv = ownSvelteEnv
	srv.Dangers = append(slices.Clone(srv.Dangers), dangers.Danger{
		Files: "node_modules/svelte",
		Could: "be loaded by the plugin as the compiler",
		Stop:  dangers.StopEnv,
		By:    "node loads modules of the installation only (NODE_OPTIONS)",
	})
	srv.SupplementFor, srv.Supplementary = []string{".svelte"}, "svelte"
	return &srv
}

// ownSvelteEnv sets [ownSvelte].
var ownSvelteEnv = map[string]string{
	"NODE_OPTIONS": "--import=data:text/javascript," + url.PathEscape(ownSvelte),
}

// ownSvelte is [onlyOwnModules] with two additions. The compiler of Svelte is the one that lanser has installed,
// whoever asks for it: svelte-language-server has one of Svelte 4 of its own, and the plugin of TypeScript looks for
// that of the project. And svelte-language-server compiles components though the workspace is not trusted: with that
// compiler, and as if the configuration of the workspace, which it does not load, set nothing. [svelteStanding] is
// about the configurations that set something.
const ownSvelte = onlyOwnModules + `;` +
	`const resolveOwn=module.Module._resolveFilename,load=module.Module._load;` +
	`module.Module._resolveFilename=function(request,parent,isMain,options){` +
	`if(own&&/^svelte(\/|$)/.test(request))return resolveOwn.call(this,request,parent,isMain,{paths:[own]});` +
	`return resolveOwn.call(this,request,parent,isMain,options)};` +
	`module.Module._load=function(...args){const found=load.apply(this,args);` +
	`if(found&&found.LSConfigManager)found.LSConfigManager.prototype.getIsTrusted=()=>true;` +
	`if(found&&found.ConfigLoader)found.ConfigLoader.prototype.loadConfig=async file=>({configFilePath:file,config:{` +
	`preprocess:/preprocess/i.test(fs.readFileSync(file,"utf8"))?[]:undefined,` +
	`compilerOptions:{dev:true,generate:false}}});return found}`

// svelteStanding is [Server.standing] of svelte. Components in other languages than Svelte's own are made readable by
// preprocessors, which are code of the project, and so are options of the compiler.
func svelteStanding(_ *Server, v project.View) func(file string) Standing {
	configs := svelteConfigs(v)
	return func(file string) Standing {
		out := Standing{State: bundle.Unserved, Fix: "check them with svelte-check"}
		for dir := path.Dir(file); ; dir = path.Dir(dir) {
			if config := configs[dir]; config != "" {
				out.Reason = config + " sets options of the compiler or preprocessors, and is not run"
				return out
			}
			if dir == "." {
				break
			}
		}
		for _, m := range otherLanguage.FindAllSubmatch(project.ContentOf(v, file), -1) {
			if lang := strings.ToLower(string(m[2])); !slices.Contains(ownLanguages, lang) {
				out.Reason = "a preprocessor reads " + string(m[1]) + "s in them that are written in " + lang
				return out
			}
		}
		return Standing{}
	}
}

// otherLanguage matches a block of a component with the language that it is written in.
var otherLanguage = lazyregexp.New(`<(script|style|template)\b[^>]*?\s(?:lang|type)\s*=\s*["']?(?:text/)?([\w+-]+)`)

// ownLanguages are the languages that Svelte's compiler reads.
var ownLanguages = []string{"ts", "typescript", "js", "javascript", "module", "css", "postcss", "html"}

// svelteConfigs returns the files that may set options of the compiler, or preprocessors with other tasks than to
// read those languages, by their folders.
func svelteConfigs(v project.View) map[string]string {
	type key struct{}
	return v.Memoize(key{}, func() any {
		out := map[string]string{}
		for _, p := range v.Paths() {
			if !matchesName([]string{"svelte.config.*", "vite.config.*"}, p) {
				continue
			}
			content := plainPreprocess.ReplaceAll(project.ContentOf(v, p), nil)
			if setsCompiler.Match(content) && out[path.Dir(p)] == "" {
				out[path.Dir(p)] = p
			}
		}
		return out
	}).(map[string]string)
}

var (
	plainPreprocess = lazyregexp.New(`preprocess\s*:\s*\[?\s*vitePreprocess\(\s*\)\s*\]?`)
	setsCompiler    = lazyregexp.New(`compilerOptions|preprocess\s*[:(,}]|(?i:mdsvex)|dynamicCompileOptions`)
)
