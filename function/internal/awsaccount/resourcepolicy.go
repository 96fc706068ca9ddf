package awsaccount

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// policyReader is the part of lambdaAPI that reads a resource policy.
type policyReader interface {
	GetPolicy(context.Context, *lambda.GetPolicyInput, ...func(*lambda.Options)) (*lambda.GetPolicyOutput, error)
	GetResourcePolicy(context.Context, *lambda.GetResourcePolicyInput, ...func(*lambda.Options)) (*lambda.GetResourcePolicyOutput, error)
}

// PolicyAnswer is what is known of the resource policy under one name of a function.
type PolicyAnswer struct {
	// Text is the policy, and Revision its revision ID; both are empty where there is none.
	Text, Revision string
	// Why says why it is unknown whether Text is all of the policy.
	Why role.Reason
}

// ReadPolicy reads the resource policy of a function, or of one of its aliases or versions. AWS's documentation does not say
// whether lambda:GetPolicy returns a policy that lambda:PutResourcePolicy wrote, so that both are asked:
// lambda:GetResourcePolicy counts, and where the other call answers otherwise the policy is unknown. Where the endpoint does
// not support lambda:GetResourcePolicy, lambda:GetPolicy counts.
func ReadPolicy(ctx context.Context, client policyReader, arn, qualifier string) (PolicyAnswer, error) {
	older, err := getPolicy(ctx, client, arn, qualifier)
	if err != nil {
		return PolicyAnswer{}, err
	}
	newer, err := getResourcePolicy(ctx, client, arn, qualifier)
	_, unsupported := newer.Why.UnsupportedCall()
	switch {
	case err != nil:
		return PolicyAnswer{}, err
	case unsupported:
		return older, nil
	case newer.Why.Given():
		older.Why = newer.Why
		return older, nil
	case older.Why.Given() || samePolicy(older.Text, newer.Text):
		return newer, nil
	case older.Text != "" && newer.Text != "":
		return PolicyAnswer{Why: whyPoliciesDiffer(arn, qualifier)}, nil
	}
	// What only one of the calls returns is there all the same.
	if newer.Text == "" {
		newer = older
	}
	newer.Why = whyPoliciesDiffer(arn, qualifier)
	return newer, nil
}

func whyPoliciesDiffer(arn, qualifier string) role.Reason {
	return role.Because("lambda:GetResourcePolicy and lambda:GetPolicy return different policies for " + qualified(arn, qualifier))
}

func qualified(arn, qualifier string) string {
	if qualifier == "" {
		return arn
	}
	return arn + ":" + qualifier
}

func getPolicy(ctx context.Context, client policyReader, arn, qualifier string) (PolicyAnswer, error) {
	in := &lambda.GetPolicyInput{FunctionName: aws.String(role.Function{ARN: arn}.Name())}
	if qualifier != "" {
		in.Qualifier = aws.String(qualifier)
	}
	out, err := client.GetPolicy(ctx, in)
	if err != nil {
		return noPolicy("lambda:GetPolicy", arn, qualifier, err)
	}
	return PolicyAnswer{Text: aws.ToString(out.Policy), Revision: aws.ToString(out.RevisionId)}, nil
}

func getResourcePolicy(ctx context.Context, client policyReader, arn, qualifier string) (PolicyAnswer, error) {
	out, err := client.GetResourcePolicy(ctx, &lambda.GetResourcePolicyInput{ResourceArn: aws.String(qualified(arn, qualifier))})
	if err != nil {
		return noPolicy("lambda:GetResourcePolicy", arn, qualifier, err)
	}
	return PolicyAnswer{Text: aws.ToString(out.Policy), Revision: aws.ToString(out.RevisionId)}, nil
}

func noPolicy(call, arn, qualifier string, err error) (PolicyAnswer, error) {
	why, refused := Refused(call, err)
	if missing(err) || refused {
		return PolicyAnswer{Why: why}, nil
	}
	return PolicyAnswer{}, fmt.Errorf("%s of %s: %w", call, qualified(arn, qualifier), err)
}

// samePolicy reports whether two resource policies say the same, whatever their IDs and the order of their statements.
func samePolicy(a, b string) bool {
	if a == b {
		return true
	}
	return a != "" && b != "" && meaning(a) == meaning(b)
}

func meaning(text string) string {
	document, _ := policy.Parse([]byte(text), policy.Resource)
	if document == nil {
		return text
	}
	document.ID = ""
	slices.SortStableFunc(document.Statements, func(x, y policy.Statement) int { return strings.Compare(x.Sid, y.Sid) })
	return string(document.Canonical())
}

// readPolicies reads the function's own policy and those of its aliases. Where not all may be read, those that may are
// seen.
func readPolicies(ctx context.Context, client lambdaAPI, arn string, named aliases) (list role.Maybe[[]role.ResourcePolicy], seen []role.ResourcePolicy, err error) {
	why := named.why
	for _, q := range append([]string{""}, named.names...) {
		got, err := ReadPolicy(ctx, client, arn, q)
		if err != nil {
			return list, nil, err
		}
		if got.Text != "" {
			seen = append(seen, role.ResourcePolicy{Qualifier: q, Text: got.Text})
		}
		if got.Why.Given() {
			why = got.Why
		}
		if got.Text == "" && got.Why.Given() {
			break
		}
	}
	if why.Given() {
		return role.NotRead[[]role.ResourcePolicy](why), seen, nil
	}
	return role.Have(seen), nil, nil
}
