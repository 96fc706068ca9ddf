package trust

import (
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// mostFixes bounds how many causes one fix mends, each of which hides the next.
const mostFixes = 5

// fix is a corrected trust policy, with the command that sets it. What is still in Lambda's way in it is mended too: a
// document that only brings the next finding is no fix.
func (j judgement) fix(summary string, document []byte, err error) check.Fix {
	if err != nil {
		return check.Fix{Summary: summary}
	}
	draft := j.with(document)
	switch v := draft.ask(); {
	case v.Decision == policy.Allowed:
		return j.set(summary, document)
	case v.Decision == policy.Unknown:
		return j.set(summary+" Whether Lambda can assume the role then hangs on its other conditions.", document)
	case draft.doc() == nil || draft.mended >= mostFixes:
		return check.Fix{Summary: summary}
	}
	return also(summary, draft.assume()[0].diagnostic.Fix)
}

// with is the same question to a draft of the trust policy.
func (j judgement) with(document []byte) judgement {
	j.trust = role.NewPolicy(role.PartTrust, string(document), policy.Trust)
	j.mended++
	return j
}

// also says of a fix that it mends something else first.
func also(summary string, rest check.Fix) check.Fix {
	rest.Summary = summary + " That is not all: " + rest.Summary
	return rest
}

// set is the fix that sets a trust policy, without who was deleted: IAM takes none that names an ID of such a user or role.
func (j judgement) set(summary string, document []byte) check.Fix {
	if doc, _ := policy.Parse(document, policy.Trust); doc != nil {
		if text := rewrite.Without(doc, rewrite.NamesDead(doc), rewrite.Dead); text != "" && text != string(document) {
			summary, document = summary+" Who was deleted goes too: IAM takes no trust policy that names an ID of such a user or role.", []byte(text)
		}
	}
	return check.Fix{
		Summary: summary, Document: string(document),
		Command: rewrite.Command("iam update-assume-role-policy", "--role-name", j.name(), "--policy-document", string(document)),
	}
}
