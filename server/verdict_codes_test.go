package server_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"lanser/index/indextest"
)

// The code bases whose verdicts are compared.

func goCopy(version string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.Copy(t, indextest.Module(t, version)) }
}

func debianCopy(version string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.Copy(t, indextest.Debian(t, version)) }
}

func crateCopy(version string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.Copy(t, indextest.Crate(t, version)) }
}

// goModules lays modules of one repository side by side, by the folder of each.
func goModules(versions map[string]string) func(testing.TB) string {
	return func(t testing.TB) string {
		dir := indextest.Files(t, nil)
		for folder, version := range versions {
			layFolder(t, filepath.Join(dir, folder), indextest.Module(t, version))
		}
		return dir
	}
}

func layFolder(t testing.TB, to, from string) {
	t.Helper()
	copied := indextest.Copy(t, from)
	if err := os.CopyFS(to, os.DirFS(copied)); err != nil {
		t.Fatal(err)
	}
}

// withFiles adds files to a code base.
func withFiles(code func(testing.TB) string, files map[string]string) func(testing.TB) string {
	return func(t testing.TB) string {
		dir := code(t)
		for name, content := range files {
			indextest.Write(t, dir, name, content)
		}
		return dir
	}
}

// withoutLinter removes the configuration of golangci-lint, which reports all errors of the compiler in a package as
// one.
func withoutLinter(code func(testing.TB) string) func(testing.TB) string {
	return func(t testing.TB) string {
		dir := code(t)
		if err := os.Remove(filepath.Join(dir, ".golangci.yml")); err != nil {
			t.Fatal(err)
		}
		return dir
	}
}

// withFault appends code to a file of a code base.
func withFault(code func(testing.TB) string, file, fault string) func(testing.TB) string {
	return func(t testing.TB) string {
		dir := code(t)
		seed(t, filepath.Join(dir, file), fault)
		return dir
	}
}

// tanstack are packages of one repository, as npm workspaces and project references.
func tanstack(t testing.TB) string {
	const options = `"compilerOptions": {
		"strict": true, "target": "esnext", "module": "esnext", "composite": true, "moduleResolution": "bundler",
		"outDir": "dist", "rootDir": "src", "skipLibCheck": true, "types": []
	}, "include": ["src"]`
	dir := indextest.Files(t, map[string]string{
		"package.json": `{
			"private": true, "workspaces": ["packages/*"], "devDependencies": {"typescript": "7.0.2"}
		}`,
		"tsconfig.json": `{
			"files": [], "references": [{"path": "packages/store"}, {"path": "packages/form-core"}]
		}`,
		"packages/store/package.json":  `{"name": "@tanstack/store", "version": "0.6.0", "types": "src/index.ts"}`,
		"packages/store/tsconfig.json": "{" + options + "}",
		"packages/form-core/package.json": `{
			"name": "@tanstack/form-core", "version": "0.40.0", "types": "src/index.ts",
			"dependencies": {"@tanstack/store": "0.6.0", "@standard-schema/spec": "1.0.0-beta.3"}
		}`,
		"packages/form-core/tsconfig.json": "{" + options + `, "references": [{"path": "../store"}]}`,
	})
	for folder, version := range map[string]string{
		"packages/store/src": "@tanstack/store@0.6.0", "packages/form-core/src": "@tanstack/form-core@0.40.0",
	} {
		layFolder(t, filepath.Join(dir, folder), filepath.Join(indextest.NPM(t, version), "src"))
	}
	return dir
}

// part is a folder of a code base.
func part(code func(testing.TB) string, folder string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.Copy(t, filepath.Join(code(t), folder)) }
}

// packagingCopy is the Python package packaging.
var packagingCopy = pythonProject(
	"packaging==25.0", "d443872c98d677bf60f6a1f2f8c1cb748e8fe762d2bf9d3148b5599295b0fc4f",
)

// aloneJSON is a package.json without dependencies.
const aloneJSON = `{"private": true}`

var (
	alone           = map[string]string{"package.json": aloneJSON}
	aloneWithConfig = map[string]string{"package.json": aloneJSON, "tsconfig.json": tsConfig}
)

// otelNative vets the modules of otel, and lints each in its folder, as the Makefile of the project does.
var otelNative = []nativeCheck{
	goVet(""), goVet("trace"), goVet("metric"), golangciIn(""), golangciIn("trace"), golangciIn("metric"),
}

var judgedCodes = []judgedCode{
	{
		name: "Go: cobra", quick: true, copy: goCopy("github.com/spf13/cobra@v1.10.2"),
		prepare: []nativeCommand{goDownload("")}, native: []nativeCheck{goVet(""), golangciProject},
	},
	{
		name: "Go: cobra, with faults in code and tests", prepare: []nativeCommand{goDownload("")},
		copy: withFault(
			withFault(
				withoutLinter(goCopy("github.com/spf13/cobra@v1.10.2")),
				"doc/util.go", "var fault int = missing\n",
			),
			"cobra_test.go", "func fault() { fmt.Printf(\"%d\", \"\") }\n",
		),
		native: []nativeCheck{goVet("")},
	},
	{
		name: "Go: pty, build constraints", copy: goCopy("github.com/creack/pty@v1.1.24"),
		prepare: []nativeCommand{goDownload("")}, native: []nativeCheck{goVet(""), shellcheckErrors},
	},
	{
		name: "Go: zerolog, tags", copy: goCopy("github.com/rs/zerolog@v1.33.0"),
		env:     []string{"GOFLAGS=-tags=binary_log"},
		prepare: []nativeCommand{goDownload("")}, native: []nativeCheck{goVet("")},
	},
	{
		name: "Go: go-sqlite3, cgo", copy: goCopy("github.com/mattn/go-sqlite3@v1.14.32"),
		prepare: []nativeCommand{goDownload("")}, native: []nativeCheck{goVet("")},
	},
	{
		name: "Go: compress, assembly", copy: goCopy("github.com/klauspost/compress@v1.18.0"),
		prepare: []nativeCommand{goDownload("")}, native: []nativeCheck{goVet(""), shellcheckErrors},
	},
	{
		name: "Go: glow, vendored", copy: goCopy("github.com/charmbracelet/glow/v2@v2.1.1"),
		prepare: []nativeCommand{command("", "go", "mod", "vendor")},
		native:  []nativeCheck{goVet(""), golangciProject, shellcheckErrors},
	},
	{
		name: "Go: otel, several modules", copy: goModules(map[string]string{
			"": "go.opentelemetry.io/otel@v1.38.0", "trace": "go.opentelemetry.io/otel/trace@v1.38.0",
			"metric": "go.opentelemetry.io/otel/metric@v1.38.0",
		}),
		prepare: []nativeCommand{goDownload(""), goDownload("trace"), goDownload("metric")},
		native:  otelNative,
	},
	{
		name: "Go: otel, go.work", copy: goModules(map[string]string{
			"": "go.opentelemetry.io/otel@v1.38.0", "trace": "go.opentelemetry.io/otel/trace@v1.38.0",
			"metric": "go.opentelemetry.io/otel/metric@v1.38.0",
		}),
		prepare: []nativeCommand{
			command("", "go", "work", "init", ".", "./trace", "./metric"), command("", "go", "mod", "download"),
		},
		native: otelNative,
	},
	{
		name: "Go: x/tools, testdata", copy: goCopy("golang.org/x/tools@v0.38.0"),
		prepare: []nativeCommand{goDownload("")}, native: []nativeCheck{goVet("")},
		known: "gopls has a newer version of the analyzer stdversion than go vet",
	},
	{
		name: "Python: itsdangerous, plain", quick: true, native: []nativeCheck{pyrightProject, ruffProject},
		copy: pythonProject(
			"itsdangerous==2.2.0", "e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173",
		),
	},
	{
		name: "Python: click, configured", native: []nativeCheck{pyrightProject, ruffProject},
		copy: pythonProject("click==8.2.1", "27c491cc05d968d271d5a1db13e3b5a184636d9d930f148c50b038f0d0646202"),
	},
	{
		name: "Python: flask, virtual environment", native: []nativeCheck{pyrightProject, ruffProject},
		env:  inVirtualEnvironment,
		copy: pythonProject("flask==3.1.0", "5f873c5184c897c8d9d1b05df1e3d01b14910ce69607a117bd3277098a5836ac"),
		prepare: virtualEnvironment(
			"werkzeug==3.1.3", "jinja2==3.1.6", "itsdangerous==2.2.0", "click==8.1.8", "blinker==1.9.0",
			"pytest==8.3.5", "asgiref==3.8.1", "python-dotenv==1.1.0", "cryptography==44.0.3",
		),
	},
	{
		name: "Python: attrs", native: []nativeCheck{pyrightProject, ruffProject}, env: inVirtualEnvironment,
		copy: pythonProject("attrs==25.3.0", "75d7cefc7fb576747b2c81b4442d4d4a1ce0900973527c011d1030fd3bf4af1b"),
		prepare: virtualEnvironment(
			"hypothesis==6.131.0", "pytest==8.3.5", "cloudpickle==3.1.1", "pympler==1.1", "zope.interface==7.2",
			"xmlschema==4.0.1",
		),
	},
	{
		name: "Python: packaging", native: []nativeCheck{pyrightProject, ruffProject}, env: inVirtualEnvironment,
		copy:    packagingCopy,
		prepare: virtualEnvironment("pretend==1.0.9", "pytest==8.3.5", "furo==2024.8.6", "nox==2025.2.9"),
	},
	{
		// The tests import a package that is not there: pyright reports the import, and takes all that follows for any.
		name: "Python: packaging, without what its tests need", native: []nativeCheck{pyrightProject, ruffProject},
		env: inVirtualEnvironment, copy: packagingCopy, prepare: virtualEnvironment("pytest==8.3.5"),
		unverified: "is not installed",
	},
	{
		name: "Python: requests, setup.py", native: []nativeCheck{pyrightProject}, env: inVirtualEnvironment,
		copy: pythonProject(
			"requests==2.32.3", "55365417734eb18255590a9ff9eb97e9e1da868d4ccd6402399eaf68af20a760",
		),
		prepare: virtualEnvironment(
			"urllib3==2.4.0", "idna==3.10", "certifi==2025.4.26", "charset-normalizer==3.4.2", "chardet==5.2.0",
			"pyopenssl==25.1.0", "cryptography==44.0.3", "simplejson==3.20.1", "trustme==1.2.1", "pytest==8.3.5",
			"pysocks==1.7.1", "httpbin==0.10.2", "pytest-httpbin==2.1.0", "setuptools==80.9.0",
		),
	},
	{
		name: "Python: itsdangerous, with a fault", native: []nativeCheck{pyrightProject, ruffProject},
		copy: withFault(
			pythonProject(
				"itsdangerous==2.2.0", "e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173",
			),
			"src/itsdangerous/signer.py", "fault: int = ''\n",
		),
	},
	{
		name: "Python: click, what its configuration excludes", native: []nativeCheck{pyrightProject, ruffProject},
		copy: withFiles(
			pythonProject("click==8.2.1", "27c491cc05d968d271d5a1db13e3b5a184636d9d930f148c50b038f0d0646202"),
			map[string]string{"pyrightconfig.json": `{"exclude": ["tests", "**/conf.py"], "ignore": ["examples"]}`},
		),
	},
	{
		name: "Notebooks: nbsphinx", native: []nativeCheck{pyrightProject},
		copy: pythonProject(
			"nbsphinx==0.9.7", "abd298a686d55fa894ef697c51d44f24e53aa312dadae38e82920f250a5456fe",
		),
		env: inVirtualEnvironment,
		prepare: virtualEnvironment(
			"sphinx==8.1.3", "nbconvert==7.16.6", "nbformat==5.10.4", "docutils==0.21.2", "traitlets==5.14.3",
			"matplotlib==3.10.1", "setuptools==80.9.0", "ipykernel==6.29.5", "ipywidgets==8.1.5", "pandas==2.2.3",
		),
	},
	{
		name: "TypeScript 5: rxjs", copy: withFiles(npmCopy("rxjs@7.8.2", "src", "tsconfig.json"), alone),
		prepare: []nativeCommand{npmInstall("", "typescript@5.9.3", "tslib@2.8.1")},
		native:  []nativeCheck{ownTSC("")},
	},
	{
		name:    "TypeScript 6: mobx",
		copy:    withFiles(npmCopy("mobx@6.13.5", "src"), aloneWithConfig),
		prepare: []nativeCommand{npmInstall("", "typescript@6.0.3")},
		native:  []nativeCheck{ownTSC("")},
	},
	{
		name: "TypeScript 7: table-core", quick: true,
		copy:    withFiles(npmCopy("@tanstack/table-core@8.20.5", "src"), aloneWithConfig),
		prepare: []nativeCommand{npmInstall("", "typescript@7.0.2")},
		native:  []nativeCheck{ownTSC("")},
	},
	{
		name: "TypeScript 7: monorepo of tanstack", copy: tanstack,
		prepare: []nativeCommand{npmInstall("")},
		native:  []nativeCheck{typeScript("", "./node_modules/.bin/tsc", "--build")},
	},
	{
		name:    "TypeScript 7: monorepo of tanstack, with a fault",
		copy:    withFault(tanstack, "packages/store/src/index.ts", "export const fault: number = '';\n"),
		prepare: []nativeCommand{npmInstall("")},
		native:  []nativeCheck{typeScript("", "./node_modules/.bin/tsc", "--build")},
	},
	{
		name: "JavaScript: commander, checkJs", copy: debianCopy("node-commander=9.4.1-1"),
		prepare: []nativeCommand{npmCI("")},
		native:  []nativeCheck{ownTSC("")},
	},
	{
		name: "Vue: create-vue, references", copy: createVue,
		prepare: []nativeCommand{npmInstall("", "--before=2026-01-15")},
		native:  []nativeCheck{typeScript("", "./node_modules/.bin/vue-tsc", "--build")},
	},
	{
		name: "JavaScript: express, no project", copy: npmCopy("express@4.21.2", "lib", "index.js"),
		native: []nativeCheck{nodeSyntax},
	},
	{
		name: "C: jansson, cmake", copy: debianCopy("jansson=2.14-2"),
		prepare: cmakeDatabase("-DJANSSON_BUILD_DOCS=OFF"),
		native:  []nativeCheck{compilers("build/compile_commands.json"), pyrightProject, shellcheckErrors},
	},
	{
		name: "C: tree, make without a database", copy: debianCopy("tree=2.1.0-1"),
		native: []nativeCheck{compilersOf("*.c", "-std=c11", "-D_GNU_SOURCE")},
	},
	{
		name: "C++: tinyxml2, cmake", copy: debianCopy("tinyxml2=9.0.0+dfsg-3.1"),
		prepare: cmakeDatabase(), native: []nativeCheck{compilers("build/compile_commands.json")},
	},
	{
		name:    "C++: leveldb, cmake, with a fault",
		copy:    withFault(debianCopy("leveldb=1.23-4"), "util/crc32c.h", "inline int fault() { return missing; }\n"),
		prepare: cmakeDatabase("-DLEVELDB_BUILD_TESTS=OFF", "-DLEVELDB_BUILD_BENCHMARKS=OFF"),
		native:  []nativeCheck{compilers("build/compile_commands.json")},
	},
	{
		name: "C++: leveldb, cmake", copy: debianCopy("leveldb=1.23-4"),
		prepare: cmakeDatabase("-DLEVELDB_BUILD_TESTS=OFF", "-DLEVELDB_BUILD_BENCHMARKS=OFF"),
		native:  []nativeCheck{compilers("build/compile_commands.json")},
	},
	{
		name: "Rust: itoa", copy: crateCopy("itoa@1.0.11"), prepare: cargoLock,
		native: []nativeCheck{cargoProject},
	},
	{
		name: "Rust: anyhow, build script", copy: crateCopy("anyhow@1.0.89"), prepare: cargoLock,
		native: []nativeCheck{cargoProject}, unverified: "build script",
	},
	{
		name: "Rust: anyhow, trusted", copy: crateCopy("anyhow@1.0.89"), prepare: cargoLock,
		native: []nativeCheck{cargoProject}, args: []string{"--trust"},
	},
	{
		name: "Shell: bats", quick: true, copy: func(t testing.TB) string { return bats(t) },
		native: []nativeCheck{shellcheckErrors},
	},
	{
		name: "Shell: pass", copy: debianCopy("password-store=1.7.4-6"),
		native: []nativeCheck{shellcheckErrors, pyrightProject}, env: inVirtualEnvironment,
		prepare: virtualEnvironment("pandas==2.2.3"),
	},
	{
		name: "Mixed: esbuild", copy: goCopy("github.com/evanw/esbuild@v0.25.0"),
		prepare: []nativeCommand{goDownload(""), npmCI("lib"), npmCI("scripts"), npmCI("compat-table")},
		native: []nativeCheck{
			goVet(""), ownTSC("lib"),
			typeScript("compat-table", "typescript", "--noEmit"), // it has no compiler of its own
			ownTSC("scripts"),
			shellcheckErrors,
		},
		known: "scripts has TypeScript 4.7, and Lanser 4.9: neither reads the decorators of its tests, of which each " +
			"reports other errors of syntax; tsc then leaves out all errors of types",
	},
	{
		name: "Loose scripts: autojump", copy: debianCopy("autojump=22.5.1-1.1"),
		native: []nativeCheck{pyrightProject, shellcheckErrors},
	},
	{
		name: "Terraform: terratest examples", unverified: "nothing was checked",
		copy: part(goCopy("github.com/gruntwork-io/terratest@v0.50.0"), "examples/terraform-basic-example"),
	},
}

// createVue is the project that create-vue writes.
func createVue(t testing.TB) string {
	dir := indextest.Files(t, nil)
	script := filepath.Join(indextest.NPM(t, "create-vue@3.18.5"), "bundle.js")
	cmd := exec.Command("node", script, "app", "--ts", "--router", "--vitest")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return filepath.Join(dir, "app")
}

// npmCopy is a code base with parts of an npm package and its package.json.
func npmCopy(version string, parts ...string) func(testing.TB) string {
	return func(t testing.TB) string {
		from := indextest.NPM(t, version)
		dir := indextest.Files(t, nil)
		for _, p := range append(parts, "package.json") {
			at := filepath.Join(from, p)
			info, err := os.Stat(at)
			if err != nil {
				t.Fatal(err)
			}
			if info.IsDir() {
				layFolder(t, filepath.Join(dir, p), at)
				continue
			}
			raw, err := os.ReadFile(at)
			if err != nil {
				t.Fatal(err)
			}
			indextest.Write(t, dir, p, string(raw))
		}
		return dir
	}
}
