// Package effective works out what a session of an execution role is allowed: by all its identity policies together, within its
// permissions boundary, Deny statements and the policies of the organization. It judges nothing.
package effective

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Permissions are all policies that determine what a session of the role is allowed. Policies of the organization that were not
// read are assumed to allow, and Caveats says so.
type Permissions struct {
	// Set is what the evaluator is asked with. It is shared: change a copy only.
	Set policy.Set
	// Caveats are sentences for a finding's detail; Missing says which policies are not known.
	Caveats []string
	Missing []role.Gap
	role    *role.Snapshot
	// Assumed are those of the caveats that say which policies are taken as AWS publishes them.
	Assumed []string
	// standIns are policies of AWS whose text was not read, and which stand in Set as AWS publishes them.
	standIns []string
	// grantOnly are policies of AWS whose text was not read and which are taken to deny nothing.
	grantOnly []string
}

// Reads are the facts that determine what a session of the role is allowed, those in the contexts of its requests, and more.
func Reads(more ...check.Fact) []check.Fact {
	return append([]check.Fact{
		check.Identity, check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.RoleTags, check.ServiceControlPolicies,
		check.ResourceControlPolicies, check.Functions, check.Organization,
	}, more...)
}

type memoKey struct{}

// Of gives the permissions of the role that is judged. They are worked out once for all checks.
func Of(s *check.Subject) *Permissions {
	return check.Memo(s, memoKey{}, func() *Permissions { return OfRole(s.Role) })
}

// OfRole gives the permissions of any role.
func OfRole(r *role.Snapshot) *Permissions {
	p := &Permissions{role: r}
	p.list(r.Inline, "inline policies")
	p.list(r.Attached, "attached policies")
	p.add(r.Seen)
	if b, ok := r.Boundary.Get(); ok {
		p.Set.Boundaries = []policy.Part{b.AsPart()}
		if b.Document == nil {
			p.Missing = append(p.Missing, b.Gap("permissions boundary").InPolicy(role.PartBoundary))
		}
	} else if r.Boundary.State() == role.Unknown {
		p.Set.Unread = append(p.Set.Unread, policy.Boundary.String())
		p.Missing = append(p.Missing, r.Boundary.Gap("permissions boundary").InPolicy(role.PartBoundary))
	}
	if scps, ok := r.SCPs.Get(); ok {
		p.Set.SCPs = scps
	} else if r.SCPs.State() == role.Unknown {
		p.Caveats = append(p.Caveats, "rolewatch did not read the service control policies. This finding assumes that they restrict nothing.")
	}
	return p
}

func (p *Permissions) list(m role.Maybe[[]role.Policy], name string) {
	list, ok := m.Get()
	if !ok && m.State() == role.Unknown {
		p.Set.Unread = append(p.Set.Unread, policy.Identity.String())
		p.Missing = append(p.Missing, m.Gap(name))
	}
	p.add(list)
}

func (p *Permissions) add(list []role.Policy) {
	for _, one := range list {
		part := one.AsPart()
		if one.Document == nil && one.Text.State() == role.Unknown {
			if document, sentence := published(one.ARN); document != nil {
				part.Document = document
				p.standIns = append(p.standIns, one.Part.String())
				p.assume(sentence)
			} else {
				p.Missing = append(p.Missing, one.Text.Gap(one.Part.String()).InPolicy(one.Part))
				if deniesNothing(one.ARN) {
					p.grantOnly = append(p.grantOnly, one.Part.String())
					p.Caveats = append(p.Caveats, "rolewatch did not read the text of "+one.ARN+". This finding assumes that it denies nothing.")
				}
			}
		}
		if one.Document == nil && one.Fault != nil {
			p.Missing = append(p.Missing, one.Gap(one.Part.String()).InPolicy(one.Part))
		}
		p.Set.Identity = append(p.Set.Identity, part)
	}
}

func (p *Permissions) assume(sentence string) {
	if sentence != "" {
		p.Assumed, p.Caveats = append(p.Assumed, sentence), append(p.Caveats, sentence)
	}
}

// Without leaves identity policies out.
func (p *Permissions) Without(parts ...role.Part) *Permissions {
	out := *p
	out.Set.Identity = slices.DeleteFunc(slices.Clone(p.Set.Identity), func(one policy.Part) bool { return slices.Contains(parts, role.Part(one.Name)) })
	return &out
}

// Only leaves some identity policies, and what limits them.
func (p *Permissions) Only(parts ...role.Part) *Permissions {
	out := *p
	out.Set.Identity = slices.DeleteFunc(slices.Clone(p.Set.Identity), func(one policy.Part) bool { return !slices.Contains(parts, role.Part(one.Name)) })
	out.Set.Unread = slices.DeleteFunc(slices.Clone(p.Set.Unread), func(kind string) bool { return kind == policy.Identity.String() })
	return &out
}

// Unlimited keeps only the identity policies, without what limits them.
func (p *Permissions) Unlimited() *Permissions {
	out := *p
	out.Set = policy.Set{Identity: p.Set.Identity}
	return &out
}

// Hangs says what an unknown verdict depends on.
func (p *Permissions) Hangs(v policy.Verdict) []role.Gap {
	if len(p.Missing) > 0 {
		return role.DistinctGaps(p.Missing)
	}
	out := Open("", v)
	if len(out) == 0 && len(v.Statements) > 0 {
		first := v.Statements[0].Policy
		refs := slices.DeleteFunc(slices.Clone(v.Statements), func(ref policy.StatementRef) bool { return ref.Policy != first })
		out = append(out, role.Gap{What: first + ": how AWS evaluates one of its statements", SettledBy: role.SettledByWriting}.In(refs...))
	}
	return role.DistinctGaps(out)
}

// Open are the condition keys whose values are not known, and the policies that were not read, on which an unknown verdict depends.
// The text of each key begins with the part that compares it, where one is given.
func Open(part string, v policy.Verdict) (out []role.Gap) {
	for _, key := range v.UnknownKeys {
		out = append(out, role.Gap{What: part + "the value of " + key, SettledBy: role.KeySettledBy(key)}.In(comparing(v.Statements, key)...))
	}
	for _, unread := range v.Unread {
		out = append(out, role.Gap{What: unread + ": not read", SettledBy: role.Reason{}.SettledBy()})
	}
	return out
}

// comparing are the statements with a condition on a key; all of them where a policy names it in another way, by a variable say.
func comparing(refs []policy.StatementRef, key string) []policy.StatementRef {
	out := slices.DeleteFunc(slices.Clone(refs), func(ref policy.StatementRef) bool {
		return !slices.ContainsFunc(ref.Statement.Conditions, func(c policy.Condition) bool { return strings.EqualFold(c.Key, key) })
	})
	if len(out) == 0 {
		return refs
	}
	return out
}

// Evidence turns statements into evidence. For a policy whose text was not read, it has only the name.
func (p *Permissions) Evidence(statements []policy.StatementRef, why string) []check.Evidence {
	var out []check.Evidence
	for _, s := range Distinct(statements) {
		if slices.Contains(p.standIns, s.Policy) {
			out = append(out, check.Evidence{Policy: s.Policy, Statement: -1, Text: s.Policy, Why: why})
			continue
		}
		out = append(out, check.Evidence{
			Policy: s.Policy, Statement: s.Statement.Index, Sid: s.Statement.Sid, Text: s.Document.Text(s.Statement.Span), Why: why,
		})
	}
	return out
}

// Distinct drops statements that are there before.
func Distinct(all []policy.StatementRef) []policy.StatementRef {
	type place struct {
		policy    string
		statement int
	}
	seen := map[place]bool{}
	return slices.DeleteFunc(slices.Clone(all), func(s policy.StatementRef) bool {
		at := place{s.Policy, s.Statement.Index}
		defer func() { seen[at] = true }()
		return seen[at]
	})
}

// MayBe reports whether a verdict allows, or may.
func MayBe(v policy.Verdict) bool {
	return v.Decision == policy.Allowed || v.Decision == policy.Unknown
}

// OutsideRCPs leaves resource control policies out of the facts of a check: of one about services whose resources they do not apply to, and
// of one that reads them in the graph of the account alone.
func OutsideRCPs(facts []check.Fact) []check.Fact {
	return slices.DeleteFunc(facts, func(f check.Fact) bool { return f == check.ResourceControlPolicies })
}
