package eventhistory_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/eventhistory"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// answers answers each request as it is told to.
type answers struct {
	asked []*cloudtrail.LookupEventsInput
	how   cloudtrail.Options
	out   *cloudtrail.LookupEventsOutput
	err   error
}

func (a *answers) LookupEvents(_ context.Context, in *cloudtrail.LookupEventsInput, options ...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error) {
	a.asked = append(a.asked, in)
	for _, o := range options {
		o(&a.how)
	}
	return a.out, a.err
}

func TestALookupIsOneRequestInTheRegion(t *testing.T) {
	from := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a := &answers{out: &cloudtrail.LookupEventsOutput{
		Events: []types.Event{{CloudTrailEvent: aws.String("{}")}, {}}, NextToken: aws.String("more"),
	}}
	records, next, err := eventhistory.New(a).LookUp(t.Context(), "eu-west-1", "orders", from, from.Add(time.Hour), "page")
	if err != nil || len(records) != 1 || string(records[0]) != "{}" || next != "more" {
		t.Errorf("%q, %q, %v", records, next, err)
	}
	in := a.asked[0]
	if len(a.asked) != 1 || a.how.Region != "eu-west-1" || a.how.Retryer.MaxAttempts() != 1 || *in.NextToken != "page" || !in.StartTime.Equal(from) ||
		len(in.LookupAttributes) != 1 || in.LookupAttributes[0].AttributeKey != types.LookupAttributeKeyResourceName || *in.LookupAttributes[0].AttributeValue != "orders" {
		t.Errorf("asked %+v, %+v", in, a.how)
	}
}

// A lookup that no repetition helps is told apart from one that was throttled.
func TestALookupThatIsDeniedIsUnread(t *testing.T) {
	for code, unread := range map[string]bool{"AccessDeniedException": true, "ThrottlingException": false, "InternalFailure": false} {
		_, _, err := eventhistory.New(&answers{err: &smithy.GenericAPIError{Code: code}}).LookUp(t.Context(), "us-east-1", "orders", time.Now(), time.Now(), "")
		if err == nil || errors.Is(err, role.ErrUnread) != unread {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestOnAnEmulator looks up who made a role.
func TestOnAnEmulator(t *testing.T) {
	cfg := awstest.Config(t, awstest.Ministack(t, awstest.Env("CLOUDTRAIL_RECORDING", "1"), awstest.Env("TEST_EVENT_HISTORY", "1")))
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	if _, err := iam.NewFromConfig(cfg).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("orders"), AssumeRolePolicyDocument: &trust}); err != nil {
		t.Fatal(err)
	}
	history := eventhistory.New(cloudtrail.NewFromConfig(cfg))
	records, _, err := history.LookUp(t.Context(), awstest.Region, "orders", time.Now().Add(-time.Hour), time.Now().Add(time.Hour), "")
	if err != nil || len(records) == 0 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, r := range records {
		c, err := events.Parse(r)
		if err != nil || c.Event.Name != "CreateRole" {
			t.Errorf("%v of %s", err, r)
		}
	}
	if records, _, err = history.LookUp(t.Context(), awstest.Region, "another", time.Now().Add(-time.Hour), time.Now().Add(time.Hour), ""); err != nil || len(records) != 0 {
		t.Errorf("%q, %v", records, err)
	}
}
