package policy

import (
	"strconv"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// wordFor gives the word for a value of an enumeration, and what Go would call one that is out of range: "Decision(9)".
func wordFor(words []string, value int, name string) string {
	if value < 0 || value >= len(words) {
		return name + "(" + strconv.Itoa(value) + ")"
	}
	return words[value]
}

// kindWords are the names of the kinds of document. A trust policy counts as a resource policy where kinds combine, and the policy
// of a VPC endpoint is a resource policy as a document.
var kindWords = [...]string{
	Identity: combine.Identity.String(), Trust: "trust", Resource: combine.Resource.String(), Boundary: combine.Boundary.String(),
	Session: combine.Session.String(), SCP: combine.SCP.String(), RCP: combine.RCP.String(),
}

// Kinds gives all kinds of document, in the order in which they are listed for people.
func Kinds() []Kind { return []Kind{Identity, Trust, Resource, Boundary, Session, SCP, RCP} }

// String is the kind's name in the reasons of verdicts: "identity", "trust", "scp".
func (k Kind) String() string {
	return wordFor(kindWords[:], int(k), "Kind")
}

// String is the effect as a policy spells it, and "none" for NoEffect.
func (e Effect) String() string { return wordFor([]string{"none", "Allow", "Deny"}, int(e), "Effect") }

// String is the decision's word in the output of rolewatch: "allowed", "implicitDeny", "explicitDeny", "unknown".
func (d Decision) String() string {
	return wordFor([]string{"implicitDeny", "explicitDeny", "allowed", "unknown"}, int(d), "Decision")
}

// String is "absent", "present", "unknown", "oneOf", "prefixed" or "qualified".
func (p Presence) String() string {
	return wordFor([]string{"absent", "present", "unknown", "oneOf", "prefixed", "qualified"}, int(p), "Presence")
}

// String is "false", "true" or "undecided".
func (t Truth) String() string {
	return wordFor([]string{"false", "true", "undecided"}, int(t), "Truth")
}

// String is the reason in a word: "denied", for example.
func (i Idle) String() string {
	return wordFor([]string{"not idle", "does not apply", "denied", "limits", "unsettled", "not enough"}, int(i), "Idle")
}

// String is how a part fails to match, in words: "condition unmet", for example.
func (k MismatchKind) String() string {
	return wordFor([]string{
		"effect missing", "element missing", "element mismatch", "element exempt", "element uncertain", "NotPrincipal in an Allow", "condition unmet",
		"condition uncertain",
	}, int(k), "MismatchKind")
}
