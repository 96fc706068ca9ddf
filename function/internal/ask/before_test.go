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

// TestAlikeQuestionsHaveOneAnswer draws policies with conditions and asks one session for so many actions that it answers most by others that
// are alike, and for each of them a session that was asked nothing before.
func TestAlikeQuestionsHaveOneAnswer(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 33))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	condition := func() string {
		return pick(``, ``, ``, ``, `"StringEquals":{"aws:ResourceTag/team":"pay"}`, `"StringNotEquals":{"aws:ResourceTag/team":"pay"}`, `"StringEquals":{"aws:RequestTag/team":"pay"}`,
			`"StringEquals":{"aws:PrincipalTag/team":"other"}`, `"StringEquals":{"aws:RequestedRegion":"eu-west-1"}`, `"StringNotLike":{"aws:RequestedRegion":"us-*"}`,
			`"StringEqualsIfExists":{"iam:PassedToService":"lambda.amazonaws.com"}`, `"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, `"Null":{"aws:TagKeys":"true"}`,
			`"ForAllValues:StringLike":{"aws:TagKeys":["a*"]},"StringLike":{"s3:prefix":"x*"}`, `"StringLike":{"ec2:ResourceTag/team":"p*"}`, `"Bool":{"aws:ViaAWSService":"true"}`,
			`"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}`, `"StringNotEqualsIfExists":{"aws:ResourceOrgID":"${aws:PrincipalOrgID}"}`,
			`"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"},"BoolIfExists":{"aws:ViaAWSService":"false"}`, `"StringLike":{"s3:prefix":"${aws:RequestTag/team}*"}`)
	}
	resource := func() string {
		return pick(`"*"`, `"arn:aws:s3:::*"`, `"arn:aws:iam::*:role/*"`, `["arn:aws:dynamodb:*:*:table/*","arn:aws:sqs:eu-west-1:*:*"]`, `"arn:aws:ec2:*:*:instance/*"`,
			`"arn:aws:lambda:*:*:function:*"`, `"arn:aws:s3:::${aws:PrincipalTag/team}-*"`, `"arn:aws:*:*:*:*/*"`)
	}
	all := actions.Names()
	decisions, tagged := map[policy.Decision]int{}, 0
	for range 20 {
		var statements []string
		for range 1 + r.IntN(3) {
			statements = append(statements, fmt.Sprintf(`{"Effect":%q,"Action":%s,%q:%s,"Condition":{%s}}`, pick("Allow", "Allow", "Deny"),
				pick(`"*"`, `["s3:*","iam:*Role*","ec2:*"]`, `["dynamodb:*","sqs:*","lambda:*","kms:*"]`), pick("Resource", "Resource", "Resource", "NotResource"), resource(), condition()))
		}
		statements = append(statements, allow(`"*"`, condition()))
		if r.IntN(2) == 0 {
			statements = append(statements, `{"Effect":"Allow","Action":["iam:TagUser","ec2:CreateTags","dynamodb:TagResource"],"Resource":"*"}`)
		}
		session := func() *ask.Session { return sessionOf(map[string]string{"team": "pay"}, statements...) }
		shared := session()
		ask := func(s *ask.Session, a actions.Action, via bool) string {
			got := s.Anywhere(a, nil)
			if via {
				got = s.AnywhereVia(a)
			}
			decisions[got.Decision]++
			if len(got.Needs()) > 0 || len(got.Steps) > 1 {
				tagged++
			}
			text := inShort(got)
			for _, step := range got.Steps {
				text += fmt.Sprintf(" %+v", step.Request)
			}
			return text + fmt.Sprint(got.DependsOn)
		}
		for i := range 400 {
			a, _ := actions.Lookup(all[r.IntN(len(all))])
			if i%3 == 0 {
				list, _ := actions.Service(pick("s3", "iam", "ec2", "dynamodb", "lambda"))
				a = list[r.IntN(len(list))]
			}
			via := r.IntN(3) == 0
			if got, want := ask(shared, a, via), ask(session(), a, via); got != want {
				t.Fatalf("%q\n%s: got\n%s, and when it is asked first\n%s", statements, a, got, want)
			}
		}
	}
	t.Log(decisions, tagged)
	if decisions[policy.Allowed] < 300 || decisions[policy.Unknown] < 300 || decisions[policy.ExplicitDeny] < 300 || decisions[policy.ImplicitDeny] < 300 || tagged < 300 {
		t.Errorf("the draw is lopsided: %v, %d with tags", decisions, tagged)
	}
}

// TestWhatIsItsOwnIsAlikeNothing asks for the role itself, whose tags nobody else changes, and for a role that no policy names.
func TestWhatIsItsOwnIsAlikeNothing(t *testing.T) {
	s := sessionOf(nil, allow(`"iam:DeleteRole"`, `"StringEquals":{"aws:ResourceTag/team":"pay"}`))
	other := ask.Question{Action: "iam:DeleteRole", Resource: "arn:aws:iam::" + account + ":role/another", Unnamed: true}
	for range 300 {
		if got := s.Ask(other); !got.Allowed() || len(got.Needs()) != 1 {
			t.Fatalf("another role: %v, needs %v", got.Decision, got.Needs())
		}
		if got := s.Ask(ask.Question{Action: "iam:DeleteRole", Resource: ownRole}); got.Possible() {
			t.Fatalf("the role itself: %v, needs %v", got.Decision, got.Needs())
		}
	}
}
