package ask

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Gate is a resource's own policy with the resource control policies above it, asked for those outside of the resource's account.
// What their own accounts allow them is everything: that is theirs to say. It is not safe for concurrent use.
type Gate struct {
	// Resource is the ARN of the resource.
	Resource string
	// Tags are the resource's own.
	Tags role.Maybe[map[string]string]
	// Now is the time of the requests, zero where it is not known.
	Now time.Time

	set    policy.Set
	budget *Budget
	prober *policy.Prober
	// values are what conditions compare each key with, by its name in lower case; spelled is how the policies spell it first.
	values  map[string][]string
	spelled map[string]string
	// conditional is set where a request's keys may bear on the answer at all.
	conditional bool
	name        string
}

// NewGate makes the gate of a resource. The work of its questions is taken out of the budget.
func NewGate(resource string, part policy.Part, rcps [][]policy.Part, budget *Budget) *Gate {
	g := &Gate{Resource: resource, budget: budget, set: policy.Set{Resource: &part, Identity: everything(), RCPs: rcps}}
	for st := range g.statements() {
		g.conditional = g.conditional || len(st.Conditions) > 0 || slices.ContainsFunc(st.Resources, func(v policy.Value) bool { return strings.Contains(v.Text, "${") })
	}
	g.name = names[0]
	if g.conditional {
		g.read()
	}
	return g
}

// read notes what the conditions ask for.
func (g *Gate) read() {
	g.values, g.spelled = map[string][]string{}, map[string]string{}
	var all []string
	for st := range g.statements() {
		for _, c := range st.Conditions {
			key := strings.ToLower(c.Key)
			if _, ok := g.spelled[key]; !ok {
				g.spelled[key] = c.Key
			}
			for _, v := range c.Values {
				g.values[key], all = append(g.values[key], v.Text), append(all, v.Text)
			}
		}
	}
	g.name = freeName(slices.DeleteFunc(all, func(text string) bool { return strings.Trim(text, "*?") == "" }))
}

// everything is what the policies of those outside allow them.
var everything = sync.OnceValue(func() []policy.Part {
	doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), policy.Identity)
	if err != nil {
		panic(err) // The text is a constant.
	}
	return []policy.Part{{Name: delegation, Document: doc}}
})

// AllowFederatedUsers has it that the session policies of federated users allow them everything, too. Without it they are allowed
// nothing: they cannot call AWS STS, for example. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html
func (g *Gate) AllowFederatedUsers() { g.set.Session = &everything()[0] }

// Document is the resource's own policy.
func (g *Gate) Document() *policy.Document { return g.set.Resource.Document }

// Policy is the name of the resource's own policy.
func (g *Gate) Policy() string { return g.set.Resource.Name }

// Evaluate gives the verdict on one request.
func (g *Gate) Evaluate(r policy.Request) policy.Verdict { return policy.Evaluate(r, g.set) }

// Name is a name that no condition compares with, and no pattern of a condition covers but those of all names.
func (g *Gate) Name() string { return g.name }

// Values are what conditions compare a key, in lower case, with.
func (g *Gate) Values(key string) []string { return g.values[key] }

// Mentioned are the keys of conditions, by their names in lower case, with how the policies spell them.
func (g *Gate) Mentioned() map[string]string { return g.spelled }

// IsConditional reports whether the answer may depend on what a request carries.
func (g *Gate) IsConditional() bool { return g.conditional }

// NamesEverybody reports whether a statement of the resource's own policy allows everybody something. Without one nobody is allowed
// anything whom it does not name.
func (g *Gate) NamesEverybody() bool {
	return slices.ContainsFunc(g.Document().Statements, func(st policy.Statement) bool {
		return st.Effect == policy.Allow && slices.ContainsFunc(st.Principals, func(one policy.Principal) bool { return one.Text == "*" })
	})
}

// Alone is the gate with one of the Allow statements of the resource's own policy, and with all that denies.
func (g *Gate) Alone(index int) *Gate {
	own := *g.set.Resource
	doc := *own.Document
	doc.Statements = slices.DeleteFunc(slices.Clone(doc.Statements), func(st policy.Statement) bool {
		return st.Effect == policy.Allow && st.Index != index
	})
	own.Document = &doc
	one := NewGate(g.Resource, own, g.set.RCPs, g.budget)
	one.Tags, one.Now, one.name, one.set.Session = g.Tags, g.Now, g.name, g.set.Session
	return one
}

// statements are all that bear on a request.
func (g *Gate) statements() func(yield func(*policy.Statement) bool) {
	return func(yield func(*policy.Statement) bool) {
		for _, list := range append([][]policy.Part{{*g.set.Resource}}, g.set.RCPs...) {
			for _, part := range list {
				if part.Document == nil {
					continue
				}
				for i := range part.Document.Statements {
					if !yield(&part.Document.Statements[i]) {
						return
					}
				}
			}
		}
	}
}

// bearing are the condition keys that bear on an action, in lower case.
func (g *Gate) bearing(action string) []string {
	if p := g.asked(); p != nil {
		return p.Keys(action)
	}
	return nil
}

// asked is the prober, made when it is first needed; nil where the set is not valid, and for a gate that no key bears on.
func (g *Gate) asked() *policy.Prober {
	if g.prober == nil && g.conditional {
		if p, err := policy.NewProber(g.set, g.budget.search, g.budget.evaluations); err == nil {
			g.prober = p
		}
	}
	return g.prober
}

// partition is that of the resource.
func (g *Gate) partition() string { return aws.PartitionOfARN(g.Resource) }
