package exposure

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// The ways in which an account sends no external ID that somebody gave it.
const (
	withoutID  = "without sts:ExternalId"
	withAnyID  = "with any value of sts:ExternalId"
	withSomeID = "with a value of sts:ExternalId that the caller picks"
)

// noExternalID evaluates outsiders without an external ID, and with one that no condition spells out.
func noExternalID(p *check.Pass) {
	g, ok := gateOf(p)
	if !ok {
		return
	}
	refs, how := map[string][]policy.StatementRef{}, map[string]string{}
	note := func(found map[string]admission, way string) {
		for account, one := range found {
			if refs[account] == nil {
				refs[account], how[account] = one.refs, way
			}
		}
	}
	note(g.admitted(p, func(outsider) ask.Visit {
		return visit(p, g, map[string]policy.ContextValue{externalID: {Presence: policy.KeyAbsent}})
	}), withoutID)
	for i, text := range g.Unspelled(externalID) {
		way := withSomeID
		if i == 0 {
			way = withAnyID
		}
		note(g.admitted(p, func(outsider) ask.Visit { return withID(p, g, text) }), way)
	}
	if slices.ContainsFunc(g.Values(externalID), func(text string) bool { return strings.Contains(text, "${") }) {
		note(g.admitted(p, func(o outsider) ask.Visit { return withID(p, g, o.account) }), withSomeID)
	}
	for _, account := range slices.Sorted(maps.Keys(refs)) {
		p.Report(externalIDDiagnostic(p, g, account, how[account], refs[account]))
	}
}

// withID is a visit with an external ID, or with any that a pattern stands for and no condition spells out.
func withID(p *check.Pass, g gate, text string) ask.Visit {
	if !strings.ContainsAny(text, "*?") {
		return visit(p, g, map[string]policy.ContextValue{externalID: ask.Value(text)})
	}
	v := visit(p, g, nil)
	v.Chosen = func(key string) bool { return isSecret(key) || isTime(key) }
	v.Like, v.Unlike = map[string]string{externalID: text}, map[string][]string{externalID: g.Spelled(externalID)}
	return v
}

func externalIDDiagnostic(p *check.Pass, g gate, account, how string, refs []policy.StatementRef) check.Diagnostic {
	return check.Diagnostic{
		Key: account, Functions: p.Role.Users.List, Title: "Account " + account + " can assume " + p.Role.Ref.Name + " " + how,
		Detail: fmt.Sprintf("The trust policy of %s allows account %s to assume the role %s. If the account belongs to a third party that serves other customers, one of them "+
			"can make the third party use this role.%s", p.Role.Ref.Name, account, how, g.caveat),
		Evidence: evidenceOf(refs, "It does not require a specific external ID from account "+account+"."),
		Fix:      check.Fix{Summary: `Add a condition to the statement: "Condition":{"StringEquals":{"sts:ExternalId":"ID"}}, with the ID that the third party gave you.`},
	}
}
