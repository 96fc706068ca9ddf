// Package snstopic publishes through SNS: findings to the findings topic and to the topics of the channels that are
// configured; notices to the operations topic. It owns how a rendered message becomes a publication, and no word
// of it. The topics are standard ones: a subscriber may get a message twice, under the same ID.
package snstopic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// api is what is needed of SNS's client.
type api interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Topics are the topics' ARNs.
type Topics struct {
	// Findings takes messages for machines, e-mail and text messages.
	Findings string
	// Operations takes notices to those who run rolewatch.
	Operations string
	// Channels are the topics of channels, in the order in which a message goes to them.
	Channels []ChannelTopic
	// Places are the topics of the places that routes lead to, by name.
	Places map[string]PlaceTopic
}

// PlaceTopic is the topic of a place that routes lead to.
type PlaceTopic struct {
	ARN string
	// Channel is the form in which messages go to the topic; nil for the JSON, with texts for e-mail and text messages.
	Channel *message.Channel
}

// ChannelTopic is the topic of a channel; its ARN is empty when the channel is not configured.
type ChannelTopic struct {
	message.Channel
	ARN string
}

// Publisher publishes to these topics. It is safe for concurrent use.
type Publisher struct {
	client api
	topics Topics

	mu sync.Mutex
	// done counts the publications of a message that went through before one failed, so that trying again repeats none of
	// them while this process lives.
	done map[string]int
}

// New publishes to these topics.
func New(client api, topics Topics) *Publisher {
	return &Publisher{client: client, topics: topics, done: map[string]int{}}
}

// Publish sends a rendered message, under its ID, to the topics that its kind belongs to.
func (p *Publisher) Publish(ctx context.Context, out message.Outgoing) error {
	list, err := p.publications(out)
	if err != nil {
		return fmt.Errorf("publish %s: %w", out.ID, err)
	}
	for n := p.took(out.ID); n < len(list); n++ {
		if _, err := p.client.Publish(ctx, list[n]); err != nil {
			p.note(out.ID, n)
			return fmt.Errorf("publish %s: %w", out.ID, refused(aws.ToString(list[n].TopicArn), err))
		}
	}
	p.note(out.ID, 0)
	return nil
}

func (p *Publisher) took(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done[id]
}

func (p *Publisher) note(id string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n == 0 {
		delete(p.done, id)
	} else {
		p.done[id] = n
	}
}

// publications are what a message comes to, in order.
func (p *Publisher) publications(out message.Outgoing) ([]*sns.PublishInput, error) {
	r := out.Rendered
	if r == nil {
		return nil, errors.New("it is not rendered")
	}
	topic := p.topics.Findings
	switch out.Kind {
	case message.KindFindings:
	case message.KindOperations:
		topic = p.topics.Operations
	default:
		return nil, fmt.Errorf("its kind %q goes to no topic", out.Kind)
	}
	if topic == "" {
		return nil, fmt.Errorf("no topic is configured for its kind %q", out.Kind)
	}
	attributes, err := attributesOf(r.Attributes)
	if err != nil {
		return nil, err
	}
	if place, routed, err := p.place(out); routed || err != nil {
		return place, err
	}
	texts := map[string]string{"default": r.Machine, "email": r.Email, "sms": r.SMS}
	if out.Kind == message.KindOperations {
		// Channels are subscribed to the topic of operations as well.
		for _, c := range p.topics.Channels {
			if list := r.Channels[c.Name]; len(list) > 0 {
				texts[c.Protocol] = list[0]
			}
		}
	}
	var list []*sns.PublishInput
	if out.Topic == "" || out.Topic == message.TopicFindings {
		first, err := publication(topic, texts, attributes)
		if err != nil {
			return nil, err
		}
		if r.Subject != "" {
			first.Subject = aws.String(r.Subject)
		}
		list = append(list, first)
	}
	if out.Kind != message.KindFindings {
		return list, nil
	}
	for _, c := range p.topics.Channels {
		if c.ARN == "" || out.Topic != "" && out.Topic != c.Name {
			continue
		}
		for _, text := range r.Channels[c.Name] {
			if text == "" {
				continue
			}
			next, err := publication(c.ARN, map[string]string{"default": text, c.Protocol: text}, attributes)
			if err != nil {
				return nil, err
			}
			list = append(list, next)
		}
	}
	return list, nil
}

// place are the publications of a message that is for a place alone; false where it is for none. A place that the settings do not have any
// more refuses it.
func (p *Publisher) place(out message.Outgoing) ([]*sns.PublishInput, bool, error) {
	if out.Kind != message.KindFindings || !out.ForPlace() {
		return nil, false, nil
	}
	to, ok := p.topics.Places[out.Topic]
	if !ok {
		return nil, true, &message.RefusedError{
			Topic: out.Topic, What: "is of a route that is not in the settings any more", Fix: "Deploy rolewatch with a route to it, or let the message expire.",
			Err: fmt.Errorf("no route leads to %s", out.Topic),
		}
	}
	attributes, err := attributesOf(out.Rendered.Attributes)
	if err != nil {
		return nil, true, err
	}
	r := out.Rendered
	texts := []map[string]string{{"default": r.Machine, "email": r.Email, "sms": r.SMS}}
	if to.Channel != nil {
		texts = nil
		for _, text := range r.Channels[to.Channel.Name] {
			texts = append(texts, map[string]string{"default": text, to.Channel.Protocol: text})
		}
	}
	var list []*sns.PublishInput
	for _, one := range texts {
		next, err := publication(to.ARN, one, attributes)
		if err != nil {
			return nil, true, err
		}
		if to.Channel == nil && r.Subject != "" {
			next.Subject = aws.String(r.Subject)
		}
		list = append(list, next)
	}
	return list, true, nil
}

// publication is one text for each protocol (MessageStructure json of Publish in the API reference). A protocol that has
// no text of its own gets the default.
func publication(topic string, texts map[string]string, attributes map[string]types.MessageAttributeValue) (*sns.PublishInput, error) {
	maps.DeleteFunc(texts, func(protocol, text string) bool { return text == "" && protocol != "default" })
	body, err := json.Marshal(texts, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write its texts: %w", err)
	}
	return &sns.PublishInput{
		TopicArn: aws.String(topic), Message: aws.String(string(body)), MessageStructure: aws.String("json"), MessageAttributes: attributes,
	}, nil
}

// attributesOf are message attributes, by which subscribers can filter: a list of strings where there may be several
// values, a string otherwise. SNS takes no empty value.
func attributesOf(values map[string][]string) (map[string]types.MessageAttributeValue, error) {
	out := map[string]types.MessageAttributeValue{}
	for name, list := range values {
		list = slices.DeleteFunc(slices.Clone(list), func(v string) bool { return v == "" })
		if len(list) == 0 {
			continue
		}
		if len(list) == 1 && !message.IsArray(name) {
			out[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(list[0])}
			continue
		}
		body, err := json.Marshal(list)
		if err != nil {
			return nil, fmt.Errorf("write attribute %s: %w", name, err)
		}
		out[name] = types.MessageAttributeValue{DataType: aws.String("String.Array"), StringValue: aws.String(string(body))}
	}
	return out, nil
}
