package dangers_test

import (
	"path"
	"testing"

	"lanser/server/dangers"
)

func TestFlagsOfClangThatExecuteSomethingAreRefused(t *testing.T) {
	database := func(command string) string {
		return `[{"directory":"/r/s/ws","file":"a.c","command":"` + command + `"}]`
	}
	for _, tt := range []struct{ file, content string }{
		{"compile_commands.json", database("clang -x hip --offload-arch=native --amdgpu-arch-tool=./evil -c a.c")},
		{"compile_commands.json", database("clang --nvptx-arch-tool=/usr/bin/evil -c a.c")},
		{"compile_commands.json", database("clang --offload-arch-tool=./evil -c a.c")},
		{"compile_commands.json", database("clang '--amdgpu-arch-\\\\tool=./evil' -c a.c")},
		{"compile_commands.json", database("clang --config=evil.cfg -c a.c")},
		{"compile_commands.json", database("clang --config evil.cfg -c a.c")},
		{"compile_commands.json", database("clang --config-user-dir=/r/s/ws -c a.c")},
		{"compile_commands.json", database("clang @args -c a.c")},
		{"compile_commands.json", database("clang @/r/s/ws/args -c a.c")},
		{"compile_commands.json", database("clang @more -c a.c")},
		{"compile_commands.json", database("clang -fopenmp-targets=amdgcn-amd-amdhsa -B/r/s/ws -c a.c")},
		{"compile_commands.json", database("clang -x cuda --offload-arch=native -Bbin -c a.c")},
		{"compile_commands.json", database("clang -x hip --offload-arch=native -B.. -c a.c")},
		{"compile_commands.json", database("clang --target=nvptx64 -march=native -ccc-install-dir /r/s/ws -c a.c")},
		{"compile_commands.json", database("/r/s/ws/bin/clang -fopenmp --offload-targets=amdgcn -c a.c")},
		{"compile_commands.json", database("bin/clang -x hip -c a.c")},
		{"compile_commands.json", database("/r/s/ws/configured/clang --offload-compress -c a.c")},
		{"compile_commands.json", `[{"directory":"/r/s","file":"a.hip","arguments":["ws/bin/clang","-c","a.hip"]}]`},
		{"compile_commands.json", `[{"directory":"/r","file":"a.c","arguments":["clang","--nvptx\u002darch-tool"]}]`},
		{"compile_commands.json", "- directory: /r/s/ws\n  \"file\": a.c\n  command: clang --amdgpu-arch-tool=x a.c\n"},
		{"build/compile_commands.json", database("clang --amdgpu-arch-tool=./evil -c a.c")},
		{"src/compile_commands.json", database("clang --amdgpu-arch-tool=./evil -c a.c")},
		{"../compile_commands.json", database("clang --amdgpu-arch-tool=./evil -c a.c")},
		{"../../build/compile_commands.json", database("clang --amdgpu-arch-tool=./evil -c a.c")},
		{"compile_flags.txt", "-xhip\n--amdgpu-arch-tool=./evil\n"},
		{"src/compile_flags.txt", "@args\n"},
		{".clangd", "CompileFlags:\n  Add: [--amdgpu-arch-tool=./evil]\n"},
		{".clangd", "CompileFlags:\n  Add:\n    - '--config=./evil'\n"},
		{".clangd", "CompileFlags: {Add: ['@args']}\n"},
		{".clangd", "CompileFlags: {Compiler: bin/clang, Add: [-xhip, --offload-arch=native]}\n"},
		{".clangd", "CompileFlags:\n  Add: [\"--amdgpu\\x2darch-tool=./evil\"]\n"},
		{".clangd", "CompileFlags:\n  Add: [\"--amdgpu-arch-\\\n    tool=./evil\"]\n"},
		{".clangd", "CompileFlags:\n  CompilationDatabase: db\n"},
		{"src/.clangd", "CompileFlags:\n  Add: --nvptx-arch-tool=x\n"},
		{"b.c", "#include \".git/config\"\n"},
		{"b.c", "int x;\n  # /* x */ include </r/s/ws/.git/config>\n"},
		{"src/b.h", "const char c[] = {\n#embed \"../.git/config\"\n};\n"},
		{"src/b.inc", "%:em\\\nbed \"../.gi\\\nt/config\"\n"},
		{"b.cpp", "#define X <a>\n#embed X\n"},
		{"compile_flags.txt", "-I.git\n"},
		{"compile_commands.json", database("cc -include .git/config -c a.c")},
		{"compile_commands.json", database("cc -isystem ../.git -c a.c")},
		{".clangd", "CompileFlags:\n  Add: [-imacros, /r/s/ws/.git/config]\n"},
	} {
		d := memory{
			".": "-> /r/s/ws", "src/a.c": "", "args": "-O2 --amdgpu-arch-tool=./evil", "more": "@args",
			"db/compile_commands.json": database("clang --amdgpu-arch-tool=./evil -c a.c"),
			"configured/clang.cfg":     "--amdgpu-arch-tool=./evil", "src/args": "--amdgpu-arch-tool=./evil",
			tt.file: tt.content,
		}
		file, why := dangers.RefuseClang(d)
		if why == "" || path.Clean(file) != tt.file {
			t.Errorf("%s: %s: refused %q for %q", tt.file, tt.content, file, why)
		}
	}
}

func TestFlagsOfClangThatExecuteNothingAreAllowed(t *testing.T) {
	database := func(command string) string {
		return `[{"directory":"/r/s/ws/build","file":"../a.c","command":"` + command + `"}]`
	}
	for _, tt := range []struct{ file, content string }{
		{"compile_commands.json", "[]"},
		{"b.c", "// see https://x.org/y.git/ and .git/config\n#include \"x.git/a.h\"\n#include \".github/a.h\"\n"},
		{"b.c", "const char c[] = {\n#embed \"logo.png\"\n};\n#include MACRO\n"},
		{"compile_commands.json", database("cc -I../x.git -DURL=https://x.org/y.git -DDIR=.git -I.github -c ../a.c")},
		{"compile_commands.json", "no JSON"},
		{"compile_commands.json", database("cc -O2 -Wall -I../include -DX=1 -march=native -c ../a.c")},
		{"compile_commands.json", database("/usr/bin/clang -x cuda --offload-arch=native -march=native -c ../a.c")},
		{"compile_commands.json", database("/opt/rocm/bin/clang++ -x hip --offload-arch=gfx90a -c ../a.c")},
		{"compile_commands.json", database("clang -fopenmp -fopenmp-targets=nvptx64-nvidia-cuda -c ../a.c")},
		{"compile_commands.json", database("gcc -B/usr/lib/gold -fopenmp -c ../a.c")},
		{"compile_commands.json", database("gcc -B/r/s/ws/tools -c ../a.c")},
		{"compile_commands.json", database("../toolchain/bin/arm-none-eabi-gcc -mcpu=cortex-m4 -c ../a.c")},
		{"compile_commands.json", database("gcc @includes.rsp -c ../a.c")},
		{"compile_commands.json", database("gcc @absent.rsp -DMAIL=a@b -c ../a.c")},
		{"compile_flags.txt", "-xc++\n-std=c++20\n-Iinclude\n"},
		{".clangd", "CompileFlags:\n  Add: [-Wall, -xc++]\n  Compiler: clang++\nDiagnostics:\n  Suppress: '*'\n"},
		{".clangd", "If:\n  PathMatch: .*\\.(h|hpp)\nCompileFlags:\n  Remove: -W*\n"},
		{".clangd", "InlayHints:\n  Enabled: No # hip, cuda, @nobody\n"},
		{"docs/compile_commands.json.txt", database("clang --amdgpu-arch-tool=./evil")},
	} {
		d := memory{
			".": "-> /r/s/ws", "a.c": "", "build/includes.rsp": "-I../include -I/usr/include/openmp",
			tt.file: tt.content,
		}
		if file, why := dangers.RefuseClang(d); why != "" {
			t.Errorf("%s: %s: refused: %s: %s", tt.file, tt.content, file, why)
		}
	}
}
