package watch_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// TestMessagesAreRenderedForTheChannelsThatAreConfigured: a channel without a topic has no texts in a message.
func TestMessagesAreRenderedForTheChannelsThatAreConfigured(t *testing.T) {
	for want, configured := range map[string][]message.Channel{"": nil, message.Chat.Name: {message.Chat}} {
		l := orders(t)
		l.watch.Configured = configured
		l.channels = nil
		l.must(l.setTrust("orders", badTrust))
		l.pass(settle)
		l.want("opened RW102 orders")
		if got := strings.Join(l.channels, " "); got != want {
			t.Errorf("%d configured: published to %q", len(configured), got)
		}
	}
}
