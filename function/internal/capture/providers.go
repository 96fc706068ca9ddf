package capture

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
)

// providers writes the capacity providers.
func (r *regional) providers(ctx context.Context) error {
	const call = "lambda:ListCapacityProviders"
	out := struct{ CapacityProviders []types.CapacityProvider }{[]types.CapacityProvider{}}
	pages := lambda.NewListCapacityProvidersPaginator(r.client, &lambda.ListCapacityProvidersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if why, refused := awsaccount.Refused(call, err); refused {
			r.lacks("capacity-providers", why)
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", call, err)
		}
		out.CapacityProviders = append(out.CapacityProviders, page.CapacityProviders...)
	}
	return r.file(r.named("capacity-providers"), out)
}
