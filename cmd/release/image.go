package main

import (
	"encoding/json"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// An image holds lanser alone, at /usr/bin/lanser: no shell and no language server. Other images copy the program from
// it, and by itself it answers what needs no language server.

// blobs collects the parts of an image, each named by its digest.
type blobs struct{ files []file }

// add adds a part and returns its descriptor.
func (b *blobs) add(mediaType string, content []byte) v1.Descriptor {
	sum := digest.FromBytes(content)
	b.files = append(b.files, file{name: "blobs/sha256/" + sum.Encoded(), content: content})
	return v1.Descriptor{MediaType: mediaType, Digest: sum, Size: int64(len(content))}
}

// addJSON is [blobs.add] for a value as JSON.
func (b *blobs) addJSON(mediaType string, value any) (v1.Descriptor, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return v1.Descriptor{}, err
	}
	return b.add(mediaType, raw), nil
}

// image returns the image of the programs for Linux as the archive of an OCI image layout, which docker, podman, skopeo
// and crane load and push.
func (r release) image(built []program) ([]byte, error) {
	var b blobs
	index := v1.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageIndex}
	for _, program := range built {
		if !program.platform.containerImage {
			continue
		}
		manifest, err := r.imageManifest(&b, program)
		if err != nil {
			return nil, err
		}
		index.Manifests = append(index.Manifests, manifest)
	}

	all, err := b.addJSON(v1.MediaTypeImageIndex, index)
	if err != nil {
		return nil, err
	}
	all.Annotations = map[string]string{v1.AnnotationRefName: r.number()}
	top, err := json.Marshal(v1.Index{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageIndex,
		Manifests: []v1.Descriptor{all},
	})
	if err != nil {
		return nil, err
	}
	layout, err := json.Marshal(v1.ImageLayout{Version: v1.ImageLayoutVersion})
	if err != nil {
		return nil, err
	}
	files := []file{{name: v1.ImageLayoutFile, content: layout}, {name: v1.ImageIndexFile, content: top}}
	return tarball(append(files, b.files...), r.time)
}

// imageManifest adds the image for one platform and returns its descriptor.
func (r release) imageManifest(b *blobs, of program) (v1.Descriptor, error) {
	layer, err := tarball([]file{{name: "usr/bin/lanser", content: of.content, executable: true}}, r.time)
	if err != nil {
		return v1.Descriptor{}, err
	}
	packed, err := gzipped(layer)
	if err != nil {
		return v1.Descriptor{}, err
	}
	platform := v1.Platform{OS: of.platform.system, Architecture: of.platform.arch}
	config, err := b.addJSON(v1.MediaTypeImageConfig, v1.Image{
		Created: &r.time, Platform: platform,
		Config: v1.ImageConfig{Entrypoint: []string{"/usr/bin/lanser"}, WorkingDir: "/work"},
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromBytes(layer)}},
	})
	if err != nil {
		return v1.Descriptor{}, err
	}
	manifest, err := b.addJSON(v1.MediaTypeImageManifest, v1.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest, Config: config,
		Layers: []v1.Descriptor{b.add(v1.MediaTypeImageLayerGzip, packed)},
		Annotations: map[string]string{
			v1.AnnotationVersion: r.number(), v1.AnnotationRevision: r.commit, v1.AnnotationDescription: description,
		},
	})
	manifest.Platform = &platform
	return manifest, err
}
