package message

import (
	"cmp"
	"time"

	"github.com/go-json-experiment/json"
)

// Outgoing is one thing that the outbox holds until it is delivered: a rendered message, a notice to operations, or
// a work item for the queue; or what the digest will report.
type Outgoing struct {
	// ID is the message's, or the work item's; it stays the same however often the thing is sent.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Topic is where a message of KindFindings goes: TopicFindings, the name of a channel, or that of a place that routes lead to. Empty is
	// everywhere, as releases stored it that published to all topics at once.
	Topic string `json:"topic,omitempty"`
	// Rendered is set for KindFindings and KindOperations.
	Rendered *Rendered `json:"rendered,omitempty"`
	// Digest is set for KindDigest.
	Digest *DigestEntry `json:"digest,omitempty"`
	// Work is a work item's body, and Due when it is to arrive.
	Work []byte    `json:"work,omitempty"`
	Due  time.Time `json:"due,omitzero"`
	// Created is when it was committed.
	Created time.Time `json:"created"`
}

// ByCommit orders what was committed, the earliest first.
func ByCommit(a, b Outgoing) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}

// TopicFindings is the topic of findings, among the topics that a message of KindFindings goes to.
const TopicFindings = "findings"

// ForPlace reports whether a message of KindFindings is for a place that routes lead to, and for nobody else.
func (o Outgoing) ForPlace() bool {
	return o.Topic != "" && o.Topic != TopicFindings && o.Topic != Chat.Name
}

// ByTopic is a message of KindFindings as one for each topic, so that one that refuses it keeps it from no other. Each of them holds
// what the release before needs to publish it.
func (o Outgoing) ByTopic(configured []Channel) []Outgoing {
	if o.Topic != "" {
		return []Outgoing{o} // It is for one place alone.
	}
	first := o
	first.Topic = TopicFindings
	list := []Outgoing{first}
	for _, c := range configured {
		texts := o.Rendered.Channels[c.Name]
		if len(texts) == 0 {
			continue
		}
		next, rendered := o, *o.Rendered
		rendered.Channels = map[string]Texts{c.Name: texts}
		next.ID, next.Topic, next.Rendered = o.ID+"-"+c.Name, c.Name, &rendered
		list = append(list, next)
	}
	rendered := *o.Rendered
	rendered.Channels = nil
	list[0].Rendered = &rendered
	return list
}

// RefusedError says that a topic takes nothing until somebody changes something.
type RefusedError struct {
	// Topic is its ARN; What says what is wrong, as a sentence about it, and Fix what fixes that.
	Topic, What, Fix string
	Err              error
}

func (e *RefusedError) Error() string { return "publish to " + e.Topic + ": " + e.Err.Error() }

// Unwrap gives what SNS answered.
func (e *RefusedError) Unwrap() error { return e.Err }

// Kind says where an Outgoing goes.
type Kind string

// The kinds.
const (
	KindFindings   Kind = "findings"
	KindOperations Kind = "operations"
	KindWork       Kind = "work"
	// KindDigest is kept until the digest takes it, and is not sent.
	KindDigest Kind = "digest"
)

// Rendered is a message in every form that SNS carries.
type Rendered struct {
	// Subject is at most 99 printable ASCII characters.
	Subject string `json:"subject"`
	// Machine is the message's JSON; Email and SMS are texts.
	Machine string `json:"machine"`
	Email   string `json:"email"`
	SMS     string `json:"sms"`
	// Channels are the texts for each channel, by its name, which is a member of its own in JSON.
	Channels map[string]Texts `json:",embed"`
	// Attributes are SNS message attributes, so that subscribers can filter. A list becomes a String.Array.
	Attributes map[string][]string `json:"attributes,omitempty"`
}

// Texts are what one channel receives, each a publication of its own.
type Texts []string

// UnmarshalJSON reads a list of strings, and leaves out what is not one: a later release may have stored a member that this
// one does not know, and a message that cannot be read would keep the whole outbox from being delivered.
func (t *Texts) UnmarshalJSON(text []byte) error {
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		list = nil
	}
	*t = list
	return nil
}
