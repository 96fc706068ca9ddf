package trust

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// mostFixes bounds how many causes one fix removes, each of which hides the next: more than a trust policy has statements.
const mostFixes = 100

// keepRest ends the summary of a fix that changes one place of the trust policy.
const keepRest = " The rest of the trust policy stays the same."

// fix is a corrected trust policy, with the command that sets it. It also removes what else does not allow Lambda to assume the
// role: a document that only leads to the next finding does not fix anything.
func (j judgement) fix(summary string, document []byte, err error) check.Fix {
	if err != nil {
		return check.Fix{Summary: summary}
	}
	draft := j.with(document)
	switch v := draft.ask(); {
	case v.Decision == policy.Allowed:
		return j.set(summary, document)
	case v.Decision == policy.Unknown:
		return j.set(summary+" Whether Lambda can then assume the role depends on the other conditions of the trust policy.", document)
	case draft.fixes >= mostFixes:
		return check.Fix{Summary: summary}
	}
	return also(summary, draft.assume()[0].diagnostic.Fix)
}

// with is the same question to a draft of the trust policy.
func (j judgement) with(document []byte) judgement {
	j.trust = role.NewPolicy(role.PartTrust, string(document), policy.Trust)
	j.fixes++
	return j
}

// alsoFix joins the summaries of fixes that are made together.
const alsoFix = " In addition, "

// also puts what a fix changes first before the rest of it. The rest may begin with the same in another statement.
func also(summary string, rest check.Fix) check.Fix {
	const again = alsoFix + "do the same in further statements."
	summary = strings.TrimSuffix(summary, keepRest)
	if after, same := strings.CutPrefix(rest.Summary, summary); same {
		rest.Summary = summary + again + strings.TrimPrefix(after, again)
	} else {
		rest.Summary = summary + alsoFix + words.Lower(rest.Summary)
	}
	return rest
}

// set is the fix that sets a trust policy, without deleted principals: IAM rejects a trust policy that names the ID of one.
func (j judgement) set(summary string, document []byte) check.Fix {
	if doc, _ := policy.Parse(document, policy.Trust); doc != nil {
		if text := rewrite.Without(doc, rewrite.NamesDead(doc), rewrite.Dead); text != "" && text != string(document) {
			summary, document = summary+" The document also leaves out deleted users and roles, because IAM rejects a trust policy that names the unique ID of a deleted principal.", []byte(text)
		}
	}
	return check.Fix{
		Summary: summary, Document: string(document),
		Command: rewrite.Command("iam update-assume-role-policy", "--role-name", j.name(), "--policy-document", string(document)),
	}
}
