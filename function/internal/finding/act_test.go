package finding_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const day = 24 * time.Hour

// An acknowledgement holds for 7 days at most, and an accepted risk for 180 days and with a reason. The clock of whoever acts may be 5
// minutes ahead.
func TestWhatAnActMayAskFor(t *testing.T) {
	for _, c := range []struct {
		kind         finding.ActKind
		ahead, lasts time.Duration
		reason, want string
	}{
		{finding.Acknowledged, 0, 7 * day, "", ""},
		{finding.Acknowledged, 0, 7*day + 1, "on it", "an acknowledgement holds for 7 days at most"},
		{finding.Accepted, 0, 180 * day, "known", ""},
		{finding.Accepted, 0, 180*day + 1, "known", "a risk is accepted for 180 days at most"},
		{finding.Accepted, 0, day, "", "a risk is accepted with a reason only"},
		{finding.Accepted, 0, day, " \n", "a risk is accepted with a reason only"},
		{finding.Acknowledged, 0, 1, "", ""},
		{finding.Acknowledged, 0, 0, "", "it has no end after its beginning"},
		{finding.Acknowledged, 0, -day, "", "it has no end after its beginning"},
		{finding.Acknowledged, 5 * time.Minute, day, "", ""},
		{finding.Acknowledged, 5*time.Minute + 1, day, "", "it is dated in the future"},
		{finding.Acknowledged, -30 * day, 7 * day, "", ""},
		{finding.Reopened, 0, day, "", "the act reopened is not known"},
		{"ignored", 0, day, "known", "the act ignored is not known"},
	} {
		at := start.Add(c.ahead)
		act := finding.Act{Kind: c.kind, Reason: c.reason, At: at, Until: at.Add(c.lasts)}
		if got := act.Refusal(start); got != c.want {
			t.Errorf("%s, made %v ahead, for %v because of %q: refused with %q, want %q", c.kind, c.ahead, c.lasts, c.reason, got, c.want)
		}
	}
}

// A new act takes the place of the one about the same finding. What ended more than 30 days ago is dropped.
func TestWhichActsAreKept(t *testing.T) {
	ended := func(name string, ago time.Duration) finding.Act {
		return finding.Act{Finding: name, Kind: finding.Accepted, At: start.Add(-200 * day), Until: start.Add(-ago)}
	}
	reopened := func(name string, ago time.Duration) finding.Act {
		return finding.Act{Finding: name, Kind: finding.Reopened, At: start.Add(-ago)}
	}
	acts := []finding.Act{
		{Finding: "same", Kind: finding.Acknowledged, At: start.Add(-day), Until: start.Add(day)},
		{Finding: "holds", Kind: finding.Accepted, At: start.Add(-100 * day), Until: start.Add(day)},
		{Finding: "no end", Kind: finding.Acknowledged, At: start.Add(-100 * day)},
		ended("ended lately", 30*day), ended("ended long ago", 30*day+1), reopened("reopened lately", 30*day), reopened("reopened long ago", 30*day+1),
	}
	given := slices.Clone(acts)
	var got []string
	for _, a := range finding.WithAct(acts, finding.Act{Finding: "same", Kind: finding.Accepted, At: start, Until: start.Add(day)}) {
		got = append(got, string(a.Kind)+" "+a.Finding)
	}
	if want := []string{"accepted holds", "acknowledged no end", "accepted ended lately", "reopened reopened lately", "accepted same"}; !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
	if fmt.Sprint(acts) != fmt.Sprint(given) {
		t.Errorf("the list that was given is now %+v", acts)
	}
}

// Behind a finding are those of its cause and of the records that made what it blames. Those of other records are not, nor is anybody by a
// record without an ID.
func TestWhoIsBehindAFinding(t *testing.T) {
	change := func(id, who string) finding.Change {
		return finding.Change{EventID: id, Actor: finding.Actor{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/" + who}}
	}
	changes := []finding.Change{change("e1", "zoe"), change("e2", "sam"), change("e3", "ann"), change("e4", "eve"), change("e5", "sam"), change("", "nobody")}
	parts := map[role.Part]finding.PartState{"trust": {By: "e3"}, "inline:logs": {By: "e4"}, "boundary": {By: "e5"}, "tags": {}}
	for name, c := range map[string]struct {
		finding finding.Stored
		want    string
	}{
		"no cause and no part":     {finding.Stored{}, ""},
		"the cause":                {finding.Stored{Cause: &finding.Cause{EventID: "e1"}}, "zoe"},
		"further records":          {finding.Stored{Cause: &finding.Cause{EventID: "e1", Further: []string{"e3"}}}, "ann zoe"},
		"a part that was made":     {finding.Stored{Parts: []role.Part{"trust"}}, "ann"},
		"a part that is not known": {finding.Stored{Parts: []role.Part{"tags", "inline:other"}}, ""},
		"all, each once": {
			finding.Stored{Cause: &finding.Cause{EventID: "e1", Further: []string{"e2"}}, Parts: []role.Part{"trust", "boundary"}}, "ann sam zoe",
		},
		"a cause without an ID": {finding.Stored{Cause: &finding.Cause{}}, ""},
	} {
		var got []string
		for _, who := range finding.Actors(c.finding, parts, changes) {
			got = append(got, strings.TrimPrefix(who, "arn:aws:iam::111122223333:user/"))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The sessions of a role are one principal, and those of a role of IAM Identity Center are people. A tag's owner is compared with the role.
func TestHowActorsAreNamed(t *testing.T) {
	const session = "arn:aws:sts::111122223333:assumed-role/"
	for _, c := range []struct {
		actor                 finding.Actor
		principal, roleOrUser string
	}{
		{finding.Actor{ARN: "arn:aws:iam::111122223333:user/sam"}, "arn:aws:iam::111122223333:user/sam", "arn:aws:iam::111122223333:user/sam"},
		{finding.Actor{ARN: session + "deploy/run-1"}, session + "deploy/*", "arn:aws:iam::111122223333:role/deploy"},
		{
			finding.Actor{ARN: session + "AWSReservedSSO_Admin_0123456789abcdef/sam@example.com"},
			session + "AWSReservedSSO_Admin_0123456789abcdef/sam@example.com", "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef",
		},
		{finding.Actor{ARN: "arn:aws:iam::111122223333:role/team/deploy"}, "arn:aws:iam::111122223333:role/team/deploy", "arn:aws:iam::111122223333:role/deploy"},
		{finding.Actor{Type: "AWSService", Name: "cloudformation.amazonaws.com"}, "AWSService cloudformation.amazonaws.com", "cloudformation.amazonaws.com"},
	} {
		if got := c.actor.Principal(); got != c.principal {
			t.Errorf("%+v is the principal %q, want %q", c.actor, got, c.principal)
		}
		if got := c.actor.RoleOrUser(); got != c.roleOrUser {
			t.Errorf("%+v is the role or user %q, want %q", c.actor, got, c.roleOrUser)
		}
	}
}

// A message says in a sentence what was decided and by whom, and why it does not hold any more: every end has words.
func TestWhatAMessageSaysOfAnAct(t *testing.T) {
	until := start.Add(day)
	for _, c := range []struct {
		handled finding.Handled
		want    string
	}{
		{finding.Handled{As: finding.Acknowledged, Until: until}, "The finding was acknowledged until 2026-03-03T09:00:00Z."},
		{finding.Handled{As: finding.Acknowledged, By: "sam", Until: until}, "The finding was acknowledged until 2026-03-03T09:00:00Z by sam (as claimed)."},
		{finding.Handled{As: finding.Accepted, By: "sam", Reason: "known", Until: until}, "The risk was accepted until 2026-03-03T09:00:00Z by sam (as claimed). Reason: known"},
		{finding.Handled{As: finding.Reopened}, "The finding was reopened."},
		{finding.Handled{As: finding.Reopened, By: "sam", Reason: "it is back", Ended: start, Why: finding.EndReopened}, "The finding was reopened by sam (as claimed). Reason: it is back"},
		{
			finding.Handled{As: finding.Accepted, By: "sam", Reason: "known", Until: until, Ended: start, Why: finding.EndExpired},
			"The risk was accepted by sam (as claimed). That does not hold any more: it has ended.",
		},
	} {
		if got := finding.HandledText(c.handled); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for _, end := range []finding.ActEnd{
		finding.EndExpired, finding.EndReopened, finding.EndResolved, finding.EndWithdrawn, finding.EndMoreSevere, finding.EndChanged, finding.EndFunction,
		finding.EndActor, finding.EndCritical, finding.EndInvalid,
	} {
		h := finding.Handled{As: finding.Acknowledged, Ended: start, Why: end}
		if text := finding.HandledText(h); h.Holds() || strings.HasSuffix(text, ": .") {
			t.Errorf("%s: holds %v, %q", end, h.Holds(), text)
		}
	}
	if (*finding.Handled)(nil).Holds() || !(&finding.Handled{}).Holds() {
		t.Error("an act holds from when it is made until it ends, and none holds where there is none")
	}
}
