package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// ofFunctions is a check that finds a policy "all", and names all functions that use the role but the last one.
var ofFunctions = &check.Check{
	ID: "RW302", Slug: "of-functions", Severity: check.High,
	Run: func(p *check.Pass) {
		part := role.InlinePart("all")
		if slices.ContainsFunc(p.Role.Inline.Or(nil), func(one role.Policy) bool { return one.Part == part }) {
			users := p.Role.Users.List
			p.Report(check.Diagnostic{Title: "all", Functions: users[:len(users)-1], Parts: []role.Part{part}})
		}
	},
}

// found is what the owners of the finding are once eve has added the policy, in words.
func (l *lab) found() (owners []string, omitted int) {
	l.t.Helper()
	l.inline["all"] = "harmless"
	l.record("iam", "PutRolePolicy", "all", "harmless")
	l.changes[len(l.changes)-1].Actor.Name = "eve"
	d := l.decide()
	if len(d.Transitions) != 1 {
		l.t.Fatalf("told %+v", d.Transitions)
	}
	f := d.Transitions[0].Finding
	return inWords(f.Owners), f.OwnersOmitted
}

func inWords(owners []finding.Owner) (out []string) {
	for _, o := range owners {
		out = append(out, fmt.Sprintf("%s=%s of %s: %s", o.Tag, o.Value, o.Of[strings.LastIndexAny(o.Of, ":/")+1:], o.Standing))
	}
	return out
}

// A finding names the owner tags of the role, of its functions and of the account, with how far each may decide who receives it. Of two with
// the same value it names the better one.
func TestTheOwnersOfAFinding(t *testing.T) {
	for name, c := range map[string]struct {
		// later happens 25 hours after the tags were seen for the first time, and a minute before the finding.
		later func(l *lab)
		role  string
		shop  string
	}{
		"as they were": {func(*lab) {}, "team=pay of orders: settled", "team=shop of checkout: settled"},
		"the role's was changed": {func(l *lab) {
			l.tagRecord("iam", "TagRole", "", "ann", "team")
			l.tags = map[string]string{"team": "data"}
		}, "team=data of orders: recent", "team=shop of checkout: settled"},
		"who caused the finding changed it": {func(l *lab) {
			l.tagRecord("iam", "TagRole", "", "eve", "team")
			l.tags = map[string]string{"team": "data"}
		}, "team=data of orders: byActor", "team=shop of checkout: settled"},
		"the role itself changed it": {func(l *lab) {
			l.tagRecord("iam", "TagRole", "", "", "team").Actor.ARN = "arn:aws:sts::" + account + ":assumed-role/orders/checkout"
			l.tags = map[string]string{"team": "data"}
		}, "team=data of orders: byActor", "team=shop of checkout: settled"},
		"the role's cannot be read":  {func(l *lab) { l.unread["tags"] = true }, "team=pay of orders: ageUnknown", "team=shop of checkout: settled"},
		"the function's cannot":      {func(l *lab) { delete(l.functionTags, "checkout") }, "team=pay of orders: settled", "team=shop of checkout: ageUnknown"},
		"the role's is gone":         {func(l *lab) { l.tags = nil }, "", "team=shop of checkout: settled"},
		"the role has another alone": {func(l *lab) { l.tags = map[string]string{"cost": "1"} }, "", "team=shop of checkout: settled"},
		"the role has the function's": {func(l *lab) {
			l.tags = map[string]string{"team": "shop"}
		}, "", "team=shop of checkout: settled"},
		"the function has the role's": {func(l *lab) {
			l.functionTags["checkout"] = map[string]string{"team": "pay"}
		}, "team=pay of orders: settled", ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := owned(t)
			l.settings = reconcile.NewSettings(inforce.New([]*check.Check{ofFunctions}, inforce.Rules{}), "test", check.Parameters{}, settle).WithOwners(
				reconcile.Owning{Keys: []string{"team", "email"}, Account: map[string]string{"team": "cloud", "cost": "2"}})
			l.users, l.functionTags["invoice"] = []string{"checkout", "invoice"}, map[string]string{"team": "other"}
			l.decide()
			l.now = l.now.Add(25 * time.Hour)
			c.later(l)
			l.decide()
			l.now = l.now.Add(time.Minute)
			want := slices.DeleteFunc([]string{c.role, c.shop, "team=cloud of " + account + ": settled"}, func(s string) bool { return s == "" })
			if got, omitted := l.found(); !slices.Equal(got, want) || omitted != 0 {
				t.Errorf("the owners are %q, want %q", got, want)
			}
		})
	}
}

// A finding names 20 owner tags, and counts the others.
func TestAFindingNames20Owners(t *testing.T) {
	for functions, omitted := range map[int]int{18: 0, 19: 1, 25: 7} {
		l := owned(t)
		l.settings = reconcile.NewSettings(inforce.New([]*check.Check{ofFunctions}, inforce.Rules{}), "test", check.Parameters{}, settle).WithOwners(
			reconcile.Owning{Keys: []string{"team"}, Account: map[string]string{"team": "cloud"}})
		l.users = nil
		for i := range functions + 1 {
			name := fmt.Sprintf("f%02d", i)
			l.users, l.functionTags[name] = append(l.users, name), map[string]string{"team": name}
		}
		l.decide()
		if got, n := l.found(); len(got) != finding.MaxOwners || n != omitted {
			t.Errorf("%d functions: %d owners, %d omitted", functions, len(got), n)
		}
	}
}

// A scan knows what the owner tags are, and not since when. The settings say those of the account.
func TestTheOwnersThatAScanSees(t *testing.T) {
	l := owned(t)
	l.users = []string{"checkout", "checkout", "invoice", "unread"}
	l.functionTags["invoice"] = map[string]string{"team": "pay", "cost": "1"}
	o := reconcile.Owning{Keys: []string{"team", "cost"}, Account: map[string]string{"team": "cloud"}}
	want := []string{"team=pay of orders: ageUnknown", "team=shop of checkout: ageUnknown", "cost=1 of invoice: ageUnknown", "team=cloud of " + account + ": settled"}
	if got := inWords(reconcile.OwnersOf(l.snapshot(), o)); !slices.Equal(got, want) {
		t.Errorf("the owners are %q, want %q", got, want)
	}
	if got := reconcile.OwnersOf(l.snapshot(), reconcile.Owning{}); len(got) > 0 {
		t.Errorf("without keys the owners are %+v", got)
	}
}

// What is known of the tags of a function stays while its tags cannot be read, or while not every function is listed.
func TestWhichTagsAreRemembered(t *testing.T) {
	all := func(l *lab) (out []string) {
		for _, tag := range l.state.Tags {
			out = append(out, tag.Of[strings.LastIndex(tag.Of, ":")+1:]+"="+tag.Value)
		}
		return out
	}
	expect := func(l *lab, want ...string) {
		t.Helper()
		l.now = l.now.Add(time.Hour)
		if l.decide(); !slices.Equal(all(l), want) {
			t.Errorf("remembered %q, want %q", all(l), want)
		}
	}
	l := owned(t)
	l.users = []string{"checkout", "invoice"}
	expect(l, "=pay", "checkout=shop")
	delete(l.functionTags, "checkout")
	l.functionTags["invoice"] = map[string]string{}
	expect(l, "=pay", "checkout=shop", "invoice=")
	l.users, l.unlisted = []string{"invoice"}, true
	expect(l, "=pay", "invoice=", "checkout=shop")
	l.unlisted = false
	expect(l, "=pay", "invoice=")
	l.unread["tags"] = true
	expect(l, "=pay", "invoice=")
	l.settings.WithOwners(reconcile.Owning{})
	expect(l)
}

// The tags of 100 functions of a role are remembered, also where not every function is listed.
func TestTheTagsOf100FunctionsAreRemembered(t *testing.T) {
	l := owned(t)
	l.users = nil
	for i := range 102 {
		name := fmt.Sprintf("f%03d", i)
		l.users, l.functionTags[name] = append(l.users, name), map[string]string{"team": name}
	}
	if l.decide(); len(l.state.Tags) != 101 || l.tag("f099") == nil || l.tag("f100") != nil {
		t.Errorf("%d tags are remembered", len(l.state.Tags))
	}
	l.users, l.unlisted = l.users[50:102], true
	l.now = l.now.Add(time.Hour)
	if l.decide(); len(l.state.Tags) != 100 || l.tag("f101") == nil {
		t.Errorf("%d tags are remembered once not every function is listed", len(l.state.Tags))
	}
}
