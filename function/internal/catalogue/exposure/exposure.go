// Package exposure holds the checks for who else can assume a role or use its functions.
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

// asker is a group of visitors who can be anyone, and what they ask for.
type asker struct {
	who   []ask.Visitor
	visit ask.Visit
}

// samlEndpoint is what the sign-in endpoints look like to which each SAML assertion for AWS is sent, which is what saml:aud holds:
// https://docs.aws.amazon.com/general/latest/gr/signin-service.html
const samlEndpoint = "https://*signin.*/saml"

// askers are a user of an account that nobody has named, and, for the actions that take a token instead of credentials, a
// caller of whom nothing is known.
func askers(p *check.Pass, g gate) []asker {
	others, _ := strangers(p, "", g.Gate)
	anonymous := []ask.Visitor{ask.Outside("*")}
	return []asker{
		{ordinary(g.Gate, others), ask.Visit{Action: assumeRole, Context: call()}},
		{anonymous, ask.Visit{Action: withToken}},
		{anonymous, ask.Visit{
			Action: "sts:AssumeRoleWithSAML", Chosen: func(key string) bool { return key == "saml:aud" }, Like: map[string]string{"saml:aud": samlEndpoint},
		}},
	}
}

// anyone evaluates requests of strangers: what a stranger can do, everyone can do.
func anyone(p *check.Pass) {
	g, ok := gateOf(p)
	if !ok || !g.NamesEverybody() {
		return
	}
	var evidence []check.Evidence
	var refs []policy.StatementRef
	var missing []role.Gap
	for _, one := range askers(p, g) {
		a := g.AskFromAnywhere(one.who, one.visit)
		switch a.Decision {
		case policy.Allowed:
			for _, ref := range a.Verdict.Statements {
				if ref.Policy == g.Policy() {
					evidence, refs = note(evidence, refs, ref, one.visit.Action)
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
			Detail: fmt.Sprintf("The trust policy of %s allows principals of any AWS account to assume the role. No condition and no other "+
				"statement restricts this to principals that you trust.%s", p.Role.Ref.Name, g.caveat),
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
		return depends(a, func(key string) string { return "whether a condition on " + key + " denies strangers the role" }, "")
	}
	for _, ref := range a.Verdict.Statements {
		out = append(out, role.Gap{What: "how AWS evaluates " + role.NameOf(ref).InWords(), SettledBy: role.SettledByWriting}.In(ref))
	}
	return out
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
		Why: "It allows " + action + " to every principal, and has no condition that a stranger does not meet.",
	}), append(refs, ref)
}

// fix removes everyone from the trust policy, and allows Lambda in addition to those who are named.
func fix(p *check.Pass, doc *policy.Document, refs []policy.StatementRef) check.Fix {
	out := check.Fix{Summary: "Remove everyone from the trust policy, and allow Lambda. If another principal has to assume the role, name that principal."}
	return withText(out, p.Role, without(p, doc, refs, func(one policy.Principal) bool { return one.Text == "*" }))
}
