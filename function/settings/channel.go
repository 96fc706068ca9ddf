package settings

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// channels are the channels there are, in the order in which a message goes to them, each with the key of the CDK context
// that asks for it, and what takes the value of that key.
var channels = []struct {
	message.Channel
	key string
	set func(*Stack, jsontext.Value) error
}{
	{message.Chat, "slack", (*Stack).setSlack},
}

// Channels gives the channels there are, in the order in which a message goes to them.
func Channels() []message.Channel {
	out := make([]message.Channel, len(channels))
	for i, c := range channels {
		out[i] = c.Channel
	}
	return out
}

// channelVariable is the variable of the function's environment that names the topic of a channel: ROLEWATCH_CHAT_TOPIC.
func channelVariable(c message.Channel) string {
	return "ROLEWATCH_" + strings.ToUpper(c.Name) + "_TOPIC"
}

// setChannel takes the value of a channel's key.
func (s *Stack) setChannel(key string, value jsontext.Value) error {
	for _, c := range channels {
		if c.key == key {
			return c.set(s, value)
		}
	}
	return fmt.Errorf("it is not a key of the stack")
}
