package dangers

import (
	"bytes"
	"path"
	"strings"

	"lanser/selectors/lazyregexp"
)

// luaCode matches settings by which lua-language-server loads code (its wiki, "Plugins" and
// "Libraries").
var luaCode = lazyregexp.New(`(?i)"[^"]*(plugin|pluginArgs|userThirdParty|builtin)[^"]*"\s*:|thirdparty`)

// RefuseLua finds configuration that names plugins or definitions of libraries: both are Lua
// code that the server runs.
func RefuseLua(d Disk) (file, why string) {
	return EachFile(
		d,
		FoldersOf(d, ".luarc.json", ".luarc.jsonc"),
		[]string{".luarc.json", ".luarc.jsonc"},
		func(file string, content []byte) string {
			if luaCode.Match(content) || strings.ContainsRune(string(content), '\\') {
				return path.Base(file) + " may name a plugin, which is loaded as code"
			}
			return ""
		},
	)
}

// RefuseEmmyLua finds configuration that emmylua_ls executes, and configuration that names a program for it to run.
func RefuseEmmyLua(d Disk) (file, why string) {
	names := []string{".emmyrc.lua", ".emmyrc.json"}
	return EachFile(d, FoldersOf(d, names...), names, func(file string, content []byte) string {
		if path.Ext(file) == ".lua" {
			return "it is executed"
		}
		namesTool := strings.Contains(strings.ToLower(string(content)), "externaltool")
		if namesTool || bytes.ContainsRune(content, '\\') {
			return path.Base(file) + " may name a program, which is run"
		}
		return ""
	})
}
