package trace

// Version is the format version of the traces that are written. What came with each version is at the constants below,
// and the first version had none of it.
const Version = 20

// Oldest is the oldest format version that is read. See [Header.Version] for what can be replayed.
const Oldest = 1

// Format is the format version of the trace that an engine replays; zero if it replays none.
//
// A trace has answers to the questions that were asked when it was recorded, and to no others. An engine that has
// learnt to ask more since then must not do so in the replay of an older trace, or its bundles would not come out as
// they were recorded.
type Format int

// What engines ask or answer since a format version, for [Format.Has].
const (
	// Ledger: a request about uses asks the server about every word of the symbol's name. Older answers about uses
	// cannot be made any more, and are refused.
	Ledger Format = 2
	// Coverage: the bundles of checks hold the state of each file.
	Coverage Format = 3
	// Releases: the release of a compiler that a project uses decides which server is asked.
	Releases Format = 4
	// OtherBuilds: files of other builds of Go are asked about in sessions of those builds, and TypeScript for imports.
	OtherBuilds Format = 5
	// Affected: a check of a patch leaves files out that do not depend on it.
	Affected Format = 5
	// Linters: linters are asked about the files of the projects that configure them.
	Linters Format = 6
	// Imports: a use under another name is asked about at the symbol's declaration, symbolic links in paths that a
	// server names are followed, and symbols that the language calls without their names are a doubt.
	Imports Format = 7
	// StringKeys: servers are asked about strings that may be keys of a type, as in get(user, "email"), and what
	// they leave out of families is found or a doubt.
	StringKeys Format = 8
	// Leading: servers that do not read changed files by themselves are led to them, and not restarted.
	Leading Format = 9
	// Hover: a hover is asked for where a server may guess a definition.
	Hover Format = 9
	// Links: files that no import connects with a symbol's stay closed, and are not asked about.
	Links Format = 10
	// OnlyNames: a place that is no identifier is an error.
	OnlyNames Format = 10
	// Bounds: the function that is given an object is asked about, as the type that bounds its parameter may have the
	// key. Names under which a CommonJS module exports the symbol are followed.
	Bounds Format = 11
	// Reexports: selectors find a name in modules that hand it on.
	Reexports Format = 11
	// FewOpen: files that no import connects with a symbol's stay open where they are few.
	FewOpen Format = 12
	// Literals: strings of a type that is a union of literals are followed to where their values are read.
	Literals Format = 12
	// AffectedTypeScript is [Affected], for TypeScript and JavaScript.
	AffectedTypeScript Format = 12
	// ClosedChecks: checked files stay closed where that changes no finding.
	ClosedChecks Format = 12
	// DataDoubt: a check is doubted where an overlay or a patch changes data that servers read from the disk.
	DataDoubt Format = 12
	// BrokenConfig: a wrong configuration of a build tool is a finding, and no error.
	BrokenConfig Format = 12
	// HeaderContext: a header of C that makes no sense alone is read after what a source includes before it.
	HeaderContext Format = 13
	// OpenScripts: scripts of the shell stay open after a question.
	OpenScripts Format = 14
	// ComputedMembers: servers are asked about strings that select members of values of which they know nothing, as in
	// user["email"], and about keys of objects whose type is made from the keys of another type.
	ComputedMembers Format = 15
	// Conditions: an import that leads to another file for another runtime is a doubt.
	Conditions Format = 15
	// FewerAside: of a symbol of an answer about many, such as an impact, fewer words are asked about where there are
	// more than the server is asked about.
	FewerAside Format = 15
	// Hastened: files about which a server says the same open and closed are opened where it is faster.
	Hastened Format = 15
	// OtherNames: types below another name of a type are found or a doubt, and so are uses through strings that name an
	// import, and through constants and unions that hold the name of a member. Decorators are calls.
	OtherNames Format = 15
	// NamelessScripts: servers are sent the scripts of the shell whose names have no extension.
	NamelessScripts Format = 15
	// FailedLinters: a file has not been checked if the server logs that it has given up on the file, or that its
	// linter has failed.
	FailedLinters Format = 15
	// LocalWords: words of JavaScript that mean a parameter or variable of their file are not asked about.
	LocalWords Format = 15
	// FileNames: code outside of all declarations is named by the last part of its file's path.
	FileNames Format = 16
	// WrittenPaths: the error about a path outside the workspace has the path as it was written.
	WrittenPaths Format = 16
	// PlainCauses: the error about a server that has ended holds no time and no folder of the machine.
	PlainCauses Format = 16
	// ChecksApart: the session that is sent other lines for its diagnostics than the files have answers nothing else.
	ChecksApart Format = 16
	// Conventions: strings and options that name a symbol by a convention of a library or a tool are possible uses.
	Conventions Format = 16
	// PutTogether: code that puts together the name of a member which it looks up is a doubt.
	PutTogether Format = 16
	// Alternatives: a name that a module imports from one of several others may be each of them where it is imported
	// from that module.
	Alternatives Format = 16
	// GivenKeys: strings that are given to a call together with an object that has the member are possible uses.
	GivenKeys Format = 16
	// SelectedExports: strings that select what a module exports, as in store["load"], are asked about.
	SelectedExports Format = 16
	// ImportedAliases: a word that is another name of the symbol may mean it in a file that imports it under that name.
	ImportedAliases Format = 16
	// ScriptsByContent: servers are sent the scripts of the shell whose names do not tell their language, as .profile,
	// tool-1.2 and all.bats.
	ScriptsByContent Format = 16
	// ReadContext: what a file uses is asked about by hover where a server may guess a definition.
	ReadContext Format = 16
	// Surfaces: what a module exports has what it hands on of others, and headers of function values without their
	// bodies.
	Surfaces Format = 16
	// NamespaceAliases: a namespace of C++ that an alias is declared for is used there, whatever the server names.
	NamespaceAliases Format = 16
	// UnusedIncludes: an include whose names are not used is a hint. Files that no server is known for say what helps.
	UnusedIncludes Format = 16
	// MissingLibrary: what rust-analyzer finds without the standard library, and no compiler has checked, is left out.
	MissingLibrary Format = 16
	// Declaring: where a server sees the open files alone, those that declare the name are open for each question.
	Declaring Format = 16
	// CompilerDecides: the compiler of a file of C or C++ says whether clangd's errors are errors, and reads files
	// about which clangd reports too little.
	CompilerDecides Format = 17
	// SettingsBelow: a check of a workspace without settings of pyright uses those that lie in folders below.
	SettingsBelow Format = 17
	// SwallowedKeywords: a keyword of a script that the shell takes for an argument is an error.
	SwallowedKeywords Format = 17
	// Suggestions: an error about a name suggests names with as many parts, and takes a first part that nothing is
	// named for a package.
	Suggestions Format = 17
	// PackageNames: api takes the name of a package in a package.json or in a package clause of Go.
	PackageNames Format = 17
	// SyntaxHint: the error that there is no server says that an answer from syntax alone can be had.
	SyntaxHint Format = 17
	// DefiningUsed is [Declaring] for what a file uses: the files that define it are open.
	DefiningUsed Format = 17
	// UnloadedAside: a symbol further away, in a file that the server has not loaded, is a doubt and no error.
	UnloadedAside Format = 17
	// PrivateNames: the uses of private names of JavaScript are followed further away.
	PrivateNames Format = 17
	// SelectedDefaults: the word default, where it selects what a module exports as default by a name, is asked about.
	// A module that is loaded by an expression is a possible use of what it exports so.
	SelectedDefaults Format = 17
	// AssignedMembers: what a module assigns to a member of an object may be used in files that do not import it.
	AssignedMembers Format = 17
	// PythonInStrings: types that are written as strings are asked about, and strings with code that imports the symbol
	// are possible uses.
	PythonInStrings Format = 17
	// Unresolved: a definition that is an import which leads nowhere is a doubt, and a type with such a base may be a
	// subtype.
	Unresolved Format = 17
	// LocalTypes: interfaces of Go that have no name, and types that functions of Go declare, are asked for their
	// implementations.
	LocalTypes Format = 17
	// ExampleValues: examples of rustdoc use the members of types that they do not name.
	ExampleValues Format = 17
	// Generators: directives that generate code name types of Go.
	Generators Format = 17
	// Operators: templates may call the operators of C++, whose names are not written there.
	Operators Format = 17
	// Renewal: a server that refuses files which it has not loaded is replaced by a new one, once.
	Renewal Format = 17
	// OwnDeclarations: a definition of C or C++ that is asked about is the definition, whatever clangd names.
	OwnDeclarations Format = 18
	// FurtherNames: selectors find what a type has by embedding others, and errors suggest the declaration around a
	// line, files whose paths end alike, and first the whole name.
	FurtherNames Format = 18
	// NearNames: errors suggest what is written in another case first, files whose names are similar, and the files,
	// modules and folders that a path without a name means.
	NearNames Format = 19
	// OutlineImports: outlines mark what is an import.
	OutlineImports Format = 19
	// Impls: traits of Rust are implemented in functions, and under other names of the trait.
	Impls Format = 18
	// UnseenFiles: a check of a change is doubted where the server reads a file from disk that others import or source.
	UnseenFiles Format = 18
	// RustInclusions: files of any name that are included as code of Rust may use its symbols.
	RustInclusions Format = 18
	// Keywords: a place at which there is no name but a keyword, a number or a comment is an error.
	Keywords Format = 18
	// OtherCalls: functions are called by the names of variables that they are assigned to, and classes are not called
	// in the patterns of Python.
	OtherCalls Format = 18
	// IndexModules: an index file is also named by the word index.
	IndexModules Format = 18
	// Components: servers with the plugin of a framework read single-file components, and are asked about TypeScript
	// where a workspace has some.
	Components Format = 18
	// Labels: the name of a field that a rename inserts before a local of the same name is one edit with the local.
	Labels Format = 18
	// Internal: what is static in a file of C, or in a namespace without a name, is not used in other files that are
	// compiled apart.
	Internal Format = 18
	// KeywordsAside: words that are keywords where they stand are not asked about.
	KeywordsAside Format = 18
	// OptionalMembers: what lacks members of a type that may be missing matches the type, and a rename that would leave
	// it with the old name is refused.
	OptionalMembers Format = 18
	// ExportedAgain: what a CommonJS module exports under a second name is followed.
	ExportedAgain Format = 18
	// TypedBases: a class whose base is a parameter may be below the classes in the type of the parameter.
	TypedBases Format = 18
	// KeptProjects: a check keeps a file of each project open, which the server would load for each file anew.
	KeptProjects Format = 18
	// OuterProjects: files are also judged by a project further up that includes them.
	OuterProjects Format = 18
	// FunctionValues: what a function of Go, Rust, C or C++ names as a value, and variables that it calls, are among
	// its callees.
	FunctionValues Format = 18
	// Inherited: a member is also implemented by what a type inherits of another base.
	Inherited Format = 18
	// RequiredInPlace: a CommonJS module that an expression loads is a possible use of what the module is.
	RequiredInPlace Format = 18
	// PastedNames: what macros of C put together from a name is no use of it, and is left behind by a rename.
	PastedNames Format = 18
	// LoneManifests: a manifest of Rust without any source below it is checked, and tests in Bats without a first line
	// are among the files that nobody checks.
	LoneManifests Format = 18
	// Reflected: strings that name a member of Go are possible uses where members are looked up by names in variables,
	// and code that puts together the name which it looks up is a doubt.
	Reflected Format = 18
	// TypeSets: what implements an interface of Go that lists types is a doubt.
	TypeSets Format = 18
	// InheritedConstructors: a constructor of C++ that a class inherits, or that makes a part of other objects, is
	// called without its name, which is a doubt.
	InheritedConstructors Format = 18
	// NewTOML: configurations of Cargo and pyright may be of TOML 1.1.
	NewTOML Format = 18
	// BrokenPyrightConfig: a configuration of pyright that is no JSON or TOML is a finding.
	BrokenPyrightConfig Format = 18
	// Relocation: places of earlier versions are carried over by rules that find more of them, and fewer wrong ones.
	Relocation Format = 19
	// CodeIsNoTemplate: code of Go after two braces, as in []T{{Name: t.Name}}, is no action of a template.
	CodeIsNoTemplate Format = 19
	// Specials: a patch that changes symbolic links or submodules is applied to the rest.
	Specials Format = 19
	// HeldCommands: callees of the shell are partial where a function runs a command that its text does not name.
	HeldCommands Format = 19
	// OperatorsOfRust: methods behind operators of Rust are among the callees, and macros that call functions are a
	// doubt.
	OperatorsOfRust Format = 19
	// CalledThrough: variables that are called through an expression, as in (c ? f : g)(1), are among the callees, and
	// the variants of enums are not.
	CalledThrough Format = 19
	// AttributePaths: strings of attributes of Rust that hold no paths name no functions and types.
	AttributePaths Format = 19
	// LocalsOfRust: a variable or parameter of a function of Rust is used in that function alone.
	LocalsOfRust Format = 19
	// Aliased: an alias of the shell may run the function that its value names.
	Aliased Format = 19
	// OwnOfCPP: overrides of C++ are family, whether the server lists them among references or not, and each
	// declaration of an operator or of a specialization is listed once.
	OwnOfCPP Format = 19
	// CalledValues: what functions of TypeScript, JavaScript and Python return, and what is made of functions, is
	// followed to where it is called, and Python calls methods without writing their names.
	CalledValues Format = 19
	// ApartFromWork: what downloads the modules of a module that go.work does not use has GOWORK=off.
	ApartFromWork Format = 19
	// FixedDatabases: where .clangd names the folder of the compilation database, no other one is used.
	FixedDatabases Format = 19
	// YarnFiles: checks leave out the files of Yarn itself.
	YarnFiles Format = 19
	// WorseIsNew: a finding that was less severe in the earlier check is new, and not only if it was a hint.
	WorseIsNew Format = 19
	// ApartInGo: types of Go in modules that the server loads apart from the target's, in folders that the go command
	// leaves out, and in packages that do not import the target's, are asked whether they implement it.
	ApartInGo Format = 19
	// AskedAtMembers: a use of a member of TypeScript or Python is asked about at the member's declaration.
	AskedAtMembers Format = 19
	// ForeignModules: members of modules that are none of the workspace, and of process, are no symbols of it.
	ForeignModules Format = 19
	// MatchingMembers: members of interfaces of TypeScript and protocols of Python are the family of those of classes
	// that have all members of the type and do not name it.
	MatchingMembers Format = 19
	// RepeatedNames: the string by which a variable of Python tells its name, as in T = TypeVar("T"), is a use of it,
	// and a string that a call takes for a type may name a variable.
	RepeatedNames Format = 19
	// OutsideDatabases: a file outside of the workspace has no compilation database of the workspace.
	OutsideDatabases Format = 19
	// UnresolvedCrates: packages of Rust that nobody can build together are a finding in their manifests.
	UnresolvedCrates Format = 19
	// RequiredNames: a name of a CommonJS module that has its value from a word of another is asked about where that is
	// declared.
	RequiredNames Format = 20
	// ObjectFlows: the keys of an object of TypeScript that goes to a member's type are the family of the member.
	ObjectFlows Format = 20
	// MethodsAtUses: a use of a method of C++ is asked about at the method's declaration.
	MethodsAtUses Format = 20
	// WordStarts: a place at the end of a word is asked about at the word's start.
	WordStarts Format = 20
	// TypedArguments: arguments of types and parameters of functions in names choose a specialization or an overload.
	TypedArguments Format = 20
	// UndeclaredNames: the error for a name that nothing declares says where code of C, C++ and Rust has the word.
	UndeclaredNames Format = 20
	// UnlistedSources: what clangd knows of sources that no compilation database lists is left out, as it depends on
	// what was asked before; where there is no database, declarations of C in other sources are known by their names.
	UnlistedSources Format = 20
	// FamilyInBuilds: methods of Go in files of builds with other tags are asked whether they are of the family.
	FamilyInBuilds Format = 20
	// HeldInLists: variables of Go and Rust that are assigned a list of functions are callees where an element is
	// called, and so are those outside of a function that are assigned one without a name.
	HeldInLists Format = 20
	// Trapped: functions of the shell that trap, complete and mapfile are given are callees, and what gives them calls
	// them.
	Trapped Format = 20
	// AugmentedDefaults: the default export of a module that the workspace augments is followed to the names under
	// which it is imported.
	AugmentedDefaults Format = 20
	// FieldsApart: members of the types that are written out for fields of TypeScript have no relatives by the names of
	// the fields, and labels of statements are no uses.
	FieldsApart Format = 20
	// CopiedFields: strings that select from a dictionary with the fields of an object may name a field of Python.
	CopiedFields Format = 20
	// PassedFixtures: the parameters to which pytest certainly passes a fixture are uses of it, also of the methods of
	// classes, and those that are given another are none.
	PassedFixtures Format = 20
	// MarkupText: words of the text of elements of JSX, as in <p>text</p>, are no code.
	MarkupText Format = 20
	// ExportedAs: api tells the other names under which a module of TypeScript exports its own, without a doubt, and
	// takes a package of the workspace by its name before one that is installed.
	ExportedAs Format = 20
	// WrongKinds: a question that a symbol's kind cannot answer, such as that for the callers of a struct of Go, is a
	// mistake of who asks, and no failure of the server.
	WrongKinds Format = 20
	// AppliedPatch: the error about a patch that the files already contain says so.
	AppliedPatch Format = 20
	// NestedWorkspaces: a workspace of Rust whose members are workspaces of their own is a finding in their manifests.
	NestedWorkspaces Format = 20
	// GoneScripts: a build script of Rust that does not exist is a finding in the manifest that names it.
	GoneScripts Format = 20
	// LoadingOnce: what keeps a Go package from being loaded is one finding, at its place.
	LoadingOnce Format = 20
	// CollidingImports: import paths of Go that differ in case alone are findings.
	CollidingImports Format = 20
	// VendoredBodies: a check of Go asks what the compiler finds in vendored packages.
	VendoredBodies Format = 20
	// FixedFlags: where .clangd names the folder of the compilation database, no other file of flags is used.
	FixedFlags Format = 20
	// CalleesInBuilds: functions that other builds of Go have in place of a callee are callees too.
	CalleesInBuilds Format = 20
	// SvelteComponents: servers read components of Svelte, and are asked about TypeScript next to them.
	SvelteComponents Format = 20
	// EachCommand: compilers read a file of C by each command of its compilation database.
	EachCommand Format = 20
	// FinalPushes: diagnostics of configuration files that a server pushes are read when no check of it is going on.
	FinalPushes Format = 20
	// NamedPipes: the error that time was up names a named pipe of the workspace, and says for how many files in words.
	NamedPipes Format = 20
	// UnnamedInCPP: what loops over ranges, the ends of scopes, delete and inherited constructors call is asked about.
	UnnamedInCPP Format = 20
	// KeysOfEnums: strings that select a member of an enumeration of Python are asked about, members of functions and
	// modules are no members of classes, and so are names of arguments of what cannot call the symbol; what copies the
	// fields of its parameter may copy any.
	KeysOfEnums Format = 20
	// AutomaticFixtures: a fixture that pytest passes to all tests is a doubt.
	AutomaticFixtures Format = 20
	// OtherPrograms: sources of C that define a name for another program use their own definition.
	OtherPrograms Format = 20
	// NeverBuilt: what "#if 0" leaves out of C is no possible use.
	NeverBuilt Format = 20
	// TrappedText: the first command in the text of a trap is a call.
	TrappedText Format = 20
	// QualifiedCalls: a call of C++ such as Base::run() is asked about, as clangd lists it for overrides too.
	QualifiedCalls Format = 20
	// Derived: methods of Rust that derive calls for a field are a doubt.
	Derived Format = 20
	// OwnNames: a rename leaves other names of the symbol, and comments about members of other types, as they are.
	OwnNames Format = 20
	// GivenProps: keys of objects in files that import a component may give it the property of their name.
	GivenProps Format = 20
	// RelativeDatabases: compilation databases whose folders are relative paths are read, and clangd is told their
	// commands.
	RelativeDatabases Format = 20
	// LinkedMembers: files that a project of TypeScript includes by symbolic links alone are checked under the paths of
	// the links.
	LinkedMembers Format = 20
	// WorkspaceFaults: what keeps the modules of a go.work from being loaded is one finding in go.work, in the words of
	// the go command.
	WorkspaceFaults Format = 20
	// LateErrors: files of C that may have mistakes that compilers find after reading are compiled.
	LateErrors Format = 20
)

// Has reports whether an engine does what came with the version since: always if it replays nothing.
func (f Format) Has(since Format) bool { return f == 0 || f >= since }
