package finding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// render is the finding as a message carries it; without a diagnostic only what State remembers is told.
func (c *comparison) render(s Stored, d *check.Diagnostic) Finding {
	f := Finding{
		ID: s.ID, Check: s.Check, Severity: s.Severity, Status: s.Status, Role: c.ARN,
		Functions: s.Functions, FunctionsTotal: s.Total, Folds: s.Folds, Evidence: []check.Evidence{},
		Cause: s.Cause, Origin: s.Origin, Revision: s.Revision, FirstSeen: s.FirstSeen, LastSeen: s.LastSeen,
	}
	if f.Functions == nil {
		f.Functions = []FunctionRef{}
	}
	if !s.UnverifiedSince.IsZero() {
		f.UnverifiedSince, f.UnverifiedFor = &s.UnverifiedSince, s.UnverifiedFor
	}
	f.Flapping = c.flapping(s.ID)
	if ck := c.Checks[s.Check]; ck != nil {
		f.Slug, f.Title, f.CheckTitle = ck.Slug, ck.Title, ck.Title
	}
	if d != nil {
		f.Title, f.Detail, f.Fix = d.Title, d.Detail, d.Fix
		f.Fix.Verify = verify(d.Check)
		f.Evidence = append(f.Evidence, d.Evidence...)
	}
	return f
}

// Of renders a diagnostic as a finding that has no life: what a scan finds.
func Of(key, arn string, now time.Time, d check.Diagnostic) Finding {
	c := comparison{Look: Look{Now: now, Key: key, ARN: arn, Checks: map[string]*check.Check{d.Check.ID: d.Check}}}
	s := c.stored(Identity(key, d.Check.ID, d.Key), d)
	s.Origin, s.Revision = Existing, 1
	f := c.render(s, &d)
	f.Fix.Verify = "" // Whoever scans knows how.
	return f
}

// verify is the command that no longer lists the role once a finding of a check is fixed; empty for a check that judges what happened,
// which no reading of the account shows.
func verify(c *check.Check) string {
	if c.JudgesEdit || c.JudgesRefusals {
		return ""
	}
	return "rolewatch scan --checks " + c.ID + " --details"
}

func functionRefs(functions []role.Function) []FunctionRef {
	refs := []FunctionRef{}
	for _, f := range functions {
		refs = append(refs, FunctionRef{ARN: f.ARN, Version: f.Version, Alias: strings.Join(f.Aliases, ",")})
	}
	slices.SortFunc(refs, func(a, b FunctionRef) int {
		return cmp.Or(strings.Compare(a.ARN, b.ARN), role.CompareVersions(a.Version, b.Version))
	})
	return slices.Compact(refs)
}

func hashFunctions(refs []FunctionRef) string {
	h := sha256.New()
	for _, r := range refs {
		h.Write([]byte(r.ARN + "\x00" + r.Version + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
