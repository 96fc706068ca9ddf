package events

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// probe holds what tells one sort of body from another when it does not name an event.
type probe struct {
	DetailType      jsontext.Value `json:"detail-type"`
	Source          jsontext.Value `json:"source"`
	EventCategory   jsontext.Value `json:"eventCategory"`
	DigestStartTime jsontext.Value `json:"digestStartTime"`
	Detail          jsontext.Value `json:"detail"`
}

// explain says what a body is whose eventSource and eventName are not both texts: something that is not a record of
// an API call, or a record that is broken.
func explain(body []byte, o outline) error {
	if !o.object {
		kind := jsontext.Value(body).Kind()
		return &MalformedError{Reason: wrongKind(kind, "an object"), Line: 1}
	}
	var outer, inner probe
	if err := json.Unmarshal(body, &outer); err != nil {
		return misread(err, body, 0, "")
	}
	inner = outer
	if o.envelope {
		if outer.Detail.Kind() != '{' {
			return explainDetail(outer)
		}
		inner = probe{}
		if err := json.Unmarshal(outer.Detail, &inner); err != nil {
			return misread(err, body, 0, "detail")
		}
	}
	if category, ok := text(inner.EventCategory); ok && category != "Management" {
		return &NotListedError{Why: "its category is " + quoted(category)}
	}
	if o.source == nil && o.name == nil {
		if o.envelope && !fromCloudTrail(outer) {
			return &NotListedError{Why: "an event that is not from CloudTrail"}
		}
		if inner.DigestStartTime != nil {
			return &NotListedError{Why: "a digest of log files"}
		}
	}
	return explainField(o)
}

// explainDetail judges an EventBridge event whose detail is no object.
func explainDetail(e probe) error {
	if !fromCloudTrail(e) {
		return &NotListedError{Why: "an event that is not from CloudTrail"}
	}
	if e.Detail == nil {
		return malformed("detail", "missing")
	}
	return malformed("detail", wrongKind(e.Detail.Kind(), "an object"))
}

// explainField names the first of the two fields that is missing or no text.
func explainField(o outline) error {
	field, value := "eventSource", o.source
	if _, ok := text(value); ok {
		field, value = "eventName", o.name
	}
	if o.envelope {
		field = "detail." + field
	}
	if value == nil {
		return malformed(field, "missing")
	}
	return malformed(field, wrongKind(jsontext.Value(value).Kind(), "a string"))
}

// fromCloudTrail says whether an EventBridge event must carry a record. The wording of the type differs between
// partitions, but each names CloudTrail.
func fromCloudTrail(e probe) bool {
	detailType, _ := text(e.DetailType)
	source, _ := text(e.Source)
	return strings.Contains(detailType, "CloudTrail") ||
		detailType == "" && slices.Contains([]string{bridgeSource(sourceIAM), bridgeSource(sourceLambda), bridgeSource(sourceOrganizations)}, source)
}

// quoted makes a text from outside fit for an error: on one line, in ASCII, and not too long.
func quoted(s string) string {
	const longest = 100
	if len(s) > longest {
		return strconv.QuoteToASCII(s[:longest]) + "..."
	}
	return strconv.QuoteToASCII(s)
}
