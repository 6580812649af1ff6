package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"runtime/debug"
	"slices"
	"strings"
)

// billOfMaterials is the part of CycloneDX 1.6 that is known of a program. Licences are not among it.
type billOfMaterials struct {
	Format      string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Metadata    metadata    `json:"metadata"`
	Components  []component `json:"components"`
}

// metadata says what the components are those of.
type metadata struct {
	Timestamp string    `json:"timestamp"` // of the commit
	Component component `json:"component"`
}

// component is a module, or the program itself.
type component struct {
	Type        string     `json:"type"`
	Ref         string     `json:"bom-ref"`
	Name        string     `json:"name"`
	Version     string     `json:"version"`
	Description string     `json:"description,omitempty"`
	PackageURL  string     `json:"purl,omitempty"`
	Properties  []property `json:"properties,omitempty"`
}

// property is a fact for which CycloneDX has no field.
type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// bill returns a list of the modules that were linked into a program, read from the program itself.
func (r release) bill(b program) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(b.content))
	if err != nil {
		return nil, err
	}
	goVersion := strings.TrimPrefix(info.GoVersion, "go")
	bom := billOfMaterials{
		Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata: metadata{
			Timestamp: r.time.Format("2006-01-02T15:04:05Z"),
			Component: component{
				Type: "application", Ref: "lanser", Name: "lanser", Version: r.number(),
				Properties: []property{
					{Name: "lanser:commit", Value: r.commit}, {Name: "lanser:platform", Value: b.platform.String()},
				},
			},
		},
		Components: []component{
			library("pkg:golang/std@"+goVersion, "std", goVersion, "Go's standard library"),
			library("pkg:pypi/ziglang@"+zig.Version, zig.Name, zig.Version,
				"the C compiler, whose runtime libraries are a part of the program"),
		},
	}
	for _, m := range info.Deps {
		bom.Components = append(bom.Components, moduleComponent(m))
	}

	slices.SortFunc(bom.Components, func(a, b component) int { return strings.Compare(a.Ref, b.Ref) })
	text, err := json.MarshalIndent(bom, "", "  ")
	return append(text, '\n'), err
}

// library returns a component that is identified by its package URL.
func library(url, name, version, description string) component {
	return component{
		Type: "library", Ref: url, Name: name, Version: version, Description: description, PackageURL: url,
	}
}

// moduleComponent returns the component for a module of Go, with its checksum as in go.sum.
func moduleComponent(m *debug.Module) component {
	if m.Replace != nil {
		m = m.Replace
	}
	c := library("pkg:golang/"+m.Path+"@"+m.Version, m.Path, m.Version, "")
	if m.Sum != "" {
		c.Properties = []property{{Name: "go:sum", Value: m.Sum}}
	}
	return c
}
