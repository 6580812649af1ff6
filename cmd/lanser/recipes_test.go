package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rhysd/actionlint"
	"github.com/spf13/pflag"

	"lanser/index/indextest"
	"lanser/server/settings"
)

// recipe is a block of help ci: the indented lines after the one that begins so.
func recipe(t *testing.T, help, begins string) string {
	t.Helper()
	_, rest, ok := strings.Cut(help, "\n"+begins)
	if !ok {
		t.Fatalf("help ci has no recipe that begins with %q", begins)
	}
	var out []string
	inside := false
	for line := range strings.Lines(rest[strings.Index(rest, "\n\n")+2:]) {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "  ") {
			break
		}
		inside = true
		out = append(out, strings.TrimPrefix(line, "  "))
	}
	if !inside {
		t.Fatalf("the recipe %q is empty", begins)
	}
	return strings.Join(out, "")
}

// linted has shellcheck look at a script.
func linted(t *testing.T, script string) {
	t.Helper()
	cmd := exec.Command("shellcheck", "--shell=bash", "--severity=warning", "-")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, script, out)
	}
}

// commandsParse checks that every flag of every lanser command in a script is one.
func commandsParse(t *testing.T, script string) {
	t.Helper()
	n := 0
	command := regexp.MustCompile(`(?m)(?:^|[|;&] *)\s*lanser ([a-z]+)([^|;&#\n]*)`)
	for _, m := range command.FindAllStringSubmatch(script, -1) {
		n++
		root := (&app{out: io.Discard, err: io.Discard}).command()
		cmd, _, err := root.Find(append([]string{m[1]}, strings.Fields(m[2])...))
		if err != nil {
			t.Errorf("lanser %s: %v", m[1], err)
			continue
		}
		for _, f := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(m[2], -1) {
			var known *pflag.Flag
			known = cmd.Flags().Lookup(f[1])
			if known == nil {
				known = cmd.InheritedFlags().Lookup(f[1])
			}
			if known == nil {
				t.Errorf("lanser %s has no flag --%s", m[1], f[1])
			}
		}
	}
	if n == 0 {
		t.Errorf("no command of lanser in %q", script)
	}
}

func TestTheRecipesOfHelpCIAreValidForTheirSystems(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "shellcheck")
	raw, err := os.ReadFile("help/ci.txt")
	if err != nil {
		t.Fatal(err)
	}
	help := string(raw)
	commandsParse(t, help)

	var action struct {
		Name, Description string
		Inputs            map[string]struct{ Description, Default string }
		Runs              struct {
			Using string
			Steps []struct {
				Uses, Shell, Run, If string
				With, Env            map[string]string
			}
		}
	}
	dec := yaml.NewDecoder(strings.NewReader(recipe(t, help, "GitHub:")), yaml.Strict())
	if err := dec.Decode(&action); err != nil {
		t.Fatal(err)
	}
	if action.Runs.Using != "composite" || len(action.Runs.Steps) != 3 {
		t.Errorf("%+v", action)
	}
	for _, s := range action.Runs.Steps {
		if (s.Uses == "") == (s.Run == "") || s.Run != "" && s.Shell == "" {
			t.Errorf("a step of a composite action uses something or runs it in a shell: %+v", s)
		}
		if strings.Contains(s.Run, "${{") {
			t.Errorf("an input goes into the script itself, where it could be more than a word: %s", s.Run)
		}
		if s.Run != "" {
			linted(t, s.Run)
			commandsParse(t, s.Run)
		}
	}

	var jobs map[string]struct {
		Image     string
		Variables map[string]string
		Cache     struct {
			Key   string
			Paths []string
		}
		BeforeScript []string `yaml:"before_script"`
		Script       []string
		AfterScript  []string `yaml:"after_script"`
		Artifacts    struct {
			When    string
			Reports map[string]string
		}
	}
	if err := yaml.NewDecoder(strings.NewReader(recipe(t, help, "GitLab:")), yaml.Strict()).Decode(&jobs); err != nil {
		t.Fatal(err)
	}
	job := jobs["lanser"]
	for _, script := range [][]string{job.BeforeScript, job.Script, job.AfterScript} {
		linted(t, strings.Join(script, "\n"))
	}
	commandsParse(t, strings.Join(job.Script, "\n"))
	for kind, file := range job.Artifacts.Reports {
		if !strings.Contains(strings.Join(job.Script, "\n"), "="+file) {
			t.Errorf("the report %s is expected in %s, which the script does not write", kind, file)
		}
	}

	workflow := recipe(t, help, "GitHub in shards:")
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	mistakes, err := linter.Lint(".github/workflows/lanser.yml", []byte(workflow), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mistakes {
		t.Errorf("a line of the workflow: %v", m)
	}
	commandsParse(t, strings.ReplaceAll(workflow, "run: ", "\n"))

	var shards map[string]struct {
		Image     string
		Parallel  int
		Needs     []string
		When      string
		Script    []string
		Artifacts struct {
			When    string
			Paths   []string
			Reports map[string]string
		}
	}
	decoder := yaml.NewDecoder(strings.NewReader(recipe(t, help, "GitLab in shards:")), yaml.Strict())
	if err := decoder.Decode(&shards); err != nil {
		t.Fatal(err)
	}
	for name, job := range shards {
		for _, needed := range job.Needs {
			if _, ok := shards[needed]; !ok {
				t.Errorf("%s needs %s, which is no job", name, needed)
			}
		}
		linted(t, strings.Join(job.Script, "\n"))
		commandsParse(t, strings.Join(job.Script, "\n"))
	}

	for line := range strings.Lines(recipe(t, help, "A container")) {
		instruction, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch instruction {
		case "FROM", "COPY", "ENV", "WORKDIR", "ENTRYPOINT", "CMD", "":
		case "RUN":
			linted(t, strings.TrimPrefix(strings.TrimSpace(line), "RUN "))
		default:
			t.Errorf("%q is no instruction of the container's recipe", instruction)
		}
	}
}

// The lanser.toml that 'lanser help ci' shows is valid.
func TestTheConfigurationInHelpCIIsValid(t *testing.T) {
	raw, err := os.ReadFile("help/ci.txt")
	if err != nil {
		t.Fatal(err)
	}
	shown := recipe(t, strings.Replace(string(raw), "lanser.toml in the workspace's folder\n",
		"lanser.toml in the workspace's folder\n\n", 1), "Configuration:")
	file := t.TempDir() + "/lanser.toml"
	if err := os.WriteFile(file, []byte(shown), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := settings.Read(t.Context(), "", file)
	if err != nil {
		t.Fatal(err)
	}
	if c.FailOn != "warning" || c.MaxIssues != 200 || len(c.Exclude) != 2 || len(c.Severity) != 1 ||
		c.Severity[0].Severity != "ignore" {
		t.Errorf("%+v of\n%s", c, bytes.TrimSpace([]byte(shown)))
	}
}
