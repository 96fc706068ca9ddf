package awsaccount_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

func (l *lab) function(name, roleARN string, environment map[string]string, key string) string {
	l.t.Helper()
	in := &lambda.CreateFunctionInput{FunctionName: &name, Role: &roleARN}
	if environment != nil {
		in.Environment = &lambdatypes.Environment{Variables: environment}
	}
	if key != "" {
		in.KMSKeyArn = &key
	}
	return awstest.MakeFunction(l.t, l.lambda, in)
}

func TestAFunctionIsReadWithItsVersionsAndAliases(t *testing.T) {
	onEmulators(t, func(t *testing.T, l *lab) {
		l.policy("limits", managedText)
		l.policy("queues", managedText)
		l.role("orders")
		orders := "arn:aws:iam::" + l.account + ":role/service/team/orders"
		key := "arn:aws:kms:" + awstest.Region + ":" + l.account + ":key/11111111-2222-3333-4444-555555555555"
		arn := l.function("shop", orders, map[string]string{"SECRET": "s3cr3t"}, key)
		plain := l.function("plain", orders, nil, "")
		published, err := l.lambda.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: aws.String("shop")})
		l.must(err)
		_, err = l.lambda.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: aws.String("shop"), Name: aws.String("live"), FunctionVersion: published.Version})
		awstest.Made(l.t, err)

		got, err := l.read.Function(t.Context(), arn)
		l.must(err)
		want := []version{
			{arn, "$LATEST", nil, orders, true, key, role.Known, role.Unknown},
			{arn, "1", []string{"live"}, orders, true, key, role.Known, role.Unknown},
		}
		if diff := cmp.Diff(want, versions(got)); diff != "" {
			t.Errorf("function (-want +got):\n%s", diff)
		}
		bare := version{plain, "$LATEST", nil, orders, false, "", role.Known, role.Unknown}
		one, err := l.read.Function(t.Context(), plain)
		l.must(err)
		if diff := cmp.Diff([]version{bare}, versions(one)); diff != "" {
			t.Errorf("plain (-want +got):\n%s", diff)
		}
		var listed []role.Function
		for marker := ""; ; {
			page, next, err := l.read.FunctionPage(t.Context(), awstest.Region, marker)
			l.must(err)
			listed = append(listed, page...)
			if marker = next; marker == "" {
				break
			}
		}
		all := append(one, got...)
		if l.name == "ministack" {
			// Its ListFunctions gives $LATEST alone.
			all = slices.DeleteFunc(all, func(f role.Function) bool { return f.Version != "$LATEST" })
		}
		if diff := cmp.Diff(versions(all), versions(listed)); diff != "" {
			t.Errorf("listed (-want +got):\n%s", diff)
		}
		if _, _, err := l.read.FunctionPage(t.Context(), "eu-west-9", ""); err == nil || !strings.Contains(err.Error(), "eu-west-9") {
			t.Errorf("a Region that is not watched: %v", err)
		}
	})
}

// version is a function version as tests compare it.
type version struct {
	ARN, Version string
	Aliases      []string
	Role         string
	Environment  bool
	Key          string
	LastModified role.State
	Edge         role.State
}

func versions(list []role.Function) []version {
	var out []version
	for _, f := range list {
		out = append(out, version{f.ARN, f.Version, f.Aliases, f.Role, f.Environment.Or(false), f.KMSKey.Or(""), f.LastModified.State(), f.Edge.State()})
	}
	slices.SortFunc(out, func(a, b version) int { return strings.Compare(a.ARN+a.Version, b.ARN+b.Version) })
	return out
}
