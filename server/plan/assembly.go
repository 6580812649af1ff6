package plan

import (
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/cbuild"
	"lanser/server/trace"
)

// A compilation database may list assembly, which the server of C does not read. It belongs to what is built, so a
// check owes it, and the part of that server has the compiler of the database read it.

// asksForAssembly is the question that a trace has if the check knew of assembly.
const asksForAssembly = "is assembly of compilation databases checked"

// assembler returns the server in whose part the compiler reads a file; nil if that is not assembly that a compilation
// database lists.
func (p *planner) assembler(file string) *catalogue.Server {
	if !cbuild.IsAssembly(file) || !p.Format.Has(trace.Coverage) {
		return nil
	}
	for _, srv := range catalogue.Servers {
		isOther := p.Request.Options.Server != "" && p.Servers.Named != srv.Name
		if !srv.ByCommands || isOther {
			continue
		}
		if _, isListed := p.compileCommands(srv)(file); !isListed {
			continue
		}
		if p.assembly == nil {
			knows := p.Servers.Log.Knows(asksForAssembly)
			p.assembly = &knows
			if knows {
				_, err := p.Servers.Log.Ask(asksForAssembly, func() ([]byte, error) { return nil, nil })
				knows = err == nil
			}
		}
		if *p.assembly {
			return srv
		}
	}
	return nil
}

// compileCommands returns the commands of the compilation databases of a server, which are looked for once.
func (p *planner) compileCommands(srv *catalogue.Server) func(string) (cbuild.Command, bool) {
	if p.commands[srv] == nil {
		p.commands[srv] = cbuild.Commands(srv.BuildView(p.Snap))
	}
	return p.commands[srv]
}

// addAssembly puts assembly into the part of a server.
func (p *planner) addAssembly(srv *catalogue.Server, file string, named bool) {
	p.plan.Files++
	f := &planFile{path: file, named: named, noun: "assembly file", owed: true}
	switch {
	case p.excludes.Match(file):
		p.plan.Excluded++
		p.decide(srv, f.covered(bundle.Excluded, bundle.ByPatterns, ""))
	case p.affected != nil && !named && !p.affected.has(srv, file):
		p.decide(srv, f.covered(bundle.Excluded, p.affected.reason, ""))
	default:
		c := p.part(srv)
		c.compiled = append(c.compiled, f)
	}
}
