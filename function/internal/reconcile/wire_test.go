package reconcile_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// queued is a change as work items of the last release carry it.
const queued = `{"eventId":"e1","eventName":"PutRolePolicy","eventSource":"iam.amazonaws.com","time":"2026-03-02T09:00:00Z","region":"us-east-1",` +
	`"actor":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/sam","name":"sam"},"sourceIp":"203.0.113.7","userAgent":"aws-cli/2.15","via":"cli",` +
	`"part":"inline:logs","effect":"set","hash":"aa","canonical":"bb","value":"v","function":"f","moved":true,"refused":true,"success":true}`

func TestAChangeOfTheLastReleaseIsReadAndWrittenAsItWas(t *testing.T) {
	var c reconcile.Change
	if err := json.Unmarshal([]byte(queued), &c, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(queued, string(text)); diff != "" || c.Part != "inline:logs" || c.Effect != reconcile.PartSet || c.EventID != "e1" {
		t.Errorf("read as %+v; written otherwise (-want +got):\n%s", c, diff)
	}
}

func TestAChangeOfWhatIsNoPartIsRefused(t *testing.T) {
	var c reconcile.Change
	body := strings.Replace(queued, `"inline:logs"`, `"inlined:logs"`, 1)
	if err := json.Unmarshal([]byte(body), &c); err == nil || !strings.Contains(err.Error(), `"inlined:logs" is not a part of a role`) {
		t.Errorf("read as %+v, %v", c, err)
	}
}

// TestPartsOfEventsArePartsOfRoles ties the kinds of parts that package events names to the parts that states hold.
func TestPartsOfEventsArePartsOfRoles(t *testing.T) {
	kinds := map[events.Part]role.PartKind{
		events.PartRole: role.Itself, events.PartTrust: role.Trust, events.PartInline: role.Inline, events.PartPolicy: role.Managed,
		events.PartBoundary: role.Boundary, events.PartTags: role.Tags,
	}
	seen := map[events.Part]bool{}
	for _, row := range events.Catalog() {
		body, ok := events.Sample(row.Source, row.Name)
		if row.Part == events.PartNone || !ok {
			continue
		}
		record, err := events.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		c := reconcile.NewChange(record)
		if row.Name == "CreatePolicyVersion" && !record.Policy.SetAsDefault {
			continue
		}
		if got := c.Part.Kind(); got == role.NoPart || got != kinds[row.Part] {
			t.Errorf("%s touches %q of kind %d, want a part of kind %d, for %q", row.Name, c.Part, got, kinds[row.Part], row.Part)
		}
		seen[row.Part] = true
	}
	if len(seen) != len(kinds) {
		t.Fatalf("events touch %v, want all of %v", seen, kinds)
	}
	t.Logf("%d kinds of parts", len(seen))
}

// TestEffectsAsQueued holds what work items carry for every row of the catalogue that leads to a reconcile: what is no
// removal sets the part.
func TestEffectsAsQueued(t *testing.T) {
	gone := map[string]bool{
		"DeleteRole": true, "DeleteRolePolicy": true, "DetachRolePolicy": true, "DeleteRolePermissionsBoundary": true, "DeleteServiceLinkedRole": true,
	}
	held, removals := 0, 0
	for _, row := range events.Catalog() {
		if !row.Look {
			continue
		}
		body, ok := events.Sample(row.Source, row.Name)
		if !ok {
			t.Fatalf("no sample of %s", row.Name)
		}
		record, err := events.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		var want reconcile.PartEffect
		switch {
		case gone[row.Name]:
			want = "gone"
			removals++
		case row.Subject == events.SubjectRole, row.Subject == events.SubjectPolicy:
			want = "set"
		}
		if got := reconcile.NewChange(record).Effect; got != want {
			t.Errorf("%s has the effect %q, want %q", row.Name, got, want)
		}
		held++
	}
	if held < 30 || removals != len(gone) {
		t.Fatalf("%d rows held, %d removals", held, removals)
	}
	t.Logf("%d rows held", held)
}

func TestWordsOfOutcomesStay(t *testing.T) {
	held := 0
	for o, want := range map[reconcile.Outcome]string{
		reconcile.Reported: "told", reconcile.Pending: "pending", reconcile.Unchanged: "unchanged", reconcile.NotInScope: "outOfScope",
		reconcile.AwaitsSweep: "waitsForSweep", reconcile.NotDue: "confirmedLater", reconcile.Superseded: "lookedAtSince",
		reconcile.Stale: "stale", reconcile.Conflict: "conflict", reconcile.AwaitsLookup: "waitsForLookup",
	} {
		if o.String() != want {
			t.Errorf("outcome %d is %q, want %q", o, o, want)
		}
		held++
	}
	if next := reconcile.AwaitsLookup + 1; held != int(reconcile.AwaitsLookup) || next.String() != "none" {
		t.Errorf("%d outcomes held of %d; the next is %q", held, reconcile.AwaitsLookup, next)
	}
}
