package catalogue

import (
	"slices"
	"strings"

	"lanser/index/manifest"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// rustChannel matches the names of toolchains that rustup installs. A toolchain by its path is a program that the
// workspace chooses.
var rustChannel = lazyregexp.New(`^(stable|beta|nightly|[0-9]+\.[0-9]+(\.[0-9]+)?)(-[A-Za-z0-9._-]+)?$`)

// RustChannel returns the toolchain that the toolchain file in the root of the workspace names, and the file; "" if
// there is none (The rustup book, Overrides).
func RustChannel(v project.View) (channel, file string) {
	for _, file := range []string{"rust-toolchain", "rust-toolchain.toml"} { // rustup prefers the first
		raw := project.ContentOf(v, file)
		if raw == nil {
			continue
		}
		var parsed struct {
			Toolchain struct {
				Channel string `toml:"channel"`
			} `toml:"toolchain"`
		}
		name := strings.TrimSpace(string(raw))
		if strings.Contains(name, "[") && manifest.DecodeTOML(raw, &parsed) == nil {
			name = parsed.Toolchain.Channel
		}
		if rustChannel.MatchString(name) {
			return name, file
		}
		return "", file
	}
	return "", ""
}

// rustHost matches the name of a toolchain, with the platform that it runs on.
var rustHost = lazyregexp.New(
	`^(?:stable|beta|nightly|[0-9]+\.[0-9]+(?:\.[0-9]+)?)(?:-[0-9]{4}-[0-9]{2}-[0-9]{2})?-(\D.*)$`,
)

// RustToolchainNamed returns which of the installed toolchains rustup takes for a channel: the one for the platform of
// the default toolchain. It is "" if none is installed.
func RustToolchainNamed(channel, byDefault string, installed []string) string {
	names := []string{channel}
	if m := rustHost.FindStringSubmatch(byDefault); m != nil {
		names = append(names, channel+"-"+m[1])
	}
	for _, name := range names {
		if slices.Contains(installed, name) {
			return name
		}
	}
	return ""
}
