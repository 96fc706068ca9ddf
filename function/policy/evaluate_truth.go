package policy

import "github.com/rolewatch/rolewatch/function/policy/internal/combine"

// inTruth are the rules of combination for one request.
var inTruth = combine.Rules[Truth]{True: True, False: False, Undecided: Undecided, And: and, Or: or, Not: not}

// inCombination is what the kind of caller counts as where kinds of policy combine.
func (k callerKind) inCombination() combine.Caller {
	switch {
	case k < callerAccount:
		return combine.Outsider
	case k == callerAccount:
		return combine.Account
	}
	return combine.Member
}
