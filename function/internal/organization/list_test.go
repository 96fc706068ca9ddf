package organization_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/organization"
)

func list(t *testing.T, f *fake) *organization.Organization {
	t.Helper()
	o, err := organization.List(t.Context(), f, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestAnOrganizationIsListed has several pages of everything, of which some are empty.
func TestAnOrganizationIsListed(t *testing.T) {
	f := organizationOf(25)
	// It is on two pages, and of an endpoint that has no State.
	f.accounts = append(f.accounts, types.Account{Id: aws.String("100000000003"), Name: aws.String("account-3")}, types.Account{Id: aws.String("999999999999"), Status: types.AccountStatusSuspended})
	o := list(t, f)
	if o.ID != "o-a1b2c3d4e5" || o.ManagementAccount != "111111111111" || o.NoUnits != "" || len(o.Accounts) != 27 || len(o.Units) != 12 {
		t.Fatalf("the organization %s of %s has %d accounts and %d units (%s)", o.ID, o.ManagementAccount, len(o.Accounts), len(o.Units), o.NoUnits)
	}
	if !slices.IsSortedFunc(o.Accounts, func(a, b organization.Account) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the accounts are not in order")
	}
	want := map[string]organization.Account{
		"100000000013": {ID: "100000000013", Name: "account-13", State: "ACTIVE", Parent: "ou-ab12-00000003", OU: "Root/Workloads/Team 3"},
		"111111111111": {ID: "111111111111", Name: "management", State: "ACTIVE", Parent: "r-ab12", OU: "Root"},
		"999999999999": {ID: "999999999999", State: "SUSPENDED", Parent: "r-ab12", OU: "Root"}, // No unit had it, as when it is moved meanwhile.
	}
	seen := 0
	for _, a := range o.Accounts {
		if w, ok := want[a.ID]; ok {
			seen++
			if a != w {
				t.Errorf("got %+v, want %+v", a, w)
			}
		}
	}
	if seen != len(want) {
		t.Errorf("saw %d of %d", seen, len(want))
	}
}

// TestWhereAccountsAreMayBeUnknown denies the calls that say it: that is no reason to list no account, and units cannot be chosen.
func TestWhereAccountsAreMayBeUnknown(t *testing.T) {
	for _, call := range []string{"ListRoots", "ListOrganizationalUnitsForParent", "ListAccountsForParent"} {
		f := organizationOf(3)
		f.fail[call] = denied()
		o := list(t, f)
		if want := "organizations:" + call + " was denied"; o.NoUnits != want || len(o.Units) != 0 || len(o.Accounts) != 4 || o.Accounts[0].OU != "" || o.Accounts[0].Parent != "" {
			t.Errorf("%s: %+v", call, o)
		}
		_, err := o.Choose(organization.Choice{Units: []string{"ou-ab12-00000001"}})
		var wrong *organization.ChoiceError
		if !errors.As(err, &wrong) || wrong.List != organization.InUnits || !strings.Contains(wrong.Text, call+" was denied") {
			t.Errorf("%s: choosing a unit gives %v", call, err)
		}
		f.fail[call] = errors.New("connection reset")
		if _, err := organization.List(t.Context(), f, func(string) {}); err == nil || !strings.Contains(err.Error(), call) {
			t.Errorf("%s: a network error gives %v", call, err)
		}
	}
}

// TestWhoMayNotListAnOrganizationIsToldWhoMay denies the calls without which there is no list.
func TestWhoMayNotListAnOrganizationIsToldWhoMay(t *testing.T) {
	for _, c := range []struct {
		call string
		err  error
		want string
	}{
		{"ListAccounts", denied(), "organizations:ListAccounts was denied. Allow organizations:ListAccounts to the principal with which rolewatch reads the account. Only the management account and delegated administrators can"},
		{"DescribeOrganization", denied(), "organizations:DescribeOrganization was denied"},
		{"DescribeOrganization", &types.AWSOrganizationsNotInUseException{}, "the account of the credentials is not in an organization"},
		{"ListAccounts", errors.New("connection reset"), "organizations:ListAccounts: connection reset"},
	} {
		f := organizationOf(3)
		f.fail[c.call] = c.err
		if _, err := organization.List(t.Context(), f, func(string) {}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s fails with %v: got %v", c.call, c.err, err)
		}
	}
}

// TestThrottledListsAreRetried talks to an endpoint that throttles every first attempt of a page.
func TestThrottledListsAreRetried(t *testing.T) {
	const accounts = 41
	attempts := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, call, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		key := call + string(body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if attempts[key]++; attempts[key] == 1 {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"TooManyRequestsException","Message":"slow down"}`)
			return
		}
		switch call {
		case "DescribeOrganization":
			fmt.Fprint(w, `{"Organization":{"Id":"o-a1b2c3d4e5","MasterAccountId":"111111111111"}}`)
		case "ListAccounts":
			var from int
			if at := strings.Index(string(body), `"NextToken":"`); at >= 0 {
				fmt.Sscanf(string(body)[at+len(`"NextToken":"`):], "%d", &from)
			}
			var list []string
			for i := from; i < min(from+20, accounts); i++ {
				list = append(list, fmt.Sprintf(`{"Id":"%012d","Name":"a%d","State":"ACTIVE"}`, 100_000_000_000+i, i))
			}
			next := ""
			if from+20 < accounts {
				next = fmt.Sprintf(`,"NextToken":"%d"`, from+20)
			}
			fmt.Fprintf(w, `{"Accounts":[%s]%s}`, strings.Join(list, ","), next)
		default:
			fmt.Fprint(w, `{"Roots":[]}`)
		}
	}))
	defer server.Close()
	client := organizations.New(organizations.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = noLimit{}
		}),
	})
	o, err := organization.List(t.Context(), client, func(string) {})
	if err != nil || len(o.Accounts) != accounts {
		t.Fatalf("%v, %v", o, err)
	}
	if len(attempts) != 5 {
		t.Errorf("%d requests, want one for the organization, three pages and the roots: %v", len(attempts), attempts)
	}
	for key, n := range attempts {
		if n != 2 {
			t.Errorf("%s was sent %d times", key, n)
		}
	}
}

type noLimit struct{}

func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (noLimit) AddTokens(uint) error { return nil }
