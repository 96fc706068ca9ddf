package message

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// maskedInput is a message whose actor, address and texts name a person.
func maskedInput() Input {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	return Input{
		ID: "m", Time: at, Account: "111122223333", Channels: []Channel{Chat},
		Changes: []finding.Change{{
			EventID: "e1", EventName: "PutRolePolicy", EventSource: "iam.amazonaws.com", Time: at, Region: "us-east-1", SourceIP: "203.0.113.77", UserAgent: "aws-cli sam.jones",
			Actor: finding.Actor{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/Developer/sam.jones@example.com", Name: "sam.jones@example.com"}, Via: "cli",
		}, {
			EventID: "e2", EventName: "TagRole", EventSource: "iam.amazonaws.com", Time: at, Region: "us-east-1", SourceIP: "2001:db8::77",
			Actor: finding.Actor{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/mallory", Name: "mallory"},
		}},
		Opened: []finding.Finding{{
			ID: "RW301-1", Check: "RW301", Slug: "admin", Severity: check.Critical, Status: finding.Open, Role: "arn:aws:iam::111122223333:role/orders", FirstSeen: at,
			Title: "orders was edited by mallory", Detail: "The session sam.jones@example.com edited it from 203.0.113.77.",
			Evidence: []check.Evidence{{Policy: "trust", Text: `{"Principal":{"AWS":"arn:aws:iam::111122223333:user/mallory"}}`, Why: "It names mallory."}},
			Fix:      check.Fix{Summary: "Remove mallory.", Command: "aws iam remove-user --user-name mallory", Document: `{"AWS":"arn:aws:iam::111122223333:user/mallory"}`},
			Cause:    &finding.Cause{EventID: "e1", Certainty: finding.Certain}, Owners: []finding.Owner{{Tag: "owner", Value: "sam.jones@example.com", Of: "r", Standing: finding.Settled}},
		}, {
			ID: "RW303-1", Check: "RW303", Slug: "wide", Severity: check.Medium, Status: finding.Open, Role: "arn:aws:iam::111122223333:role/orders", FirstSeen: at, Title: "orders is wide",
			Fix: check.Fix{Command: "aws iam delete-role-policy --role-name orders"}, Cause: &finding.Cause{EventID: "e2", Certainty: finding.Likely},
		}},
	}
}

// With privacy, chat, e-mail and text messages name nobody who acted, and no address. The JSON of the message has all of it, a command that
// names a person is not shown with another name in it, and one that does not is as it was.
func TestPeopleAreMaskedForPeople(t *testing.T) {
	in := maskedInput()
	in.Opened[0].Handled = &finding.Handled{
		As: finding.Acknowledged, By: "arn:aws:iam::111122223333:user/sam.jones", Reason: "asked mallory@example.com", At: in.Time, Until: in.Time.Add(time.Hour),
	}
	m := Build(in)
	open, closed := Render(m, Options{Channels: []Channel{Chat}}), Render(m, Options{Channels: []Channel{Chat}, Mask: true})
	if open.Machine != closed.Machine || !strings.Contains(closed.Machine, "203.0.113.77") {
		t.Error("the JSON is another one")
	}
	texts := map[string]string{"subject": closed.Subject, "email": closed.Email, "sms": closed.SMS, "chat": strings.Join(closed.Channels[Chat.Name], "")}
	for name, text := range texts {
		for _, secret := range []string{"sam.jones", "mallory", "203.0.113.77", "2001:db8", "example.com"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s names %s:\n%s", name, secret, text)
			}
		}
	}
	for _, want := range []string{"actor-", "(address masked)", "The command names a person", "aws iam delete-role-policy --role-name orders"} {
		if !strings.Contains(strings.Join(strings.Fields(closed.Email), " "), want) {
			t.Errorf("the e-mail lacks %q:\n%s", want, closed.Email)
		}
	}
	if !strings.Contains(open.Email, "mallory") || !strings.Contains(open.Subject, "sam.jones") {
		t.Errorf("without privacy: %s\n%s", open.Subject, open.Email)
	}
	var again Message
	if err := json.Unmarshal([]byte(closed.Machine), &again); err != nil || again.Changes[0].Actor.Name == "" || again.Opened[0].Fix.Command == "" {
		t.Errorf("the JSON reads as %+v, %v", again.Changes, err)
	}
}

// The same actor has one pseudonym in all messages, whatever the session, and another actor another one.
func TestAPseudonymIsOfOneActor(t *testing.T) {
	of := func(arn, name string) string { return pseudonym("111122223333", finding.Actor{ARN: arn, Name: name}) }
	user, other := of("arn:aws:iam::111122223333:user/sam", "sam"), of("arn:aws:iam::111122223333:user/kim", "kim")
	if user != of("arn:aws:iam::111122223333:user/sam", "sam") || user == other || !strings.HasPrefix(user, "actor-") {
		t.Errorf("pseudonyms %s and %s", user, other)
	}
}

// A text that holds the name again and again, or as a part of another word, ends, and keeps the word.
func TestMaskedTextsEnd(t *testing.T) {
	k := masker{names: [][2]string{{"actor", "actor actor"}, {"sam", "actor-1"}}}
	if got := k.text("actor sam, samuel and sam"); got != "actor actor actor-1, samuel and actor-1" {
		t.Errorf("masked as %q", got)
	}
}

// The name of a service that made a call is no address of a person, and a record without an address gets none.
func TestAServiceIsNotMasked(t *testing.T) {
	for address, want := range map[string]string{"cloudformation.amazonaws.com": "cloudformation.amazonaws.com", "AWS Internal": "AWS Internal", "": "", "203.0.113.77": maskedAddress} {
		in := maskedInput()
		in.Changes[0].SourceIP = address
		if got := masked(assemble(in)).Changes[0].SourceIP; got != want {
			t.Errorf("%q is masked as %q, want %q", address, got, want)
		}
	}
}

// What a digest and an upgrade say first is no finding, and stays with privacy.
func TestASummaryOfManyFindingsStaysWithPrivacy(t *testing.T) {
	digest, _ := BuildDigest(DigestInput{ID: "d", Account: "111122223333", Entries: DigestEntries("111122223333", steps("a", "opened"), nil)})
	upgrade := BuildUpgrade("u", time.Unix(0, 0), "111122223333", "", finding.Tally{Opened: 2, Roles: 1})
	for _, m := range []Message{digest, upgrade} {
		if got := masked(m); got.Summary != m.Summary || got.Subject != m.Subject {
			t.Errorf("%q is masked as %q", m.Summary, got.Summary)
		}
	}
}
