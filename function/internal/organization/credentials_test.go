package organization_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// fakeSTS gives credentials that end after a while.
type fakeSTS struct {
	mu    sync.Mutex
	calls []sts.AssumeRoleInput
	err   error
	lasts time.Duration
}

func (f *fakeSTS) AssumeRole(_ context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, *in)
	if f.err != nil {
		return nil, f.err
	}
	return &sts.AssumeRoleOutput{
		Credentials: &types.Credentials{
			AccessKeyId: in.RoleArn, SecretAccessKey: aws.String("secret"), SessionToken: aws.String("token"), Expiration: aws.Time(time.Now().Add(f.lasts)),
		},
		AssumedRoleUser: &types.AssumedRoleUser{Arn: in.RoleArn, AssumedRoleId: aws.String("AROA:rolewatch")},
	}, nil
}

func keyOf(t *testing.T, c *organization.Credentials, account string) string {
	t.Helper()
	got, err := c.Of(account).Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got.AccessKeyID
}

// TestTheRoleIsAssumedOnceForEachAccount holds what STS is asked, and that credentials are kept while they are valid.
func TestTheRoleIsAssumedOnceForEachAccount(t *testing.T) {
	f := &fakeSTS{lasts: time.Hour}
	c := organization.NewCredentials(f, organization.CredentialsOptions{
		Partition: "aws-cn", Role: "audit/rolewatch-reader", ExternalID: "secret", OwnAccount: "111111111111",
		Own: credentials.NewStaticCredentialsProvider("own", "b", ""),
	})
	for range 3 {
		if got := keyOf(t, c, "222222222222"); got != "arn:aws-cn:iam::222222222222:role/audit/rolewatch-reader" {
			t.Errorf("got credentials of %s", got)
		}
	}
	keyOf(t, c, "333333333333")
	if got := keyOf(t, c, "111111111111"); got != "own" {
		t.Errorf("in the caller's account: %s", got)
	}
	if len(f.calls) != 2 {
		t.Fatalf("%d calls, want one for each account but the caller's", len(f.calls))
	}
	in := f.calls[0]
	// The most that a chained role may have, and the least that a role allows at most.
	if aws.ToInt32(in.DurationSeconds) != 3600 || aws.ToString(in.ExternalId) != "secret" || aws.ToString(in.RoleSessionName) != "rolewatch" || aws.ToString(in.Policy) != organization.SessionPolicy(nil) {
		t.Errorf("STS was asked %+v", in)
	}
	c.Forget("222222222222")
	keyOf(t, c, "222222222222")
	if len(f.calls) != 3 {
		t.Errorf("%d calls after one account was forgotten", len(f.calls))
	}
}

// TestCredentialsAreRenewedBeforeTheyEnd has credentials that end within the minutes that a call may take.
func TestCredentialsAreRenewedBeforeTheyEnd(t *testing.T) {
	f := &fakeSTS{lasts: 4 * time.Minute}
	c := organization.NewCredentials(f, organization.CredentialsOptions{Partition: "aws", Role: "r"})
	keyOf(t, c, "222222222222")
	keyOf(t, c, "222222222222")
	if len(f.calls) != 2 {
		t.Errorf("%d calls, want 2", len(f.calls))
	}
	if f.calls[0].ExternalId != nil {
		t.Error("an external ID was sent that nobody gave")
	}
}

// TestARoleThatCannotBeAssumedSaysWhatToDo has each way in which STS fails. The error is not that of the call that needed the credentials.
func TestARoleThatCannotBeAssumedSaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		err    error
		why    string
		denied bool
	}{
		{&smithy.GenericAPIError{Code: "AccessDenied", Message: "User: x is not authorized"}, "sts:AssumeRole was denied for the role r", true},
		{&types.ExpiredTokenException{Message: aws.String("expired")}, "sts:AssumeRole failed for the role r: ExpiredTokenException: expired", false},
		{&types.RegionDisabledException{Message: aws.String("off")}, "sts:AssumeRole failed for the role r: RegionDisabledException: off", false},
		{errors.New("connection reset"), "sts:AssumeRole failed for the role r: connection reset", false},
	} {
		_, err := organization.NewCredentials(&fakeSTS{err: c.err}, organization.CredentialsOptions{Partition: "aws", Role: "r"}).Of("222222222222").Retrieve(t.Context())
		var assume *organization.AssumeError
		var api smithy.APIError
		if !errors.As(err, &assume) || assume.Why != c.why || assume.Denied != c.denied || assume.SettledBy == "" || errors.As(err, &api) {
			t.Errorf("%v gives %v, %+v", c.err, err, assume)
		}
	}
	for account, byHand := range map[string]bool{"111111111111": true, "222222222222": false} {
		c := organization.NewCredentials(&fakeSTS{err: &smithy.GenericAPIError{Code: "AccessDenied"}}, organization.CredentialsOptions{Partition: "aws", Role: "r", ManagementAccount: "111111111111"})
		_, err := c.Of(account).Retrieve(t.Context())
		var assume *organization.AssumeError
		if !errors.As(err, &assume) || strings.Contains(assume.SettledBy, "which a StackSet does not reach") != byHand {
			t.Errorf("%s: %+v", account, assume)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var assume *organization.AssumeError
	if _, err := organization.NewCredentials(&fakeSTS{err: ctx.Err()}, organization.CredentialsOptions{Partition: "aws", Role: "r"}).Of("222222222222").Retrieve(ctx); !errors.Is(err, context.Canceled) || errors.As(err, &assume) {
		t.Errorf("an interruption gives %v", err)
	}
}

// hosts notes where requests go, and answers none.
type hosts struct {
	seen []string
	form url.Values
}

func (h *hosts) Do(r *http.Request) (*http.Response, error) {
	h.seen = append(h.seen, r.URL.Host)
	body, _ := io.ReadAll(r.Body)
	h.form, _ = url.ParseQuery(string(body))
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(
		`<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`))}, nil
}

// TestTheRegionsOwnEndpointIsCalled uses the client of STS: credentials of the global endpoint are not valid in all Regions.
func TestTheRegionsOwnEndpointIsCalled(t *testing.T) {
	for region, want := range map[string]string{"us-east-1": "sts.us-east-1.amazonaws.com", "eu-south-2": "sts.eu-south-2.amazonaws.com", "cn-north-1": "sts.cn-north-1.amazonaws.com.cn"} {
		h := &hosts{}
		client := sts.NewFromConfig(aws.Config{Region: region, HTTPClient: h, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
		_, err := organization.NewCredentials(client, organization.CredentialsOptions{Partition: "aws", Role: "r"}).Of("222222222222").Retrieve(t.Context())
		if err == nil || len(h.seen) != 1 || h.seen[0] != want || h.form.Get("Policy") != organization.SessionPolicy(nil) {
			t.Errorf("%s: called %v with %v, %v", region, h.seen, h.form, err)
		}
	}
}
