// Package manifest decodes the TOML files of a workspace and the settings that users write in TOML, and reads from a
// Cargo.toml which crate it describes.
//
// It promises to refuse what could end the process or take long: files that are too large or nested too deep.
// It does not open files, and it does not say what a configuration means for a language server: package
// catalogue does.
package manifest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// Bounds on a file of configuration: its bytes, and the depth of its brackets.
const (
	MaxBytes   = 1 << 20
	MaxNesting = 500
)

// DecodeTOML decodes a TOML file of a workspace. The decoder recurses at each bracket and at each part of
// a dotted key. Files are refused in which there are too many: Go ends the whole process if a stack
// overflows.
func DecodeTOML(raw []byte, into any) error {
	if len(raw) > MaxBytes {
		return fmt.Errorf("it has more than %d bytes", MaxBytes)
	}
	if text.Nesting(raw) > MaxNesting {
		return fmt.Errorf("brackets are nested more than %d levels deep", MaxNesting)
	}
	return toml.Unmarshal(raw, into)
}

// Mistake returns the 1-based place and the description of a mistake in a TOML file by the error of [DecodeTOML]; ok is
// false for an error that has another cause, such as the size of the file.
func Mistake(err error) (line, column int, what string, ok bool) {
	var wrong *toml.DecodeError
	if !errors.As(err, &wrong) {
		return 0, 0, "", false
	}
	line, column = wrong.Position()
	return line, column, strings.TrimPrefix(wrong.Error(), "toml: "), true
}

// maxSettingsNesting bounds the depth of brackets in settings.
const maxSettingsNesting = 64

// DecodeSettings decodes settings that a user wrote for Lanser. Unknown keys are mistakes. The error has code Usage and
// names the file by a given name, with line and column of the mistake; its hint says which keys there are, or where
// the help is.
func DecodeSettings(name string, raw []byte, into any, keys, help string) error {
	if text.Nesting(raw) > maxSettingsNesting {
		return fault.New(fault.Usage, "%s: brackets are nested more than %d levels deep", name, maxSettingsNesting).
			WithHint("%s", help)
	}
	err := decodeStrict(raw, into)
	if err == nil {
		return nil
	}
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		row, col := unknown.Errors[0].Position()
		key := strings.Join(unknown.Errors[0].Key(), ".")
		return fault.New(fault.Usage, "%s:%d:%d: unknown setting: %s", name, row, col, key).WithHint("%s", keys)
	}
	position, what := mistake(raw, into, err)
	return fault.Wrap(fault.Usage, err, "%s%s: %s", name, position, what).WithHint("%s", help)
}

// crateForm matches the names that Cargo accepts, and more.
var crateForm = lazyregexp.New(`^[\w-]+$`)

// Crate returns the name of the package that a Cargo.toml describes, as other manifests spell it. It is "" for a
// workspace without a package of its own, and for what Cargo cannot read.
func Crate(raw []byte) string {
	var cargo struct {
		Package struct {
			Name any `toml:"name"`
		} `toml:"package"`
	}
	if DecodeTOML(raw, &cargo) != nil {
		return ""
	}
	name, _ := cargo.Package.Name.(string)
	if !crateForm.MatchString(name) {
		return ""
	}
	return name
}
