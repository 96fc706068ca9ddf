// Package exposure holds the checks for who else can get into a role.
package exposure

import (
	"fmt"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// assumeRole is the action by which principals of accounts assume a role.
const assumeRole = "sts:AssumeRole"

// asker is somebody who may be anybody, and the action that they take.
type asker struct {
	who    []ask.Visitor
	action string
	call   policy.Context
}

// askers are a user of an account that nobody has named, and, for the actions that take a token instead of credentials, a
// caller of whom nothing is known.
func askers(p *check.Pass, g gate) []asker {
	others, _ := strangers(p, "", g.Gate)
	anonymous := []ask.Visitor{ask.Outside("*")}
	return []asker{
		{ordinary(g.Gate, others), assumeRole, call()},
		{anonymous, "sts:AssumeRoleWithWebIdentity", policy.Context{}},
		{anonymous, "sts:AssumeRoleWithSAML", policy.Context{}},
	}
}

// anyone asks for somebody of whom nobody has heard: whatever that one may do, anybody may.
func anyone(p *check.Pass) {
	g, ok := gateOf(p)
	if !ok || !g.NamesEverybody() {
		return
	}
	var evidence []check.Evidence
	var refs []policy.StatementRef
	var missing []role.Gap
	for _, one := range askers(p, g) {
		a := g.AskFromAnywhere(one.who, ask.Visit{Action: one.action, Context: one.call})
		switch a.Decision {
		case policy.Allowed:
			for _, ref := range a.Verdict.Statements {
				if ref.Policy == g.Policy() {
					evidence, refs = note(evidence, refs, ref, one.action)
				}
			}
		case policy.Unknown:
			missing = append(missing, unknownOf(a)...)
		}
	}
	switch {
	case len(evidence) > 0:
		p.Report(check.Diagnostic{
			Functions: p.Role.Users.List,
			Title:     "Anyone can assume " + p.Role.Ref.Name,
			Detail: fmt.Sprintf("The trust policy of %s lets principals of any AWS account assume it: no condition, and no other statement, keeps "+
				"strangers out.%s", p.Role.Ref.Name, g.caveat),
			Evidence: evidence,
			Fix:      fix(p, g.Document(), refs),
		})
	case len(missing) > 0:
		p.Undecided("", role.DistinctGaps(missing)...)
	}
}

// unknownOf says what an answer depends on of which nothing is known.
func unknownOf(a ask.Passage) (out []role.Gap) {
	if a.Exceeded || len(a.Verdict.UnknownKeys) > 0 {
		return depends(a, func(key string) string { return "whether " + key + " denies strangers the role" }, "")
	}
	for _, ref := range a.Verdict.Statements {
		what := fmt.Sprintf("%s: how AWS reads statement %d", called(ref.Policy), ref.Statement.Index)
		out = append(out, role.Gap{What: what, SettledBy: role.SettledByWriting}.In(ref))
	}
	return out
}

// called is a policy's name in a sentence.
func called(policy string) string {
	if policy == role.PartTrust.String() {
		return "trust policy"
	}
	return policy
}

// note adds a statement once.
func note(evidence []check.Evidence, refs []policy.StatementRef, ref policy.StatementRef, action string) ([]check.Evidence, []policy.StatementRef) {
	for _, one := range refs {
		if one.Statement.Index == ref.Statement.Index {
			return evidence, refs
		}
	}
	s := ref.Statement
	return append(evidence, check.Evidence{
		Policy: ref.Policy, Statement: s.Index, Sid: s.Sid, Text: ref.Document.Text(s.Span),
		Why: "It allows " + action + " to every principal, under no condition that a stranger would fail.",
	}), append(refs, ref)
}

// fix takes everybody out, and lets Lambda in beside those who are named.
func fix(p *check.Pass, doc *policy.Document, refs []policy.StatementRef) check.Fix {
	out := check.Fix{Summary: "Take everyone out of the trust policy, and let Lambda in. If somebody else is meant, name that principal instead."}
	return withText(out, p.Role, without(p, doc, refs, func(one policy.Principal) bool { return one.Text == "*" }))
}
