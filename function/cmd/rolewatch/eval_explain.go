package main

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// answers are decisions in words.
var answers = map[policy.Decision]string{
	policy.Allowed: "allowed", policy.ImplicitDeny: "denied, because nothing allows it", policy.ExplicitDeny: "explicitly denied",
	policy.Unknown: "unknown",
}

// blocks say what a name in BlockedBy means where nothing denies.
var blocks = map[string]string{
	"identity": "no identity policy allows it", "resource": "the resource-based policy does not allow it",
	"boundary": "a permissions boundary does not allow it", "session": "the session policy does not allow it",
	"endpoint": "the VPC endpoint policy does not allow it", "scp": "a level of the organization has no SCP that allows it",
	"rcp": "the organization's RCPs do not allow it", "protected": "AWS does not allow anyone to do this",
}

// idles say why a statement that matches did not decide.
var idles = map[policy.Idle]string{
	policy.IdleNoSay: "it matches, but policies of this kind do not apply to this request", policy.IdleDenied: "it matches, but an explicit deny overrides it",
	policy.IdleLimit: "it matches, but its policy only limits what other policies allow", policy.IdleUnsettled: "it matches, but does not decide the request",
	policy.IdleNotEnough: "it matches, but is not sufficient",
}

// explain describes an answer: the statements that decided, and what about the others did not match.
func explain(name string, e policy.Explanation) string {
	v := e.Verdict
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n  %s\n", message.Line(name), answers[v.Decision], asked(e.Request))
	if v.Decision == policy.ImplicitDeny {
		for _, kind := range v.BlockedBy {
			fmt.Fprintf(&b, "  %s: %s\n", kind, blocks[kind])
		}
	}
	if len(v.UnknownKeys) > 0 {
		fmt.Fprintf(&b, "  it depends on %s\n", message.Line(values(v.UnknownKeys)))
	}
	if v.Decision == policy.Allowed && len(v.Statements) == 0 {
		b.WriteString("  no statement is needed to allow it\n")
	}
	for _, s := range v.Statements {
		verb := "by"
		if v.Decision == policy.Unknown {
			verb = "perhaps by"
		}
		fmt.Fprintf(&b, "  %s %s\n%s", verb, called(s.Policy, s.Document, s.Statement), indented(s.Document.Text(s.Statement.Span), 6))
	}
	for _, p := range e.Policies {
		explainOthers(&b, p)
	}
	return b.String()
}

// explainOthers describes the statements of a policy that did not decide, and its faults.
func explainOthers(b *strings.Builder, p policy.PolicyExplanation) {
	for _, s := range p.Others {
		why := mismatchLines(s.Mismatches)
		if len(why) == 0 {
			why = []string{idles[s.Idle]}
		}
		fmt.Fprintf(b, "  not by %s\n      %s\n", called(s.Policy, s.Document, s.Statement), strings.Join(why, "\n      "))
	}
	if p.Document == nil {
		return
	}
	violations := p.Document.Violations
	if len(violations) > 0 {
		fmt.Fprintf(b, "  %s violates the policy grammar: %s\n", p.Name, message.Line(violations[0].Error()))
	}
	if more := len(violations) - 1; more > 0 {
		fmt.Fprintf(b, "      and %s more\n", words.Count(more, "violation"))
	}
}

// partsOf gives all policies of a set.
func partsOf(set policy.Set) []policy.Part { return set.Parts() }

// asked says a request in a line.
func asked(r policy.Request) string {
	text := fmt.Sprintf("%s, %s on %s", r.Principal, r.Action, r.Resource)
	if r.ResourceAccount != "" {
		text += " in account " + r.ResourceAccount
	}
	return message.Line(text)
}

// called names a statement: its policy, its Sid or place, its effect and line.
func called(name string, d *policy.Document, s *policy.Statement) string {
	text := name + ", " + role.StatementName{Statement: s.Index, Sid: s.Sid}.Called()
	if effect := effects[s.Effect]; effect != "" {
		text += ", " + effect
	}
	line, _ := words.Place(d.Text(policy.Span{End: s.Span.Start}), s.Span.Start)
	return message.Line(fmt.Sprintf("%s, line %d", text, line))
}

// indented sets a piece of a document that many columns to the right.
func indented(text string, columns int) string {
	var b strings.Builder
	for line := range strings.Lines(message.Statement(text)) {
		b.WriteString(strings.Repeat(" ", columns) + strings.TrimSuffix(line, "\n") + "\n")
	}
	return b.String()
}
