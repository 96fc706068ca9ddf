package awsaccount_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// whole is everything that there is to read of the role.
func whole() map[string]string {
	return map[string]string{
		"trust": " " + trustText, "boundary": "v1 " + managedText, "inline:read": " " + inlineText, "inline:write": " " + inlineText,
		queuesARN: "v2 " + managedText, basicPolicy: "v1 " + managedText,
	}
}

// without gives whole with some parts replaced; an empty text takes one away.
func without(changes map[string]string) map[string]string {
	out := whole()
	maps.Copy(out, changes)
	maps.DeleteFunc(out, func(_, text string) bool { return text == "" })
	return out
}

func TestADeniedCallMakesItsPartsUnknownAndNoOthers(t *testing.T) {
	cases := map[string]map[string]string{
		"": {},
		"iam:GetRole": {
			"identity": "? iam:GetRole was denied", "trust": "? iam:GetRole was denied", "boundary": "? iam:GetRole was denied", "tags": "? iam:GetRole was denied",
		},
		"iam:ListRolePolicies":         {"inline": "? iam:ListRolePolicies was denied", "inline:read": "", "inline:write": ""},
		"iam:GetRolePolicy":            {"inline:read": " ? iam:GetRolePolicy was denied", "inline:write": " ? iam:GetRolePolicy was denied"},
		"iam:ListAttachedRolePolicies": {"attached": "? iam:ListAttachedRolePolicies was denied", queuesARN: "", basicPolicy: ""},
		"iam:GetPolicy": {
			queuesARN: " ? iam:GetPolicy was denied", basicPolicy: " ? iam:GetPolicy was denied", "boundary": " ? iam:GetPolicy was denied",
		},
		"iam:GetPolicyVersion": {
			queuesARN: "v2 ? iam:GetPolicyVersion was denied", basicPolicy: "v1 ? iam:GetPolicyVersion was denied", "boundary": "v1 ? iam:GetPolicyVersion was denied",
		},
	}
	for call, changes := range cases {
		for _, code := range []string{"AccessDenied", "AccessDeniedException"} {
			w := newWorld()
			w.iam.fail[call] = apiError(code)
			s, err := w.read.Role(t.Context(), orders)
			if err != nil {
				t.Errorf("%s %s: %v", call, code, err)
				continue
			}
			if diff := cmp.Diff(without(changes), parts(s)); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", call, code, diff)
			}
		}
	}
}

func TestWhatElseGoesWrongIsAnErrorAndNeverADenial(t *testing.T) {
	calls := []string{
		"iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion",
	}
	for _, call := range calls {
		for _, cause := range []error{apiError("Throttling"), apiError("ServiceFailure"), context.DeadlineExceeded} {
			w := newWorld()
			w.iam.fail[call] = cause
			_, err := w.read.Role(t.Context(), orders)
			if !errors.Is(err, cause) || errors.Is(err, role.ErrUnread) || !strings.Contains(err.Error(), call) {
				t.Errorf("%s: %v", call, err)
			}
		}
	}
	lists := map[string]func(*world) error{
		"iam:ListEntitiesForPolicy":                             func(w *world) error { _, err := w.read.PolicyRoles(t.Context(), queuesARN); return err },
		"iam:GetAccountAuthorizationDetails Role":               func(w *world) error { _, _, err := w.read.RolePage(t.Context(), ""); return err },
		"iam:GetAccountAuthorizationDetails LocalManagedPolicy": func(w *world) error { _, _, err := w.read.RolePage(t.Context(), ""); return err },
		"lambda:ListFunctions":                                  func(w *world) error { _, _, err := w.read.FunctionPage(t.Context(), "us-east-1", ""); return err },
		"lambda:ListVersionsByFunction":                         func(w *world) error { _, err := w.read.Function(t.Context(), shopARN); return err },
	}
	for call, read := range lists {
		for code, wantDenied := range map[string]bool{"AccessDenied": true, "AccessDeniedException": true, "Throttling": false, "TooManyRequestsException": false} {
			w := newWorld()
			w.iam.fail[call], w.lambda.fail[call] = apiError(code), apiError(code)
			err := read(w)
			if err == nil || errors.Is(err, role.ErrUnread) != wantDenied || !strings.Contains(err.Error(), strings.Fields(call)[0]) {
				t.Errorf("%s %s: %v", call, code, err)
			}
		}
	}
}

func TestAPolicyThatVanishesIsLookedForOnceMore(t *testing.T) {
	for call, vanish := range map[string]func(*types.RoleDetail){
		"iam:GetRolePolicy": func(d *types.RoleDetail) { d.RolePolicyList = d.RolePolicyList[:1] },
		"iam:GetPolicy":     func(d *types.RoleDetail) { d.AttachedManagedPolicies = d.AttachedManagedPolicies[1:] },
	} {
		w := newWorld()
		if call == "iam:GetPolicy" {
			w.iam.policies = w.iam.policies[1:]
		}
		w.iam.before = func(c string) {
			if c == call && w.iam.count("iam:ListRolePolicies") > 0 {
				// It goes between the list and the document. (The boundary is read before the lists.)
				w.iam.roles[0] = ordersDetail()
				vanish(&w.iam.roles[0])
			}
		}
		s, err := w.read.Role(t.Context(), orders)
		if err != nil || w.iam.count("iam:GetRole") != 2 {
			t.Errorf("%s: %v, %d readings", call, err, w.iam.count("iam:GetRole"))
		}
		if n := len(s.Inline.Or(nil)) + len(s.Attached.Or(nil)); n != 3 {
			t.Errorf("%s: %d policies", call, n)
		}
	}
	w := newWorld()
	w.iam.policies = w.iam.policies[1:]
	s, err := w.read.Role(t.Context(), orders)
	if err != nil || w.iam.count("iam:GetRole") != 2 {
		t.Errorf("a policy that stays listed and is not there: %v, %d readings", err, w.iam.count("iam:GetRole"))
	}
	unread := 0
	for _, p := range s.Attached.Or(nil) {
		if p.Text.State() == role.Unknown {
			unread++
		}
	}
	if unread != 1 {
		t.Errorf("%d attached policies without a text, want the one that is not there", unread)
	}
}

func TestABoundaryThatWasDeletedIsUnknown(t *testing.T) {
	w := newWorld()
	w.iam.policies = append(w.iam.policies[:1], w.iam.policies[2])
	s, err := w.read.Role(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(without(map[string]string{"boundary": " ? " + limitsARN + " does not exist"}), parts(s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARoleThatIsGoneIsAbsentWhicheverCallTellsSo(t *testing.T) {
	absent := map[string]string{"identity": "absent", "trust": "absent", "boundary": "absent", "tags": "absent", "inline": "absent", "attached": "absent"}
	for _, getRole := range []error{nil, apiError("NoSuchEntity"), apiError("AccessDenied")} {
		w := newWorld()
		w.iam.roles = nil
		w.iam.fail["iam:GetRole"] = getRole
		s, err := w.read.Role(t.Context(), orders)
		if diff := cmp.Diff(absent, parts(s)); err != nil || diff != "" {
			t.Errorf("GetRole: %v: %v (-want +got):\n%s", getRole, err, diff)
		}
	}
}

// TestAMissingRoleTellsOfSimilarNames lists the roles once for several that are missing, and does without where that is denied.
func TestAMissingRoleTellsOfSimilarNames(t *testing.T) {
	w := newWorld()
	for _, name := range []string{"ordres", "order", "elsewhere"} {
		ref := orders
		ref.Name, ref.ARN = name, ""
		s, err := w.read.Role(t.Context(), ref)
		want := []string{ordersARN}
		if name == "elsewhere" {
			want = nil
		}
		if err != nil || s.Identity.State() != role.Absent || !slices.Equal(s.Similar, want) {
			t.Errorf("%s: %v, similar %q, want %q", name, err, s.Similar, want)
		}
	}
	denied := newWorld()
	denied.iam.fail["iam:ListRoles"] = apiError("AccessDenied")
	ref := orders
	ref.Name, ref.ARN = "order", ""
	if s, err := denied.read.Role(t.Context(), ref); err != nil || s.Identity.State() != role.Absent || s.Similar != nil {
		t.Errorf("denied: %v, %v, similar %q", err, s.Identity.State(), s.Similar)
	}
	if s, err := w.read.Role(t.Context(), orders); err != nil || s.Similar != nil {
		t.Errorf("a role that is there: %v, similar %q", err, s.Similar)
	}
}

func TestARoleOfAnotherAccountOrPartitionIsNotAskedFor(t *testing.T) {
	w := newWorld()
	for want, ref := range map[string]role.Ref{
		"role is in account 999988887777": {Partition: "aws", Account: "999988887777", Name: "orders"},
		"role is in partition aws-cn":     {Partition: "aws-cn", Account: ownAccount, Name: "orders"},
	} {
		s, err := w.read.Role(t.Context(), ref)
		if err != nil || s.Identity.State() != role.Unknown || s.Identity.Why() != want || s.Attached.Why() != want {
			t.Errorf("%v: %v, %v", ref, err, parts(s))
		}
	}
	if len(w.iam.calls) != 0 {
		t.Errorf("calls %v", w.iam.calls)
	}
}

func TestOnlyAWSPoliciesAreTakenForGrantedAndForAWhile(t *testing.T) {
	w := newWorld()
	read := func() map[string]string {
		t.Helper()
		s, err := w.read.Role(t.Context(), orders)
		if err != nil {
			t.Fatal(err)
		}
		return parts(s)
	}
	read()
	w.iam.policies = []types.ManagedPolicyDetail{
		managedDetail(queuesARN, "ANPAQUEUES", secondText, managedText, secondText), managedDetail(limitsARN, "ANPAOTHER", secondText),
		managedDetail(basicPolicy, "ANPABASIC", managedText, secondText),
	}
	w.iam.calls = nil
	want := without(map[string]string{queuesARN: "v3 " + secondText, "boundary": "v1 " + secondText})
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("the second look (-want +got):\n%s", diff)
	}
	if n := w.iam.count("iam:GetPolicy"); n != 2 {
		t.Errorf("%d calls of GetPolicy, want one for each of the account's own policies", n)
	}
	w.iam.calls = nil
	read()
	if n := w.iam.count("iam:GetPolicyVersion"); n != 0 {
		t.Errorf("%d documents read again", n)
	}
	w.now = w.now.Add(16 * time.Minute)
	want[basicPolicy] = "v2 " + secondText
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("a quarter of an hour later (-want +got):\n%s", diff)
	}
}

func TestADocumentThatCannotBeDecodedIsUnknown(t *testing.T) {
	w := newWorld()
	w.iam.roles[0].AssumeRolePolicyDocument = aws.String("%7B%zz")
	w.iam.roles[0].RolePolicyList[0].PolicyDocument = nil
	w.iam.roles[0].RolePolicyList[1].PolicyDocument = aws.String(" " + inlineText)
	s, err := w.read.Role(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	got := parts(s)
	if !strings.HasPrefix(got["trust"], "? ") || !strings.HasPrefix(got["inline:read"], " ? ") || got["inline:write"] != "  "+inlineText {
		t.Errorf("%v", got)
	}
}
