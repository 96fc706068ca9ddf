package organization_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// TestAccountsAreChosen chooses among 25 accounts below ten units and the management account.
func TestAccountsAreChosen(t *testing.T) {
	f := organizationOf(25)
	f.accounts[0].State = types.AccountStateSuspended         // 100000000024, in Team 4
	f.accounts[1].State = types.AccountStatePendingClosure    // 100000000023, in Team 3
	f.accounts[2].State = types.AccountState("SOMETHING_NEW") // 100000000022
	o := list(t, f)
	for _, c := range []struct {
		choice                   organization.Choice
		accounts, skipped, other int
		first                    string
	}{
		{organization.Choice{}, 24, 2, 0, "100000000000"},
		{organization.Choice{Accounts: []string{"100000000005", "100000000024", "100000000005"}}, 1, 1, 24, "100000000005"},
		{organization.Choice{Units: []string{"ou-ab12-00000003", "ou-ab12-00000002"}}, 5, 1, 20, "100000000002"},
		{organization.Choice{Units: []string{"ou-ab12-top00000"}, Except: []string{"100000000000"}}, 22, 2, 2, "100000000001"},
		{organization.Choice{Units: []string{"r-ab12"}}, 24, 2, 0, "100000000000"},
		{organization.Choice{Except: []string{"100000000024"}}, 24, 1, 1, "100000000000"},
	} {
		got, err := o.Choose(c.choice)
		if err != nil || len(got.Accounts) != c.accounts || len(got.Skipped) != c.skipped || got.Others != c.other || got.Accounts[0].ID != c.first {
			t.Errorf("%+v: %d accounts from %s, %d skipped, %d others, %v", c.choice, len(got.Accounts), got.Accounts[0].ID, len(got.Skipped), got.Others, err)
		}
	}
}

// TestAChoiceThatCannotBeMeantNamesItsList makes each mistake.
func TestAChoiceThatCannotBeMeantNamesItsList(t *testing.T) {
	o := list(t, organizationOf(3))
	for _, c := range []struct {
		choice organization.Choice
		list   organization.ChoiceList
		want   string
	}{
		{organization.Choice{Accounts: []string{"1234", "100000000000"}}, organization.InAccounts, `"1234": not the ID of an account: 12 digits`},
		{organization.Choice{Accounts: []string{"a", "b", "c", "d", "e"}}, organization.InAccounts, `"a", "b", "c" (and 2 more): not the ID`},
		{organization.Choice{Accounts: []string{"200000000000"}}, organization.InAccounts, "200000000000: not in the organization o-a1b2c3d4e5"},
		{organization.Choice{Except: []string{"200000000000", "200000000001"}}, organization.InExcept, "200000000000 and 200000000001: not in the organization"},
		{organization.Choice{Except: []string{"ou-ab12-00000001"}}, organization.InExcept, "not the ID of an account"},
		{organization.Choice{Units: []string{"Workloads"}}, organization.InUnits, `"Workloads": not the ID of an organizational unit`},
		{organization.Choice{Units: []string{"ou-ab12-99999999"}}, organization.InUnits, "ou-ab12-99999999: not an organizational unit of the organization"},
		{organization.Choice{Units: []string{"r-ab12"}, Accounts: []string{"100000000000"}}, organization.InUnits, "not by both"},
	} {
		_, err := o.Choose(c.choice)
		var wrong *organization.ChoiceError
		if !errors.As(err, &wrong) || wrong.List != c.list || !strings.Contains(wrong.Text, c.want) {
			t.Errorf("%+v: got %v, want list %d and %q", c.choice, err, c.list, c.want)
		}
	}
}

// TestALongListOfAccountsIsChosen chooses 20,000 accounts of 20,001 one by one, and leaves out 20,000.
func TestALongListOfAccountsIsChosen(t *testing.T) {
	const n = 20_000
	o := &organization.Organization{ID: "o-a1b2c3d4e5"}
	var ids []string
	for i := range n + 1 {
		id := fmt.Sprintf("%012d", i)
		o.Accounts = append(o.Accounts, organization.Account{ID: id, State: "ACTIVE"})
		ids = append(ids, id)
	}
	got, err := o.Choose(organization.Choice{Accounts: ids[:n]})
	if err != nil || len(got.Accounts) != n || got.Others != 1 {
		t.Errorf("chose %d, %d others, %v", len(got.Accounts), got.Others, err)
	}
	got, err = o.Choose(organization.Choice{Except: ids[1:]})
	if err != nil || len(got.Accounts) != 1 || got.Others != n {
		t.Errorf("left %d, %d others, %v", len(got.Accounts), got.Others, err)
	}
}
