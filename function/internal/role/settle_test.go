package role

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy"
)

// TestEachReasonSaysWhatSettlesIt asks reasons of every kind, also where one is quoted in a longer text or was stored.
func TestEachReasonSaysWhatSettlesIt(t *testing.T) {
	var stored Reason
	if err := stored.UnmarshalText([]byte("iam:GetRole was denied")); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, tt := range []struct {
		reason Reason
		want   string
	}{
		{Denied("iam:GetRole"), "Allow iam:GetRole to the principal"},
		{stored, "Allow iam:GetRole to the principal"},
		{Because("functions: lambda:ListFunctions was denied in us-east-1"), "Allow lambda:ListFunctions to"},
		{NotExported("DIR has no tags.json: lambda:ListTags was denied in us-east-1; lambda:ListAliases was denied"), "Allow lambda:ListTags, lambda:ListAliases to"},
		{Denied("organizations:ListParents"), "delegated administrators"},
		{Unsupported("lambda:ListTags", "404"), "endpoint does not support lambda:ListTags"},
		{NotExported("DIR has no document of X"), settledByExport},
		{NotRecorded("no record shows it"), settledByRecords},
		{Because("not asked for"), settledByReading},
		{Because("somebody was denied"), settledByReading},
		{Reason{}, settledByReading},
		{NotExported(""), settledByReading},
	} {
		if got := tt.reason.SettledBy(); !strings.Contains(got, tt.want) || !strings.HasSuffix(got, ".") {
			t.Errorf("%q is settled by %q, want %q", tt.reason, got, tt.want)
		}
		asked++
	}
	t.Logf("asked %d reasons", asked)
}

func TestGapsOfOneTextAreOne(t *testing.T) {
	first, second := &policy.Statement{Index: 0, Sid: "A"}, &policy.Statement{Index: 3}
	denied := NotRead[string](Denied("iam:GetRolePolicy")).Gap("inline policies")
	shared := []Gap{
		{What: "key"}, denied.Of("f"), {What: "key"}, denied.Of("g").In(policy.StatementRef{Policy: "trust", Statement: first}),
		denied.In(policy.StatementRef{Policy: "trust", Statement: first}, policy.StatementRef{Policy: "boundary", Statement: second}),
	}
	got := DistinctGaps(shared)
	if texts := GapTexts(got); !slices.Equal(texts, []string{"inline policies: iam:GetRolePolicy was denied", "key"}) {
		t.Fatalf("the gaps are %q", texts)
	}
	if want := []string{"f", "g"}; !slices.Equal(got[0].Functions, want) {
		t.Errorf("the functions are %q, want %q", got[0].Functions, want)
	}
	if want := []StatementName{{"trust", 0, "A"}, {"boundary", 3, ""}}; !slices.Equal(got[0].Statements, want) {
		t.Errorf("the statements are %v, want %v", got[0].Statements, want)
	}
	if len(shared[1].Functions) != 1 || len(shared[1].Statements) != 0 {
		t.Errorf("what was given has changed: %+v", shared[1])
	}
}
