package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// fill makes an ARN of a pattern in the catalogue of actions: of the role's account, with a name that nobody knows.
func fill(template string, ref role.Ref, region string) string {
	var b strings.Builder
	b.Grow(len(template) + 64)
	for {
		before, rest, found := strings.Cut(template, "${")
		b.WriteString(strings.ReplaceAll(before, "*", improbable))
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return b.String()
		}
		switch name {
		case "Partition":
			b.WriteString(ref.Partition)
		case "Region":
			b.WriteString(region)
		case "Account":
			b.WriteString(ref.Account)
		default:
			b.WriteString(improbable)
		}
		template = after
	}
}

// place is what a made-up ARN hangs on, for one role.
type place struct{ template, region string }

// made is an ARN that fill makes, once.
func (j *judge) made(template, region string) string {
	at := place{template, region}
	arn, ok := j.arns[at]
	if !ok {
		arn = fill(template, j.subject.Role.Ref, region)
		j.arns[at] = arn
	}
	return arn
}

// isOfType tells whether an ARN could be one of a type, by the service and by how its last segment begins.
func isOfType(arn string, t actions.ResourceType) bool {
	have, ok := aws.ParseARNPattern(arn)
	if !ok {
		return false
	}
	return slices.ContainsFunc(t.ARNs, func(template string) bool {
		want, ok := aws.ParseARNPattern(template)
		if !ok || have.Service != want.Service {
			return false
		}
		start, _, _ := strings.Cut(want.Resource, "${")
		// A bucket has no slash in its ARN, and an object has one.
		return strings.HasPrefix(have.Resource, start) && (start != "" || strings.Contains(have.Resource, "/") == strings.Contains(want.Resource, "/"))
	})
}

// typesOf are the resource types that an action has to be allowed on together, or else those of which one is enough.
func typesOf(a actions.Action) (together, oneOf []actions.ResourceType) {
	if together = a.Required(); len(together) > 0 {
		return together, nil
	}
	return nil, a.ResourceTypes
}

// anywhere asks for an action on resources that nobody named, in one of the Regions.
func (j *judge) anywhere(a actions.Action, keys map[string]string) answer {
	var best answer
	for _, region := range j.regions {
		at := scope{region, true}
		if best = better(best, j.anywhereIn(a, at, keys)); best.decision == policy.Allowed {
			return best
		}
	}
	return best
}

func (j *judge) anywhereIn(a actions.Action, at scope, keys map[string]string) answer {
	if a.OnlyStar() {
		return j.ask(a.String(), "*", at, keys)
	}
	together, oneOf := typesOf(a)
	var any answer
	for _, t := range oneOf {
		if any = better(any, j.onType(a, t, at, keys)); any.decision == policy.Allowed {
			return any
		}
	}
	for i, t := range together {
		one := j.onType(a, t, at, keys)
		if i > 0 {
			one = both(any, one)
		}
		if any = one; !possible(any) {
			return any
		}
	}
	return any
}

func (j *judge) onType(a actions.Action, t actions.ResourceType, at scope, keys map[string]string) answer {
	var best answer
	for _, template := range t.ARNs {
		if best = better(best, j.ask(a.String(), j.made(template, at.region), at, keys)); best.decision == policy.Allowed {
			return best
		}
	}
	return best
}

func possible(a answer) bool { return mayBe(a.decision) }

// maxSamples bounds how many resources that policies name are asked for.
const maxSamples = 16

// samples are resources that the policies name in statements that allow an action, one for each pattern.
func (j *judge) samples(action string) []string {
	var out []string
	ref := j.subject.Role.Ref
	for _, s := range j.allowing(action) {
		if s.Statement.NotResource {
			continue
		}
		for _, v := range s.Statement.Resources {
			arn, ok := aws.CompleteARNPattern(v.Text)
			if !ok || !aws.IsARN(v.Text) || strings.Contains(v.Text, "${") || strings.Trim(arn.Resource, "*") == "" {
				continue
			}
			arn.Partition, arn.Region, arn.Account = own(arn.Partition, ref.Partition), own(arn.Region, j.regions[0]), own(arn.Account, ref.Account)
			arn.Resource = effective.Sample(arn.Resource)
			if text := arn.String(); !slices.Contains(out, text) && len(out) < maxSamples {
				out = append(out, text)
			}
		}
	}
	return out
}

// own puts what is the role's own in the place of a pattern.
func own(segment, roles string) string {
	if strings.ContainsAny(segment, "*?") {
		return roles
	}
	return segment
}

// mayAllow tells, and cheaply, whether some statement could allow an action on a resource: without one, or something that
// was not read, there is nothing to ask.
func (j *judge) mayAllow(action, resource string) bool {
	if !j.whole {
		return true
	}
	return slices.ContainsFunc(j.allowing(action), func(s policy.StatementRef) bool {
		return s.Statement.NotResource || !s.Statement.HasResource || slices.ContainsFunc(s.Statement.Resources, func(v policy.Value) bool {
			whole, ok := aws.CompleteARNPattern(v.Text)
			return strings.Contains(v.Text, "${") || matches(v.Text, resource) || ok && matches(whole.String(), resource)
		})
	})
}

// allowing are the statements of identity policies that allow an action on something.
func (j *judge) allowing(action string) []policy.StatementRef {
	if list, ok := j.covering[action]; ok {
		return list
	}
	var list []policy.StatementRef
	service, any := j.index()[actions.ServiceOf(action)], j.index()[""]
	if len(service)+len(any) == 0 {
		return nil
	}
	name := action
	action = strings.ToLower(action)
	for _, at := range [][]pattern{service, any} {
		for _, p := range at {
			covered := p.ref.Statement.NotAction && covers(p.ref.Statement, action) || !p.ref.Statement.NotAction && matches(p.text, action)
			if covered && !slices.ContainsFunc(list, p.isSame) {
				list = append(list, p.ref)
			}
		}
	}
	j.covering[name] = list
	return list
}

// pattern is one value of Action, in lower case, and its statement; a statement with NotAction has one without text.
type pattern struct {
	text string
	ref  policy.StatementRef
}

func (p pattern) isSame(s policy.StatementRef) bool {
	return s.Policy == p.ref.Policy && s.Statement.Index == p.ref.Statement.Index
}

// index holds the patterns of the statements that allow, by the service that they name; those that name none are under "".
func (j *judge) index() map[string][]pattern {
	if j.patterns != nil {
		return j.patterns
	}
	j.patterns = map[string][]pattern{}
	for ref := range j.allows() {
		if ref.Statement.NotAction {
			j.patterns[""] = append(j.patterns[""], pattern{ref: ref})
			continue
		}
		for _, v := range ref.Statement.Actions {
			text := strings.ToLower(v.Text)
			service := actions.ServiceOf(text)
			if strings.ContainsAny(service, "*?") {
				service = ""
			}
			j.patterns[service] = append(j.patterns[service], pattern{text, ref})
		}
	}
	return j.patterns
}

// allows goes through the statements of identity policies that allow something.
func (j *judge) allows() func(yield func(policy.StatementRef) bool) {
	return func(yield func(policy.StatementRef) bool) {
		for _, part := range j.e.Set.Identity {
			if part.Document == nil {
				continue
			}
			for i := range part.Document.Statements {
				s := &part.Document.Statements[i]
				if s.Effect == policy.Allow && s.HasAction &&
					!yield(policy.StatementRef{Policy: part.Name, Statement: s, Document: part.Document, Effect: policy.Allow}) {
					return
				}
			}
		}
	}
}

// covers says whether a statement's Action or NotAction covers an action in lower case.
func covers(s *policy.Statement, action string) bool {
	listed := slices.ContainsFunc(s.Actions, func(v policy.Value) bool { return matches(strings.ToLower(v.Text), action) })
	return listed != s.NotAction
}

// matches says whether a pattern with asterisks and question marks covers a text. Its work is bounded by the product of
// their lengths, whatever the pattern.
func matches(pattern, text string) bool {
	p, t, star, resume := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
