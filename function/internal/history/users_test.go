package history_test

import (
	"context"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// withUsers is a base that has one user, with a managed policy of the account.
type withUsers struct{ world }

const usersPolicy = "arn:aws:iam::111122223333:policy/users"

func (withUsers) IAMUsers(context.Context) ([]reach.Node, string, error) {
	p := role.NewPolicy(role.ManagedPart(usersPolicy), `{"Version":"2012-10-17","Statement":[]}`, policy.Identity)
	p.ARN = usersPolicy
	s := &role.Snapshot{Ref: role.Ref{Partition: "aws", Account: "111122223333", Name: "ci", ARN: "arn:aws:iam::111122223333:user/ci"},
		Inline: role.Have([]role.Policy{}), Attached: role.Have([]role.Policy{p})}
	return []reach.Node{{Snapshot: s, IsUser: true}}, "", nil
}

// TestUsersAreKnownUntilARecordChangesOne plays each event of users and groups, and one of a policy that a user has.
func TestUsersAreKnownUntilARecordChangesOne(t *testing.T) {
	if users, why, err := history.New(nil).IAMUsers(t.Context()); len(users) != 0 || why == "" || err != nil {
		t.Errorf("without a base: %v, %q, %v", users, why, err)
	}
	played := 0
	for _, e := range events.Catalog() {
		body, ok := events.Sample(e.Source, e.Name)
		if !ok || e.Subject != events.SubjectUser && e.Subject != events.SubjectGroup {
			continue
		}
		c, err := events.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		a := history.New(withUsers{})
		if users, why, err := a.IAMUsers(t.Context()); len(users) != 1 || why != "" || err != nil {
			t.Fatalf("before: %v, %q, %v", users, why, err)
		}
		if err := a.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if users, why, _ := a.IAMUsers(t.Context()); (len(users) == 0) != e.Look || (why != "") != e.Look {
			t.Errorf("after %s: %d users, %q", e.Name, len(users), why)
		}
		played++
	}
	if played < 15 {
		t.Fatalf("%d events were played", played)
	}
	a := history.New(withUsers{})
	change := events.Change{ID: "e", Name: "SetDefaultPolicyVersion", Time: time.Unix(0, 0), Account: "111122223333", Partition: "aws", Policy: events.PolicyRef{ARN: usersPolicy, VersionID: "v2"}}
	change.Event, _ = events.Lookup("iam.amazonaws.com", change.Name)
	if err := a.Apply(t.Context(), &change); err != nil {
		t.Fatal(err)
	}
	users, why, err := a.IAMUsers(t.Context())
	if err != nil || why != "" || len(users) != 1 || users[0].Attached.State() != role.Unknown || len(users[0].Seen) != 0 {
		t.Errorf("after the policy changed: %+v, %q, %v", users, why, err)
	}
}
