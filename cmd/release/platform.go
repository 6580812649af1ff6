package main

import (
	"fmt"
	"slices"
	"strings"
)

// platform is a platform that lanser is built for, with the names that it has in each ecosystem.
type platform struct {
	system, arch   string // GOOS and GOARCH
	target         string // of zig cc
	level          string // the variable that chooses the processor's instructions; the oldest ones run everywhere
	npmOS, npmCPU  string // node's process.platform and process.arch
	wheelTag       string // the platform tag of a wheel
	static         bool   // linked without any library, so that it runs with every C library
	frameworks     bool   // links against frameworks of macOS
	systemLibrary  []string
	containerImage bool // the image contains it
}

// platforms are all platforms of a release. The programs for Linux contain musl and need no C library. Go 1.26 needs
// macOS 12, see its release notes. A program may load the libraries listed, which are parts of its
// system.
var platforms = []platform{
	{
		system: "linux", arch: "amd64", target: "x86_64-linux-musl", level: "GOAMD64=v1",
		npmOS: "linux", npmCPU: "x64", static: true, containerImage: true,
		wheelTag: "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
	},
	{
		system: "linux", arch: "arm64", target: "aarch64-linux-musl", level: "GOARM64=v8.0",
		npmOS: "linux", npmCPU: "arm64", static: true, containerImage: true,
		wheelTag: "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
	},
	{
		system: "darwin", arch: "arm64", target: "aarch64-macos.12.0", level: "GOARM64=v8.0",
		npmOS: "darwin", npmCPU: "arm64", frameworks: true, systemLibrary: macLibraries,
		wheelTag: "macosx_12_0_arm64",
	},
	{
		system: "darwin", arch: "amd64", target: "x86_64-macos.12.0", level: "GOAMD64=v1",
		npmOS: "darwin", npmCPU: "x64", frameworks: true, systemLibrary: macLibraries,
		wheelTag: "macosx_12_0_x86_64",
	},
	{
		system: "windows", arch: "amd64", target: "x86_64-windows-gnu", level: "GOAMD64=v1",
		npmOS: "win32", npmCPU: "x64", systemLibrary: windowsLibraries,
		wheelTag: "win_amd64",
	},
}

// The libraries that a program may load, all of them parts of the system.
var (
	macLibraries = []string{
		"/usr/lib/libSystem.B.dylib", "/usr/lib/libresolv.9.dylib",
		"/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation",
		"/System/Library/Frameworks/Security.framework/Versions/A/Security",
	}
	windowsLibraries = []string{
		"kernel32.dll", "ntdll.dll", "api-ms-win-crt-*.dll", // the C library of Windows 10 and later
	}
)

// String returns GOOS/GOARCH.
func (p platform) String() string { return p.system + "/" + p.arch }

// folder returns GOOS-GOARCH.
func (p platform) folder() string { return p.system + "-" + p.arch }

// file returns the name of a program's file on the platform.
func (p platform) file(program string) string {
	if p.system == "windows" {
		return program + ".exe"
	}
	return program
}

// platformNames returns GOOS/GOARCH of each platform.
func platformNames() (names []string) {
	for _, p := range platforms {
		names = append(names, p.String())
	}
	return names
}

// choose returns the platforms with the given names, in the order of platforms; all without names.
func choose(names []string) (chosen []platform, err error) {
	for _, name := range names {
		if !slices.Contains(platformNames(), name) {
			return nil, fmt.Errorf("unknown platform %q; there are %s", name, strings.Join(platformNames(), ", "))
		}
	}
	for _, p := range platforms {
		if len(names) == 0 || slices.Contains(names, p.String()) {
			chosen = append(chosen, p)
		}
	}
	return chosen, nil
}
