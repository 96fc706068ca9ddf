package trust

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// lambdaStatement is the statement that lets Lambda in.
const lambdaStatement = `{"Effect": "Allow", "Principal": {"Service": "` + aws.LambdaService + `"}, "Action": "sts:AssumeRole"}`

// setAnew is the fix where there is nothing to keep.
const setAnew = "Set a trust policy that lets Lambda in."

func (j judgement) request() policy.Request {
	return policy.AssumedByService(aws.LambdaService, j.s.Role.ARN(), j.f.ARN, j.s.Now)
}

// refusedBy finds why no Allow statement applies: of all statements, the one that comes nearest is to blame.
func (j judgement) refusedBy() cause {
	var action []int
	var nearest *unmet
	for i := range j.doc().Statements {
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
	d := check.Diagnostic{Title: "The trust policy of " + name + " does not let Lambda in", Parts: []role.Part{role.PartTrust}}
	if j.doc() == nil {
		d.Detail = "The trust policy is no JSON object, so that no statement of it names lambda.amazonaws.com."
		d.Evidence = []check.Evidence{j.whole("It is no policy.")}
		d.Fix = j.fix(setAnew, []byte(lambdaTrust), nil)
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
		d.Evidence = append(d.Evidence, j.evidence(i, "It lets others in, not Lambda."))
	}
	d.Detail = "No Allow statement of the trust policy names lambda.amazonaws.com. It trusts " + few(trusted) + "."
	text, err := policy.AppendStatement(j.doc(), lambdaStatement)
	if err != nil {
		d.Fix = j.fix(setAnew, []byte(lambdaTrust), nil)
		return cause{check: trustLacksLambda, diagnostic: d}
	}
	summary := "Add a statement that lets Lambda in; the others stay as they are."
	if len(j.doc().Statements) == 0 {
		summary = "Add a statement that lets Lambda in."
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
		return "nobody"
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
		Title:    "The trust policy of " + j.name() + " lets Lambda in, but not by sts:AssumeRole",
		Detail:   "The statement names lambda.amazonaws.com, and " + actionsOf(s) + ". Lambda assumes an execution role by sts:AssumeRole.",
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
	d.Fix = j.fix("Allow sts:AssumeRole to Lambda.", fixed, err)
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
		return "excepts sts:AssumeRole"
	case len(actions) == 0:
		return "allows no action"
	}
	return "allows " + strings.Join(actions, ", ")
}

func (j judgement) denied(v policy.Verdict) cause {
	d := check.Diagnostic{
		Title:  "A Deny statement of the trust policy of " + j.name() + " keeps Lambda out",
		Detail: "An explicit deny wins over every Allow, and this one covers Lambda's call.",
	}
	if len(v.Statements) > 1 {
		d.Title = "Deny statements of the trust policy of " + j.name() + " keep Lambda out"
		d.Detail = "An explicit deny wins over every Allow, and these cover Lambda's call."
	}
	for _, ref := range v.Statements {
		s := ref.Statement
		why := "It denies sts:AssumeRole to Lambda."
		if s.NotPrincipal {
			why = "It denies everybody whom NotPrincipal does not list, and Lambda is not listed."
		}
		d.Evidence = append(d.Evidence, j.evidence(s.Index, why))
	}
	if len(v.Statements) == 1 && forLambdaAlone(v.Statements[0].Statement) {
		text, err := policy.RemoveStatement(j.doc(), v.Statements[0].Statement.Index)
		d.Fix = j.fix("Take the Deny statement away: it is for Lambda alone. The others stay as they are.", text, err)
		return cause{check: trustDenied, diagnostic: d}
	}
	text, err := spareIn(j.doc(), v.Statements, spare(aws.LambdaService))
	d.Fix = j.fix("Spare Lambda in the Deny; for everybody else it stays as it is.", text, err)
	return cause{check: trustDenied, diagnostic: d}
}

// forLambdaAlone tells whether a statement would say nothing once Lambda is spared.
func forLambdaAlone(s *policy.Statement) bool { return isFor(s, aws.LambdaService) }

// hangs tells of an answer that depends on a key nobody documents. Where it is no key, no check can answer.
func (j judgement) hangs(v policy.Verdict) []cause {
	keys := strings.Join(v.UnknownKeys, ", ")
	if keys == "" {
		return open(unclear(v))
	}
	d := check.Diagnostic{
		Title: "Whether Lambda can assume " + j.name() + " hangs on " + keys,
		Detail: "The trust policy lets Lambda in, or keeps it out, by " + keys + ". How Lambda's call answers this condition is not documented, so that it may work or " +
			"not, and may change.",
	}
	for _, ref := range v.Statements {
		d.Evidence = append(d.Evidence, j.evidence(ref.Statement.Index, "It depends on "+keys+"."))
	}
	d.Fix = check.Fix{Summary: "Use aws:SourceAccount, or aws:SourceArn with the function's unqualified ARN, under a positive operator (StringEquals, ArnLike): " +
		"AWS documents these for execution roles."}
	return []cause{{check: trustConditionUnknown, diagnostic: d}}
}

// unclear names the statements that hold something which AWS may understand and the policy language does not tell.
func unclear(v policy.Verdict) []role.Gap {
	var out []role.Gap
	for _, ref := range v.Statements {
		what := fmt.Sprintf("trust policy: how AWS reads statement %d", ref.Statement.Index)
		out = append(out, role.Gap{What: what, SettledBy: role.SettledByWriting}.In(ref))
	}
	return out
}
