package message

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Options say for whom a message is rendered.
type Options struct {
	// Region is that of the newest change, an attribute to filter by; it may be empty.
	Region string
	// Channels are those that the message is rendered for, next to machines, e-mail and text messages.
	Channels []Channel
	// Machines says that the message is for machines alone: no channel receives it, and an attribute says so to the filters of
	// subscriptions.
	Machines bool
	// Mask says that people are not told who acted, and from where.
	Mask bool
}

// Render puts a message into every form that SNS carries.
func Render(m Message, opts Options) Rendered {
	m = normal(m)
	return render(m, machine(m), opts)
}

// render is Render of a message in its normal form, whose JSON is text.
func render(m Message, text string, opts Options) Rendered {
	r := Rendered{Machine: text, Attributes: attributes(m, opts.Region)}
	if opts.Mask {
		m = masked(m)
	}
	r.Subject, r.Email, r.SMS = ascii(m.Subject, subjectLimit), email(m), sms(m)
	if opts.Machines {
		r.Attributes[deploy.AudienceAttribute] = []string{deploy.AudienceMachines}
		return r
	}
	for _, c := range opts.Channels {
		r.add(c, c.findings(m))
	}
	return r
}

// add takes what a channel receives; an empty list is left out.
func (r *Rendered) add(c Channel, texts []string) {
	if len(texts) == 0 {
		return
	}
	if r.Channels == nil {
		r.Channels = map[string]Texts{}
	}
	r.Channels[c.Name] = texts
}

// ForMachines gives a rendered message the JSON and the attributes of another one, which has what people are not told now.
func (r Rendered) ForMachines(m Message, region string) Rendered {
	m = normal(m)
	r.Machine, r.Attributes = machine(m), attributes(m, region)
	return r
}

// IsArray tells whether an attribute is an SNS String.Array, a JSON list of strings, even with one value.
func IsArray(attribute string) bool {
	return attribute == attributeChecks || attribute == attributeKinds || attribute == attributeOwners || attribute == attributeRoutes
}

// The attributes that are lists: what happened to the findings, their checks, their owner tags as "KEY=VALUE", and the routes that they go to.
const (
	attributeKinds  = "kinds"
	attributeChecks = "checks"
	attributeOwners = "owners"
	attributeRoutes = "routes"
)

const (
	// maxChecks bounds the attribute that lists checks, and maxOwners that which lists owner tags.
	maxChecks = 100
	maxOwners = 50
	// MaxAttributes is how many attributes a message has at most: Amazon SNS does not deliver one with more to an Amazon SQS queue with raw
	// message delivery. https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
	MaxAttributes = 10
)

func attributes(m Message, region string) map[string][]string {
	a := map[string][]string{"kind": {string(kind(m))}, attributeKinds: kinds(m)}
	add := func(name, value string) {
		if value = clip(Line(value), 256); value != "" && (IsArray(name) || a[name] == nil) {
			a[name] = append(a[name], value)
		}
	}
	add("severity", m.Severity.String())
	add("account", m.Account)
	add("region", region)
	var checks, owners, routes []string
	for f := range m.findings() {
		checks, owners, routes = append(checks, f.Check), append(owners, ownerTags(*f)...), append(routes, f.Routes...)
	}
	if m.Upgrade != nil {
		checks = append(checks, m.Upgrade.Checks...)
	}
	if m.Change != nil || m.Digest != nil {
		for _, f := range m.folds() {
			checks = append(checks, f.Check)
		}
	}
	list := func(name string, values []string, most int) {
		slices.Sort(values)
		values = slices.Compact(values)
		for _, value := range values[:min(len(values), most)] {
			add(name, value)
		}
	}
	list(attributeChecks, checks, maxChecks)
	list(attributeOwners, owners, maxOwners)
	list(attributeRoutes, routes, maxChecks)
	return a
}

// kinds are what a message reports: opened, changed, resolved.
func kinds(m Message) []string {
	has := map[finding.TransitionKind]bool{kind(m): true}
	for _, f := range m.folds() {
		has[f.Kind] = true
	}
	if u := m.Upgrade; u != nil {
		has[finding.KindChanged], has[finding.KindResolved] = u.Changed > 0, u.Resolved > 0
	}
	var out []string
	for _, k := range []finding.TransitionKind{finding.KindOpened, finding.KindChanged, finding.KindResolved} {
		if has[k] {
			out = append(out, string(k))
		}
	}
	return out
}

// ownerTags are the owner tags of a finding, as "KEY=VALUE".
func ownerTags(f finding.Finding) []string {
	var out []string
	for _, o := range f.Owners {
		out = append(out, o.Tag+"="+o.Value)
	}
	return out
}

// machine is the message's JSON. Bytes that are not UTF-8, which JSON cannot carry, become replacement characters.
func machine(m Message) string { return encode(m) }

// encode writes JSON: always the same for the same value, and nothing but what JSON itself asks for is escaped.
func encode(v any) string {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if err != nil {
		// Every type that gets here can be written: normal has seen to the times.
		panic("write a message: " + err.Error())
	}
	return string(b)
}

// Notice is what operations are told.
type Notice struct {
	Account, Region string
	// Subject is one line, "rolewatch may not call iam:GetRole"; Text is prose.
	Subject, Text string
	// Episode is set for what is reported from when it begins until it is over.
	Episode *Episode
}

// Episode says of which episode a notice is.
type Episode struct {
	// Key is the same whenever the same thing is wrong.
	Key string `json:"key"`
	// Phase is "began", "continues" or "over".
	Phase string    `json:"phase"`
	Since time.Time `json:"since"`
}

// notice is what operations are told, for machines.
type notice struct {
	Version string   `json:"version"`
	Kind    string   `json:"kind"`
	Account string   `json:"account"`
	Region  string   `json:"region"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	Episode *Episode `json:"episode,omitempty"`
}

// Operations renders a notice to those who run rolewatch. A channel that alarms go to is subscribed to their topic, and drops what
// is not a notification of its form, so each channel has one.
func Operations(in Notice, channels []Channel) Rendered {
	n := notice{
		Version: Version, Kind: string(KindOperations), Account: clip(in.Account, 256), Region: clip(in.Region, 256),
		Subject: clip(in.Subject, 500), Text: clip(in.Text, 20_000), Episode: in.Episode,
	}
	p := &page{limit: emailLimit}
	p.para("", n.Subject)
	p.gap()
	p.para("", n.Text)
	p.gap()
	p.field("", "Account", n.Account)
	p.field("", "Region", n.Region)
	a := map[string][]string{"kind": {n.Kind}}
	for name, value := range map[string]string{"account": n.Account, "region": n.Region} {
		if value = Line(value); value != "" {
			a[name] = []string{value}
		}
	}
	r := Rendered{
		Subject: ascii("[rolewatch] "+n.Subject, subjectLimit), Machine: encode(n), Email: p.String(),
		SMS: ascii("rolewatch: "+n.Subject+" (account "+n.Account+")", smsLimit), Attributes: a,
	}
	for _, c := range channels {
		r.add(c, []string{c.notice(n)})
	}
	return r
}

// chat is the notice as a notification, in a thread of its own.
func (n notice) chat() notification {
	id := "operations-" + threadName(n.Subject)
	if n.Episode != nil {
		id = "episode-" + threadName(n.Episode.Since.UTC().Format("20060102T150405Z")+"-"+n.Episode.Key)
	}
	return notification{
		Version: "1.0", Source: "custom", ID: id,
		Content: chatContent{
			TextType: "client-markdown", Title: ":warning: " + chatProse(n.Subject, chatTitle-20), Description: chatProse("In account "+n.Account+": "+n.Text, chatDescription),
			Keywords: []string{n.Kind},
		},
		Metadata: chatMetadata{
			ThreadID: id, Summary: chatField(n.Subject, 150), EventType: "rolewatch-" + n.Kind, RelatedResources: []string{},
			AdditionalContext: map[string]string{"account": chatField(n.Account, 64), "kind": n.Kind},
		},
	}
}

// group is what a message tells of one kind.
type group struct {
	kind finding.TransitionKind
	list []finding.Finding
}

// groups are the lists of a message, the most urgent first.
func (m *Message) groups() []group {
	return []group{{finding.KindOpened, m.Opened}, {finding.KindChanged, m.Changed}, {finding.KindResolved, m.Resolved}}
}
