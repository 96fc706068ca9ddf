package events

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// envelope is an EventBridge event that carries a record:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
type envelope struct {
	DetailType string  `json:"detail-type"`
	Source     string  `json:"source"`
	Account    string  `json:"account"`
	Region     string  `json:"region"`
	Detail     *record `json:"detail"`
}

// record is a CloudTrail record, as far as it is read:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
type record struct {
	EventVersion       string   `json:"eventVersion"`
	EventSource        string   `json:"eventSource"`
	EventName          string   `json:"eventName"`
	EventTime          string   `json:"eventTime"`
	EventID            string   `json:"eventID"`
	EventCategory      string   `json:"eventCategory"`
	AWSRegion          string   `json:"awsRegion"`
	RecipientAccountID string   `json:"recipientAccountId"`
	SourceIPAddress    string   `json:"sourceIPAddress"`
	UserAgent          string   `json:"userAgent"`
	ErrorCode          string   `json:"errorCode"`
	ErrorMessage       string   `json:"errorMessage"`
	ReadOnly           lenient  `json:"readOnly"`
	FromConsole        lenient  `json:"sessionCredentialFromConsole"`
	UserIdentity       identity `json:"userIdentity"`
	Request            part     `json:"requestParameters"`
	Response           part     `json:"responseElements"`
}

// identity is the record's userIdentity:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
type identity struct {
	Type           string `json:"type"`
	PrincipalID    string `json:"principalId"`
	ARN            string `json:"arn"`
	AccountID      string `json:"accountId"`
	UserName       string `json:"userName"`
	InvokedBy      string `json:"invokedBy"`
	SessionContext struct {
		SessionIssuer struct {
			ARN      string `json:"arn"`
			UserName string `json:"userName"`
		} `json:"sessionIssuer"`
	} `json:"sessionContext"`
	OnBehalfOf struct {
		UserID string `json:"userId"`
	} `json:"onBehalfOf"`
}

// part is requestParameters or responseElements: an object that is read when its service is known, or null.
type part struct {
	text jsontext.Value
	at   int64 // where it starts in the body
}

// UnmarshalJSONFrom keeps the object and its place.
func (p *part) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case 'n':
	case '{':
		p.text, p.at = v.Clone(), dec.InputOffset()-int64(len(v))
	default:
		return misfit(dec, v, wrongKind(v.Kind(), "an object or null"))
	}
	return nil
}

// lenient is a boolean that some records write as a string: sessionCredentialFromConsole is "true".
type lenient bool

// UnmarshalJSONFrom takes booleans, their names in quotes, and null.
func (f *lenient) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch string(v) {
	case "true", `"true"`:
		*f = true
	case "false", `"false"`, "null":
		*f = false
	default:
		return misfit(dec, v, wrongKind(v.Kind(), "a boolean"))
	}
	return nil
}

// sent notes that a field is there. CloudTrail blanks an environment: to an empty object, or to a text that says so.
type sent bool

// UnmarshalJSONFrom takes an object or a text for sent, and null for not sent.
func (s *sent) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case '{', '"':
		*s = true
	case 'n':
		*s = false
	default:
		return misfit(dec, v, wrongKind(v.Kind(), "an object"))
	}
	return nil
}

// moment is a time in a response. IAM's stand as "Jul 10, 2023 11:54:39 AM", Lambda's as
// "2023-07-10T12:26:56.000+0000". One that is written in yet another way is unknown: the zero time.
type moment struct{ time.Time }

// momentLayouts are the ways of writing a time that records are known to use.
var momentLayouts = []string{"Jan 2, 2006 3:04:05 PM", "2006-01-02T15:04:05.999999999-0700", time.RFC3339Nano}

// spaces are those that newer Java runtimes put before AM and PM.
var spaces = strings.NewReplacer("\u202f", " ", "\u00a0", " ")

// UnmarshalJSONFrom takes a text, a count of seconds since 1970, and null.
func (m *moment) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case 'n':
	case '0':
		if seconds, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			m.Time = time.Unix(seconds, 0).UTC()
		}
	case '"':
		s, _ := text(v)
		m.Time = readMoment(s)
	default:
		return misfit(dec, v, wrongKind(v.Kind(), "a time"))
	}
	return nil
}

func readMoment(s string) time.Time {
	s = spaces.Replace(s)
	for _, layout := range momentLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// misfit is the error of a value that a method above does not take. Its place is the value's start.
func misfit(dec *jsontext.Decoder, v jsontext.Value, reason string) error {
	return &json.SemanticError{
		ByteOffset: dec.InputOffset() - int64(len(v)), JSONPointer: dec.StackPointer(),
		JSONKind: v.Kind(), Err: errors.New(reason),
	}
}
