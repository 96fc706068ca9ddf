// Package danger holds the checks for what a role can do that it should not. They judge what the role can really do:
// all its identity policies together, less its permissions boundary, denies, and what the organization takes away.
package danger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// folds are the checks whose findings follow from being an administrator.
var folds = []string{
	"RW303", "RW304", "RW305", "RW306", "RW307", "RW308", "RW310", "RW311", "RW312", "RW313", "RW314", "RW315",
}

const principle = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"

// Checks are the checks of this package.
func Checks() []*check.Check {
	return []*check.Check{
		{
			ID: "RW301", Slug: "admin", Title: "The role is an administrator", Severity: check.Critical, Since: "0.1.0", Folds: folds,
			Why: "The role may do everything to everything in its account. Whoever can change the function's code, or makes it do what it was " +
				"not meant to, owns the account.",
			Fix:    "Replace the statement by one that allows the actions the function needs, on the resources it needs.",
			Source: principle, Run: admin,
		},
		{
			ID: "RW302", Slug: "admin-managed-policy", Title: "An administrator's managed policy is attached", Severity: check.Critical,
			Since: "0.1.0", Folds: folds,
			Why: "AdministratorAccess, IAMFullAccess and PowerUserAccess are made for people who run an account. On an execution role they give " +
				"the account to whoever controls the function.",
			Fix:    "Detach the policy, and attach one that allows what the function needs.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html", Run: adminPolicy,
		},
		{
			ID: "RW304", Slug: "pass-role-star", Title: "The role may pass any role to any service", Severity: check.High, Since: "0.1.0",
			Why: "iam:PassRole on every role, to every service, lets the function run things under a more powerful role than its own: a way to " +
				"become an administrator.",
			Fix:    "Name the roles that the function has to pass, and the service it passes them to with the condition key iam:PassedToService.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html", Run: passRole,
		},
	}
}

// effective is everything that bears on what a session of the role may do. Where the organization's policies were not
// read they are taken to allow; Caveats says so.
type effective struct {
	set     policy.Set
	caveats []string
	missing []string
	// standIns are policies of AWS whose text was not read, and which stand in set as AWS publishes them.
	standIns []string
}

func effectiveOf(r *role.Snapshot) effective {
	var e effective
	e.list(r.Inline, "inline policies")
	e.list(r.Attached, "attached policies")
	e.add(r.Seen)
	if b, ok := r.Boundary.Get(); ok {
		e.set.Boundaries = []policy.Part{b.AsPart()}
		if b.Document == nil {
			e.missing = append(e.missing, "permissions boundary: "+b.Text.Why())
		}
	} else if r.Boundary.State() == role.Unknown {
		e.set.Unread = append(e.set.Unread, "boundary")
		e.missing = append(e.missing, "permissions boundary: "+r.Boundary.Why())
	}
	if scps, ok := r.SCPs.Get(); ok {
		e.set.SCPs = scps
	} else if r.SCPs.State() == role.Unknown {
		e.caveats = append(e.caveats, "Service control policies were not read; this is judged as if they allowed it.")
	}
	return e
}

func (e *effective) list(m role.Maybe[[]role.Policy], name string) {
	list, ok := m.Get()
	if !ok && m.State() == role.Unknown {
		e.set.Unread = append(e.set.Unread, "identity")
		e.missing = append(e.missing, name+": "+m.Why())
	}
	e.add(list)
}

func (e *effective) add(list []role.Policy) {
	for _, p := range list {
		part := p.AsPart()
		if p.Document == nil && p.Text.State() == role.Unknown {
			if name, ok := adminName(p.ARN); ok {
				part.Document, _ = policy.Parse([]byte(adminPolicies[name]), policy.Identity)
				e.standIns = append(e.standIns, p.Part)
			} else {
				e.missing = append(e.missing, p.Part+": "+p.Text.Why())
			}
		}
		e.set.Identity = append(e.set.Identity, part)
	}
}

// without leaves identity policies out.
func (e effective) without(parts ...string) effective {
	e.set.Identity = slices.DeleteFunc(slices.Clone(e.set.Identity), func(p policy.Part) bool { return slices.Contains(parts, p.Name) })
	return e
}

// only leaves some identity policies, and what limits them.
func (e effective) only(parts ...string) effective {
	e.set.Identity = slices.DeleteFunc(slices.Clone(e.set.Identity), func(p policy.Part) bool { return !slices.Contains(parts, p.Name) })
	e.set.Unread = slices.DeleteFunc(slices.Clone(e.set.Unread), func(kind string) bool { return kind == "identity" })
	return e
}

// probe is one request that tells something.
type probe struct{ action, resource string }

// ask gives the answer to all probes together: allowed when each is, denied when one is, and else unknown; with the
// statements that decided, and what an unknown answer hung on.
func (e effective) ask(r *role.Snapshot, probes []probe, context policy.Context) (policy.Decision, []policy.StatementRef, []string) {
	decision := policy.Allowed
	var statements []policy.StatementRef
	var hangs []string
	for _, p := range probes {
		v := policy.Evaluate(policy.Request{Principal: session(r), Action: p.action, Resource: p.resource, Context: context}, e.set)
		switch v.Decision {
		case policy.Allowed:
			statements = append(statements, v.Statements...)
		case policy.Unknown:
			decision = policy.Unknown
			for _, key := range v.UnknownKeys {
				hangs = append(hangs, "what "+key+" holds is not known")
			}
			for _, unread := range v.Unread {
				hangs = append(hangs, unread+": not read")
			}
		default:
			return v.Decision, nil, nil
		}
	}
	slices.Sort(hangs)
	return decision, distinct(statements), slices.Compact(hangs)
}

// session is a session of the role, as the function's code has it.
func session(r *role.Snapshot) string {
	return "arn:" + r.Ref.Partition + ":sts::" + r.Ref.Account + ":assumed-role/" + r.Ref.Name + "/rolewatch"
}

func distinct(all []policy.StatementRef) []policy.StatementRef {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(s policy.StatementRef) bool {
		key := fmt.Sprintf("%s\x00%d", s.Policy, s.Statement.Index)
		if s.Effect != policy.Allow || seen[key] {
			return true
		}
		seen[key] = true
		return false
	})
}

// evidence turns statements into evidence. Of a policy whose text was not read there is only the name.
func (e effective) evidence(statements []policy.StatementRef, why string) []check.Evidence {
	var out []check.Evidence
	for _, s := range statements {
		if slices.Contains(e.standIns, s.Policy) {
			out = append(out, check.Evidence{Policy: s.Policy, Statement: -1, Text: s.Policy, Why: why})
			continue
		}
		out = append(out, check.Evidence{
			Policy: s.Policy, Statement: s.Statement.Index, Sid: s.Statement.Sid, Text: s.Document.Text(s.Statement.Span), Why: why,
		})
	}
	return out
}

// detail joins sentences.
func detail(sentences ...string) string { return strings.Join(sentences, " ") }
