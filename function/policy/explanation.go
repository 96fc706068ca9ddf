package policy

import (
	"slices"
	"strings"
)

// Explanation says why a request is answered as it is: the verdict with the statements that decided, and for every other
// statement what about it does not match, or why it has no part in the answer.
type Explanation struct {
	Request Request
	Verdict Verdict
	// Policies are all policies of the set: identity, resource, boundaries, session, endpoint, SCPs, RCPs.
	Policies []PolicyExplanation
}

// PolicyExplanation is one policy's part in an answer. A policy that was not read has no Document and no statements.
type PolicyExplanation struct {
	Part
	// Others are the statements that did not decide, in the order of the document.
	Others []StatementExplanation
}

// StatementExplanation says why a statement did not decide.
type StatementExplanation struct {
	StatementRef
	// Index counts from 0 in the document.
	Index int
	// Mismatches are what does not match the request, or of what that is not known. Where there are none, the statement
	// matches, and Idle says why it did not decide.
	Mismatches []Mismatch
	Idle       Idle
}

// Idle says why a statement that matches did not decide.
type Idle int

// The reasons. NotIdle is that of a statement that does not match.
const (
	NotIdle Idle = iota
	// IdleNoSay is a deny in a policy of a kind that does not apply to the request, such as an SCP and a service.
	IdleNoSay
	// IdleDenied is an allow where another statement denies.
	IdleDenied
	// IdleLimit is an allow in a policy that grants nothing itself: a boundary, a session or endpoint policy, an SCP.
	IdleLimit
	// IdleUnsettled is an allow that leaves the answer unknown.
	IdleUnsettled
	// IdleNotEnough is an allow that does not suffice alone.
	IdleNotEnough
)

// MismatchKind says how a part of a statement fails to match.
type MismatchKind int

// The ways. Those called Uncertain may match: it depends on what is not known of the request.
const (
	// EffectMissing is a statement whose Effect is missing or faulty: it never applies.
	EffectMissing MismatchKind = iota
	// ElementMissing is an element that the statement needs and does not have.
	ElementMissing
	// ElementMismatch is a Principal, Action or Resource that does not cover the request's.
	ElementMismatch
	// ElementExempt is a NotPrincipal, NotAction or NotResource that names the request's.
	ElementExempt
	// ElementUncertain is an element of which it is not known whether it covers the request's.
	ElementUncertain
	// NotPrincipalAllow is NotPrincipal in a statement that allows, which covers nobody.
	NotPrincipalAllow
	// ConditionUnmet is a condition that is not met.
	ConditionUnmet
	// ConditionUncertain is a condition of which it is not known whether it is met.
	ConditionUncertain
)

// Mismatch is one part of a statement that does not match a request, or of which that is not known.
type Mismatch struct {
	Kind MismatchKind
	// Element is the name in the document, as "NotAction". One that is missing has the name without Not.
	Element string
	// Requested is the request's principal, action or resource; empty for Effect and Condition.
	Requested string
	// Condition is the condition, and nil for another element. Presence is what the request knows of its key, and Values
	// are the request's.
	Condition *Condition
	Presence  Presence
	Values    []string
}

// Explain answers a request as Evaluate does, and says why.
func Explain(request Request, set Set) Explanation {
	e := Explanation{Request: request, Verdict: Evaluate(request, set)}
	granting := len(set.Identity)
	if set.Resource != nil {
		granting++
	}
	for i, p := range set.Parts() {
		// Identity and resource policies come first; all others only limit.
		e.Policies = append(e.Policies, PolicyExplanation{Part: p, Others: e.others(p, i >= granting)})
	}
	return e
}

// Parts gives all policies of a set: identity, resource, boundaries, session, endpoint, SCPs, RCPs.
func (s Set) Parts() []Part {
	all := slices.Clone(s.Identity)
	if s.Resource != nil {
		all = append(all, *s.Resource)
	}
	all = append(all, s.Boundaries...)
	if s.Session != nil {
		all = append(all, *s.Session)
	}
	return slices.Concat(all, s.Endpoint, slices.Concat(s.SCPs...), slices.Concat(s.RCPs...))
}

// others explains the statements of a policy that did not decide.
func (e *Explanation) others(p Part, limits bool) []StatementExplanation {
	if p.Document == nil {
		return nil
	}
	var out []StatementExplanation
	for i := range p.Document.Statements {
		s := &p.Document.Statements[i]
		if slices.ContainsFunc(e.Verdict.Statements, func(ref StatementRef) bool { return ref.Statement == s }) {
			continue
		}
		one := StatementExplanation{
			StatementRef: StatementRef{Policy: p.Name, Statement: s, Document: p.Document, Effect: s.Effect},
			Index:        i, Mismatches: p.Document.Mismatches(i, e.Request),
		}
		if len(one.Mismatches) == 0 {
			one.Idle = e.idle(s, limits)
		}
		out = append(out, one)
	}
	return out
}

// idle says why a statement that matches did not decide. A deny that matches always does, if its policy has a say.
func (e *Explanation) idle(s *Statement, limits bool) Idle {
	switch {
	case s.Effect == Deny:
		return IdleNoSay
	case e.Verdict.Decision == ExplicitDeny:
		return IdleDenied
	case limits:
		return IdleLimit
	case e.Verdict.Decision == Unknown:
		return IdleUnsettled
	}
	return IdleNotEnough
}

// Mismatches says what about the document's statement i, counted from 0, does not match a request, or of what that is
// not known; nothing where all of it matches. It judges every element, as Match does.
func (d *Document) Mismatches(i int, r Request) []Mismatch {
	m := d.Match(i, r)
	s := m.Statement
	if s == nil || s.Effect == NoEffect {
		return []Mismatch{{Kind: EffectMissing, Element: "Effect"}}
	}
	var out []Mismatch
	for _, e := range []struct {
		name     string
		truth    Truth
		has, not bool
		asked    string
	}{
		{"Principal", m.Principal, s.HasPrincipal, s.NotPrincipal, r.Principal},
		{"Action", m.Action, s.HasAction, s.NotAction, r.Action},
		{"Resource", m.Resource, s.HasResource, s.NotResource, r.Resource},
	} {
		if e.truth == True {
			continue
		}
		one := Mismatch{Kind: ElementMismatch, Element: e.name, Requested: e.asked}
		if e.not {
			one.Kind, one.Element = ElementExempt, "Not"+e.name
		}
		switch {
		case !e.has:
			one.Kind, one.Element = ElementMissing, e.name
		case e.truth == Undecided:
			one.Kind = ElementUncertain
		case one.Element == "NotPrincipal" && s.Effect == Allow:
			one.Kind = NotPrincipalAllow
		}
		out = append(out, one)
	}
	for _, c := range m.Conditions {
		if c.Truth == True {
			continue
		}
		one := Mismatch{
			Kind: ConditionUnmet, Element: "Condition", Condition: c.Condition, Presence: c.Presence,
			Values: r.Context.lookup(strings.ToLower(c.Condition.Key)).Values,
		}
		if c.Truth == Undecided {
			one.Kind = ConditionUncertain
		}
		out = append(out, one)
	}
	return out
}
