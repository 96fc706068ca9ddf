package awstest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

var emulators = map[string]struct {
	start   func(testing.TB, ...awstest.Option) string
	account string
}{
	"moto":      {awstest.Moto, awstest.MotoAccount},
	"ministack": {awstest.Ministack, awstest.MinistackAccount},
}

func TestAnEmulatorAnswersAndEndsWithItsTest(t *testing.T) {
	for name, e := range emulators {
		var endpoint string
		t.Run(name, func(t *testing.T) {
			endpoint = e.start(t)
			trust := `{"Version":"2012-10-17","Statement":[]}`
			out, err := iam.NewFromConfig(awstest.Config(t, endpoint)).CreateRole(context.Background(),
				&iam.CreateRoleInput{RoleName: aws.String("orders"), AssumeRolePolicyDocument: &trust})
			if err != nil {
				t.Fatal(err)
			}
			if want := "arn:aws:iam::" + e.account + ":role/orders"; *out.Role.Arn != want {
				t.Errorf("made %s, want %s", *out.Role.Arn, want)
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
