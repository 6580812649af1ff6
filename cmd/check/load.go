package main

import (
	"fmt"
	"go/token"

	"golang.org/x/tools/go/packages"
)

// loadPackages loads all packages of the module at root with syntax and types, without their
// tests. The error names a package that does not compile.
func loadPackages(root string) (*token.FileSet, []*packages.Package, error) {
	set := token.NewFileSet()
	pkgs, err := packages.Load(&packages.Config{
		Dir: root, Fset: set,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
			packages.NeedTypesInfo | packages.NeedImports,
	}, "./...")
	if err != nil {
		return nil, nil, err
	}
	for _, p := range pkgs {
		if len(p.Errors) > 0 {
			return nil, nil, fmt.Errorf("%s does not compile: %w", p.PkgPath, p.Errors[0])
		}
	}
	return set, pkgs, nil
}
