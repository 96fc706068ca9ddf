package message

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// TestAChannelIsAMemberOfItsOwn holds the form in which messages are stored: an outbox may still hold what an older
// release has written, and an older release may read what this one writes.
func TestAChannelIsAMemberOfItsOwn(t *testing.T) {
	const stored = `{"id":"m1","kind":"findings","rendered":{"subject":"s","machine":"{}","email":"e","sms":"m","chat":["{\"a\":1}","{}"],` +
		`"attributes":{"kind":["opened"]}},"created":"2024-05-14T09:30:20Z"}`
	var out Outgoing
	if err := json.Unmarshal([]byte(stored), &out); err != nil {
		t.Fatal(err)
	}
	want := map[string]Texts{Chat.Name: {`{"a":1}`, "{}"}}
	if diff := cmp.Diff(want, out.Rendered.Channels); diff != "" {
		t.Errorf("the channels of a stored message (-want +got):\n%s", diff)
	}
	written, err := json.Marshal(out, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal([]byte(stored), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(written, &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("written again (-want +got):\n%s", diff)
	}
}

// TestAMemberThatIsNotKnown does not keep a stored message from being read.
func TestAMemberThatIsNotKnown(t *testing.T) {
	const stored = `{"id":"m1","kind":"findings","rendered":{"subject":"s","machine":"{}","email":"e","sms":"m","later":"text","more":{"a":[1]},"chat":null},` +
		`"created":"2024-05-14T09:30:20Z"}`
	var out Outgoing
	if err := json.Unmarshal([]byte(stored), &out); err != nil {
		t.Fatal(err)
	}
	for name, texts := range out.Rendered.Channels {
		if len(texts) != 0 {
			t.Errorf("%s has the texts %q", name, texts)
		}
	}
	if out.Rendered.Subject != "s" {
		t.Errorf("read %+v", out.Rendered)
	}
}
