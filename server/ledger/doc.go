// Package ledger owns the account of a name (spec section 4, "the ledger"): every whole
// occurrence of a symbol's name in the text of the workspace is entered once, so that an answer
// about the symbol's uses does not rest on the word of the language server alone.
//
// It promises:
//
//  1. Every word is entered under exactly one [Entry], and the sums of the entries add up to
//     the number of words.
//  2. A word is [Other] or [NotCode] only if syntax, a rule of the language or the server's own
//     answer at that very place says so. What nobody can say is [Possible], with the reason.
//  3. The same words, rules and answers give the same ledger, in whatever order the answers
//     arrive. The number of questions is bounded by [MaxAsked]; words beyond it are Possible. Where they are more
//     and the symbol is one of many of an answer, fewer are asked about: the answer is partial either way.
//
// It reads no files, knows no language and talks to no server: words, rules and answers come in
// through [Question].
package ledger
