package catalogue

import (
	"maps"
	"net/url"
	"path"
	"slices"

	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/compiler"
	"lanser/server/dangers"
	"lanser/server/project"
	"lanser/server/trace"
)

// Single-file components hold code of TypeScript that only a plugin of their framework finds in them. The servers of
// this file are typescript-language-server with such a plugin: they answer about components and about TypeScript, each
// of them with the other in view, so that a workspace with components has them asked in place of the other servers of
// TypeScript.
//
// A plugin makes TypeScript of each component, with places that it maps to those of the component. It gives everything
// that the command line of its framework (vue-tsc) reports; mistakes in the syntax of a template, which only the
// compiler of the framework reports when it builds, are not among that.

var vue = aroundVue("", &typescriptLanguageServer.Install.Also[0], "5.9.3")

var vue6 = aroundVue("-6", &typescriptLanguageServer6.Install.Also[0], "6.0.3")

// The versions of Vue's plugin, and of the packages that it depends on within a range.
const (
	vueTools    = "3.3.11"
	vueCompiler = "3.5.45"
)

// aroundVue returns typescript-language-server with Vue's plugin, around a release of TypeScript.
func aroundVue(suffix string, tsc *PinnedPackage, version string) *Server {
	srv := *typescriptLanguageServer
	srv.Name, srv.Version = "vue"+suffix, vueTools
	srv.Since = trace.Components
	srv.Compiler = typeScriptCompiler(version)
	srv.LanguageIDs = withComponents(".vue", "vue")
	srv.Components = []string{".vue"}
	srv.configured = hasComponents(".vue", vuePlugins)
	srv.ProjectCheck = compiler.TypeScript("vue-tsc/bin/vue-tsc.js", "typescript")
	srv.Overlooked = packageOfComponents("vue")
	srv.OverlookedSource = "typescript"
	srv.Why = "tsserver answers after loading the projects of the open files, with the components in them"
	srv.Install = Install{
		Manager: "npm",
		Package: "@vue/typescript-plugin@" + vueTools,
		Sum:     "sha512-sTfyjuZuAClToH59lcBxNMWF+Ede6IBUiYEZI1MgL3Bf9sWV15mtv9P2dfL+4moSQjRf+17O7HX+a8JQdXhLYA==",
		Pinned:  true,
		Also: []PinnedPackage{
			*tsc,
			{Name: typescriptLanguageServer.Install.Package, Sum: typescriptLanguageServer.Install.Sum},
			{
				Name: "vue-tsc@" + vueTools,
				Sum:  "sha512-gOb0B9rtU2+f1dszwPqSH5kAieIF9ReeLhD3kSRNHv5WZZUQz/JdVXW0RTdqhNTMlQkqKzrTTviqKr/4FYZraQ==",
			},
			{
				Name: "@vue/language-core@" + vueTools,
				Sum:  "sha512-QJmpliwAVpC/OxubIByPAhNzsQPRc8/gxlN2qnVzVfIMjMDz/9RnXRFoetjz5yEgXVXyp4LqhXq3V53PjmNzFw==",
			},
			{
				Name: "@vue/compiler-dom@" + vueCompiler,
				Sum:  "sha512-LbP2d19GSOYGPmvMBBCVJVlv7TKtjM1Cfeyu3cYia720pknZP+1cLX7H5MVatvruT6MuJhiPuNbQBW/MDn/EwA==",
			},
			{
				Name: "@vue/shared@" + vueCompiler,
				Sum:  "sha512-ue9fgHmVNPlP7iW3+cxoBX/Cnlw53dHlVSw0JKGY6z1lObg8pHoj928M2nzG4/yVsMZ3NaRZ2s2z61uC16NDwQ==",
			},
		},
		Entry:   typescriptLanguageServer.Install.Entry,
		Command: typescriptLanguageServer.Install.Command,
	}
	srv.Options = withPlugin("@vue/typescript-plugin", "vue")
	srv.Libraries = append(slices.Clone(srv.Libraries), Library{
		Scheme: "node", Prefix: "@vue/language-core/types", Dir: "@vue/language-core/types",
	})
	srv.Dangers = append(slices.Clone(srv.Dangers), dangers.Danger{
		Files: "tsconfig.json, and what it extends or refers to (vueCompilerOptions.plugins)",
		Could: "name plugins, which are loaded as code",
		Stop:  dangers.StopRefusal,
		By:    "the server is not started where a project names one",
	}, dangers.Danger{
		Files: "node_modules (tsconfig.json of packages, with vueCompilerOptions.plugins)",
		Could: "be read for a file of the package, and name plugins",
		Stop:  dangers.StopEnv,
		By:    "NODE_OPTIONS",
	})
	srv.UntrustedEnv = map[string]string{
		"NODE_OPTIONS": "--import=data:text/javascript," + url.PathEscape(onlyOwnModules),
	}
	srv.refuse = dangers.RefuseVuePlugins
	return &srv
}

// astro finds uses in components of Astro, and checks nothing: what its plugin makes of components has findings that
// Astro's own command line, 'astro check', leaves out, and so have modules that import them.
var astro = fromAstro()

func fromAstro() *Server {
	const version = "1.10.12"
	srv := *typescriptLanguageServer
	srv.Name, srv.Version = "astro", version
	srv.Since = trace.Components
	srv.LanguageIDs = withComponents(".astro", "astro")
	srv.Components = []string{".astro"}
	srv.configured = hasComponents(".astro", nil)
	srv.standing, srv.OnlyAnswers = uncheckedComponents, true
	srv.Why = vue.Why
	srv.Install.Package = "@astrojs/ts-plugin@" + version
	srv.Install.Sum = "sha512-EOT4VUYPGJTTHRcbWjAq7ABS79Q8X6sNq9k4a8sWoQmo8cLlrjCoUOO4LTxIbfsssNPmq68HHyk8rmh8+TdJTQ=="
	srv.Install.Also = append(
		slices.Clone(srv.Install.Also),
		PinnedPackage{
			Name: typescriptLanguageServer.Install.Package, Sum: typescriptLanguageServer.Install.Sum,
		},
		PinnedPackage{
			Name: "@astrojs/compiler@2.13.1",
			Sum:  "sha512-f3FN83d2G/v32ipNClRKgYv30onQlMZX1vCeZMjPsMMPl1mDpmbl0+N5BYo4S/ofzqJyS5hvwacEo0CCVDn/Qg==",
		},
	)
	srv.Options = withPlugin("@astrojs/ts-plugin", "astro")
	srv.UntrustedEnv = vue.UntrustedEnv
	return &srv
}

// uncheckedComponents is [Server.standing] of a server of components that only finds uses in them.
func uncheckedComponents(srv *Server, v project.View) func(file string) Standing {
	others := typeScriptStanding(srv, v)
	return func(file string) Standing {
		if !slices.Contains(srv.Components, path.Ext(file)) {
			return others(file)
		}
		return Standing{
			State:  bundle.Unserved,
			Reason: srv.Name + " finds uses in them, and does not check them",
			Fix:    "check them with 'astro check'",
		}
	}
}

// onlyOwnModules is a module of JavaScript that node loads first. After it, node loads no module of CommonJS by a path
// outside of the installation that the program belongs to: plugins of Vue's compiler are loaded so.
const onlyOwnModules = `import module from "node:module";import fs from "node:fs";import path from "node:path";` +
	`const file=process.argv[1]?fs.realpathSync(process.argv[1]):"";` +
	`const own=file.slice(0,file.indexOf(path.sep+"node_modules"+path.sep)+1);` +
	`const resolve=module.Module._resolveFilename;` +
	`module.Module._resolveFilename=function(...args){const found=resolve.apply(this,args);` +
	`if(path.isAbsolute(found)&&!(own&&found.startsWith(own)))throw new Error("it is not loaded: "+found);return found}`

// withComponents returns the languageIds of TypeScript's servers and that of components.
func withComponents(ext, id string) map[string]string {
	ids := maps.Clone(typescript.LanguageIDs)
	ids[ext] = id
	return ids
}

// withPlugin returns the options of typescript-language-server with a plugin of its own installation.
func withPlugin(name, languageID string) map[string]any {
	options := maps.Clone(typescriptLanguageServer.Options)
	options["plugins"] = []any{map[string]any{
		"name": name, "location": "{dir}", "languages": []any{languageID},
	}}
	return options
}

// hasComponents returns [Server.configured] of a server that is preferred where the workspace has components of its
// own. A server that is refused if a configuration matches plugins is not preferred where one does: the others are of
// more use.
func hasComponents(ext string, plugins *lazyregexp.Regexp) func(v project.View) bool {
	return func(v project.View) bool {
		type key struct{ ext string }
		return v.Memoize(key{ext}, func() any {
			isComponent := func(p string) bool { return path.Ext(p) == ext && !IsBystander(p) }
			names := func(p string) bool {
				return plugins != nil && matchesName(typescript.Configs, p) && plugins.Match(project.ContentOf(v, p))
			}
			return slices.ContainsFunc(v.Paths(), isComponent) && !slices.ContainsFunc(v.Paths(), names)
		}).(bool)
	}
}

// vuePlugins matches a configuration that may name plugins for Vue's compiler.
var vuePlugins = lazyregexp.New(`"vueCompilerOptions"\s*:\s*\{[^{}]*"plugins"\s*:\s*\[\s*[^\s\]]`)

// packageOfComponents returns [Server.Overlooked] of a server of components that need the types of a package for what
// they show: where a package.json declares it and it is not installed, nothing that a template names is checked, and
// the server does not say so.
func packageOfComponents(name string) func(
	srv *Server, v project.View, file string, content []byte, isReported func(code string) bool,
) []compiler.Finding {
	return func(
		srv *Server, v project.View, file string, content []byte, _ func(code string) bool,
	) []compiler.Finding {
		if !slices.Contains(srv.Components, path.Ext(file)) {
			return nil
		}
		message := "Cannot find module '" + name + "' or its corresponding type declarations."
		missing := srv.Dependency(v, file, srv.MissingModule, message)
		if missing == nil || missing.Undeclared {
			return nil
		}
		for _, dir := range project.FoldersAbove(file) {
			if _, err := v.ReadFile(path.Join(dir, "node_modules", name, "package.json")); err == nil {
				return nil
			}
		}
		return []compiler.Finding{{
			Severity: "error", Code: srv.MissingModule, Message: message, At: compiler.Place{File: file},
		}}
	}
}
