package reconcile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Remembered is what a state would hold of the parts of a role that was read before.
func Remembered(s *role.Snapshot) finding.State {
	return finding.State{Revision: 1, Key: s.Ref.Key(), ARN: s.ARN(), Exists: s.Exists() != role.Absent, Parts: observe(s).parts}
}

// isOfPolicy reports whether a record is of a managed policy, and of whatever has it.
func (c *Change) isOfPolicy() bool { return c.Role == "" && c.Part.Kind() == role.Managed }

// mayHave reports whether a role has a part, as far as it was read.
func (o observation) mayHave(part role.Part) bool {
	_, there := o.parts[part]
	return there || o.blind(part)
}

// place finds the part of the role that a managed policy is, whose record names no role: one that is attached, the permissions boundary, or
// both. Of a role that does not have the policy the record touches no part.
func (c *Change) place(seen observation, before *finding.State) {
	boundary, there := seen.parts[role.PartBoundary]
	if !there && seen.blind(role.PartBoundary) {
		boundary = before.Parts[role.PartBoundary]
	}
	isBoundary, isAttached := boundary.Value == c.Part.String(), seen.mayHave(c.Part) || hadPart(before, c.Part)
	switch {
	case isAttached:
		c.isBoundary = isBoundary
	case isBoundary:
		c.Part = role.PartBoundary
	default:
		c.Part, c.Effect, c.policy = "", "", c.Part.String()
	}
}

// hadPart reports whether a part of a role is remembered.
func hadPart(before *finding.State, part role.Part) bool {
	_, had := before.Parts[part]
	return had
}

// elsewhere says how sure it is that a record brought about a diagnostic by what it changed of another role, a user, a group, a function or a
// managed policy that the diagnostic rests on. The diagnostic has to be new, or to have changed; it is certain where the record is the only
// one of that kind, and the role itself is as it was.
func (r *reconciling) elsewhere(c *Change, d check.Diagnostic, isNew bool) finding.Certainty {
	if !isNew || c.on(d.RestsOn, r.account()) == "" || r.Before.Revision > 0 && r.Before.Catalogue != r.settings.catalogue {
		return ""
	}
	for i := range r.Changes {
		if o := &r.Changes[i]; o.EventID != c.EventID && o.on(d.RestsOn, r.account()) != "" {
			return finding.Likely
		}
	}
	if r.Before.Revision == 0 || r.roleChanged() {
		return finding.Likely
	}
	return finding.Certain
}

// account is that of the role.
func (r *reconciling) account() string { return r.Snapshot.Ref.Account }

// on is the one of some roles, users, groups, functions and policies that the record is of; empty where it is of none. A record that names
// no account is of the role's own.
func (c *Change) on(arns []string, own string) string {
	account := cmp.Or(c.Account, own)
	i := slices.IndexFunc(arns, func(text string) bool {
		arn, err := aws.ParseARN(text)
		if err != nil {
			return false
		}
		if named := c.Role != "" || c.Principal != ""; named && arn.Account != account {
			return false
		}
		kind, _, _ := strings.Cut(arn.Resource, "/")
		name := arn.Resource[strings.LastIndex(arn.Resource, "/")+1:]
		switch {
		case c.Role != "":
			return kind == "role" && name == c.Role
		case c.Principal != "":
			return kind+"/"+name == c.Principal
		case c.Function != "":
			return text == c.Function
		}
		return text == c.policy || c.isOfPolicy() && text == c.Part.String()
	})
	if i < 0 {
		return ""
	}
	return arns[i]
}

// blameElsewhere is the cause of a diagnostic that rests on what a record changed elsewhere; nil where no record did.
func (r *reconciling) blameElsewhere(d check.Diagnostic, isNew bool) *finding.Cause {
	cause := r.newest(func(c *Change) (finding.Certainty, role.Part) { return r.elsewhere(c, d, isNew), "" })
	if cause == nil {
		return nil
	}
	i := slices.IndexFunc(r.Changes, func(c Change) bool { return c.EventID == cause.EventID })
	cause.Elsewhere = r.Changes[i].on(d.RestsOn, r.account())
	return cause
}
