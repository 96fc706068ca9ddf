package watch_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// becomesCI lets a role create access keys for the user ci, and so become the user.
const becomesCI = `{"Version":"2012-10-17","Statement":[{"Sid":"Keys","Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"arn:aws:iam::111122223333:user/ci"}]}`

// peopled is an account that lists its users. Each has one inline policy.
type peopled struct {
	*cloud
	users map[string]string
	// why is why not all users are known, and err that of the list.
	why   string
	err   error
	lists int
}

func (p *peopled) IAMUsers(context.Context) ([]reach.Node, string, error) {
	p.lists++
	if p.err != nil {
		return nil, "", p.err
	}
	var out []reach.Node
	for name, text := range p.users {
		out = append(out, reach.Node{IsUser: true, Snapshot: &role.Snapshot{
			Ref:      role.Ref{Partition: "aws", Account: account, Name: name, ARN: "arn:aws:iam::" + account + ":user/" + name},
			Identity: role.Have(role.Identity{ARN: "arn:aws:iam::" + account + ":user/" + name, ID: "AIDA" + name}),
			Trust:    role.None[role.Policy](), Boundary: role.None[role.Policy](), Attached: role.Have([]role.Policy{}),
			Inline: role.Have([]role.Policy{role.NewPolicy(role.InlinePart("own"), text, policy.Identity)}),
			SCPs:   role.NotRead[[][]policy.Part](role.Because("not read")), RCPs: role.NotRead[[][]policy.Part](role.Because("not read")),
		}})
	}
	return out, p.why, nil
}

// withCI is an account in which the execution role orders can become the user ci, who may do nothing.
func withCI(t *testing.T) (*lab, *peopled) {
	l := graphed(t)
	people := &peopled{cloud: l.cloud, users: map[string]string{"ci": harmless}}
	l.config.Account = people
	l.watch = l.another()
	l.cloud.roles["orders"].inline["deploy"] = becomesCI
	l.swept()
	l.pass(time.Hour)
	l.messages, l.outgoing, l.chats = nil, nil, nil
	return l, people
}

// setUser gives the user ci a policy, and gives the record.
func (l *lab) setUser(people *peopled, text string) []byte {
	people.users["ci"] = text
	return l.record("PutUserPolicy", map[string]any{"userName": "ci", "policyName": "own", "policyDocument": text})
}

// paths are the findings of RW308 that machines were told of since the last call.
func (l *lab) paths() (opened, resolved []finding.Finding) {
	of := func(list []finding.Finding) []finding.Finding {
		return slices.DeleteFunc(slices.Clone(list), func(f finding.Finding) bool { return f.Check != "RW308" })
	}
	for _, m := range l.messages {
		opened, resolved = append(opened, of(m.Opened)...), append(resolved, of(m.Resolved)...)
	}
	l.messages = nil
	return opened, resolved
}

// wantPath is the one path that was opened since the last call.
func (l *lab) wantPath() finding.Finding {
	l.t.Helper()
	opened, resolved := l.paths()
	if len(opened) != 1 || len(resolved) != 0 || opened[0].Role != roleARN("orders") {
		l.t.Fatalf("opened %+v, resolved %+v, want one path of orders", opened, resolved)
	}
	return opened[0]
}

// What a user gets is reported on the roles that can become the user, and is over when the user loses it.
func TestAChangeOfAUserIsReportedOnTheRolesThatCanBecomeTheUser(t *testing.T) {
	l, people := withCI(t)
	l.must(l.setUser(people, everything))
	path := l.wantPath().ID
	l.pass(time.Hour)
	l.must(l.setUser(people, harmless))
	if _, resolved := l.paths(); len(resolved) != 1 || resolved[0].ID != path {
		t.Errorf("resolved %+v, want %s", resolved, path)
	}
	l.pass(time.Hour)
	if slices.ContainsFunc(l.findings("orders"), func(f finding.Stored) bool { return f.ID == path }) {
		t.Errorf("%s is stored", path)
	}
}

// What a user may do who was deleted is not known any more: somebody can make the user again.
func TestThePathOfADeletedUserIsUnverified(t *testing.T) {
	l, people := withCI(t)
	l.must(l.setUser(people, everything))
	path := l.wantPath().ID
	delete(people.users, "ci")
	l.must(l.record("DeleteUser", map[string]any{"userName": "ci"}))
	l.pass(time.Hour)
	i := slices.IndexFunc(l.findings("orders"), func(f finding.Stored) bool { return f.ID == path })
	if i < 0 || l.findings("orders")[i].Status != finding.Unknown {
		t.Errorf("stored %+v, want %s as unknown", l.findings("orders"), path)
	}
}

// The list of users may not show at once what was changed: it is read again after the settle time, once.
func TestUsersAreReadAgainAfterTheSettleTime(t *testing.T) {
	l, people := withCI(t)
	known := len(l.findings("orders"))
	body := l.setUser(people, everything)
	people.users["ci"] = harmless
	l.must(body)
	l.messages = nil
	if n := len(l.findings("orders")); n != known {
		t.Fatalf("%d findings are stored, %d before", n, known)
	}
	people.users["ci"] = everything
	before := people.lists
	l.pass(time.Hour)
	l.wantPath()
	if people.lists != before+1 || l.queue.Len() != 0 {
		t.Errorf("the users were listed %d times, and %d items wait", people.lists-before, l.queue.Len())
	}
}

// Where not all users are known, or none can be listed now, those that were known stay: a list that failed proves no user gone.
func TestUsersThatCannotBeListedStay(t *testing.T) {
	l, people := withCI(t)
	l.must(l.setUser(people, everything))
	path := l.wantPath().ID
	l.pass(time.Hour)
	people.users, people.why = map[string]string{}, "iam:GetAccountAuthorizationDetails was denied"
	l.must(l.record("TagUser", map[string]any{"userName": "ci"}))
	l.pass(time.Hour)
	people.err = errors.New("IAM is down")
	l.fails(l.record("DeleteUser", map[string]any{"userName": "other"}))
	if _, resolved := l.paths(); len(resolved) != 0 {
		t.Errorf("resolved %+v", resolved)
	}
	if open := l.findings("orders"); !slices.ContainsFunc(open, func(f finding.Stored) bool { return f.ID == path }) {
		t.Errorf("stored %+v", open)
	}
}

// A sweep lists the users, and does not complete an inventory without those that it cannot list.
func TestASweepWaitsForTheUsers(t *testing.T) {
	l, people := withCI(t)
	people.users["ci"] = everything // Without a record.
	people.err = errors.New("IAM is down")
	swept := l.counted.sweeps
	l.now = l.now.Add(25 * time.Hour)
	l.flaky = true
	if err := l.queue.Send(t.Context(), []byte(deploy.Tick), 0); err != nil {
		t.Fatal(err)
	}
	l.pass(5 * time.Minute)
	if l.counted.sweeps != swept || len(l.messages) != 0 {
		t.Error("a sweep was completed without the users")
	}
	people.err = nil
	l.pass(time.Hour)
	l.wantPath()
	if l.counted.sweeps != swept+1 {
		t.Errorf("%d sweeps were completed", l.counted.sweeps-swept)
	}
}

// Where users cannot be listed at all, or no graph is built, their records lead to nothing.
func TestRecordsOfUsersWithoutAGraph(t *testing.T) {
	l := newLab(t)
	people := &peopled{cloud: l.cloud}
	l.config.Account = people
	l.watch = l.another()
	l.swept()
	l.must(l.record("TagUser", map[string]any{"userName": "ci"}))
	l.pass(time.Hour)
	if people.lists != 0 {
		t.Errorf("the users were listed %d times", people.lists)
	}
}
