package catalogue_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

var wantedFinding = regexp.MustCompile(`(?m)^(RW\d{3}) (low|medium|high|critical)\b`)

// A check says which severities its findings can have: settings that wait for another one are an error. Every finding of every case has one
// of them, the check's own is among them, and they are in order.
func TestFindingsHaveTheSeveritiesOfTheirCheck(t *testing.T) {
	can := map[string][]check.Severity{}
	for _, c := range catalogue.Checks() {
		if can[c.ID] = c.Severities; c.Severities == nil {
			can[c.ID] = []check.Severity{c.Severity}
		}
		if !slices.Contains(can[c.ID], c.Severity) || !slices.IsSorted(can[c.ID]) {
			t.Errorf("%s of severity %s has the severities %v", c.ID, c.Severity, can[c.ID])
		}
	}
	findings, seen := 0, map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".txtar" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range wantedFinding.FindAllStringSubmatch(strings.ReplaceAll(string(text), "\r", ""), -1) {
			severity, err := check.ParseSeverity(m[2])
			if err != nil {
				return err
			}
			findings++
			seen[m[1]] = true
			if !slices.Contains(can[m[1]], severity) {
				t.Errorf("%s: a finding of %s is %s", path, m[1], severity)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if findings < 500 || len(seen) < len(can)-5 {
		t.Errorf("%d findings of %d checks, of %d checks", findings, len(seen), len(can))
	}
}
