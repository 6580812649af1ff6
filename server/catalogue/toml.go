package catalogue

import (
	"fmt"

	"github.com/pelletier/go-toml/v2"

	"lanser/selectors/text"
)

// decodeTOML decodes a TOML file of a workspace. The decoder recurses at each bracket and at each part of
// a dotted key. Files are refused in which there are too many: Go ends the whole process if a stack
// overflows.
func decodeTOML(raw []byte, into any) error {
	if len(raw) > maxConfiguration {
		return fmt.Errorf("it has more than %d bytes", maxConfiguration)
	}
	if text.Nesting(raw) > maxNesting {
		return fmt.Errorf("brackets are nested more than %d levels deep", maxNesting)
	}
	return toml.Unmarshal(raw, into)
}
