package message

// Channel is a form in which a message reaches people through an SNS topic of its own, next to the findings topic.
type Channel struct {
	// Name is what settings, topics and stored messages call it, one lowercase word.
	Name string
	// Protocol is the SNS protocol of its subscriptions. By it, a channel receives the notices of the operations topic, to
	// which it is subscribed, too.
	Protocol string
	// findings gives the texts of a message, each a publication of its own; notice gives the text of a notice.
	findings func(Message) []string
	notice   func(notice) string
}

// Chat is Amazon Q Developer in chat applications.
var Chat = Channel{
	Name: "chat", Protocol: "https", findings: chat,
	notice: func(n notice) string { return encode(n.chat()) },
}
