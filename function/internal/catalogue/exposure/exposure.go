// Package exposure holds the checks for who else can get into a role.
package exposure

import (
	"fmt"
	"slices"
	"sync"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// stranger is a user of an account that nobody has heard of. Its call carries what every call of a user carries, and
// nothing that would have to be given to it: no organization, no tag, no external ID.
func stranger(roleARN string) policy.Request {
	const account, user = "999999999999", "rolewatch-probe"
	arn := aws.ARN{Partition: aws.PartitionOfARN(roleARN), Service: "iam", Account: account, Resource: "user/" + user}.String()
	value := func(v string) policy.ContextValue {
		return policy.ContextValue{Presence: policy.KeyPresent, Values: []string{v}}
	}
	return policy.Request{Principal: arn, Action: "sts:AssumeRole", Resource: roleARN, Context: policy.Context{Keys: map[string]policy.ContextValue{
		"aws:principalaccount": value(account), "aws:principalarn": value(arn), "aws:principaltype": value("User"), "aws:username": value(user),
		"aws:principalisawsservice": value("false"), "aws:viaawsservice": value("false"), "aws:securetransport": value("true"),
	}}}
}

// everything is what the strangers' own account allows them: that is theirs to say.
var everything = sync.OnceValue(func() []policy.Part {
	doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), policy.Identity)
	if err != nil {
		panic(err) // The text is a constant.
	}
	return []policy.Part{{Name: "stranger", Document: doc}}
})

// askers are those who may be anybody: somebody else's user, and, for the actions that take a token instead of
// credentials, a caller of whom nothing is known.
func askers(roleARN string) []policy.Request {
	return []policy.Request{
		stranger(roleARN),
		{Principal: "*", Action: "sts:AssumeRoleWithWebIdentity", Resource: roleARN},
		{Principal: "*", Action: "sts:AssumeRoleWithSAML", Resource: roleARN},
	}
}

// anyone asks for somebody of whom nobody has heard: whatever that one may do, anybody may.
func anyone(p *check.Pass) {
	g, ok := gateOf(p)
	if !ok {
		return
	}
	var evidence []check.Evidence
	var refs []policy.StatementRef
	var missing []string
	for _, request := range askers(p.Role.ARN()) {
		v := g.ask(request)
		for _, ref := range v.Statements {
			switch v.Decision {
			case policy.Allowed:
				if ref.Policy == g.part.Name {
					evidence, refs = note(evidence, refs, ref, request.Action)
				}
			case policy.Unknown:
				missing = append(missing, fmt.Sprintf("%s: how AWS reads statement %d", called(ref.Policy), ref.Statement.Index))
			}
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
			Fix:      fix(p, g.part.Document, refs),
		})
	case len(missing) > 0:
		slices.Sort(missing)
		p.Undecided("", slices.Compact(missing)...)
	}
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
