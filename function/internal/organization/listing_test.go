package organization_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// A listing that is kept after each call, and of which every call is throttled once, comes to what one without a pause comes to.
func TestAListingGoesOnWhereItStopped(t *testing.T) {
	f := organizationOf(25)
	whole := list(t, f)
	wanted := len(f.calls)
	throttled := organizationOf(25)
	var l organization.Listing
	calls := 0
	for throttle := true; !l.Done(); throttle = !throttle {
		for _, call := range []string{"DescribeOrganization", "ListAccounts", "ListRoots", "ListOrganizationalUnitsForParent", "ListAccountsForParent", "ListParents"} {
			if throttled.fail[call] = nil; throttle {
				throttled.fail[call] = &types.TooManyRequestsException{}
			}
		}
		before := kept(t, &l)
		switch err := l.Next(t.Context(), throttled); {
		case throttle && !organization.IsThrottled(err):
			t.Fatalf("a throttled call gives %v", err)
		case throttle:
			if diff := cmp.Diff(before, kept(t, &l)); diff != "" {
				t.Fatalf("a throttled call changes the listing:\n%s", diff)
			}
		case err != nil:
			t.Fatal(err)
		default:
			calls++
		}
		var next organization.Listing
		if err := json.Unmarshal([]byte(kept(t, &l)), &next); err != nil {
			t.Fatal(err)
		}
		if l = next; calls > 10*wanted {
			t.Fatal("it does not end")
		}
	}
	if diff := cmp.Diff(*whole, l.Organization); diff != "" || calls != wanted {
		t.Errorf("%d calls, want %d (-without a pause +with):\n%s", calls, wanted, diff)
	}
}

func kept(t *testing.T, l *organization.Listing) string {
	t.Helper()
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// forgetting does not know the token of a page of accounts once.
type forgetting struct {
	*fake
	forgot bool
}

func (f *forgetting) ListAccounts(ctx context.Context, in *organizations.ListAccountsInput, o ...func(*organizations.Options)) (*organizations.ListAccountsOutput, error) {
	if in.NextToken != nil && !f.forgot {
		f.forgot = true
		return nil, &types.InvalidInputException{Reason: types.InvalidInputExceptionReasonInvalidPaginationToken}
	}
	return f.fake.ListAccounts(ctx, in, o...)
}

// A page of which AWS Organizations does not know the token any more has the listing begin anew, and nothing of it is listed twice or missing.
func TestAListingWhoseTokenIsForgottenBeginsAnew(t *testing.T) {
	f := &forgetting{fake: organizationOf(25)}
	got, err := organization.List(t.Context(), f, func(string) {})
	if err != nil || !f.forgot {
		t.Fatalf("%v, forgot %v", err, f.forgot)
	}
	if diff := cmp.Diff(list(t, organizationOf(25)), got); diff != "" {
		t.Error(diff)
	}
}

// An account that is moved while the units are listed, from one that is not listed yet to one that is, is asked for; where that is refused, it is
// not known where this account is, and the others are where they are.
func TestAnAccountThatIsMovedMeanwhile(t *testing.T) {
	f := organizationOf(3)
	f.members["ou-ab12-00000001"] = nil
	if a, _ := list(t, f).Find("100000000001"); a.Parent != "r-ab12" || f.count("ListParents") != 1 {
		t.Errorf("it is in %q after %d calls", a.Parent, f.count("ListParents"))
	}
	f.fail["ListParents"] = denied()
	o := list(t, f)
	a, _ := o.Find("100000000001")
	b, _ := o.Find("100000000002")
	if a.Parent != "" || b.Parent == "" || o.NoUnits != "" {
		t.Errorf("%+v, %+v, %q", a, b, o.NoUnits)
	}
	f.fail["ListParents"] = errors.New("connection reset")
	if _, err := organization.List(t.Context(), f, func(string) {}); err == nil {
		t.Error("a network error is no answer")
	}
}
