package install

import (
	"cmp"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/programs"
)

// Verify checks that the installed server has the pinned version: for npm by the digest of the
// installed package, for go by the version and checksum in the program, and for Debian packages
// by the version that the program prints. Programs from wheels are compared with what pip has recorded.
// The error has code NoServer if no server is installed, and VersionSkew if it has another version.
func Verify(ctx context.Context, d Dirs, s *catalogue.Server, f *programs.Finder) error {
	found, err := Find(d, s, f)
	if err != nil {
		return err
	}
	skew := func(got string) error {
		return fault.New(fault.VersionSkew, "%s is %s, but the pinned version is %s", s.Name, got, s.Version).
			WithHint("lanser servers install %s", s.Name)
	}

	if !found.Pinned {
		return skew("a program on PATH, " + found.Argv[0])
	}
	switch s.Install.Manager {
	case "go":
		info, err := buildinfo.ReadFile(found.Argv[0])
		if err != nil {
			return skew("not a program built by go: " + err.Error())
		}
		if info.Main.Version != s.Version {
			return skew(info.Main.Version)
		}
		if err := otherSum(s, s.Install.Package, info.Main.Sum, s.Install.Sum); err != nil {
			return err
		}
	case "npm":
		version, sum := unpacked(found.Dir, s.Install.Package)
		if !strings.HasSuffix(s.Install.Package, "@"+version) {
			return skew(cmp.Or(version, "of a version that npm has not recorded"))
		}
		if err := otherSum(s, s.Install.Package, sum, s.Install.Sum); err != nil {
			return err
		}
		for _, also := range s.Install.Also {
			version, sum := unpacked(found.Dir, also.Name)
			if !strings.HasSuffix(also.Name, "@"+version) {
				return fault.New(fault.VersionSkew, "%s comes with version %s of a package, but %s is pinned",
					s.Name, version, also.Name).WithHint("lanser servers install %s", s.Name)
			}
			if err := otherSum(s, also.Name, sum, also.Sum); err != nil {
				return err
			}
		}
	case "pypi":
		for _, p := range wheelsOf(s) {
			if why := damaged(d, s, p); why != "" {
				return fault.New(fault.VersionSkew, "%s %s", s.Name, why).WithHint("lanser servers install %s", s.Name)
			}
		}
	case "apt":
		out, err := exec.CommandContext(ctx, found.Argv[0], "--version").Output()
		if err != nil || !SameVersion(strings.TrimSpace(string(out)), s.Version) {
			return skew(strings.Join(strings.Fields(string(out)), " "))
		}
	}

	for _, p := range s.Install.Programs {
		if why := damaged(d, s, p); why != "" {
			return fault.New(fault.VersionSkew, "%s, which %s runs, %s", p.Name, s.Name, why).
				WithHint("lanser servers install %s", s.Name)
		}
	}

	return nil
}

// otherSum returns the error for an installed package whose checksum is not the pinned one; nil if it is, or if none
// is pinned.
func otherSum(s *catalogue.Server, pkg, got, pinned string) error {
	if pinned == "" || got == pinned {
		return nil
	}
	return fault.New(fault.VersionSkew, "%s: the package %s has the checksum %q, but %q is pinned",
		s.Name, pkg, got, pinned).WithHint("install it again (lanser servers install %s); if that does not help, its "+
		"registry serves another package than the one that was pinned, or lanser's description of the server, "+
		"Install in server/catalogue, has a wrong Sum", s.Name)
}

// damaged returns what is wrong with a pinned program: it is in another version than the pinned one, or is
// not the file that pip has installed. A program that is not installed, or not pinned on this platform, may
// come from PATH.
func damaged(d Dirs, s *catalogue.Server, p catalogue.PinnedProgram) string {
	if p.Sums[platform()] == "" || Lacks(d, s) == p.Name {
		return ""
	}
	name, version, _ := strings.Cut(p.Package, "==")
	info := strings.ReplaceAll(name, "-", "_") + "-" + version + ".dist-info"
	record, err := os.ReadFile(filepath.Join(d.Programs(s), info, "RECORD"))
	if err != nil {
		return "is not of the pinned version " + version
	}
	if p.Unpacks {
		return damagedFile(d.Programs(s), string(record))
	}
	content, err := os.ReadFile(filepath.Join(d.Programs(s), fileOf(p)))
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(content)
	for line := range strings.Lines(string(record)) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		if strings.HasSuffix("/"+fields[0], "/"+fileOf(p)) && len(fields) > 1 &&
			fields[1] == "sha256="+base64.RawURLEncoding.EncodeToString(sum[:]) {
			return ""
		}
	}
	return "is not the file that was installed"
}

// damagedFile returns what is wrong with the files of an unpacked wheel, given the record of their checksums; "" for
// nothing.
func damagedFile(dir, record string) string {
	for line := range strings.Lines(record) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ",sha256=")
		if !ok {
			continue // the record itself
		}
		name = strings.ReplaceAll(strings.Trim(name, `"`), `""`, `"`) // the record is in CSV
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err.Error()
		}
		sum := sha256.Sum256(content)
		if want, _, _ := strings.Cut(rest, ","); want != base64.RawURLEncoding.EncodeToString(sum[:]) {
			return "has a file that is not the one that was installed: " + name
		}
	}
	return ""
}

// unpacked returns the version and digest that npm has recorded for an installed package, "" for one that is not there.
// pkg is NAME@VERSION; the name of a package may itself begin with "@", as in @scope/name@1.2.3. The digest is that of
// the archive, which npm has compared with the file it downloaded; files that were changed later are not noticed.
func unpacked(dir, pkg string) (version, integrity string) {
	name := pkg[:strings.LastIndexByte(pkg, '@')]
	raw, err := os.ReadFile(filepath.Join(dir, "node_modules", ".package-lock.json"))
	if err != nil {
		return "", ""
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	if json.Unmarshal(raw, &lock) != nil {
		return "", ""
	}
	p := lock.Packages["node_modules/"+name]
	return p.Version, p.Integrity
}

// SameVersion reports whether the version that a server prints is the pinned one. One of its words must be the pinned
// version, or that followed by a dot and more: rust-analyzer is pinned as 1.96, and a release of it prints
// "rust-analyzer 1.96.1". A "v" before either does not count.
func SameVersion(reported, want string) bool {
	want = strings.TrimPrefix(want, "v")
	for word := range strings.FieldsSeq(reported) {
		word = strings.TrimPrefix(word, "v")
		if word == want || strings.HasPrefix(word, want+".") {
			return true
		}
	}
	return false
}
