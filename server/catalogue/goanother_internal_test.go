package catalogue

import "testing"

// The build with a file is the one that differs least from the server's: in tags, then in the system, then in the
// architecture.
func TestTheBuildForAFileDiffersLeastFromTheServersOwn(t *testing.T) {
	for _, tt := range []struct{ path, constraint, want string }{
		{"a.go", "", ""},
		{"a.go", "linux", ""},
		{"a.go", "windows", "windows/amd64 with the tags own"},
		{"a_arm64.go", "", "linux/arm64 with the tags own"},
		{"a.go", "it", "linux/amd64 with the tags it,own"},
		{"a.go", "windows || it", "windows/amd64 with the tags own"},
		{"a.go", "!linux && it", "aix/amd64 with the tags it,own"},
		{"a.go", "!own", "linux/amd64 without tags"},
		{"a_windows.go", "b && a", "windows/amd64 with the tags a,b,own"},
		{"a.go", "it && !it", ""},
		{"a.go", "go1.999", ""},
		{"a.go", "gccgo || ignore", ""},
		{"testdata/a.go", "it", ""},
	} {
		t.Setenv("GOENV", "off")
		t.Setenv("GOOS", "linux")
		t.Setenv("GOARCH", "amd64")
		t.Setenv("GOFLAGS", "-tags=own")
		content := "package p\n"
		if tt.constraint != "" {
			content = "//go:build " + tt.constraint + "\n\n" + content
		}
		got := ""
		if b, ok := gopls.buildOf(files{tt.path: content}, tt.path); ok {
			got = b.String()
		}
		if got != tt.want {
			t.Errorf("%s with %q is in the build %q, want %q", tt.path, tt.constraint, got, tt.want)
		}
	}
}
