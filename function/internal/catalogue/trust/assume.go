package trust

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// lambdaStatement is the statement that allows Lambda to assume the role.
const lambdaStatement = `{"Effect": "Allow", "Principal": {"Service": "` + aws.LambdaService + `"}, "Action": "sts:AssumeRole"}`

// setNew is the fix where there is nothing to keep.
const setNew = "Set a trust policy that allows Lambda to assume the role."

func (j judgement) request() policy.Request { return j.by(aws.LambdaService) }

// by is the request of a service.
func (j judgement) by(service string) policy.Request {
	return policy.AssumedByService(service, j.s.Role.ARN(), j.s.Role.KnownTags(), j.f.ARN, j.s.Now)
}

// refusedBy finds why no Allow statement applies: the cause is the statement that comes nearest.
func (j judgement) refusedBy() cause {
	var action []int
	var nearest *unmet
	for _, i := range j.doc().InTextOrder() {
		m := j.doc().Match(i, j.request())
		if m.Statement.Effect != policy.Allow || m.Principal != policy.True {
			continue
		}
		if m.Action != policy.True {
			action = append(action, i)
			continue
		}
		if u := j.unmetBy(m); nearest == nil || u.distance() < nearest.distance() {
			nearest = &u
		}
	}
	switch {
	case nearest != nil:
		return j.unmetCause(*nearest)
	case len(action) > 0:
		return j.wrongAction(action[0])
	}
	if c, ok := j.misspelt(); ok {
		return c
	}
	return j.lacksLambda()
}

func (j judgement) lacksLambda() cause {
	name := j.name()
	d := check.Diagnostic{Title: "The trust policy of " + name + " does not allow Lambda to assume the role", Parts: []role.Part{role.PartTrust}}
	if j.doc() == nil {
		d.Detail = "The trust policy is not a JSON object, so it has no statement that names lambda.amazonaws.com."
		d.Evidence = []check.Evidence{j.whole("It is not a policy document.")}
		d.Fix = j.fix(setNew, []byte(lambdaTrust), nil)
		return cause{check: trustLacksLambda, diagnostic: d}
	}
	var trusted []string
	for i := range j.doc().Statements {
		s := &j.doc().Statements[i]
		if s.Effect != policy.Allow || s.NotPrincipal {
			continue
		}
		for _, p := range s.Principals {
			trusted = append(trusted, p.Text)
		}
		d.Evidence = append(d.Evidence, j.evidence(i, "It allows other principals, not Lambda."))
	}
	d.Detail = "No Allow statement in the trust policy names lambda.amazonaws.com. The trust policy allows " + few(trusted) + "."
	text, err := policy.AppendStatement(j.doc(), lambdaStatement)
	if err != nil {
		d.Fix = j.fix(setNew, []byte(lambdaTrust), nil)
		return cause{check: trustLacksLambda, diagnostic: d}
	}
	summary := "Add a statement that allows Lambda to assume the role." + keepRest
	if len(j.doc().Statements) == 0 {
		summary = strings.TrimSuffix(summary, keepRest)
	}
	d.Fix = j.fix(summary, text, nil)
	return cause{check: trustLacksLambda, diagnostic: d}
}

// few names principals, once each, and counts those beyond ten.
func few(principals []string) string {
	slices.Sort(principals)
	principals = slices.Compact(principals)
	const most = 10
	switch n := len(principals); {
	case n == 0:
		return "no principal"
	case n == most+1:
		return strings.Join(principals[:most], ", ") + " and one more"
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(principals[:most], ", "), n-most)
	}
	return strings.Join(principals, ", ")
}

func (j judgement) wrongAction(i int) cause {
	s := &j.doc().Statements[i]
	d := check.Diagnostic{
		Title:    j.cannot("names Lambda, but does not allow sts:AssumeRole"),
		Detail:   "The statement names lambda.amazonaws.com, but " + actionsOf(s) + ". Lambda calls sts:AssumeRole to assume an execution role.",
		Evidence: []check.Evidence{j.evidence(i, "It does not allow sts:AssumeRole.")},
	}
	text := j.doc().Text(s.ActionSpan)
	var fixed []byte
	var err error
	switch {
	case s.NotAction || len(s.Actions) == 0 || !forLambdaAlone(s):
		fixed, err = policy.AppendStatement(j.doc(), lambdaStatement)
	case strings.HasPrefix(text, "["):
		at := s.Actions[len(s.Actions)-1].Span.End
		fixed, err = policy.Apply(j.doc(), policy.Edit{Span: policy.Span{Start: at, End: at}, Text: `, "sts:AssumeRole"`})
	default:
		fixed, err = policy.Apply(j.doc(), policy.Edit{Span: s.ActionSpan, Text: "[" + text + `, "sts:AssumeRole"]`})
	}
	d.Fix = j.fix("Allow sts:AssumeRole to lambda.amazonaws.com.", fixed, err)
	return cause{check: trustWrongAction, diagnostic: d}
}

// actionsOf says what a statement allows instead of sts:AssumeRole.
func actionsOf(s *policy.Statement) string {
	var actions []string
	for _, a := range s.Actions {
		actions = append(actions, a.Text)
	}
	switch {
	case s.NotAction:
		return "excludes sts:AssumeRole"
	case len(actions) == 0:
		return "allows no action"
	}
	return "allows only " + words.List(actions)
}

func (j judgement) denied(v policy.Verdict) cause {
	d := check.Diagnostic{
		Title:  j.cannot("denies sts:AssumeRole to Lambda"),
		Detail: "The statement matches Lambda's request to assume the role. An explicit deny overrides any allow.",
	}
	if len(v.Statements) > 1 {
		d.Detail = "The statements match Lambda's request to assume the role. An explicit deny overrides any allow."
	}
	for _, ref := range v.Statements {
		s := ref.Statement
		why := "It denies sts:AssumeRole to Lambda."
		if s.NotPrincipal {
			why = "It denies every principal that NotPrincipal does not list, and Lambda is not listed."
		}
		d.Evidence = append(d.Evidence, j.evidence(s.Index, why))
	}
	if len(v.Statements) == 1 && forLambdaAlone(v.Statements[0].Statement) {
		text, err := policy.RemoveStatement(j.doc(), v.Statements[0].Statement.Index)
		d.Fix = j.fix("Remove the Deny statement, which applies only to Lambda."+keepRest, text, err)
		return cause{check: trustDenied, diagnostic: d}
	}
	text, err := exemptIn(j.doc(), v.Statements, exempt(aws.LambdaService))
	d.Fix = j.fix(exempted(v, "Lambda"), text, err)
	return cause{check: trustDenied, diagnostic: d}
}

// forLambdaAlone reports whether a statement applies to no principal once Lambda is exempt.
func forLambdaAlone(s *policy.Statement) bool { return isFor(s, aws.LambdaService) }

// depends is the cause for a verdict that depends on a key that AWS does not document. Where it depends on something else, no check can answer.
func (j judgement) depends(v policy.Verdict) []cause {
	keys := strings.Join(v.UnknownKeys, ", ")
	switch {
	case keys == "":
		return open(unclear(v))
	case !slices.ContainsFunc(v.UnknownKeys, func(key string) bool { return !ask.IsResourceTag(strings.ToLower(key)) }) && j.s.Role.Tags.State() == role.Unknown:
		return open([]role.Gap{j.s.Role.Tags.Gap("tags").In(v.Statements...)})
	}
	d := check.Diagnostic{
		Title: "Whether Lambda can assume " + j.name() + " depends on " + keys,
		Detail: "The trust policy allows or denies Lambda depending on " + keys + ". AWS does not document how this condition is evaluated when Lambda assumes an execution " +
			"role. It is unknown whether Lambda can assume the role, and this can change.",
	}
	for _, ref := range v.Statements {
		d.Evidence = append(d.Evidence, j.evidence(ref.Statement.Index, "Its condition depends on "+keys+"."))
	}
	d.Fix = check.Fix{Summary: "Use aws:SourceAccount, or aws:SourceArn with the function's unqualified ARN, and a positive operator (StringEquals or ArnLike). " +
		"AWS documents these keys for execution roles."}
	return []cause{{check: trustConditionUnknown, diagnostic: d}}
}

// unclear names the statements that contain something that AWS may understand and the policy language does not define.
func unclear(v policy.Verdict) []role.Gap {
	var out []role.Gap
	for _, ref := range v.Statements {
		out = append(out, role.Gap{What: "how AWS interprets " + role.NameOf(ref).InWords(), SettledBy: role.SettledByWriting}.In(ref))
	}
	return out
}
