"""Lists the functions and classes at the top level of the Python files below a folder, and where they are used.

Only names are listed that nothing else in the folder declares, assigns or imports from elsewhere: every occurrence of
such a name in a file that declares or imports it is a use, and so is an attribute of a module that was imported from
the folder. Lines and columns count from 0, columns in bytes of UTF-8.
"""

import ast
import builtins
import collections
import json
import os
import sys

root = sys.argv[1]


def read(path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return ast.parse(f.read())


def bound_names(node):
    """Yields the names that a node binds, but not those of imports."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield node.attr


def name_after(source, node, keyword):
    """Returns the place of the name that follows a keyword, such as def."""
    line = source[node.lineno - 1]
    return line.encode().index(node.name.encode(), node.col_offset + len(keyword))


def main():
    paths = sorted(
        os.path.relpath(os.path.join(folder, name), root)
        for folder, _, names in os.walk(root)
        for name in names
        if name.endswith(".py")
    )
    trees = {}
    for path in paths:
        trees[path] = read(path)
    bound = collections.Counter()
    modules = set()  # last parts of the names of the folder's modules
    for path, tree in trees.items():
        parts = path[:-3].split("/")
        modules.update(parts[-2:] if parts[-1] == "__init__" else parts[-1:])
        for node in ast.walk(tree):
            bound.update(bound_names(node))
    declared = []
    for path, tree in trees.items():
        with open(os.path.join(root, path), encoding="utf-8") as f:
            source = f.read().splitlines()
        for node in tree.body:
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            if bound[node.name] > 1 or hasattr(builtins, node.name):
                continue
            column = name_after(source, node, "class" if isinstance(node, ast.ClassDef) else "def")
            at = [path, node.lineno - 1, column]
            declared.append({"name": node.name, "kind": type(node).__name__, "at": at, "uses": []})
    by_name = {d["name"]: d for d in declared}
    elsewhere = set()  # names that are imported from modules outside of the folder
    for path, tree in trees.items():
        known = {d["name"] for d in declared if d["at"][0] == path}
        imported_modules = set()
        aliases = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                home = (node.module or "").split(".")[-1]
                ours = node.level > 0 or home in modules
                for alias in node.names:
                    if alias.name == "*" and ours:
                        known.update(by_name)
                    elif not ours:
                        elsewhere.add(alias.asname or alias.name)
                    elif alias.name in by_name:
                        by_name[alias.name]["uses"].append([path, alias.lineno - 1, alias.col_offset])
                        if alias.asname == alias.name:
                            column = alias.end_col_offset - len(alias.name.encode())
                            by_name[alias.name]["uses"].append([path, alias.end_lineno - 1, column])
                        if alias.asname and alias.asname != alias.name:
                            aliases[alias.asname] = alias.name
                        else:
                            known.add(alias.name)
                    elif alias.name in modules:
                        imported_modules.add(alias.asname or alias.name)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.split(".")[-1] in modules:
                        imported_modules.add(alias.asname or alias.name)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                name = aliases.get(node.id, node.id)
                if name in by_name and (node.id in known or node.id in aliases):
                    by_name[name]["uses"].append([path, node.lineno - 1, node.col_offset])
            elif isinstance(node, ast.Attribute) and node.attr in by_name:
                if ast.unparse(node.value) in imported_modules:
                    column = node.end_col_offset - len(node.attr.encode())
                    by_name[node.attr]["uses"].append([path, node.end_lineno - 1, column])
    json.dump([d for d in declared if d["name"] not in elsewhere], sys.stdout)


main()
