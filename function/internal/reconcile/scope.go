package reconcile

import (
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Scope says whether a role is in scope, and so judged.
type Scope struct {
	Answer ScopeAnswer
	// Missing names, where the answer is ScopeUnknown, the inputs that would decide it: "trust policy: iam:GetRole was
	// denied", or why not every function is known.
	Missing []role.Gap
}

// ScopeAnswer is one of three answers.
type ScopeAnswer int

// The answers. The zero value is ScopeUnknown, so that a role that nobody asked about is not taken for one out of scope.
const (
	ScopeUnknown ScopeAnswer = iota
	InScope
	OutOfScope
)

// Memory is what is remembered of a role, as far as its scope depends on it. The zero value is "nothing".
type Memory struct {
	// Observed says that the role was observed before.
	Observed bool
	// LambdaCouldAssume says that the trust policy allowed Lambda when the role was last observed with a known one.
	LambdaCouldAssume bool
	// Operator says that it is the operator role of a capacity provider, or was when those were last known.
	Operator bool
	// Refused says that a call which Lambda refused named the role, and that no later call succeeded.
	Refused bool
}

// MemoryOf is what a state remembers of a role.
func MemoryOf(s *finding.State) Memory {
	return Memory{Observed: s.Revision > 0, LambdaCouldAssume: s.LambdaCouldAssume, Operator: len(s.Operates) > 0, Refused: len(s.Refusals) > 0}
}

// KeepsInScope reports whether a role is in scope by what is remembered of it alone, whatever it is now.
func (m Memory) KeepsInScope() bool { return m.Operator || m.Refused || m.LambdaCouldAssume }

// ScopeOf is in for a role that some function version or capacity provider uses, that Lambda may assume now or could before, or that
// a refused call named. It is out for a role that is none of that as far as all functions and the trust policy show, and for one that
// was observed before and has been deleted. Capacity providers that are not known do not make the answer unknown: where they cannot
// be listed, that would be every role of the account that does not trust Lambda.
func ScopeOf(snapshot *role.Snapshot, memory Memory, now time.Time) Scope {
	if inWhateverTheTrust(snapshot, memory) {
		return Scope{Answer: InScope}
	}
	may, missing := lambdaMayAssume(snapshot, now)
	return scopeOf(snapshot, memory, may, missing)
}

// inWhateverTheTrust reports whether a role is in scope whatever its trust policy says.
func inWhateverTheTrust(snapshot *role.Snapshot, memory Memory) bool {
	return len(snapshot.Users.List) > 0 || len(snapshot.Users.Providers.List) > 0 || memory.KeepsInScope()
}

// scopeOf is ScopeOf, given what the trust policy says.
func scopeOf(snapshot *role.Snapshot, memory Memory, may policy.Truth, missing role.Gap) Scope {
	switch {
	case may == policy.True, inWhateverTheTrust(snapshot, memory):
		return Scope{Answer: InScope}
	case snapshot.Users.Complete && may == policy.False, memory.Observed && snapshot.Exists() == role.Absent:
		return Scope{Answer: OutOfScope}
	}
	s := Scope{}
	if may == policy.Undecided {
		s.Missing = append(s.Missing, missing)
	}
	if !snapshot.Users.Complete {
		s.Missing = append(s.Missing, role.UnreadGap("", snapshot.Users.Why))
	}
	return s
}

// lambdaMayAssume reports whether the trust policy may allow Lambda for some function. Where the policy was not read, or
// is not a JSON object, it is undecided, and missing says why.
func lambdaMayAssume(snapshot *role.Snapshot, now time.Time) (may policy.Truth, missing role.Gap) {
	const name = "trust policy"
	trust, ok := snapshot.Trust.Get()
	switch {
	case !ok && snapshot.Trust.State() == role.Absent:
		return policy.False, role.Gap{}
	case !ok:
		return policy.Undecided, snapshot.Trust.Gap(name).InPolicy(role.PartTrust)
	case trust.Document == nil:
		return policy.Undecided, trust.Gap(name).InPolicy(role.PartTrust)
	}
	switch policy.LambdaCanAssume(trust.AsPart(), nil, snapshot.ARN(), snapshot.KnownTags(), "", now).Decision {
	case policy.Allowed, policy.Unknown:
		return policy.True, role.Gap{}
	}
	return policy.False, role.Gap{}
}
