package danger

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// never reports each permission that the settings list as never allowed, if the role has it.
func never(p *check.Pass) {
	j := judgeOf(p.Subject)
	for _, one := range p.Parameters.Never {
		if one.Document == nil {
			p.Undecided(one.Name, role.Gap{What: "the policy in the settings (never) could not be read", SettledBy: "Correct the policy in the settings (never)."})
			continue
		}
		j.neverOne(p, one)
	}
}

func (j *judge) neverOne(p *check.Pass, one check.Never) {
	with := j.narrowed(one.Document)
	without := with
	without.Identity = append(slices.Clip(with.Identity), policy.Part{Name: "never", Document: one.Document})
	c := j.compare(without, with)
	confirmed, hangs := j.confirm(c.Grants, func(step ask.Step) bool {
		r := policy.Request{Principal: j.ARN(), Action: step.Action, Resource: step.Resource, Context: policy.Context{RestUnknown: true}}
		for i := range one.Document.Statements {
			if one.Document.Match(i, r).Applies != policy.False {
				return true
			}
		}
		return false
	})
	if len(confirmed) == 0 {
		if hangs = append(hangs, undecidable(c.Unknown)...); len(hangs) > 0 {
			p.Undecided(one.Name, role.DistinctGaps(hangs)...)
		}
		return
	}
	r := p.Role.Ref
	p.Report(check.Diagnostic{
		Key: one.Name, Functions: p.Role.Users.List,
		Title: r.Name + " has a permission that the settings forbid: " + one.Name,
		Detail: detail(append([]string{"The settings list \"" + one.Name + "\" as never allowed for an execution role. The policies of " + r.Name + " allow " +
			grantTexts(confirmed) + "."}, j.e.Caveats...)...),
		Evidence: j.grantEvidence(confirmed, "It allows what the settings forbid."),
		Fix:      check.Fix{Summary: "Remove the permission from the statement, or deny it in a separate statement. If it is intended, remove \"" + one.Name + "\" from the settings (never)."},
	})
}

// confirmed is a grant whose witness the role itself can make.
type confirmed struct {
	policy.Grant
	asked ask.Step
}

// confirm evaluates each witness with the role as the caller: the comparison of policies takes any caller. What depends on keys
// that no caller chooses is returned separately.
func (j *judge) confirm(grants []policy.Grant, isNew func(ask.Step) bool) (list []confirmed, hangs []role.Gap) {
	for _, g := range grants {
		if g.Inert {
			continue
		}
		resource, action := j.own(g.Witness.Request.Resource, g.Witness), g.Witness.Request.Action
		keys := map[string]string{}
		for key, v := range g.Witness.Request.Context.Keys {
			if len(v.Values) == 1 && ask.IsChosen(key, action) && actions.Carries(action, key) != actions.NotCarried {
				keys[key] = v.Values[0]
			}
		}
		got := j.on(action, resource, keys)
		switch got.Decision {
		case policy.Allowed:
			list = append(list, confirmed{g, got.Steps[len(got.Steps)-1]})
		case policy.Unknown:
			hangs = append(hangs, got.DependsOn...)
		default:
			// Another caller, or another account's resource, made the witness: the role may have one of its own.
			step, ok, why := j.another(g, isNew)
			if ok {
				list = append(list, confirmed{g, step})
			}
			hangs = append(hangs, why...)
		}
	}
	return list, hangs
}

// another looks among a grant's actions, on what no policy names and on what its statement names, for a request that the role itself
// can make and that is new; else it says what that depends on, where it may be able to.
func (j *judge) another(g policy.Grant, isNew func(ask.Step) bool) (step ask.Step, ok bool, dependsOn []role.Gap) {
	names := g.Actions
	if len(names) == 0 {
		names = []string{g.Witness.Request.Action}
	}
	instances := j.InstancesOf(g.Statement)
	for _, name := range names {
		answers := []ask.Answer{j.anywhere(name, nil)}
		for _, on := range instances {
			if j.Spend(nameWeight) && takes(name, on.ARN) {
				answers = append(answers, j.InRegionsOf(on.ARN, func(region string) ask.Answer { return j.On(ask.Question{Action: name, Region: region}, on) }, name))
			}
		}
		for _, got := range answers {
			if !got.Possible() || !isNew(got.Steps[len(got.Steps)-1]) {
				continue
			}
			if got.Allowed() {
				return got.Steps[len(got.Steps)-1], true, nil
			}
			dependsOn = append(dependsOn, got.DependsOn...)
		}
	}
	return ask.Step{}, false, role.DistinctGaps(dependsOn)
}

// own puts the role's account into a witness's resource, where the comparison put an account of its own.
func (j *judge) own(resource string, w policy.Witness) string {
	arn, ok := aws.ParseARNPattern(resource)
	caller, _ := aws.ParseARN(w.Request.Principal)
	if !ok || arn.Account == "" || arn.Account != caller.Account {
		return resource
	}
	for s := range j.Statements() {
		if slices.ContainsFunc(s.Resources, func(v policy.Value) bool {
			named, ok := aws.CompleteARNPattern(v.Text)
			return ok && named.Account == arn.Account
		}) {
			return resource
		}
	}
	arn.Account = j.subject.Role.Ref.Account
	return arn.String()
}

// narrowed leaves of the statements that allow those that bear on some actions, so that there is less to compare.
func (j *judge) narrowed(never *policy.Document) policy.Set {
	set := j.e.Set
	set.Identity = nil
	for _, part := range j.e.Set.Identity {
		if part.Document != nil {
			part = only(part, func(s *policy.Statement) bool {
				return s.Effect == policy.Deny || slices.ContainsFunc(never.Statements, func(n policy.Statement) bool { return mayOverlap(s, &n) })
			})
		}
		set.Identity = append(set.Identity, part)
	}
	return set
}

// mayOverlap says whether two statements may cover an action both; it is sure only of a no.
func mayOverlap(a, b *policy.Statement) bool {
	if a.NotAction || b.NotAction {
		return true
	}
	return slices.ContainsFunc(a.Actions, func(x policy.Value) bool {
		return slices.ContainsFunc(b.Actions, func(y policy.Value) bool { return policy.MayOverlap(strings.ToLower(x.Text), strings.ToLower(y.Text)) })
	})
}

// maxGrants bounds how many grants a finding shows.
const maxGrants = 5

// grantTexts lists grants with what was asked.
func grantTexts(list []confirmed) string {
	var texts []string
	for _, c := range list[:min(len(list), maxGrants)] {
		text := stepText(c.asked)
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	out := strings.Join(texts, "; ")
	if more := len(list) - maxGrants; more > 0 {
		out += "; and " + strconv.Itoa(more) + " more"
	}
	return out
}

// grantEvidence quotes the statements that grant, as the role's policies have them.
func (j *judge) grantEvidence(list []confirmed, why string) []check.Evidence {
	var refs []policy.StatementRef
	for _, c := range list {
		for ref := range j.allows() {
			if ref.Policy == c.Statement.Policy && ref.Statement.Index == c.Statement.Statement.Index {
				refs = append(refs, ref)
			}
		}
	}
	return j.evidence(effective.Distinct(refs), why)
}
