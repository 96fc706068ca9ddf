package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
)

// permission is one action of the function, on one kind of resource, and what it is for.
type permission struct {
	Action   string
	Resource resource
	Reason   string
}

// resource is a kind of resource that permissions are about.
type resource string

const (
	logStreams resource = "LogStreams"
	stateTable resource = "Table"
	workQueue  resource = "Queue"
	// recordsQueue is the queue of records of a hub.
	recordsQueue resource = "Records"
	deadLetters  resource = "DeadLetters"
	ownTopics    resource = "Topics"
	// topicsKey and tableKey are customer managed keys, where the settings have them.
	topicsKey resource = "TopicsKey"
	tableKey  resource = "TableKey"
	// functions and mappings are those of the account in the Regions that are watched, and in the home Region as well, where rolewatch
	// has its own. organization is what an organization's policies are attached to, the policies themselves, and
	// AWS's own.
	functions    resource = "Functions"
	mappings     resource = "EventSourceMappings"
	organization resource = "Organization"
	// watched is all of the account: any role may change, and lists have no resource to name. Every action on it, and on the
	// three above, reads.
	watched resource = "Watched"
	// organizationTree is the root, the units and the accounts of the organization that a hub lists, and organizationLists what has no
	// resource to name. readerRoles are the roles with which the hub
	// reads the members.
	organizationLists resource = "OrganizationLists"
	organizationTree  resource = "OrganizationTree"
	readerRoles       resource = "ReaderRoles"
	// eventHistory is CloudTrail's event history, which has no resource to name.
	eventHistory resource = "EventHistory"
)

// resources is the order of the policy's statements.
var resources = []resource{
	logStreams, stateTable, workQueue, recordsQueue, deadLetters, ownTopics, topicsKey, tableKey, functions, mappings, organization, watched,
	organizationLists, organizationTree, readerRoles, eventHistory, otherDeadLetters, ownRules, trails, ownStacks, ownBus, canaryTag,
}

// permissions is what the deployed function may do, but for what it reads of its own deployment.
var permissions = []permission{
	{"logs:CreateLogStream", logStreams, "each execution environment writes its own stream"},
	{"logs:PutLogEvents", logStreams, "the function's log"},

	{"dynamodb:GetItem", stateTable, "load a role's state, a document, the sweep's progress"},
	{"dynamodb:BatchGetItem", stateTable, "load a role's state and its documents in one call"},
	{"dynamodb:Query", stateTable, "who uses a role, by the index; what the outbox holds"},
	{"dynamodb:PutItem", stateTable, "commit a state, write a document; in transactions too"},
	{"dynamodb:UpdateItem", stateTable, "take a lease on a message or on the sweep; note when an item expires"},
	{"dynamodb:DeleteItem", stateTable, "take a published message out of the outbox"},
	{"dynamodb:Scan", stateTable, "a sweep reads the whole table to find items that nothing uses any more"},

	{"sqs:ReceiveMessage", workQueue, "the event source mapping takes records with the function's role"},
	{"sqs:DeleteMessage", workQueue, "the event source mapping acknowledges them"},
	{"sqs:GetQueueAttributes", workQueue, "the event source mapping scales by the queue's length"},
	{"sqs:ChangeMessageVisibility", workQueue, "a record that failed is retried when what failed works again"},
	{"sqs:SendMessage", workQueue, "confirming reconciles, slices and the sweep's work items"},
	{"sqs:SendMessage", deadLetters, "a malformed record goes there at once, unchanged"},

	{"sns:Publish", ownTopics, "report findings, and what cannot be read"},
	{"kms:Decrypt", topicsKey, "publish to topics that the key encrypts"},
	{"kms:GenerateDataKey*", topicsKey, "publish to topics that the key encrypts"},

	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
	{"kms:Decrypt", tableKey, "read the table that the key encrypts"},
	{"kms:Encrypt", tableKey, "write the table that the key encrypts"},
	{"kms:GenerateDataKey*", tableKey, "write the table that the key encrypts"},
	{"kms:ReEncrypt*", tableKey, "write the table after its key was rotated"},
	{"kms:DescribeKey", tableKey, "DynamoDB asks on behalf of the function whether the key is enabled"},

	{"iam:GetRole", watched, "a role's trust policy, permissions boundary and tags"},
	{"iam:ListRolePolicies", watched, "the names of a role's inline policies"},
	{"iam:GetRolePolicy", watched, "an inline policy"},
	{"iam:ListAttachedRolePolicies", watched, "the managed policies of a role"},
	{"iam:GetPolicy", watched, "a managed policy's default version"},
	{"iam:GetPolicyVersion", watched, "a managed policy's text"},
	{"iam:ListEntitiesForPolicy", watched, "the roles that use a changed managed policy"},
	{"iam:GetAccountAuthorizationDetails", watched, "the daily sweep reads all roles at once"},
	{"iam:ListRoles", watched, "the daily sweep where the Region's IAM lacks iam:GetAccountAuthorizationDetails, and roles of similar names to a missing one"},
	{"iam:ListAccountAliases", watched, "what people call the account, in messages, where the settings do not say so"},
	{"lambda:ListFunctions", watched, "the daily sweep reads all functions, every version"},
	{"lambda:ListVersionsByFunction", functions, "the versions of a changed function, each with its own role"},
	{"lambda:ListAliases", functions, "which versions an alias points to"},
	{"lambda:GetFunctionConfiguration", functions, "the state that Lambda reports of a version"},
	{"lambda:ListTags", functions, "the tags of a function, which exceptions can name"},
	{"lambda:ListEventSourceMappings", watched, "the event source mappings of a function"},
	{"lambda:GetEventSourceMapping", mappings, "the function of a mapping whose change was refused, and whether the mapping of the function itself is enabled"},
	{"lambda:ListFunctionEventInvokeConfigs", functions, "the destinations of a function's asynchronous invocations"},
	{"lambda:GetPolicy", functions, "who may invoke a function"},
	{"lambda:GetResourcePolicy", functions, "who may invoke a function, as lambda:PutResourcePolicy writes it"},
	{"lambda:ListFunctionUrlConfigs", functions, "the URLs that lead to a function"},
	{"lambda:ListCapacityProviders", watched, "the capacity providers, each with an operator role"},
	{"lambda:GetRuntimeManagementConfig", functions, "when Lambda updates the customer-managed runtime of a function"},
	{"cloudtrail:LookupEvents", eventHistory, "who made a change of which no record reached rolewatch"},
	{"organizations:DescribeOrganization", watched, "whether policies of an organization apply to the account"},
	{"organizations:ListParents", organization, "the levels above the account"},
	{"organizations:ListPoliciesForTarget", organization, "the service and resource control policies of a level"},
	{"organizations:DescribePolicy", organization, "the text of such a policy"},
}

// hubPermissions are what the function may do in addition where it is the hub of an organization.
var hubPermissions = []permission{
	{"sqs:ReceiveMessage", recordsQueue, "the event source mapping takes records with the function's role"},
	{"sqs:DeleteMessage", recordsQueue, "the event source mapping acknowledges them"},
	{"sqs:GetQueueAttributes", recordsQueue, "the event source mapping scales by the queue's length"},
	{"sqs:ChangeMessageVisibility", recordsQueue, "a record that could not be passed on is retried when what failed works again"},

	{"organizations:ListAccounts", organizationLists, "the accounts of the organization, every hour"},
	{"organizations:ListRoots", organizationLists, "the root, at which the organizational units begin"},
	{"organizations:ListOrganizationalUnitsForParent", organizationTree, "the organizational units below the root or a unit"},
	{"organizations:ListAccountsForParent", organizationTree, "the accounts in the root or a unit"},
	{"organizations:ListTagsForResource", organizationTree, "the tags of an account, by which findings are routed to its owners"},

	{"sts:AssumeRole", readerRoles, "read a member of the organization with its role " + deploy.ReaderRole},
}

// permissionTargets are the ARNs of what the permissions are about.
type permissionTargets struct {
	logGroup, table, queue, deadLetters *string
	// records is the queue of records, and organizationID the organization, of a hub; nil and empty elsewhere.
	records        *string
	organizationID string
	// key is that of the topics, and tableKey that of the table; nil and empty where there is none.
	key      *string
	tableKey string
	topics   []*string
	// home is the home Region, and regions are those that are watched.
	partition, account *string
	home               string
	regions            []string
	// canary says that the function tags itself.
	canary bool
}

// arns are the ARNs of a kind of resource; none where the deployment does not have it.
func (t permissionTargets) arns(of resource) []*string {
	switch of {
	case logStreams:
		// The attribute ends in ":*", which means the streams of the group.
		return []*string{t.logGroup}
	case stateTable:
		return []*string{t.table, jsii.String(*t.table + "/index/*")}
	case workQueue:
		return []*string{t.queue}
	case recordsQueue:
		if t.records == nil {
			return nil
		}
		return []*string{t.records}
	case deadLetters:
		return []*string{t.deadLetters}
	case ownTopics:
		return t.topics
	case topicsKey:
		if t.key == nil {
			return nil
		}
		return []*string{t.key}
	case tableKey:
		if t.tableKey == "" {
			return nil
		}
		return []*string{jsii.String(t.tableKey)}
	case functions, mappings:
		if !slices.Contains(t.regions, t.home) {
			t.regions = append([]string{t.home}, t.regions...)
		}
		if of == functions {
			return t.inRegions("function:*")
		}
		return t.inRegions("event-source-mapping:*")
	case organization:
		return t.organization()
	case organizationLists, organizationTree, readerRoles:
		if t.organizationID == "" {
			return nil
		}
		return t.hub(of)
	case watched, eventHistory:
		return []*string{jsii.String("*")}
	default:
		return t.selfARNs(of)
	}
}

// inRegions are the ARNs of resources of Lambda's in the Regions that are watched.
func (t permissionTargets) inRegions(resource string) []*string {
	var arns []*string
	for _, region := range t.regions {
		arns = append(arns, jsii.String(aws.ARN{Partition: *t.partition, Service: "lambda", Region: region, Account: *t.account, Resource: resource}.String()))
	}
	return arns
}

// organization are the ARNs of AWS Organizations, where the management account owns everything and nobody else knows its ID:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
func (t permissionTargets) organization() []*string {
	arns, id, account := []*string{}, "o-*", *t.account
	if t.organizationID != "" {
		id, account = t.organizationID, "*"
	}
	for _, suffix := range []string{
		"*:account/" + id + "/" + account, "*:ou/" + id + "/ou-*", "*:root/" + id + "/r-*",
		"*:policy/" + id + "/service_control_policy/p-*", "*:policy/" + id + "/resource_control_policy/p-*",
		"aws:policy/service_control_policy/p-*", "aws:policy/resource_control_policy/p-*",
	} {
		arns = append(arns, jsii.String("arn:"+*t.partition+":organizations::"+suffix))
	}
	return arns
}

// hub are the ARNs of what a hub lists, and of the roles that it assumes.
func (t permissionTargets) hub(of resource) (arns []*string) {
	switch of {
	case organizationLists:
		return []*string{jsii.String("*")}
	case readerRoles:
		return []*string{jsii.String("arn:" + *t.partition + ":iam::*:role/" + deploy.ReaderRole)}
	}
	for _, kind := range []string{"root", "ou", "account"} {
		arns = append(arns, jsii.String("arn:"+*t.partition+":organizations::*:"+kind+"/"+t.organizationID+"/*"))
	}
	return arns
}

// conditions are those of the statement for a kind of resource. A role of that name outside of the organization is not a member's.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceorgid
func (t permissionTargets) conditions(of resource) *map[string]any {
	if of != readerRoles {
		return nil
	}
	return &map[string]any{"StringEquals": object{"aws:ResourceOrgID": t.organizationID}}
}

// newFunctionRole makes the function's role, with a statement for each kind of resource and no managed policy. The
// policy is the role's own, so that no deployment ever runs the function with half of it.
func newFunctionRole(stack awscdk.Stack, targets permissionTargets) awsiam.Role {
	var statements []awsiam.PolicyStatement
	for _, r := range resources {
		var actions []string
		for _, p := range allPermissions() {
			if p.Resource == r {
				actions = append(actions, p.Action)
			}
		}
		arns := targets.arns(r)
		if len(arns) == 0 {
			continue
		}
		statements = append(statements, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(string(r)), Actions: jsii.Strings(actions...), Resources: &arns, Conditions: targets.conditions(r),
		}))
	}
	props := &awsiam.RoleProps{
		Description: jsii.String("What rolewatch's function is allowed to do; infra/permissions.go lists the reasons"),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String(aws.LambdaService), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"rolewatch": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	}
	if targets.organizationID != "" {
		props.RoleName = jsii.String(deploy.HubRole)
	}
	return awsiam.NewRole(stack, jsii.String(deploy.RoleID), props)
}
