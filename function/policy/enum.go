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

// kindWords are what the kinds of document are called: their names, what messages about the grammar call a policy of the kind,
// and, where that differs, the abbreviation that people know it by. A trust policy counts as a resource policy where kinds
// combine, and the policy of a VPC endpoint is a resource policy as a document.
var kindWords = [...]struct{ name, noun, short string }{
	Identity: {name: combine.Identity.String(), noun: "an identity policy"},
	Trust:    {name: "trust", noun: "a trust policy"},
	Resource: {name: combine.Resource.String(), noun: "a resource policy"},
	Boundary: {name: combine.Boundary.String(), noun: "a permissions boundary"},
	Session:  {name: combine.Session.String(), noun: "a session policy"},
	SCP:      {combine.SCP.String(), "a service control policy", "an SCP"},
	RCP:      {combine.RCP.String(), "a resource control policy", "an RCP"},
}

// Kinds gives all kinds of document, in the order in which they are listed for people.
func Kinds() []Kind { return []Kind{Identity, Trust, Resource, Boundary, Session, SCP, RCP} }

// String is the kind's name in the reasons of verdicts: "identity", "trust", "scp".
func (k Kind) String() string {
	if !k.isValid() {
		return wordFor(nil, int(k), "Kind")
	}
	return kindWords[k].name
}

// Short is what messages call a policy of the kind in short, with its article: "a trust policy", "an SCP".
func (k Kind) Short() string {
	if k.isValid() && kindWords[k].short != "" {
		return kindWords[k].short
	}
	return k.noun()
}

// noun is what messages call a policy of the kind, with its article.
func (k Kind) noun() string {
	if !k.isValid() {
		k = Identity
	}
	return kindWords[k].noun
}

func (k Kind) isValid() bool { return 0 <= k && int(k) < len(kindWords) }

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
