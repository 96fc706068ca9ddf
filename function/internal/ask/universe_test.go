package ask_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/interpreter"
	"github.com/rolewatch/rolewatch/function/internal/interpreter/universe"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

var (
	questions = flag.Int("questions", 300, "how many random questions the prober is asked")
	firstSeed = flag.Int("first-seed", 0, "the seed of the first random question")
)

// session is a session of the universe's role under the policies of a world.
func session(t testing.TB, w universe.World) *ask.Session {
	t.Helper()
	parts := func(kind policy.Kind, documents []universe.Document) (out []policy.Part) {
		for i, one := range documents {
			d, _ := policy.Parse([]byte(one.Text()), kind)
			if d == nil {
				t.Fatalf("parse %s", one.Text())
			}
			out = append(out, policy.Part{Name: kind.String() + strconv.Itoa(i), Document: d})
		}
		return out
	}
	set := policy.Set{Identity: parts(policy.Identity, w.Identity), Boundaries: parts(policy.Boundary, w.Boundary)}
	if len(w.SCP) > 0 {
		set.SCPs = [][]policy.Part{parts(policy.SCP, w.SCP)}
	}
	r := &role.Snapshot{
		Ref:      role.Ref{Partition: "aws", Account: universe.Account, Name: "orders", ARN: universe.Role},
		Identity: role.Have(role.Identity{ARN: universe.Role, ID: "AROAORDERS"}), Tags: role.Have(map[string]string{universe.Tag: universe.RoleTag}),
		Users: role.Users{Complete: true, List: []role.Function{{
			ARN: "arn:aws:lambda:us-east-1:" + universe.Account + ":function:orders-api", Version: "$LATEST", Role: universe.Role,
		}}},
	}
	return ask.NewSession(&ask.Caller{Role: r, Set: set, Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Budget: ask.NewBudget()})
}

// leftToAccount is the policy of a key or a role that leaves everything to the account's own policies.
const leftToAccount = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + universe.Account + `"},"Action":"*","Resource":"*"}}`

// reading reads the policies of a world as they apply to an action.
func reading(t testing.TB, w universe.World, action string) *interpreter.Interpreter {
	t.Helper()
	p := w.Policies()
	if strings.HasPrefix(action, "kms:") || strings.HasPrefix(action, "sts:") {
		p.Resource = leftToAccount
	}
	i, err := interpreter.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// carries says which keys the requests of an action may have.
func carries(action, key string) bool { return actions.Carries(action, key) != actions.NotCarried }

// allowedOn are the first allowed requests that the role's code can make, by resource, Region, and whether that takes a tag that others
// set or a value that is not known.
func allowedOn(t testing.TB, d universe.Domain, w universe.World, action universe.Action) []universe.Case {
	t.Helper()
	i, seen := reading(t, w, action.Name), map[string]bool{}
	var out []universe.Case
	for c := range d.Requests(action, w.Policies(), carries) {
		at := c.On.ARN + " " + strings.Join(c.Keys["aws:RequestedRegion"], "") + fmt.Sprint(c.Uncertain, len(c.Tags) > 0)
		if seen[at] {
			continue
		}
		if ok, err := i.Allowed(c.Request); ok && err == nil {
			seen[at] = true
			out = append(out, c)
		}
	}
	return out
}

// isCertain reports whether nothing about a request is left to others, who tag resources, or to what the list of actions does not
// know: whether it carries a key.
func isCertain(d universe.Domain, w universe.World, c universe.Case) bool {
	texts := strings.ToLower(fmt.Sprint(w.Policies()))
	return !c.Uncertain && len(c.Tags) == 0 && !slices.ContainsFunc(d.Keys, func(k universe.Key) bool {
		return actions.Carries(c.Action, k.Name) == actions.CarriageUnknown && strings.Contains(texts, strings.ToLower(k.Name))
	})
}

// somewhere asks for an action as checks do: on what no policy names, and on what one names.
func somewhere(s *ask.Session, name string) ask.Answer {
	a, _ := actions.Lookup(name)
	best := s.Anywhere(a, nil)
	for _, region := range s.Regions(name) {
		for _, r := range append(s.Instances(name), ask.Resource{ARN: universe.Role, Named: true}, ask.Resource{ARN: "arn:aws:lambda:us-east-1:" + universe.Account + ":function:orders-api", Named: true}) {
			if slices.ContainsFunc(a.ResourceTypes, func(t actions.ResourceType) bool { return ask.IsOfType(r.ARN, t) }) {
				best = ask.Better(best, s.On(ask.Question{Action: name, Region: region}, r))
			}
		}
	}
	return best
}

// faultOf is what the prober gets wrong about an action, or nothing: it does not say yes where the interpreter finds a request, or
// says no where that depends on what is not known, or shows a witness that the interpreter refuses.
func faultOf(t testing.TB, d universe.Domain, w universe.World, action universe.Action) (fault, detail string, open int, yes bool) {
	t.Helper()
	s := session(t, w)
	found := allowedOn(t, d, w, action)
	for _, c := range found {
		q := ask.Question{Action: action.Name, Resource: c.On.ARN, Region: strings.Join(c.Keys["aws:RequestedRegion"], "")}
		a := s.Ask(q)
		switch {
		case !a.Possible():
			return "no on a resource, although a request is allowed", fmt.Sprintf("%+v", c), len(found), false
		case (!a.Allowed() || len(a.Needs()) > 0) && isCertain(d, w, c):
			return "no yes on a resource, although a request is allowed", fmt.Sprintf("%+v: %v, needs %v", c, a.DependsOn, a.Needs()), len(found), false
		}
		if why := refused(t, w, a); why != "" {
			return "a witness on a resource is not allowed", why, len(found), false
		}
	}
	a := somewhere(s, action.Name)
	if why := refused(t, w, a); why != "" {
		return "a witness is not allowed", why, len(found), false
	}
	for _, c := range found {
		if !a.Possible() {
			return "no anywhere, although a request is allowed", fmt.Sprintf("%+v", c), len(found), false
		}
		if (!a.Allowed() || len(a.Needs()) > 0) && isCertain(d, w, c) {
			return "no yes anywhere, although a request is allowed", fmt.Sprintf("%+v: %v, needs %v", c, a.DependsOn, a.Needs()), len(found), false
		}
	}
	return "", "", len(found), a.Allowed()
}

// refused gives a witness that the interpreter does not allow.
func refused(t testing.TB, w universe.World, a ask.Answer) string {
	t.Helper()
	if !a.Allowed() {
		return ""
	}
	for _, step := range a.Steps {
		i := reading(t, w, step.Request.Action)
		for _, req := range concrete(step.Request) {
			if ok, err := i.Allowed(req); err == nil && !ok {
				return fmt.Sprintf("%+v", req)
			}
		}
	}
	return ""
}

// concrete are the requests that a witness stands for: a key that is one of several values has each of them.
func concrete(r policy.Request) []interpreter.Request {
	out := []interpreter.Request{{
		Principal: r.Principal, Action: r.Action, Resource: r.Resource, ResourceAccount: r.ResourceAccount, Keys: map[string][]string{},
	}}
	for _, key := range slices.Sorted(maps.Keys(r.Context.Keys)) {
		v := r.Context.Keys[key]
		var values [][]string
		switch v.Presence {
		case policy.KeyPresent:
			values = [][]string{v.Values}
		case policy.KeyOneOf:
			for _, one := range v.Values {
				values = append(values, []string{one})
			}
		case policy.KeyPrefixed:
			values = [][]string{{v.Values[0] + "x"}}
		case policy.KeyUnknown:
			values = [][]string{nil, {"anything"}}
		default:
			continue
		}
		var next []interpreter.Request
		for _, req := range out {
			for _, one := range values {
				with := req
				with.Keys = maps.Clone(req.Keys)
				with.Keys[key] = one
				next = append(next, with)
			}
		}
		out = next
	}
	return out
}

// subject is a world and the action that is asked for in it.
type subject struct {
	world  universe.World
	action universe.Action
}

func subjects(d universe.Domain) *rapid.Generator[subject] {
	return rapid.Custom(func(t *rapid.T) subject {
		action := rapid.SampledFrom(d.Actions).Draw(t, "action")
		return subject{d.About(action, carries).Worlds().Draw(t, "world"), action}
	})
}

// TestProberAgreesWithTheUniverse holds the prober against every request of a small world, under random policies.
func TestProberAgreesWithTheUniverse(t *testing.T) {
	d := universe.Default()
	generator := subjects(d)
	open, yes, wrong := 0, 0, map[string]int{}
	for seed := *firstSeed; seed < *firstSeed+*questions; seed++ {
		s := generator.Example(seed)
		fault, _, found, certain := faultOf(t, d, s.world, s.action)
		if found > 0 {
			open++
		}
		if certain {
			yes++
		}
		if fault == "" {
			continue
		}
		if wrong[fault+s.action.Name]++; wrong[fault+s.action.Name] > 1 {
			continue
		}
		small := universe.Shrink(s.world, func(w universe.World) bool { f, _, _, _ := faultOf(t, d, w, s.action); return f == fault })
		_, detail, _, _ := faultOf(t, d, small, s.action)
		t.Errorf("seed %d: %s: %s\n%s\n%+v", seed, s.action.Name, fault, detail, small.Policies())
	}
	t.Logf("%d questions, %d with a request that is allowed, %d yes; wrong %v", *questions, open, yes, wrong)
	if open*5 < *questions || yes*6 < *questions {
		t.Errorf("of %d questions %d had a request that is allowed, and %d were yes", *questions, open, yes)
	}
}

// wrongOnce are statements of an identity policy under which the prober was wrong about an action once.
var wrongOnce = []struct{ action, statements string }{
	{"s3:ListAllMyBuckets", `{"Effect":"Allow","Action":["s3:ListAllMyBuckets"],"Resource":["*"],"Condition":{"ForAllValues:StringNotLike":{"aws:RequestedRegion":["us-east-1"]}}}`},
	{"iam:AttachRolePolicy", `{"Effect":"Allow","Action":["iam:AttachRolePolicy"],"Resource":["arn:aws:iam::111122223333:*"],"Condition":{"StringLike":{"aws:ResourceTag/team":["pay"]},"NotIpAddressIfExists":{"aws:SourceIp":["192.0.2.7"]}}}`},
	{"lambda:UpdateFunctionCode", `{"Effect":"Allow","Action":["lambda:*"],"Resource":["*"],"Condition":{"StringEqualsIgnoreCase":{"aws:ResourceTag/team":["${aws:PrincipalTag/team}"]},"StringNotEqualsIfExists":{"iam:PassedToService":["lambda.amazonaws.com"]}}}`},
}

// TestProberIsNotWrongAgain holds what was found once.
func TestProberIsNotWrongAgain(t *testing.T) {
	d := universe.Default()
	for _, tt := range wrongOnce {
		var document universe.Document
		if err := json.Unmarshal([]byte(`{"Version":"2012-10-17","Statement":[`+tt.statements+`]}`), &document); err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(d.Actions, func(a universe.Action) bool { return a.Name == tt.action })
		fault, detail, open, _ := faultOf(t, d, universe.World{Identity: []universe.Document{document}}, d.Actions[at])
		if fault != "" || open == 0 {
			t.Errorf("%s: %s, %d requests\n%s\n%s", tt.action, fault, open, detail, tt.statements)
		}
	}
}

// FuzzProberAgreesWithTheUniverse is the same for as long as one likes: each seed is a question of its own.
func FuzzProberAgreesWithTheUniverse(f *testing.F) {
	d := universe.Default()
	generator := subjects(d)
	f.Add(1)
	f.Fuzz(func(t *testing.T, seed int) {
		s := generator.Example(seed)
		if fault, detail, _, _ := faultOf(t, d, s.world, s.action); fault != "" {
			t.Fatalf("%s: %s\n%s\n%+v", s.action.Name, fault, detail, s.world.Policies())
		}
	})
}
