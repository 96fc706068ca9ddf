package awstest_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// TestAProxyDecidesTheFateOfACall sends calls in three protocols, and holds which of them were carried out and which answered.
func TestAProxyDecidesTheFateOfACall(t *testing.T) {
	var fate atomic.Int32
	// A connection is closed in place of an answer, so that the calls come on several goroutines.
	var mu sync.Mutex
	var calls []string
	var carried atomic.Int32
	proxy := awstest.NewProxy(t, func(c awstest.Call) (awstest.Fate, func()) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, c.Service+" "+c.Operation)
		return awstest.Fate(fate.Load()), func() { carried.Add(1) }
	})
	cfg := awstest.Config(t, proxy.URL)
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	queues := sqs.NewFromConfig(cfg)
	make := func(name string) error {
		_, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		return err
	}
	if make("early") == nil {
		t.Error("a call before there is an endpoint was answered")
	}
	proxy.To(awstest.Ministack(t))
	for _, c := range []struct {
		name     string
		fate     awstest.Fate
		answered bool
	}{{"answered", awstest.Answered, true}, {"unavailable", awstest.Unavailable, false}, {"unanswered", awstest.Unanswered, false}} {
		fate.Store(int32(c.fate))
		if err := make(c.name); (err == nil) != c.answered {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	fate.Store(int32(awstest.Answered))
	got, err := queues.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil || len(got.QueueUrls) != 2 || strings.Contains(strings.Join(got.QueueUrls, " "), "unavailable") {
		t.Errorf("the queues are %v, %v", got, err)
	}
	if _, err := iam.NewFromConfig(cfg).ListRoles(t.Context(), &iam.ListRolesInput{}); err != nil {
		t.Error(err)
	}
	if _, err := lambda.NewFromConfig(cfg).ListFunctions(t.Context(), &lambda.ListFunctionsInput{}); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := "sqs CreateQueue,sqs CreateQueue,sqs CreateQueue,sqs ListQueues,iam ListRoles,lambda "; strings.Join(calls, ",") != want || carried.Load() != 5 {
		t.Errorf("calls %q, of which %d were carried out", calls, carried.Load())
	}
	// A client that repeats a call gets over an answer that is lost.
	var lost atomic.Bool
	again := awstest.NewProxy(t, func(awstest.Call) (awstest.Fate, func()) {
		if lost.CompareAndSwap(false, true) {
			return awstest.Unanswered, nil
		}
		return awstest.Answered, nil
	})
	again.To(got.QueueUrls[0][:strings.Index(got.QueueUrls[0][len("http://"):], "/")+len("http://")])
	cfg = awstest.Config(t, again.URL)
	cfg.Retryer = func() aws.Retryer { return retry.NewStandard() }
	_, err = sqs.NewFromConfig(cfg).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &got.QueueUrls[0], AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err != nil || !lost.Load() {
		t.Errorf("a call that was repeated: %v", err)
	}
}
