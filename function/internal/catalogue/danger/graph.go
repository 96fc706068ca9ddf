package danger

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Graph asks for the graph of an account what its roles and users may do to each other. It asks what the checks of this package ask, on
// the account's own roles, users and functions. It is safe for concurrent use.
type Graph struct {
	Now        time.Time
	Parameters check.Parameters
	// memory is what is known of policies from graphs before.
	memory *memory
}

// judge asks for one node.
func (g Graph) judge(n *reach.Node) *judge {
	return judgeOf(&check.Subject{Role: n.Snapshot, Now: g.Now, Parameters: g.Parameters})
}

// hopServices are the services of which an action can be a step to another role or user.
var hopServices = []string{"iam", "sts", "lambda"}

// May reports whether a statement of the node's policies may allow a step, or a trust policy names the node.
func (g Graph) May(n *reach.Node, a *reach.Account) bool {
	return mayHopAny(n) || a.IsNamed(principalsOf(n)...)
}

// mayHopAny reports whether a statement of the node's policies may allow a step.
func mayHopAny(n *reach.Node) bool {
	for _, list := range [][]role.Policy{n.Inline.Or(nil), n.Attached.Or(nil), n.Seen} {
		for i := range list {
			if mayHop(list[i].Document) {
				return true
			}
			if name, ok := effective.AdministratorPolicy(list[i].ARN); ok && name != "" {
				return true
			}
		}
	}
	return false
}

func mayHop(d *policy.Document) bool {
	if d == nil {
		return false
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != policy.Allow {
			continue
		}
		if s.NotAction {
			return true
		}
		for k := range s.Actions {
			service, name, _ := strings.Cut(s.Actions[k].Text, ":")
			switch {
			case strings.ContainsAny(service, "*?"):
				return true
			case strings.EqualFold(service, "lambda"):
				if isChange(name) {
					return true
				}
			case slices.ContainsFunc(hopServices, func(one string) bool { return strings.EqualFold(one, service) }):
				return true
			}
		}
	}
	return false
}

// isChange reports whether the name of an action of Lambda, which may be a pattern, covers one that changes a function.
func isChange(name string) bool {
	for _, p := range functionPaths() {
		_, own, _ := strings.Cut(p.ways[0][0].action, ":")
		if ask.Matches(strings.ToLower(name), strings.ToLower(own)) {
			return true
		}
	}
	return false
}

// principalsOf are the texts by which a trust policy names a node.
func principalsOf(n *reach.Node) []string {
	if n.IsUser {
		return []string{n.ARN()}
	}
	r := n.Ref
	return []string{n.ARN(), r.Key(), aws.SessionARN(r.Partition, r.Account, r.Name, "rolewatch").String()}
}

// Standing is how much power a node has.
func (g Graph) Standing(n *reach.Node) reach.Standing {
	return g.remembered(n, func() reach.Standing { return g.judge(n).standing() })
}

// remembered asks once for all nodes that have the same policies, where none has a condition or a variable.
func (g Graph) remembered(n *reach.Node, ask func() reach.Standing) reach.Standing {
	key, ok := g.memory.policiesKey(n.Snapshot)
	if !ok {
		return ask()
	}
	if known, seen := g.memory.standings.Load(key); seen {
		return known.(reach.Standing)
	}
	s := ask()
	g.memory.standings.Store(key, s)
	g.memory.count.Add(1)
	return s
}

// policiesKey tells the policies of nodes apart by their texts; false where what they mean depends on who has them, or is not known.
func (m *memory) policiesKey(r *role.Snapshot) (string, bool) {
	if m == nil {
		return "", false
	}
	var key strings.Builder
	boundary, bounded := r.Boundary.Get()
	if r.Boundary.State() == role.Unknown || r.Inline.State() == role.Absent || r.Attached.State() == role.Absent {
		return "", false
	}
	for _, list := range []role.Maybe[[]role.Policy]{r.Inline, r.Attached} {
		if list.State() == role.Unknown {
			key.WriteString(" " + list.Why() + ";") // What depends on it says so.
		}
	}
	list := slices.Concat(r.Inline.Or(nil), r.Attached.Or(nil), r.Seen)
	if bounded {
		list = append(list, boundary)
	}
	for i := range list {
		if !isPlain(list[i].Document) {
			return "", false
		}
		key.WriteString(list[i].Hash())
	}
	if bounded {
		key.WriteString(" bounded")
	}
	if r.SCPs.State() == role.Unknown {
		key.WriteString(" no SCPs read")
	}
	for _, level := range r.SCPs.Or(nil) {
		for _, part := range level {
			if !isPlain(part.Document) {
				return "", false
			}
			key.WriteString(" " + part.Name + m.hash(part.Document))
		}
	}
	return key.String(), true
}

// isPlain reports whether a policy has neither a condition nor a variable.
func isPlain(d *policy.Document) bool {
	return d != nil && !slices.ContainsFunc(d.Statements, func(s policy.Statement) bool {
		return len(s.Conditions) > 0 || slices.ContainsFunc(s.Resources, func(v policy.Value) bool { return strings.Contains(v.Text, "${") })
	})
}

// everything allows everything.
var everything = sync.OnceValue(func() role.Policy {
	return role.NewPolicy(role.InlinePart("everything"), `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, policy.Identity)
})

// Anything is a role or user whose policies allow everything, within its boundary and the organization.
func (g Graph) Anything(r *role.Snapshot) *role.Snapshot {
	out := *r
	out.Inline = role.Have([]role.Policy{everything()})
	out.Attached, out.Seen = role.Have([]role.Policy(nil)), nil
	return &out
}

// More gives those of some requests that a node may not make.
func (g Graph) More(than *reach.Node, strong []ask.Step) []ask.Step {
	j := g.judge(than)
	return slices.DeleteFunc(slices.Clone(strong), func(s ask.Step) bool { return j.on(s.Action, s.Resource, nil).Possible() })
}

// classes are what answers on resources that nobody named make of a role, the gravest first.
var classes = []struct {
	group group
	power reach.Power
	does  string
}{
	{permissions, reach.Permissions, "may change the permissions of any resource"},
	{credentials, reach.Credentials, "may get credentials of any resource"},
	{data, reach.Data, "may read data of any resource"},
}

// standing asks how much power the role has, by what the checks of administrators, permissions, credentials and data ask.
func (j *judge) standing() reach.Standing {
	o := j.opening()
	if o.admin.Allowed() {
		s := reach.Standing{Power: reach.Administrator, Why: o.admin.Statements(), Does: "is an administrator"}
		if len(o.admin.guards.List()) > 0 {
			s.Power, s.Does = reach.Guarded, "is an administrator, but for "+list(o.admin.lost)
		}
		return s
	}
	if missing := j.unread(); len(missing) > 0 {
		return reach.Standing{DependsOn: role.DistinctGaps(missing)}
	}
	if o.admin.Decision == policy.Unknown {
		return reach.Standing{DependsOn: o.admin.DependsOn}
	}
	for _, c := range classes {
		for _, a := range o.answers {
			if a.group == c.group && a.Allowed() && len(a.Needs()) == 0 {
				return reach.Standing{Power: c.power, Why: a.Statements(), Does: c.does + ", by " + a.name}
			}
		}
	}
	return reach.Standing{Power: reach.Ordinary, Does: "has no more than what its policies name", Strong: j.strong()}
}

// strong are permissions to change permissions or to get credentials of what policies name.
func (j *judge) strong() []ask.Step {
	var out []ask.Step
	seen := map[string]bool{}
	for ref := range j.allows() {
		for _, pattern := range patternsOf(ref.Statement) {
			for name := range j.each(pattern) {
				a, ok := actions.Lookup(name)
				if g := groupOf(a); !ok || seen[name] || g != permissions && g != credentials {
					continue
				}
				seen[name] = true
				for _, on := range j.Instances(name) {
					if !suits(policy.Request{Action: name, Resource: on.ARN}) {
						continue
					}
					if got := j.on(name, on.ARN, nil); got.Allowed() && len(got.Needs()) == 0 {
						out = append(out, got.Steps[len(got.Steps)-1])
						break
					}
				}
			}
		}
	}
	return out
}

// patternsOf are patterns of actions, each of one service, by which a statement may allow something on what it names. Where it covers the
// actions of all services, or all but some, those of the services count whose resources it names.
func patternsOf(s *policy.Statement) []string {
	var out []string
	wide := s.NotAction
	for _, v := range s.Actions {
		service, _, _ := strings.Cut(v.Text, ":")
		switch {
		case strings.ContainsAny(service, "*?"):
			wide = true
		case !s.NotAction:
			out = append(out, v.Text)
		}
	}
	if !wide || s.NotResource {
		return out
	}
	for _, v := range s.Resources {
		if arn, ok := aws.CompleteARNPattern(v.Text); ok && !strings.ContainsAny(arn.Service, "*?") {
			out = append(out, arn.Service+":*")
		}
	}
	return distinct(out)
}
