package selectors_test

import (
	"context"
	"encoding/json"
	"fmt"

	sel "lanser/selectors"
	"lanser/selectors/text"
)

func ExampleParse() {
	s, err := sel.Parse("python://./pkg//mod#C:m:body", text.UTF16)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
	fmt.Println(s.(sel.Symbolic).Names, s.(sel.Symbolic).Role)
	// Output:
	// py://pkg/mod#C.m:body
	// [C m] body
}

func ExampleResolve() {
	now := newMemory(map[string]string{"pool.toy": "class Pool\n    def get\n        take one\n"}, nil, nil)
	s, err := sel.Parse("toy://*#Pool.get", text.UTF16)
	if err != nil {
		fmt.Println(err)
		return
	}
	target, err := sel.Resolve(context.Background(), now, s)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(target.Status, target.Path, target.Decl.Selector())
	// Output: exact pool.toy toy://pool#Pool.get
}

func ExampleSpec() {
	s, err := sel.Parse("src/app.py@L42:C7", text.UTF16)
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := json.Marshal(sel.Spec(s))
	fmt.Println(string(out), err)
	// Output: {"kind":"cursor","uri":"src/app.py","line":42,"col":7,"indexing":"utf-16"} <nil>
}
