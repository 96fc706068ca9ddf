package hygiene

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// written are the policies of a role whose text is its owner's to write: inline, its account's own managed ones, and the
// boundary. What could not be read is said.
func written(p *check.Pass) (out []role.Policy) {
	r := p.Role
	var missing []role.Gap
	for _, list := range []struct {
		name string
		role.Maybe[[]role.Policy]
	}{{"inline policies", r.Inline}, {"attached policies", r.Attached}} {
		if list.State() == role.Unknown {
			missing = append(missing, list.Gap(list.name))
		}
		out = append(out, list.Or(nil)...)
	}
	if len(missing) > 0 {
		p.Undecided("", missing...)
	}
	out = append(out, r.Seen...)
	if b, ok := r.Boundary.Get(); ok {
		out = append(out, b)
	} else if r.Boundary.State() == role.Unknown {
		p.Undecided(role.PartBoundary.String(), r.Boundary.Gap("permissions boundary").InPolicy(role.PartBoundary))
	}
	out = slices.DeleteFunc(out, func(one role.Policy) bool { return aws.IsAWSManagedPolicy(one.ARN) })
	slices.SortStableFunc(out, func(a, b role.Policy) int { return cmp.Compare(a.Part, b.Part) })
	for _, one := range out {
		if one.Text.State() == role.Unknown {
			p.Undecided(one.Part.String(), one.Text.Gap(one.Part.String()).InPolicy(one.Part))
		}
	}
	return out
}

func evidence(one role.Policy, i int, why string) check.Evidence {
	s := &one.Document.Statements[i]
	return check.Evidence{Policy: one.Part.String(), Statement: i, Sid: s.Sid, Text: one.Document.Text(s.Span), Why: why}
}

// invalid reports policies that violate the grammar, and texts that are not policies.
func invalid(p *check.Pass) {
	for _, one := range written(p) {
		if one.Fault == nil {
			continue
		}
		text, _ := one.Text.Get()
		detail := "IAM would reject " + one.Part.InWords() + " today: " + one.Fault.Error() + "."
		d := check.Diagnostic{
			Key: one.Part.String(), Functions: p.Role.Users.List, Title: words.Upper(one.Part.InWords()) + " of " + p.Role.Ref.Name + " violates the policy grammar", Detail: detail,
			Evidence: []check.Evidence{{Policy: one.Part.String(), Statement: -1, Text: text, Why: "It violates the policy grammar."}},
			Fix:      check.Fix{Summary: "Correct the places that are named above, and save the policy again."},
		}
		if one.Document == nil {
			d.Detail = words.Upper(one.Part.InWords()) + " is not a policy: " + one.Fault.Error() + "."
		}
		p.Report(d)
	}
}

func noVersion(p *check.Pass) {
	for _, one := range written(p) {
		if one.Document == nil || one.Document.Version == "2012-10-17" {
			continue
		}
		var variables []check.Evidence
		for i := range one.Document.Statements {
			if strings.Contains(one.Document.Text(one.Document.Statements[i].Span), "${") {
				variables = append(variables, evidence(one, i, "It has a variable, which is plain text in this version."))
			}
		}
		if len(variables) == 0 {
			continue
		}
		text, err := versioned(one.Document)
		fix := check.Fix{Summary: `Add "Version": "2012-10-17" to the policy. IAM then replaces the variables, and the policy covers what they stand for.`}
		p.Report(check.Diagnostic{
			Key: one.Part.String(), Functions: p.Role.Users.List, Title: words.Upper(one.Part.InWords()) + " of " + p.Role.Ref.Name + " has variables, but not the Version that supports them",
			Detail:   "Policy variables require version 2012-10-17 of the policy language. In other versions, ${...} is plain text and matches only that text.",
			Evidence: variables, Fix: set(fix, p.Role, one, text, err),
		})
	}
}

// coverSteps bounds the work of comparing the statements of a role with each other.
const coverSteps = 2_000_000

// place is a statement of a policy.
type place struct {
	policy role.Policy
	ref    policy.StatementRef
}

// compared are the statements of policies that are compared, each policy's in the order of their texts, so that which of two is reported does not
// depend on where they stand. Those that lack actions or resources apply to nothing, and violate the grammar.
func compared(policies []role.Policy) (all []place) {
	for _, one := range policies {
		if one.Document == nil || one.Part == role.PartBoundary {
			continue
		}
		for _, i := range one.Document.InTextOrder() {
			s := &one.Document.Statements[i]
			if len(s.Actions) == 0 || len(s.Resources) == 0 {
				continue
			}
			all = append(all, place{one, policy.StatementRef{Policy: one.Part.String(), Statement: s, Document: one.Document, Effect: s.Effect}})
		}
	}
	return all
}

// redundant compares the statements of one effect with each other, those of all policies together.
func redundant(p *check.Pass) {
	found, complete := coveredBy(p.Role.Ref, compared(written(p)))
	slices.SortFunc(found, func(a, b [2]place) int {
		return cmp.Or(cmp.Compare(a[0].policy.Part, b[0].policy.Part), cmp.Compare(a[0].ref.Statement.Index, b[0].ref.Statement.Index))
	})
	for _, pair := range found {
		p.Report(covered(p.Role, pair[0], pair[1]))
	}
	if !complete {
		p.Undecided("", role.Gap{What: "statements: the comparison of all statements with each other takes too much work", SettledBy: role.SettledByFewer})
	}
}

// coveredBy are statements, each with the first other one that covers it; not all of them where that takes too much work.
func coveredBy(ref role.Ref, all []place) (found [][2]place, complete bool) {
	budget := policy.NewBudget(coverSteps)
	complete = true
	for i, narrow := range all {
		for j, wide := range all {
			if i == j || wide.ref.Effect != narrow.ref.Effect || narrow.ref.Effect == policy.NoEffect {
				continue
			}
			if !budget.Spend(1) {
				return found, false
			}
			if !looksAt(narrow.ref.Statement, wide.ref.Statement) || !mayCover(ref, wide.ref, narrow.ref) {
				continue
			}
			isCovered := effective.Covers(wide.ref, narrow.ref, budget)
			complete = complete && isCovered != policy.Undecided
			if isCovered != policy.True || j > i && effective.Covers(narrow.ref, wide.ref, budget) == policy.True {
				continue // Of two that say the same, one is reported.
			}
			found = append(found, [2]place{narrow, wide})
			break
		}
	}
	return found, complete
}

// covered is a statement that another one makes redundant.
func covered(r *role.Snapshot, narrow, wide place) check.Diagnostic {
	return check.Diagnostic{
		Key: fmt.Sprintf("%s[%d]", narrow.policy.Part, narrow.ref.Statement.Index), ByPlace: true, Functions: r.Users.List,
		Title:  "A statement of " + narrow.policy.Part.InWords() + " of " + r.Ref.Name + " is redundant",
		Detail: words.Upper(role.NameOf(wide.ref).InWords()) + " covers everything that " + role.NameOf(narrow.ref).InWords() + " covers.",
		Evidence: []check.Evidence{
			evidence(narrow.policy, narrow.ref.Statement.Index, "The other statement covers everything that this one covers."), evidence(wide.policy, wide.ref.Statement.Index, "It covers the other statement."),
		},
		Fix: uncovered(r, narrow.policy, wide.policy, narrow.ref.Statement.Index),
	}
}

// looksAt reports whether a statement has conditions on all keys that a wider one has conditions on. Without, it applies to requests
// with any value of the key.
func looksAt(narrow, wide *policy.Statement) bool {
	return !slices.ContainsFunc(wide.Conditions, func(w policy.Condition) bool {
		return !slices.ContainsFunc(narrow.Conditions, func(n policy.Condition) bool { return strings.EqualFold(n.Key, w.Key) })
	})
}

// anything stands for what asterisks cover.
const anything = "anything"

// mayCover evaluates one request that the narrow statement matches: most pairs have nothing in common, and that shows at once. The caller is the
// role, or one of the account that the resource is in.
func mayCover(ref role.Ref, wide, narrow policy.StatementRef) bool {
	s := narrow.Statement
	action, ok := sampleOf(s)
	// A key's or role's own policy would have to allow the request too: those are left to the comparison.
	if service := actions.ServiceOf(action); !ok || s.NotResource || strings.Contains(s.Resources[0].Text, "${") || service == "kms" || service == "sts" {
		return true
	}
	resource := s.Resources[0].Text
	if arn, ok := aws.CompleteARNPattern(resource); ok {
		resource = arn.String()
	}
	resource = ask.Sample(resource, anything)
	caller := aws.ARN{Partition: ref.Partition, Account: ref.Account}
	if arn, err := aws.ParseARN(resource); err == nil && aws.IsAccountID(arn.Account) {
		caller = arn
	}
	alone := *wide.Document
	one := *wide.Statement
	one.Effect = policy.Allow
	alone.Statements = []policy.Statement{one}
	v := policy.Evaluate(policy.Request{
		Principal: aws.SessionARN(caller.Partition, caller.Account, "r", "s").String(), Action: action, Resource: resource, Context: policy.Context{RestUnknown: true},
	}, policy.Set{Identity: []policy.Part{{Name: "wide", Document: &alone}}})
	return effective.MayBe(v)
}

// sampleOf is an action that a statement applies to; false where none is made up that its NotAction does not exempt.
func sampleOf(s *policy.Statement) (action string, ok bool) {
	const made = anything + ":" + anything
	if s.NotAction {
		return made, !slices.ContainsFunc(s.Actions, func(v policy.Value) bool { return ask.Matches(v.Text, made) })
	}
	if text := s.Actions[0].Text; text != "*" {
		return ask.Sample(text, anything), true
	}
	return made, true
}

// Quotas are in characters without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	managedQuota = 6144
	inlineQuota  = 10240
	trustQuota   = 2048
	// raisedTrustQuota is what the quota of trust policies can be raised to: one that is longer shows that it was.
	raisedTrustQuota = 4096
)

// nearQuota reports policies that use more than nine tenths of their quota.
func nearQuota(p *check.Pass) {
	inline := 0
	var parts []role.Part
	tell := func(key, what string, size, quota int, parts ...role.Part) {
		if size*10 <= quota*9 {
			return
		}
		p.Report(check.Diagnostic{
			Key: key, Functions: p.Role.Users.List, Title: fmt.Sprintf("%s of %s is at %d %% of its quota", what, p.Role.Ref.Name, size*100/quota),
			Detail: fmt.Sprintf("It has %d characters without white space. IAM allows %d.", size, quota), Parts: parts,
			Fix: check.Fix{Summary: "Shorten it with wildcards that allow no more, or move statements to another policy."},
		})
	}
	for _, one := range written(p) {
		text, ok := one.Text.Get()
		switch {
		case !ok:
		case one.Part.Kind() == role.Inline:
			inline, parts = inline+characters(text), append(parts, one.Part)
		default:
			tell(one.Part.String(), words.Upper(one.Part.InWords()), characters(text), managedQuota, one.Part)
		}
	}
	tell("inline", "The total length of the inline policies", inline, inlineQuota, parts...)
	if trust, ok := trustText(p, role.PartTrust.String()); ok {
		size, quota := characters(trust), trustQuota
		if size > trustQuota {
			quota = raisedTrustQuota
		}
		tell(role.PartTrust.String(), "The trust policy", size, quota, role.PartTrust)
	}
}

// trustText is the trust policy's text; where it is not known, that is said for a key.
func trustText(p *check.Pass, key string) (string, bool) {
	trust, ok := p.Role.Trust.Get()
	text, known := trust.Text.Get()
	switch {
	case p.Role.Trust.State() == role.Unknown:
		p.Undecided(key, p.Role.Trust.Gap("trust policy").InPolicy(role.PartTrust))
	case ok && trust.Text.State() == role.Unknown:
		p.Undecided(key, trust.Text.Gap("trust policy").InPolicy(role.PartTrust))
	}
	return text, known
}

// characters counts as IAM does.
func characters(text string) (n int) {
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
