"""Finds the uses of declarations by what the compiler rejects once the declaration has another name.

usage: rejected.py c FOLDER DATABASE | rejected.py rust FOLDER     (FOLDER is changed: give a copy)

Reads [{"Name", "Also": places of the declarations, "Uses": places that are known}] and prints a line for each:
{"Uses": the list of all places that have to be renamed with it, without the declarations}. Where the code did not
compile at the end, it is {"Uses": null, "Rejected": the places that were found until then}: one of the symbols that
such a place may mean depends on the arguments of a template. Lines and columns count from 0, columns in bytes.
"""

import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

root = os.path.realpath(sys.argv[2])
MOST_ROUNDS = 12
TEXT = (".rs", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".inc", ".in", ".re", ".l", ".y")


def relative(name):
    path = os.path.realpath(os.path.join(root, name))
    return path[len(root) + 1 :] if path.startswith(root + "/") else None


def read_all():
    files = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in (".git", "target")]
        for name in names:
            if name.endswith(TEXT):
                path = os.path.join(folder, name)
                with open(path, "rb") as f:
                    files[os.path.relpath(path, root)] = f.read()
    return files


class Clang:
    def __init__(self, database):
        with open(os.path.join(database, "compile_commands.json"), encoding="utf-8") as f:
            entries = json.load(f)
        self.units = []
        for e in entries:
            argv, skip = e.get("arguments") or shlex.split(e["command"]), False
            compiler = "clang" if e["file"].endswith(".c") else "clang++"
            args = [compiler, "-fsyntax-only", "-Wno-everything", "-ferror-limit=0", "-fno-spell-checking", "-fno-caret-diagnostics"]
            args += ["-fmacro-backtrace-limit=0", "-ftemplate-backtrace-limit=0", "-fno-color-diagnostics"]
            args += ["-Werror=implicit-function-declaration", "-Werror=implicit-int"]
            args += ["-Werror=incompatible-pointer-types"]
            for a in argv[1:]:
                if skip:
                    skip = False
                elif a in ("-o", "-MF", "-MT", "-MQ"):
                    skip = True
                elif a not in ("-c", "-MD", "-MMD", "--", e["file"]) and not a.startswith("-W"):
                    args.append(a)
            self.units.append((e["directory"], args + [e["file"]]))
        self.depends = [self.inputs(u) for u in self.units]

    def inputs(self, unit):
        directory, argv = unit
        out = subprocess.run(argv + ["-MM"], cwd=directory, capture_output=True, text=True, check=False).stdout
        words = out.replace("\\\n", " ").split()[1:]
        return {relative(os.path.join(directory, w)) for w in words}

    def unit(self, i):
        directory, argv = self.units[i]
        run = subprocess.run(argv, cwd=directory, capture_output=True, text=True, check=False)
        for line in run.stderr.splitlines():
            m = re.match(r"(.+?):(\d+):(\d+): (fatal error|error|note): (.*)", line)
            if m and (m[4] != "note" or m[5].startswith("expanded from macro")):
                path = relative(os.path.join(directory, m[1]))
                if path:
                    yield path, int(m[2]) - 1, int(m[3]) - 1, None, m[5]
        if run.returncode:
            yield None

    def rejected(self, changed, left, failed):
        """Compiles the units that depend on changed files; only those that depend on files with words that are left.

        A unit all of whose words have another name compiles as before. The units that fail are kept in failed.
        """
        todo = [i for i, d in enumerate(self.depends) if d & changed and (d & left or i in failed)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for i, found in zip(todo, pool.map(lambda i: list(self.unit(i)), todo)):
                failed.discard(i)
                if None in found:
                    failed.add(i)
                yield from (r for r in found if r is not None)


class Cargo:
    target = os.environ.get("TRUTH_TARGET", root + "-target")

    def __init__(self):
        self.ways = [[], ["--all-features"]] if self.compiles(["--all-features"]) else [[]]

    def run(self, way):
        argv = ["cargo", "check", "--offline", "--quiet", "--workspace", "--all-targets", "--keep-going"]
        env = dict(os.environ, CARGO_TARGET_DIR=self.target, RUSTC_BOOTSTRAP="1")  # benchmarks have unstable features
        return subprocess.run(argv + ["--message-format=json"] + way, cwd=root, env=env, capture_output=True, check=False)

    def compiles(self, way):
        return self.run(way).returncode == 0

    def rejected(self, changed, left, failed):
        failed.clear()
        for i, way in enumerate(self.ways):
            run = self.run(way)
            for line in run.stdout.splitlines():
                message = json.loads(line)
                if message.get("reason") == "compiler-message":
                    yield from self.spans(message["message"])
            if run.returncode:
                failed.add(i)

    def spans(self, message):
        code = (message.get("code") or {}).get("code")
        if message["level"] != "error" and code not in ("non_snake_case", "unused_variables", "unreachable_patterns"):
            return
        for span in message["spans"]:
            if not span["is_primary"]:
                continue
            while span:
                path = relative(span["file_name"])
                if path:
                    yield path, None, span["byte_start"], span["byte_end"], message["message"]
                span = (span["expansion"] or {}).get("span")


class Symbol:
    def __init__(self, files, symbol):
        self.old, self.new = symbol["Name"].encode(), b"zz_" + symbol["Name"].encode()
        word = re.compile(rb"(?<![A-Za-z0-9_])" + re.escape(self.old) + rb"(?![A-Za-z0-9_])")
        self.files = {p: text for p, text in files.items() if word.search(text)}
        self.at = {p: [m.start() for m in word.finditer(text)] for p, text in self.files.items()}
        self.renamed = set()
        self.known = {tuple(p) for p in (symbol["Also"] or []) + (symbol["Uses"] or [])}
        self.declared = {tuple(p) for p in symbol["Also"] or []}
        self.field = symbol.get("Kind") == "field"
        for p in self.known:
            self.renamed.add((p[0], self.offset(p[0], p[1], p[2])))

    def offset(self, path, line, column):
        text, at = self.files[path], 0
        for _ in range(line):
            at = text.index(b"\n", at) + 1
        return at + column

    def place(self, path, offset):
        text = self.files[path]
        start = text.rfind(b"\n", 0, offset) + 1
        return path, text.count(b"\n", 0, offset), offset - start

    def replacement(self, path, offset):
        """A field's name that stands for the field and a variable becomes both."""
        text = self.files[path]
        before, after = text[:offset].rstrip()[-1:], text[offset + len(self.old) :].lstrip()[:1]
        if self.field and path.endswith(".rs") and before in (b"{", b",") and after in (b",", b"}"):
            return self.new + b": " + self.old
        return self.new

    def write(self):
        """Writes the files with the new name; returns a function that leads an offset back to the old text."""
        shifts = {}
        for path, text in self.files.items():
            out, last, moved = [], 0, []
            for offset in self.at[path]:
                if (path, offset) in self.renamed:
                    new = self.replacement(path, offset)
                    out += [text[last:offset], new]
                    last = offset + len(self.old)
                    moved.append((offset, len(new) - len(self.old)))
            shifts[path] = moved
            with open(os.path.join(root, path), "wb") as f:
                f.write(b"".join(out + [text[last:]]))
        return shifts

    def restore(self):
        for path, text in self.files.items():
            with open(os.path.join(root, path), "wb") as f:
                f.write(text)

    def candidates(self, shifts, path, line, start, end):
        """The places not yet renamed that an error names."""
        moved, places, by = shifts.get(path, []), [], 0
        changes = dict(moved)
        with open(os.path.join(root, path), "rb") as f:
            text = f.read()
        if line is not None:
            at = 0
            for _ in range(line):
                at = text.index(b"\n", at) + 1
            start += at
        for offset in self.at.get(path, []):
            now = offset + by
            by += changes.get(offset, 0)
            if offset in changes:
                continue
            if now == start if end is None else start <= now and now + len(self.old) <= end:
                places.append((path, offset))
        if len(places) > 1:  # of an item its name, of a path its end
            item = re.match(rb"(pub(\(.*?\))? )?(unsafe |async |const |extern \S+ )*(fn|type|const|static)\b", text[start:])
            places = places[:1] if item else places[-1:]
        return places

    def left(self):
        """The files with words that are not renamed."""
        return {p for p, at in self.at.items() if any((p, offset) not in self.renamed for offset in at)}

    def places(self, offsets):
        return sorted({self.place(*r) for r in offsets} - self.declared)

    def uses(self, compiler):
        changed, failed, known = set(self.files), set(), set(self.renamed)
        try:
            for _ in range(MOST_ROUNDS):
                shifts = self.write()
                found, messages = set(), []
                for r in compiler.rejected(changed, self.left(), failed):
                    messages.append(r)
                    found.update(self.candidates(shifts, *r[:4]))
                if not found:
                    if not failed:
                        return {"Uses": self.places(self.renamed)}
                    print(self.old.decode(), "stuck:", messages[:3], file=sys.stderr)
                    break
                self.renamed |= found
                changed = {path for path, _ in found}
            else:
                print(self.old.decode(), "never done", file=sys.stderr)
            return {"Uses": None, "Rejected": self.places(self.renamed - known)}
        finally:
            self.restore()


def main():
    files = read_all()
    compiler = Cargo() if sys.argv[1] == "rust" else Clang(sys.argv[3])
    for s in json.load(sys.stdin):
        print(json.dumps(Symbol(files, s).uses(compiler)), flush=True)


main()
