// Prints the files that Ruby's parser reads without an error. Usage: node ruby.mjs FOLDER-OF-PRISM < paths
import { readFileSync } from "node:fs";
const { loadPrism } = await import(process.argv[2] + "/src/index.js");
const parse = await loadPrism();
for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  if (parse(readFileSync(path, "utf8")).errors.length === 0) console.log(path);
}
