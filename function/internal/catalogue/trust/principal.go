package trust

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// misspelt looks for a principal that was meant to be Lambda's, in the Allow statements.
func (j judgement) misspelt() (cause, bool) {
	for i := range j.doc().Statements {
		s := &j.doc().Statements[i]
		if s.Effect != policy.Allow || s.NotPrincipal {
			continue
		}
		for k, p := range s.Principals {
			why := nearMiss(p)
			if why == "" {
				continue
			}
			text, err := j.respell(s, k)
			title, summary := "The trust policy of "+j.name()+" misspells Lambda's service principal", `Write the principal as {"Service": "lambda.amazonaws.com"}`
			if p.Text == edgeService {
				title, summary = "The trust policy of "+j.name()+" names Lambda@Edge, and not Lambda", "Trust lambda.amazonaws.com beside edgelambda.amazonaws.com"
			}
			return cause{check: "RW103", diagnostic: check.Diagnostic{
				Title:    title,
				Detail:   "It names the principal " + quoted(p.Text) + " of type " + p.Type + ". " + why + " Lambda calls as the service lambda.amazonaws.com, in every Region and partition.",
				Evidence: []check.Evidence{j.evidence(i, why)},
				Fix:      j.fix(summary+"; everything else stays as it is.", text, err),
			}}, true
		}
	}
	return cause{}, false
}

// nearMiss says how a principal misses Lambda's; empty when it is meant to be somebody else.
func nearMiss(p policy.Principal) string {
	text := strings.ToLower(strings.TrimSpace(p.Text))
	isLambda := text == policy.LambdaService
	switch {
	case isLambda && p.Type != "Service":
		return "Lambda is a Service principal, not one of type " + p.Type + "."
	case isLambda && strings.TrimSpace(p.Text) != p.Text:
		return "White space around the name makes it another."
	case isLambda:
		return "The name is spelled in lower case."
	case p.Type == "AWS" && (strings.HasPrefix(text, "arn:aws") && strings.Contains(text, ":lambda:") || strings.Contains(text, "lambda.amazonaws.com")):
		return "An ARN does not stand for the service."
	case p.Type != "Service":
		return ""
	case strings.HasPrefix(text, "arn:") && strings.Contains(text, "lambda"):
		return "A service is named by its domain, not by an ARN."
	case text == edgeService:
		return "This is Lambda@Edge; Lambda itself is another principal."
	case text == "lambda.amazonaws.com.cn":
		return "Lambda has the same principal in the China Regions, without .cn."
	case strings.HasPrefix(text, "lambda.") && strings.HasSuffix(text, ".amazonaws.com"):
		return "Lambda's principal has no Region."
	case text == "lambda" || text == "lambda.amazonaws" || text == "lambda.aws.amazon.com" || text == "aws:lambda" || text == "lambda.com" || text == "lambda.amazon.com" ||
		text == "lambda.aws.com":
		return "The name is not whole."
	case distance(text, policy.LambdaService) <= 2:
		return "The name is a letter or two off."
	}
	return ""
}

// respell puts Lambda's principal in the place of those that miss it. Lambda@Edge, which may be meant too, stays.
func (j judgement) respell(s *policy.Statement, k int) ([]byte, error) {
	p := s.Principals[k]
	if p.Type == "Service" && p.Text != edgeService {
		return policy.Apply(j.doc(), policy.Edit{Span: p.Span, Text: `"` + policy.LambdaService + `"`})
	}
	edit, err := rewrite.Principal(j.doc(), s, func(p policy.Principal) bool { return p.Text == edgeService || nearMiss(p) == "" }, policy.LambdaService)
	if err != nil {
		return nil, err
	}
	return policy.Apply(j.doc(), edit)
}

// distance is how many letters to add, drop, change, or swap with the next, to make a of b.
func distance(a, b string) int {
	if len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return 3
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for k := range rows[0] {
		rows[0][k] = k
	}
	for i := 1; i <= len(a); i++ {
		for k := 1; k <= len(b); k++ {
			cost := 1
			if a[i-1] == b[k-1] {
				cost = 0
			}
			rows[i][k] = min(rows[i-1][k]+1, rows[i][k-1]+1, rows[i-1][k-1]+cost)
			if i > 1 && k > 1 && a[i-1] == b[k-2] && a[i-2] == b[k-1] {
				rows[i][k] = min(rows[i][k], rows[i-2][k-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
