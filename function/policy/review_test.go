package policy

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

const nothingAllowed = `{"Version":"2012-10-17","Statement":[]}`

func reviewed(t *testing.T, old, new string, kind Kind) []Change {
	t.Helper()
	before, after := mustSet(t, old, kind), mustSet(t, new, kind)
	return Review(before, after, compare(t, before, after))
}

// TestReviewPutsTheGravestFirst reviews ten edits as they are made: the first grant is the one that a reviewer has to see.
func TestReviewPutsTheGravestFirst(t *testing.T) {
	statement := func(rest string) string { return `{"Version":"2012-10-17","Statement":[` + rest + `]}` }
	const read = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}`
	const lambda = `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`
	for _, tc := range []struct {
		title, old, new string
		kind            Kind
		action          string
		gravity         actions.Gravity
		everything      bool
	}{
		{"an administrator", statement(read), statement(read + `,{"Effect":"Allow","Action":"*","Resource":"*"}`), Identity, "*", actions.ManagingPermissions, true},
		{"a pipeline that may pass roles", statement(read), statement(read + `,{"Effect":"Allow","Action":["lambda:CreateFunction","iam:PassRole","lambda:GetFunction"],"Resource":"*"}`), Identity, "iam:PassRole", actions.PassingRoles, false},
		{"a secret", statement(read), statement(`{"Effect":"Allow","Action":["s3:PutObject","secretsmanager:GetSecretValue","s3:GetObject"],"Resource":"*"}`), Identity, "secretsmanager:GetSecretValue", actions.Credentials, false},
		{"policies of roles", statement(read), statement(`{"Effect":"Allow","Action":["iam:GetRole","iam:PassRole","iam:PutRolePolicy"],"Resource":"*"}`), Identity, "iam:PutRolePolicy", actions.ManagingPermissions, false},
		{"a whole service", statement(read), statement(`{"Effect":"Allow","Action":["dynamodb:*","s3:*"],"Resource":"*"}`), Identity, "s3:*", actions.ManagingPermissions, false},
		{"a Deny is gone", statement(`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":["iam:*","s3:GetObject"],"Resource":"*"}`), statement(`{"Effect":"Allow","Action":"*","Resource":"*"}`), Identity, "*", actions.ManagingPermissions, false},
		{"a condition is gone", statement(`{"Effect":"Allow","Action":["s3:GetObject","lambda:UpdateFunctionCode"],"Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`), statement(`{"Effect":"Allow","Action":["s3:GetObject","lambda:UpdateFunctionCode"],"Resource":"*"}`), Identity, "lambda:UpdateFunctionCode", actions.Writing, false},
		{"a role is opened to another account", statement(lambda), statement(lambda + `,{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["sts:AssumeRole","sts:TagSession"]}`), Trust, "sts:AssumeRole", actions.Credentials, false},
		{"a bucket is opened to everybody", statement(`{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"arn:aws:s3:::b/*"}`), statement(`{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"},{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}`), Resource, "s3:PutObject", actions.Writing, false},
		{"a key is shared", statement(`{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}`), statement(`{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["kms:Decrypt","kms:CreateGrant"],"Resource":"*"}`), Resource, "kms:CreateGrant", actions.ManagingPermissions, false},
	} {
		t.Run(tc.title, func(t *testing.T) {
			changes := reviewed(t, tc.old, tc.new, tc.kind)
			if len(changes) == 0 {
				t.Fatal("nothing is newly allowed")
			}
			g := changes[0].Grants[0]
			if g.Action != tc.action || g.Gravity != tc.gravity || g.Everything != tc.everything || g.Inert || g.Covered {
				t.Errorf("the first grant is %v, %v, everything %v, want %s, %v, %v", g.Grant, g.Gravity, g.Everything, tc.action, tc.gravity, tc.everything)
			}
			if tc.title == "a bucket is opened to everybody" && g.Principal != "*" {
				t.Errorf("the first principal is %s", g.Principal)
			}
		})
	}
}

// TestReviewNamesWhatIsGone names conditions in AWS's spelling, and Deny statements.
func TestReviewNamesWhatIsGone(t *testing.T) {
	changes := reviewed(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"AWS:principalORGID":"o-1"},"IpAddress":{"aws:sourceip":"192.0.2.0/24"}}},
		{"Effect":"Allow","Action":"sqs:*","Resource":"*"},{"Sid":"No","Effect":"Deny","Action":"sqs:PurgeQueue","Resource":"*"}]}`,
		`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:sourceip":["192.0.2.0/24","198.51.100.0/24"]}}},
		{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`, Identity)
	if len(changes) != 2 {
		t.Fatalf("%d changes, want 2", len(changes))
	}
	s3, sqs := changes[0].Grants[0], changes[1].Grants[0]
	if !slices.Equal(s3.Without, []string{"aws:PrincipalOrgID"}) || len(s3.Lifted) > 0 {
		t.Errorf("without %v, lifted %v", s3.Without, s3.Lifted)
	}
	if len(sqs.Lifted) != 1 || sqs.Lifted[0].Statement.Sid != "No" || len(sqs.Without)+len(sqs.Wider) > 0 {
		t.Errorf("lifted %v, without %v, wider %v", sqs.Lifted, sqs.Without, sqs.Wider)
	}
}

// TestReviewMarksWhatIsCovered holds which grants are left out beside which.
func TestReviewMarksWhatIsCovered(t *testing.T) {
	allow := func(action, resource, condition string) string {
		return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"` + condition + `}`
	}
	const mfa = `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`
	for _, tc := range []struct {
		title, wide, narrow string
		want                bool
	}{
		{"an action of a pattern", allow("sqs:*", "*", ""), allow("sqs:SendMessage", "*", ""), true},
		{"a narrower resource", allow("s3:GetObject", "arn:aws:s3:::b*", ""), allow("s3:GetObject", "arn:aws:s3:::b/x/*", ""), true},
		{"the same twice", allow("sqs:*", "*", ""), allow("sqs:*", "*", ""), true},
		{"under a condition more", allow("sqs:*", "*", ""), allow("sqs:*", "*", mfa), true},
		{"the wider one has a condition", allow("sqs:*", "*", mfa), allow("sqs:SendMessage", "*", ""), false},
		{"another service", allow("sqs:*", "*", ""), allow("sns:Publish", "*", ""), false},
		{"a question mark", allow("sqs:SendMessag?", "*", ""), allow("sqs:Send*", "*", ""), true},
		{"an asterisk does not reach over a colon", allow("sqs:*", "arn:aws:sqs:*:111122223333:q", ""), allow("sqs:*", "arn:aws:sqs:us-east-1:444455556666:q", ""), false},
	} {
		t.Run(tc.title, func(t *testing.T) {
			covered := 0
			for _, change := range reviewed(t, nothingAllowed, `{"Version":"2012-10-17","Statement":[`+tc.wide+`,`+tc.narrow+`]}`, Identity) {
				for _, g := range change.Grants {
					if g.Covered {
						covered++
					}
				}
			}
			if covered != number(tc.want) {
				t.Errorf("%d grants are covered, want %d", covered, number(tc.want))
			}
		})
	}
}

// TestReviewLosesNothing holds that each grant of a comparison is in its review once, whatever the policies.
func TestReviewLosesNothing(t *testing.T) {
	grants := 0
	for n := range uint64(60) {
		r := newSketcher(7, n)
		sketch := r.set()
		old, oldFits := sketch.parse()
		new, newFits := r.change(sketch).parse()
		if !oldFits || !newFits {
			continue
		}
		c := compare(t, old, new)
		found := 0
		for _, change := range Review(old, new, c) {
			for _, g := range change.Grants {
				found++
				if g.Statement.Statement != change.Statement.Statement || !slices.ContainsFunc(c.Grants, g.isOfSame) {
					t.Errorf("pair %d: %v is not one of the comparison, or in another's place", n, g.Grant)
				}
			}
		}
		if grants += found; found != len(c.Grants) {
			t.Errorf("pair %d: %d grants of %d", n, found, len(c.Grants))
		}
	}
	if grants == 0 {
		t.Fatal("nothing was newly allowed")
	}
}

// TestReviewAsksForRolesOfThePartition holds that somebody who may not give permissions to the roles of their own partition is not
// taken for an administrator.
func TestReviewAsksForRolesOfThePartition(t *testing.T) {
	for _, partition := range []string{"aws", "aws-cn", "aws-us-gov", "aws-eusc"} {
		const all = `{"Effect":"Allow","Action":"*","Resource":"*"}`
		deny := `{"Effect":"Deny","Action":"iam:AttachRolePolicy","Resource":"arn:` + partition + `:iam::*:role/*"}`
		for statements, everything := range map[string]bool{all: true, all + "," + deny: false} {
			changes := reviewed(t, nothingAllowed, `{"Version":"2012-10-17","Statement":[`+statements+`]}`, Identity)
			if len(changes) != 1 || len(changes[0].Grants) != 1 {
				t.Fatalf("%s: the changes are %v", statements, changes)
			}
			if g := changes[0].Grants[0]; g.Everything != everything {
				t.Errorf("%s: everything is %t, want %t, with the witness %v", statements, g.Everything, everything, g.Witness.Request)
			}
		}
	}
}
