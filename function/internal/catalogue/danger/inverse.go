package danger

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// allowNotAction and allowNotResource fire for each statement that allows everything but what it lists, where something
// of it is left by denies, boundary and organization.
func allowNotAction(p *check.Pass) {
	j := judgeOf(p.Subject)
	j.inverse(p, func(s *policy.Statement) bool { return s.NotAction }, func(ref policy.StatementRef, named bool) check.Diagnostic {
		d := check.Diagnostic{
			Title: p.Role.Ref.Name + " may do everything that " + statementName(ref) + " does not list",
			Detail: "The statement allows every action but those in NotAction, those that AWS adds tomorrow included; and what it leaves out may be allowed " +
				"by another statement: leaving out is no deny.",
			Evidence: j.evidence([]policy.StatementRef{ref}, "It allows by NotAction."),
			Fix:      check.Fix{Summary: "List in Action what the functions need, in the place of NotAction. What must never be, say in a statement that denies."},
		}
		if named {
			d.Severity = check.Medium
		}
		return d
	})
}

func allowNotResource(p *check.Pass) {
	j := judgeOf(p.Subject)
	j.inverse(p, func(s *policy.Statement) bool { return s.NotResource }, func(ref policy.StatementRef, _ bool) check.Diagnostic {
		return check.Diagnostic{
			Title: p.Role.Ref.Name + " may act on every resource that " + statementName(ref) + " does not list",
			Detail: "The statement allows its actions on every resource but those in NotResource, those that are made tomorrow included; and what it leaves out " +
				"may be allowed by another statement: leaving out is no deny.",
			Evidence: j.evidence([]policy.StatementRef{ref}, "It allows by NotResource."),
			Fix:      check.Fix{Summary: "List in Resource what the functions need, in the place of NotResource. What must never be, say in a statement that denies."},
		}
	})
}

func statementName(ref policy.StatementRef) string {
	if ref.Statement.Sid != "" {
		return "statement " + ref.Statement.Sid + " of " + ref.Policy
	}
	return "statement " + strconv.Itoa(ref.Statement.Index) + " of " + ref.Policy
}

func (j *judge) inverse(p *check.Pass, is func(*policy.Statement) bool, diagnostic func(policy.StatementRef, bool) check.Diagnostic) {
	for ref := range j.allows() {
		if !is(ref.Statement) {
			continue
		}
		key := statementKey(ref)
		switch got := j.effect(ref); got.decision {
		case policy.Allowed:
			d := diagnostic(ref, got.named)
			d.Key, d.Functions = key, p.Role.Users.List
			d.Detail = detail(append([]string{d.Detail}, j.e.Caveats...)...)
			p.Report(d)
		case policy.Unknown:
			p.Undecided(key, got.hangs...)
		}
	}
	j.undecidedIfUnread(p)
}

// effect asks whether anything is allowed that a statement allows. It tries requests that are likely first, and where none
// is allowed asks for any at all.
func (j *judge) effect(ref policy.StatementRef) answer {
	var best answer
	for _, name := range typicalActions(ref.Statement) {
		a, _ := actions.Lookup(name)
		for _, one := range j.typicalRequests(ref, a) {
			got := j.inRegions(func(at scope) answer {
				at.unnamed = !one.named
				return j.ask(name, strings.ReplaceAll(one.arn, "${Region}", at.region), at, nil)
			})
			got.named = one.named
			if got.decision == policy.Allowed && !slices.ContainsFunc(got.statements, func(s policy.StatementRef) bool { return s.Statement == ref.Statement }) {
				continue
			}
			if best = better(best, got); best.decision == policy.Allowed {
				return best
			}
		}
	}
	if best.decision == policy.Unknown {
		return best
	}
	return j.anyEffect(ref)
}

// typicalActions are one action for each service that a statement covers, or some of the few that it lists.
func typicalActions(s *policy.Statement) []string {
	if !s.NotAction {
		var names []string
		for _, v := range s.Actions {
			for name := range each(v.Text) {
				if names = append(names, name); len(names) > maxTypical {
					return names
				}
			}
		}
		return names
	}
	last := ""
	return slices.DeleteFunc(slices.Clone(typicalOfAll()), func(name string) bool {
		if actions.ServiceOf(name) == last || !covers(s, strings.ToLower(name)) {
			return true
		}
		last = actions.ServiceOf(name)
		return false
	})
}

const maxTypical = 60

// typicalOfAll are the actions of services that policies are mostly about, and then all others.
func typicalOfAll() []string {
	first := []string{"s3:GetObject", "dynamodb:GetItem", "logs:PutLogEvents", "sqs:SendMessage", "lambda:InvokeFunction", "ec2:RunInstances"}
	return slices.Concat(first, actions.Names())
}

func (j *judge) typicalRequests(ref policy.StatementRef, a actions.Action) []resource {
	var out []resource
	for _, t := range a.ResourceTypes {
		for _, template := range t.ARNs {
			out = append(out, resource{arn: fill(template, j.subject.Role.Ref, "${Region}")})
		}
		for _, sample := range j.samples(a.String()) {
			if !ref.Statement.NotResource && isOfType(sample, t) {
				out = append(out, resource{sample, true})
			}
		}
	}
	if a.OnlyStar() {
		out = append(out, resource{arn: "*"})
	}
	return out
}

// anyEffect compares the role's policies, with this statement as the only one that allows, with none that allows.
func (j *judge) anyEffect(ref policy.StatementRef) answer {
	without := j.e.Set
	without.Identity = nil
	with := without
	for _, part := range j.e.Set.Identity {
		if part.Document == nil {
			with.Identity = append(with.Identity, part)
			continue
		}
		kept := only(part, func(s *policy.Statement) bool { return s.Effect == policy.Deny || s == ref.Statement })
		with.Identity = append(with.Identity, kept)
	}
	c := effective.Compare(without, with)
	switch {
	case slices.ContainsFunc(c.Grants, isReal):
		return answer{decision: policy.Allowed, named: true}
	case len(c.Unknown) > 0:
		return answer{decision: policy.Unknown, hangs: undecidable(c.Unknown)}
	}
	return answer{}
}

// isReal leaves out grants whose action takes nothing of the form of the witness's resource.
func isReal(g policy.Grant) bool {
	a, known := actions.Lookup(g.Witness.Request.Action)
	if g.Inert || !known {
		return !g.Inert
	}
	resource := g.Witness.Request.Resource
	return a.OnlyStar() && resource == "*" || slices.ContainsFunc(a.ResourceTypes, func(t actions.ResourceType) bool { return isOfType(resource, t) })
}

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
func undecidable(all []policy.Undecidable) []string {
	var out []string
	for _, u := range all {
		text := u.Action
		if u.Resource != "" {
			text += " on " + u.Resource
		}
		text += ": " + u.Why
		if len(u.Keys)+len(u.Unread) > 0 {
			text += " (" + strings.Join(slices.Concat(u.Keys, u.Unread), ", ") + ")"
		}
		if out = append(out, text); len(out) == maxUndecided {
			break
		}
	}
	return distinct(out)
}
