package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// testRelease is the release of the tests.
var testRelease = release{
	version: "v1.2.3", commit: "0123456789abcdef0123456789abcdef01234567",
	time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
}

// testPrograms returns a text in place of a program for each platform.
func testPrograms() (built []program) {
	for _, p := range platforms {
		built = append(built, program{platform: p, content: []byte("program for " + p.String() + "\n")})
	}
	return built
}

// packedFiles returns the files of a release that need no real program.
func packedFiles(t *testing.T) (files []file) {
	t.Helper()
	for _, b := range testPrograms() {
		archive, err := testRelease.archive(b, []byte(".TH LANSER 1\n"))
		if err != nil {
			t.Fatal(err)
		}
		wheel, err := testRelease.wheel(b)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, archive, wheel)
	}
	npm, err := testRelease.npmPackages(testPrograms())
	if err != nil {
		t.Fatal(err)
	}
	image, err := testRelease.image(testPrograms())
	if err != nil {
		t.Fatal(err)
	}
	return append(append(files, npm...), file{name: "image.tar", content: image})
}

func TestEveryArchiveHoldsWhatItsEcosystemReads(t *testing.T) {
	var got strings.Builder
	for _, f := range packedFiles(t) {
		fmt.Fprintf(&got, "== %s\n", f.name)
		listArchive(t, &got, f.name, f.content)
	}
	golden(t, "testdata/archives.txt", got.String())
}

// listArchive writes the entries of an archive, with the content of those that are short texts.
func listArchive(t *testing.T, to io.Writer, name string, content []byte) {
	t.Helper()
	entry := func(name string, mode os.FileMode, at time.Time, r io.Reader) {
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(to, "-- %v %s %s\n", mode, at.UTC().Format(time.RFC3339), name)
		switch {
		case bytes.HasPrefix(raw, []byte{0x1f, 0x8b}):
			listArchive(t, to, name+".gz", raw)
		case path.Base(name) == "lanser.js":
		case bytes.HasPrefix(raw, []byte("{")):
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, bytes.TrimSpace(raw), "", "  "); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(to, pretty.String())
		default:
			to.Write(raw)
		}
	}
	if path.Ext(name) == ".zip" || path.Ext(name) == ".whl" {
		r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.File {
			opened, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			entry(f.Name, f.Mode(), f.Modified, opened)
		}
		return
	}
	var r io.Reader = bytes.NewReader(content)
	if path.Ext(name) != ".tar" {
		unpacked, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		if !unpacked.ModTime.IsZero() || unpacked.Name != "" {
			t.Errorf("the gzip header of %s has the time %v and the name %q", name, unpacked.ModTime, unpacked.Name)
		}
		r = unpacked
	}
	for tr := tar.NewReader(r); ; {
		header, err := tr.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		entry(header.Name, header.FileInfo().Mode(), header.ModTime, tr)
	}
}

func TestTheSameProgramsGiveTheSameBytes(t *testing.T) {
	first, second := packedFiles(t), packedFiles(t)
	for i, f := range first {
		if f.name != second[i].name || !bytes.Equal(f.content, second[i].content) {
			t.Errorf("%s has other bytes the second time", f.name)
		}
	}
}

func TestChecksumsAreInTheFormatOfSha256sum(t *testing.T) {
	got := checksums([]file{{name: "a/b", content: []byte("x")}})
	const want = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  a/b\n"
	if string(got.content) != want {
		t.Errorf("got %q, want %q", got.content, want)
	}
}

func TestTheBillOfMaterialsListsTheModulesInTheProgram(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	text, err := testRelease.bill(program{platform: platforms[0], content: raw})
	if err != nil {
		t.Fatal(err)
	}
	var bom billOfMaterials
	if err := json.Unmarshal(text, &bom); err != nil {
		t.Fatal(err)
	}
	if bom.Format != "CycloneDX" || bom.Metadata.Timestamp != "2026-01-02T03:04:05Z" {
		t.Errorf("got %q of %q", bom.Format, bom.Metadata.Timestamp)
	}
	found := map[string]component{}
	for _, c := range bom.Components {
		found[c.Name] = c
	}
	if c := found["golang.org/x/mod"]; c.PackageURL != "pkg:golang/golang.org/x/mod@"+c.Version ||
		len(c.Properties) != 1 || !strings.HasPrefix(c.Properties[0].Value, "h1:") {
		t.Errorf("the module of golang.org/x/mod is listed as %+v", c)
	}
	if found["std"].Version == "" || found["ziglang"].Version != zig.Version {
		t.Errorf("std is listed as %+v and the compiler as %+v", found["std"], found["ziglang"])
	}
}

func TestTheVersionIsThatOfTheTagOrOfTheCommit(t *testing.T) {
	const head = "0123456789abcdef0123456789abcdef01234567 2026-01-02T04:04:05+01:00"
	for _, tt := range []struct {
		tags   []string
		number string
		want   string // "" for an error
		python string // "" for an error
	}{
		{nil, "", "v0.0.0-20260102030405-0123456789ab", "0.0.0.dev20260102030405"},
		{[]string{"v1.2.3"}, "", "v1.2.3", "1.2.3"},
		{[]string{"nightly", "v1", "v1.2.3", "v1.10.0"}, "", "v1.10.0", "1.10.0"},
		{[]string{"v1.2.3"}, "v2.0.0-rc.1", "v2.0.0-rc.1", "2.0.0rc1"},
		{nil, "v2.0.0-alpha.12", "v2.0.0-alpha.12", "2.0.0a12"},
		{nil, "v2.0.0-preview", "v2.0.0-preview", ""},
		{nil, "v2.0.0-rc.x", "v2.0.0-rc.x", ""},
		{nil, "2.0.0", "", ""},
		{nil, "v2.0", "", ""},
		{nil, "v2.0.0+meta", "", ""},
	} {
		r, err := parseRelease(head, tt.tags, tt.number)
		if got := r.version; got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("tags %v, version %q: got %q, %v; want %q", tt.tags, tt.number, got, err, tt.want)
			continue
		}
		if err != nil {
			continue
		}
		if !r.time.Equal(testRelease.time) || r.time.Location() != time.UTC || r.commit != testRelease.commit {
			t.Errorf("got the commit %s of %v", r.commit, r.time)
		}
		if python, err := r.pythonVersion(); python != tt.python || (err == nil) != (tt.python != "") {
			t.Errorf("%s is %q for Python, %v; want %q", r.version, python, err, tt.python)
		}
	}
}

func TestPlatformsAreChosenByName(t *testing.T) {
	for _, tt := range []struct{ names, want []string }{
		{nil, platformNames()},
		{[]string{"windows/amd64", "linux/arm64"}, []string{"linux/arm64", "windows/amd64"}},
		{[]string{"linux"}, nil},
	} {
		chosen, err := choose(tt.names)
		var got []string
		for _, p := range chosen {
			got = append(got, p.String())
		}
		if !slices.Equal(got, tt.want) || (err != nil) != (tt.want == nil) {
			t.Errorf("%v: got %v, %v; want %v", tt.names, got, err, tt.want)
		}
	}
}

func TestStubsDescribeTheLibrariesThatGoCallsOnMacOS(t *testing.T) {
	names, err := macSymbols(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// libSystem.B.dylib comes with the compiler.
	if len(names) != len(macLibraries)-1 {
		t.Errorf("Go imports from %d libraries, and verify allows %v", len(names), macLibraries)
	}
	for _, library := range macLibraries[1:] {
		if len(names[library]) == 0 {
			t.Errorf("Go imports nothing from %s", library)
		}
	}

	dir := t.TempDir()
	if err := writeStubs(dir, map[string][]string{
		"/usr/lib/libresolv.9.dylib":                                        {"res_b", "res_a", "res_b"},
		"/System/Library/Frameworks/Security.framework/Versions/A/Security": {"SecA"},
	}); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, name := range []string{"lib/libresolv.tbd", "Frameworks/Security.framework/Security.tbd"} {
		raw, err := os.ReadFile(dir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "== %s\n%s", name, raw)
	}
	golden(t, "testdata/stubs.txt", got.String())
}

// golden compares a text with that of a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
