package cbuild

import (
	"path"
	"slices"
	"strings"
)

// Languages maps the extensions of the sources and headers of C and C++ to LSP's languageIds.
var Languages = map[string]string{
	".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".hh": "cpp", ".hpp": "cpp", ".hxx": "cpp",
	".inl": "cpp", ".ipp": "cpp",
}

// Headers are the extensions of files that are compiled as parts of others.
var Headers = []string{".h", ".hh", ".hpp", ".hxx", ".inl", ".ipp"}

// The files in which clangd finds the flags of the sources below their folder.
const (
	DatabaseName = "compile_commands.json"
	FlagsName    = "compile_flags.txt"
	ConfigName   = ".clangd"
)

// DatabasePlaces are the paths of compilation databases, relative to the folder of a source or to a folder above it.
var DatabasePlaces = []string{DatabaseName, "build/" + DatabaseName}

// Language returns the languageId of a file by its name, "" for one that is neither C nor C++.
func Language(file string) string { return Languages[strings.ToLower(path.Ext(file))] }

// IsHeader reports whether a file is compiled as a part of others, by its name.
func IsHeader(file string) bool { return slices.Contains(Headers, path.Ext(file)) }

// IsAssembly reports whether a file is assembly by its name.
func IsAssembly(file string) bool {
	return slices.Contains([]string{".s", ".sx"}, strings.ToLower(path.Ext(file)))
}
