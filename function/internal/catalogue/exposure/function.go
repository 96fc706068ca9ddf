package exposure

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// door is one resource policy of a function.
type door struct {
	function  role.Function
	qualifier string
	part      policy.Part
	gate      *ask.Gate
	// executions is the gate of the version's durable executions, made when it is first asked.
	executions **ask.Gate
}

// arn is the function as a caller names it.
func (d door) arn() string {
	if d.qualifier == "" {
		return d.function.ARN
	}
	return d.function.ARN + ":" + d.qualifier
}

// doorsOf are the resource policies of a function's versions, each once. It reports what is unknown as undecided.
func doorsOf(p *check.Pass, versions []role.Function) (out []door) {
	var unread []string
	for _, f := range versions {
		if f.Config.Policies.State() == role.Unknown {
			if !slices.Contains(unread, f.Config.Policies.Why()) {
				unread = append(unread, f.Config.Policies.Why())
				p.Undecided(f.ARN, f.Config.Policies.Gap("resource policies"))
			}
		}
		for _, one := range slices.Concat(f.Config.Policies.Or(nil), f.Config.SeenPolicies) {
			if slices.ContainsFunc(out, func(d door) bool { return d.qualifier == one.Qualifier }) {
				continue
			}
			d := doorOf(p, f, one)
			if d == nil {
				p.Undecided(f.ARN, role.Gap{What: "resource policies: one is not a policy", SettledBy: role.SettledByGrammar}.InPolicy(role.FunctionPart(f.ARN)))
				continue
			}
			found := *d
			found.function = f
			out = append(out, found)
		}
	}
	return out
}

type doorsKey struct{}

// doorKey is what a door depends on, for one role.
type doorKey struct{ function, qualifier, text string }

// doorOf is the door of a resource policy, which all checks share; nil where it is not a policy.
func doorOf(p *check.Pass, f role.Function, one role.ResourcePolicy) *door {
	known := check.Memo(p.Subject, doorsKey{}, func() map[doorKey]*door { return map[doorKey]*door{} })
	at := doorKey{f.ARN, one.Qualifier, one.Text}
	d, ok := known[at]
	if !ok {
		d = newDoor(p, f, one)
		known[at] = d
	}
	return d
}

func newDoor(p *check.Pass, f role.Function, one role.ResourcePolicy) *door {
	doc, _ := policy.Parse([]byte(one.Text), policy.Resource)
	if doc == nil {
		return nil
	}
	d := door{function: f, qualifier: one.Qualifier}
	d.part = policy.Part{Name: role.FunctionPart(d.arn()).String(), Document: doc}
	d = d.gated(p)
	return &d
}

// gated is the door with the gates of its policy.
func (d door) gated(p *check.Pass) door {
	d.gate, d.executions = d.gateOf(p, d.arn()), new(*ask.Gate)
	return d
}

func (d door) gateOf(p *check.Pass, resource string) *ask.Gate {
	g := ask.NewGate(resource, d.part, nil, effective.BudgetOf(p.Subject))
	g.Now = p.Now
	g.AllowFederatedUsers()
	return g
}

// through is the door as a call of an action goes through it: Lambda authorizes actions on durable executions against the ARN of the
// execution, which the ARN of the function does not match.
func (d door) through(p *check.Pass, action string) door {
	if !onExecutions(action) {
		return d
	}
	if *d.executions == nil {
		*d.executions = d.gateOf(p, d.function.DurableExecution())
	}
	d.gate = *d.executions
	return d
}

// resource is what a call of an action is authorized against.
func (d door) resource(action string) string {
	if onExecutions(action) {
		return d.function.DurableExecution()
	}
	return d.arn()
}

// anonymous is a visit by callers without credentials. They choose the texts of their request, and when they send it. Which type and which
// ID AWS Lambda gives them is not documented. See "Principal key values" in
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func anonymous(p *check.Pass, action string, keys map[string]policy.ContextValue) (who []ask.Visitor, visit ask.Visit) {
	unknown := map[string]policy.ContextValue{"aws:principaltype": {Presence: policy.KeyUnknown}, "aws:userid": {Presence: policy.KeyUnknown}}
	return []ask.Visitor{ask.Outside("*")}, ask.Visit{Action: action, Context: call(around(p), unknown, keys), Chosen: isFreeText}
}

// anonymously asks for a caller without credentials, who may be anywhere.
func (d door) anonymously(p *check.Pass, action string, keys map[string]policy.ContextValue) ask.Passage {
	return d.gate.AskFromAnywhere(anonymous(p, action, keys))
}

// reach is how far a door is open to strangers.
type reach int

const (
	toNobody reach = iota
	// toFitting is to those whose account's ID matches a pattern, toAnyOrganization to any account of any organization, toAnyone to
	// everybody.
	toFitting
	toAnyOrganization
	toAnyone
)

// forStrangers evaluates a stranger, who chooses what a caller can choose, and a caller without credentials.
func (d door) forStrangers(p *check.Pass, action string, keys map[string]policy.ContextValue) (policy.Verdict, reach) {
	others, fitting := strangers(p, d.function.ARN, d.gate)
	visit := ask.Visit{Action: action, Context: call(around(p), keys), Chosen: isFree, Like: map[string]string{"aws:requestedregion": aRegion}}
	a := d.gate.AskFromAnywhere(everybody(d.gate, others, action), visit)
	if a.Decision == policy.Allowed {
		return a.Verdict, toAnyone
	}
	visit.Organizations = d.gate.AnyOrganization()
	if of := d.gate.AskFromAnywhere(everybody(d.gate, others, action), visit); of.Decision == policy.Allowed {
		return of.Verdict, toAnyOrganization
	}
	d.undecided(p, a)
	if a := d.anonymously(p, action, keys); a.Decision == policy.Allowed {
		return a.Verdict, toAnyone
	}
	if a = d.gate.AskFromAnywhere(everybody(d.gate, fitting, action), visit); a.Decision == policy.Allowed {
		return a.Verdict, toFitting
	}
	d.undecided(p, a)
	return policy.Verdict{}, toNobody
}

// directlyForStrangers is forStrangers for calls that do not go through a URL.
func (d door) directlyForStrangers(p *check.Pass, action string) (v policy.Verdict, far reach) {
	for _, keys := range d.directly(action) {
		if v, far = d.forStrangers(p, action, keys); far > toNobody {
			break
		}
	}
	return v, far
}

// undecided says what an unknown answer depends on.
func (d door) undecided(p *check.Pass, a ask.Passage) {
	if a.Decision == policy.Unknown {
		undecidedOnce(p, d.function.ARN, depends(a, func(key string) string { return "whether a condition on " + key + " denies strangers " + d.arn() },
			"resource policies: how AWS evaluates a condition of one")...)
	}
}

// hasURL reports whether a URL of an AuthType leads through the door. It reports what is unknown as undecided.
func (d door) hasURL(p *check.Pass, versions []role.Function, auth string) bool {
	for _, f := range versions {
		if f.Config.URLs.State() == role.Unknown {
			p.Undecided(f.ARN, f.Config.URLs.Gap("function URLs"))
			return false
		}
		if slices.ContainsFunc(f.Config.URLs.Or(nil), func(u role.URL) bool { return u.Qualifier == d.qualifier && u.Auth == auth }) {
			return true
		}
	}
	return false
}

// reaching are the versions that the doors lead to.
func reaching(open []door, versions []role.Function) (out []role.Function) {
	for _, f := range versions {
		if slices.ContainsFunc(open, func(d door) bool { return f.ReachedBy(d.qualifier, role.AllAliases) }) {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return versions
	}
	return out
}

// removeStatements is the command that removes statements from a function's policy, where they have the Sid that it requires.
func removeStatements(summary string, doors []door, refs []policy.StatementRef) check.Fix {
	fix := check.Fix{Summary: summary}
	for _, ref := range effective.Distinct(refs) {
		for _, d := range doors {
			if d.part.Name != ref.Policy || ref.Statement.Sid == "" {
				continue
			}
			words := []string{"--function-name", d.function.ARN, "--statement-id", ref.Statement.Sid}
			if d.qualifier != "" {
				words = append(words, "--qualifier", d.qualifier)
			}
			if fix.Command != "" {
				fix.Command += "\n"
			}
			fix.Command += rewrite.Command("lambda remove-permission", words...)
		}
	}
	return fix
}
