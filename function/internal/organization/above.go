package organization

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// UnitsAbove asks for the IDs of the root and the organizational units that an account is in, from the root down. Only the management account
// and delegated administrators may (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html).
func UnitsAbove(ctx context.Context, api organizations.ListParentsAPIClient, account string) ([]string, error) {
	fail := func(err error) ([]string, error) {
		return nil, fmt.Errorf("find the organizational units of account %s: organizations:ListParents: %w", account, err)
	}
	var ids []string
	for child := account; len(ids) < deepest; {
		out, err := api.ListParents(ctx, &organizations.ListParentsInput{ChildId: aws.String(child)})
		switch {
		case err != nil:
			return fail(err)
		case len(out.Parents) == 0:
			return fail(errors.New("the answer has no parent of " + child))
		}
		child = aws.ToString(out.Parents[0].Id)
		if ids = append(ids, child); out.Parents[0].Type == types.ParentTypeRoot {
			slices.Reverse(ids)
			return ids, nil
		}
	}
	return fail(errors.New("it is nested deeper than AWS nests"))
}
