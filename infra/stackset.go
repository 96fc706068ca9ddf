package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// newMembersStack makes the stack with the StackSet that deploys the members. It is a stack of its own: the function does not wait until
// all accounts are done, and what fails in an account does not roll it back.
func newMembersStack(app awscdk.App, set settings.Stack) (awscdk.Stack, error) {
	template, err := memberTemplate(set)
	if err != nil {
		return nil, err
	}
	stack := newStack(app, deploy.MembersStackSet, set.Home, "rolewatch: deploys what the hub needs to the accounts of the organization")
	regions := jsii.Strings(memberRegions(set)...)
	targets, automatic := deploymentTargets(set)
	props := &awscdk.CfnStackSetProps{
		StackSetName:    jsii.String(deploy.MembersStackSet),
		Description:     jsii.String("The members of rolewatch's hub"),
		PermissionModel: jsii.String("SERVICE_MANAGED"),
		CallAs:          jsii.String(hubOf(set).CallAs),
		TemplateBody:    jsii.String(string(template)),
		Capabilities:    jsii.Strings("CAPABILITY_NAMED_IAM"),
		AutoDeployment:  awscdk.CfnStackSet_AutoDeploymentProperty{Enabled: automatic},
		// An operation that is under way does not make the next one fail.
		ManagedExecution: object{"Active": true},
		// The roles are in the global Region. An account in which the deployment fails stops no other account: the hub reports it.
		OperationPreferences: awscdk.CfnStackSet_OperationPreferencesProperty{
			RegionConcurrencyType: jsii.String("SEQUENTIAL"), RegionOrder: regions,
			FailureTolerancePercentage: jsii.Number(100), MaxConcurrentPercentage: jsii.Number(100),
		},
		StackInstancesGroup: []any{awscdk.CfnStackSet_StackInstancesProperty{DeploymentTargets: targets, Regions: regions}},
	}
	if automatic {
		props.AutoDeployment = awscdk.CfnStackSet_AutoDeploymentProperty{Enabled: true, RetainStacksOnAccountRemoval: false}
	}
	awscdk.NewCfnStackSet(stack, jsii.String("Members"), props)
	return stack, nil
}

// deploysMembers says that a StackSet deploys members: where the settings want it, and the hub's own account is not all that is watched.
func deploysMembers(set settings.Stack) bool {
	hub := hubOf(set)
	if hub == nil || hub.Deploy != settings.DeployStackSet {
		return false
	}
	return len(hub.Watch.Accounts) == 0 || slices.ContainsFunc(hub.Watch.Accounts, func(a string) bool { return a != hub.Account })
}

// deploymentTargets are the accounts that are watched, but for the hub's own and for the management account, which a StackSet does not
// reach. Automatic says whether accounts that join later get the stack: automatic deployments do not consider a list of accounts, so that
// there are none where only some are watched.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-manage-auto-deployment.html
func deploymentTargets(set settings.Stack) (targets awscdk.CfnStackSet_DeploymentTargetsProperty, automatic bool) {
	hub := hubOf(set)
	filter := func(kind string, accounts []string) {
		if len(accounts) > 0 {
			targets.AccountFilterType, targets.Accounts = jsii.String(kind), jsii.Strings(accounts...)
		}
	}
	if len(hub.Watch.Accounts) > 0 {
		targets.OrganizationalUnitIds = jsii.Strings(hub.Root)
		filter("INTERSECTION", slices.DeleteFunc(slices.Sorted(slices.Values(hub.Watch.Accounts)), func(a string) bool { return a == hub.Account }))
		return targets, false
	}
	except := slices.Clone(hub.Except)
	if hub.Watch.All {
		targets.OrganizationalUnitIds = jsii.Strings(hub.Root)
		// The management account is left out in any case.
		if hub.CallAs == settings.CallAsDelegatedAdmin && !slices.Contains(except, hub.Account) {
			except = append(except, hub.Account)
		}
	} else {
		targets.OrganizationalUnitIds = jsii.Strings(hub.Watch.OUs...)
	}
	slices.Sort(except)
	filter("DIFFERENCE", except)
	return targets, true
}
