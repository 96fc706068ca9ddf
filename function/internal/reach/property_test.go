package reach_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

var first = flag.Int("first", 0, "the seed of the first random account")

var accounts = flag.Int("accounts", 120, "how many random accounts the search is compared on")

// TestASearchByEvaluationAgrees compares, in small random accounts, what the graph says that each role can become with a breadth-first
// search that evaluates policies for every single request, and knows no other rule.
func TestASearchByEvaluationAgrees(t *testing.T) {
	reached, not, changed := 0, 0, 0
	for seed := uint64(*first); seed < uint64(*first+*accounts); seed++ {
		w := &world{Rand: rand.New(rand.NewPCG(seed, 7))}
		l := w.account()
		g := danger.NewGraph(l, now, check.Parameters{})
		for _, s := range l.Roles {
			o := oracle{roles: l.Roles, functions: l.Functions}
			want, byChange := o.becomesAdministrator(s)
			view := g.Of(s.ARN())
			got := view.Standing.Power.IsAdministrator()
			for _, p := range view.Paths {
				got = got || p.Standing.Power.IsAdministrator()
			}
			if got != want {
				for _, r := range l.Roles {
					t.Logf("%s: trust %s", r.Ref.Name, r.Trust.Or(role.Policy{}).Text.Or(""))
					t.Logf("    policy %s, boundary %s, tags %v", r.Inline.Or(nil)[0].Text.Or(""), r.Boundary.Or(role.Policy{}).Text.Or(""), r.Tags.Or(nil))
				}
				for _, p := range view.Paths {
					t.Log(g.Line(p.Hops))
				}
				t.Logf("functions %v", l.Functions)
				for _, level := range s.SCPs.Or(nil) {
					t.Logf("of the organization: %s", level[0].Document.Source())
				}
				t.Fatalf("seed %d: %s becomes an administrator: the graph says %v, and the search %v", seed, s.Ref.Name, got, want)
			}
			switch {
			case byChange:
				changed++
			case want:
				reached++
			default:
				not++
			}
		}
	}
	t.Logf("%d roles become administrators, %d of them by a change, %d do not", reached+changed, changed, not)
	if reached < 30 || not < 30 || changed < 15 {
		t.Errorf("%d, %d and %d roles: the accounts do not differ enough", reached, changed, not)
	}
}

// oracle searches by evaluation.
type oracle struct {
	roles     []*role.Snapshot
	functions []reach.Function
}

// state is a role as it is, or with its policies or its boundary changed.
type state struct {
	role               string
	policies, boundary bool
}

func (o oracle) find(name string) *role.Snapshot {
	return o.roles[slices.IndexFunc(o.roles, func(s *role.Snapshot) bool { return s.Ref.Name == name })]
}

// set are the policies that bear on requests of a state.
func (o oracle) set(s state) policy.Set {
	r := o.find(s.role)
	set := policy.Set{SCPs: r.SCPs.Or(nil)}
	for _, p := range r.Inline.Or(nil) {
		set.Identity = append(set.Identity, p.AsPart())
	}
	if s.policies {
		doc, _ := policy.Parse([]byte(document(allow("*", "*"))), policy.Identity)
		set.Identity = append([]policy.Part(nil), policy.Part{Name: "inline:all", Document: doc})
	}
	if b, ok := r.Boundary.Get(); ok && !s.boundary {
		set.Boundaries = []policy.Part{b.AsPart()}
	}
	return set
}

func present(text string) policy.ContextValue {
	return policy.ContextValue{Presence: policy.KeyPresent, Values: []string{text}}
}

// may evaluates one request of a state.
func (o oracle) may(s state, action, resource string, trust *policy.Document, keys map[string]string) bool {
	set := o.set(s)
	if trust != nil {
		set.Resource = &policy.Part{Name: "trust", Document: trust}
	}
	context := policy.Context{Keys: map[string]policy.ContextValue{"aws:principalarn": present(roleARN(s.role)), "aws:principalaccount": present(account)}}
	for key, value := range keys {
		context.Keys[key] = present(value)
	}
	if arn, _ := aws.ParseARN(resource); arn.Region != "" {
		context.Keys["aws:requestedregion"] = present(arn.Region)
	}
	r := policy.Request{Principal: "arn:aws:sts::" + account + ":assumed-role/" + s.role + "/x", Action: action, Resource: resource, ResourceAccount: account, Context: context}
	return policy.Evaluate(r, set).Decision == policy.Allowed
}

// isAdministrator evaluates a few requests that have nothing in common.
func (o oracle) isAdministrator(s state) bool {
	for _, one := range [][2]string{
		{"anything:Do", "arn:aws:anything:us-east-1:" + account + ":thing/q"}, {"iam:CreateUser", "arn:aws:iam::" + account + ":user/q"},
		{"s3:DeleteBucket", "arn:aws:s3:::q"}, {"dynamodb:DeleteTable", "arn:aws:dynamodb:us-east-1:" + account + ":table/q"}, {"kms:CreateKey", "*"},
	} {
		if !o.may(s, one[0], one[1], nil, nil) {
			return false
		}
	}
	return true
}

// becomesAdministrator reports whether a role can become an administrator, and whether only a change makes one.
func (o oracle) becomesAdministrator(start *role.Snapshot) (becomes, byChange bool) {
	known := map[state]bool{{role: start.Ref.Name}: true}
	for grown := true; grown; {
		grown = false
		add := func(s state) {
			if !known[s] {
				known[s], grown = true, true
			}
		}
		for s := range known {
			for _, y := range o.roles {
				if o.enters(s, y) {
					add(state{role: y.Ref.Name})
				}
				for of := range known {
					if of.role != y.Ref.Name {
						continue
					}
					if o.may(s, "iam:PutRolePolicy", y.ARN(), nil, nil) {
						add(state{of.role, true, of.boundary})
					}
					if o.may(s, "iam:DeleteRolePermissionsBoundary", y.ARN(), nil, nil) {
						add(state{of.role, of.policies, true})
					}
				}
			}
		}
	}
	for s := range known {
		if o.isAdministrator(s) {
			if becomes = true; !s.policies && !s.boundary {
				return true, false
			}
			byChange = true
		}
	}
	return becomes, byChange
}

// enters reports whether a state can get the credentials of a role.
func (o oracle) enters(s state, y *role.Snapshot) bool {
	return o.assumes(s, y) || o.passes(s, y) || o.admits(s, y) || slices.ContainsFunc(o.functions, func(f reach.Function) bool {
		return f.Role == y.ARN() && o.may(s, "lambda:UpdateFunctionCode", f.ARN, nil, nil)
	})
}

// tagsOf are the ways in which a role may be tagged: as it is, and as the state may tag it.
func (o oracle) tagsOf(s state, y *role.Snapshot) []string {
	out := []string{y.Tags.Or(nil)["team"]}
	if o.may(s, "iam:TagRole", y.ARN(), nil, tagKeys(out[0])) {
		out = append(out, "a")
	}
	return out
}

func tagKeys(team string) map[string]string {
	if team == "" {
		return nil
	}
	return map[string]string{"aws:resourcetag/team": team, "iam:resourcetag/team": team}
}

func (o oracle) assumes(s state, y *role.Snapshot) bool {
	trust, _ := y.Trust.Get()
	for _, team := range o.tagsOf(s, y) {
		for _, external := range []string{"", "secret"} {
			keys := map[string]string{}
			for k, v := range tagKeys(team) {
				keys[k] = v
			}
			if external != "" {
				keys["sts:externalid"] = external
			}
			if o.may(s, "sts:AssumeRole", y.ARN(), trust.Document, keys) {
				return true
			}
		}
	}
	return false
}

func (o oracle) admits(s state, y *role.Snapshot) bool {
	if !o.may(s, "iam:UpdateAssumeRolePolicy", y.ARN(), nil, tagKeys(y.Tags.Or(nil)["team"])) {
		return false
	}
	trust, _ := policy.Parse([]byte(document(trusting("AWS", "arn:aws:sts::"+account+":assumed-role/"+s.role+"/x"))), policy.Trust)
	for _, team := range o.tagsOf(s, y) {
		if o.may(s, "sts:AssumeRole", y.ARN(), trust, tagKeys(team)) {
			return true
		}
	}
	return false
}

// runs are what a state may have services do with a role that is passed to them, by the ARNs for which the services then act.
func (o oracle) runs(s state, service string) (sources []string) {
	if service == "ec2.amazonaws.com" {
		if instance := "arn:aws:ec2:us-east-1:" + account + ":instance/i-1"; o.may(s, "ec2:RunInstances", instance, nil, nil) {
			sources = append(sources, instance)
		}
		return sources
	}
	for _, name := range []string{"q", "team-a", "team-q", "z-q", "z"} {
		if f := functionARN(name); o.may(s, "lambda:CreateFunction", f, nil, nil) && o.may(s, "lambda:InvokeFunction", f, nil, nil) {
			sources = append(sources, f)
		}
	}
	return sources
}

func (o oracle) passes(s state, y *role.Snapshot) bool {
	for _, service := range []string{"lambda.amazonaws.com", "ec2.amazonaws.com"} {
		if !o.may(s, "iam:PassRole", y.ARN(), nil, map[string]string{"iam:passedtoservice": service}) {
			continue
		}
		trust, _ := y.Trust.Get()
		for _, source := range o.runs(s, service) {
			admits := policy.Evaluate(policy.Request{
				Principal: service, Action: "sts:AssumeRole", Resource: y.ARN(),
				Context: policy.Context{Keys: map[string]policy.ContextValue{"aws:sourceaccount": present(account), "aws:sourcearn": present(source)}},
			}, policy.Set{Resource: &policy.Part{Name: "trust", Document: trust.Document}})
			if admits.Decision == policy.Allowed {
				return true
			}
		}
	}
	return false
}
