package message

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

var upgraded = time.Date(2024, 5, 14, 9, 31, 15, 0, time.UTC)

// TestUpgrades renders each tally in testdata/upgrade in every form and compares with what is kept beside it.
func TestUpgrades(t *testing.T) {
	files, err := filepath.Glob("testdata/upgrade/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no upgrade in testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil || len(archive.Files) == 0 {
				t.Fatalf("read: %v", err)
			}
			var tally finding.Tally
			if err := json.Unmarshal(archive.Files[0].Data, &tally, json.RejectUnknownMembers(true)); err != nil {
				t.Fatal(err)
			}
			m := BuildUpgrade("upgrade-111122223333-3", upgraded, "111122223333", "", tally)
			r := Render(m, Options{Channels: []Channel{Chat}})
			compareRenderings(t, file, archive, r)
			checkRendered(t, r)
			if !fits(m, []Channel{Chat}) {
				t.Error("it is too long")
			}
		})
	}
	t.Logf("%d upgrades", len(files))
}

// TestHostileUpgrade has texts of an attacker's choice in a tally.
func TestHostileUpgrade(t *testing.T) {
	for _, text := range append(hostile, strings.Repeat("long ", 200)) {
		var list []finding.Transition
		for range 20 {
			list = append(list, finding.Transition{Kind: finding.KindOpened, Finding: finding.Finding{
				ID: text, Check: text, Severity: check.High, Role: text, Title: text, Status: finding.Open,
			}})
		}
		tally := finding.Tally{}.With(list, upgraded)
		m := BuildUpgrade("upgrade-1", upgraded, text, text, tally)
		checkRendered(t, Render(m, Options{Channels: []Channel{Chat}}))
		if len(m.Upgrade.Gravest) != finding.MaxGravest || !fits(m, []Channel{Chat}) {
			t.Errorf("%q: %d named", text, len(m.Upgrade.Gravest))
		}
	}
}

// TestMachinesAlone holds what keeps a message from people: no channel has a text, and the attribute that filters go by is there.
func TestMachinesAlone(t *testing.T) {
	_, in := readScenario(t, "testdata/roles.txtar")
	r := Render(Build(in), Options{Channels: []Channel{Chat}, Machines: true})
	if len(r.Channels) != 0 || len(r.Attributes[deploy.AudienceAttribute]) != 1 || r.Attributes[deploy.AudienceAttribute][0] != deploy.AudienceMachines {
		t.Errorf("channels %v, attributes %v", r.Channels, r.Attributes)
	}
	if r := Render(Build(in), Options{Channels: []Channel{Chat}}); len(r.Channels) != 1 || r.Attributes[deploy.AudienceAttribute] != nil {
		t.Errorf("channels %v, attributes %v", r.Channels, r.Attributes)
	}
}
