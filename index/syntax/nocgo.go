//go:build !cgo

package syntax

import "embed"

// The parsers are C code, so this project cannot be built without a C compiler. The pattern below matches no file. The
// go command looks for such files before it compiles anything, so this sentence is all that it prints. Without it, it
// would print an error for each name of C that the library of the parsers lacks.
//
//go:embed "lanser needs a C compiler for its parsers: install gcc, or set CC to another, and do not set CGO_ENABLED to 0"
var _ embed.FS
