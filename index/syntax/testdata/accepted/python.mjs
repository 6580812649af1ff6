// Prints the files that CPython compiles. Usage: node python.mjs FOLDER-OF-PYODIDE < paths
import { readFileSync } from "node:fs";
const { loadPyodide } = await import(process.argv[2] + "/pyodide.mjs");
const python = await loadPyodide();
const compiles = python.runPython(`
import warnings
warnings.simplefilter("ignore")

def compiles(name):
    try:
        with open(name, "rb") as f:
            compile(f.read(), name, "exec", dont_inherit=True, flags=0x400)  # only to a syntax tree
        return True
    except Exception:
        return False

compiles`);
for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  python.FS.writeFile("/file.py", readFileSync(path));
  if (compiles("/file.py")) console.log(path);
}
