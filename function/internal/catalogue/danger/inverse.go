package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// allowNotAction and allowNotResource report each statement that allows everything except what it lists, if Deny statements,
// boundary and organization leave something of it.
func allowNotAction(p *check.Pass) {
	j := judgeOf(p.Subject)
	j.inverse(p, func(s *policy.Statement) bool { return s.NotAction }, j.allButListed, func(ref policy.StatementRef, got ask.Answer) check.Diagnostic {
		d := check.Diagnostic{
			Title: p.Role.Ref.Name + " can perform every action that the NotAction of " + role.NameOf(ref).InWords() + " does not list",
			Detail: "The statement allows every action except those in NotAction, and every action that AWS adds later. It does not deny the actions in NotAction: " +
				"another statement can allow them.",
			Evidence: j.evidence([]policy.StatementRef{ref}, "It allows every action that NotAction does not list."),
			Fix:      check.Fix{Summary: "Replace NotAction with Action, and list the actions that the functions need. Forbid actions with a Deny statement."},
		}
		if got.Named() {
			d.Severity = check.Medium
		}
		return d
	})
}

func allowNotResource(p *check.Pass) {
	j := judgeOf(p.Subject)
	j.inverse(p, func(s *policy.Statement) bool { return s.NotResource }, j.anyResource, func(ref policy.StatementRef, _ ask.Answer) check.Diagnostic {
		return check.Diagnostic{
			Title: p.Role.Ref.Name + " can act on every resource that the NotResource of " + role.NameOf(ref).InWords() + " does not list",
			Detail: "The statement allows its actions on every resource except those in NotResource, and on every resource that is created later. It does not deny them on " +
				"the resources in NotResource: another statement can allow them.",
			Evidence: j.evidence([]policy.StatementRef{ref}, "It allows its actions on every resource that NotResource does not list."),
			Fix:      check.Fix{Summary: "Replace NotResource with Resource, and list the resources that the functions need. Forbid resources with a Deny statement."},
		}
	})
}

// anyResource evaluates the statement's actions on resources that no policy names.
func (j *judge) anyResource(ref policy.StatementRef) ask.Answer {
	if slices.ContainsFunc(ref.Statement.Resources, func(v policy.Value) bool { return strings.Trim(v.Text, "*") == "" }) {
		return ask.Answer{} // It leaves every resource out.
	}
	return j.effect(ref, false)
}

// inverse judges each statement of a sort by what is left of it, within what limits it.
func (j *judge) inverse(p *check.Pass, is func(*policy.Statement) bool, left func(policy.StatementRef) ask.Answer, diagnostic func(policy.StatementRef, ask.Answer) check.Diagnostic) {
	for ref := range j.allows() {
		if !is(ref.Statement) {
			continue
		}
		key, byPlace := statementKey(ref)
		switch got := left(ref); got.Decision {
		case policy.Allowed:
			d := diagnostic(ref, got)
			d.Key, d.ByPlace, d.Functions = key, byPlace, p.Role.Users.List
			d.Detail = detail(append([]string{d.Detail}, j.e.Caveats...)...)
			qualify(&d, p.Check().Severity, got)
			p.Report(d)
		case policy.Unknown:
			p.Undecided(keyUnlessByPlace(key, byPlace), got.DependsOn...)
		}
	}
	j.undecidedIfUnread(p)
}

// allButListed asks for an action that AWS does not document, of the service of each resource that the statement names: only
// where that is allowed does the statement allow everything but what it lists.
func (j *judge) allButListed(ref policy.StatementRef) ask.Answer {
	var best ask.Answer
	try := func(action string, on ask.Resource) bool {
		got := j.InRegionsOf(on.ARN, func(region string) ask.Answer {
			at := on
			if at.ARN == "" {
				at.ARN = j.madeUp(actions.ServiceOf(action), region)
			}
			return j.On(ask.Question{Action: action, Region: region, Unnamed: !on.Named}, at)
		}, action)
		if got.Allowed() && !grants(got, ref) {
			return false
		}
		best = ask.Better(best, got)
		return best.IsBest()
	}
	if try(undocumented, ask.Resource{}) {
		return best
	}
	for _, on := range slices.Concat(j.InstancesOf(ref), j.Instances(undocumented)) {
		if arn, ok := aws.ParseARNPattern(on.ARN); ok && try(arn.Service+":RolewatchProbe", on) {
			break
		}
	}
	return best
}

// grants reports whether a statement is among those that allow an answer.
func grants(a ask.Answer, ref policy.StatementRef) bool {
	return slices.ContainsFunc(a.Statements(), func(s policy.StatementRef) bool { return s.Statement == ref.Statement })
}

// nameWeight is about how many steps it takes to look an action up, and to see whether it takes a resource.
const nameWeight = 15

// effect asks whether anything is allowed that a statement allows: each of its actions, on what no policy names and on what the
// statement names, until one is.
func (j *judge) effect(ref policy.StatementRef, named bool) ask.Answer {
	var best ask.Answer
	var instances []ask.Resource
	if named {
		instances = j.InstancesOf(ref)
	}
	for name := range j.coveredBy(ref.Statement) {
		if !j.Spend(nameWeight) {
			break
		}
		if j.IsHopeless(name) {
			continue
		}
		best = ask.Better(best, j.grantedBy(ref, j.anywhereOrAny(name)))
		if best.Allowed() {
			return best
		}
		for _, on := range instances {
			if !j.Spend(nameWeight) || !takes(name, on.ARN) {
				continue
			}
			got := j.InRegionsOf(on.ARN, func(region string) ask.Answer { return j.On(ask.Question{Action: name, Region: region, Via: true}, on) }, name)
			if best = ask.Better(best, j.grantedBy(ref, got)); best.Allowed() {
				return best
			}
		}
	}
	return best
}

// grantedBy is the answer, unless it allows and the statement is not among the reasons.
func (j *judge) grantedBy(ref policy.StatementRef, a ask.Answer) ask.Answer {
	if a.Allowed() && !grants(a, ref) {
		return ask.Answer{}
	}
	return a
}

// anywhereOrAny asks for an action anywhere, and for one that AWS does not document on no resource in particular.
func (j *judge) anywhereOrAny(name string) ask.Answer {
	if a, ok := actions.Lookup(name); ok {
		return j.AnywhereVia(a)
	}
	return j.on(name, "*", nil)
}

// takes reports whether an action acts on resources of the ARN's form, as far as AWS documents it.
func takes(action, arn string) bool {
	a, ok := actions.Lookup(action)
	return !ok || slices.ContainsFunc(a.ResourceTypes, func(t actions.ResourceType) bool { return ask.IsOfType(arn, t) })
}

// coveredBy are the actions that a statement covers: those that policies are mostly about first, and those that AWS does not
// document as they are spelled.
func (j *judge) coveredBy(s *policy.Statement) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if s.NotAction {
			left := j.exempt(s)
			for _, names := range [][]string{usual, actions.Names()} {
				for _, name := range names {
					if !left[name] && !yield(name) {
						return
					}
				}
			}
			return
		}
		for _, v := range s.Actions {
			found := false
			for name := range j.each(v.Text) {
				if found = true; !yield(name) {
					return
				}
			}
			if !found && strings.Contains(v.Text, ":") && !strings.ContainsAny(v.Text, "*?") && !yield(v.Text) {
				return
			}
		}
	}
}

// exempt are the actions that a statement's NotAction lists.
func (j *judge) exempt(s *policy.Statement) map[string]bool {
	left := map[string]bool{}
	for _, v := range s.Actions {
		for name := range j.each(v.Text) {
			left[name] = true
		}
	}
	return left
}

// usual are actions that policies are mostly about.
var usual = []string{"s3:GetObject", "dynamodb:GetItem", "logs:PutLogEvents", "sqs:SendMessage", "lambda:InvokeFunction", "ec2:RunInstances"}

// only is a policy with some of its statements.
func only(part policy.Part, keep func(*policy.Statement) bool) policy.Part {
	doc := &policy.Document{Kind: part.Document.Kind, Version: part.Document.Version}
	for i := range part.Document.Statements {
		if s := &part.Document.Statements[i]; keep(s) {
			doc.Statements = append(doc.Statements, *s)
		}
	}
	return policy.Part{Name: part.Name, Document: doc}
}

// undecidable says in words what a comparison could not decide.
func undecidable(all []policy.Undecidable) []role.Gap {
	var out []role.Gap
	for _, u := range all[:min(len(all), maxUndecided)] {
		text := u.Action
		if u.Resource != "" {
			text += " on " + u.Resource
		}
		text += ": " + u.Why
		if len(u.Keys)+len(u.Unread) > 0 {
			text += " (" + strings.Join(slices.Concat(u.Keys, u.Unread), ", ") + ")"
		}
		out = append(out, role.Gap{What: text, SettledBy: role.ComparisonSettledBy(u)}.In(u.Statement))
	}
	return role.DistinctGaps(out)
}
