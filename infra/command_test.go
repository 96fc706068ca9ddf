package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

func acting(t *testing.T) deployedAs {
	t.Helper()
	return deployedAs{homeOf(t, severalRegions), "111122223333", "eu-central-1"}
}

// sessionOf is the principal and the context of a session of a role.
func sessionOf(account, name string) (string, policy.Context) {
	base := name[strings.LastIndexByte(name, '/')+1:]
	return "arn:aws:sts::" + account + ":assumed-role/" + base + "/session", policy.Context{Keys: map[string]policy.ContextValue{
		"aws:principalarn": having("arn:aws:iam::" + account + ":role/" + name),
	}}
}

// Everybody else of the account, administrators among them, is denied the command functions: an administrator has to change the resource
// policy first, which is recorded and reported.
func TestTheCommandFunctionsRefuseEverybodyElse(t *testing.T) {
	d := acting(t)
	chat, _ := d.named("AWS::Lambda::Function", deploy.ChatCommandID)
	principals, _ := d.named("AWS::Lambda::Function", deploy.CommandID)
	slack, _ := d.named("AWS::IAM::Role", deploy.SlackRoleID)
	own, _ := d.named("AWS::IAM::Role", deploy.RoleID)
	commandRole, _ := d.named("AWS::IAM::Role", deploy.CommandRoleID)
	const sso = "aws-reserved/sso.amazonaws.com/eu-central-1/"
	allowed, denied := 0, 0
	for _, tt := range []struct {
		who, function string
		want          policy.Decision
	}{
		{"security", principals, policy.Allowed},
		{sso + "AWSReservedSSO_Security_0a1b2c3d", principals, policy.Allowed},
		{d.name(slack), chat, policy.Allowed},
		{"security", chat, policy.ExplicitDeny},
		{d.name(slack), principals, policy.ExplicitDeny},
		{"admin", principals, policy.ExplicitDeny}, {"admin", chat, policy.ExplicitDeny},
		{"security-2", principals, policy.ExplicitDeny}, {"a/security", principals, policy.ExplicitDeny},
		{sso + "AWSReservedSSO_Developers_0a1b2c3d", principals, policy.ExplicitDeny},
		{"AWSReservedSSO_Security_0a1b2c3d", principals, policy.ExplicitDeny},
		{d.name(own), principals, policy.ExplicitDeny}, {d.name(own), chat, policy.ExplicitDeny},
		{d.name(commandRole), principals, policy.ExplicitDeny}, {d.name(commandRole), chat, policy.ExplicitDeny},
	} {
		principal, context := sessionOf(d.account, tt.who)
		for _, action := range []string{"lambda:InvokeFunction", "lambda:InvokeFunctionUrl"} {
			v := policy.Evaluate(policy.Request{Principal: principal, Action: action, Resource: d.arn(tt.function), Context: context},
				policy.Set{Identity: []policy.Part{parsed(t, everything, policy.Identity)}, Resource: d.resourcePolicy(tt.function)})
			if v.Decision != tt.want {
				t.Errorf("%s, %s of %s: %v, want %v", tt.who, action, tt.function, v.Decision, tt.want)
			}
		}
		if tt.want == policy.Allowed {
			allowed++
		} else {
			denied++
		}
	}
	// A service, such as EventBridge or a topic, has no ARN of a principal.
	for _, service := range []string{"events.amazonaws.com", "sns.amazonaws.com", "s3.amazonaws.com"} {
		for _, function := range []string{chat, principals} {
			denied++
			v := policy.Evaluate(policy.Request{Principal: service, Action: "lambda:InvokeFunction", Resource: d.arn(function)}, policy.Set{Resource: d.resourcePolicy(function)})
			if v.Decision != policy.ExplicitDeny {
				t.Errorf("%s of %s: %v", service, function, v.Decision)
			}
		}
	}
	if allowed != 3 || denied < 15 {
		t.Errorf("%d allowed, %d denied", allowed, denied)
	}
}

// request asks for something as the command functions do.
func (d deployedAs) request(roleID, action, resource string, values map[string]policy.ContextValue) policy.Request {
	principal, context := sessionOf(d.account, d.name(roleID))
	context.Keys["lambda:sourcefunctionarn"] = having("arn:aws:lambda:" + d.region + ":" + d.account + ":function:" + deploy.PhysicalName(deploy.CommandID) + "AB12CD34-1A2B3C4D5E6F")
	for k, v := range values {
		context.Keys[k] = v
	}
	return policy.Request{Principal: principal, Action: action, Resource: resource, Context: context}
}

// The role of the command functions writes acts and calls, and no other item of the table; it reaches neither the queue nor a topic, and
// puts no events but its own.
func TestTheCommandRoleMayDoNothingElse(t *testing.T) {
	d := acting(t)
	id, _ := d.named("AWS::IAM::Role", deploy.CommandRoleID)
	own, _ := d.named("AWS::IAM::Role", deploy.RoleID)
	tableID, _ := d.only("AWS::DynamoDB::Table")
	queue, _ := d.named("AWS::SQS::Queue", deploy.QueueID)
	table, bus := d.arn(tableID), "arn:aws:events:"+d.region+":"+d.account+":event-bus/default"
	keys := func(list ...string) map[string]policy.ContextValue {
		return map[string]policy.ContextValue{"dynamodb:leadingkeys": having(list...)}
	}
	event := func(source, kind string) map[string]policy.ContextValue {
		return map[string]policy.ContextValue{"events:source": having(source), "events:detail-type": having(kind)}
	}
	other := map[string]policy.ContextValue{"dynamodb:leadingkeys": having("ACT#x"), "lambda:sourcefunctionarn": having("arn:aws:lambda:" + d.region + ":" + d.account + ":function:orders")}
	set, tried := policy.Set{Identity: d.identity(id)}, 0
	for _, tt := range []struct {
		action, resource string
		values           map[string]policy.ContextValue
		want             bool
	}{
		{"dynamodb:PutItem", table, keys("ACT#arn:aws:iam::111122223333:role/orders"), true},
		{"dynamodb:PutItem", table, keys("CALL#111122223333"), true},
		{"dynamodb:BatchGetItem", table, keys("ROLE#a", "ACT#a"), true},
		{"dynamodb:Query", table + "/index/role-keys", keys("OPEN"), true},
		{"events:PutEvents", bus, event(deploy.CommandSource, deploy.CommandType), true},

		{"dynamodb:PutItem", table, keys("ROLE#arn:aws:iam::111122223333:role/orders"), false},
		{"dynamodb:PutItem", table, keys("MSG#1"), false},
		{"dynamodb:PutItem", table, keys("ACCOUNT#111122223333"), false},
		{"dynamodb:PutItem", table, keys("ACT#a", "ROLE#a"), false},
		{"dynamodb:PutItem", table, keys(), false},
		{"dynamodb:PutItem", table, nil, false},
		{"dynamodb:PutItem", table, other, false},
		{"dynamodb:UpdateItem", table, keys("ACT#a"), false}, {"dynamodb:DeleteItem", table, keys("ACT#a"), false},
		{"dynamodb:BatchWriteItem", table, keys("ACT#a"), false}, {"dynamodb:PartiQLInsert", table, keys("ACT#a"), false},
		{"dynamodb:Scan", table, nil, false}, {"dynamodb:GetItem", table, keys("DOC#a"), false}, {"dynamodb:Query", table + "/index/role-keys", keys("OUTBOX"), false},
		{"dynamodb:DeleteTable", table, nil, false}, {"dynamodb:PutResourcePolicy", table, nil, false},
		{"events:PutEvents", bus, event("aws.iam", "AWS API Call via CloudTrail"), false},
		{"events:PutEvents", bus, event(deploy.HeartbeatSource, deploy.HeartbeatType), false},
		{"events:PutEvents", "arn:aws:events:" + d.region + ":" + d.account + ":event-bus/rolewatch", event(deploy.CommandSource, deploy.CommandType), false},
		{"sqs:SendMessage", d.arn(queue), nil, false}, {"sns:Publish", "arn:aws:sns:" + d.region + ":" + d.account + ":rolewatch-Findings", nil, false},
		{"sts:AssumeRole", d.arn(own), nil, false}, {"iam:PassRole", d.arn(own), nil, false},
		{"lambda:InvokeFunction", "arn:aws:lambda:" + d.region + ":" + d.account + ":function:rolewatch-Function", nil, false},
	} {
		tried++
		if v := policy.Evaluate(d.request(id, tt.action, tt.resource, tt.values), set); (v.Decision == policy.Allowed) != tt.want || v.Decision == policy.Unknown {
			t.Errorf("%s on %s with %v: %v, want allowed %v", tt.action, tt.resource, tt.values, v.Decision, tt.want)
		}
	}
	if tried < 25 {
		t.Errorf("%d requests", tried)
	}
	// The trust policy of the watch's role lets the service in, and no role of the account.
	principal, context := sessionOf(d.account, d.name(id))
	trust := d.document(d.properties("AWS::IAM::Role")[own]["AssumeRolePolicyDocument"], policy.Trust)
	v := policy.Evaluate(policy.Request{Principal: principal, Action: "sts:AssumeRole", Resource: d.arn(own), Context: context},
		policy.Set{Identity: []policy.Part{parsed(t, everything, policy.Identity)}, Resource: &trust})
	if v.Decision != policy.ImplicitDeny {
		t.Errorf("the command functions assume the watch's role: %v", v.Decision)
	}
}

// Of all roles of the stack, the watch's writes the table, and that of the command functions writes acts. The table has no policy of its own
// by which anybody else could.
func TestNobodyElseOfTheStackWritesTheTable(t *testing.T) {
	d := acting(t)
	tableID, table := d.only("AWS::DynamoDB::Table")
	if table["ResourcePolicy"] != nil {
		t.Errorf("the table has the policy %s", text(t, table["ResourcePolicy"]))
	}
	var writers []string
	for id := range d.properties("AWS::IAM::Role") {
		for _, action := range []string{"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLInsert"} {
			r := d.request(id, action, d.arn(tableID), map[string]policy.ContextValue{"dynamodb:leadingkeys": having("ROLE#a")})
			if v := policy.Evaluate(r, policy.Set{Identity: d.identity(id)}); v.Decision != policy.ImplicitDeny {
				writers = append(writers, id)
			}
		}
	}
	slices.Sort(writers)
	if own, _ := d.named("AWS::IAM::Role", deploy.RoleID); !slices.Equal(slices.Compact(writers), []string{own}) {
		t.Errorf("the table is written by %v", writers)
	}
}

// Of all actions there are, the channel's role and the guardrail allow the invocation of the command function for chat, and nothing else.
func TestSlackChannelInvokesTheCommandFunctionAndNothingElse(t *testing.T) {
	d := acting(t)
	_, channel := d.only("AWS::Chatbot::SlackChannelConfiguration")
	guardrails := list(channel["GuardrailPolicies"])
	if len(guardrails) != 1 {
		t.Fatalf("%d guardrails", len(guardrails))
	}
	guardrail := d.document(at(d.properties("AWS::IAM::ManagedPolicy")[referred(guardrails[0])], "PolicyDocument"), policy.Identity)
	id := referred(channel["IamRoleArn"])
	if r := d.properties("AWS::IAM::Role")[id]; r["ManagedPolicyArns"] != nil {
		t.Errorf("the channel's role is %s", text(t, r))
	}
	chat, _ := d.named("AWS::Lambda::Function", deploy.ChatCommandID)
	principals, _ := d.named("AWS::Lambda::Function", deploy.CommandID)
	principal, context := sessionOf(d.account, d.name(id))
	asked := 0
	ask := func(action, resource string, identity ...policy.Part) policy.Decision {
		asked++
		return policy.Evaluate(policy.Request{Principal: principal, Action: action, Resource: resource, Context: context}, policy.Set{Identity: identity, Boundaries: []policy.Part{guardrail}}).Decision
	}
	if v := ask("lambda:InvokeFunction", d.arn(chat), d.identity(id)...); v != policy.Allowed {
		t.Errorf("the channel invokes the command function: %v", v)
	}
	// A member of the channel can pick another role, which the guardrail bounds.
	for _, identity := range [][]policy.Part{d.identity(id), {parsed(t, everything, policy.Identity)}} {
		for _, service := range actions.Services() {
			list, _ := actions.Service(service)
			for _, a := range list {
				for _, resource := range []string{d.arn(chat), d.arn(principals), "*"} {
					if a.String() == "sts:GetCallerIdentity" {
						continue // No policy denies it.
					}
					invokes := a.String() == "lambda:InvokeFunction" && resource == d.arn(chat)
					if v := ask(a.String(), resource, identity...); (v == policy.Allowed) != invokes {
						t.Fatalf("%s on %s: %v", a, resource, v)
					}
				}
			}
		}
	}
	if asked < 50_000 {
		t.Errorf("%d requests", asked)
	}
}

// The buttons run the command function with the finding's hexadecimal ID, stand under messages that have one, and are joined to the channel.
func TestCustomActionsCallTheCommandFunction(t *testing.T) {
	d := acting(t)
	_, channel := d.only("AWS::Chatbot::SlackChannelConfiguration")
	chat, _ := d.named("AWS::Lambda::Function", deploy.ChatCommandID)
	joined := map[string]bool{}
	for _, arn := range list(channel["CustomizationResourceArns"]) {
		joined[referred(arn)] = true
	}
	want := map[string]string{"Acknowledge": "acknowledge", "Check again": "recheck", "Show fix": "show", "Accept risk": "howToAccept"}
	for id, a := range d.properties("AWS::Chatbot::CustomAction") {
		attachments := list(a["Attachments"])
		if len(attachments) != 1 {
			t.Fatalf("%s: %v", id, attachments)
		}
		button := at(attachments[0], "ButtonText").(string)
		act := want[button]
		delete(want, button)
		command := "lambda invoke --function-name " + d.name(chat) + ` --region eu-central-1 --payload {"act":"` + act + `","finding":"$finding"}`
		if got := d.concrete(at(a, "Definition", "CommandText")); act == "" || got != command {
			t.Errorf("%s runs %v", button, got)
		}
		if got := text(t, at(attachments[0], "Criteria")); got != `[{"Operator":"HAS_VALUE","VariableName":"finding"}]` {
			t.Errorf("%s has the criteria %s", button, got)
		}
		if got := text(t, at(attachments[0], "Variables")); got != `{"finding":"event.metadata.additionalContext.hexId"}` {
			t.Errorf("%s has the variables %s", button, got)
		}
		if !joined[id] || !strings.HasPrefix(a["ActionName"].(string), deploy.CustomActionPrefix) {
			t.Errorf("%s is joined: %v, and called %v", button, joined[id], a["ActionName"])
		}
	}
	if len(want) > 0 || len(joined) != 4 {
		t.Errorf("not there: %v; joined %v", want, joined)
	}
}
