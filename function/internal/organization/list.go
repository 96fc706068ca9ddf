package organization

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
)

// ListAPI is what is needed of the client of AWS Organizations to list an organization.
type ListAPI interface {
	organizations.ListAccountsAPIClient
	organizations.ListRootsAPIClient
	organizations.ListOrganizationalUnitsForParentAPIClient
	organizations.ListAccountsForParentAPIClient
	organizations.ListParentsAPIClient
	DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error)
}

// List reads the accounts of the organization that the caller is in, and where they are. Only the management account and delegated
// administrators may (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html). Where the calls are refused
// that say where accounts are, NoUnits says so. Progress is called with a line about how far it is.
func List(ctx context.Context, api ListAPI, progress func(string)) (*Organization, error) {
	var l Listing
	for !l.Done() {
		if err := l.Next(ctx, api); err != nil {
			return nil, err
		}
		progress(l.Progress())
	}
	return &l.Organization, nil
}

// listError is the error of a call without which nothing is known of the organization.
func listError(call string, err error) error {
	if why, refused := awsaccount.RefusedFirst(call, err); refused {
		return fmt.Errorf("list the accounts of the organization: %s. %s", why, why.SettledBy())
	}
	return fmt.Errorf("list the accounts of the organization: %s: %w", call, err)
}

// find gives the place of an account in the list.
func (o *Organization) find(id string) (int, bool) {
	return slices.BinarySearchFunc(o.Accounts, id, func(a Account, id string) int { return cmp.Compare(a.ID, id) })
}
