package reach_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// threeAccounts are those of the random organizations below.
var threeAccounts = []string{account, "444455556666", "777788889999"}

const organizationID = "o-a1b2c3d4e5"

// organization makes random accounts of one organization, whose roles may assume each other.
type organization struct {
	*rand.Rand
	listings map[string]reach.Listing
}

func some[T any](o *organization, list ...T) T { return list[o.IntN(len(list))] }

func (o *organization) arn() string {
	return "arn:aws:iam::" + some(o, threeAccounts...) + ":role/" + some(o, "r0", "r1", "r2")
}

func newOrganization(seed uint64) *organization {
	o := &organization{Rand: rand.New(rand.NewPCG(seed, 11)), listings: map[string]reach.Listing{}}
	for _, id := range threeAccounts {
		var l reach.Listing
		scps, rcps := o.limits(id)
		for _, name := range []string{"r0", "r1", "r2"} {
			s := newRole(name, document(o.trust(id)...), document(o.statements(id)...), "", nil)
			arn := "arn:aws:iam::" + id + ":role/" + name
			s.Ref.Account, s.Ref.ARN, s.Identity = id, arn, role.Have(role.Identity{ARN: arn, ID: "AROA" + id + name, Created: role.Have(now.AddDate(-1, 0, 0))})
			s.SCPs, s.RCPs = scps, rcps
			l.Roles = append(l.Roles, s)
		}
		l.Functions = []reach.Function{{ARN: "arn:aws:lambda:us-east-1:" + id + ":function:f", Role: "arn:aws:iam::" + id + ":role/" + some(o, "r0", "r1", "r2"), Tags: role.Have(map[string]string(nil))}}
		o.listings[id] = l
	}
	return o
}

func (o *organization) limits(id string) (scps, rcps role.Maybe[[][]policy.Part]) {
	scps, rcps = role.None[[][]policy.Part](), role.None[[][]policy.Part]()
	if o.IntN(5) == 0 {
		doc, _ := policy.Parse([]byte(document(allow("*", "*"), object{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": some(o, "*", o.arn())})), policy.SCP)
		scps = role.Have([][]policy.Part{{{Name: "scp:p-1", Document: doc}}})
	}
	if o.IntN(5) == 0 {
		deny := with(object{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}, object{"StringNotEquals": object{"aws:PrincipalAccount": some(o, []string{id}, []string{id, account})}})
		doc, _ := policy.Parse([]byte(document(object{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}, deny)), policy.RCP)
		rcps = role.Have([][]policy.Part{{{Name: "rcp:p-1", Document: doc}}})
	}
	return scps, rcps
}

func (o *organization) trust(id string) []object {
	all := []object{
		trusting("Service", "lambda.amazonaws.com"), trusting("AWS", id), trusting("AWS", some(o, threeAccounts...)), trusting("AWS", o.arn()),
		trusting("AWS", "arn:aws:iam::"+some(o, threeAccounts...)+":root"),
		with(trusting("AWS", some(o, threeAccounts...)), object{"ArnEquals": object{"aws:PrincipalArn": o.arn()}}),
		with(trusting("AWS", "*"), object{"StringEquals": object{"aws:PrincipalOrgID": some(o, organizationID, "o-zzzzzzzzzz")}}),
		with(trusting("AWS", some(o, threeAccounts...)), object{"StringEquals": object{"sts:ExternalId": "secret"}}),
	}
	return []object{some(o, all...), some(o, all...)}
}

func (o *organization) statements(id string) []object {
	out := []object{allow("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:x")}
	for range 1 + o.IntN(2) {
		out = append(out, some(o,
			allow("sts:AssumeRole", o.arn()), allow("sts:AssumeRole", o.arn()), allow("sts:AssumeRole", "arn:aws:iam::*:role/"+some(o, "r0", "r1")),
			allow("sts:AssumeRole", "*"), with(allow("sts:AssumeRole", o.arn()), object{"StringEquals": object{"aws:ResourceOrgID": organizationID}}),
			allow("lambda:UpdateFunctionCode", "arn:aws:lambda:us-east-1:"+id+":function:f"),
			object{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": o.arn()},
			allow("s3:*", "*"), allow("*", "*"),
		))
	}
	return out
}

// roles are those of all accounts.
func (o *organization) roles() (all []*role.Snapshot) {
	for _, id := range threeAccounts {
		all = append(all, o.listings[id].Roles...)
	}
	return all
}

// allows evaluates one request of a role, with the policies of both accounts.
func (o *organization) allows(s *role.Snapshot, action, resource string, y *role.Snapshot, keys map[string]string) bool {
	set := policy.Set{SCPs: s.SCPs.Or(nil)}
	for _, p := range s.Inline.Or(nil) {
		set.Identity = append(set.Identity, p.AsPart())
	}
	c := policy.Context{Keys: map[string]policy.ContextValue{
		"aws:principalarn": present(s.ARN()), "aws:principalaccount": present(s.Ref.Account), "aws:principalorgid": present(organizationID), "aws:resourceorgid": present(organizationID),
	}}
	if y != nil {
		trust, _ := y.Trust.Get()
		set.Resource, set.RCPs = &policy.Part{Name: "trust", Document: trust.Document}, y.RCPs.Or(nil)
		c.Keys["aws:resourceaccount"] = present(y.Ref.Account)
	}
	for key, value := range keys {
		c.Keys[key] = present(value)
	}
	r := policy.Request{Principal: "arn:aws:sts::" + s.Ref.Account + ":assumed-role/" + s.Ref.Name + "/x", Action: action, Resource: resource, ResourceAccount: s.Ref.Account, Context: c}
	return policy.Evaluate(r, set).Decision == policy.Allowed
}

func (o *organization) assumes(s, y *role.Snapshot) bool {
	return o.allows(s, "sts:AssumeRole", y.ARN(), y, nil) || o.allows(s, "sts:AssumeRole", y.ARN(), y, map[string]string{"sts:externalid": "secret"})
}

func (o *organization) isAdministrator(s *role.Snapshot) bool {
	return o.allows(s, "anything:Do", "arn:aws:anything:us-east-1:"+s.Ref.Account+":thing/q", nil, nil) && o.allows(s, "iam:CreateUser", "arn:aws:iam::"+s.Ref.Account+":user/q", nil, nil)
}

// becomes are the roles of all accounts that a role can become.
func (o *organization) becomes(start *role.Snapshot) (list []*role.Snapshot) {
	list = []*role.Snapshot{start}
	for i := 0; i < len(list); i++ {
		s := list[i]
		for _, y := range o.roles() {
			f := o.listings[y.Ref.Account].Functions[0]
			runs := s.Ref.Account == y.Ref.Account && f.Role == y.ARN() && o.allows(s, "lambda:UpdateFunctionCode", f.ARN, nil, nil)
			if !slices.Contains(list, y) && (runs || o.assumes(s, y)) {
				list = append(list, y)
			}
		}
	}
	return list
}

// graph is the graph of the first account, with the parts of the others.
func (o *organization) graph() *reach.Graph {
	graphs := &danger.Graphs{Parameters: check.Parameters{Organization: organizationID}}
	l := o.listings[account]
	l.Others = &reach.Others{Organization: organizationID, Known: map[string]bool{}}
	for _, id := range threeAccounts[1:] {
		if s := graphs.Survey(o.listings[id], now); len(s.Part.Roles) > 0 {
			l.Others.Parts = append(l.Others.Parts, s.Part)
		} else {
			l.Others.Known[id] = true
		}
	}
	return graphs.Build(l, now)
}

// TestAccountsTogetherAreWhatEvaluationSays compares the graph of one of three random accounts, which knows of the others only the parts that
// they survey, with an evaluation of single requests over all roles of all three.
func TestAccountsTogetherAreWhatEvaluationSays(t *testing.T) {
	steps, none, elsewhere, alone := 0, 0, 0, 0
	for seed := uint64(*first); seed < uint64(*first+2**accounts); seed++ {
		o := newOrganization(seed)
		g := o.graph()
		for _, s := range o.listings[account].Roles {
			at, _ := g.Find(s.ARN())
			view := g.Of(s.ARN())
			became := o.becomes(s)
			want := slices.ContainsFunc(became, o.isAdministrator)
			got := view.Standing.Power.IsAdministrator()
			for _, p := range view.Paths {
				got = got || p.Standing.Power.IsAdministrator()
			}
			if got != want {
				o.log(t, g)
				t.Fatalf("seed %d: %s becomes an administrator: the graph says %v, and evaluation %v", seed, s.ARN(), got, want)
			}
			if want && !view.Standing.Power.IsAdministrator() {
				if slices.ContainsFunc(became, func(y *role.Snapshot) bool { return y.Ref.Account == account && o.isAdministrator(y) }) {
					alone++
				} else {
					elsewhere++
				}
			}
			for _, y := range o.roles() {
				if y.Ref.Account == account || view.Standing.Power.IsAdministrator() {
					continue
				}
				path, ok := g.To(at, func(node int32, _ *reach.Standing) bool { return g.ARNOf(node) == y.ARN() })
				direct := ok && path.Certain && len(path.Hops) == 1
				if want := o.assumes(s, y); direct != want {
					o.log(t, g)
					t.Fatalf("seed %d: %s may assume %s: the graph says %v, and evaluation %v", seed, s.ARN(), y.ARN(), direct, want)
				} else if want {
					steps++
				} else {
					none++
				}
			}
		}
	}
	t.Logf("%d steps between accounts, %d pairs without; %d roles become administrators of other accounts alone, %d of the own one", steps, none, elsewhere, alone)
	if steps < 60 || none < 600 || elsewhere < 30 || alone < 30 {
		t.Errorf("%d steps, %d without, %d elsewhere, %d alone: the accounts do not differ enough", steps, none, elsewhere, alone)
	}
}

func (o *organization) log(t *testing.T, g *reach.Graph) {
	t.Helper()
	for _, r := range o.roles() {
		t.Logf("%s: trust %s, policy %s", r.ARN(), r.Trust.Or(role.Policy{}).Text.Or(""), r.Inline.Or(nil)[0].Text.Or(""))
		for _, limits := range []role.Maybe[[][]policy.Part]{r.SCPs, r.RCPs} {
			for _, level := range limits.Or(nil) {
				t.Logf("    %s", level[0].Document.Source())
			}
		}
	}
	t.Log(strings.TrimSpace(told(g)))
}
