package finding

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// maxFunctions bounds the functions that a finding names; the rest is counted.
const maxFunctions = 100

// Look is what one look found of a role, beside what was known before.
type Look struct {
	Now time.Time
	// Key is the role's key and ARN its ARN.
	Key, ARN string
	Prior    []Stored
	Result   check.Result
	// Settle is the settle time, Newest the time of the newest change (zero when none is known).
	Settle time.Duration
	Newest time.Time
	// Blame gives a diagnostic's cause, nil without proof. It is new where its finding was not there before, or has changed.
	Blame func(d check.Diagnostic, isNew bool) *Cause
	// Further completes the cause that a diagnostic's finding has, with records that came before or after it; it may be nil.
	Further func(check.Diagnostic, *Cause) *Cause
	// NewOrigin is the origin of a finding that was not there before and has no cause.
	NewOrigin Origin
	// Checks are those in force, by ID.
	Checks map[string]*check.Check
	// Ended says why findings that are no longer there are over, where it is not a mend; it may be nil.
	Ended func(Stored) Resolution
}

// TransitionKind says what happened to a finding.
type TransitionKind string

// The transitions.
const (
	KindOpened   TransitionKind = "opened"
	KindChanged  TransitionKind = "changed"
	KindResolved TransitionKind = "resolved"
)

// Transition is one step in a finding's life that is told.
type Transition struct {
	Kind    TransitionKind
	Finding Finding
	// Upgrade says that the role was judged by another catalogue before, and that this is the only reason.
	Upgrade bool
}

// Identity is a finding's ID: the check's, and a hash of role, check and key, each as it was when the finding was first seen.
func Identity(roleKey, checkID, key string) string {
	sum := sha256.Sum256([]byte(roleKey + "\x00" + checkID + "\x00" + key))
	return checkID + "-" + hex.EncodeToString(sum[:6])
}

// Compare gives what is to be remembered, and what is to be told. A diagnostic whose check settles is pending while the
// newest change is younger than the settle time. What could not be decided stays as it was.
func Compare(l Look) ([]Stored, []Transition) {
	c := comparison{Look: l, prior: map[name]Stored{}}
	doubled := c.remember()
	for _, d := range l.Result.Diagnostics {
		c.fires(d)
	}
	for _, n := range slices.SortedFunc(maps.Keys(c.prior), name.compare) {
		c.silent(c.prior[n])
	}
	for _, s := range doubled {
		c.silent(s)
	}
	slices.SortFunc(c.next, func(a, b Stored) int { return strings.Compare(a.ID, b.ID) })
	return c.next, c.told
}

type comparison struct {
	Look
	// prior are those not met yet, under their present names.
	prior map[name]Stored
	next  []Stored
	told  []Transition
}

func (c *comparison) fires(d check.Diagnostic) {
	before, had := c.meet(d)
	now := c.stored(before.ID, d)
	moved := differs(before, now)
	cause := c.Blame(d, !had || moved)
	now.Cause = c.complete(d, cause)
	if !had {
		now.Origin = FromChange
		if cause == nil {
			now.Origin = c.NewOrigin
		}
		c.begin(now, d)
		return
	}
	now.FirstSeen, now.Revision, now.Origin = before.FirstSeen, before.Revision, before.Origin
	if before.Cause != nil && (cause == nil || !moved) {
		now.Cause = c.complete(d, before.Cause)
	}
	if before.Status == Pending {
		c.begin(now, d)
		return
	}
	if moved || moreNamed(before.Cause, now.Cause) {
		now.Revision++
		c.told = append(c.told, Transition{Kind: KindChanged, Finding: c.render(now, &d)})
	}
	c.next = append(c.next, now)
}

// complete is a cause with its further records.
func (c *comparison) complete(d check.Diagnostic, cause *Cause) *Cause {
	if c.Further == nil || cause == nil {
		return cause
	}
	return c.Further(d, cause)
}

// moreNamed reports whether a cause names records where the one before named fewer.
func moreNamed(before, now *Cause) bool {
	return now != nil && (before == nil || len(now.Further) > len(before.Further))
}

// begin opens a finding, or leaves it pending while a deployment in progress could explain it.
func (c *comparison) begin(s Stored, d check.Diagnostic) {
	if d.Check.Settles && c.Now.Sub(c.Newest) < c.Settle {
		s.Status = Pending
		c.next = append(c.next, s)
		return
	}
	s.Revision++
	c.told = append(c.told, Transition{Kind: KindOpened, Finding: c.render(s, &d)})
	c.next = append(c.next, s)
}

// silent says what becomes of a finding that did not fire: it stays while nobody can tell, or while a wider one tells
// it; else it is over.
func (c *comparison) silent(s Stored) {
	why := c.resolution(s)
	switch {
	case why == Mended && len(c.undecided(s)) > 0:
		if s.Status != Pending {
			s.Status = Unknown
			if s.UnverifiedSince.IsZero() {
				s.UnverifiedSince = c.Now
			}
			s.UnverifiedFor = missing(c.undecided(s))
		}
		c.next = append(c.next, s)
	case why == Mended && c.folded(s):
		s.LastSeen = c.Now
		c.next = append(c.next, s)
	case s.Status != Pending:
		s.Revision++
		f := c.render(s, nil)
		f.Status, f.Resolution = Resolved, why
		f.Detail = resolutionText(f, c.Now)
		c.told = append(c.told, Transition{Kind: KindResolved, Finding: f})
	}
}

func (c *comparison) resolution(s Stored) Resolution {
	if c.Checks[s.Check] == nil {
		return CheckOff
	}
	if c.Ended != nil {
		if why := c.Ended(s); why != "" {
			return why
		}
	}
	return Mended
}

// undecided is what the check of a finding could not decide that bears on it.
func (c *comparison) undecided(s Stored) (out []check.Undecided) {
	for _, u := range c.Result.Undecided {
		if u.Check.ID == s.Check && (u.Key == "" || u.Key == s.Key) {
			out = append(out, u)
		}
	}
	return out
}

// folded tells whether a wider diagnostic tells this finding now: it is still there.
func (c *comparison) folded(s Stored) bool {
	return slices.ContainsFunc(c.Result.Diagnostics, func(d check.Diagnostic) bool {
		return slices.Contains(d.Folds, s.Check)
	})
}

func (c *comparison) stored(id string, d check.Diagnostic) Stored {
	functions := functionRefs(d.Functions)
	s := Stored{
		ID: id, Check: d.Check.ID, Key: d.Key, Severity: d.Severity, Status: Open,
		Deciding: deciding(d), Meaning: meaning(d), Parts: Parts(d), Total: len(functions), FunctionsHash: hashFunctions(functions),
		Folds: d.Folds, FirstSeen: c.Now, LastSeen: c.Now,
	}
	s.Functions = functions[:min(len(functions), maxFunctions)]
	return s
}

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
	if ck := c.Checks[s.Check]; ck != nil {
		f.Slug, f.Title = ck.Slug, ck.Title
	}
	if d != nil {
		f.Title, f.Detail, f.Fix = d.Title, d.Detail, d.Fix
		f.Evidence = append(f.Evidence, d.Evidence...)
	}
	return f
}

// Of renders a diagnostic as a finding that has no life: what a scan finds.
func Of(key, arn string, now time.Time, d check.Diagnostic) Finding {
	c := comparison{Look: Look{Now: now, Key: key, ARN: arn, Checks: map[string]*check.Check{d.Check.ID: d.Check}}}
	s := c.stored(Identity(key, d.Check.ID, d.Key), d)
	s.Origin, s.Revision = Existing, 1
	return c.render(s, &d)
}

func functionRefs(functions []role.Function) []FunctionRef {
	refs := []FunctionRef{}
	for _, f := range functions {
		ref := FunctionRef{ARN: f.ARN, Version: f.Version}
		if len(f.Aliases) > 0 {
			ref.Alias = strings.Join(f.Aliases, ",")
		}
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(a, b FunctionRef) int {
		if a.ARN != b.ARN {
			return strings.Compare(a.ARN, b.ARN)
		}
		return role.CompareVersions(a.Version, b.Version)
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
