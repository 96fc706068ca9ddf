package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// A message has at most ten attributes, whatever is in it: Amazon SNS does not deliver one with more to a queue with raw message delivery.
// The names of owner tags are values of one attribute, so that no number of them counts. Every message that is built comes through here.
func TestAMessageHasFewAttributes(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	f := finding.Finding{ID: "RW303-1", Check: "RW303", Severity: check.Medium, Role: "arn:aws:iam::111122223333:role/orders", Routes: []string{"pay", "default"}, FirstSeen: at}
	for i := range finding.MaxOwners {
		f.Owners = append(f.Owners, finding.Owner{Tag: fmt.Sprintf("tag %d:é", i), Value: strings.Repeat("v", 256), Of: f.Role, Standing: finding.Settled})
	}
	in := Input{ID: "m", Time: at, Account: "111122223333", AccountName: "payments", ChangeID: "c", Slice: 1, Slices: 2, Opened: []finding.Finding{f}, Channels: []Channel{Chat}}
	digest, _ := BuildDigest(DigestInput{ID: "d", Time: at, Account: in.Account, Entries: DigestEntries(in.Account, []DigestStep{{Kind: finding.KindOpened, Finding: f}}, nil)})
	built := map[string]Message{
		"findings": Build(in), "digest": digest, "upgrade": BuildUpgrade("u", at, in.Account, in.AccountName, finding.Tally{Opened: 1, Roles: 1, Checks: []string{"RW303"}, Gravest: []finding.Brief{f.Brief()}}),
		"change": BuildChange(ChangeInput{ID: "c", Time: at, Account: in.Account, Change: Change{ID: "c", Complete: true, Counted: 1, Slices: 1, Roles: 1, Folds: FoldsOf([]finding.Finding{f}, nil, nil)}}),
	}
	rendered := map[string]Rendered{"operations": Operations(Notice{Account: in.Account, Region: "us-east-1", Subject: "s", Text: "t"}, []Channel{Chat})}
	for name, m := range built {
		rendered[name] = Render(m, Options{Region: "us-east-1", Channels: []Channel{Chat}})
		rendered[name+" for machines"] = Render(m, Options{Region: "us-east-1", Machines: true})
		rendered[name+" for both"] = rendered[name].ForMachines(m, "us-east-1")
	}
	for name, r := range rendered {
		if n := len(r.Attributes); n > MaxAttributes || n < 2 {
			t.Errorf("%s has %d attributes: %v", name, n, r.Attributes)
		}
	}
	if len(rendered) < 13 {
		t.Errorf("%d messages", len(rendered))
	}
	a := rendered["findings"].Attributes
	if len(a["owners"]) != finding.MaxOwners || !slices.Equal(a["routes"], []string{"default", "pay"}) || !IsArray("owners") || !IsArray("routes") {
		t.Errorf("attributes %v", a)
	}
}

// People read which account and which Regions a message is about by name, and who owns what it is about.
func TestPeopleReadWhereAndWhose(t *testing.T) {
	in := maskedInput()
	in.AccountName = "payments-prod"
	in.Opened = in.Opened[:1]
	in.Opened[0].Owners = []finding.Owner{{Tag: "team", Value: "pay", Standing: finding.Settled}, {Tag: "owner", Value: "kim", Standing: finding.Recent}}
	in.Opened[0].Functions = []finding.FunctionRef{{ARN: "arn:aws:lambda:eu-west-1:111122223333:function:checkout"}, {ARN: "arn:aws:lambda:xx-new-1:111122223333:function:checkout"}}
	r := Render(Build(in), Options{Channels: []Channel{Chat}})
	for name, text := range map[string]string{"email": strings.Join(strings.Fields(r.Email), " "), "chat": strings.Join(r.Channels[Chat.Name], "")} {
		for _, want := range []string{"payments-prod (111122223333)", "Europe (Ireland), eu-west-1", "xx-new-1", "team=pay, owner=kim (changed less than 24 hours before the finding)"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, text)
			}
		}
	}
	if !strings.Contains(r.Machine, `"accountName":"payments-prod"`) || !strings.Contains(r.Machine, `"owners":[{"tag":"team","value":"pay"`) {
		t.Errorf("the JSON is %s", r.Machine)
	}
}

// A message is as severe as what opens or changes in it: what is over makes none severe, unless it is all that there is.
func TestWhatIsResolvedMakesNoMessageSevere(t *testing.T) {
	for name, c := range map[string]struct {
		opened, changed, resolved []check.Severity
		want                      check.Severity
	}{
		"opened beside what is resolved":  {opened: []check.Severity{check.Medium, check.Low}, resolved: []check.Severity{check.Critical}, want: check.Medium},
		"changed beside what is resolved": {changed: []check.Severity{check.High}, resolved: []check.Severity{check.Critical}, want: check.High},
		"resolved alone":                  {resolved: []check.Severity{check.Low, check.Critical}, want: check.Critical},
		"opened is worse":                 {opened: []check.Severity{check.Critical}, changed: []check.Severity{check.Low}, resolved: []check.Severity{check.Low}, want: check.Critical},
	} {
		n := 0
		list := func(severities []check.Severity) (out []finding.Finding) {
			for _, s := range severities {
				n++
				id := fmt.Sprintf("RW303-%d", n)
				out = append(out, finding.Finding{ID: id, Check: "RW303", Severity: s, Role: "arn:aws:iam::111122223333:role/" + id, Title: id})
			}
			return out
		}
		m := Build(Input{ID: "m", Time: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Account: "111122223333", Opened: list(c.opened), Changed: list(c.changed), Resolved: list(c.resolved)})
		if got := Render(m, Options{Region: "us-east-1"}).Attributes["severity"]; !slices.Equal(got, []string{c.want.String()}) || n == 0 {
			t.Errorf("%s: severity %v, want %v", name, got, c.want)
		}
	}
}

// The checks of a message are those of its findings, of its folds, or of its upgrade.
func TestTheChecksOfEachKindOfMessage(t *testing.T) {
	one := []finding.Finding{caused("x", "", "")}
	digest, _ := BuildDigest(DigestInput{ID: "d", Entries: DigestEntries("111122223333", steps("a", "opened"), nil)})
	for name, tt := range map[string]struct {
		m    Message
		want []string
	}{
		"findings": {assemble(Input{ID: "m", Opened: one}), []string{"RW301"}},
		"a change": {BuildChange(ChangeInput{ID: "c", Change: Change{ID: "c", Folds: FoldsOf(one, nil, nil)}}), []string{"RW301"}},
		"a digest": {digest, []string{"RW303"}},
		"upgrade":  {BuildUpgrade("u", time.Unix(0, 0), "", "", finding.Tally{Opened: 1, Checks: []string{"RW501"}}), []string{"RW501"}},
	} {
		if got := Render(tt.m, Options{}).Attributes[attributeChecks]; !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// What was cut is named by what it is, where something was.
func TestWhatWasCutIsNamed(t *testing.T) {
	m := Message{Omitted: map[string]int{"changes": 0, "text": 2, "functions": 1, "of a later release": 3}}
	if got := m.Cuts(); got != "1 function, 2 texts" {
		t.Error(got)
	}
}

// A message is for a place where its topic is none of those that everything goes to.
func TestWhatIsForAPlace(t *testing.T) {
	for topic, want := range map[string]bool{"": false, TopicFindings: false, Chat.Name: false, "mail-shop": true} {
		if got := (Outgoing{Kind: KindFindings, Topic: topic}).ForPlace(); got != want {
			t.Errorf("%q is for a place: %v", topic, got)
		}
	}
}
