package main

import (
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"fmt"
	"path"
	"slices"
	"strings"
)

// verify checks a program that was compiled for a platform: that it is for that system and processor, has no debugging
// information, and loads no library that the system may lack.
func verify(file string, p platform) error {
	switch p.system {
	case "linux":
		return verifyELF(file, p)
	case "darwin":
		return verifyMachO(file, p)
	default:
		return verifyPE(file, p)
	}
}

// verifyELF is [verify] for Linux. A program without interpreter is loaded by the kernel alone.
func verifyELF(file string, p platform) error {
	f, err := elf.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[p.arch]; f.Machine != want {
		return fmt.Errorf("it is for %v", f.Machine)
	}
	for _, s := range f.Sections {
		if strings.HasPrefix(s.Name, ".debug_") || s.Name == ".symtab" {
			return fmt.Errorf("it is not stripped: it has the section %s", s.Name)
		}
	}
	for _, prog := range f.Progs {
		if prog.Type == elf.PT_INTERP {
			return fmt.Errorf("it is not static")
		}
	}
	return nil
}

// codeSignature is the load command LC_CODE_SIGNATURE of <mach-o/loader.h>.
const codeSignature = macho.LoadCmd(0x1d)

// verifyMachO is [verify] for macOS. The kernel refuses a program for arm64 without a code signature; the linker makes
// one that names nobody.
func verifyMachO(file string, p platform) error {
	f, err := macho.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if want := map[string]macho.Cpu{"amd64": macho.CpuAmd64, "arm64": macho.CpuArm64}[p.arch]; f.Cpu != want {
		return fmt.Errorf("it is for %v", f.Cpu)
	}
	if f.Segment("__DWARF") != nil {
		return fmt.Errorf("it is not stripped: it has the segment __DWARF")
	}
	signed := slices.ContainsFunc(f.Loads, func(l macho.Load) bool {
		return macho.LoadCmd(f.ByteOrder.Uint32(l.Raw())) == codeSignature
	})
	if p.arch == "arm64" && !signed {
		return fmt.Errorf("it has no code signature")
	}
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return err
	}
	return onlySystem(libraries, p)
}

// verifyPE is [verify] for Windows.
func verifyPE(file string, p platform) error {
	f, err := pe.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if p.arch != "amd64" || f.Machine != pe.IMAGE_FILE_MACHINE_AMD64 {
		return fmt.Errorf("it is for %#x", f.Machine)
	}
	for _, s := range f.Sections {
		if strings.HasPrefix(s.Name, ".debug_") {
			return fmt.Errorf("it is not stripped: it has the section %s", s.Name)
		}
	}
	// ImportedLibraries of this package returns nothing, so that the names come from the symbols, as SYMBOL:LIBRARY.
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return err
	}
	var libraries []string
	for _, s := range symbols {
		_, library, _ := strings.Cut(s, ":")
		libraries = append(libraries, strings.ToLower(library))
	}
	slices.Sort(libraries)
	return onlySystem(slices.Compact(libraries), p)
}

// onlySystem returns an error if one of the libraries is not a part of the platform.
func onlySystem(libraries []string, p platform) error {
	for _, library := range libraries {
		known := slices.ContainsFunc(p.systemLibrary, func(pattern string) bool {
			ok, _ := path.Match(pattern, library)
			return ok
		})
		if !known {
			return fmt.Errorf("it loads the library %s, which is not known to be a part of the system", library)
		}
	}
	return nil
}
