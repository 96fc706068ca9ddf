package organization

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
)

// DefaultRole is the name of the role that is assumed in each account.
const DefaultRole = deploy.ReaderRole

const (
	// sessionFor is how long credentials are valid. A role allows at least that, and it is the most where the caller itself uses
	// temporary credentials of a role
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining).
	sessionFor = time.Hour
	// renewBefore is how long before their end credentials are renewed: longer than a call with its retries takes.
	renewBefore = 5 * time.Minute
	// sessionName is what CloudTrail of the account shows.
	sessionName = "rolewatch"
)

// CredentialsOptions say which role is assumed, and who assumes it.
type CredentialsOptions struct {
	// Partition is that of the role's ARN, Role its name, with its path if it has one, and ExternalID what its trust policy may require.
	Partition, Role, ExternalID string
	// OwnAccount is the account of the caller, whose own credentials Own are used there.
	OwnAccount string
	Own        aws.CredentialsProvider
	// ManagementAccount is the account that a StackSet does not reach.
	ManagementAccount string
	// Actions are what the sessions are allowed at most; nil for those of Permissions.
	Actions []string
}

// Credentials gives credentials for accounts. It keeps them, and renews them before they end. It is safe for concurrent use.
type Credentials struct {
	sts  stscreds.AssumeRoleAPIClient
	opts CredentialsOptions

	mu        sync.Mutex
	byAccount map[string]*aws.CredentialsCache
}

// NewCredentials assumes roles with a client of STS, which decides by its Region which endpoint is called: credentials of a Region's own
// endpoint are valid in all Regions
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html).
func NewCredentials(sts stscreds.AssumeRoleAPIClient, opts CredentialsOptions) *Credentials {
	return &Credentials{sts: sts, opts: opts, byAccount: map[string]*aws.CredentialsCache{}}
}

// Of gives the credentials for an account. Where the role cannot be assumed, their Retrieve fails with an *AssumeError.
func (c *Credentials) Of(account string) aws.CredentialsProvider {
	if account == c.opts.OwnAccount && c.opts.Own != nil {
		return c.opts.Own
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	cached := c.byAccount[account]
	if cached == nil {
		role := c.RoleARN(account)
		provider := stscreds.NewAssumeRoleProvider(c.sts, role, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName, o.Duration, o.Policy = sessionName, sessionFor, aws.String(SessionPolicy(c.opts.Actions))
			if c.opts.ExternalID != "" {
				o.ExternalID = aws.String(c.opts.ExternalID)
			}
		})
		cached = aws.NewCredentialsCache(assuming{provider, c.opts.Role, account == c.opts.ManagementAccount}, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = renewBefore })
		c.byAccount[account] = cached
	}
	return cached
}

// Forget lets go of the credentials of an account.
func (c *Credentials) Forget(account string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byAccount, account)
}

// RoleARN is the ARN of the role in an account.
func (c *Credentials) RoleARN(account string) string {
	return awsfacts.ARN{Partition: c.opts.Partition, Service: "iam", Account: account, Resource: "role/" + c.opts.Role}.String()
}

// AssumeError says why the role of an account could not be assumed. It hides the error of STS: a call that needs the credentials did not
// fail by itself.
type AssumeError struct {
	// Why is the same for all accounts with the same trouble, and SettledBy is a sentence that says what to do.
	Why, SettledBy string
	// Denied is set where STS denied the call, as it also does where the role does not exist.
	Denied bool
}

func (e *AssumeError) Error() string { return e.Why }

// assuming assumes a role.
type assuming struct {
	aws.CredentialsProvider
	role string
	// management is set for the management account.
	management bool
}

// Retrieve implements aws.CredentialsProvider.
func (a assuming) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := a.CredentialsProvider.Retrieve(ctx)
	if err == nil || ctx.Err() != nil {
		return got, err
	}
	why, refused := awsaccount.RefusedFirst("sts:AssumeRole", err)
	if _, denied := why.DeniedCall(); refused && denied {
		settled := "Create the role " + a.role + " in the account with a trust policy that allows your principal, and allow your principal to call sts:AssumeRole on it " +
			"(docs/organization.md has a template). STS gives the same answer where the role does not exist."
		if a.management {
			settled += " It is the management account, which a StackSet does not reach: deploy the template there by hand."
		}
		return got, &AssumeError{Why: why.String() + " for the role " + a.role, SettledBy: settled, Denied: true}
	}
	return got, &AssumeError{Why: "sts:AssumeRole failed for the role " + a.role + ": " + reasonOf(err), SettledBy: "Run the command again when the cause is resolved."}
}

// reasonOf is what STS answered, without the ID of the request, which differs from account to account.
func reasonOf(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return fmt.Sprintf("%s: %s", e.ErrorCode(), strings.TrimSpace(e.ErrorMessage()))
	}
	return err.Error()
}
