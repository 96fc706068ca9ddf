package aws

import (
	"regexp"
	"strings"
)

// topicName is what Amazon SNS takes as the name of a topic, and fifoTopic ends that of a FIFO topic:
// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

const fifoTopic = ".fifo"

// Topic is the name of the topic that an ARN names in full, and whether it is a FIFO topic; empty where it names none.
func (a ARN) Topic() (name string, fifo bool) {
	if a.Service != "sns" || !IsAccountID(a.Account) || !IsRegion(a.Region) {
		return "", false
	}
	name, fifo = strings.CutSuffix(a.Resource, fifoTopic)
	if !topicName.MatchString(name) {
		return "", false
	}
	return a.Resource, fifo
}
