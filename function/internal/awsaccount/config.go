package awsaccount

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
)

const (
	// maxAttempts counts the first one. IAM throttles by rates that it does not publish, so a call is worth some patience;
	// what fails all the same comes again from the queue.
	maxAttempts = 6
	// dialTimeout bounds connecting, and callTimeout one attempt: a page of GetAccountAuthorizationDetails takes seconds.
	dialTimeout = 3 * time.Second
	callTimeout = 20 * time.Second
)

// LoadConfig gives the configuration that all SDK clients share: the default credentials, retries in adaptive mode (each
// client slows down by itself when it is throttled), and timeouts that leave room for retries within an invocation. Further
// options come last.
func LoadConfig(ctx context.Context, region string, further ...func(*config.LoadOptions) error) (aws.Config, error) {
	client := awshttp.NewBuildableClient().WithTimeout(callTimeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) { t.TLSHandshakeTimeout = dialTimeout })
	cfg, err := config.LoadDefaultConfig(ctx, append([]func(*config.LoadOptions) error{
		config.WithRegion(region),
		config.WithHTTPClient(client),
		config.WithRetryMode(aws.RetryModeAdaptive),
		config.WithRetryMaxAttempts(maxAttempts),
		config.WithAppID("rolewatch"),
	}, further...)...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("load AWS configuration: %w", err)
	}
	return cfg, nil
}
