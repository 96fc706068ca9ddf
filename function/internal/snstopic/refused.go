package snstopic

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// toAllow fixes that a topic refuses rolewatch.
const toAllow = "Allow sns:Publish on the topic in the policies of rolewatch's execution role, and see whether the topic's policy, a service control policy or a permissions boundary denies it."

// refusals are the answers of SNS to Publish that hold until somebody changes something, by how their codes begin, and what fixes them.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
var refusals = []struct{ code, what, fix string }{
	{"NotFound", "does not exist", "Deploy rolewatch again (cdk deploy), which creates the topic."},
	{"AuthorizationError", "refuses rolewatch", toAllow},
	{"AccessDenied", "refuses rolewatch", toAllow},
	{"KMSAccessDenied", "cannot be used, because its key refuses rolewatch",
		"Allow kms:GenerateDataKey and kms:Decrypt on the topic's key, in the key's policy and in the policies of rolewatch's execution role."},
	{"KMSDisabled", "cannot be used, because its key is disabled", "Enable the topic's key (aws kms enable-key)."},
	{"KMSInvalidState", "cannot be used, because its key is scheduled for deletion or is not ready", "Cancel the deletion of the topic's key (aws kms cancel-key-deletion) and enable it."},
	{"KMSNotFound", "cannot be used, because its key does not exist", "Deploy rolewatch again (cdk deploy), which gives the topic a key."},
}

// refused is the error of a publication: one that no later try mends is a *message.RefusedError.
func refused(topic string, err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		for _, r := range refusals {
			if strings.HasPrefix(api.ErrorCode(), r.code) {
				return &message.RefusedError{Topic: topic, What: r.what, Fix: r.fix, Err: err}
			}
		}
	}
	return fmt.Errorf("to %s: %w", topic, err)
}
