// Package danger holds the checks for what a role can do that it should not. They judge what the role can really do:
// all its identity policies together, less its permissions boundary, denies, and what the organization takes away.
package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/policy"
)

// probe is one request that tells something.
type probe struct{ action, resource string }

// ask gives the answer to all probes together: allowed when each is, denied when one is, and else unknown; with the
// statements that decided, and what an unknown answer hung on.
func ask(e *effective.Permissions, probes []probe, context policy.Context) (policy.Decision, []policy.StatementRef, []string) {
	decision := policy.Allowed
	var statements []policy.StatementRef
	var hangs []string
	for _, p := range probes {
		v := e.Ask(p.action, p.resource, context)
		switch v.Decision {
		case policy.Allowed:
			statements = append(statements, v.Statements...)
		case policy.Unknown:
			decision = policy.Unknown
			hangs = append(hangs, e.Hangs(v)...)
		default:
			return v.Decision, nil, nil
		}
	}
	slices.Sort(hangs)
	return decision, effective.Distinct(statements), slices.Compact(hangs)
}

// detail joins sentences.
func detail(sentences ...string) string { return strings.Join(sentences, " ") }
