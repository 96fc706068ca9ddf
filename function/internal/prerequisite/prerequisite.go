// Package prerequisite finds out whether the organization has what the deployment of a hub needs: the accounts and organizational units of
// the settings, trusted access and a delegated administrator for AWS CloudFormation StackSets, and policies that the hub may read. It only
// reads, and says of each thing whether it is there, and with which command it is made.
//
// It calls organizations:ListAWSServiceAccessForOrganization, organizations:ListDelegatedServicesForAccount,
// organizations:ListPoliciesForTarget and organizations:DescribePolicy, and what package organization calls to list an organization.
package prerequisite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
	"github.com/rolewatch/rolewatch/function/settings"
)

// stackSets is the service principal of StackSets with service-managed permissions:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html
const stackSets = "member.org.stacksets.cloudformation.amazonaws.com"

// Result is what was found of one prerequisite.
type Result struct {
	// ID names it, the same each time: "trusted-access".
	ID     string
	Status selfcheck.Status
	// What is a line that says what was found. Means says what that leads to, Fix is the command that fixes it or says what to do, and Why is
	// why it is unknown.
	What, Means, Fix string
	Why              role.Reason
}

// API is what is needed of the client of AWS Organizations.
type API interface {
	organization.ListAPI
	organizations.ListAWSServiceAccessForOrganizationAPIClient
	organizations.ListDelegatedServicesForAccountAPIClient
	organizations.ListPoliciesForTargetAPIClient
	DescribePolicy(context.Context, *organizations.DescribePolicyInput, ...func(*organizations.Options)) (*organizations.DescribePolicyOutput, error)
}

// Hub is what is to be deployed, and with whose credentials.
type Hub struct {
	settings.Hub
	// Organization is the ID of the organization in the settings, and Account whose credentials are used.
	Organization, Account string
}

// run is one check.
type run struct {
	Hub
	api API
	// management is the management account.
	management string
	results    []Result
}

// Check checks everything for a hub. An error is of a call that may succeed when it is repeated.
func Check(ctx context.Context, api API, hub Hub) ([]Result, error) {
	r := &run{Hub: hub, api: api}
	if r.account(); r.failed() {
		return r.results, nil
	}
	for _, step := range []func(context.Context) error{r.organization, r.list, r.stackSets, r.policies} {
		if err := step(ctx); err != nil {
			return r.results, err
		}
		// In another organization, nothing else is worth asking.
		if r.failed() && r.management == "" {
			break
		}
	}
	return r.results, nil
}

func (r *run) failed() bool {
	return slices.ContainsFunc(r.results, func(r Result) bool { return r.Status == selfcheck.Wrong })
}

func (r *run) ok(id, what string) {
	r.results = append(r.results, Result{ID: id, Status: selfcheck.OK, What: what})
}

func (r *run) wrong(id, what, means, fix string) {
	r.results = append(r.results, Result{ID: id, Status: selfcheck.Wrong, What: what, Means: means, Fix: fix})
}

// refused notes that a call was refused; any other error is given back.
func (r *run) refused(id, what, call string, err error) error {
	why, refused := awsaccount.RefusedFirst(call, err)
	if !refused {
		return fmt.Errorf("%s: %w", call, err)
	}
	r.results = append(r.results, Result{ID: id, Status: selfcheck.Unknown, What: what, Why: why})
	return nil
}

// account holds the credentials to the hub's account.
func (r *run) account() {
	if r.Account != r.Hub.Hub.Account {
		r.wrong("account", "The credentials are those of account "+r.Account+", and the hub is account "+r.Hub.Hub.Account,
			"In any other account than the hub's, cdk deploy deploys the stack of a member.", "use credentials of account "+r.Hub.Hub.Account+", or correct organization.hub.account")
		return
	}
	r.ok("account", "The credentials are those of the hub's account "+r.Account)
}

// organization holds the organization to the settings.
func (r *run) organization(ctx context.Context) error {
	out, err := r.api.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	var outside *types.AWSOrganizationsNotInUseException
	switch {
	case errors.As(err, &outside):
		r.wrong("organization", "The account "+r.Account+" is not in an organization", "A hub watches accounts of its organization.", "deploy the hub in an account of the organization "+r.Organization)
		return nil
	case err != nil:
		return r.refused("organization", "Whether the account "+r.Account+" is in the organization "+r.Organization+" is unknown", "organizations:DescribeOrganization", err)
	}
	id := aws.ToString(out.Organization.Id)
	switch {
	case id != r.Organization:
		r.wrong("organization", "The account "+r.Account+" is in the organization "+id+", and not in "+r.Organization,
			"The event bus and the roles admit accounts of the organization of the settings alone.", "set organization.id to "+id+", or deploy the hub in an account of "+r.Organization)
		return nil
	case out.Organization.FeatureSet != types.OrganizationFeatureSetAll:
		r.wrong("organization", "The organization "+id+" has only the features of consolidated billing", "StackSets with service-managed permissions, and policies of the organization, need all features.",
			"aws organizations enable-all-features")
	default:
		r.ok("organization", "The account "+r.Account+" is in the organization "+id)
	}
	r.management = aws.ToString(out.Organization.MasterAccountId)
	r.callAs()
	return nil
}

// callAs holds the setting to what the account is.
func (r *run) callAs() {
	manages, wants := r.management == r.Account, settings.CallAsDelegatedAdmin
	if manages {
		wants = settings.CallAsSelf
	}
	if r.Deploy != settings.DeployStackSet {
		return
	}
	if r.CallAs != wants {
		kind := "a member"
		if manages {
			kind = "the management account"
		}
		r.wrong("call-as", "organization.hub.callAs is "+r.CallAs+", and the hub's account is "+kind+" of the organization", "AWS CloudFormation refuses the StackSet.",
			"set organization.hub.callAs to "+wants)
		return
	}
	r.ok("call-as", "organization.hub.callAs is "+r.CallAs)
}

// inManagement says whose credentials a command needs.
func (r *run) inManagement() string {
	if r.management == r.Account {
		return ""
	}
	return " Run the command with credentials of the management account " + r.management + "."
}

// stackSets asks whether StackSets may deploy to the organization, for this account.
func (r *run) stackSets(ctx context.Context) error {
	if r.Deploy != settings.DeployStackSet {
		return nil
	}
	if err := r.trustedAccess(ctx); err != nil {
		return err
	}
	if r.CallAs == settings.CallAsSelf {
		return nil
	}
	const call = "organizations:ListDelegatedServicesForAccount"
	pages := organizations.NewListDelegatedServicesForAccountPaginator(r.api, &organizations.ListDelegatedServicesForAccountInput{AccountId: &r.Account})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var none *types.AccountNotRegisteredException
		if errors.As(err, &none) {
			break
		}
		if err != nil {
			return r.refused("delegated-administrator", "Whether the account "+r.Account+" is a delegated administrator for StackSets is unknown", call, err)
		}
		if slices.ContainsFunc(page.DelegatedServices, func(s types.DelegatedService) bool { return aws.ToString(s.ServicePrincipal) == stackSets }) {
			r.ok("delegated-administrator", "The account "+r.Account+" is a delegated administrator for StackSets")
			return nil
		}
	}
	r.wrong("delegated-administrator", "The account "+r.Account+" is not a delegated administrator for StackSets", "AWS CloudFormation refuses the StackSet."+r.inManagement(),
		"aws organizations register-delegated-administrator --account-id "+r.Account+" --service-principal "+stackSets)
	return nil
}

func (r *run) trustedAccess(ctx context.Context) error {
	const call = "organizations:ListAWSServiceAccessForOrganization"
	pages := organizations.NewListAWSServiceAccessForOrganizationPaginator(r.api, &organizations.ListAWSServiceAccessForOrganizationInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r.refused("trusted-access", "Whether StackSets has trusted access to the organization is unknown", call, err)
		}
		if slices.ContainsFunc(page.EnabledServicePrincipals, func(s types.EnabledServicePrincipal) bool { return aws.ToString(s.ServicePrincipal) == stackSets }) {
			r.ok("trusted-access", "StackSets has trusted access to the organization")
			return nil
		}
	}
	r.wrong("trusted-access", "StackSets has no trusted access to the organization", "AWS CloudFormation refuses StackSets with service-managed permissions."+r.inManagement(),
		"aws cloudformation activate-organizations-access")
	return nil
}

// few names the first few of some IDs.
func few(ids []string) string {
	const most = 5
	if len(ids) > most {
		return fmt.Sprintf("%s (and %d more)", strings.Join(ids[:most], ", "), len(ids)-most)
	}
	return strings.Join(ids, ", ")
}
