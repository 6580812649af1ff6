package main

import (
	_ "embed"
	"encoding/json"
)

// The names of the npm packages: lanser, and below the scope one for each platform. npm installs only those whose os
// and cpu are those of the machine.
const (
	npmPackage = "lanser"
	npmScope   = "@lanser"
)

// npmLauncher is the program of the package lanser: it starts the one of the package for this platform.
//
//go:embed launcher.js
var npmLauncher []byte

// manifest is a package.json.
type manifest struct {
	Name                 string            `json:"name"`
	Version              string            `json:"version"`
	Description          string            `json:"description"`
	OS                   []string          `json:"os,omitempty"`
	CPU                  []string          `json:"cpu,omitempty"`
	Bin                  map[string]string `json:"bin,omitempty"`
	Engines              map[string]string `json:"engines,omitempty"`
	OptionalDependencies map[string]string `json:"optionalDependencies,omitempty"`
	PreferUnplugged      bool              `json:"preferUnplugged,omitempty"` // Yarn must unpack a program to start it
}

// npmName returns the name of the package for a platform, such as @lanser/linux-x64.
func (p platform) npmName() string { return npmScope + "/" + p.npmOS + "-" + p.npmCPU }

// npmPackages returns the npm packages, as 'npm pack' names them: a package for each program, and the one that users
// install, which depends on all of these as options. No package has a script that runs on installation.
func (r release) npmPackages(built []program) (files []file, err error) {
	main := manifest{
		Name: npmPackage, Version: r.number(), Description: description,
		Bin: map[string]string{"lanser": "lanser.js"}, Engines: map[string]string{"node": ">=18"},
		OptionalDependencies: map[string]string{},
	}
	for _, b := range built {
		p := b.platform
		main.OptionalDependencies[p.npmName()] = r.number()
		platformPackage := manifest{
			Name: p.npmName(), Version: r.number(), Description: "The program of the package lanser for " + p.String(),
			OS: []string{p.npmOS}, CPU: []string{p.npmCPU}, PreferUnplugged: true,
		}
		program := file{name: p.file("bin/lanser"), content: b.content, executable: true}
		packed, err := r.npmPack("lanser-"+p.npmOS+"-"+p.npmCPU, platformPackage, program)
		if err != nil {
			return nil, err
		}
		files = append(files, packed)
	}

	packed, err := r.npmPack(npmPackage, main, file{name: "lanser.js", content: npmLauncher, executable: true})
	return append(files, packed), err
}

// npmPack returns the archive of a package with one file besides its manifest.
func (r release) npmPack(name string, m manifest, only file) (file, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return file{}, err
	}
	only.name = "package/" + only.name
	packed, err := tarGzip([]file{{name: "package/package.json", content: append(text, '\n')}, only}, r.time)
	return file{name: "npm/" + name + "-" + r.number() + ".tgz", content: packed}, err
}
