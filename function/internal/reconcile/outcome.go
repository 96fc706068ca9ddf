package reconcile

// Outcome is what one reconcile of a role came to.
type Outcome int

// The outcomes. The first three are of a decision that is to be committed.
const (
	// Reported has transitions that people are sent.
	Reported Outcome = iota + 1
	// Pending has a finding that a deployment in progress could explain, and nothing to send.
	Pending
	// Unchanged has nothing to send.
	Unchanged
	// NotInScope is a role out of scope that was never committed, nor is now.
	NotInScope
	// AwaitsSweep is a role that may be in scope: a sweep will tell.
	AwaitsSweep
	// NotDue is a confirming reconcile that is needless, because a later one is due.
	NotDue
	// Superseded is a snapshot that was taken before the role's last reconcile.
	Superseded
	// Stale is a snapshot older than a change that led to the reconcile: IAM's reads lag behind its writes.
	Stale
	// Conflict is a decision that could not be committed, because somebody else committed first.
	Conflict
	// AwaitsLookup is a role that changed without a record: it is decided once CloudTrail was asked who changed it.
	AwaitsLookup
)

// String is the outcome's word in logs and in the metric Looks.
func (o Outcome) String() string {
	switch o {
	case Reported:
		return "told"
	case Pending:
		return "pending"
	case Unchanged:
		return "unchanged"
	case NotInScope:
		return "outOfScope"
	case AwaitsSweep:
		return "waitsForSweep"
	case AwaitsLookup:
		return "waitsForLookup"
	case NotDue:
		return "confirmedLater"
	case Superseded:
		return "lookedAtSince"
	case Stale:
		return "stale"
	case Conflict:
		return "conflict"
	}
	return "none"
}

// Commits reports whether the decision has a next state, which is to be committed.
func (o Outcome) Commits() bool { return o == Reported || o == Pending || o == Unchanged }
