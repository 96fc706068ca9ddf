package events

import (
	"strconv"
	"strings"
)

// patternLimit is the length of an EventBridge event pattern, in characters:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const patternLimit = 2048

// DetailType is the detail-type of the events in which EventBridge delivers CloudTrail's records of API calls:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
const DetailType = "AWS API Call via CloudTrail"

// Pattern is one EventBridge event pattern. Together the patterns select the records of the catalogue's rows with
// Look, each by exactly one of them.
type Pattern struct {
	// Name tells patterns apart: "iam", "lambda-1".
	Name string
	// Source is EventBridge's: "aws.iam", "aws.organizations" or "aws.lambda".
	Source string
	// Global says that the records are only in the partition's global Region, and so must the rule be.
	Global bool

	text string
}

// JSON gives the event pattern's text, at most 2,048 characters.
func (p Pattern) JSON() string { return p.text }

// Patterns gives the patterns of the catalogue, in a fixed order. Of the calls of IAM and AWS Organizations, those that
// were refused are left out: they changed nothing. Of Lambda's they are in: a refused CreateFunction tells of a role that fails.
func Patterns() []Pattern {
	var iam, lambda, organizations []string
	for _, e := range table {
		switch {
		case !e.Look:
		case e.Source == sourceIAM:
			iam = append(iam, strconv.Quote(e.Name))
		case e.Source == sourceOrganizations:
			organizations = append(organizations, strconv.Quote(e.Name))
		default:
			lambda = append(lambda, lambdaNames(e.Name))
		}
	}
	const succeeded = `,"errorCode":[{"exists":false}]`
	global := append(patterns("iam", sourceIAM, succeeded, iam), patterns("organizations", sourceOrganizations, succeeded, organizations)...)
	for i := range global {
		global[i].Global = true
	}
	return append(global, patterns("lambda", sourceLambda, "", lambda)...)
}

// lambdaNames matches an API's name alone, and followed by a date: of a year, so that CreateFunctionUrlConfig is not
// taken for CreateFunction.
func lambdaNames(name string) string {
	return strconv.Quote(name) + `,{"prefix":` + strconv.Quote(name+"2") + `}`
}

// patterns spreads names over as few patterns as hold them, in order.
func patterns(name, source, more string, names []string) []Pattern {
	head := `{"source":["` + bridgeSource(source) + `"],"detail":{"eventSource":["` + source + `"]` + more + `,"eventName":[`
	text := func(names []string) string { return head + strings.Join(names, ",") + `]}}` }
	var texts []string
	from := 0
	for to := range names {
		if len(text(names[from:to+1])) > patternLimit {
			texts = append(texts, text(names[from:to]))
			from = to
		}
	}
	texts = append(texts, text(names[from:]))
	var out []Pattern
	for i, text := range texts {
		out = append(out, Pattern{Name: name, Source: bridgeSource(source), text: text})
		if len(texts) > 1 {
			out[i].Name += "-" + strconv.Itoa(i+1)
		}
	}
	return out
}
