// Lists what the TypeScript and JavaScript files below a folder declare, by TypeScript's compiler, and where that is
// used, by its language service.
//
//	node uses.js TYPESCRIPT FOLDER declared        prints the declarations
//	node uses.js TYPESCRIPT FOLDER uses < PLACES   prints the uses of those at the places, and the strings
//	                                               that may be keys of them
//
// A place is [path, line, column]: both count from 0, columns in bytes of UTF-8.
'use strict';
const fs = require('fs');
const path = require('path');
const ts = require(process.argv[2]);
const root = fs.realpathSync(process.argv[3]);

const files = fs.readdirSync(root, { recursive: true })
  .map((name) => path.join(root, name))
  .filter((name) => /\.([cm]?[jt]s|[jt]sx)$/.test(name) && !name.includes('node_modules') && fs.statSync(name).isFile())
  .sort();
const given = ts.findConfigFile(root, ts.sys.fileExists);
const options = given && path.dirname(given) === root
  ? ts.getParsedCommandLineOfConfigFile(given, {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} }).options
  : { allowJs: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.CommonJS };
const host = {
  getScriptFileNames: () => files,
  getScriptVersion: () => '1',
  getScriptSnapshot: (name) =>
    fs.existsSync(name) ? ts.ScriptSnapshot.fromString(fs.readFileSync(name, 'utf8')) : undefined,
  getCurrentDirectory: () => root,
  getCompilationSettings: () => options,
  getDefaultLibFileName: (o) => ts.getDefaultLibFilePath(o),
  fileExists: ts.sys.fileExists,
  readFile: ts.sys.readFile,
  readDirectory: ts.sys.readDirectory,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
};
const service = ts.createLanguageService(host);
const program = service.getProgram();

function place(file, offset) {
  const at = ts.getLineAndCharacterOfPosition(file, offset);
  const start = offset - at.character;
  return [
    path.relative(root, file.fileName), at.line, Buffer.byteLength(file.text.slice(start, offset)),
  ];
}

function offset(file, line, column) {
  const start = ts.getPositionOfLineAndCharacter(file, line, 0);
  let units = 0;
  for (let bytes = 0; bytes < column; units++) {
    bytes += Buffer.byteLength(file.text[start + units]);
  }
  return start + units;
}

function isDeclaration(node) {
  return ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) || ts.isEnumDeclaration(node) || ts.isEnumMember(node) ||
    ts.isVariableDeclaration(node) || ts.isMethodDeclaration(node) || ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) || ts.isPropertySignature(node) || ts.isGetAccessorDeclaration(node) ||
    ts.isSetAccessorDeclaration(node);
}

// declares tells whether a name declares a member that another one is related to: such a declaration is no use. A variable
// for a CommonJS module is one.
function declares(file, start) {
  let node = file;
  for (let inner = node; inner; ) {
    node = inner;
    inner = ts.forEachChild(node, (child) => (child.getStart(file) <= start && start < child.end ? child : undefined));
  }
  const around = node.parent;
  return around && around.name === node && isDeclaration(around) && !ts.isVariableDeclaration(around);
}

function declared() {
  const out = [];
  for (const name of files) {
    const file = program.getSourceFile(name);
    const visit = (node) => {
      const named = node.name;
      if (named && isDeclaration(node) && ts.isIdentifier(named)) {
        out.push({ name: named.text, kind: ts.SyntaxKind[node.kind], at: place(file, named.getStart(file)) });
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return out;
}

// keyed returns the strings that spell the name of a member which code takes out of an object by a computed key: one of
// them may be the key.
function keyed(file, start) {
  const checker = program.getTypeChecker();
  let symbol;
  const find = (node) => {
    if (isDeclaration(node) && node.name && node.name.getStart(file) === start) symbol = checker.getSymbolAtLocation(node.name);
    ts.forEachChild(node, find);
  };
  find(file);
  if (!symbol || !symbol.declarations) return [];
  // The method of an object that is given for a type is called by the type's own.
  const contexts = symbol.declarations.filter((d) => ts.isObjectLiteralExpression(d.parent))
    .map((d) => checker.getContextualType(d.parent)).filter((type) => type);
  const members = [symbol, ...contexts.map((type) => checker.getPropertyOfType(type, symbol.name))].filter((s) => s);
  const declared = members.flatMap((s) => s.declarations || []);
  let isRead = false;
  const strings = [];
  for (const name of files) {
    const other = program.getSourceFile(name);
    const visit = (node) => {
      const object = ts.isElementAccessExpression(node) ? node.expression
        : ts.isIndexedAccessTypeNode(node) ? node.objectType : undefined;
      const key = node.argumentExpression || node.indexType;
      if (object && !ts.isStringLiteralLike(key.literal || key)) {
        const type = checker.getApparentType(checker.getTypeAtLocation(object));
        const member = checker.getPropertyOfType(type, symbol.name);
        const declarations = (member && member.declarations) || [];
        isRead = isRead || declarations.some((d) => declared.includes(d));
      }
      if (ts.isStringLiteralLike(node) && node.text === symbol.name) strings.push(place(other, node.getStart(other) + 1));
      ts.forEachChild(node, visit);
    };
    visit(other);
  }
  return isRead ? strings : [];
}

function uses(places) {
  return places.map(([name, line, column]) => {
    const file = program.getSourceFile(path.join(root, name));
    const found = service.findReferences(file.fileName, offset(file, line, column)) || [];
    const out = [];
    for (const symbol of found) {
      for (const reference of symbol.references) {
        const other = program.getSourceFile(reference.fileName);
        const inside = files.includes(reference.fileName);
        if (!reference.isDefinition && inside && !declares(other, reference.textSpan.start)) {
          out.push(place(other, reference.textSpan.start));
        }
      }
    }
    return { uses: out, keys: keyed(file, offset(file, line, column)) };
  });
}

const answer = process.argv[4] === 'declared' ? declared() : uses(JSON.parse(fs.readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(answer));
