package server

import (
	"context"
	"fmt"

	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
)

// clangd reports what its own version of clang fails on. The build may have another compiler, as its compilation
// database says: an older one, or GCC, which only warn of some of that. GCC before release 14, for instance, warns of a
// call of a function that is not declared, and clang fails on it since release 16. The verdict of a check is to be that
// of the build, so such findings become warnings. What the compilers fail on is in package catalogue.

// compilers knows the compilers of a workspace's C files: the command that compiles each, and the versions of the
// programs, by their names, each of which is asked once. It is used by one goroutine.
type compilers struct {
	e        *Engine
	a        *answer
	commands func(file string) (catalogue.BuildCommand, bool)
	versions map[string]string
}

// compilersOf returns the compilers of the files of a session; nil if its server reads no compilation database.
func (e *Engine) compilersOf(a *answer, s *lsp.Session) *compilers {
	if s.Server().Database == nil {
		return nil
	}
	return &compilers{e: e, a: a, commands: s.Server().CompileCommands(a.Disk), versions: map[string]string{}}
}

// judge gives the findings of a file the severities that its compiler gives them. unread says what the file is written
// in, if the compiler can read it and the server cannot: then the findings say nothing. Only errors are judged, and
// only in files that the database has: nobody knows who compiles the others.
func (c *compilers) judge(ctx context.Context, file string, found []bundle.Diagnostic) (unread string) {
	if c == nil {
		return ""
	}
	command, ok := c.commands(file)
	if !ok {
		return ""
	}
	for i := range found {
		d := &found[i]
		if d.Severity != "error" {
			continue
		}
		if what := command.Unreadable(d.Code); what != "" {
			return what
		}
		if command.OnlyWarns(c.version(ctx, command), d.Code) {
			d.Severity = "warning"
		}
	}
	return ""
}

// version returns the version that a compiler prints about itself; "" if it is not here, or its name is not one of a
// compiler that may be run. A name in a compilation database is content of the repository, which must not choose what
// is executed (spec section 8, point 5): the program is looked for by its base name on PATH, outside of the workspace.
func (c *compilers) version(ctx context.Context, command catalogue.BuildCommand) string {
	name := command.Compiler()
	if _, known := c.versions[name]; !known {
		c.versions[name] = ""
		key := "version of " + name
		if command.AsksVersion() && c.e.log.Knows(key) {
			out, err := c.e.log.Ask(key, func() ([]byte, error) {
				return []byte(c.e.machine.VersionOf(ctx, c.a.host, name)), nil
			})
			if err == nil {
				c.versions[name] = string(out)
			}
		}
	}
	return c.versions[name]
}

// unreadReason is the reason of a file that the compiler can read and the server cannot.
func unreadReason(srv *catalogue.Server, what string) string {
	return fmt.Sprintf("%s cannot read %s", srv.Name, what)
}
