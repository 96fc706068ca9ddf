package watch_test

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// TestMessagesAreRenderedForTheChannelsThatAreConfigured looks at what the outbox held: a channel without a topic has no
// texts in a message.
func TestMessagesAreRenderedForTheChannelsThatAreConfigured(t *testing.T) {
	for want, configured := range map[string][]message.Channel{"": nil, message.Chat.Name: {message.Chat}} {
		l := orders(t)
		l.watch.Configured = configured
		l.channels = nil
		l.must(l.setTrust("orders", badTrust))
		l.pass(settle)
		l.want("opened RW102 orders")
		if len(l.channels) != 1 || slices.Contains(l.channels[0], message.Chat.Name) != (want != "") {
			t.Errorf("%d configured: rendered for %q", len(configured), l.channels)
		}
	}
}
