package role

import (
	"testing"
	"testing/quick"

	"github.com/go-json-experiment/json"
)

func TestReasonsComeBackFromTheirText(t *testing.T) {
	read := 0
	for _, tt := range []struct {
		reason Reason
		text   string
		// denied and unsupported are the calls that it names.
		denied, unsupported string
	}{
		{reason: Reason{}},
		{Denied("iam:GetRole"), "iam:GetRole was denied", "iam:GetRole", ""},
		{Denied("organizations:ListPolicies"), "organizations:ListPolicies was denied", "organizations:ListPolicies", ""},
		{Unsupported("iam:GetRole", "InvalidAction"), "iam:GetRole is not supported by the endpoint (InvalidAction)", "", "iam:GetRole"},
		{Unsupported("lambda:ListTags", "a (b)"), "lambda:ListTags is not supported by the endpoint (a (b))", "", "lambda:ListTags"},
		{Because("not asked for"), "not asked for", "", ""},
		{Because("roles: iam:GetRole was denied"), "roles: iam:GetRole was denied", "", ""},
		{Because("roles: iam:GetRole is not supported by the endpoint (404)"), "roles: iam:GetRole is not supported by the endpoint (404)", "", ""},
		{Because("iam:GetRole is not supported by the endpoint"), "iam:GetRole is not supported by the endpoint", "", ""},
		{Because("lambda:ListFunctions was denied in us-east-1"), "lambda:ListFunctions was denied in us-east-1", "", ""},
		{Because("somebody was denied"), "somebody was denied", "", ""},
		{Because(" was denied"), " was denied", "", ""},
	} {
		if got := tt.reason.String(); got != tt.text {
			t.Errorf("the text is %q, want %q", got, tt.text)
		}
		var got Reason
		if err := got.UnmarshalText([]byte(tt.text)); err != nil || got != tt.reason {
			t.Errorf("%q is read as %#v, %v, want %#v", tt.text, got, err, tt.reason)
		}
		if call, denied := got.DeniedCall(); call != tt.denied || denied != (tt.denied != "") {
			t.Errorf("%q: the denied call is %q, %v, want %q", tt.text, call, denied, tt.denied)
		}
		if call, unsupported := got.UnsupportedCall(); call != tt.unsupported || unsupported != (tt.unsupported != "") {
			t.Errorf("%q: the call that is not supported is %q, %v, want %q", tt.text, call, unsupported, tt.unsupported)
		}
		read++
	}
	t.Logf("read %d reasons", read)
}

// TestNoReasonChangesItsText holds for any text: what is stored again is what was stored.
func TestNoReasonChangesItsText(t *testing.T) {
	same := func(text string, call uint8) bool {
		text += []string{"", wasDenied, isNotSupported + " (404)"}[call%3]
		var r, again Reason
		if r.UnmarshalText([]byte(text)) != nil || r.String() != text {
			return false
		}
		return again.UnmarshalText([]byte(r.String())) == nil && again == r
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

func TestADeniedCallIsKnownOnceAMaybeIsReadAgain(t *testing.T) {
	unsupported := NotRead[string](Unsupported("lambda:ListTags", "InvalidAction"))
	if text, err := json.Marshal(unsupported); err != nil || json.Unmarshal(text, new(Maybe[string])) != nil {
		t.Fatalf("written as %s, %v", text, err)
	} else if again := Have(""); json.Unmarshal(text, &again) != nil || again != unsupported {
		t.Errorf("read again, the reason is %q", again.Reason())
	}
	text, err := json.Marshal(NotRead[string](Denied("lambda:ListTags")))
	if err != nil || string(text) != `{"why":"lambda:ListTags was denied"}` {
		t.Fatalf("written as %s, %v", text, err)
	}
	var m Maybe[string]
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	if call, denied := m.Reason().DeniedCall(); call != "lambda:ListTags" || !denied {
		t.Errorf("read again, the denied call is %q, %v", call, denied)
	}
	if _, denied := Have("").Reason().DeniedCall(); denied {
		t.Error("a known value has a denied call")
	}
}
