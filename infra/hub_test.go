package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// The accounts of the tests: the hub's, a member's, and one of another organization.
const (
	hubAccount     = ownAccount
	memberAccount  = "222233334444"
	foreignAccount = "999988887777"
	hubOrg         = "o-a1b2c3d4e5"
	otherOrg       = "o-z9y8x7w6v5"
)

// inHub is the hub of an organization, outside of the global Region, in which no functions are watched.
const inHub = `{"home":"eu-central-1","regions":["eu-central-1","eu-west-1"],"key":false,"ackPrincipals":["arn:aws:iam::111122223333:role/security"],
	"organization":{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","root":"r-ab12"}}}`

// synthesizeIn gives the templates of a context as they are made in an account.
func synthesizeIn(t *testing.T, context any, account string) map[string]*template {
	t.Helper()
	return synthesizeApp(t, options{Known: settings.Known(), Bootstrap: bootstrap(t, "#!/bin/sh\n"), Context: object{contextKey: context}, Account: account})
}

// onceInHub are the templates of inHub by the account that they are made in: synthesis takes seconds. Their files are gone.
var onceInHub = map[string]map[string]*template{}

// inHubOf gives one of those templates.
func inHubOf(t *testing.T, account, stack string) *template {
	t.Helper()
	if onceInHub[account] == nil {
		onceInHub[account] = synthesizeIn(t, inHub, account)
	}
	made := onceInHub[account][stack]
	if made == nil {
		t.Fatalf("there is no stack %s in %s", stack, account)
	}
	return &template{t: t, name: made.name, root: made.root}
}

// deployedHub is the hub's stack in its account, and deployedMember the stack of a member in a Region.
func deployedHub(t *testing.T) deployedAs {
	t.Helper()
	return deployedAs{inHubOf(t, hubAccount, deploy.StackName), hubAccount, "eu-central-1"}
}

func deployedMember(t *testing.T, region string) deployedAs {
	t.Helper()
	return deployedAs{inHubOf(t, memberAccount, deploy.MemberStack), memberAccount, region}
}

// In the hub's account, the app has the hub's stacks, and in any other those of a member: one in each Region, which need no bootstrap.
func TestTheAppHasTheStacksOfTheAccount(t *testing.T) {
	hub := []string{"rolewatch", "rolewatch-members", "rolewatch-rules-eu-west-1", "rolewatch-rules-us-east-1"}
	none := strings.Replace(inHub, `"root":"r-ab12"`, `"deploy":"none"`, 1)
	alone := strings.Replace(inHub, `"root":"r-ab12"`, `"root":"r-ab12","watch":["111122223333"]`, 1)
	for _, tt := range []struct {
		context, account string
		want             []string
	}{
		{inHub, "", hub}, {inHub, hubAccount, hub},
		{inHub, memberAccount, []string{"rolewatch-member", "rolewatch-member-eu-central-1", "rolewatch-member-eu-west-1"}},
		{none, hubAccount, []string{"rolewatch", "rolewatch-rules-eu-west-1", "rolewatch-rules-us-east-1"}},
		{alone, hubAccount, []string{"rolewatch", "rolewatch-rules-eu-west-1", "rolewatch-rules-us-east-1"}},
	} {
		if got := slices.Sorted(maps.Keys(synthesizeIn(t, tt.context, tt.account))); !slices.Equal(got, tt.want) {
			t.Errorf("in the account %q: stacks %v, want %v", tt.account, got, tt.want)
		}
	}
}

// who is a principal that asks for something, and what a request of it carries.
type who struct {
	what, principal string
	keys            map[string]string
}

func asRole(account, name, organization string) who {
	base := name[strings.LastIndexByte(name, '/')+1:]
	return who{name + " of " + account, "arn:aws:sts::" + account + ":assumed-role/" + base + "/rolewatch", map[string]string{
		"aws:principalarn": "arn:aws:iam::" + account + ":role/" + name, "aws:principalorgid": organization, "aws:principalisawsservice": "false",
		"aws:securetransport": "true",
	}}
}

func asRule(name string) who {
	return who{"the rule " + name, "events.amazonaws.com", map[string]string{
		"aws:sourcearn": name, "aws:sourceaccount": hubAccount, "aws:principalisawsservice": "true", "aws:securetransport": "true",
	}}
}

// asks evaluates a request.
func (w who) asks(action, resource string, set policy.Set, more map[string]string) policy.Decision {
	context := policy.Context{Keys: map[string]policy.ContextValue{}}
	for _, keys := range []map[string]string{w.keys, more} {
		for k, v := range keys {
			context.Keys[k] = having(v)
		}
	}
	return policy.Evaluate(policy.Request{Principal: w.principal, Action: action, Resource: resource, Context: context}, set).Decision
}

// The hub's role assumes the reader of a member, and nobody else does: no other role of the hub's account, no role of that name in another
// account or outside of the organization. The hub's role in turn assumes no other role, and none outside of the organization.
func TestOnlyTheHubAssumesTheReader(t *testing.T) {
	hub, member := deployedHub(t), deployedMember(t, "us-east-1")
	ownRole, _ := hub.named("AWS::IAM::Role", deploy.RoleID)
	trust := member.document(member.properties("AWS::IAM::Role")["Reader"]["AssumeRolePolicyDocument"], policy.Trust)
	admin := []policy.Part{parsed(t, everything, policy.Identity)}
	reader := member.arn("Reader")
	if hub.name(ownRole) != "rolewatch-hub" || reader != "arn:aws:iam::222233334444:role/rolewatch-reader" {
		t.Fatalf("the roles are %s and %s", hub.name(ownRole), reader)
	}
	anyTrust := parsed(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}`, policy.Trust)
	own := hub.identity(ownRole)
	for _, tt := range []struct {
		who      who
		identity []policy.Part
		trust    policy.Part
		target   string
		org      string
		want     bool
	}{
		{asRole(hubAccount, "rolewatch-hub", hubOrg), own, trust, reader, hubOrg, true},
		{asRole(hubAccount, "admin", hubOrg), admin, trust, reader, hubOrg, false},
		{asRole(hubAccount, "path/rolewatch-hub", hubOrg), admin, trust, reader, hubOrg, false},
		{asRole(hubAccount, "rolewatch-hub-2", hubOrg), admin, trust, reader, hubOrg, false},
		{asRole(memberAccount, "admin", hubOrg), admin, trust, reader, hubOrg, false},
		{asRole(memberAccount, "rolewatch-hub", hubOrg), admin, trust, reader, hubOrg, false},
		{asRole(foreignAccount, "rolewatch-hub", otherOrg), admin, trust, reader, hubOrg, false},
		{asRole(hubAccount, "rolewatch-hub", otherOrg), own, trust, reader, hubOrg, false},
		{asRole(hubAccount, "rolewatch-hub", hubOrg), own, anyTrust, "arn:aws:iam::222233334444:role/admin", hubOrg, false},
		{asRole(hubAccount, "rolewatch-hub", hubOrg), own, anyTrust, "arn:aws:iam::222233334444:role/path/rolewatch-reader", hubOrg, false},
		{asRole(hubAccount, "rolewatch-hub", hubOrg), own, anyTrust, reader, hubOrg, true},
		{asRole(hubAccount, "rolewatch-hub", hubOrg), own, anyTrust, "arn:aws:iam::999988887777:role/rolewatch-reader", otherOrg, false},
	} {
		got := tt.who.asks("sts:AssumeRole", tt.target, policy.Set{Identity: tt.identity, Resource: &tt.trust}, map[string]string{"aws:resourceorgid": tt.org})
		if (got == policy.Allowed) != tt.want || got == policy.Unknown {
			t.Errorf("%s, to %s: %v", tt.who.what, tt.target, got)
		}
	}
	v := asRole(hubAccount, "rolewatch-hub", hubOrg)
	if got := v.asks("sts:TagSession", reader, policy.Set{Identity: admin, Resource: &trust}, nil); got == policy.Allowed {
		t.Error("the trust allows more than sts:AssumeRole")
	}
}

// queuePolicy is the policy of a queue.
func (d deployedAs) queuePolicy(queue string) *policy.Part {
	for _, p := range d.properties("AWS::SQS::QueuePolicy") {
		if referred(list(p["Queues"])[0]) == queue {
			part := d.document(p["PolicyDocument"], policy.Resource)
			return &part
		}
	}
	d.t.Fatalf("%s has no policy", queue)
	return nil
}

// Only the function sends work items, and the principals that may accept risks send dead letters back. Only EventBridge sends records, for
// the rules of the hub. An administrator of the account has to change the policy of the queue first.
func TestWhoSendsToTheQueuesOfAHub(t *testing.T) {
	hub := deployedHub(t)
	work, _ := hub.named("AWS::SQS::Queue", deploy.QueueID)
	records, _ := hub.named("AWS::SQS::Queue", deploy.RecordsID)
	dead, _ := hub.named("AWS::SQS::Queue", deploy.DeadLettersID)
	ownRole, _ := hub.named("AWS::IAM::Role", deploy.RoleID)
	admin := []policy.Part{parsed(t, everything, policy.Identity)}
	const foreign = "arn:aws:events:eu-central-1:111122223333:rule/mallory"
	asked := 0
	check := func(w who, identity []policy.Part, queue string, want bool) {
		t.Helper()
		asked++
		if got := w.asks("sqs:SendMessage", hub.arn(queue), policy.Set{Identity: identity, Resource: hub.queuePolicy(queue)}, nil); (got == policy.Allowed) != want || got == policy.Unknown {
			t.Errorf("%s sends to %s: %v, want %v", w.what, queue, got, want)
		}
	}
	own := asRole(hubAccount, "rolewatch-hub", hubOrg)
	check(own, hub.identity(ownRole), work, true)
	check(own, hub.identity(ownRole), dead, true)
	check(own, hub.identity(ownRole), records, false)
	check(own, admin, records, false)
	check(asRole(hubAccount, "security", hubOrg), admin, work, true)
	check(asRole(hubAccount, "security", hubOrg), admin, records, false)
	check(asRole(hubAccount, "admin", hubOrg), admin, work, false)
	check(asRole(hubAccount, "admin", hubOrg), admin, records, false)
	check(asRole(memberAccount, "rolewatch-sender", hubOrg), admin, records, false)
	check(asRole(memberAccount, "rolewatch-hub", hubOrg), admin, work, false)
	rules := 0
	for id, p := range hub.properties("AWS::Events::Rule") {
		if p["EventPattern"] == nil {
			continue
		}
		rules++
		check(asRule(hub.arn(id)), nil, records, true)
		check(asRule(hub.arn(id)), nil, dead, true)
		check(asRule(hub.arn(id)), nil, work, false)
	}
	check(asRule(foreign), nil, records, false)
	check(asRule(foreign), nil, work, false)
	if rules != 11 || asked != 45 {
		t.Errorf("%d rules, %d questions", rules, asked)
	}
}

// The rules of the organization's members send what the tables of events have, with the role of a member; nobody else sends to the bus.
func TestTheBusTakesWhatMembersSend(t *testing.T) {
	hub, member := deployedHub(t), deployedMember(t, "eu-west-1")
	bus := hub.properties("AWS::Events::EventBus")[deploy.HubBusID]
	admit := hub.document(bus["Policy"], policy.Resource)
	sender, admin := member.identity("Sender"), []policy.Part{parsed(t, everything, policy.Identity)}
	const arn = "arn:aws:events:eu-central-1:111122223333:event-bus/rolewatch-hub"
	for _, rule := range member.properties("AWS::Events::Rule") {
		target := list(rule["Targets"])[0]
		if got := member.concrete(at(target, "Arn")); got != arn {
			t.Errorf("a rule of a member sends to %v", got)
		}
		if got := member.concrete(at(target, "RoleArn")); got != "arn:aws:iam::222233334444:role/rolewatch-sender" {
			t.Errorf("a rule of a member sends with %v", got)
		}
	}
	const call, beat = "AWS API Call via CloudTrail", "rolewatch heartbeat"
	allowed := 0
	for _, tt := range []struct {
		who                who
		identity           []policy.Part
		source, detailType string
		want               bool
	}{
		{asRole(memberAccount, "rolewatch-sender", hubOrg), sender, "aws.iam", call, true},
		{asRole(memberAccount, "rolewatch-sender", hubOrg), sender, "aws.lambda", call, true},
		{asRole(memberAccount, "rolewatch-sender", hubOrg), sender, "aws.organizations", call, true},
		{asRole(memberAccount, "rolewatch-sender", hubOrg), sender, "rolewatch", beat, true},
		{asRole(memberAccount, "rolewatch-sender", hubOrg), sender, "rolewatch", call, false},
		{asRole(memberAccount, "rolewatch-sender", hubOrg), sender, "aws.iam", beat, false},
		{asRole(memberAccount, "rolewatch-sender", hubOrg), sender, "aws.s3", call, false},
		{asRole(memberAccount, "rolewatch-sender", hubOrg), sender, "rolewatch.command", "rolewatch command", false},
		{asRole(memberAccount, "rolewatch-sender", hubOrg), sender, "aws.cloudwatch", "CloudWatch Alarm State Change", false},
		{asRole(memberAccount, "admin", hubOrg), admin, "aws.iam", call, false},
		{asRole(memberAccount, "path/rolewatch-sender", hubOrg), admin, "aws.iam", call, false},
		{asRole(foreignAccount, "rolewatch-sender", otherOrg), admin, "aws.iam", call, false},
		{asRole(foreignAccount, "rolewatch-sender", ""), admin, "aws.iam", call, false},
	} {
		more := map[string]string{"events:source": tt.source, "events:detail-type": tt.detailType}
		got := tt.who.asks("events:PutEvents", arn, policy.Set{Identity: tt.identity, Resource: &admit}, more)
		if (got == policy.Allowed) != tt.want || got == policy.Unknown {
			t.Errorf("%s sends %s, %q: %v", tt.who.what, tt.source, tt.detailType, got)
		}
		if got == policy.Allowed {
			allowed++
		}
		for _, action := range []string{"events:PutRule", "events:PutTargets", "events:DeleteRule"} {
			if got := tt.who.asks(action, arn, policy.Set{Identity: admin, Resource: &admit}, more); got == policy.Allowed {
				t.Errorf("%s may %s on the bus", tt.who.what, action)
			}
		}
	}
	if allowed != 4 {
		t.Errorf("%d are allowed", allowed)
	}
}

// What arrives on the bus goes to the queue of records, unless it is of the hub's own account, which sends on its own ways.
func TestTheRulesOfTheBusTakeMembersAlone(t *testing.T) {
	hub := deployedHub(t)
	records, _ := hub.named("AWS::SQS::Queue", deploy.RecordsID)
	patterns := map[string]object{}
	for id, p := range hub.properties("AWS::Events::Rule") {
		pattern, _ := p["EventPattern"].(object)
		if pattern != nil && referred(at(list(p["Targets"])[0], "Arn")) != records {
			t.Errorf("%s sends to %v", id, at(list(p["Targets"])[0], "Arn"))
		}
		if referred(p["EventBusName"]) == deploy.HubBusID {
			patterns[id] = hub.concrete(pattern).(object)
		}
	}
	taken, left := 0, 0
	for _, e := range everyEvent(t) {
		var event object
		if err := json.Unmarshal(e.body, &event); err != nil {
			t.Fatal(err)
		}
		event["account"] = memberAccount
		want := 0
		if e.look {
			want, taken = 1, taken+1
		}
		if got := selecting(t, patterns, []byte(text(t, event))); len(got) != want {
			t.Errorf("%s of a member is selected by %v", e.name, got)
		}
		event["account"] = hubAccount
		if got := selecting(t, patterns, []byte(text(t, event))); len(got) != 0 {
			t.Errorf("%s of the hub is selected by %v", e.name, got)
		}
		left++
	}
	if taken < 20 || left < taken {
		t.Errorf("%d and %d events", taken, left)
	}
}
