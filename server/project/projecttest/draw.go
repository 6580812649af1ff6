package projecttest

import "slices"

// Sources are files of each language that is tested.
var Sources = []string{
	"a.go",
	"sub/b.go",
	"a.py",
	"src/lib/b.py",
	"src/a.ts",
	"packages/a/c.vue",
	"a.c",
	"b.h",
	"a/src/lib.rs",
	"a.sh",
}

// Manifests are the files from which dependencies, projects and coverage are read.
var Manifests = []string{
	"package.json", "packages/a/package.json", "pnpm-workspace.yaml", "pnpm-lock.yaml", "tsconfig.json",
	"packages/a/tsconfig.json", "pyproject.toml", "requirements.txt", "requirements/dev.txt", "setup.py", "setup.cfg",
	"Pipfile", "uv.lock", "pyrightconfig.json", "go.mod", "go.work", "sub/go.mod", "Cargo.toml", "Cargo.lock",
	"a/Cargo.toml", "compile_commands.json", "build/compile_commands.json", "compile_flags.txt",
}

// OtherFiles are files that no server of the tested languages reads.
var OtherFiles = []string{"a.vue", "Makefile", "a.s", "README.md", "a.ipynb", "a.sql", "a.yaml"}

// Draw returns one of several values, which a drawn number chooses.
func Draw[T any](all []T, drawn uint8) T { return all[int(drawn)%len(all)] }

// WorkspaceOf returns a workspace in which all of [Manifests], [Sources] and [OtherFiles] have the same content.
func WorkspaceOf(raw []byte) Files {
	v := Files{}
	for _, p := range slices.Concat(Manifests, Sources, OtherFiles) {
		v[p] = string(raw)
	}
	return v
}
