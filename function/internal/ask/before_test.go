package ask_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// TestWhatWasAskedBeforeChangesNoAnswer draws policies and asks one session for actions that share statements, and for each of them a
// session that was asked nothing before.
func TestWhatWasAskedBeforeChangesNoAnswer(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 21))
	names := []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "kms:Decrypt"}
	decisions := map[policy.Decision]int{}
	for range 150 {
		statements := drawStatements(r)
		shared := sessionOf(map[string]string{"team": "pay"}, statements...)
		for _, at := range r.Perm(len(names)) {
			a, ok := actions.Lookup(names[at])
			if !ok {
				t.Fatal(names[at])
			}
			got, want := shared.Anywhere(a, nil), sessionOf(map[string]string{"team": "pay"}, statements...).Anywhere(a, nil)
			if inShort(got) != inShort(want) {
				t.Fatalf("%q\n%s: got %s, and %s when it is asked first", statements, a, inShort(got), inShort(want))
			}
			decisions[got.Decision]++
		}
	}
	for _, one := range []policy.Decision{policy.Allowed, policy.ExplicitDeny, ask.Answer{}.Decision} {
		if decisions[one] < 30 {
			t.Errorf("%v: only %d of %v", one, decisions[one], decisions)
		}
	}
}

func drawStatements(r *rand.Rand) (statements []string) {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	for range 1 + r.IntN(3) {
		condition := pick("", "", `,"Condition":{"StringEquals":{"aws:ResourceTag/team":"pay"}}`, `,"Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`)
		statements = append(statements, fmt.Sprintf(`{"Effect":%q,%q:[%q,%q],%q:%q%s}`, pick("Allow", "Allow", "Allow", "Deny"), pick("Action", "Action", "Action", "NotAction"),
			pick("dynamodb:*", "dynamodb:GetItem", "s3:*"), pick("s3:GetObject", "sqs:*", "kms:Decrypt", "*"), pick("Resource", "Resource", "NotResource"),
			pick("*", "arn:aws:dynamodb:*:*:table/*", "arn:aws:dynamodb:*:*:table/app/index/*", "arn:aws:s3:::app-*/*", "arn:aws:s3:::*", "arn:aws:sqs:eu-west-1:*:*"), condition))
	}
	return statements
}

// inShort is what an answer says, without pointers.
func inShort(a ask.Answer) string {
	text := fmt.Sprint(a.Decision, len(a.DependsOn), len(a.Denies))
	for _, s := range a.Steps {
		text += fmt.Sprint(" ", s.Action, " ", s.Resource, " ", s.Type, s.Named, s.Needs)
		for _, ref := range s.Statements {
			text += fmt.Sprint("#", ref.Statement.Index)
		}
	}
	return text
}
