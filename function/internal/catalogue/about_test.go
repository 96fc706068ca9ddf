package catalogue_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/interpreter"
	"github.com/rolewatch/rolewatch/function/internal/interpreter/universe"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// about is a check, or several of which one is enough, with the requests that they are about: where the role can make one, one of
// the checks speaks.
type about struct {
	checks   []string
	requests func(*check.Subject, universe.Case) bool
}

// abouts are what the checks say themselves that they are about, and what follows from their titles for those that say nothing.
func abouts() []about {
	all := []about{
		{[]string{"RW304"}, func(_ *check.Subject, c universe.Case) bool {
			return isAny(c, "iam:PassRole") && c.Keys["iam:PassedToService"][0] == universe.UnnamedService
		}},
		{[]string{"RW308", "RW309"}, func(_ *check.Subject, c universe.Case) bool {
			return c.On.ARN == universe.Role && c.Action == "iam:AttachRolePolicy" && strings.HasSuffix(c.Keys["iam:PolicyARN"][0], "/AdministratorAccess")
		}},
		{[]string{"RW309"}, func(_ *check.Subject, c universe.Case) bool {
			return c.On.ARN == universe.Role && slices.Contains([]string{"iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRolePermissionsBoundary"}, c.Action) ||
				c.On.ARN == universe.Function && c.Action == "lambda:UpdateFunctionCode"
		}},
		{[]string{"RW310"}, func(_ *check.Subject, c universe.Case) bool {
			return isAny(c, "secretsmanager:GetSecretValue", "iam:CreateAccessKey")
		}},
		{[]string{"RW314"}, func(_ *check.Subject, c universe.Case) bool { return isAny(c, "cloudtrail:StopLogging") }},
		{[]string{"RW316"}, func(_ *check.Subject, c universe.Case) bool { return c.Action == neverAction }},
		{[]string{"RW317"}, func(_ *check.Subject, c universe.Case) bool {
			return isAny(c, "iam:PutRolePolicy", "secretsmanager:GetSecretValue", "s3:PutBucketPolicy", "s3:GetObject", "sts:AssumeRole", "iam:PassRole")
		}},
	}
	for _, one := range danger.Checks() {
		if one.About != nil {
			all = append(all, about{[]string{one.ID}, func(s *check.Subject, c universe.Case) bool { return isJudged(one.ID, c) && one.About(s, requestOf(c)) }})
		}
	}
	return all
}

// isJudged: what a check says of any resource is not about the role itself and its function, whose tags differ.
func isJudged(id string, c universe.Case) bool {
	return id == danger.Escalation || id == "RW309" || !slices.Contains([]string{universe.Role, universe.Function}, c.On.ARN)
}

// requestOf is the request as the checks are asked about it.
func requestOf(c universe.Case) policy.Request {
	r := policy.Request{Principal: c.Principal, Action: c.Action, Resource: c.On.ARN, ResourceAccount: c.ResourceAccount, Context: policy.Context{Keys: map[string]policy.ContextValue{}}}
	for key, values := range c.Keys {
		r.Context.Keys[strings.ToLower(key)] = policy.ContextValue{Presence: policy.KeyPresent, Values: values}
	}
	return r
}

// neverAction is what the owner of the account never allows.
const neverAction = "iam:CreateUser"

// isAny reports whether a request is for one of some actions on a resource that stands for any.
func isAny(c universe.Case, names ...string) bool {
	return !c.On.Named && slices.Contains(names, c.Action)
}

// carries says which keys the requests of an action may have.
func carries(action, key string) bool { return actions.Carries(action, key) != actions.NotCarried }

// subjectOfAbout is a role all of whose policies came by an edit, in an account that never allows one action.
func subjectOfAbout(t testing.TB, w universe.World) *check.Subject {
	t.Helper()
	out := write(w)
	s := subjectOf(out)
	s.Before = check.Before{Looked: true, Parts: map[role.Part]role.Maybe[role.Policy]{}}
	for _, p := range out.identity {
		s.Before.Parts[role.InlinePart(p.name)] = role.None[role.Policy]()
	}
	never, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"`+neverAction+`","Resource":"*"}]}`), policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	s.Parameters.Never = []check.Never{{Name: "users", Document: never}}
	return s
}

// imagined is the fault of a role that is called an administrator, and cannot do half of what there is on resources as they are.
const imagined = "RW301 calls it an administrator"

// silence gives the checks that say nothing although the role can make a request that they are about, and that request. It counts
// how often a check had to speak. It gives imagined where a check says too much.
func silence(t testing.TB, d universe.Domain, w universe.World) (silent string, witness universe.Case, spoken int) {
	t.Helper()
	all, subject := abouts(), subjectOfAbout(t, w)
	say, open, overRoles := judged(subject), 0, false
	for _, action := range d.Actions {
		i, isOpen := readingOf(t, w, action.Name), false
		done := map[int]bool{} // by the resource, too: the answers differ
		last := ""
		for c := range d.Requests(action, w.Policies(), carries) {
			if c.On.ARN != last {
				clear(done)
				last = c.On.ARN
			}
			if len(c.Tags) > 0 || done[-1] {
				continue
			}
			if ok, err := i.Allowed(c.Request); !ok || err != nil {
				continue
			}
			isOpen = isOpen || !c.On.Named
			for n, a := range all {
				if done[n] || !a.requests(subject, c) {
					continue
				}
				done[n] = true
				spoken++
				if !say.speaks(a.checks) {
					return strings.Join(a.checks, ", ") + " is silent", c, spoken
				}
			}
			// What is decided by the keys are the service that a role is passed to and the policy that is attached.
			done[-1] = action.Name != "iam:PassRole" && action.Name != "iam:AttachRolePolicy"
		}
		if isOpen {
			open++
			overRoles = overRoles || action.Name == "iam:PutRolePolicy"
		}
	}
	// Who may write policies for any role may do everything, and the world has not every Region.
	if say.findings[danger.Admin] == check.Critical && open*2 < len(d.Actions) && !overRoles {
		return imagined, universe.Case{}, spoken
	}
	return "", universe.Case{}, spoken
}

// speaks reports whether one of some checks fired, was folded or could not be decided.
func (s said) speaks(ids []string) bool {
	reported := s.reported()
	return slices.ContainsFunc(ids, func(id string) bool { return reported[id] || s.undecided[id] })
}

// readingOf reads the policies of a world as they apply to an action; those of keys and roles leave it to the account.
func readingOf(t testing.TB, w universe.World, action string) *interpreter.Interpreter {
	t.Helper()
	p := w.Policies()
	if strings.HasPrefix(action, "kms:") || strings.HasPrefix(action, "sts:") {
		p.Resource = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + universe.Account + `"},"Action":"*","Resource":"*"}}`
	}
	i, err := interpreter.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// worldsAbout are worlds whose policies are mostly about one action.
func worldsAbout(d universe.Domain) *rapid.Generator[universe.World] {
	return rapid.Custom(func(t *rapid.T) universe.World {
		if rapid.IntRange(1, 4).Draw(t, "about all") == 1 {
			return d.Worlds().Draw(t, "world")
		}
		return d.About(rapid.SampledFrom(d.Actions).Draw(t, "action"), carries).Worlds().Draw(t, "world")
	})
}

// TestNoCheckIsSilent holds the checks against every request of a small world, under random policies.
func TestNoCheckIsSilent(t *testing.T) {
	d := universe.Default()
	generator := worldsAbout(d)
	spoken, seen := 0, map[string]bool{}
	for seed := range randomWorlds() {
		w := generator.Example(seed)
		silent, c, n := silence(t, d, w)
		if spoken += n; silent == "" || seen[silent+c.Action] {
			continue
		}
		seen[silent+c.Action] = true
		small := universe.Shrink(w, func(w universe.World) bool {
			now, other, _ := silence(t, d, w)
			return now == silent && other.Action == c.Action
		})
		_, c, _ = silence(t, d, small)
		t.Errorf("seed %d: %s; the role can make %+v\n%+v\n%v", seed, silent, c.Request, small.Policies(), judged(subjectOfAbout(t, small)))
	}
	t.Logf("%d times a check had to speak", spoken)
	if spoken == 0 {
		t.Fatal("no check had anything to say")
	}
}

// silentOnce are statements of an identity policy under which some check was silent once.
var silentOnce = []string{
	`{"Effect":"Deny","NotAction":["iam:*"],"NotResource":["arn:aws:iam"],"Condition":{"ForAnyValue:StringEqualsIfExists":{"iam:PassedToService":["lambda.amazonaws.com"]},"StringNotEquals":{"aws:ResourceTag/team":["?ther"]}}},{"Effect":"Allow","Action":["*"],"Resource":["*"]}`,
	`{"Effect":"Allow","Action":["*"],"NotResource":["arn:aws:iam::111122223333:*"]}`,
	`{"Effect":"Allow","Action":["iam:*"],"Resource":["*"]},{"Effect":"Allow","Action":["iam:*"],"Resource":["*"],"Condition":{"StringNotEquals":{"aws:PrincipalArn":["` + universe.Role + `"]}}}`,
	`{"Effect":"Allow","Action":["iam:Put*"],"Resource":["*"],"Condition":{"ArnEquals":{"aws:PrincipalArn":["` + universe.Role + `"]}}}`,
	`{"Effect":"Allow","Action":["*"],"Resource":["*"],"Condition":{"ArnLike":{"aws:PrincipalArn":["` + universe.Role + `"],"iam:PolicyARN":["arn:aws:iam::aws:policy/Read*"]}}}`,
	`{"Effect":"Deny","Action":["iam:Create*"],"Resource":["*"],"Condition":{"ArnLikeIfExists":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/deploy"]}}},{"Effect":"Allow","Action":["iam:*"],"Resource":["*"],"Condition":{"StringLike":{"aws:TagKeys":["cost"]}}}`,
	`{"Effect":"Deny","Action":["*"],"Resource":["arn:aws:iam::111122223333:role/*"],"Condition":{"ForAllValues:StringNotLike":{"aws:RequestedRegion":["eu-*"]}}},{"Effect":"Allow","Action":["*"],"Resource":["*"]}`,
	`{"Effect":"Allow","Action":["iam:AttachRolePolicy"],"Resource":["arn:aws:iam::111122223333:*"],"Condition":{"StringLike":{"aws:ResourceTag/team":["pay"]},"NotIpAddressIfExists":{"aws:SourceIp":["192.0.2.7"]}}}`,
}

// TestNoCheckIsSilentAgain holds what was found once.
func TestNoCheckIsSilentAgain(t *testing.T) {
	for _, statements := range silentOnce {
		var d universe.Document
		if err := json.Unmarshal([]byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`), &d); err != nil {
			t.Fatal(err)
		}
		if silent, c, spoken := silence(t, universe.Default(), universe.World{Identity: []universe.Document{d}}); silent != "" || spoken == 0 {
			t.Errorf("%s: %s; the role can make %+v", statements, silent, c.Request)
		}
	}
}

// FuzzNoCheckIsSilent is the same for as long as one likes: each seed is a world of its own.
func FuzzNoCheckIsSilent(f *testing.F) {
	d := universe.Default()
	generator := worldsAbout(d)
	f.Add(1)
	f.Fuzz(func(t *testing.T, seed int) {
		w := generator.Example(seed)
		if silent, c, _ := silence(t, d, w); silent != "" {
			t.Fatalf("%s; the role can make %+v\n%+v", silent, c.Request, w.Policies())
		}
	})
}
