package watch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// A policy is attached and detached every 30 seconds for an hour: 120 changes. Each channel receives a few messages, and the end state.
func TestAPolicyThatIsAttachedAndDetachedForAnHour(t *testing.T) {
	l := newLab(t)
	l.role("orders", goodTrust)
	l.function("orders-api", "orders")
	l.swept()
	l.outgoing, l.chats, l.messages = nil, nil, nil
	for i := range 120 {
		if i%2 == 0 {
			l.must(l.attach("orders"))
		} else {
			l.must(l.detach("orders"))
		}
		l.pass(30 * time.Second)
	}
	l.pass(3 * time.Hour)
	people := l.forPeople()
	if len(people) > 8 || len(people) < 3 || !strings.HasPrefix(people[len(people)-1], "RESOLVED") {
		t.Errorf("%d messages: %q", len(people), people)
	}
	t.Logf("120 changes: %d messages a channel", len(people))
}

// 200 edits in a minute are at most five messages a channel; another finding of that role is reported at once.
func TestTwoHundredEditsInAMinute(t *testing.T) {
	l := newLab(t)
	l.role("orders", goodTrust)
	l.function("orders-api", "orders")
	l.swept()
	l.outgoing, l.chats, l.messages = nil, nil, nil
	edit := func(i int) {
		if i%2 == 0 {
			l.must(l.attach("orders"))
		} else {
			l.must(l.detach("orders"))
		}
		l.pass(300 * time.Millisecond)
	}
	for i := range 100 {
		edit(i)
	}
	before := len(l.chats)
	l.must(l.putInline("orders", "all", everything))
	if got := len(l.chats) - before; got != 1 {
		t.Errorf("%d notifications of another finding of the flapping role", got)
	}
	other := len(l.chats) - before
	for i := range 100 {
		edit(i)
	}
	l.pass(time.Minute)
	n := len(l.chats) - other
	if people := l.forPeople(); n > 5 || n == 0 {
		t.Errorf("%d messages a channel: %q", n, people)
	}
	t.Logf("200 edits in a minute: %d messages a channel, and one of another finding", n)
}

// A policy that is written anew with other indentation, another order of its lists and statements, and other names of its statements
// brings no message, whatever any check of the catalogue judges.
func TestARewrittenDocumentBringsNoMessage(t *testing.T) {
	const (
		first = `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"},{"Sid":"B","Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}`
		trust = `{"Version":"2012-10-17","Statement":[{"Sid":"Lambda","Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`
	)
	l := newLab(t, catalogue.Checks()...)
	l.role("orders", trust).inline["p"] = first
	l.function("orders-api", "orders")
	l.swept()
	l.pass(time.Hour)
	l.outgoing, l.chats, l.messages = nil, nil, nil
	rewritten := 0
	for _, text := range []string{
		strings.NewReplacer(",", ",\n  ", "{", "{\n\t").Replace(first),
		`{"Statement":[{"Resource":"*","Action":["s3:PutObject","s3:GetObject"],"Effect":"Allow","Sid":"A"},{"Sid":"B","Effect":"Allow","Action":"iam:PassRole","Resource":"*"}],"Version":"2012-10-17"}`,
		`{"Version":"2012-10-17","Statement":[{"Sid":"B","Effect":"Allow","Action":["iam:PassRole"],"Resource":["*"]},{"Sid":"A","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}]}`,
	} {
		l.must(l.putInline("orders", "p", text))
		l.pass(time.Hour)
		rewritten++
	}
	for _, text := range []string{
		strings.ReplaceAll(trust, ",", ",\n\t"), strings.ReplaceAll(trust, `"lambda.amazonaws.com","ec2.amazonaws.com"`, `"ec2.amazonaws.com","lambda.amazonaws.com"`),
	} {
		l.must(l.setTrust("orders", text))
		l.pass(time.Hour)
		rewritten++
	}
	if len(l.messages)+len(l.chats) > 0 {
		var got []string
		for _, m := range l.messages {
			for _, f := range m.Changed {
				got = append(got, fmt.Sprintf("changed %s %s %s", f.Check, message.RoleName(f.Role), f.Title))
			}
			got = append(got, m.Subject+" "+m.Changes[len(m.Changes)-1].EventID)
		}
		t.Errorf("%d rewritten documents brought %q", rewritten, got)
	}
}
