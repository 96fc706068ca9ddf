package trust

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// misspelt looks for a principal that was intended to be Lambda's, in the Allow statements.
func (j judgement) misspelt() (cause, bool) {
	for _, i := range j.doc().InTextOrder() {
		s := &j.doc().Statements[i]
		if s.Effect != policy.Allow || s.NotPrincipal {
			continue
		}
		for _, p := range j.named(s) {
			why := nearMiss(p)
			if why == "" {
				continue
			}
			text, err := j.respell(s, p)
			title, summary := j.cannot("misspells Lambda's service principal"), `Write the principal as {"Service": "lambda.amazonaws.com"}`
			if p.Type == "Service" && p.Text == aws.EdgeService {
				title, summary = j.cannot("names Lambda@Edge, but not Lambda"), "Add lambda.amazonaws.com next to edgelambda.amazonaws.com"
			}
			return cause{check: trustPrincipalMisspelt, diagnostic: check.Diagnostic{
				Title:    title,
				Detail:   "The trust policy names the principal " + quoted(p.Text) + ofType(p) + ". " + why + " Lambda's service principal is lambda.amazonaws.com in every Region and partition.",
				Evidence: []check.Evidence{j.evidence(i, why)},
				Fix:      j.fix(summary+"."+keepRest, text, err),
			}}, true
		}
	}
	return cause{}, false
}

// named are a statement's principals. A service whose name is in the place of an object of principal types has no type.
func (j judgement) named(s *policy.Statement) []policy.Principal {
	var text string
	if len(s.Principals) > 0 || json.Unmarshal([]byte(j.doc().Text(s.PrincipalSpan)), &text) != nil {
		return s.Principals
	}
	return []policy.Principal{{Value: policy.Value{Text: text, Span: s.PrincipalSpan}}}
}

func ofType(p policy.Principal) string {
	if p.Type == "" {
		return " without a type"
	}
	return " of type " + p.Type
}

// nearMiss says how a principal differs from Lambda's; empty when another principal is intended.
func nearMiss(p policy.Principal) string {
	text := strings.ToLower(strings.TrimSpace(p.Text))
	why := misspelling(text)
	arn, _ := aws.ParseARNPattern(text)
	switch {
	case p.Type == "AWS" && aws.IsARN(text) && (arn.Service == "lambda" || strings.Contains(text, aws.LambdaService)):
		return "An ARN does not identify the Lambda service."
	case p.Type == "" && (text == aws.LambdaService || why != ""):
		return "A service principal must have the type Service."
	case p.Type != "Service" && (text == aws.LambdaService || why != "" && !aws.IsARN(text)):
		return "Lambda is a principal of type Service, not" + ofType(p) + "."
	case p.Type != "Service":
		return ""
	case text == aws.LambdaService && strings.TrimSpace(p.Text) != p.Text:
		return "The name must not have white space before or after it."
	case text == aws.LambdaService:
		return "The name must be in lower case."
	}
	return why
}

// misspelling says how a name, in lower case, differs from Lambda's; empty when it is that, or another's.
func misspelling(text string) string {
	host, isEndpoint := aws.CutDNSSuffix(text)
	switch {
	case text == aws.LambdaService:
		return ""
	case aws.IsARN(text) && strings.Contains(text, "lambda"):
		return "A service principal is a domain name, not an ARN."
	case text == aws.EdgeService:
		return "This is the service principal of Lambda@Edge."
	case text == aws.LambdaService+".cn":
		return "Lambda's service principal does not end in .cn, not even in the China Regions."
	case isEndpoint && host == "lambda":
		return "Lambda's service principal has the same domain in every partition."
	case isEndpoint && strings.HasPrefix(host, "lambda."):
		return "Lambda's service principal does not include a Region."
	case slices.Contains(shortNames, text):
		return "The name is not the complete service principal."
	case distance(text, aws.LambdaService) <= 2:
		return "The name differs from Lambda's by one or two letters."
	}
	return ""
}

// shortNames are what people write for the service's name.
var shortNames = []string{"lambda", "lambda.amazonaws", "lambda.aws.amazon.com", "aws:lambda", "lambda.com", "lambda.amazon.com", "lambda.aws.com"}

// respell replaces the misspelled principals by Lambda's. Lambda@Edge, which may be intended too, stays.
func (j judgement) respell(s *policy.Statement, p policy.Principal) ([]byte, error) {
	switch {
	case p.Type == "":
		return policy.Apply(j.doc(), policy.Edit{Span: p.Span, Text: `{"Service": "` + aws.LambdaService + `"}`})
	case p.Type == "Service" && p.Text != aws.EdgeService:
		return policy.Apply(j.doc(), policy.Edit{Span: p.Span, Text: `"` + aws.LambdaService + `"`})
	}
	keep := func(p policy.Principal) bool {
		return p.Type == "Service" && p.Text == aws.EdgeService || nearMiss(p) == ""
	}
	edit, err := rewrite.Principal(j.doc(), s, keep, aws.LambdaService)
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
