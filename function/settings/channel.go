package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// ChannelSettings are what the deployment must know of the channels; what is nil is not asked for.
type ChannelSettings struct {
	Slack *Slack
}

// Slack names a channel of a workspace that was authorized in the console of Amazon Q Developer in chat applications.
type Slack struct {
	Workspace string
	Channel   string
	// AckCritical says that a critical finding may be acknowledged, from chat and otherwise.
	AckCritical bool
}

// channels are the channels there are, in the order in which a message goes to them, each with the key of the CDK context
// that asks for it, and what takes the value of that key.
var channels = []struct {
	message.Channel
	key string
	set func(*ChannelSettings, jsontext.Value) error
}{
	{message.Chat, "slack", (*ChannelSettings).setSlack},
}

// Channels gives the channels there are, in the order in which a message goes to them.
func Channels() []message.Channel {
	out := make([]message.Channel, len(channels))
	for i, c := range channels {
		out[i] = c.Channel
	}
	return out
}

// Channels gives the channels that have a topic, in the order in which a message goes to them.
func (f Function) Channels() []message.Channel {
	return slices.DeleteFunc(Channels(), func(c message.Channel) bool { return f.ChannelTopics[c.Name] == "" })
}

// channelVariable is the variable of the function's environment that names the topic of a channel: ROLEWATCH_CHAT_TOPIC.
func channelVariable(c message.Channel) string {
	return "ROLEWATCH_" + strings.ToUpper(c.Name) + "_TOPIC"
}

// setChannel takes the value of a channel's key.
func (s *ChannelSettings) setChannel(key string, value jsontext.Value) error {
	for _, c := range channels {
		if c.key == key {
			return c.set(s, value)
		}
	}
	return fmt.Errorf("it is not a key of the stack")
}

var (
	slackTeam    = regexp.MustCompile(`^[0-9A-Z]{1,255}$`)
	slackChannel = regexp.MustCompile(`^[A-Za-z0-9]+$`)
)

// setSlack holds the IDs to the forms that CloudFormation takes:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-chatbot-slackchannelconfiguration.html
func (s *ChannelSettings) setSlack(value jsontext.Value) error {
	var in struct {
		Workspace   string `json:"workspace"`
		Channel     string `json:"channel"`
		AckCritical bool   `json:"ackCritical"`
	}
	if err := read(value, &in); err != nil {
		return err
	}
	if !slackTeam.MatchString(in.Workspace) {
		return fmt.Errorf("slack.workspace %q is not a workspace ID", in.Workspace)
	}
	if !slackChannel.MatchString(in.Channel) {
		return fmt.Errorf("slack.channel %q is not a channel ID", in.Channel)
	}
	s.Slack = &Slack{Workspace: in.Workspace, Channel: in.Channel, AckCritical: in.AckCritical}
	return nil
}
