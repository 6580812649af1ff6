package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// wheel returns the wheel of a program, which works with every Python 3: an installer puts the files below
// lanser-VERSION.data/scripts on PATH as they are. See the binary distribution format of Python's packaging.
func (r release) wheel(b program) (file, error) {
	version, err := r.pythonVersion()
	if err != nil {
		return file{}, err
	}
	base := "lanser-" + version
	tags := ""
	for tag := range strings.SplitSeq(b.platform.wheelTag, ".") {
		tags += "Tag: py3-none-" + tag + "\n"
	}
	entries := []file{
		{name: base + ".data/scripts/" + b.platform.file("lanser"), content: b.content, executable: true},
		{name: base + ".dist-info/METADATA", content: fmt.Appendf(nil,
			"Metadata-Version: 2.1\nName: lanser\nVersion: %s\nSummary: %s\nRequires-Python: >=3.8\n",
			version, description)},
		{name: base + ".dist-info/WHEEL", content: []byte(
			"Wheel-Version: 1.0\nGenerator: lanser\nRoot-Is-Purelib: false\n" + tags,
		)},
	}

	var record strings.Builder
	for _, e := range entries {
		sum := sha256.Sum256(e.content)
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", e.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(e.content))
	}
	record.WriteString(base + ".dist-info/RECORD,,\n") // a list cannot hold its own checksum
	entries = append(entries, file{name: base + ".dist-info/RECORD", content: []byte(record.String())})
	packed, err := zipped(entries, r.time)
	return file{name: "wheels/" + base + "-py3-none-" + b.platform.wheelTag + ".whl", content: packed}, err
}
