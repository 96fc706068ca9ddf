// Package eventhistory looks records up in CloudTrail's event history, which holds the management events of 90 days whether there is a
// trail or not.
package eventhistory

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// call is the only call that this package makes.
const call = "cloudtrail:LookupEvents"

// api is what is needed of CloudTrail's client.
type api interface {
	LookupEvents(context.Context, *cloudtrail.LookupEventsInput, ...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error)
}

// History is the event history of an account. It is safe for concurrent use.
type History struct{ client api }

// New is the event history that a client reads, in any Region.
func New(client api) *History { return &History{client: client} }

// LookUp gives the records of calls in a Region that name a resource, the newest first, 50 at most, and the token of the next page, empty
// at the end. It makes one request and does not repeat it: CloudTrail answers two a second for an account and a Region, and others ask, too.
func (h *History) LookUp(ctx context.Context, region, resource string, from, to time.Time, page string) (records [][]byte, next string, err error) {
	in := &cloudtrail.LookupEventsInput{
		StartTime: &from, EndTime: &to,
		LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyResourceName, AttributeValue: &resource}},
	}
	if page != "" {
		in.NextToken = &page
	}
	out, err := h.client.LookupEvents(ctx, in, func(o *cloudtrail.Options) {
		o.Region, o.Retryer = region, aws.NopRetryer{}
	})
	if err != nil {
		if why, refused := awsaccount.RefusedFirst(call, err); refused {
			return nil, "", &role.UnreadError{Why: why}
		}
		return nil, "", fmt.Errorf("%s in %s: %w", call, region, err)
	}
	for _, e := range out.Events {
		if text := aws.ToString(e.CloudTrailEvent); text != "" {
			records = append(records, []byte(text))
		}
	}
	return records, aws.ToString(out.NextToken), nil
}
