package prerequisite

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/settings"
)

// list holds what the settings name to what is in the organization.
func (r *run) list(ctx context.Context) error {
	// A refused call is a result; the list tells of it in its own words.
	if _, err := organizations.NewListAccountsPaginator(r.api, &organizations.ListAccountsInput{}).NextPage(ctx); err != nil {
		why, refused := awsaccount.RefusedFirst("organizations:ListAccounts", err)
		if !refused {
			return err
		}
		r.wrong("listing", "The account "+r.Account+" may not list the accounts of the organization: "+why.String(), r.replaces("The hub would not know which accounts there are."), r.delegate())
		return nil
	}
	o, err := organization.List(ctx, r.api, func(string) {})
	if err != nil {
		return err
	}
	if o.NoUnits != "" {
		r.wrong("listing", "The account "+r.Account+" may not list the organizational units: "+o.NoUnits, r.replaces("The hub would not know where accounts are."), r.delegate())
		return nil
	}
	r.ok("listing", "The accounts and the organizational units can be listed")
	r.root(o)
	r.named(o, "organization.hub.watch", r.Watch.Accounts, accountsOf(o), "accounts")
	r.named(o, "organization.hub.except", r.Except, accountsOf(o), "accounts")
	r.named(o, "organization.hub.watch.ous", r.Watch.OUs, unitsOf(o), "organizational units")
	r.byHand(o)
	return nil
}

// root holds the setting to the root that there is.
func (r *run) root(o *organization.Organization) {
	at := slices.IndexFunc(o.Units, func(u organization.Unit) bool { return u.Parent == "" })
	if r.Deploy != settings.DeployStackSet || r.Watch.OUs != nil || at < 0 {
		return
	}
	switch id := o.Units[at].ID; r.Root {
	case id:
		r.ok("root", "The root of the organization is "+id)
	case "":
		r.wrong("root", "organization.hub.root is not set", "A StackSet for accounts that are not named by organizational units is deployed to the root.", `set organization.hub.root to "`+id+`"`)
	default:
		r.wrong("root", "organization.hub.root is "+r.Root+", and the root of the organization is "+id, "AWS CloudFormation refuses the StackSet.", `set organization.hub.root to "`+id+`"`)
	}
}

func accountsOf(o *organization.Organization) (ids []string) {
	for _, a := range o.Accounts {
		ids = append(ids, a.ID)
	}
	return ids
}

func unitsOf(o *organization.Organization) (ids []string) {
	for _, u := range o.Units {
		ids = append(ids, u.ID)
	}
	return ids
}

// named holds the IDs of a key to those that there are.
func (r *run) named(o *organization.Organization, key string, ids, known []string, kind string) {
	if len(ids) == 0 {
		return
	}
	there := make(map[string]bool, len(known))
	for _, id := range known {
		there[id] = true
	}
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return there[id] })
	if len(missing) > 0 {
		r.wrong(key, key+" names "+kind+" that are not in the organization "+o.ID+": "+few(missing), "They are not watched.", "correct "+key)
		return
	}
	r.ok(key, "All "+kind+" of "+key+" are in the organization")
}

// byHand says that the management account needs its stack by hand, where it is watched from another account.
func (r *run) byHand(o *organization.Organization) {
	chosen, err := o.Choose(organization.Choice{Accounts: r.Watch.Accounts, Units: r.Watch.OUs, Except: r.Except})
	if err != nil || r.management == r.Account || !slices.ContainsFunc(chosen.Accounts, func(a organization.Account) bool { return a.ID == r.management }) {
		return
	}
	r.ok("management-account", "A StackSet does not reach the management account "+r.management+": deploy its stack by hand, with its credentials: npx cdk deploy 'rolewatch-member*'")
}

// kinds are the kinds of policies that bind what roles may do.
var kinds = []types.PolicyType{types.PolicyTypeServiceControlPolicy, types.PolicyTypeResourceControlPolicy}

// policies reads a policy of each kind, as the hub will.
func (r *run) policies(ctx context.Context) error {
	target := r.Account
	for _, kind := range kinds {
		call, err := r.readPolicy(ctx, target, kind)
		if err == nil {
			continue
		}
		why, refused := awsaccount.RefusedFirst(call, err)
		if !refused {
			return err
		}
		r.wrong("policies", "The account "+r.Account+" may not read the policies of the organization: "+why.String(),
			r.replaces("What service and resource control policies deny would be unknown, for every account."), r.delegate())
		return nil
	}
	r.ok("policies", "The service and resource control policies can be read")
	return nil
}

func (r *run) readPolicy(ctx context.Context, target string, kind types.PolicyType) (call string, err error) {
	call = "organizations:ListPoliciesForTarget"
	page, err := organizations.NewListPoliciesForTargetPaginator(r.api, &organizations.ListPoliciesForTargetInput{TargetId: &target, Filter: kind}).NextPage(ctx)
	if err != nil || len(page.Policies) == 0 {
		return call, ignored(err)
	}
	_, err = r.api.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: page.Policies[0].Id})
	return "organizations:DescribePolicy", err
}

// ignored is no error where the organization does not use policies of the kind.
func ignored(err error) error {
	var unused *types.PolicyTypeNotEnabledException
	var unavailable *types.PolicyTypeNotAvailableForOrganizationException
	if errors.As(err, &unused) || errors.As(err, &unavailable) {
		return nil
	}
	return err
}

// delegate is the command that lets the hub's account read the organization:
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies_example_view_accts_orgs.html
func (r *run) delegate() string {
	actions := make([]string, len(Delegated))
	for i, a := range Delegated {
		actions[i] = `"` + a + `"`
	}
	return `aws organizations put-resource-policy --content '{"Version":"2012-10-17","Statement":[{"Sid":"RolewatchReads","Effect":"Allow","Principal":{"AWS":"` + r.Account +
		`"},"Action":[` + strings.Join(actions, ",") + `],"Resource":"*"}]}'`
}

// replaces warns of what the command does to a delegation policy that is there.
func (r *run) replaces(means string) string {
	return means + r.inManagement() + " The command replaces a delegation policy that is there: aws organizations describe-resource-policy shows it. Add the statement to it then."
}

// Delegated are the calls that the hub's account needs the organization's delegation policy for, unless it is a delegated administrator of
// a service or the management account.
var Delegated = []string{
	"organizations:DescribeOrganization", "organizations:DescribePolicy", "organizations:ListAccounts", "organizations:ListAccountsForParent",
	"organizations:ListOrganizationalUnitsForParent", "organizations:ListParents", "organizations:ListPoliciesForTarget", "organizations:ListRoots",
	"organizations:ListTagsForResource",
}
