package trust

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// mismatch is the cause for a statement that is for other functions. Its fix removes the dates too, where they are not met either.
func (j judgement) mismatch(u unmet) cause {
	s := &j.doc().Statements[u.statement]
	failing := slices.Concat(u.source, u.date)
	b := conditionsOf(j.doc(), s, func(c policy.Condition) bool { return !slices.ContainsFunc(failing, sameAs(c)) })
	for _, w := range j.widened(s, u.source) {
		b.add(w.operator, quoted(w.key)+": "+listed(w.values))
	}
	_, account := ownerOf(j.f.ARN)
	var reasons []string
	for _, c := range failing {
		reasons = append(reasons, mismatchReason(c, j.f.ARN, account))
	}
	summary := "Change the condition on " + keysOf(u.source) + " so that it also matches this function."
	if slices.ContainsFunc(u.source, func(c policy.Condition) bool { return len(j.keptOf(s, c).Values) < len(c.Values) }) {
		summary = "Change the condition on " + keysOf(u.source) + " so that it matches this function instead of resources of another account."
	}
	if len(u.date) > 0 {
		summary += " Remove the date condition."
	}
	summary += keepRest
	text, err := policy.Apply(j.doc(), b.edit(j.doc(), s))
	return cause{check: trustConditionMismatch, diagnostic: check.Diagnostic{
		Title:    "The trust policy of " + j.name() + " does not allow Lambda to assume the role for " + j.f.Name(),
		Detail:   "The statement that allows Lambda to assume the role applies only to certain sources, and " + j.f.QualifiedARN() + " is not one of them. " + strings.Join(reasons, " "),
		Evidence: []check.Evidence{j.evidence(u.statement, "Its condition on "+keysOf(u.source)+" does not match this function.")},
		Fix:      j.fix(summary, text, err),
	}}
}

// wider is a condition on a source with more values than before.
type wider struct {
	operator, key string
	values        []string
}

// widened are the conditions that replace those that do not match, none under one operator twice. Where the statement already
// has a condition there that is met, that one is enough.
func (j judgement) widened(s *policy.Statement, source []policy.Condition) []wider {
	arns, accounts := j.unmatched()
	var out []wider
	for _, c := range source {
		more := arns
		if isAccountKey(c.Key) {
			more = accounts
		}
		w, ok := widen(j.keptOf(s, c), more)
		if !ok || slices.ContainsFunc(s.Conditions, func(o policy.Condition) bool { return w.isAt(o) && !slices.ContainsFunc(source, sameAs(o)) }) {
			continue
		}
		i := slices.IndexFunc(out, func(o wider) bool {
			return strings.EqualFold(o.operator, w.operator) && strings.EqualFold(o.key, w.key)
		})
		if i < 0 {
			out = append(out, w)
			continue
		}
		out[i].values = union(out[i].values, w.values)
	}
	return out
}

// keptOf is a condition on a source without what is of another account, in a statement for Lambda alone: Lambda assumes a role only
// for functions of the role's own account. In a statement that others share it may be intended for them.
func (j judgement) keptOf(s *policy.Statement, c policy.Condition) policy.Condition {
	if !forLambdaAlone(s) {
		return c
	}
	_, own := ownerOf(j.f.ARN)
	c.Values = slices.DeleteFunc(slices.Clone(c.Values), func(v policy.Value) bool {
		account := v.Text
		if !isAccountKey(c.Key) {
			named, _ := aws.ParseARNPattern(v.Text)
			account = named.Account
		}
		return aws.IsAccountID(account) && account != own
	})
	return c
}

func (w wider) isAt(c policy.Condition) bool {
	return strings.EqualFold(c.Operator, w.operator) && strings.EqualFold(c.Key, w.key)
}

// widen adds values to a condition. An operator that takes wildcards literally becomes the intended one; an operator that
// compares no text, as Null, has nothing to keep.
func widen(c policy.Condition, more []string) (wider, bool) {
	operator := strings.ToLower(c.Operator)
	w := wider{operator: c.Operator, key: c.Key}
	for _, v := range c.Values {
		w.values = union(w.values, []string{v.Text})
	}
	literal := strings.Contains(operator, "stringequals")
	switch {
	case operator == "null":
		return wider{}, false
	case literal && slices.ContainsFunc(w.values, hasWildcard):
		w.operator = "ArnLike"
		if isAccountKey(c.Key) || slices.ContainsFunc(w.values, func(v string) bool { return !isARN(v) }) {
			w.operator = "StringLike"
		}
	case literal, strings.Contains(operator, "stringlike"), strings.Contains(operator, "arn") && !isAccountKey(c.Key):
	default:
		w.operator, w.values = "StringEquals", nil
	}
	w.values = union(slices.DeleteFunc(w.values, func(v string) bool { return slices.Contains(more, v) }), more)
	return w, true
}

func isAccountKey(key string) bool { return strings.EqualFold(key, "aws:SourceAccount") }

func hasWildcard(text string) bool { return strings.ContainsAny(text, "*?") }

func isARN(text string) bool {
	_, whole := aws.ParseARNPattern(text)
	return whole && aws.IsARN(text)
}

func union(a, b []string) []string {
	for _, text := range b {
		if !slices.Contains(a, text) {
			a = append(a, text)
		}
	}
	return a
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
		other := j
		if other.f = f; account == own && other.ask().Decision != policy.Allowed {
			add(f.ARN)
		}
	}
	return arns, accounts
}

// mismatchReason says what of a value differs from the function.
func mismatchReason(c policy.Condition, arn, account string) string {
	if strings.EqualFold(c.Operator, "Null") {
		return "The condition " + said([]policy.Condition{c}) + " requires a request without " + c.Key + ", but Lambda sends this key."
	}
	if isAccountKey(c.Key) {
		return fmt.Sprintf("The condition %s is not met: the function is in account %s.", said([]policy.Condition{c}), account)
	}
	if isDate(c.Key) {
		return "The condition " + said([]policy.Condition{c}) + " is not met at the current time."
	}
	own, err := aws.ParseFunctionARN(arn)
	var reasons []string
	for _, v := range c.Values {
		named, whole := aws.ParseARNPattern(v.Text)
		has := func(segment string) bool { return whole || aws.IsARN(v.Text) && segment != "" }
		switch {
		case hasWildcard(v.Text) && !strings.Contains(strings.ToLower(c.Operator), "arn") && !strings.Contains(strings.ToLower(c.Operator), "like"):
			reasons = append(reasons, c.Operator+" compares the wildcard in "+v.Text+" literally. Use ArnLike to match wildcards.")
		case has(named.Service) && named.Service != "lambda" && !hasWildcard(named.Service):
			reasons = append(reasons, v.Text+" is a resource of "+named.Service+", but the source of the request is the function.")
		case has(named.Account) && err == nil && named.Account != own.Account && !hasWildcard(named.Account):
			reasons = append(reasons, v.Text+" is in account "+named.Account+", but the function is in account "+own.Account+".")
		case has(named.Region) && err == nil && named.Region != own.Region && !hasWildcard(named.Region):
			reasons = append(reasons, v.Text+" is in Region "+named.Region+", but the function is in Region "+own.Region+".")
		default:
			reasons = append(reasons, v.Text+" does not match the function.")
		}
	}
	return strings.Join(reasons, " ")
}

// listed is a JSON list of strings.
func listed(values []string) string {
	var out []string
	for _, text := range values {
		out = append(out, quoted(text))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// quoted is a JSON string.
func quoted(text string) string {
	out, _ := json.Marshal(text, jsontext.AllowInvalidUTF8(true)) // No other text has an error.
	return string(out)
}
