package main

// Texts that teach a model to use the command line. They are printed by 'lanser init' for the user to copy. Models pay
// for every line of them, so they name the commands that replace a text search, and refer to the help for the rest.

// agentsParagraph is a paragraph for AGENTS.md, for agents that run commands instead of tools. It is short, because
// every conversation pays for it.
const agentsParagraph = `Code questions: "lanser overview NAME", "lanser refs NAME" and "lanser impact NAME" answer from
language servers and list every use, so that no grep for NAME is needed. NAME is Type.method,
path#Name or path:line. "lanser diag" reports errors. Use grep for text. Lanser never changes a file.
`

// skillFile is a SKILL.md: a description that an agent always has, and a body that it reads when the description fits
// what it is about to do. So the body can be longer than agentsParagraph.
const skillFile = `---
name: lanser
description: Answers questions about code from language servers - where a symbol is defined, who uses it,
  what a change breaks, which errors are new. Use it in place of grep when you look for a symbol.
---

Read-only; every answer says whether it is complete.

    lanser overview NAME          declaration, documentation, members, uses
    lanser refs NAME              every use
    lanser impact NAME...         what a change can break, tests apart
    git diff -R | lanser impact --patch -    the same of what you have changed
    lanser context PATH           what a file uses, with declarations
    lanser api PACKAGE            what a package exports
    lanser symbols PATH           what a file declares; --query finds a name
    lanser diag                   errors as the compiler sees them

NAME is Type.method, path#Name, path:line or path:line:col. If a name is ambiguous, the error lists
selectors: ask again with one of them. Look yourself at "possible uses". An answer without a line
"evidence:" is complete. "lanser help agents --short" has the rest. Use grep for text that is no symbol.
`
