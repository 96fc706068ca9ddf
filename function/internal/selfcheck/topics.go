package selfcheck

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// topicType is CloudFormation's word for a topic, and subscriptionType for a subscription.
const (
	topicType        = "AWS::SNS::Topic"
	subscriptionType = "AWS::SNS::Subscription"
)

func (f *Facts) topics() []Result {
	var out []Result
	for _, t := range f.Topics {
		out = append(out, f.topic(t))
	}
	if len(f.Topics) > 0 {
		out = append(out, f.gone()...)
		out = append(out, f.audience("findings", func(t Topic) bool { return !isTopic(t, deploy.OperationsID) }, "Findings reach nobody."))
		out = append(out, f.audience("operations", func(t Topic) bool { return isTopic(t, deploy.OperationsID) },
			"Nobody learns of what keeps rolewatch from its work: neither this notice nor an alarm of the stack reaches anybody."))
	}
	return out
}

func isTopic(t Topic, id string) bool { return strings.HasPrefix(t.ID, id) }

// topic judges a topic by itself.
func (f *Facts) topic(t Topic) Result {
	scope, what := "topic:"+lastPart(t.ARN), "The topic "+lastPart(t.ARN)
	if r, done := maybe(t.Subscriptions, scope, what, func() Result {
		return wrong(scope, episode.Trouble{
			Key: "subscription:missing:" + t.ID, Region: f.Home, Subject: what + " does not exist", Over: what + " exists again",
			Text: "What is sent to it reaches nobody.",
		}, redeploy(f.home().Name))
	}); done {
		return r
	}
	s, _ := t.Subscriptions.Get()
	if n := len(s.Pending); n > 0 {
		return wrong(scope, episode.Trouble{
			Key: "subscription:pending:" + t.ID, Region: f.Home, Subject: fmt.Sprintf("A subscription of the topic %s is not confirmed", lastPart(t.ARN)),
			Over: "the subscriptions of the topic " + lastPart(t.ARN) + " are confirmed",
			Text: fmt.Sprintf("%s %s not confirmed and get no message. SNS deletes a subscription that is not confirmed.", strings.Join(s.Pending, ", "), isOrAre(n)),
		}, "open the link in the message with the subject \"AWS Notification - Subscription Confirmation\"; to get it again, run "+
			fmt.Sprintf("`aws sns subscribe --topic-arn %s --protocol email --notification-endpoint %s --region %s`", t.ARN, s.Pending[0], f.Home))
	}
	return ok(scope, fmt.Sprintf("%s has %d confirmed subscriptions", what, len(s.Confirmed)))
}

// The states of a key that a command leads out of: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
const (
	keyEnabled         = "Enabled"
	keyDisabled        = "Disabled"
	keyPendingDeletion = "PendingDeletion"
)

// keys judges the keys of the topics of findings and of channels. Those of operations have none.
func (f *Facts) keys() []Result {
	var out []Result
	for _, k := range f.Keys {
		scope, what := "key:"+k.ID, "The key "+k.ID+" of the topics"
		fault := func(subject, fix string) Result {
			return wrong(scope, episode.Trouble{
				Key: "topic:key:" + k.ID, Region: f.Home, Subject: what + subject, Over: what + " is enabled again",
				Text: "The topics that it encrypts take no message: findings reach nobody, and wait in the outbox.",
			}, fix)
		}
		r, done := maybe(k.State, scope, what, func() Result { return fault(" does not exist", redeploy(f.home().Name)) })
		switch state, _ := k.State.Get(); {
		case done:
		case state == keyEnabled:
			r = ok(scope, what+" is enabled")
		case state == keyDisabled:
			r = fault(" is disabled", "aws kms enable-key --key-id "+k.ID+" --region "+f.Home)
		case state == keyPendingDeletion:
			r = fault(" is scheduled for deletion",
				fmt.Sprintf("run `aws kms cancel-key-deletion --key-id %s --region %s`, and then `aws kms enable-key --key-id %s --region %s`", k.ID, f.Home, k.ID, f.Home))
		default:
			r = fault(" has the state "+state, "aws kms describe-key --key-id "+k.ID+" --region "+f.Home)
		}
		out = append(out, r)
	}
	return out
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// gone finds the subscriptions of the stack that no topic has any more: whoever opens the link at the end of an e-mail ends its
// subscription.
func (f *Facts) gone() []Result {
	has := map[string]bool{}
	for _, t := range f.Topics {
		s, known := t.Subscriptions.Get()
		if !known {
			return nil
		}
		for _, arn := range s.Confirmed {
			has[arn] = true
		}
	}
	var lost []string
	for _, r := range f.home().Resources.Or(nil) {
		// The name of a subscription that was pending when it was made is not an ARN.
		if r.Type == subscriptionType && aws.IsARN(r.Name) && !has[r.Name] {
			lost = append(lost, r.ID)
		}
	}
	if len(lost) == 0 {
		return []Result{ok("subscriptions", "The subscriptions of the stack are there")}
	}
	return []Result{wrong("subscriptions", episode.Trouble{
		Key: "subscription:gone", Region: f.Home, Subject: fmt.Sprintf("Subscriptions of the stack are gone: %d", len(lost)), Over: "the subscriptions of the stack are there again",
		Text: "The stack " + f.home().Name + " made " + strings.Join(lost, ", ") + ", and no topic has them any more. Somebody unsubscribed, and gets no message.",
	}, redeploy(f.home().Name))}
}

// audience judges whether anybody at all is subscribed to some topics.
func (f *Facts) audience(name string, of func(Topic) bool, meaning string) Result {
	scope := "audience:" + name
	confirmed, first := 0, ""
	for _, t := range f.Topics {
		if !of(t) {
			continue
		}
		if first == "" {
			first = t.ARN
		}
		s, known := t.Subscriptions.Get()
		if !known && t.Subscriptions.State() == role.Unknown {
			return unknown(scope, "Whether anybody is subscribed to "+name+" is unknown", role.Because(t.Subscriptions.Why()))
		}
		confirmed += len(s.Confirmed)
	}
	if confirmed > 0 {
		return ok(scope, "Somebody is subscribed to "+name)
	}
	return wrong(scope, episode.Trouble{
		Key: "subscription:none:" + name, Region: f.Home, Subject: "Nobody is subscribed to " + name, Over: "somebody is subscribed to " + name, Text: meaning,
	}, fmt.Sprintf("set the key emails or slack in cdk.json and deploy, or run `aws sns subscribe --topic-arn %s --protocol email --notification-endpoint ADDRESS --region %s`", first, f.Home))
}
