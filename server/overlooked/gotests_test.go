package overlooked

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTestsWithASignatureThatGoRefusesAreFound(t *testing.T) {
	wrongA := []string{"2:5-10 wrong signature for TestA, must be: func TestA(t *testing.T)"}
	for _, tt := range []struct {
		declaration string
		want        []string
	}{
		{"func TestA(t *testing.T) {}", nil},
		{"func TestA(*testing.T) {}", nil},
		{"func TestA(t *T) {}", nil},
		{"func Test(t *testing.T) {}", nil},
		{"func TestA() {}", wrongA},
		{"func TestA(x int) {}", wrongA},
		{"func TestA(t testing.T) {}", wrongA},
		{"func TestA(a, b *testing.T) {}", wrongA},
		{"func TestA(t *testing.T) int {}", wrongA},
		{"func Test_a(b *testing.B) {}", []string{
			"2:5-11 wrong signature for Test_a, must be: func Test_a(t *testing.T)",
		}},
		{"func Testa(x int) {}", nil},
		{"func Testé(x int) {}", nil},
		{"func TestÉ(x int) {}", []string{"2:5-11 wrong signature for TestÉ, must be: func TestÉ(t *testing.T)"}},
		{"func BenchmarkA(t *testing.T) {}", []string{
			"2:5-15 wrong signature for BenchmarkA, must be: func BenchmarkA(b *testing.B)",
		}},
		{"func FuzzA(f *testing.F) {}", nil},
		{"func FuzzA(b []byte) {}", []string{"2:5-10 wrong signature for FuzzA, must be: func FuzzA(f *testing.F)"}},
		{"func TestMain(m *testing.M) {}", nil},
		{"func TestMain(t *testing.T) {}", nil},
		{"func TestMain() {}", []string{"2:5-13 wrong signature for TestMain, must be: func TestMain(m *testing.M)"}},
		{"func ExampleA(x int) {}", nil},
		{"func (r R) TestA(x int) {}", nil},
		{"func TestA[P any](t P) {}", nil}, // gopls reports it
		{"func TestA(x int {}", nil},       // gopls reports it
	} {
		source := "package p\n\n" + tt.declaration + "\n"
		if found := ByGopls(files{}, "p.go", []byte(source), nil); found != nil {
			t.Errorf("%s, in a file without tests: %v", tt.declaration, found)
		}
		var got []string
		for _, f := range ByGopls(files{}, "p_test.go", []byte(source), nil) {
			got = append(got, fmt.Sprintf("%d:%d-%d %s", f.At.Line, f.At.Column, f.At.EndColumn, f.Message))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.declaration, diff)
		}
	}
}
