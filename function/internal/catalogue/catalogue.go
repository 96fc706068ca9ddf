// Package catalogue lists the checks. Each is a value; the list is explicit.
package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/exposure"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/hygiene"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/needs"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/refusal"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/trust"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// Checks are all checks, in the order of their IDs.
func Checks() []*check.Check {
	all := slices.Concat(sparing(trust.Checks()), sparing(refusal.Checks()), sparing(needs.Checks()), sparing(needs.OperatorChecks()), danger.Checks(), exposure.Checks(), hygiene.Checks())
	slices.SortFunc(all, func(a, b *check.Check) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// sparing has checks, which run first, leave half of the budget of evaluations to those after them.
func sparing(checks []*check.Check) []*check.Check {
	for _, c := range checks {
		if run := c.Run; run != nil {
			c.Run = func(p *check.Pass) {
				defer effective.BudgetOf(p.Subject).ReserveOfAll(50).Release()
				run(p)
			}
		}
	}
	return checks
}

// Find gives the check of an ID, or of one that it had in an earlier release.
func Find(id string) (*check.Check, bool) {
	for _, c := range Checks() {
		if c.Named(strings.ToUpper(id)) {
			return c, true
		}
	}
	return nil, false
}

// Revision counts the releases in which a check judges otherwise than before. Raise it when one does: what the new judgement
// finds is then reported as an upgrade, and not as if the account had changed.
const Revision = 9

// Version identifies a list of checks and how they judge: what another version finds in a role that did not change was
// there before. It is the same for every build of a release with the same checks in force, at the same severities.
func Version(checks []*check.Check) string {
	h := sha256.New()
	fmt.Fprintln(h, Revision)
	for _, c := range checks {
		fmt.Fprintln(h, c.ID, c.Since, c.Severity, c.Settles, c.JudgesEdit, c.JudgesRefusals, c.Folds, c.FoldsSame, c.Reads)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
