package catalogue

// Servers lists the known servers in order of preference for a file. The descriptions of the
// tested ones were measured against the pinned versions.
var Servers = []*Server{
	gopls, pyright, basedpyright,
	typescript, typescriptLanguageServer, typescriptLanguageServer6, typescriptLanguageServer4,
	clangd, rustAnalyzer, jdtls, bash, cue, jsonServer, cssServer, htmlServer, yamlServer, dockerfile, tomlServer,
	intelephense, vue, vue6, astro, svelte, typescriptSvelte, typescriptSvelte6,
	vtsls, lua, emmylua,
	ruff, oxlint, biome, eslint, golangciLint,
}

// Server.Offers of the servers.
var (
	basic    = []string{"definitionProvider", "referencesProvider", "hoverProvider"}
	goOffers = append(
		[]string{
			"typeDefinitionProvider", "implementationProvider", "callHierarchyProvider", "typeHierarchyProvider",
			"diagnosticProvider",
		},
		basic...,
	)
	pyOffers = append(
		[]string{"declarationProvider", "typeDefinitionProvider", "callHierarchyProvider", "diagnosticProvider"},
		basic...,
	)
	tsOffers = append(
		[]string{"typeDefinitionProvider", "implementationProvider", "callHierarchyProvider", "diagnosticProvider"},
		basic...,
	)
	cppOffers = append(
		[]string{
			"declarationProvider", "typeDefinitionProvider", "implementationProvider", "callHierarchyProvider",
			"typeHierarchyProvider", "diagnosticProvider",
		},
		basic...,
	)
	rsOffers = append(
		[]string{
			"declarationProvider", "typeDefinitionProvider", "implementationProvider", "callHierarchyProvider",
			"diagnosticProvider",
		},
		basic...,
	)
)
