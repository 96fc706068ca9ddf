// Package reconcile decides what becomes of a role: from the state before, a snapshot of the role and the changes that led
// to it, it works out the next state, what is reported, and when the role is to be confirmed. It also says whether a role
// is in scope. It is pure: it reads no account, no store and no clock, and changes nothing that it is given.
package reconcile

import (
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Settings are what decisions go by, the same for every role.
type Settings struct {
	rules      *inforce.Set
	checks     map[string]*check.Check
	catalogue  string
	parameters check.Parameters
	settle     time.Duration
	// AckCritical says that a critical finding may be acknowledged.
	AckCritical bool
	owning      Owning
	texts       texts
	judged      judged
}

// NewSettings makes settings. Rules are the checks in force, and what is excepted of what they find; catalogue is the
// version of the list of checks; parameters are what checks know of the account's owner; settle is how long a failure may
// be a deployment in progress.
func NewSettings(rules *inforce.Set, catalogue string, parameters check.Parameters, settle time.Duration) *Settings {
	s := &Settings{rules: rules, checks: map[string]*check.Check{}, catalogue: catalogue, parameters: parameters, settle: settle}
	for _, c := range rules.Checks() {
		s.checks[c.ID] = c
	}
	return s
}

// Input is what one decision rests on.
type Input struct {
	// Before is the state that was committed last; its Revision is 0 if there was none.
	Before finding.State
	// Snapshot is the role as it was read now, its users included.
	Snapshot *role.Snapshot
	// Changes led to this reconcile. They may come in any order, and more than once.
	Changes []Change
	// Others are versions of the functions that refused calls name, as the index has them, whatever role they use.
	Others []role.Function
	// Reach gives what the graph of the account says of the role, nil where there is none; a nil Reach is one that gives nil. Unreached is
	// what is missing where the graph cannot be read.
	Reach     func() *reach.View
	Unreached *role.Gap
	// Texts are policy texts by their hash: those that Wanted names, less any that are not kept.
	Texts map[string]string
	// Acts are what people decided about findings of the role.
	Acts []finding.Act
	// ReadAt is when reading the snapshot began; zero is Now. Now is the time of the reconcile.
	ReadAt, Now time.Time
}

// Decision is what is to be done.
type Decision struct {
	Outcome Outcome
	// Scope is the role's scope, with what is missing where it is unknown; unknown for a snapshot that is stale.
	Scope Scope
	// Next is the state to commit, with the revision of the state before; zero unless the outcome commits.
	Next finding.State
	// Transitions are to be reported, and Thread is when the first of the findings that they belong with was opened.
	Transitions []finding.Transition
	Thread      time.Time
	// Acts are what became of acts that are new.
	Acts []finding.ActNews
	// Causes are the earlier and present changes that findings which were opened or changed name as their causes.
	Causes []finding.Change
	// Judgement is what the checks say, and what exceptions leave of it; zero for a role that was not judged.
	Judgement inforce.Judgement
	// ConfirmAt is when a confirming reconcile is due that nobody scheduled yet; zero when none is.
	ConfirmAt time.Time
	// Texts are the policy texts that are to be saved, so that later decisions know what a part was before it was edited.
	Texts []string
	// StaleTo is the change that the snapshot does not show yet, where the outcome is Stale.
	StaleTo *Change
}

// Needless reports whether a role need not be read at all: because a confirming reconcile is due later than this one, or
// because the snapshot at hand, taken at readAt, is older than the last reconcile. ReadAt is zero where there is none.
func Needless(before finding.State, confirming bool, readAt, now time.Time) (Outcome, bool) {
	switch {
	case confirming && before.ConfirmAt.After(now):
		return NotDue, true
	case !readAt.IsZero() && !before.LookedAt.Before(readAt):
		return Superseded, true
	}
	return 0, false
}

// Observed is an input with what its snapshot shows of each part. The users of the role, and the texts that Wanted names, may
// be added to it later: a snapshot that is stale needs neither.
type Observed struct {
	Input
	seen observation
	// parts are what is remembered of the parts, once the changes are taken into account.
	parts map[role.Part]finding.PartState
}

// Observe is the first step of a decision.
func Observe(in Input) *Observed {
	in.Changes = Distinct(in.Changes)
	seen := observe(in.Snapshot)
	for i, c := range in.Changes {
		if in.Changes[i] = c.of(in.Snapshot.Ref); in.Changes[i].isOfPolicy() {
			in.Changes[i].place(seen, &in.Before)
		}
	}
	return &Observed{Input: in, seen: seen, parts: remember(in.Before, seen, in.Changes, in.Now)}
}

// StaleTo is the change that the snapshot does not show yet; nil where it shows them all.
func (o *Observed) StaleTo() *Change {
	for i := range o.Changes {
		if c := &o.Changes[i]; c.stale(o.Now, &o.Before, &o.seen) && !o.superseded(c) {
			return c
		}
	}
	return nil
}

// superseded reports whether the snapshot shows a later change of the same part: what the earlier one did is over.
func (o *Observed) superseded(earlier *Change) bool {
	seen, there := o.seen.parts[earlier.Part]
	return slices.ContainsFunc(o.Changes, func(c Change) bool {
		return c.EventID != earlier.EventID && c.Part == earlier.Part && c.Effect != "" && !c.Time.Before(earlier.Time) && c.shows(seen, there)
	})
}

// Decide decides. To decide on the same input again, once the next state was committed, reports nothing new.
func Decide(in Input, settings *Settings) Decision { return Observe(in).Decide(settings) }

// Decide is the second step of a decision.
func (o *Observed) Decide(settings *Settings) Decision {
	if c := o.StaleTo(); c != nil {
		return Decision{Outcome: Stale, StaleTo: c}
	}
	r := reconciling{Observed: o, settings: settings}
	r.observed()
	switch {
	case r.scope.Answer == ScopeUnknown:
		return Decision{Outcome: AwaitsSweep, Scope: r.scope}
	case r.scope.Answer == OutOfScope && r.Before.Revision == 0:
		return Decision{Outcome: NotInScope, Scope: r.scope}
	case r.scope.Answer == InScope:
		r.judge()
	}
	r.compare()
	return r.decision()
}

// reconciling is one decision in the making.
type reconciling struct {
	*Observed
	settings *Settings
	next     finding.State
	// unused says that no function uses the role.
	unused      bool
	scope       Scope
	judgement   inforce.Judgement
	transitions []finding.Transition
	acts        []finding.ActNews
	thread      time.Time
	// due is when a finding is to be looked at again although nothing changes; zero when none is.
	due time.Time
}

// observed takes what was read into the next state, and decides whether the role is in scope.
func (r *reconciling) observed() {
	before, now := &r.Before, r.Now
	r.next = *before
	next := &r.next
	next.Parts, next.Unread = r.parts, r.seen.unknown
	next.Schema, next.Catalogue, next.ARN = finding.Schema, r.settings.catalogue, r.Snapshot.ARN()
	if next.LookedAt = r.ReadAt; next.LookedAt.IsZero() {
		next.LookedAt = now
	}
	if r.Snapshot.Exists() == role.Absent && before.ARN != "" {
		next.ARN = before.ARN
	}
	next.Refusals = r.refusals()
	for _, c := range r.Changes {
		if c.Time.After(next.Newest) && c.Time.Before(now.Add(clockSkew)) {
			next.Newest = c.Time
		}
	}
	if id, ok := r.Snapshot.Identity.Get(); ok {
		if before.RoleID != "" && id.ID != "" && id.ID != before.RoleID {
			next.RecreatedAt = id.Created.Or(now)
		}
		next.RoleID = id.ID
	}
	next.Exists = r.Snapshot.Exists() == role.Known || r.Snapshot.Exists() == role.Unknown && before.Exists
	next.Deleted = r.deleted()
	may, missing := lambdaMayAssume(r.Snapshot, now)
	next.Operates = r.operates()
	r.unused = r.Snapshot.Users.Complete && len(r.Snapshot.Users.List) == 0 && len(next.Operates) == 0
	next.LambdaCouldAssume = may == policy.True || before.LambdaCouldAssume && !(r.unused && may == policy.False)
	memory := MemoryOf(next)
	memory.Observed = before.Revision > 0
	r.scope = scopeOf(r.Snapshot, memory, may, missing)
	if r.scope.Answer == ScopeUnknown && (slices.ContainsFunc(before.Refusals, r.succeededSince) || r.tookSuccess()) {
		// The refused call that took the role into scope was made good: its finding is over, whatever else is unknown.
		r.scope = Scope{Answer: InScope}
	}
}

// operates are the ARNs of the capacity providers of which the role is the operator role, or was when they were last known.
func (r *reconciling) operates() []string {
	providers := r.Snapshot.Users.Providers
	out := slices.DeleteFunc(slices.Clone(r.Before.Operates), func(arn string) bool { return !providers.MayHave(arn) })
	for _, p := range providers.List {
		out = append(out, p.ARN)
	}
	slices.Sort(out)
	return out
}

// tookSuccess reports whether the state before has taken in one of the calls that now show that Lambda accepted something.
func (r *reconciling) tookSuccess() bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool {
		return c.Success && slices.ContainsFunc(r.Before.Changes, func(old finding.Change) bool { return old.EventID == c.EventID })
	})
}

// judge runs the checks.
func (r *reconciling) judge() {
	before := &r.Before
	subject := &check.Subject{
		Role: r.Snapshot, Now: r.Now, Refusals: r.next.Refusals, Changes: editors(r.next.Parts), Parameters: r.settings.parameters,
		Before: check.Before{
			Looked: before.Revision > 0, LambdaCouldAssume: before.LambdaCouldAssume, Operator: len(r.next.Operates) > len(r.Snapshot.Users.Providers.List), RoleID: before.RoleID, RecreatedAt: r.next.RecreatedAt,
			Parts: r.settings.texts.formerParts(r.next.Parts, r.Texts),
		},
	}
	if r.Reach != nil {
		subject.Reach = r.Reach()
	}
	r.judgement = r.settings.judge(subject)
	r.withoutGraph()
}

// withoutGraph keeps, where the graph of the account cannot be read, the findings of the checks that read it. What one of them finds of a
// role of which it had found nothing stands: the role alone is enough for it.
func (r *reconciling) withoutGraph() {
	if r.Unreached == nil {
		return
	}
	had := map[string]bool{}
	for _, f := range r.Before.Findings {
		had[f.Check] = true
	}
	for _, c := range r.settings.checks {
		if slices.Contains(c.Reads, check.AccountGraph) {
			r.judgement.Result.Undecided = append(r.judgement.Result.Undecided, check.Undecided{Check: c, Missing: []role.Gap{*r.Unreached}})
		}
	}
	slices.SortStableFunc(r.judgement.Result.Undecided, func(a, b check.Undecided) int { return strings.Compare(a.Check.ID, b.Check.ID) })
	r.judgement.Result.Diagnostics = slices.DeleteFunc(r.judgement.Result.Diagnostics, func(d check.Diagnostic) bool {
		return had[d.Check.ID] && slices.Contains(d.Check.Reads, check.AccountGraph)
	})
}
