package role

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Part names a piece of a role, or of what bears on it, that a change can touch and that evidence can blame. Its text is
// what messages, states and work items hold: "trust", "inline:NAME", a managed policy's ARN, "boundary", "role", "tags",
// "refusal", "function:ARN", "scp:ID", "rcp:ID". The zero value names nothing.
type Part string

// The parts that a role has one of. PartRefusal is what a call that Lambda refused counts as having touched.
const (
	PartTrust    Part = "trust"
	PartBoundary Part = "boundary"
	PartItself   Part = "role"
	PartTags     Part = "tags"
	PartRefusal  Part = "refusal"
)

// The lists of policies as a whole, where the list could not be read.
const (
	PartsInline   Part = inlinePrefix
	PartsAttached Part = "attached"
)

// The beginnings of the parts that have a name of their own.
const (
	inlinePrefix   = "inline:"
	functionPrefix = "function:"
	scpPrefix      = "scp:"
	rcpPrefix      = "rcp:"
)

// PartKind is a kind of part.
type PartKind int8

// The kinds. The zero value is that of a text that names no part.
const (
	NoPart PartKind = iota
	Trust
	Inline
	// Managed is a managed policy that is attached to the role.
	Managed
	Boundary
	// Itself is the role: its creation, its deletion and its ID.
	Itself
	Tags
	Refusal
	// OfFunction is the configuration, or the resource policy, of a function that uses the role.
	OfFunction
	SCP
	RCP
	// InlineList and AttachedList are the lists of policies as a whole.
	InlineList
	AttachedList
)

// InlinePart is the inline policy of a name.
func InlinePart(name string) Part { return Part(inlinePrefix + name) }

// ManagedPart is an attached managed policy.
func ManagedPart(arn string) Part { return Part(arn) }

// FunctionPart is a function, by its unqualified ARN.
func FunctionPart(arn string) Part { return Part(functionPrefix + arn) }

// SCPPart is the service control policy of an ID.
func SCPPart(id string) Part { return Part(scpPrefix + id) }

// RCPPart is the resource control policy of an ID.
func RCPPart(id string) Part { return Part(rcpPrefix + id) }

// ParsePart reads the name of a part. It fails on a text that names none, the empty one among them.
func ParsePart(text string) (Part, error) {
	if p := Part(text); p.Kind() != NoPart {
		return p, nil
	}
	return "", fmt.Errorf("%q is not a part of a role: not trust, boundary, role, tags, refusal, attached, an ARN, and not inline:, function:, scp: or rcp: with a name", text)
}

// UnmarshalText reads the name of a part as ParsePart does.
func (p *Part) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePart(string(text))
	return err
}

// Kind is the part's kind; NoPart for a text that names none.
func (p Part) Kind() PartKind {
	switch p {
	case PartTrust:
		return Trust
	case PartBoundary:
		return Boundary
	case PartItself:
		return Itself
	case PartTags:
		return Tags
	case PartRefusal:
		return Refusal
	case PartsInline:
		return InlineList
	case PartsAttached:
		return AttachedList
	}
	for _, named := range []struct {
		prefix string
		kind   PartKind
	}{{inlinePrefix, Inline}, {functionPrefix, OfFunction}, {scpPrefix, SCP}, {rcpPrefix, RCP}} {
		if name, ok := strings.CutPrefix(string(p), named.prefix); ok && name != "" {
			return named.kind
		}
	}
	if aws.IsARN(string(p)) {
		return Managed
	}
	return NoPart
}

// PartTexts are the texts of parts, in their order.
func PartTexts(parts []Part) []string {
	out := make([]string, 0, len(parts))
	for _, p := range parts {
		out = append(out, p.String())
	}
	return out
}

// PartsInWords names parts as InWords does, in their order.
func PartsInWords(parts []Part) []string {
	out := make([]string, 0, len(parts))
	for _, p := range parts {
		out = append(out, p.InWords())
	}
	return out
}

// String is the text of the part.
func (p Part) String() string { return string(p) }

// InWords names the part in a sentence, with an article: "the inline policy app", "the AWS managed policy PowerUserAccess". Of a
// managed policy it gives the name without the path.
func (p Part) InWords() string {
	switch p.Kind() {
	case Trust:
		return "the trust policy"
	case Boundary:
		return "the permissions boundary"
	case Inline:
		return "the inline policy " + strings.TrimPrefix(string(p), inlinePrefix)
	case Managed:
		name := string(p[strings.LastIndexByte(string(p), '/')+1:])
		if aws.IsAWSManagedPolicy(string(p)) {
			return "the AWS managed policy " + name
		}
		return "the managed policy " + name
	case SCP:
		return "the service control policy " + strings.TrimPrefix(string(p), scpPrefix)
	case RCP:
		return "the resource control policy " + strings.TrimPrefix(string(p), rcpPrefix)
	}
	return string(p)
}

// InlineName is the name of an inline policy, and whether the part is one.
func (p Part) InlineName() (name string, inline bool) { return p.named(Inline, inlinePrefix) }

// RCPID is the ID of a resource control policy, and whether the part is one.
func (p Part) RCPID() (id string, rcp bool) { return p.named(RCP, rcpPrefix) }

// FunctionARN is the ARN of a function, and whether the part is one.
func (p Part) FunctionARN() (arn string, function bool) { return p.named(OfFunction, functionPrefix) }

func (p Part) named(kind PartKind, prefix string) (string, bool) {
	if p.Kind() != kind {
		return "", false
	}
	return strings.TrimPrefix(string(p), prefix), true
}

// In reports whether the part is the other one, or is in the list of policies that the other one stands for.
func (p Part) In(other Part) bool {
	switch other {
	case PartsInline:
		return p.Kind() == Inline || p == other
	case PartsAttached:
		return p.Kind() == Managed || p == other
	}
	return p == other
}
