package sqsqueue

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// sent keeps what is sent.
type sent struct {
	api
	messages []*sqs.SendMessageInput
}

func (s *sent) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	s.messages = append(s.messages, in)
	return &sqs.SendMessageOutput{MessageId: aws.String("m1")}, nil
}

// A message of a hub has its account as an attribute and as its group, beside the attributes of an item that is sent again; one of a queue of
// one account has neither.
func TestAMessageNamesItsAccount(t *testing.T) {
	s := &sent{}
	q := New(s, "work", "dead")
	hub := q.Of("222233334444")
	steps := []func() error{
		func() error { return q.Send(t.Context(), []byte("{}"), 0) },
		func() error { return hub.Send(t.Context(), []byte("{}"), time.Minute) },
		func() error {
			return hub.Resend(t.Context(), []byte("{}"), 0, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), 2)
		},
		func() error { _, err := q.Redrive(t.Context(), []byte("{}"), "222233334444"); return err },
		func() error { _, err := q.Redrive(t.Context(), []byte("{}"), ""); return err },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		in := s.messages[i]
		want := "222233334444"
		if i == 0 || i == 4 {
			want = ""
		}
		account := aws.ToString(in.MessageAttributes[deploy.AccountAttribute].StringValue)
		if aws.ToString(in.MessageGroupId) != want || account != want || aws.ToString(in.QueueUrl) != "work" {
			t.Errorf("step %d: group %q and account %q of queue %q, want %q", i, aws.ToString(in.MessageGroupId), account, aws.ToString(in.QueueUrl), want)
		}
	}
	if a := s.messages[2].MessageAttributes; aws.ToString(a[deploy.AttemptAttribute].StringValue) != "2" || len(a) != 3 {
		t.Errorf("attributes %v", a)
	}
}
