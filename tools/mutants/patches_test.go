package main

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/tools/mutants/patch"
)

// TestEveryPatchApplies holds that each patch still has its place in the code, and tests that should notice it. Whether they do is for
// "make mutants" to say.
func TestEveryPatchApplies(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	list, err := patch.Read(filepath.Join(root, patchFolder))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, p := range list {
		if _, err := p.Apply(root); err != nil {
			t.Error(err)
		}
		if len(noticed[path.Dir(p.File)]) == 0 {
			t.Errorf("no tests are named that should notice patch %s", p.Name)
		}
		if !strings.HasSuffix(p.What, ".") || strings.Contains(p.What, "\n") {
			t.Errorf("patch %s does not begin with one sentence: %q", p.Name, p.What)
		}
		if other := said[p.File+p.Before+p.After]; other != "" {
			t.Errorf("the patches %s and %s are one", p.Name, other)
		}
		said[p.File+p.Before+p.After] = p.Name
	}
	if len(list) < 40 {
		t.Errorf("%d patches", len(list))
	}
	t.Logf("%d patches apply", len(list))
}

// Each pattern for the names of tests names tests that there are.
func TestTestsThatAreNamedAreThere(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	patterns := maps.Clone(slow)
	patterns[families[0]] += judges["function/internal/catalogue/danger"]
	for pkg, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(content)
		}
		for _, name := range regexp.MustCompile(`(Test|Fuzz)\w+`).FindAllString(pattern, -1) {
			if !strings.Contains(text.String(), "\nfunc "+name+"(") {
				t.Errorf("%s has no test %s", pkg, name)
			}
		}
	}
}

// Each survivor that is listed is a mutant that there is, and has a reason.
func TestEachSurvivorIsThere(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := survivors(root); err != nil {
		t.Error(err)
	}
	for _, pkg := range sampled {
		if len(noticed[pkg]) == 0 {
			t.Errorf("no tests are named that should notice a fault in %s", pkg)
		}
	}
}

func TestAScoreIsFaulty(t *testing.T) {
	listed := map[string]string{"a": "It is the same.", "b": "It is the same."}
	for name, c := range map[string]struct {
		score score
		want  string
	}{
		"good":             {score{killed: 90, lived: 1, left: []string{"a"}}, ""},
		"too few":          {score{killed: 5}, "5 mutants are too few"},
		"too low":          {score{killed: 84, lived: 10, uncovered: 6, left: []string{"a"}}, "84.0 %"},
		"timed out":        {score{killed: 90, timedOut: []string{"c"}}, "timed out: c"},
		"not listed":       {score{killed: 90, lived: 1, left: []string{"c"}}, "not noticed, and not in"},
		"listed and found": {score{killed: 90, killedToo: []string{"b"}}, "noticed, and still in"},
	} {
		t.Run(name, func(t *testing.T) {
			faults := c.score.faults("x", listed)
			if c.want == "" && len(faults) == 0 {
				return
			}
			if len(faults) != 1 || c.want == "" || !strings.Contains(faults[0].Error(), c.want) {
				t.Errorf("faults %v, want %q", faults, c.want)
			}
		})
	}
}
