"""Lists what C and C++ code declares and where it is used, by clang's syntax tree of a compilation database.

usage: clang_uses.py FOLDER DATABASE

The database is read from DATABASE, a folder. Lines and columns count from 0, columns in bytes. "At" is the first
declaration of a symbol, "Also" are all of them. Uses in the bodies of macros and in templates whose arguments decide
are not in the tree: see rejected.py. "Dark" are lines of files that are read of which clang knows nothing: those that
the preprocessor leaves out, and the definitions of macros that are never expanded.
"""

import collections
import ctypes
import json
import os
import shlex
import sys

from clang import cindex

root = os.path.realpath(sys.argv[1])

DECLARED = {
    "FUNCTION_DECL": "function", "FUNCTION_TEMPLATE": "function", "CXX_METHOD": "method", "STRUCT_DECL": "type",
    "CLASS_DECL": "type", "CLASS_TEMPLATE": "type", "UNION_DECL": "type", "ENUM_DECL": "type", "FIELD_DECL": "field",
    "ENUM_CONSTANT_DECL": "enumerator", "TYPEDEF_DECL": "alias", "TYPE_ALIAS_DECL": "alias", "VAR_DECL": "variable",
    "PARM_DECL": "parameter", "MACRO_DEFINITION": "macro", "NAMESPACE": "namespace",
    "TYPE_ALIAS_TEMPLATE_DECL": "alias",
}
OTHER_DECLARATIONS = {"CONSTRUCTOR", "DESTRUCTOR", "CONVERSION_FUNCTION", "CLASS_TEMPLATE_PARTIAL_SPECIALIZATION"}

lib = cindex.conf.lib
sources = {}


def source(path):
    if path not in sources:
        with open(os.path.join(root, path), "rb") as f:
            sources[path] = f.read().split(b"\n")
    return sources[path]


def relative(name):
    path = os.path.realpath(name)
    return path[len(root) + 1 :] if path.startswith(root + "/") else None


class SpellingLocation:
    """The file, line and column where the text of a location is written."""

    def __init__(self):
        lib.clang_getSpellingLocation.argtypes = [cindex.SourceLocation] + [ctypes.c_void_p] * 4
        lib.clang_getSpellingLocation.restype = None

    def __call__(self, location):
        file = cindex.c_object_p()
        line, column, offset = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
        to = [ctypes.cast(ctypes.byref(x), ctypes.c_void_p) for x in (file, line, column, offset)]
        lib.clang_getSpellingLocation(location, *to)
        if not file:
            return None
        path = relative(cindex.File(file).name)
        return (path, line.value - 1, column.value - 1) if path else None


spelling_location = SpellingLocation()


class SkippedRanges(ctypes.Structure):
    """CXSourceRangeList."""

    _fields_ = [("count", ctypes.c_uint), ("ranges", ctypes.POINTER(cindex.SourceRange))]


lib.clang_getAllSkippedRanges.argtypes = [cindex.TranslationUnit]
lib.clang_getAllSkippedRanges.restype = ctypes.POINTER(SkippedRanges)


class Sets:
    """Places that mean the same."""

    def __init__(self):
        self.parent = {}

    def find(self, x):
        while self.parent.setdefault(x, x) != x:
            x = self.parent[x]
        return x

    def join(self, a, b):
        a, b = self.find(a), self.find(b)
        if a != b:
            self.parent[max(a, b)] = min(a, b)


def names(place, word):
    path, line, column = place
    lines = source(path)
    end = column + len(word.encode())
    if line >= len(lines) or lines[line][column:end] != word.encode():
        return False
    return not lines[line][end : end + 1].isalnum() and lines[line][end : end + 1] != b"_"


class Reader:
    def __init__(self):
        self.sets = Sets()
        self.kinds = {}
        self.words = {}
        self.uses = collections.defaultdict(set)  # place of a declaration -> places
        self.usr = {}
        self.read = set()
        self.skipped = {}  # path -> lines that every unit leaves out
        self.macros = {}  # place -> (path, first line, last line)
        self.expanded = set()  # places of macros
        self.broken = set()

    def declared_at(self, cursor):
        """Returns the place of the name in a declaration, None outside of the folder."""
        if cursor is None or not cursor.location.file:
            return None
        return spelling_location(cursor.location)

    def declaration(self, cursor, kind):
        at = self.declared_at(cursor)
        word = cursor.spelling
        if at is None or not word.isidentifier() or not names(at, word):
            return
        self.kinds.setdefault(at, kind)
        self.words[at] = word
        for same in (cursor.canonical, cursor.get_definition()):
            place = self.declared_at(same)
            if place is not None and names(place, word):
                self.sets.join(at, place)
        usr = cursor.get_usr()
        if usr and kind != "macro" and cursor.linkage == cindex.LinkageKind.EXTERNAL:
            self.sets.join(at, self.usr.setdefault(usr, at))

    def leave_out(self, tu, files):
        """Notes which lines of the files of a unit the preprocessor has left out."""
        left = collections.defaultdict(set)
        ranges = lib.clang_getAllSkippedRanges(tu).contents
        for i in range(ranges.count):
            start, end = ranges.ranges[i].start, ranges.ranges[i].end
            path = relative(start.file.name) if start.file else None
            if path:
                left[path].update(range(start.line - 1, end.line))
        for path in files:
            self.skipped[path] = self.skipped.get(path, left[path]) & left[path]

    def dark(self):
        """Returns [path, line] of the lines that are read and not known."""
        out = {(path, line) for path, lines in self.skipped.items() for line in lines}
        for at, (path, first, last) in self.macros.items():
            if at not in self.expanded:
                out.update((path, line) for line in range(first, last + 1))
        return sorted(out)

    def use(self, at, target):
        """Notes a use of a declaration at a place."""
        if at is None or target is None:
            return
        if target.kind.name == "CONSTRUCTOR" or target.kind.name == "DESTRUCTOR":
            target = target.semantic_parent
        to = self.declared_at(target)
        if to is None or not target.spelling.isidentifier() or not names(at, target.spelling):
            return
        if to != at:
            self.uses[to].add(at)

    def visit(self, cursor):
        kind = cursor.kind
        if kind.name in DECLARED:
            self.declaration(cursor, DECLARED[kind.name])
        at = spelling_location(cursor.location) if cursor.location.file else None
        if kind.name == "MACRO_DEFINITION" and at:
            self.macros[at] = at[0], cursor.extent.start.line - 1, cursor.extent.end.line - 1
        elif kind.name == "MACRO_INSTANTIATION" and cursor.referenced is not None:
            self.expanded.add(self.declared_at(cursor.referenced))
        if kind.name in OTHER_DECLARATIONS:
            if kind.name != "CONVERSION_FUNCTION":
                if kind.name == "DESTRUCTOR" and at:
                    at = (at[0], at[1], at[2] + 1)
                parent = cursor.semantic_parent
                if kind.name == "CLASS_TEMPLATE_PARTIAL_SPECIALIZATION":
                    parent = lib.clang_getSpecializedCursorTemplate(cursor)
                self.use(at, parent)
        elif kind.is_reference() or kind.is_expression() or kind.name == "MACRO_INSTANTIATION":
            target = cursor.referenced
            if target is not None and target.kind.name == "OVERLOADED_DECL_REF":
                for i in range(lib.clang_getNumOverloadedDecls(target)):
                    self.use(at, lib.clang_getOverloadedDecl(target, i))
            elif kind.name == "OVERLOADED_DECL_REF":
                for i in range(lib.clang_getNumOverloadedDecls(cursor)):
                    self.use(at, lib.clang_getOverloadedDecl(cursor, i))
            else:
                self.use(at, target)
        for child in cursor.get_children():
            self.visit(child)

    def unit(self, entry):
        argv = entry.get("arguments") or shlex.split(entry["command"])
        args, skip = [], False
        for a in argv[1:]:
            if skip:
                skip = False
            elif a in ("-o", "-MF", "-MT", "-MQ"):
                skip = True
            elif a not in ("-c", "-MD", "-MMD", "--", entry["file"]):
                args.append(a)
        os.chdir(entry["directory"])
        tu = cindex.Index.create().parse(entry["file"], args, options=1)
        for d in tu.diagnostics:
            if d.severity >= 3:
                self.broken.add(str(d))
        files = {relative(entry["file"])} | {relative(i.include.name) for i in tu.get_includes()}
        self.read |= files
        self.leave_out(tu, files - {None})
        for cursor in tu.cursor.get_children():
            if cursor.location.file and relative(cursor.location.file.name):
                self.visit(cursor)

    def symbols(self):
        out = {}
        for at, kind in self.kinds.items():
            first = self.sets.find(at)
            if first not in self.words:
                continue
            s = out.setdefault(first, {"Name": self.words[first], "Kind": kind, "At": first, "Also": set(), "Uses": set()})
            s["Also"].add(at)
        for to, places in self.uses.items():
            s = out.get(self.sets.find(to))
            if s:
                s["Uses"] |= places
        for s in out.values():
            s["Uses"] = sorted(s["Uses"] - s["Also"])
            s["Also"] = sorted(s["Also"])
        return [out[k] for k in sorted(out)]


def main():
    with open(os.path.join(sys.argv[2], "compile_commands.json"), encoding="utf-8") as f:
        database = json.load(f)
    reader = Reader()
    for entry in database:
        reader.unit(entry)
    for line in sorted(reader.broken):
        print(line, file=sys.stderr)
    json.dump({"Symbols": reader.symbols(), "Read": sorted(p for p in reader.read if p), "Dark": reader.dark()}, sys.stdout)


main()
