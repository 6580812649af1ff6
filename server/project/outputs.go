package project

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
)

// Packages of a workspace may use each other by what is built from them: with "types": "dist/index.d.ts" in its
// package.json, a function of src/index.ts is declared a second time in dist/index.d.ts, and files that import the
// package see that declaration. Without a source map a server takes the two for different symbols.

// BuiltCopy says why the declaration that a server names in the file at may be a copy of a symbol's own: one was built
// from the other's file, or is an installed copy of it. It is "" if it is none. name is the word that the server was
// asked about.
func BuiltCopy(v View, sym Symbol, at, name string) string {
	if sym.Lang != "ts" || sym.Path == "" || at == sym.Path || sym.Scope.Len() > 0 {
		return ""
	}
	for _, pair := range [][2]string{{at, sym.Path}, {sym.Path, at}} {
		if output, source := pair[0], pair[1]; mayBeBuilt(v, output, source, name) {
			made := ", which may have been built from "
			if installedIn(output) != "" {
				made = ", which may be a copy of "
			}
			return "it is declared in " + output + made + source
		}
	}
	return ""
}

// mayBeBuilt reports whether the declaration of a name in the file output may have been made from one in the file
// source.
func mayBeBuilt(v View, output, source, name string) bool {
	if !Has(v, source) || !isScriptSource(source) {
		return false
	}
	in := nodePackage(v, source)
	if copied := installedIn(output); copied != "" {
		p := ReadPackageJSON(v, path.Join(in, "package.json"))
		return p != nil && p.Name == copied
	}
	isListed := Has(v, output)
	isOutside := strings.Contains(output, ":///") // such as TypeScript's own declarations
	if isOutside || !isCompiled.MatchString(output) || isListed && path.Dir(output) == path.Dir(source) {
		return false
	}
	isOutput := !isListed || isInOutputFolder(output, source)
	return isOutput && nodePackage(v, output) == in && !hasOtherSource(v, output, source, name)
}

// isInOutputFolder reports whether one of the folders around a file has a name that folders of what was built have, and
// does not hold the source: many packages of JavaScript have their sources in lib.
func isInOutputFolder(output, source string) bool {
	for dir := path.Dir(output); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if outputFolders()[path.Base(dir)] && !strings.HasPrefix(source, dir+"/") {
			return true
		}
	}
	return false
}

// hasOtherSource reports whether another file than source, in the same package, declares a name, and by its own name is
// the one that is compiled to output.
func hasOtherSource(v View, output, source, name string) bool {
	stem := StemOf(output)
	if StemOf(source) == stem {
		return false
	}
	in := nodePackage(v, source)
	declares := regexp.MustCompile(
		`\b(?:function\*?|const|let|var|class|interface|type|enum|namespace)\s+` + regexp.QuoteMeta(name) + `\b`,
	)
	return slices.ContainsFunc(v.Paths(), func(p string) bool {
		isOther := p != source && p != output && isScriptSource(p) && StemOf(p) == stem
		return isOther && nodePackage(v, p) == in && declares.Match(ContentOf(v, p))
	})
}

// DeclaresScript reports whether a line of TypeScript or JavaScript declares something, as far as its words tell.
func DeclaresScript(line string) bool { return declaresScript.MatchString(line) }

var declaresScript = lazyregexp.New(
	`\b(?:function\*?|const|let|var|class|interface|type|enum|namespace)\s+[\w$]+\s*[=(<:{;]|\bdeclare\b`,
)

// StemOf returns the name of a file without the ending that its language gives it.
func StemOf(p string) string {
	p = strings.TrimSuffix(path.Base(p), path.Ext(p))
	return strings.TrimSuffix(p, ".d")
}

// isScriptSource reports whether a file is code of TypeScript or JavaScript, and not the declarations of such code.
func isScriptSource(p string) bool {
	return isScriptFile.MatchString(p) && !IsDeclarationFile.MatchString(p)
}

// isScriptFile matches files of TypeScript and JavaScript, isDeclarationFile those with declarations alone, and
// isCompiled what compilers write.
var (
	isScriptFile      = lazyregexp.New(`\.[cm]?[jt]sx?$`)
	IsDeclarationFile = lazyregexp.New(`\.d\.[cm]?ts$`)
	isCompiled        = lazyregexp.New(`\.(?:d\.[cm]?ts|[cm]?js)$`)
)

// nodePackage returns the folder of the nearest package.json above a file; the root of the workspace if there is none.
func nodePackage(v View, file string) string {
	for _, dir := range FoldersAbove(file) {
		if Has(v, path.Join(dir, "package.json")) {
			return dir
		}
	}
	return "."
}

// installedIn returns the package in node_modules that a file belongs to; "" for none.
func installedIn(file string) string {
	at := strings.LastIndex("/"+file, "/node_modules/")
	if at < 0 {
		return ""
	}
	return packageOf(file[at+len("node_modules/"):])
}

// outputFolders are the usual names of folders that hold what was built.
var outputFolders = NameSet("dist build out lib esm cjs es umd output target typings types")
