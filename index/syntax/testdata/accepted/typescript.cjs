// Prints the files that TypeScript's parser reads without an error.
// Usage: node typescript.cjs FOLDER-OF-TYPESCRIPT < paths
const ts = require(process.argv[2] + "/lib/typescript.js");
const fs = require("node:fs");
for (const path of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const tree = ts.createSourceFile(path, fs.readFileSync(path, "utf8"), ts.ScriptTarget.Latest);
  if (tree.parseDiagnostics.length === 0) console.log(path);
}
