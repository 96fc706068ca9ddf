package catalogue_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// standardOnly are the cases that are about something that only the standard partition has, and what that is.
var standardOnly = map[string]string{
	"RW218/bad-nothing-allows":          "a layer of AWS's, from an account of that partition",
	"RW219/bad-nothing-allows":          "a layer of AWS's, from an account of that partition",
	"RW218/bad-rcp":                     "a layer of AWS's, from an account of that partition",
	"RW219/bad-rcp":                     "a layer of AWS's, from an account of that partition",
	"RW218/bad-retired-by-organization": "a layer of AWS's, from an account of that partition",
	"RW219/bad-retired-by-organization": "a layer of AWS's, from an account of that partition",
	"RW308/bad-instance-profile":        "the principal of EC2, which has another name in China",
	"RW316/bad-partition":               "a pattern that covers that partition alone",
	"RW411/bad-posing":                  "a layer that goes by the name of one of AWS's, where it is known who publishes that",
}

// moved is a case of the standard partition, moved to another one: its ARNs, and its Regions.
func moved(s scenario, partition string) (*caseFile, error) {
	p := aws.PartitionNamed(partition)
	other := p.GlobalRegion[:strings.LastIndexByte(p.GlobalRegion, '-')] + "-2"
	replacer := strings.NewReplacer("arn:aws:", "arn:"+partition+":", "us-east-1", p.GlobalRegion, "eu-west-1", other, "af-south-1", other, "eu-central-1", other)
	out := &txtar.Archive{}
	for _, f := range s.archive.Files {
		out.Files = append(out.Files, txtar.File{Name: f.Name, Data: []byte(replacer.Replace(string(f.Data)))})
	}
	c, err := parseCase(out)
	if err == nil {
		c.role.Partition = partition
	}
	return c, err
}

// outline is what checks found and could not decide, with nothing that names a partition.
func outline(r check.Result) []string {
	var out []string
	for _, d := range r.Diagnostics {
		out = append(out, fmt.Sprintf("%s %v, %d statements", d.Check.ID, d.Severity, len(d.Evidence)))
	}
	for _, u := range r.Undecided {
		out = append(out, u.Check.ID+" undecided")
	}
	slices.Sort(out)
	return out
}

// TestPartitionsAreAlike moves every case of the standard partition in which a check fires to two of the others, in turn: the
// checks find the same there.
func TestPartitionsAreAlike(t *testing.T) {
	all := scenarios(t)
	skipped := map[string]bool{}
	ran, moves := 0, 0
	for _, s := range all {
		if s.kind != "bad" || s.content.role.Partition != "aws" || strings.Contains(s.content.sections["functions.json"], `"partition"`) {
			continue
		}
		name := s.name()
		if standardOnly[name] != "" {
			skipped[name] = true
			continue
		}
		want := outline(check.Run(catalogue.Checks(), s.content.subject(t)))
		others := aws.PartitionNames()[1:]
		for _, partition := range []string{others[moves%len(others)], others[(moves+3)%len(others)]} {
			content, err := moved(s, partition)
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(check.Run(catalogue.Checks(), content.subject(t))); !slices.Equal(got, want) {
				t.Errorf("%s in %s: the checks say %q, want %q as in aws", name, partition, got, want)
			}
			ran++
		}
		moves++
	}
	for _, name := range slices.Sorted(maps.Keys(standardOnly)) {
		if !skipped[name] {
			t.Errorf("%s is named as a case of the standard partition, and is none", name)
		}
	}
	if ran == 0 {
		t.Fatal("no case was moved")
	}
	t.Logf("moved %d cases to other partitions", ran)
}
