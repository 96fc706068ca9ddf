// Package policy is the AWS policy language: it parses policy documents without losing a byte, and evaluates
// requests against them in three values, with reasons. It knows no AWS client, no clock and no environment, and
// depends on nothing else in this project.
//
// The rules it follows are numbered; each Violation and each test names the rule that it rests on.
package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what a document is used as; it decides which elements belong in it.
type Kind int

// The kinds of policy.
const (
	Identity Kind = iota // attached to a user, group or role
	Trust                // a role's trust policy
	Resource             // any other resource's policy
	Boundary             // a permissions boundary
	Session              // passed to AssumeRole
	SCP                  // a service control policy
	RCP                  // a resource control policy
)

// Span is a half-open range of bytes in a document's source.
type Span struct{ Start, End int }

// Document is a parsed policy. It keeps its source: every element knows its span, and Source prints it back
// byte for byte. It is never changed after Parse and is safe for concurrent use.
type Document struct {
	Kind Kind
	// Version is "2012-10-17", "2008-10-17", or empty when the element is missing, which means the latter.
	Version string
	ID      string
	// Statements are in the order of the source; a single object counts as a list of one.
	Statements []Statement
	// Violations are all faults against the grammar. A faulty document is still evaluated.
	Violations []Violation

	src        string
	statements Span
	// byText takes every pattern of a resource for what its text says, also where rule 60 leaves it open whether it holds.
	byText bool
	// parsed is what Parse made the document in.
	parsed *parsed
}

// Source gives a copy of the document's text as it was parsed.
func (d *Document) Source() []byte { return []byte(d.src) }

// Text gives the source text of a span.
func (d *Document) Text(s Span) string {
	if s.Start < 0 || s.End > len(d.src) || s.Start > s.End {
		return ""
	}
	return d.src[s.Start:s.End]
}

// InTextOrder gives the places of the statements in the order of their texts: what is said of the first of several does not depend on where they
// stand then.
func (d *Document) InTextOrder() []int {
	all := make([]int, len(d.Statements))
	for i := range all {
		all[i] = i
	}
	slices.SortStableFunc(all, func(a, b int) int { return strings.Compare(d.Text(d.Statements[a].Span), d.Text(d.Statements[b].Span)) })
	return all
}

// Effect is a statement's effect.
type Effect int

// The effects. NoEffect is a missing or faulty one: the statement matches nothing.
const (
	NoEffect Effect = iota
	Allow
	Deny
)

// Statement is one statement. Of Action and NotAction (and the other pairs) at most one is set in a valid document.
type Statement struct {
	// Index counts from 0 in the document.
	Index  int
	Sid    string
	Effect Effect
	// Principals are nil when the element is absent; NotPrincipal says which of the two it was.
	Principals   []Principal
	HasPrincipal bool
	NotPrincipal bool

	Actions   []Value
	HasAction bool
	NotAction bool

	Resources   []Value
	HasResource bool
	NotResource bool

	Conditions []Condition
	// Span is the whole statement object; the others are the values of its elements, zero when absent.
	Span, SidSpan, PrincipalSpan, ActionSpan, ResourceSpan, ConditionSpan Span
}

// Value is a string (or, in conditions, a number or boolean as it was spelled) with its place.
type Value struct {
	Text string
	Span Span
}

// Principal is one value under Principal or NotPrincipal.
type Principal struct {
	// Type is "AWS", "Service", "Federated", "CanonicalUser", or "*" for the bare wildcard.
	Type string
	Value
}

// Condition is one operator applied to one key.
type Condition struct {
	// Operator and Key are as the document spells them. Both are empty where an operator or a key should stand and does
	// not; such a condition is never met.
	Operator, Key string
	Values        []Value
	// Span is from the key to the end of its values.
	Span Span
}

// Violation is one fault against the grammar.
type Violation struct {
	// Line and Column count from 1; Column counts bytes.
	Line, Column int
	Offset       int
	// Rule is the number of the rule broken or nearest to it, of those that package rules lists. It is 0 where the text is not
	// JSON, or exceeds a limit, and where no rule says more than the message.
	Rule int
	// Path names the element, as "Statement[1].Condition.StringEquals".
	Path    string
	Message string
	// WrongType is set where a value is of another JSON type than its element takes, as an object where text belongs.
	WrongType bool
}

// Error says where the fault is and what it is, and cites the rule that it breaks.
func (v Violation) Error() string { return v.placed() + Citations([]Violation{v})[0] }

func (v Violation) placed() string {
	return fmt.Sprintf("line %d, column %d: %s", v.Line, v.Column, v.Message)
}

// ParseError is every violation of one document.
type ParseError struct{ Violations []Violation }

// Part is one policy in force, under the name that evidence calls it by: "trust", "inline:NAME", a managed
// policy's ARN, "boundary", "scp:ID", "rcp:ID". A nil Document is a policy that was not read: unknown, not empty.
type Part struct {
	Name     string
	Document *Document
}

// Set is every policy that bears on a request. An empty list is "there is none"; what was not read says so. Validate tells
// which kinds of document belong where.
type Set struct {
	Identity   []Part
	Resource   *Part
	Boundaries []Part
	Session    *Part
	Endpoint   []Part
	// SCPs and RCPs hold a list for each level, from the root to the account. A nil slice is no organization.
	SCPs, RCPs [][]Part
	// Unread names whole kinds that were not read: "identity", "resource", "boundary", "session", "endpoint", "scp", "rcp".
	Unread []string
}

// Decision is an answer.
type Decision int

// The decisions. ImplicitDeny is the zero value.
const (
	ImplicitDeny Decision = iota
	ExplicitDeny
	Allowed
	Unknown
)

// Request is one question: may principal do action on resource, in this context?
type Request struct {
	// Principal is an ARN, a service name ("lambda.amazonaws.com"), an account ID, or "*" for anonymous.
	Principal string
	// Action is "service:Name".
	Action string
	// Resource is an ARN, or "*".
	Resource string
	// ResourceAccount is the account that owns the resource, where the ARN does not tell (S3).
	ResourceAccount string
	// FederatedBy is the ARN of the IAM user that called GetFederationToken, where the principal is the session of a
	// federated user ("arn:aws:sts::ACCOUNT:federated-user/NAME"), whose name says nothing about that user. The identity
	// policies and boundaries of the set are the user's. Without it, a resource policy that names a user of the account
	// may or may not reach the session.
	FederatedBy string
	Context     Context
}

// Presence says what is known of a context key.
type Presence int

// The presences.
const (
	KeyAbsent Presence = iota
	KeyPresent
	KeyUnknown
	// KeyOneOf is present with exactly one of the listed values, which is not known: a test that holds for all of
	// them is true, for none false, and otherwise unknown. A negated test on it is always unknown.
	KeyOneOf
	// KeyPrefixed is present with one value, of which only the beginning is known: Values[0].
	KeyPrefixed
	// KeyQualified is present with one value that is either Values[0] or Values[1] and more, Values[1] being
	// Values[0] with a colon: a Lambda function's ARN, with or without a version or alias. A test that Values[0]
	// meets is true, one that only a qualified form can meet is unknown, and a negated test is always unknown.
	KeyQualified
	// keyLike is present with one value that matches Values[0], a pattern as Probe.Like has it.
	keyLike
)

// ContextValue is what is known of one key.
type ContextValue struct {
	Presence Presence
	Values   []string
}

// Context is a request's condition keys by name. The case of a name does not matter: "aws:SourceIp" and "aws:sourceip"
// are one key. Lower case is found fastest, and wins where both are there. A key that is not in it is absent, unless
// RestUnknown says that every other key is unknown.
type Context struct {
	Keys map[string]ContextValue
	// AbsentPrefixes are what keys begin with that are absent ("aws:PrincipalTag/"), in any case; they win over RestUnknown.
	AbsentPrefixes []string
	// RestUnknown makes every key that is not listed unknown.
	RestUnknown bool

	// base holds keys that Keys does not; requests share it. neverSent, where it is set, reports keys, in lower case, that are
	// absent; it wins over RestUnknown.
	base      map[string]ContextValue
	neverSent func(key string) bool
	// folded says that Keys has no key but in lower case.
	folded bool
}

// StatementRef names a statement that decided.
type StatementRef struct {
	// Policy is the Part's name.
	Policy    string
	Statement *Statement
	Document  *Document
	Effect    Effect
}

// Verdict is an answer with its reasons. For Allowed, Statements are the allows that carried it; for ExplicitDeny
// the denies; for Unknown the statements that hang; for ImplicitDeny none.
type Verdict struct {
	Decision   Decision
	Statements []StatementRef
	// BlockedBy names the kinds of policy that did not allow: "identity", "resource", "boundary", "session",
	// "endpoint", "scp", "rcp", "protected". For Unknown it names "scp" and "rcp" where these stand in the way of a session
	// unless its role is service-linked; then UnknownKeys hold aws:PrincipalArn, which would tell.
	BlockedBy []string
	// UnknownKeys are the context keys (as the document spells them) and Unread the policies that the answer hung on.
	UnknownKeys []string
	Unread      []string
	// Err is set, and the decision Unknown, where Set.Validate refuses the set. Nothing else is set then.
	Err error
}
