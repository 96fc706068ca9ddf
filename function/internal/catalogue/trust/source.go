package trust

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

func (j judgement) mismatch(i int, failing []policy.Condition) cause {
	s := &j.doc().Statements[i]
	_, account := ownerOf(j.f.ARN)
	b := conditionsOf(j.doc(), s, func(c policy.Condition) bool { return !slices.ContainsFunc(failing, sameAs(c)) })
	arns, accounts := j.unmatched()
	var reasons []string
	for _, c := range failing {
		reasons = append(reasons, mismatchReason(c, j.f.ARN, account))
		switch {
		case strings.EqualFold(c.Key, "aws:SourceAccount"):
			b.add(c.Operator, quoted(c.Key)+": "+listed(c.Values, accounts...))
		case isDate(c.Key):
		case !slices.ContainsFunc(s.Conditions, matchesByARN(failing)):
			b.add("ArnLike", quoted(c.Key)+": "+listed(c.Values, arns...))
		}
	}
	text, err := policy.Apply(j.doc(), b.edit(j.doc(), s))
	return cause{check: "RW107", diagnostic: check.Diagnostic{
		Title:    "The trust policy of " + j.name() + " does not let Lambda in for " + nameOf(j.f),
		Detail:   "The statement that lets Lambda in is for certain sources only, and " + j.f.QualifiedARN() + " is none of them. " + strings.Join(reasons, " "),
		Evidence: []check.Evidence{j.evidence(i, keysOf(failing)+" cannot match this function.")},
		Fix:      j.fix("Let the condition match this function too; everything else stays as it is.", text, err),
	}}
}

// matchesByARN finds a condition on aws:SourceArn with ArnLike that is met: one key cannot stand twice under it.
func matchesByARN(failing []policy.Condition) func(policy.Condition) bool {
	return func(c policy.Condition) bool {
		return strings.EqualFold(c.Operator, "ArnLike") && strings.EqualFold(c.Key, "aws:SourceArn") && !slices.ContainsFunc(failing, sameAs(c))
	}
}

// unmatched are the function and all others that cannot use the role either, so that the fix of one finding is that of
// all; with their accounts.
func (j judgement) unmatched() (arns, accounts []string) {
	add := func(arn string) {
		_, account := ownerOf(arn)
		if !slices.Contains(arns, arn) {
			arns = append(arns, arn)
		}
		if !slices.Contains(accounts, account) {
			accounts = append(accounts, account)
		}
	}
	add(j.f.ARN)
	_, own := ownerOf(j.f.ARN)
	for _, f := range j.s.Role.Users.List {
		_, account := ownerOf(f.ARN)
		if account == own && policy.LambdaCanAssume(j.trust.AsPart(), nil, j.s.Role.ARN(), f.ARN, j.s.Now).Decision != policy.Allowed {
			add(f.ARN)
		}
	}
	return arns, accounts
}

// mismatchReason says what of a value differs from the function.
func mismatchReason(c policy.Condition, arn, account string) string {
	if strings.EqualFold(c.Key, "aws:SourceAccount") {
		return fmt.Sprintf("%s is not met: the function's account is %s.", said([]policy.Condition{c}), account)
	}
	if isDate(c.Key) {
		return said([]policy.Condition{c}) + " is not met now."
	}
	own := strings.SplitN(arn, ":", 7)
	var reasons []string
	for _, v := range c.Values {
		parts := strings.SplitN(v.Text, ":", 8)
		switch {
		case strings.ContainsAny(v.Text, "*?") && !strings.Contains(strings.ToLower(c.Operator), "arn") && !strings.Contains(strings.ToLower(c.Operator), "like"):
			reasons = append(reasons, c.Operator+" takes the wildcard in "+v.Text+" literally; ArnLike would match it.")
		case len(parts) > 4 && parts[2] != "lambda" && !strings.ContainsAny(parts[2], "*?"):
			reasons = append(reasons, v.Text+" is a resource of "+parts[2]+", and what assumes the role is the function.")
		case len(parts) > 4 && len(own) > 6 && parts[4] != own[4] && !strings.ContainsAny(parts[4], "*?"):
			reasons = append(reasons, v.Text+" is of account "+parts[4]+", and the function of "+own[4]+".")
		case len(parts) > 4 && len(own) > 6 && parts[3] != own[3] && !strings.ContainsAny(parts[3], "*?"):
			reasons = append(reasons, v.Text+" is of Region "+parts[3]+", and the function of "+own[3]+".")
		default:
			reasons = append(reasons, v.Text+" is another resource.")
		}
	}
	return strings.Join(reasons, " ")
}

// listed is a JSON list of a condition's values and more.
func listed(values []policy.Value, more ...string) string {
	var out []string
	for _, v := range values {
		if !slices.Contains(more, v.Text) {
			out = append(out, quoted(v.Text))
		}
	}
	for _, text := range more {
		out = append(out, quoted(text))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// quoted is a JSON string.
func quoted(text string) string {
	if text, err := jsonString(text); err == nil {
		return text
	}
	return strconv.Quote(text)
}
