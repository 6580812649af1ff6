package symbol

import (
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
)

// WithoutFunctionBody returns the header of a declaration of TypeScript or JavaScript without the body of the function
// that is its value, which syntax takes for a part of the header:
//
//	load = async (name: string): Promise<Item> => { … }   load = async (name: string): Promise<Item> =>
func WithoutFunctionBody(d selectors.Decl, header string) string {
	isValue := d.Kind == selectors.KindVar || d.Kind == selectors.KindConst || d.Kind == selectors.KindField
	value := assignment(header)
	if d.Lang != "ts" || !isValue || value < 0 || !functionValue.MatchString(header[value+1:]) {
		return header
	}
	isFunction := strings.Contains(functionValue.FindString(header[value+1:]), "function")
	depth, arrow := 0, -1
	for i := value + 1; i < len(header); i++ {
		switch header[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case '{':
			before := strings.TrimSpace(header[max(value+1, arrow):i])
			isBody := arrow >= 0 && before == "" || isFunction && strings.HasSuffix(before, ")")
			if depth == 0 && isBody {
				return strings.TrimSpace(header[:i])
			}
			depth++
		case '}':
			depth--
		case '=':
			if depth == 0 && strings.HasPrefix(header[i:], "=>") {
				arrow = i + len("=>")
			}
		}
	}
	if arrow >= 0 {
		return strings.TrimSpace(header[:arrow])
	}
	return header
}

// functionValue matches the beginning of a function that is a value.
var functionValue = lazyregexp.New(`^\s*(?:async\s+)?(?:function\b|<[^()]*>\s*\(|\(|[\pL_$][\pL\pN_$]*\s*=>)`)

// assignment returns the offset of the sign of equality before the value of a declaration; -1 if there is none.
func assignment(header string) int {
	depth := 0
	for i := range len(header) {
		switch header[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '=':
			isArrow := strings.HasPrefix(header[i:], "=>")
			if depth == 0 && !isArrow {
				return i
			}
		}
	}
	return -1
}
