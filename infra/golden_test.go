package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ofHub matches what the template of a hub, or that of a member, has and that of one account has not.
var ofHub = regexp.MustCompile(`HubBus|Records[0-9A-F]{8}|RecordsMapping|MemberRule|RECORDS_QUEUE|rolewatch-(hub|member|reader|sender)|StackSet|PrincipalOrgID`)

// TestTheTemplatesOfOneAccountStayAsTheyAre compares the templates of deployments of one account with those in testdata/one-account, one
// resource a line: what a release changes in an existing deployment is seen in the diff, and nothing of an organization's hub is in it.
func TestTheTemplatesOfOneAccountStayAsTheyAre(t *testing.T) {
	lines := 0
	for name, context := range map[string]string{"one-region": oneRegion, "several-regions": severalRegions} {
		var b strings.Builder
		templates := synthesize(t, context)
		for _, stack := range slices.Sorted(maps.Keys(templates)) {
			for _, section := range slices.Sorted(maps.Keys(templates[stack].root)) {
				part, ok := templates[stack].root[section].(object)
				if !ok {
					b.WriteString(stack + " " + section + " " + text(t, templates[stack].root[section]) + "\n")
					continue
				}
				for _, id := range slices.Sorted(maps.Keys(part)) {
					b.WriteString(stack + " " + section + " " + id + " " + text(t, part[id]) + "\n")
					lines++
				}
			}
		}
		file := filepath.Join("testdata", "one-account", name+".txt")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || string(want) != b.String() {
			t.Errorf("%s differs: see what changes in an existing deployment with go test ./infra -run OneAccount -update, and git diff (%v)", file, err)
		}
		if part := ofHub.FindString(b.String()); part != "" {
			t.Errorf("%s has %s, which is of a hub", name, part)
		}
	}
	if lines < 100 {
		t.Fatalf("%d lines", lines)
	}
}
