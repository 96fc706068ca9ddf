package events

import (
	"bytes"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Parse reads one CloudTrail record, bare or in the detail of an EventBridge event, in two steps: what it is, then
// what it says. The error of a record that is none of ours is ErrNotListed; of a body that breaks the form of
// JSON or of a listed record, a *MalformedError. There is no other.
func Parse(body []byte) (*Change, error) {
	if err := checkJSON(body); err != nil {
		return nil, err
	}
	o := outlineOf(body)
	source, name, ok := o.peek()
	if !ok {
		return nil, explain(body, o)
	}
	row, ok := Lookup(source, name)
	if !ok {
		return nil, &NotListedError{Source: strings.Clone(source), Name: strings.Clone(name)}
	}
	p := &parser{body: body, change: &Change{Event: row}}
	if err := p.open(o.envelope); err != nil {
		return nil, err
	}
	if err := p.read(); err != nil {
		return nil, err
	}
	return p.change, nil
}

// checkJSON says where a body breaks JSON. Doubled names, bad UTF-8 and nesting beyond 10,000 break it too.
func checkJSON(body []byte) error {
	if jsontext.Value(body).IsValid() {
		return nil
	}
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	if err := dec.SkipValue(); err == io.EOF {
		return &MalformedError{Reason: "not valid JSON: empty", Line: 1, Err: io.ErrUnexpectedEOF}
	} else if err != nil {
		return misread(err, body, 0, "")
	}
	if _, err := dec.ReadToken(); err != nil {
		return misread(err, body, 0, "")
	}
	out := &MalformedError{Reason: "not valid JSON: more than one value", Offset: dec.InputOffset()}
	out.Line = 1 + bytes.Count(body[:out.Offset], []byte("\n"))
	return out
}

// parser carries one record through the second step.
type parser struct {
	body     []byte
	prefix   string // "detail." in an EventBridge event
	record   record
	change   *Change
	fallback struct{ account, region string } // the envelope's
	nameless bool                             // the record need not name a role, policy or function
	omitted  bool                             // the record lacks the parameters or the response in which it would name that
}

// malformed is a MalformedError that names one of the record's fields.
func (p *parser) malformed(field, reason string) *MalformedError {
	return malformed(p.prefix+field, reason)
}

// open takes the record out of its envelope and checks that it is a management event in a form that is known.
func (p *parser) open(wrapped bool) error {
	if err := p.unwrap(wrapped); err != nil {
		return err
	}
	r, notListed := &p.record, NotListedError{Source: p.record.EventSource, Name: p.record.EventName}
	if r.EventCategory != "" && r.EventCategory != "Management" {
		notListed.Why = "its category is " + quoted(r.EventCategory)
		return &notListed
	}
	if r.ReadOnly {
		notListed.Why = "it is read-only"
		return &notListed
	}
	if major, _, _ := strings.Cut(r.EventVersion, "."); major != "" && major != "1" || strings.HasPrefix(r.EventVersion, ".") {
		return p.malformed("eventVersion", "is "+quoted(r.EventVersion)+", want 1.x")
	}
	if r.EventTime == "" {
		return p.malformed("eventTime", "missing")
	}
	when, err := time.Parse(time.RFC3339, r.EventTime)
	if err != nil {
		out := p.malformed("eventTime", "is "+quoted(r.EventTime)+", want a time such as 2023-07-10T12:26:41Z")
		out.Err = err
		return out
	}
	p.change.Time = when.UTC().Truncate(time.Second)
	return nil
}

func (p *parser) unwrap(wrapped bool) error {
	if !wrapped {
		if err := json.Unmarshal(p.body, &p.record); err != nil {
			return misread(err, p.body, 0, "")
		}
		return nil
	}
	p.prefix = "detail."
	var e envelope
	if err := json.Unmarshal(p.body, &e); err != nil {
		return misread(err, p.body, 0, "")
	}
	if e.Source == "" {
		return malformed("source", "missing")
	}
	p.record, p.fallback.account, p.fallback.region = *e.Detail, e.Account, e.Region
	if e.Source != bridgeSource(p.record.EventSource) {
		return &NotListedError{Source: p.record.EventSource, Name: p.record.EventName,
			Why: "the event's source is " + quoted(e.Source)}
	}
	return nil
}

// bridgeSource is the source under which EventBridge delivers the records of an eventSource.
func bridgeSource(eventSource string) string {
	service, _, _ := strings.Cut(eventSource, ".")
	return "aws." + service
}

// read fills the change from the opened record.
func (p *parser) read() error {
	r, c := &p.record, p.change
	c.ID, c.Name = r.EventID, r.EventName
	if !isAccount(r.RecipientAccountID) {
		return p.malformed("recipientAccountId", "is "+quoted(r.RecipientAccountID)+", want the digits of an account's ID")
	}
	c.Account = first(r.RecipientAccountID, p.fallback.account, r.UserIdentity.AccountID)
	if p.fallback.account != c.Account {
		c.Sender = p.fallback.account
	}
	c.Region = first(r.AWSRegion, p.fallback.region)
	c.Partition = first(partitionOf(r.UserIdentity.ARN), partitionOf(r.UserIdentity.SessionContext.SessionIssuer.ARN))
	c.Actor = actorOf(&r.UserIdentity)
	c.SourceIP, c.UserAgent = r.SourceIPAddress, r.UserAgent
	c.Via = viaOf(r)
	c.ErrorCode, c.ErrorMessage = r.ErrorCode, r.ErrorMessage
	c.Request, c.Response = r.Request.text, r.Response.text
	readParts := p.readIAM
	switch c.Event.Source {
	case sourceLambda:
		readParts = p.readLambda
	case sourceOrganizations:
		readParts = p.readOrganizations
	}
	if err := readParts(); err != nil {
		return err
	}
	c.Partition = first(c.Partition, aws.PartitionOfRegion(c.Region).Name)
	if c.Failed() {
		fillFromRefusal(c)
		return nil
	}
	c.Omitted = p.omitted && !p.named()
	return p.checkNamed()
}

// lack notes which parts the record does not have: CloudTrail omits one that is too long, and some records have null. What the call
// acted on may be in a part that is missing.
func (p *parser) lack(noRequest, noResponse bool) {
	c := p.change
	c.NoRequest, c.NoResponse = noRequest || p.record.Request.text == nil, noResponse || p.record.Response.text == nil
	p.omitted = noResponse || c.NoRequest || c.NoResponse && strings.HasPrefix(c.Event.Field, "responseElements.")
}

// isAccount reports whether a text is the ID of an account, or empty.
func isAccount(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}

// decode reads one part into out. A part that is null leaves out as it is.
func (p *parser) decode(from part, name string, out any) error {
	if from.text == nil {
		return nil
	}
	if err := json.Unmarshal(from.text, out); err != nil {
		return misread(err, p.body, from.at, p.prefix+name)
	}
	return nil
}

// checkNamed holds the record of a call that succeeded to naming what it acted on, unless CloudTrail left that out.
func (p *parser) checkNamed() error {
	if c := p.change; c.Event.Subject == SubjectRole && c.Role.ARN == "" && c.Role.Name != "" && c.Account == "" {
		return p.malformed("recipientAccountId", "missing, but the role's ARN depends on it")
	}
	if p.nameless || p.named() {
		return nil
	}
	return p.malformed(p.change.Event.Field, "missing, but the call succeeded")
}

func (p *parser) named() bool {
	c := p.change
	switch c.Event.Subject {
	case SubjectRole:
		return !c.Role.IsZero()
	case SubjectPolicy:
		return c.Policy.ARN != ""
	case SubjectUser, SubjectGroup:
		return c.Principal != ""
	case SubjectProvider:
		return c.Provider.ARN != ""
	case SubjectOrganization:
		return false // Its parser says what the record names.
	default:
		return !c.Function.IsZero()
	}
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
