package main

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/tools/cost"
)

var update = flag.Bool("update", false, "write docs/cost.md")

// The most that a deployment may cost in a month in which nothing happens, in US dollars.
const (
	idleInOne       = 2.0
	idleInSeventeen = 4.0
)

// TestTheCostPageIsOfTheTemplates writes docs/cost.md from the templates of the shipped settings, in one Region and in each Region that
// an account has from the start, and of a hub, and holds the cost of a month in which nothing happens.
func TestTheCostPageIsOfTheTemplates(t *testing.T) {
	settings := shipped(t)
	settings["emails"] = []any{"ops@example.com"}
	one := resourcesOf(synthesize(t, settings))
	settings["regions"] = defaultRegions()
	several := resourcesOf(synthesize(t, settings))
	if len(one) != 1 || len(several) != 17 {
		t.Fatalf("%d and %d templates", len(one), len(several))
	}
	for most, templates := range map[float64][]cost.Template{idleInOne: one, idleInSeventeen: several} {
		if got, err := cost.Idle(templates); err != nil || got > most || got < 0.5 {
			t.Errorf("%d Regions cost %.2f a month, want at most %.2f: %v", len(templates), got, most, err)
		}
	}
	settings["regions"] = []any{"us-east-1"}
	settings["organization"] = object{"id": hubOrg, "hub": object{"account": hubAccount, "root": "r-ab12"}}
	hub := synthesize(t, settings)
	delete(hub, deploy.MembersStackSet)
	page, err := cost.Page(cost.Templates{One: one, Several: several, Hub: resourcesOf(hub), Member: memberOf(t, text(t, settings)).root})
	if err != nil {
		t.Fatal(err)
	}
	const file = "../docs/cost.md"
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != page {
		t.Errorf("%s is stale: go test ./infra -run Cost -update (%v)", file, err)
	}
}

// shipped is what cdk.json sets.
func shipped(t *testing.T) object {
	t.Helper()
	text, err := os.ReadFile("../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Context map[string]object `json:"context"`
	}
	if err := json.Unmarshal(text, &file); err != nil || file.Context[contextKey] == nil {
		t.Fatalf("cdk.json: %v", err)
	}
	return file.Context[contextKey]
}

func resourcesOf(templates map[string]*template) (out []cost.Template) {
	for _, name := range slices.SortedFunc(maps.Keys(templates), strings.Compare) {
		out = append(out, templates[name].root)
	}
	return out
}
