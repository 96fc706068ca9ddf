package scan_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/policy"
)

// account has roles, of which functions use some.
type account struct {
	roles []role.Snapshot
	used  map[string]role.Function
	// denied says why not every function is known.
	denied string
	// broken is the key of a role that cannot be read, and the scan ends with it.
	broken string
	// unlisted is set where the roles cannot be listed.
	unlisted bool
}

func (a account) Regions() []string { return []string{"us-east-1"} }

func (a account) FunctionPage(context.Context, string, string) ([]role.Function, string, error) {
	var out []role.Function
	for _, f := range a.used {
		out = append(out, f)
	}
	if a.denied != "" {
		return nil, "", role.ErrUnread
	}
	return out, "", nil
}

func (a account) RolePage(context.Context, string) ([]role.Snapshot, string, error) {
	if a.unlisted {
		return nil, "", role.ErrUnread
	}
	return a.roles, "", nil
}

func (a account) Role(_ context.Context, ref role.Ref) (role.Snapshot, error) {
	if ref.Key() == a.broken {
		return role.Snapshot{}, errors.New("broken")
	}
	return role.Snapshot{Ref: ref, Identity: role.None[role.Identity]()}, nil
}

func (a account) Providers(context.Context, string) (role.Providers, error) {
	return role.Providers{Complete: true}, nil
}

func (a account) Users(key string) role.Users {
	users := role.Users{Complete: a.denied == "", Why: a.denied}
	if f, ok := a.used[key]; ok {
		users.List = []role.Function{f}
	}
	return users
}

func (a account) Missing() []role.Gap {
	if a.denied == "" {
		return nil
	}
	return []role.Gap{{What: a.denied}}
}

func ref(name string) role.Ref {
	return role.Ref{Partition: "aws", Account: "111122223333", Name: name}
}

func named(name string, trust role.Maybe[role.Policy]) role.Snapshot {
	return role.Snapshot{Ref: ref(name), Identity: role.Have(role.Identity{ARN: ref(name).Key()}), Trust: trust}
}

func trusting(service string) role.Maybe[role.Policy] {
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
	return role.Have(role.NewPolicy("trust", text, policy.Trust))
}

// run scans with one check, which finds every role that is judged.
func run(t *testing.T, a account) (scan.Result, []string) {
	t.Helper()
	any := &check.Check{ID: "RW301", Severity: check.High, Run: func(p *check.Pass) { p.Report(check.Diagnostic{}) }}
	result, err := scan.Run(t.Context(), a, scan.Options{
		Rules: inforce.New([]*check.Check{any}, inforce.Rules{}), Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Progress: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	var judged []string
	for _, f := range result.Findings {
		judged = append(judged, f.Role[len("arn:aws:iam::111122223333:role/"):])
	}
	return result, judged
}

// unknowns are the lines of what is not known, with the number of roles.
func unknowns(r scan.Result) (out []string) {
	for _, u := range r.Unknowns {
		out = append(out, fmt.Sprintf("%s %d %v", u.Missing, u.Roles, u.Checks))
	}
	return out
}

// TestARoleThatMayBeInScopeIsUnknown has roles whose trust policies are known, denied, left out and no JSON, used and unused.
func TestARoleThatMayBeInScopeIsUnknown(t *testing.T) {
	denied, garbled := role.NotRead[role.Policy](role.Denied("iam:GetRole")), role.Have(role.NewPolicy("trust", "oops", policy.Trust))
	a := account{
		roles: []role.Snapshot{
			named("lambda", trusting("lambda.amazonaws.com")), named("ec2", trusting("ec2.amazonaws.com")), named("ghost", denied),
			named("another", denied), named("used", denied), named("bare", role.None[role.Policy]()),
			named("omitted", role.Have(role.Policy{Part: "trust", Text: role.NotRead[string](role.Because("the export lacks it"))})),
			named("garbled", garbled),
		},
		used: map[string]role.Function{ref("used").Key(): {ARN: "arn:aws:lambda:us-east-1:111122223333:function:f", Role: ref("used").Key()}},
	}
	result, judged := run(t, a)
	if want := []string{"lambda", "used"}; !slices.Equal(judged, want) || result.Tally.Roles != 2 {
		t.Errorf("judged %q, want %q; tally %+v", judged, want, result.Tally)
	}
	want := []string{
		"whether the role is in scope: trust policy: iam:GetRole was denied 2 []",
		"whether the role is in scope: trust policy: " + garbled.Or(role.Policy{}).Fault.Error() + " 1 []",
		"whether the role is in scope: trust policy: the export lacks it 1 []",
	}
	if got := unknowns(result); !slices.Equal(got, want) || result.Tally.Unknown != len(want) {
		t.Errorf("not known: %q, want %q; tally %+v", got, want, result.Tally)
	}
}

func TestWithoutAllFunctionsARoleThatDoesNotAllowLambdaIsUnknown(t *testing.T) {
	why := "functions: lambda:ListFunctions was denied in us-east-1"
	a := account{denied: why, roles: []role.Snapshot{named("ec2", trusting("ec2.amazonaws.com")), named("lambda", trusting("lambda.amazonaws.com"))}}
	result, judged := run(t, a)
	want := []string{why + " 0 []", "whether the role is in scope: " + why + " 1 []"}
	if got := unknowns(result); !slices.Equal(got, want) || !slices.Equal(judged, []string{"lambda"}) {
		t.Errorf("not known: %q, want %q; judged %q", got, want, judged)
	}
}

// TestRolesThatAreMissing has more functions with roles that do not exist than are read together.
func TestRolesThatAreMissing(t *testing.T) {
	a := account{roles: []role.Snapshot{named("role-0007", trusting("lambda.amazonaws.com"))}, used: map[string]role.Function{}}
	var keys []string
	for i := range 250 {
		key := ref(fmt.Sprintf("role-%04d-gone", i)).Key()
		if i == 7 {
			key = ref("rolf-0007").Key()
		}
		keys = append(keys, key)
		a.used[key] = role.Function{ARN: fmt.Sprintf("arn:aws:lambda:us-east-1:111122223333:function:f%d", i), Role: key}
	}
	slices.Sort(keys)
	similar := map[string][]string{}
	missing := &check.Check{ID: "RW101", Severity: check.High, Run: func(p *check.Pass) { p.Report(check.Diagnostic{Detail: fmt.Sprint(p.Role.Similar)}) }}
	for broken, want := range map[string]int{"": len(keys) + 1, keys[130]: 131, keys[0]: 1} {
		a.broken = broken
		result, err := scan.Run(t.Context(), a, scan.Options{
			Rules: inforce.New([]*check.Check{missing}, inforce.Rules{}), Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Progress: func(string) {},
		})
		if (err != nil) != (broken != "") || result.Tally.Roles != want {
			t.Errorf("%q is broken: %d roles, want %d, %v", broken, result.Tally.Roles, want, err)
		}
		for _, f := range result.Findings {
			similar[f.Detail] = append(similar[f.Detail], f.Role)
		}
	}
	if got := similar["[arn:aws:iam::111122223333:role/role-0007]"]; len(got) != 1 || got[0] != ref("rolf-0007").Key() {
		t.Errorf("similar names: %v", similar)
	}
}
