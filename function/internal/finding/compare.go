package finding

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
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
	// Touched gives the time of the newest change that touched what is to blame for a diagnostic, zero when none did; where it is
	// nil, that is Newest.
	Touched func(check.Diagnostic) time.Time
	// Flaps are the findings that opened a short while ago.
	Flaps []Flap
	// Blame gives a diagnostic's cause, nil without proof. It is new where its finding was not there before, or has changed.
	Blame func(d check.Diagnostic, isNew bool) *Cause
	// Further completes the cause that a diagnostic's finding has, with records that came before or after it; it may be nil.
	Further func(check.Diagnostic, *Cause) *Cause
	// NewOrigin is the origin of a finding that was not there before and has no cause.
	NewOrigin Origin
	// Resolved gives the record that ended a finding, nil where none is known to have; it may be nil.
	Resolved func(Stored) *Cause
	// Delivered reports whether a record was delivered now; nil is no.
	Delivered func(eventID string) bool
	// Checks are those in force, by ID.
	Checks map[string]*check.Check
	// Ended says why findings that are no longer there are over, where it is not a mend; it may be nil.
	Ended func(Stored) Resolution
	// Acted is what people decided about the findings.
	Acted
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
	// Quiet says that somebody has acknowledged the finding or accepted the risk as it is: it is not reported to people.
	Quiet bool
}

// Compared is what a comparison came to.
type Compared struct {
	// Findings and Flaps are to be remembered, and Transitions to be reported.
	Findings    []Stored
	Flaps       []Flap
	Transitions []Transition
	// Due is when to compare again although nothing changes; zero where that is not needed.
	Due time.Time
	// Taken is to be remembered of acts, and News is what became of those that are new.
	Taken []Taken
	News  []ActNews
}

// Identity is a finding's ID: the check's, and a hash of role, check and key, each as it was when the finding was first seen.
func Identity(roleKey, checkID, key string) string {
	sum := sha256.Sum256([]byte(roleKey + "\x00" + checkID + "\x00" + key))
	return checkID + "-" + hex.EncodeToString(sum[:6])
}

// Compare gives what is to be remembered, and what is to be told. A diagnostic whose check settles is pending while the
// newest change of what is to blame is younger than the settle time, but no longer than three times that. What could not be decided
// stays as it was. A finding about an edit is folded where another one reports what the edit came to, and one that opens again and
// again is damped.
func Compare(l Look) Compared {
	c := comparison{Look: l, prior: map[name]Stored{}, flaps: map[string]*Flap{}}
	c.rememberFlaps()
	doubled := c.remember()
	c.pair()
	// What an edit came to decides whether the edit itself is reported.
	for _, edits := range []bool{false, true} {
		for i, d := range l.Result.Diagnostics {
			if d.Check.JudgesEdit == edits {
				c.fires(i, d)
			}
		}
	}
	for _, n := range slices.SortedFunc(maps.Keys(c.prior), name.compare) {
		c.silent(c.prior[n])
	}
	for _, s := range doubled {
		c.silent(s)
	}
	slices.SortFunc(c.next, func(a, b Stored) int { return strings.Compare(a.ID, b.ID) })
	c.foldEdits()
	flaps := c.settleFlaps()
	taken, news := c.act()
	return Compared{Findings: c.next, Flaps: flaps, Transitions: c.told, Due: c.due, Taken: taken, News: news}
}

type comparison struct {
	Look
	// prior are those not met yet, under their present names.
	prior map[name]Stored
	// pairs are, by the places of the diagnostics, the findings that they continue; nil for none. ids are those in use.
	pairs []*name
	ids   map[string]bool
	next  []Stored
	told  []Transition
	// flaps are the findings that opened a short while ago, by ID, and due is when to compare again.
	flaps map[string]*Flap
	due   time.Time
}

// dueAt asks for a comparison at a time.
func (c *comparison) dueAt(at time.Time) {
	if c.due.IsZero() || at.Before(c.due) {
		c.due = at
	}
}

func (c *comparison) fires(place int, d check.Diagnostic) {
	before, had := c.meet(place)
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
	now.Digested, now.Routes = before.Digested, before.Routes
	corrected := false
	if before.Cause != nil && (cause == nil || !moved) {
		var kept *Cause
		kept, corrected = c.confirmed(before, cause)
		now.Cause = c.complete(d, kept)
	}
	if before.Status == Pending {
		now.Under = before.Under
		c.begin(now, d)
		return
	}
	if moved || corrected || moreNamed(before.Cause, now.Cause) {
		now.Revision++
		c.tell(KindChanged, now, &d, whatChanged(before, now, d.Check, corrected)...)
	}
	c.next = append(c.next, now)
}

// confirmed is the cause that a finding had, and whether it now names another record. Where it was looked up, a record that is delivered
// later makes it certain or, if it is another one from before the finding, takes its place.
func (c *comparison) confirmed(before Stored, cause *Cause) (kept *Cause, corrected bool) {
	had := before.Cause
	switch {
	case had.Found == "":
		return had, false
	case c.Delivered != nil && c.Delivered(had.EventID):
		with := *had
		with.Certainty, with.Found = had.Found, ""
		return &with, false
	case cause != nil && cause.Certainty == Certain && cause.EventID != had.EventID && !cause.At.After(before.FirstSeen):
		return cause, true
	}
	return had, false
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
	if at := c.settled(s, d); at.After(c.Now) {
		s.Status = Pending
		c.dueAt(at)
		c.next = append(c.next, s)
		return
	}
	if s.Under = c.explainer(s, d); s.Under != "" {
		s.Status = Pending
		c.next = append(c.next, s)
		return
	}
	s.Revision++
	c.tell(KindOpened, s, &d)
	c.next = append(c.next, s)
}

// longest is how many settle times a failure is pending at most, however often what is to blame changes.
const longest = 3

// settled is when a finding is no longer taken for a deployment in progress.
func (c *comparison) settled(s Stored, d check.Diagnostic) time.Time {
	if !d.Check.Settles {
		return c.Now
	}
	touched := c.Newest
	if c.Touched != nil {
		touched = c.Touched(d)
	}
	at, last := touched.Add(c.Settle), s.FirstSeen.Add(longest*c.Settle)
	if last.Before(at) {
		return last
	}
	return at
}

func (c *comparison) stored(id string, d check.Diagnostic) Stored {
	functions := functionRefs(d.Functions)
	s := Stored{
		ID: id, Check: d.Check.ID, Key: d.Key, Severity: d.Severity, Status: Open,
		Deciding: deciding(d), Meaning: meaning(d), Parts: Parts(d), Total: len(functions), FunctionsHash: hashFunctions(functions),
		Folds: d.Folds, Path: pathOf(d.Path), FirstSeen: c.Now, LastSeen: c.Now,
	}
	s.Functions = functions[:min(len(functions), maxFunctions)]
	return s
}
