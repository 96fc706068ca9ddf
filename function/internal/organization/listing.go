package organization

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
)

// Listing is an organization that is being listed, call by call: an organization of some thousand accounts takes more calls than AWS Organizations
// answers in a minute. It can be kept as JSON between two calls. What it has listed so far is no organization before it is done.
type Listing struct {
	Organization
	// Step is what is listed next; empty at the beginning.
	Step string `json:"step,omitempty"`
	// Token is that of the next page, Unit counts in Units, and Account in Accounts.
	Token   string `json:"token,omitempty"`
	Unit    int    `json:"unit,omitempty"`
	Account int    `json:"account,omitempty"`
}

// The steps of a listing.
const (
	stepOrganization = ""
	stepAccounts     = "accounts"
	stepRoots        = "roots"
	// The units in a unit, and then the accounts in it.
	stepUnits  = "units"
	stepInside = "inside"
	// The accounts that no unit had, because they were moved meanwhile.
	stepParents = "parents"
	stepDone    = "done"
)

// Listed is a listing that is done.
func Listed(o Organization) Listing { return Listing{Organization: o, Step: stepDone} }

// Done reports whether all is listed.
func (l *Listing) Done() bool { return l.Step == stepDone }

// Progress says how far it is.
func (l *Listing) Progress() string {
	if l.Step == stepOrganization || l.Step == stepAccounts {
		return fmt.Sprintf("listing accounts: %d", len(l.Accounts))
	}
	return fmt.Sprintf("listing organizational units: %d", len(l.Units))
}

// Next makes the next call. With an error, the listing is as it was, and the call can be made again. A page of which AWS Organizations does not
// know the token any more has the listing begin anew.
func (l *Listing) Next(ctx context.Context, api ListAPI) error {
	err := l.next(ctx, api)
	var invalid *types.InvalidInputException
	if l.Token != "" && errors.As(err, &invalid) && invalid.Reason == types.InvalidInputExceptionReasonInvalidPaginationToken {
		*l = Listing{}
		return nil
	}
	return err
}

func (l *Listing) next(ctx context.Context, api ListAPI) error {
	switch l.Step {
	case stepOrganization:
		return l.begin(ctx, api)
	case stepAccounts:
		return l.accounts(ctx, api)
	case stepRoots:
		return l.unplaced("organizations:ListRoots", l.roots(ctx, api))
	case stepUnits:
		return l.unplaced("organizations:ListOrganizationalUnitsForParent", l.below(ctx, api))
	case stepInside:
		return l.unplaced("organizations:ListAccountsForParent", l.inside(ctx, api))
	case stepParents:
		return l.unplaced("organizations:ListParents", l.parent(ctx, api))
	}
	return nil
}

// IsThrottled reports whether a call failed because of too many calls: it can be made a little later
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html#throttling-limits).
func IsThrottled(err error) bool {
	var many *types.TooManyRequestsException
	return errors.As(err, &many) || retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

func (l *Listing) begin(ctx context.Context, api ListAPI) error {
	out, err := api.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	var outside *types.AWSOrganizationsNotInUseException
	switch {
	case errors.As(err, &outside):
		return errors.New("the account of the credentials is not in an organization")
	case err != nil:
		return listError("organizations:DescribeOrganization", err)
	case out.Organization == nil:
		return errors.New("organizations:DescribeOrganization: the answer has no organization")
	}
	l.ID, l.ManagementAccount, l.Step = aws.ToString(out.Organization.Id), aws.ToString(out.Organization.MasterAccountId), stepAccounts
	return nil
}

// turn notes the token of the next page, and the next step where there is none.
func (l *Listing) turn(token *string, next string) {
	if l.Token = aws.ToString(token); l.Token == "" {
		l.Step = next
	}
}

// page is the token of the page that is asked for.
func (l *Listing) page() *string {
	if l.Token == "" {
		return nil
	}
	return aws.String(l.Token)
}

func (l *Listing) accounts(ctx context.Context, api ListAPI) error {
	out, err := api.ListAccounts(ctx, &organizations.ListAccountsInput{NextToken: l.page()})
	if err != nil {
		return listError("organizations:ListAccounts", err)
	}
	for _, a := range out.Accounts {
		// AWS took Status out of its answers on September 9, 2026; an endpoint may still have only that.
		l.Accounts = append(l.Accounts, Account{ID: aws.ToString(a.Id), Name: aws.ToString(a.Name), State: cmp.Or(string(a.State), string(a.Status))})
	}
	if l.turn(out.NextToken, stepRoots); l.Step == stepRoots {
		slices.SortFunc(l.Accounts, func(a, b Account) int { return cmp.Compare(a.ID, b.ID) })
		// An account that was created between two pages may be on both.
		l.Accounts = slices.CompactFunc(l.Accounts, func(a, b Account) bool { return a.ID == b.ID })
	}
	return nil
}

func (l *Listing) roots(ctx context.Context, api ListAPI) error {
	out, err := api.ListRoots(ctx, &organizations.ListRootsInput{NextToken: l.page()})
	if err != nil {
		return err
	}
	for _, r := range out.Roots {
		l.Units = append(l.Units, Unit{ID: aws.ToString(r.Id), Name: aws.ToString(r.Name)})
	}
	if l.turn(out.NextToken, stepUnits); l.Step == stepUnits {
		l.nextUnit(0)
	}
	return nil
}

// nextUnit goes on with a unit; after the last one, with the accounts that no unit had.
func (l *Listing) nextUnit(unit int) {
	if l.Unit, l.Step = unit, stepUnits; unit >= len(l.Units) {
		l.Step = stepParents
		l.nextAccount(0)
	}
}

// nextAccount goes on with the first account, from one on, of which it is not known where it is.
func (l *Listing) nextAccount(from int) {
	for l.Account = from; l.Account < len(l.Accounts); l.Account++ {
		if l.Accounts[l.Account].Parent == "" && len(l.Units) > 0 {
			return
		}
	}
	l.place()
	l.Step = stepDone
}

// below lists the units in a unit.
func (l *Listing) below(ctx context.Context, api ListAPI) error {
	id := l.Units[l.Unit].ID
	out, err := api.ListOrganizationalUnitsForParent(ctx, &organizations.ListOrganizationalUnitsForParentInput{ParentId: aws.String(id), NextToken: l.page()})
	if err != nil {
		return err
	}
	for _, u := range out.OrganizationalUnits {
		// A unit that was moved meanwhile may be met twice.
		if unit := (Unit{ID: aws.ToString(u.Id), Name: aws.ToString(u.Name), Parent: id}); !slices.ContainsFunc(l.Units, func(o Unit) bool { return o.ID == unit.ID }) {
			l.Units = append(l.Units, unit)
		}
	}
	l.turn(out.NextToken, stepInside)
	return nil
}

// inside lists the accounts in a unit.
func (l *Listing) inside(ctx context.Context, api ListAPI) error {
	id := l.Units[l.Unit].ID
	out, err := api.ListAccountsForParent(ctx, &organizations.ListAccountsForParentInput{ParentId: aws.String(id), NextToken: l.page()})
	if err != nil {
		return err
	}
	for _, a := range out.Accounts {
		if at, ok := l.find(aws.ToString(a.Id)); ok {
			l.Accounts[at].Parent = id
		}
	}
	if l.turn(out.NextToken, stepUnits); l.Step == stepUnits {
		l.nextUnit(l.Unit + 1)
	}
	return nil
}

// parent asks where an account is that no unit had. One that has left the organization meanwhile is nowhere.
func (l *Listing) parent(ctx context.Context, api ListAPI) error {
	out, err := api.ListParents(ctx, &organizations.ListParentsInput{ChildId: aws.String(l.Accounts[l.Account].ID)})
	var gone *types.ChildNotFoundException
	switch {
	case errors.As(err, &gone):
	case err != nil:
		return err
	case len(out.Parents) > 0:
		l.Accounts[l.Account].Parent = aws.ToString(out.Parents[0].Id)
	}
	l.nextAccount(l.Account + 1)
	return nil
}

// unplaced notes, where a call was refused, why it is not known where accounts are: then that is all there is. Any other error is returned.
func (l *Listing) unplaced(call string, err error) error {
	if err == nil {
		return nil
	}
	why, refused := awsaccount.Refused(call, err)
	if !refused {
		return fmt.Errorf("list the organizational units: %s: %w", call, err)
	}
	if l.Step == stepParents {
		// It is known where the others are.
		l.nextAccount(l.Account + 1)
		return nil
	}
	l.NoUnits, l.Units, l.Token, l.Step = why.String(), nil, "", stepDone
	for i := range l.Accounts {
		l.Accounts[i].Parent = ""
	}
	return nil
}
