// Package catalogue lists the checks. Each is a value; the list is explicit.
package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/exposure"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/hygiene"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/needs"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/trust"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// Checks are all checks, in the order of their IDs.
func Checks() []*check.Check {
	all := slices.Concat(trust.Checks(), needs.Checks(), danger.Checks(), exposure.Checks(), hygiene.Checks())
	slices.SortFunc(all, func(a, b *check.Check) int { return strings.Compare(a.ID, b.ID) })
	return all
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

// Version identifies a list of checks: what a check that was not in it finds was there before.
func Version(checks []*check.Check) string {
	h := sha256.New()
	for _, c := range checks {
		h.Write([]byte(c.ID + " " + c.Since + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
