package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"lanser/index/indextest"
)

// schemaFolder loads JSON Schemas from a folder, whatever the address by which they refer to each other.
type schemaFolder string

// Load returns the schema whose file has the name that the address ends with.
func (dir schemaFolder) Load(address string) (any, error) {
	name := path.Base(address)
	if name == "jsf-0.82.schema.json" {
		name = "jsf-0.82.schemax.json" // so is its file named in the module
	}
	f, err := os.Open(filepath.Join(string(dir), name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return jsonschema.UnmarshalJSON(f)
}

// violations returns how a document violates the schema in a file of the folder; nil if it does not.
func (dir schemaFolder) violations(t *testing.T, schema string, document []byte) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.UseLoader(dir)
	c.AssertFormat()
	compiled, err := c.Compile("https://example.com/" + schema)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Validate(value)
}

func TestTheBillOfMaterialsFollowsTheSchemaOfCycloneDX(t *testing.T) {
	indextest.Needs(t, "the Go module of CycloneDX's schemas")
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	dir := schemaFolder(filepath.Join(indextest.Module(t, "github.com/CycloneDX/cyclonedx-go@v0.9.3"), "schema"))
	for _, p := range platforms {
		bill, err := testRelease.bill(program{platform: p, content: raw})
		if err != nil {
			t.Fatal(err)
		}
		const schema = "bom-1.6.schema.json"
		if err := dir.violations(t, schema, bill); err != nil {
			t.Errorf("%s: %v\n%s", p, err, bill)
		}
		wrong := bytes.Replace(bill, []byte(`"library"`), []byte(`"book"`), 1)
		if dir.violations(t, schema, wrong) == nil {
			t.Error("the schema lets a component of an unknown type through")
		}
	}
}

// layout is the content of an OCI image layout, by the name of the file. A blob that was read is removed.
type layout struct {
	t     *testing.T
	files map[string][]byte
}

// blob returns the blob of a descriptor, whose digest and size must be those of the content.
func (l layout) blob(d v1.Descriptor) []byte {
	l.t.Helper()
	name := "blobs/" + strings.Replace(d.Digest.String(), ":", "/", 1)
	content, ok := l.files[name]
	if !ok || digest.FromBytes(content) != d.Digest || int64(len(content)) != d.Size {
		l.t.Errorf("%+v: the layout has %d bytes at %s", d, len(content), name)
	}
	delete(l.files, name)
	return content
}

// The layout is the one that version 1.1 of the image specification describes: every descriptor names a blob, every
// blob has a descriptor, the documents follow the schemas, and layers unpack to what the configuration says.
func TestTheImageFollowsTheSpecificationOfImages(t *testing.T) {
	dir := schemaFolder(filepath.Join(indextest.Module(t, "github.com/opencontainers/image-spec@v1.1.1"), "schema"))
	image, err := testRelease.image(testPrograms())
	if err != nil {
		t.Fatal(err)
	}
	l := layout{t: t, files: untarred(t, image)}
	read := func(schema string, content []byte, to any) {
		t.Helper()
		if err := dir.violations(t, schema, content); err != nil {
			t.Errorf("%s: %v\n%s", schema, err, content)
		}
		if err := json.Unmarshal(content, to); err != nil {
			t.Fatal(err)
		}
	}
	var marker v1.ImageLayout
	read("image-layout-schema.json", l.files[v1.ImageLayoutFile], &marker)
	var top, index v1.Index
	read("image-index-schema.json", l.files[v1.ImageIndexFile], &top)
	delete(l.files, v1.ImageLayoutFile)
	delete(l.files, v1.ImageIndexFile)
	if len(top.Manifests) != 1 || top.Manifests[0].MediaType != v1.MediaTypeImageIndex {
		t.Fatalf("the layout names %+v", top.Manifests)
	}
	read("image-index-schema.json", l.blob(top.Manifests[0]), &index)

	got := map[string][]string{}
	for _, d := range index.Manifests {
		var manifest v1.Manifest
		var config v1.Image
		read("image-manifest-schema.json", l.blob(d), &manifest)
		read("config-schema.json", l.blob(manifest.Config), &config)
		if diff := cmp.Diff(d.Platform, &config.Platform); diff != "" {
			t.Errorf("the platform of an image (-index +configuration):\n%s", diff)
		}
		if len(manifest.Layers) != len(config.RootFS.DiffIDs) {
			t.Fatalf("%d layers and %d digests of them", len(manifest.Layers), len(config.RootFS.DiffIDs))
		}
		for i, layer := range manifest.Layers {
			unpacked, err := gzip.NewReader(bytes.NewReader(l.blob(layer)))
			if err != nil {
				t.Fatal(err)
			}
			tar, err := io.ReadAll(unpacked)
			if err != nil {
				t.Fatal(err)
			}
			if digest.FromBytes(tar) != config.RootFS.DiffIDs[i] {
				t.Errorf("the configuration has another digest of the layer of %+v", d.Platform)
			}
			key := config.OS + "/" + config.Architecture
			got[key] = append(got[key], slices.Collect(maps.Keys(untarred(t, tar)))...)
		}
	}
	want := map[string][]string{"linux/amd64": {"usr/bin/lanser"}, "linux/arm64": {"usr/bin/lanser"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files of the images (-want +got):\n%s", diff)
	}
	for name := range l.files {
		t.Errorf("nothing names the file %s", name)
	}
}

// untarred returns the files of an archive.
func untarred(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for tr := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := tr.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name], err = io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
	}
}
