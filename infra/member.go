package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// templateLimit is the size of a template that CloudFormation takes in a request, in bytes:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const templateLimit = 51_200

// member is the stack of an account that a hub watches: rules that send to the hub's bus, what shows that they do, and, in the global
// Region, the roles. A StackSet deploys one template in all Regions, so that the template names neither its account nor its Region, and
// conditions say what belongs where. Its parts have fixed names: the stacks of a StackSet have names that CloudFormation chooses.
type member struct {
	awscdk.Stack
	set    settings.Stack
	global awscdk.CfnCondition
	// watched is where functions are watched; nil if that is everywhere.
	watched awscdk.CfnCondition
	bus     *string
	dead    awssqs.Queue
	sender  awsiam.CfnRole
}

// newMemberStack makes the stack of a member. Region is where it is deployed; empty leaves that to who deploys the template.
func newMemberStack(app awscdk.App, set settings.Stack, id, region string) awscdk.Stack {
	props := &awscdk.StackProps{
		StackName:   jsii.String(deploy.MemberStack),
		Description: jsii.String(fmt.Sprintf("rolewatch: a member of the organization %s, watched from the account %s (version %d)", set.Organization.ID, hubOf(set).Account, deploy.MemberVersion)),
		// Nothing of it is an asset, and this synthesizer deploys with the credentials of who calls: the account needs no bootstrap.
		Synthesizer: awscdk.NewLegacyStackSynthesizer(),
	}
	if region != "" {
		props.Env = &awscdk.Environment{Region: jsii.String(region)}
	}
	m := &member{Stack: awscdk.NewStack(app, jsii.String(id), props), set: set}
	m.conditions()
	m.bus = jsii.String(aws.ARN{Partition: *awscdk.Aws_PARTITION(), Service: "events", Region: set.Home, Account: hubOf(set).Account, Resource: "event-bus/" + deploy.HubBusName}.String())
	m.sender = m.newSenderRole()
	m.newReaderRole()
	m.dead = newDeadLetters(m.Stack)
	m.dead.Node().DefaultChild().(awssqs.CfnQueue).SetQueueName(jsii.String(memberName(deploy.DeadLettersID)))
	m.newHeartbeat(m.newMemberRules())
	return m.Stack
}

// memberName is the name of a part of a member.
func memberName(part string) string { return deploy.MemberStack + "-" + part }

func (m *member) conditions() {
	global := aws.PartitionOfRegion(m.set.Home).GlobalRegion
	equals := func() awscdk.ICfnConditionExpression { return awscdk.Fn_ConditionEquals(awscdk.Aws_REGION(), global) }
	m.global = awscdk.NewCfnCondition(m.Stack, jsii.String("Global"), &awscdk.CfnConditionProps{Expression: equals()})
	if !slices.Contains(m.set.Regions, global) {
		m.watched = awscdk.NewCfnCondition(m.Stack, jsii.String("Watched"), &awscdk.CfnConditionProps{Expression: awscdk.Fn_ConditionNot(equals())})
	}
}

// memberRegions are the Regions of a member: the global one first, which has the roles.
func memberRegions(set settings.Stack) []string {
	global := aws.PartitionOfRegion(set.Home).GlobalRegion
	rest := slices.DeleteFunc(slices.Sorted(slices.Values(set.Regions)), func(r string) bool { return r == global })
	return append([]string{global}, rest...)
}

// arn is the ARN of something of the member's account.
func (m *member) arn(service, region, resource string) string {
	return aws.ARN{Partition: *awscdk.Aws_PARTITION(), Service: service, Region: region, Account: *awscdk.Aws_ACCOUNT_ID(), Resource: resource}.String()
}

func (m *member) roleARN(name string) string { return m.arn("iam", "", "role/"+name) }

// senderARN is the ARN of the role with which a rule sends that is made on a condition, or the schedule. The role is made before what uses
// it in the global Region, and is named where it is not made.
func (m *member) senderARN(in awscdk.CfnCondition) *string {
	switch made, named := m.sender.AttrArn(), m.roleARN(deploy.SenderRole); {
	case in == nil:
		return awscdk.Fn_ConditionIf(m.global.LogicalId(), made, named).ToString()
	case in == m.global:
		return made
	default:
		return jsii.String(named)
	}
}

// newMemberRules makes the rules, and gives the names of those in the global Region and of those in any other.
func (m *member) newMemberRules() (global, other []string) {
	add := func(r rule, in awscdk.CfnCondition) {
		name := memberName(r.name)
		made := newRule(m.Stack, "", r, ruleTarget{arn: m.bus, deadLetters: m.dead.QueueArn(), sender: m.senderARN(in)})
		made.SetName(jsii.String(name))
		made.CfnOptions().SetCondition(in)
		if in == nil || in == m.global {
			global = append(global, name)
		}
		if in != m.global {
			other = append(other, name)
		}
	}
	for _, p := range events.Patterns() {
		in := m.watched
		if p.Global {
			in = m.global
		}
		add(recordRules(m.Stack, []events.Pattern{p})[0], in)
	}
	add(heartbeatRule(m.Stack), nil)
	var arns []any
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(global, other)))) {
		arns = append(arns, m.arn("events", *awscdk.Aws_REGION(), "rule/"+name))
	}
	allowRules(m.dead, arns)
	return global, other
}

// newHeartbeat sends an event to the default bus of the Region each hour, which goes on to the hub as a record does.
func (m *member) newHeartbeat(global, other []string) {
	detail := func(rules []string) string {
		return deploy.Heartbeat{DeadLetters: *m.dead.QueueUrl(), Rules: rules, Version: deploy.MemberVersion}.Detail()
	}
	schedule := newHeartbeatSchedule(m.Stack, jsii.String(m.arn("events", *awscdk.Aws_REGION(), "event-bus/default")), m.senderARN(nil),
		awscdk.Fn_ConditionIf(m.global.LogicalId(), detail(global), detail(other)).ToString())
	schedule.SetName(jsii.String(memberName(deploy.HeartbeatID)))
	schedule.SetDescription(jsii.String("Shows the hub each hour that this Region can send to it"))
}

// newSenderRole makes the role with which rules send to the hub's bus, and the schedule its heartbeat to the default bus. Neither service
// says for which rule or schedule it assumes the role, but both say for which account.
func (m *member) newSenderRole() awsiam.CfnRole {
	return m.newRole("Sender", deploy.SenderRole, "Allows rolewatch's rules to send events to the hub of the organization", object{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"Service": []any{aws.EventsService, aws.SchedulerService}},
		"Condition": object{"StringEquals": object{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}, []any{
		object{"Sid": "SendToHub", "Effect": "Allow", "Action": "events:PutEvents", "Resource": m.bus},
		object{"Sid": "SendHeartbeat", "Effect": "Allow", "Action": "events:PutEvents", "Resource": m.arn("events", "*", "event-bus/default"), "Condition": object{
			"StringEquals": object{"events:source": deploy.HeartbeatSource, "events:detail-type": deploy.HeartbeatType},
		}},
	})
}

// newReaderRole makes the role with which the hub reads the account. It trusts the hub's account, and names the role in a condition: a role
// as principal would be stored as its unique ID, and the trust would end with the role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
func (m *member) newReaderRole() {
	hub := func(resource string) string {
		return aws.ARN{Partition: *awscdk.Aws_PARTITION(), Service: "iam", Account: hubOf(m.set).Account, Resource: resource}.String()
	}
	m.newRole("Reader", deploy.ReaderRole, "Allows rolewatch's hub to read the account; infra/permissions.go lists the reasons", object{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"AWS": hub("root")},
		"Condition": object{
			"ArnEquals":    object{"aws:PrincipalArn": hub("role/" + deploy.HubRole)},
			"StringEquals": object{"aws:PrincipalOrgID": m.set.Organization.ID},
		},
	}, m.readerStatements(), &awscdk.CfnTag{Key: jsii.String(deploy.MemberVersionTag), Value: jsii.String(fmt.Sprint(deploy.MemberVersion))})
}

// newRole makes a role with a fixed name, in the global Region.
func (m *member) newRole(id, name, description string, trust object, statements []any, tags ...*awscdk.CfnTag) awsiam.CfnRole {
	role := awsiam.NewCfnRole(m.Stack, jsii.String(id), &awsiam.CfnRoleProps{
		RoleName: jsii.String(name), Description: jsii.String(description),
		AssumeRolePolicyDocument: object{"Version": "2012-10-17", "Statement": []any{trust}},
		Policies: []any{awsiam.CfnRole_PolicyProperty{
			PolicyName: jsii.String("rolewatch"), PolicyDocument: object{"Version": "2012-10-17", "Statement": statements},
		}},
		Tags: &tags,
	})
	role.CfnOptions().SetCondition(m.global)
	return role
}

// memberTemplate gives the template of a member as JSON. It is the same for each account and Region.
func memberTemplate(set settings.Stack) ([]byte, error) {
	dir, err := os.MkdirTemp("", "rolewatch-member-")
	if err != nil {
		return nil, fmt.Errorf("write member template: %w", err)
	}
	defer os.RemoveAll(dir)
	app := awscdk.NewApp(appProps(options{Outdir: dir}))
	newMemberStack(app, set, deploy.MemberStack, "")
	app.Synth(nil)
	text, err := os.ReadFile(filepath.Join(dir, deploy.MemberStack+".template.json"))
	if err != nil {
		return nil, fmt.Errorf("write member template: %w", err)
	}
	var template object
	if err := json.Unmarshal(text, &template); err != nil {
		return nil, fmt.Errorf("write member template: %w", err)
	}
	if text, err = json.Marshal(template, json.Deterministic(true)); err != nil {
		return nil, fmt.Errorf("write member template: %w", err)
	}
	if len(text) > templateLimit {
		return nil, errors.New("write member template: it has more than 51,200 bytes, which AWS CloudFormation does not take: set fewer Regions in rolewatch.regions")
	}
	return text, nil
}
