package diagnosis

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/recorded"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// call is a call as the record of its refusal has it.
type call struct{ *events.Change }

// as is the call as a record has it. Whether the function exists tells a call that makes it from one that changes it, where the
// input of a command does not.
func (c *Call) as(function string, exists bool, message string) (*call, error) {
	if c.record != nil {
		record := *c.record
		record.ErrorMessage = message
		return &call{&record}, nil
	}
	region, account := anyRegion, anyAccount
	if at, err := aws.ParseARN(function); err == nil {
		region, account = at.Region, at.Account
	}
	text, err := json.Marshal(map[string]any{
		"eventVersion": "1.11", "eventID": asked, "eventType": "AwsApiCall", "eventCategory": "Management", "eventTime": "2000-01-01T00:00:00Z",
		"eventSource": "lambda.amazonaws.com", "eventName": c.api(exists), "awsRegion": region, "recipientAccountId": account,
		"userIdentity": map[string]any{"type": "Unknown"}, "errorCode": "InvalidParameterValueException", "errorMessage": message,
		"requestParameters": c.input,
	})
	if err != nil {
		return nil, fmt.Errorf("write the call as a record: %w", err)
	}
	record, err := events.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the input of %s: %w", c.api(exists), err)
	}
	return &call{record}, nil
}

// lack notes what is unknown because of the record: why the call was refused, where it has no message, and what is in its account,
// where another one is read.
func (a *asking) lack() {
	if a.question.Call.command() {
		return
	}
	record, read := a.question.Call.record, a.question.AccountID
	if a.question.Message == "" {
		a.miss(role.Gap{
			What:      "message: the record of the rejected call does not contain it, so the reason for the rejection is unknown",
			SettledBy: "Specify the message of the call, as the tool that made the call printed it.",
		})
	}
	if read != "" && record.Account != "" && record.Account != read {
		a.miss(role.Gap{
			What:      "account: the record is of account " + record.Account + ", but rolewatch reads account " + read,
			SettledBy: "Read account " + record.Account + ".",
		})
	}
}

// anyRegion and anyAccount stand in a record for what the input of a command does not say: nothing is judged by them.
const anyRegion, anyAccount = "us-east-1", "000000000000"

// apis are the names that records have for the commands whose input is read.
var apis = map[string]string{
	"UpdateEventSourceMapping": "UpdateEventSourceMapping20150331", "CreateEventSourceMapping": "CreateEventSourceMapping20150331",
	"UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2", "CreateFunction": "CreateFunction20150331",
	"PutFunctionEventInvokeConfig": "PutFunctionEventInvokeConfig",
}

// api is the name of the call, as a record has it.
func (c *Call) api(exists bool) string {
	if !exists && slices.Contains(c.fits, "UpdateFunctionConfiguration") && slices.Contains(c.fits, "CreateFunction") {
		return apis["CreateFunction"]
	}
	return apis[c.fits[0]]
}

// role is the ARN of the role that the call is about; empty where it does not say.
func (c *call) role() string {
	if c.Config.Role != "" {
		return c.Config.Role
	}
	return c.Role.ARN
}

// mapping is the ID of the event source mapping that the call is about; empty where it is about none.
func (c *call) mapping() string {
	if c.Asked == nil || c.Asked.Mapping == nil {
		return ""
	}
	return c.Asked.Mapping.ID
}

// asked is what the call asks for; nil where the record does not have it.
func (c *call) asked() *role.Asked { return recorded.Asked(c.Change) }

// refusal is the call as the checks see it.
func (c *call) refusal() check.Refusal { return reconcile.NewChange(c.Change).Refusal() }
