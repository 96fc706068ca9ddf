package reconcile_test

import (
	"testing"

	"github.com/go-json-experiment/json"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
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
		reconcile.Stale: "stale", reconcile.Conflict: "conflict",
	} {
		if o.String() != want {
			t.Errorf("outcome %d is %q, want %q", o, o, want)
		}
		held++
	}
	if next := reconcile.Conflict + 1; held != int(reconcile.Conflict) || next.String() != "none" {
		t.Errorf("%d outcomes held of %d; the next is %q", held, reconcile.Conflict, next)
	}
}
