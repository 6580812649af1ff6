package catalogue

import "lanser/server/project"

// Answering describes a server's answers about symbols: what they contain, and what is missing in them. For example,
// OneFile means that references from other files are missing.
type Answering struct {
	// Offers are the capabilities of LSP that its pinned version has.
	Offers []string
	// OneFile is true if it looks for a name in the file that it is asked about and in no other.
	OneFile bool
	// unseen returns a function of a file that mentions a name: why the server leaves it out of
	// a search for the references to a symbol in target, "" if it does not.
	Unseen func(srv *Server, v project.View, target string) func(file string) string
	// otherBuild returns a file outside of the server's build that may make a word of p the symbol, though it means
	// another in the server's build; "" for none.
	otherBuild func(v project.View, sym project.Symbol, p string) string
	// ImportsDeclare is true if it takes the names of imports and exports for declarations, and leaves them out of
	// references without declarations.
	ImportsDeclare bool
	// ProposesKeys is true if it completes a string with the strings that its type allows, such as the keys of a type.
	ProposesKeys bool
	// OmitsPlace is true if references without declarations are all references but the place that it is asked about.
	OmitsPlace bool
	// BasesInHeaders is true if types of its languages name their bases in their headers and nowhere else.
	BasesInHeaders bool
	// Guesses is true if it answers questions about code that it has not read, such as an inactive
	// branch, by looking for the name. It shows no hover there.
	Guesses bool
	// GuessesInErrors is true if Guesses is about code with errors: at m.run() with m of a type that is not known, it
	// answers with some method run, and shows that in its hover. Its search finds no use there.
	GuessesInErrors bool
	// WholeUses is true if the ranges of its references are whole uses: a qualified name, a call with its arguments.
	WholeUses bool
	// SupplementFor are the extensions of files in which the server named Supplementary knows
	// constructs of the language that this one does not, or of files that only that one reads.
	SupplementFor []string
	Supplementary string
	// SupplementsApart is true if the words of a question are put to that server in a session of their own: two servers
	// that supplement each other would wait for each other's sessions.
	SupplementsApart bool
	// OneDefinition is true if it takes all definitions of a name with external linkage for one
	// symbol, and answers with any of them.
	OneDefinition bool
	// Toggles is true if it answers a question for the definition at a definition with the declaration, and a question
	// for the declaration at a declaration with the definition.
	Toggles bool
	// ImplementsDirectly is true if the implementations that it names are the direct ones.
	ImplementsDirectly bool
	// KnowsOverrides is true if the implementations of a method that it names are all overrides of it.
	KnowsOverrides bool
	// Why is the reason, for the evidence, to take its answers for complete.
	Why string
}
