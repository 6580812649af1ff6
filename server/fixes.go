package server

import (
	"fmt"

	"lanser/server/lsp"
)

// noteUnaskedFixes says that the servers were not asked for the fixes of all findings.
func (a *answer) noteUnaskedFixes(s *lsp.Session) {
	if n := s.UnaskedFixes(); n > 0 {
		a.Bundle.Evidence.Note(fmt.Sprintf(
			"%s was not asked for fixes of %d findings: there are too many", s.Server().Name, n,
		))
	}
}
