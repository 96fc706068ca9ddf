package interpreter_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/internal/interpreter"
	"github.com/rolewatch/rolewatch/function/internal/interpreter/universe"
	"github.com/rolewatch/rolewatch/function/policy"
)

// principals are what policies of resources name; the callers of engineCase are among them and besides them.
var principals = []any{
	"*", map[string]string{"AWS": universe.Account}, map[string]string{"AWS": "arn:aws:iam::" + universe.Account + ":root"},
	map[string]string{"AWS": universe.Role}, map[string]string{"AWS": "arn:aws:sts::" + universe.Account + ":assumed-role/orders/orders-api"},
	map[string]any{"AWS": []string{universe.Account, "arn:aws:iam::" + universe.Account + ":user/ann"}}, map[string]string{"Service": "lambda.amazonaws.com"},
	map[string]string{"AWS": "999999999999"}, map[string]string{"AWS": "arn:aws:iam::999999999999:role/other"},
	map[string]string{"Federated": "arn:aws:iam::" + universe.Account + ":saml-provider/okta"}, nil,
}

var engineCallers = []string{
	universe.Role, "arn:aws:sts::" + universe.Account + ":assumed-role/orders/orders-api", "arn:aws:iam::" + universe.Account + ":user/ann",
	"arn:aws:iam::" + universe.Account + ":root", "arn:aws:iam::999999999999:role/other", "lambda.amazonaws.com", "*",
	"arn:aws:iam::" + universe.Account + ":saml-provider/okta", "arn:aws:sts::" + universe.Account + ":federated-user/guest",
}

// engineCase is a concrete request with the policies that apply to it.
type engineCase struct {
	req      interpreter.Request
	policies interpreter.Policies
}

func (c engineCase) String() string { return fmt.Sprintf("%+v\n%+v", c.req, c.policies) }

func engineCases() *rapid.Generator[engineCase] {
	d := universe.Default()
	return rapid.Custom(func(t *rapid.T) engineCase {
		c := engineCase{policies: d.Worlds().Draw(t, "world").Policies()}
		resourcePolicy := func(label string, deny int) string {
			one := d.Documents(deny).Draw(t, label)
			for i := range one.Statement {
				one.Statement[i].Principal = rapid.SampledFrom(principals).Draw(t, label+" principal")
				if one.Statement[i].Effect == "Deny" && rapid.IntRange(1, 3).Draw(t, label+" not") == 1 {
					one.Statement[i].NotPrincipal, one.Statement[i].Principal = one.Statement[i].Principal, nil
				}
			}
			return one.Text()
		}
		if rapid.IntRange(1, 2).Draw(t, "has resource policy") == 1 {
			c.policies.Resource = resourcePolicy("resource", 3)
		}
		if rapid.IntRange(1, 6).Draw(t, "has session policy") == 1 {
			c.policies.Session = d.Documents(2).Draw(t, "session").Text()
		}
		if rapid.IntRange(1, 6).Draw(t, "has rcp") == 1 {
			c.policies.RCPs = [][]string{{resourcePolicy("rcp", 10)}}
		}
		action := rapid.SampledFrom(d.Actions).Draw(t, "action")
		c.req = interpreter.Request{
			Principal: rapid.SampledFrom(engineCallers).Draw(t, "caller"), Action: action.Name,
			Resource:        rapid.SampledFrom(action.Resources).Draw(t, "on").ARN,
			ResourceAccount: rapid.SampledFrom([]string{"", "", universe.Account, "999999999999"}).Draw(t, "owner"), Keys: map[string][]string{},
		}
		if rapid.Bool().Draw(t, "federated by ann") && c.req.Principal == engineCallers[len(engineCallers)-1] {
			c.req.FederatedBy = "arn:aws:iam::" + universe.Account + ":user/ann"
		}
		for _, k := range d.Keys {
			if values := rapid.SampledFrom(append(slices.Clone(k.Choices), nil)).Draw(t, k.Name); values != nil {
				c.req.Keys[k.Name] = values
			}
		}
		c.policies.RCPServices = rcpServices(action.Name)
		return c
	})
}

// engineVerdict asks package policy.
func engineVerdict(t testing.TB, c engineCase) policy.Decision {
	t.Helper()
	parts := func(kind policy.Kind, texts ...string) (out []policy.Part) {
		for _, text := range texts {
			d, _ := policy.Parse([]byte(text), kind)
			if d == nil {
				t.Fatalf("parse %s", text)
			}
			out = append(out, policy.Part{Name: "p", Document: d})
		}
		return out
	}
	set := policy.Set{Identity: parts(policy.Identity, c.policies.Identity...), Boundaries: parts(policy.Boundary, c.policies.Boundaries...)}
	if c.policies.Resource != "" {
		kind := policy.Resource
		if len(c.req.Action) > 4 && c.req.Action[:4] == "sts:" {
			kind = policy.Trust
		}
		set.Resource = &parts(kind, c.policies.Resource)[0]
	}
	if c.policies.Session != "" {
		set.Session = &parts(policy.Session, c.policies.Session)[0]
	}
	for _, level := range c.policies.SCPs {
		set.SCPs = append(set.SCPs, parts(policy.SCP, level...))
	}
	for _, level := range c.policies.RCPs {
		set.RCPs = append(set.RCPs, parts(policy.RCP, level...))
	}
	req := policy.Request{
		Principal: c.req.Principal, FederatedBy: c.req.FederatedBy, Action: c.req.Action, Resource: c.req.Resource, ResourceAccount: c.req.ResourceAccount,
		Context: policy.Context{Keys: map[string]policy.ContextValue{}},
	}
	for name, values := range c.req.Keys {
		req.Context.Keys[name] = policy.ContextValue{Presence: policy.KeyPresent, Values: values}
	}
	return policy.Evaluate(req, set).Decision
}

// agree reports what both say, and whether they say the same of what both can tell.
func agree(t testing.TB, c engineCase) (allowed bool, decided, same bool) {
	t.Helper()
	i, err := interpreter.New(c.policies)
	if err != nil {
		t.Fatal(err)
	}
	got := engineVerdict(t, c)
	want, err := i.Allowed(c.req)
	if err != nil || got == policy.Unknown {
		return false, false, true
	}
	return want, true, want == (got == policy.Allowed)
}

// TestEngineAgrees holds package policy's evaluation of random concrete requests against this reading of the language.
func TestEngineAgrees(t *testing.T) {
	const cases = 6000
	generator := engineCases()
	wrong, allows, denies := 0, 0, 0
	for seed := range cases {
		c := generator.Example(seed)
		allowed, decided, same := agree(t, c)
		switch {
		case !same:
			if wrong++; wrong <= 5 {
				t.Errorf("seed %d: allowed %t, the engine says otherwise\n%s", seed, allowed, c)
			}
		case decided && allowed:
			allows++
		case decided:
			denies++
		}
	}
	t.Logf("%d cases: %d allowed, %d not, %d disagreements, the rest undefined", cases, allows, denies, wrong)
	if allows*10 < cases || denies*10 < cases || (allows+denies)*10 < cases*8 {
		t.Errorf("of %d cases %d were allowed and %d were not", cases, allows, denies)
	}
}

// FuzzEngineAgrees is the same with a search for the smallest disagreement.
func FuzzEngineAgrees(f *testing.F) {
	generator := engineCases()
	f.Add(1)
	f.Fuzz(func(t *testing.T, seed int) {
		c := generator.Example(seed)
		i, err := interpreter.New(c.policies)
		if err != nil {
			t.Fatal(err)
		}
		want, err := i.Allowed(c.req)
		if got := engineVerdict(t, c); err == nil && got != policy.Unknown && want != (got == policy.Allowed) {
			t.Fatalf("allowed %t, the engine says otherwise\n%s", want, c)
		}
	})
}
