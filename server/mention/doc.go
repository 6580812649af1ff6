// Package mention decides whether a word that spells the name of a symbol can be a use of it, by the rules of
// languages.
//
// # What it owns
//
// The rules by which a word counts for nothing, though it is the name: the symbol is not visible in the file
// ([UsesIn]),
// or the characters next to the word say that it means another thing ([UsesAt]). And the rules by which a word may be a
// use that no server lists: in strings that are imported, patched or computed, in templates, macros and comments with
// code, in files of another language that call the symbol.
//
// # Promises
//
//   - Functions are pure: they read only the view of the workspace and the content that they are given.
//   - A rule excludes a word only if no use of the symbol can be written so. What a rule does not know stays possible.
//   - How far a function looks around a word is bounded by a constant.
//
// # What it does not do
//
// It asks no server, and it does not count: package ledger has the account of all words, package uses draws it up.
package mention
