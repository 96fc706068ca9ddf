package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/policy"
)

// answers are decisions for people.
var answers = map[policy.Decision]string{
	policy.Allowed: "allowed", policy.ImplicitDeny: "denied, as nothing allows it", policy.ExplicitDeny: "denied explicitly",
	policy.Unknown: "unknown",
}

// blocks say what a name in BlockedBy means where nothing denies.
var blocks = map[string]string{
	"identity": "no identity policy allows it", "resource": "the resource's policy does not allow it",
	"boundary": "a permissions boundary does not allow it", "session": "the session policy does not allow it",
	"endpoint": "the VPC endpoint's policy does not allow it", "scp": "a level of the organization has no SCP that allows it",
	"rcp": "the organization's RCPs do not allow it", "protected": "AWS lets nobody do this",
}

// explain tells people an answer: the statements that decided, and what about the others did not match.
func explain(name string, r policy.Request, set policy.Set, v policy.Verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n  %s\n", message.Line(name), answers[v.Decision], asked(r))
	if v.Decision == policy.ImplicitDeny {
		for _, kind := range v.BlockedBy {
			fmt.Fprintf(&b, "  %s: %s\n", kind, blocks[kind])
		}
	}
	if len(v.UnknownKeys) > 0 {
		fmt.Fprintf(&b, "  it hangs on %s\n", message.Line(values(v.UnknownKeys)))
	}
	if v.Decision == policy.Allowed && len(v.Statements) == 0 {
		b.WriteString("  it needs no statement that allows it\n")
	}
	for _, s := range v.Statements {
		verb := "by"
		if v.Decision == policy.Unknown {
			verb = "perhaps by"
		}
		fmt.Fprintf(&b, "  %s %s\n%s", verb, called(s.Policy, s.Document, s.Statement), indented(s.Document.Text(s.Statement.Span), 6))
	}
	for _, p := range partsOf(set) {
		explainOthers(&b, p, r, v)
	}
	return b.String()
}

// explainOthers tells of a policy's statements that did not decide, and of its faults.
func explainOthers(b *strings.Builder, p policy.Part, r policy.Request, v policy.Verdict) {
	d := p.Document
	for i := range d.Statements {
		s := &d.Statements[i]
		if slices.ContainsFunc(v.Statements, func(ref policy.StatementRef) bool { return ref.Statement == s }) {
			continue
		}
		why := mismatches(d, i, r)
		if len(why) == 0 {
			why = []string{idle(p, s, v)}
		}
		fmt.Fprintf(b, "  not by %s\n      %s\n", called(p.Name, d, s), strings.Join(why, "\n      "))
	}
	if len(d.Violations) > 0 {
		fmt.Fprintf(b, "  %s breaks the grammar: %s\n", p.Name, message.Line(d.Violations[0].Error()))
	}
	if more := len(d.Violations) - 1; more > 0 {
		fmt.Fprintf(b, "      and %s more\n", count(more, "time"))
	}
}

// idle says why a statement that matches did not decide. A deny that matches always does, if its policy has a say.
func idle(p policy.Part, s *policy.Statement, v policy.Verdict) string {
	limits := p.Document.Kind >= policy.Boundary || strings.HasPrefix(p.Name, "endpoint")
	switch {
	case s.Effect == policy.Deny:
		return "it matches, but such policies have no say in this request"
	case v.Decision == policy.ExplicitDeny:
		return "it matches, but a deny wins"
	case limits:
		return "it matches, and leaves standing what is allowed elsewhere"
	case v.Decision == policy.Unknown:
		return "it matches, but does not settle the answer"
	}
	return "it matches, but is not enough"
}

// partsOf gives all policies of a set.
func partsOf(set policy.Set) []policy.Part {
	all := slices.Clone(set.Identity)
	if set.Resource != nil {
		all = append(all, *set.Resource)
	}
	all = append(all, set.Boundaries...)
	if set.Session != nil {
		all = append(all, *set.Session)
	}
	return slices.Concat(all, set.Endpoint, slices.Concat(set.SCPs...), slices.Concat(set.RCPs...))
}

// asked says a request in a line.
func asked(r policy.Request) string {
	text := fmt.Sprintf("%s, %s on %s", r.Principal, r.Action, r.Resource)
	if r.ResourceAccount != "" {
		text += " of account " + r.ResourceAccount
	}
	return message.Line(text)
}

// called names a statement: its policy, number, Sid, effect and line.
func called(name string, d *policy.Document, s *policy.Statement) string {
	text := fmt.Sprintf("%s, statement %d", name, s.Index)
	if s.Sid != "" {
		text += fmt.Sprintf(" %q", s.Sid)
	}
	if effect := effects[s.Effect]; effect != "" {
		text += ", " + effect
	}
	line := 1 + strings.Count(d.Text(policy.Span{End: s.Span.Start}), "\n")
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
