//go:build !cgo

package syntax

// The parsers are C code. Without a C compiler this package cannot be built, and the
// undefined name below is how the go command says so.
const _ = lanser_needs_a_C_compiler__install_gcc_and_set_CGO_ENABLED_1
