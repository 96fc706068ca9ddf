package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// commands are the command functions; nil where the settings ask for none. Both take what people decide about findings: one from the
// members of the Slack channel, who may do less, and one from the principals of the setting ackPrincipals.
type commands struct {
	chat, principals awslambda.Function
}

// commandTimeout is as long as it takes to read the states of some thousand roles, among which a finding is looked for.
const commandTimeout = 30

// newCommands makes the command functions that the settings ask for.
func (h *home) newCommands(code string) {
	if !h.hasCommands() {
		return
	}
	logs := newLogGroup(h.Stack, "CommandLog", h.set.LogRetentionDays)
	h.encryptLog(logs)
	role := h.newCommandRole(logs)
	if h.set.Slack != nil {
		h.commands.chat = h.newCommand(deploy.ChatCommandID, "Takes what members of the Slack channel decide about findings", code, role, logs, true)
	}
	if len(h.set.AckPrincipals) > 0 {
		h.commands.principals = h.newCommand(deploy.CommandID, "Takes what the principals of the setting ackPrincipals decide about findings", code, role, logs, false)
		newCommandPolicy(h.Stack, deploy.CommandID+"Policy", h.commands.principals, object{"ArnNotLike": object{"aws:PrincipalArn": h.set.AckPrincipals}})
	}
}

// hasCommands says that the settings ask for a command function.
func (h *home) hasCommands() bool { return h.set.Slack != nil || len(h.set.AckPrincipals) > 0 }

func (h *home) newCommand(id, description, code string, role awsiam.Role, logs awslogs.LogGroup, chat bool) awslambda.Function {
	env := make(map[string]*string)
	for name, value := range (settings.Command{Table: *h.table.TableName(), Account: *h.Stack.Account(), Chat: chat, AckCritical: h.set.AckCritical(), Hub: h.set.Organization.Hub != nil}).Environment() {
		env[name] = jsii.String(value)
	}
	f := awslambda.NewFunction(h.Stack, jsii.String(id), &awslambda.FunctionProps{
		Description:  jsii.String(description),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: architecture(h.set.Architecture),
		Handler:      jsii.String("bootstrap"),
		Code:         awslambda.Code_FromAsset(jsii.String(code), nil),
		Role:         role,
		Timeout:      awscdk.Duration_Seconds(jsii.Number(commandTimeout)),
		MemorySize:   jsii.Number(512),
		LogGroup:     logs,
		Environment:  &env,
	})
	f.Node().DefaultChild().(awslambda.CfnFunction).AddDeletionOverride(jsii.String("DependsOn"))
	return f
}

// newCommandPolicy denies the use of a command function to all but those that the condition leaves out. A policy of the account that
// allows lambda:InvokeFunction on every function allows nothing here, and neither does AWS service that invokes functions. What the
// function is invoked with by a version or an alias, to which this policy does not apply, it refuses itself.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
func newCommandPolicy(stack awscdk.Stack, id string, f awslambda.Function, others object) {
	awslambda.NewCfnResourcePolicy(stack, jsii.String(id), &awslambda.CfnResourcePolicyProps{
		ResourceArn: f.FunctionArn(),
		PolicyDocument: object{"Version": "2012-10-17", "Statement": []any{object{
			"Sid": "DenyOthers", "Effect": "Deny", "Principal": "*",
			"Action": []any{"lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:InvokeAsync"}, "Resource": f.FunctionArn(), "Condition": others,
		}}},
	})
}

// commandPermission is what the command functions may do, in one statement.
type commandPermission struct {
	sid     string
	actions []string
	// on are the resources. Keys are how the partition keys of the items begin, or those of an index; none is any.
	on   func(*home, awslogs.LogGroup) []*string
	keys []any
	// inHub are further ones in a hub.
	inHub []any
	// own says that only the command functions may use it, and no other function that is given the role.
	own    bool
	equals object
	reason string
}

// commandPermissions are all that the command functions may do. They write acts and calls, and nothing else of the table.
var commandPermissions = []commandPermission{
	{sid: "LogStreams", actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, on: ofLog, reason: "the log of the command functions"},
	{sid: "ReadStates", actions: []string{"dynamodb:BatchGetItem", "dynamodb:GetItem"}, on: ofTable, keys: []any{deploy.StatesPrefix + "*", deploy.ActsPrefix + "*"},
		inHub: []any{deploy.HubPrefix + deploy.HubDirectory}, reason: "what is open, what was decided about it, and in a hub which accounts there are"},
	{sid: "ListRoles", actions: []string{"dynamodb:Query"}, on: ofIndexes, keys: []any{deploy.OpenRoles, deploy.ActedRoles},
		inHub: []any{deploy.Word(deploy.OpenRoles, "*"), deploy.Word(deploy.ActedRoles, "*")}, reason: "the roles that have findings or acts"},
	{sid: "DescribeTable", actions: []string{"dynamodb:DescribeTable"}, on: ofTable, reason: "which index is active"},
	{sid: "WriteActs", actions: []string{"dynamodb:PutItem"}, on: ofTable, keys: []any{deploy.ActsPrefix + "*", deploy.CallsPrefix + "*"}, own: true,
		reason: "what was decided, and each call"},
	{sid: "AskForReconcile", actions: []string{"events:PutEvents"}, on: ofDefaultBus, own: true, equals: object{"events:source": deploy.CommandSource, "events:detail-type": deploy.CommandType},
		reason: "a role is to be read again"},
}

func ofLog(_ *home, logs awslogs.LogGroup) []*string { return []*string{logs.LogGroupArn()} }

func ofTable(h *home, _ awslogs.LogGroup) []*string { return []*string{h.table.TableArn()} }

func ofIndexes(h *home, _ awslogs.LogGroup) []*string {
	return []*string{jsii.String(*h.table.TableArn() + "/index/*")}
}

func ofDefaultBus(h *home, _ awslogs.LogGroup) []*string {
	return []*string{jsii.String(aws.ARN{Partition: *h.Stack.Partition(), Service: "events", Region: h.set.Home, Account: *h.Stack.Account(), Resource: "event-bus/default"}.String())}
}

// conditions are those of a permission. A key that a request does not carry satisfies ForAllValues, so that Null wants it there.
func (p commandPermission) conditions(h *home) *map[string]any {
	c := object{}
	keys := slices.Clone(p.keys)
	if h.set.Organization.Hub != nil {
		keys = append(keys, p.inHub...)
	}
	if len(keys) > 0 {
		c["ForAllValues:StringLike"], c["Null"] = object{"dynamodb:LeadingKeys": keys}, object{"dynamodb:LeadingKeys": "false"}
	}
	if p.equals != nil {
		c["StringEquals"] = p.equals
	}
	if p.own {
		var own []any
		for _, id := range []string{deploy.ChatCommandID, deploy.CommandID} {
			name := deploy.PhysicalName(id) + "*"
			own = append(own, aws.FunctionName{Partition: *h.Stack.Partition(), Region: h.set.Home, Account: *h.Stack.Account(), Name: name}.ARN())
		}
		c["ArnLike"] = object{"lambda:SourceFunctionArn": own}
	}
	if len(c) == 0 {
		return nil
	}
	return &c
}

// newCommandRole makes the role of the command functions.
func (h *home) newCommandRole(logs awslogs.LogGroup) awsiam.Role {
	var statements []awsiam.PolicyStatement
	for _, p := range commandPermissions {
		arns := p.on(h, logs)
		statements = append(statements, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(p.sid), Actions: jsii.Strings(p.actions...), Resources: &arns, Conditions: p.conditions(h),
		}))
	}
	if h.set.TableKey != "" {
		var actions []string
		for _, p := range permissions {
			if p.Resource == tableKey {
				actions = append(actions, p.Action)
			}
		}
		statements = append(statements, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(string(tableKey)), Actions: jsii.Strings(actions...), Resources: jsii.Strings(h.set.TableKey),
		}))
	}
	return awsiam.NewRole(h.Stack, jsii.String(deploy.CommandRoleID), &awsiam.RoleProps{
		Description: jsii.String("What rolewatch's command functions are allowed to do; infra/command.go lists the reasons"),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String(aws.LambdaService), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"rolewatch": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	})
}

// commandRule selects what the command functions ask for.
func commandRule(stack awscdk.Stack) rule {
	return rule{"Command", "Roles that rolewatch's command functions want read again", object{
		"source": []any{deploy.CommandSource}, "detail-type": []any{deploy.CommandType}, "account": []any{stack.Account()},
	}}
}
