package server_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server/api"
)

// npmInstalled returns a new folder in which packages from npm are installed, without running their scripts.
func npmInstalled(t *testing.T, packages ...string) (dir string) {
	t.Helper()
	args := []string{"install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"}
	npm := exec.Command("npm", append(args, packages...)...)
	npm.Dir = t.TempDir()
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return npm.Dir
}

// Another implementation of RFC 8785 computes the same digests of bundles.
func TestBundleIDsEqualThoseOfAnotherImplementation(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "npm")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n",
		"a.go":   "package m\n\n// F: \"é\" \u2028 <&> 💥 \\ \x7f\nfunc F() {}\n\nfunc G() int { F(); return nope }\n",
		"é.go":   "package m\n\nvar é = 1e21\n",
	})
	e := untraced(t, dir)
	var answers []json.RawMessage
	for _, q := range []api.Request{
		{Op: "refs", Selector: selector("go://*#F")},
		{Op: "hover", Selector: selector("go://*#F")},
		{Op: "diag"},
		{Op: "symbols", Paths: []string{"."}},
		{Op: "locate", Selector: selector("go://*#Nothing")},
		{Op: "locate", Selector: selector("go://*#é"), Options: api.Options{Preview: true}},
	} {
		b, _ := e.Do(context.Background(), q) // errors are answers
		answers = append(answers, json.RawMessage(mustJSON(t, b)))
	}
	work := npmInstalled(t, "canonicalize@2.0.0")
	const script = `
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
for (const b of JSON.parse(readFileSync('answers.json'))) {
  const { bundleId, local, ...hashed } = b;
  const id = 'sha256:' + createHash('sha256').update(canonicalize(hashed)).digest('hex');
  console.log(id === bundleId && local ? 'equal' : id + ' is not ' + bundleId);
}`
	for name, content := range map[string]string{"ids.mjs": script, "answers.json": mustJSON(t, answers)} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	node := exec.Command("node", "ids.mjs")
	node.Dir = work
	out, err := node.Output()
	if want := strings.Repeat("equal\n", len(answers)); err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
}
