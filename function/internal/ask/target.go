package ask

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Target is one resource that is known, with its tags and its own policy.
type Target struct {
	ARN string
	// Tags are all that it has.
	Tags role.Maybe[map[string]string]
	// Trust is the trust policy of a role that is to be assumed; nil for a question that no such policy bears on.
	Trust *role.Maybe[role.Policy]
	// Elsewhere is what is known of the account of a role to be assumed that is in another account; nil for one in the caller's.
	Elsewhere *Elsewhere
}

// Elsewhere is another account of the caller's organization.
type Elsewhere struct {
	Account string
	// RCPs are the account's, and Organization is the ID of the organization; empty where it is not known.
	RCPs         role.Maybe[[][]policy.Part]
	Organization string
}

// hasPolicy reports whether the target's own policy bears on the question: it may allow what the caller's policies do not.
func (t *Target) hasPolicy() bool { return t != nil && t.Trust != nil }

// probersAt are the probers for a question about an action of a service.
func (s *Session) probersAt(q *Question, service string) []*policy.Prober {
	t := q.Target
	switch {
	case t.hasPolicy():
	case s.isElsewhere(q.Resource) && s.isLimited(service) && !needsResourcePolicy(service):
		return s.plain // The RCPs of the caller's account do not apply there.
	default:
		return s.probersOf(service)
	}
	trust, ok := t.Trust.Get()
	at, rcps := resourcePolicy{document: trust.Document, unread: !ok || trust.Document == nil}, s.Role.RCPs
	if t.Elsewhere != nil {
		at.elsewhere, rcps = t.Elsewhere.Account, t.Elsewhere.RCPs
	}
	return s.probersFor(at, rcps)
}

// Naming are patterns of ARNs that tell the resources of an action apart.
type Naming struct {
	// Granted are those of the statements that may allow the action, and All is set where one allows it on what it does not name, or was
	// not read.
	Granted []string
	All     bool
	// Limited are those of all other statements: what they deny, or allow at most.
	Limited []string
	// Tags is set where an answer may depend on the tags of the resource, and Regions where it may depend on the Region that it is in, for a
	// request goes to that Region.
	Tags, Regions bool
}

// Naming says which resources statements name for an action.
func (s *Session) Naming(action string) Naming {
	f := s.factsOfAction(action)
	n := Naming{All: s.unread}
	for _, ref := range f.covering {
		if ref.Policy == delegation {
			continue
		}
		n.Regions = n.Regions || s.tellsRegions(ref)
		grants := ref.Effect == policy.Allow && slices.ContainsFunc(f.allowing, func(o policy.StatementRef) bool { return o.Statement == ref.Statement })
		n.All = n.All || grants && ref.Statement.NotResource
		for _, v := range ref.Statement.Resources {
			if text := wholePattern(v.Text); grants && !ref.Statement.NotResource {
				n.Granted = append(n.Granted, text)
			} else {
				n.Limited = append(n.Limited, text)
			}
			n.Limited = append(n.Limited, s.resolved(v.Text)...)
		}
	}
	n.Granted, n.Limited = distinct(n.Granted), distinct(n.Limited)
	list := s.probersOf(actions.ServiceOf(action))
	n.Tags = len(list) > 0 && slices.ContainsFunc(list[0].Keys(action), IsResourceTag)
	return n
}

// And tells resources apart by what statements name for another action, too, which the same resources are needed for.
func (n Naming) And(other Naming) Naming {
	n.Limited = distinct(slices.Concat(n.Limited, other.Granted, other.Limited))
	n.Tags, n.Regions = n.Tags || other.Tags, n.Regions || other.Regions
	return n
}

// wholePattern is a value of Resource as a pattern of whole ARNs, in which a variable stands for anything.
func wholePattern(text string) string {
	if arn, ok := aws.CompleteARNPattern(text); ok {
		text = arn.String()
	}
	return withoutVariables(text)
}

// withoutVariables puts an asterisk in the place of each variable.
func withoutVariables(text string) string {
	return replaceVariables(text, func(string, string) string { return "*" })
}

// resolved are a value of Resource with variables as patterns of whole ARNs, one for each Region, in which what is known stands for the
// variables. They tell apart what the pattern with asterisks covers alike.
func (s *Session) resolved(text string) (out []string) {
	if !strings.Contains(text, "${") {
		return nil
	}
	for _, region := range s.regions {
		out = append(out, wholePattern(replaceVariables(text, func(key, _ string) string {
			if IsRegionKey(key) {
				return region
			}
			if value, ok := s.knownValue(key); ok {
				return value
			}
			return "*"
		})))
	}
	return out
}

// replaceVariables puts texts in the place of variables, by their keys in lower case, and by what stands for them where the request does not
// carry them.
func replaceVariables(text string, value func(key, fallback string) string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		variable, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return out.String() + text
		}
		key, fallback, _ := strings.Cut(variable, ",")
		out.WriteString(before + value(strings.ToLower(strings.TrimSpace(key)), strings.Trim(strings.TrimSpace(fallback), "'")))
		text = after
	}
}
