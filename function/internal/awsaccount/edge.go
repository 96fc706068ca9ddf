package awsaccount

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
)

// noteReplicas looks in the other Regions that are watched for replicas of Lambda@Edge functions: each names its master.
// ListFunctions lists them only when it is asked for those of a master's Region.
func (a *Account) noteReplicas(ctx context.Context) error {
	for _, region := range slices.Sorted(maps.Keys(a.lambdas)) {
		if region == awsfacts.EdgeRegion {
			continue
		}
		pages := lambda.NewListFunctionsPaginator(a.lambdas[region], &lambda.ListFunctionsInput{
			MasterRegion: aws.String(awsfacts.EdgeRegion), FunctionVersion: types.FunctionVersionAll,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if _, refused := RefusedFirst("lambda:ListFunctions", err); refused {
				// Whether a version has replicas is unknown unless one is seen. The functions of that Region are listed for their
				// own sake, too, and it is said then.
				break
			}
			if err != nil {
				return fmt.Errorf("lambda:ListFunctions of replicas in %s: %w", region, err)
			}
			a.noteMasters(page.Functions)
		}
	}
	return nil
}

// noteMasters keeps which versions are known to be replicated.
func (a *Account) noteMasters(configs []types.FunctionConfiguration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range configs {
		if master := aws.ToString(c.MasterArn); master != "" {
			a.masters[master] = true
		}
	}
}
