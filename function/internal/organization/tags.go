package organization

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
)

// Tags reads the tags of an account, as AWS Organizations has them: those that the account gives itself are others
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListTagsForResource.html).
func Tags(ctx context.Context, api organizations.ListTagsForResourceAPIClient, account string) (map[string]string, error) {
	tags := map[string]string{}
	pages := organizations.NewListTagsForResourcePaginator(api, &organizations.ListTagsForResourceInput{ResourceId: aws.String(account)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the tags of account %s: organizations:ListTagsForResource: %w", account, err)
		}
		for _, t := range page.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
	}
	return tags, nil
}
