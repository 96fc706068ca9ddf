package awstest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

var emulators = map[string]struct {
	start   func(testing.TB, ...awstest.Option) string
	account string
}{
	"moto":      {awstest.Moto, awstest.MotoAccount},
	"ministack": {awstest.Ministack, awstest.MinistackAccount},
}

const (
	trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	read  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
)

func TestAnEmulatorAnswersAndEndsWithItsTest(t *testing.T) {
	for name, e := range emulators {
		var endpoint string
		t.Run(name, func(t *testing.T) {
			endpoint = e.start(t)
			config := awstest.Config(t, endpoint)
			users, functions := iam.NewFromConfig(config), lambda.NewFromConfig(config)
			prefix := "arn:aws:iam::" + e.account
			// The second time is what the SDK does when a connection is dropped.
			for range 2 {
				for want, made := range map[string]string{
					prefix + ":role/orders": awstest.MakeRole(t, users, &iam.CreateRoleInput{
						RoleName: aws.String("orders"), AssumeRolePolicyDocument: aws.String(trust),
					}),
					prefix + ":policy/read": awstest.MakePolicy(t, users, "read", read),
					"arn:aws:lambda:" + awstest.Region + ":" + e.account + ":function:orders": awstest.MakeFunction(t, functions, &lambda.CreateFunctionInput{
						FunctionName: aws.String("orders"), Role: aws.String(prefix + ":role/orders"),
					}),
				} {
					if made != want {
						t.Errorf("made %s, want %s", made, want)
					}
				}
				_, err := functions.AddPermission(t.Context(), &lambda.AddPermissionInput{
					FunctionName: aws.String("orders"), StatementId: aws.String("all"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*"),
				})
				awstest.Made(t, err)
			}
			for range 2 {
				_, err := functions.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: aws.String("orders")})
				awstest.Removed(t, err)
				_, err = users.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("orders")})
				awstest.Removed(t, err)
			}
		})
		if endpoint == "" {
			continue
		}
		if resp, err := http.Get(endpoint); err == nil {
			resp.Body.Close()
			t.Errorf("%s still answers after its test", name)
		}
	}
}

func TestATestMayPlayCloudTrail(t *testing.T) {
	client := eventbridge.NewFromConfig(awstest.Config(t, awstest.Ministack(t)))
	out, err := client.PutEvents(context.Background(), &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{
		Source: aws.String("aws.iam"), DetailType: aws.String("AWS API Call via CloudTrail"), Detail: aws.String(`{}`),
	}}})
	if err != nil || out.FailedEntryCount != 0 {
		t.Fatalf("put an event: %v, %+v", err, out)
	}
}
