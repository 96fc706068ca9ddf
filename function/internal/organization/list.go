package organization

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
)

// ListAPI is what is needed of the client of AWS Organizations to list an organization.
type ListAPI interface {
	organizations.ListAccountsAPIClient
	organizations.ListRootsAPIClient
	organizations.ListOrganizationalUnitsForParentAPIClient
	organizations.ListAccountsForParentAPIClient
	DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error)
}

// List reads the accounts of the organization that the caller is in, and where they are. Only the management account and delegated
// administrators may (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html). Where the calls are refused
// that say where accounts are, NoUnits says so. Progress is called with a line about how far it is.
func List(ctx context.Context, api ListAPI, progress func(string)) (*Organization, error) {
	out, err := api.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	var outside *types.AWSOrganizationsNotInUseException
	switch {
	case errors.As(err, &outside):
		return nil, errors.New("the account of the credentials is not in an organization")
	case err != nil:
		return nil, listError("organizations:DescribeOrganization", err)
	case out.Organization == nil:
		return nil, errors.New("organizations:DescribeOrganization: the answer has no organization")
	}
	o := &Organization{ID: aws.ToString(out.Organization.Id), ManagementAccount: aws.ToString(out.Organization.MasterAccountId)}
	if err := o.listAccounts(ctx, api, progress); err != nil {
		return nil, err
	}
	if err := o.listUnits(ctx, api, progress); err != nil {
		return nil, err
	}
	o.place()
	return o, nil
}

// listError is the error of a call without which nothing is known of the organization.
func listError(call string, err error) error {
	if why, refused := awsaccount.RefusedFirst(call, err); refused {
		return fmt.Errorf("list the accounts of the organization: %s. %s", why, why.SettledBy())
	}
	return fmt.Errorf("list the accounts of the organization: %s: %w", call, err)
}

func (o *Organization) listAccounts(ctx context.Context, api ListAPI, progress func(string)) error {
	pages := organizations.NewListAccountsPaginator(api, &organizations.ListAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return listError("organizations:ListAccounts", err)
		}
		for _, a := range page.Accounts {
			// AWS took Status out of its answers on September 9, 2026; an endpoint may still have only that.
			o.Accounts = append(o.Accounts, Account{
				ID: aws.ToString(a.Id), Name: aws.ToString(a.Name), State: cmp.Or(string(a.State), string(a.Status)),
			})
		}
		progress(fmt.Sprintf("listing accounts: %d", len(o.Accounts)))
	}
	slices.SortFunc(o.Accounts, func(a, b Account) int { return cmp.Compare(a.ID, b.ID) })
	// An account that was created between two pages may be on both.
	o.Accounts = slices.CompactFunc(o.Accounts, func(a, b Account) bool { return a.ID == b.ID })
	return nil
}

// listUnits walks down from the root, and notes which accounts are where.
func (o *Organization) listUnits(ctx context.Context, api ListAPI, progress func(string)) error {
	call := "organizations:ListRoots"
	roots := organizations.NewListRootsPaginator(api, &organizations.ListRootsInput{})
	for roots.HasMorePages() {
		page, err := roots.NextPage(ctx)
		if err != nil {
			return o.unplaced(call, err)
		}
		for _, r := range page.Roots {
			o.Units = append(o.Units, Unit{ID: aws.ToString(r.Id), Name: aws.ToString(r.Name)})
		}
	}
	for i := 0; i < len(o.Units); i++ {
		progress(fmt.Sprintf("listing organizational units: %d", len(o.Units)))
		if call, err := o.listUnit(ctx, api, o.Units[i].ID); err != nil {
			return o.unplaced(call, err)
		}
	}
	return nil
}

// listUnit lists what is in one unit; with an error it gives the call that failed.
func (o *Organization) listUnit(ctx context.Context, api ListAPI, id string) (call string, err error) {
	below := organizations.NewListOrganizationalUnitsForParentPaginator(api, &organizations.ListOrganizationalUnitsForParentInput{ParentId: aws.String(id)})
	for below.HasMorePages() {
		page, err := below.NextPage(ctx)
		if err != nil {
			return "organizations:ListOrganizationalUnitsForParent", err
		}
		for _, u := range page.OrganizationalUnits {
			// A unit that was moved meanwhile may be met twice.
			if unit := (Unit{ID: aws.ToString(u.Id), Name: aws.ToString(u.Name), Parent: id}); !slices.ContainsFunc(o.Units, func(o Unit) bool { return o.ID == unit.ID }) {
				o.Units = append(o.Units, unit)
			}
		}
	}
	inside := organizations.NewListAccountsForParentPaginator(api, &organizations.ListAccountsForParentInput{ParentId: aws.String(id)})
	for inside.HasMorePages() {
		page, err := inside.NextPage(ctx)
		if err != nil {
			return "organizations:ListAccountsForParent", err
		}
		for _, a := range page.Accounts {
			if at, ok := o.find(aws.ToString(a.Id)); ok {
				o.Accounts[at].Parent = id
			}
		}
	}
	return "", nil
}

// unplaced notes why it is not known where accounts are, if the call was refused. Any other error is returned.
func (o *Organization) unplaced(call string, err error) error {
	why, refused := awsaccount.Refused(call, err)
	if !refused {
		return fmt.Errorf("list the organizational units: %s: %w", call, err)
	}
	o.NoUnits, o.Units = why.String(), nil
	for i := range o.Accounts {
		o.Accounts[i].Parent = ""
	}
	return nil
}

// find gives the place of an account in the list.
func (o *Organization) find(id string) (int, bool) {
	return slices.BinarySearchFunc(o.Accounts, id, func(a Account, id string) int { return cmp.Compare(a.ID, id) })
}
