package awsaccount

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// Alias is the account's alias, of which an account has one at most; empty where it has none.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html
func (a *Account) Alias(ctx context.Context) (string, error) {
	out, err := a.iam.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{})
	if err != nil {
		return "", fmt.Errorf("iam:ListAccountAliases: %w", err)
	}
	if len(out.AccountAliases) == 0 {
		return "", nil
	}
	return out.AccountAliases[0], nil
}
