package danger

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const payments, unknownAccount = "444455556666", "777788889999"

// beside adds to a listing what is known of other accounts of the organization: one has an administrator that trusts the account, and nothing
// is known of another one.
func beside(t *testing.T, l *reach.Listing) {
	t.Helper()
	var other reach.Listing
	withRole(&other, "deploy", trusting("Allow", root), allowing(t, "*", "*"))
	r := other.Roles[0]
	r.Ref.Account, r.Ref.ARN = payments, "arn:aws:iam::"+payments+":role/deploy"
	r.Identity = role.Have(role.Identity{ARN: r.Ref.ARN, ID: "AROADEPLOY"})
	s := (&Graphs{}).Survey(other, subject().Now)
	s.Part.Name = "payments"
	l.Others = &reach.Others{Parts: []reach.Part{s.Part}, Unknown: map[string]role.Gap{unknownAccount: {What: "account " + unknownAccount + " could not be listed"}}}
}

// A path to any role may lead to a role of another account, and the finding says in which one.
func TestAWidePathMayLeadToAnotherAccount(t *testing.T) {
	var l reach.Listing
	withRole(&l, "orders", "", allowing(t, "*", "sts:AssumeRole"))
	beside(t, &l)
	s := viewed(t, l)
	j := judgeOf(s)
	const want = "A path leads to the role deploy of account " + payments + " (payments), which is an administrator: orders → sts:AssumeRole deploy of account " + payments + " (payments)."
	groups := j.byCause()
	if len(groups) != 1 {
		t.Fatalf("%d findings", len(groups))
	}
	if d := j.escalationDiagnostic(groups[0]); !strings.Contains(d.Detail, want) {
		t.Error(d.Detail)
	}
	severity, leads := j.severityOfWide(reach.Assume, groups[0][0].Statements())
	if severity != check.Critical || leads != want {
		t.Errorf("%v: %s", severity, leads)
	}
	if severity, leads = j.severityOfWide(reach.Pass, groups[0][0].Statements()); severity != 0 || leads != "" {
		t.Errorf("of another kind: %v: %s", severity, leads)
	}
	if severity, leads = j.severityOfWide(reach.Assume, nil); severity != 0 || leads != "" {
		t.Errorf("by no statement: %v: %s", severity, leads)
	}
}

// A path on a named resource is reported where it leads to an account of which nothing is known, and says why that is.
func TestAPathToAnAccountThatCouldNotBeListed(t *testing.T) {
	hook := "arn:aws:lambda:us-east-1:" + account + ":function:hook"
	var l reach.Listing
	withRole(&l, "orders", "", allowing(t, hook, "lambda:UpdateFunctionCode"))
	withRole(&l, "tiny", trusting("Allow", lambda), allowing(t, "arn:aws:iam::"+unknownAccount+":role/a", "sts:AssumeRole"), allowing(t, "arn:aws:iam::"+unknownAccount+":role/b", "sts:AssumeRole"))
	l.Functions = []reach.Function{{ARN: hook, Role: roleNamed("tiny"), Tags: role.Have(map[string]string(nil))}}
	beside(t, &l)
	j := judgeOf(viewed(t, l))
	kept := j.kept()
	if len(kept) != 1 || kept[0].id != "lambda-code" {
		t.Fatalf("kept %v", ids(kept))
	}
	if got, want := j.whereItLeads(&kept[0]), "It is not known what that may do: account "+unknownAccount+" could not be listed."; got != want {
		t.Error(got)
	}
}
