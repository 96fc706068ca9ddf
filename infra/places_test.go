package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// routed has three routes: to two Slack channels, to addresses, and to topics of this account and of another one.
const routed = `{"regions":["us-east-1"],"key":true,"emails":["ops@example.com"],"slack":{"workspace":"T0AB12CD3","channel":"C0EF45GH6"},"owners":["team"],"routes":[
	{"name":"pay","match":{"tags":{"team":"pay"}},"to":{"slack":["C0PAY00001","T0AB12CD3/C0PAY00002"]}},
	{"name":"shop-eu","match":{"tags":{"team":["shop","cart"]}},"to":{"slack":["C0PAY00001"],"emails":["shop@example.com","cart@example.com"]}},
	{"name":"siem","to":{"topics":["arn:aws:sns:us-east-1:111122223333:siem",{"topic":"arn:aws:sns:us-east-1:444455556666:audit","policyAllowsPublish":true}]}}]}`

// Each Slack channel and each list of addresses of the routes has a topic of its own, which only TLS reaches and the stack's key encrypts. The
// channels have the role and the guardrail of the default's, which allow nothing.
func TestRoutesHaveTopicsOfTheirOwn(t *testing.T) {
	tm := homeOf(t, routed)
	topics := tm.properties("AWS::SNS::Topic")
	if len(topics) != 6 { // Findings, Operations, Chat, two channels, one list of addresses.
		t.Errorf("%d topics", len(topics))
	}
	denies := map[string]bool{}
	for _, p := range tm.properties("AWS::SNS::TopicPolicy") {
		for _, s := range list(at(p, "PolicyDocument", "Statement")) {
			if at(s, "Effect") == "Deny" && at(s, "Condition", "Bool", "aws:SecureTransport") == "false" {
				denies[referred(list(p["Topics"])[0])] = true
			}
		}
	}
	for id, topic := range topics {
		if encrypted := topic["KmsMasterKeyId"] != nil; encrypted == strings.HasPrefix(id, deploy.OperationsID) || !denies[id] {
			t.Errorf("%s: key %v, denies what is not encrypted: %v", id, topic["KmsMasterKeyId"], denies[id])
		}
	}
	mails := map[string][]string{}
	for _, s := range tm.properties("AWS::SNS::Subscription") {
		id := referred(s["TopicArn"])
		mails[id[:len(id)-8]] = append(mails[id[:len(id)-8]], s["Endpoint"].(string))
		if own := strings.HasPrefix(id, deploy.PlaceMailID); own && s["FilterPolicy"] != nil {
			t.Errorf("%s has a filter", id)
		}
	}
	if got := slices.Sorted(slices.Values(mails[deploy.PlaceMailID+"ShopEu"])); !slices.Equal(got, []string{"cart@example.com", "shop@example.com"}) || len(mails) != 3 {
		t.Errorf("addresses %v", mails)
	}
	roles, guardrails, told := map[string]bool{}, map[string]bool{}, map[string][]string{}
	for _, c := range tm.properties("AWS::Chatbot::SlackChannelConfiguration") {
		roles[referred(c["IamRoleArn"])], guardrails[referred(list(c["GuardrailPolicies"])[0])] = true, true
		for _, arn := range list(c["SnsTopicArns"]) {
			id := referred(arn)
			told[c["SlackChannelId"].(string)] = append(told[c["SlackChannelId"].(string)], id[:len(id)-8])
		}
		if c["SlackWorkspaceId"] != "T0AB12CD3" {
			t.Errorf("workspace %v", c["SlackWorkspaceId"])
		}
	}
	if len(roles) != 1 || len(guardrails) != 1 || len(told) != 3 {
		t.Errorf("roles %v, guardrails %v, channels %v", roles, guardrails, told)
	}
	for _, channel := range []string{"C0PAY00001", "C0PAY00002"} {
		if got := told[channel]; !slices.Equal(got, []string{deploy.PlaceChatID + channel}) {
			t.Errorf("%s is notified by %v", channel, got)
		}
	}
}

// rulesFile reads the file beside the binary that holds the rules of a context.
func rulesFile(t *testing.T, context string) func(string) ([]byte, error) {
	t.Helper()
	stack, err := settings.FromContext([]byte(context), settings.Known())
	if err != nil {
		t.Fatal(err)
	}
	return func(string) ([]byte, error) {
		text, _ := stack.File()
		return text, nil
	}
}

// The function may publish to every topic that its routes lead to, reads where they are, and nothing else changes.
func TestTheFunctionPublishesToThePlacesOfRoutes(t *testing.T) {
	tm := homeOf(t, routed)
	_, function := tm.named("AWS::Lambda::Function", deploy.FunctionID)
	variables, _ := at(function, "Environment", "Variables").(object)
	set, err := settings.FromEnvironment(func(name string) string {
		if name == "ROLEWATCH_FINDINGS_TOPIC" {
			return "arn:aws:sns:us-east-1:111122223333:findings" // The topics of places are named without the beginning of this.
		}
		switch v := variables[name].(type) {
		case nil:
			return ""
		case string:
			return v
		default:
			return resolved(v)
		}
	}, rulesFile(t, routed), settings.Known())
	if err != nil {
		t.Fatal(err)
	}
	if len(set.PlaceTopics) != 5 || set.PlaceTopics["chat-C0PAY00001"] == "" {
		t.Errorf("topics %v", set.PlaceTopics)
	}
	role := tm.properties("AWS::IAM::Role")[referred(function["Role"])]
	var allowed []any
	for _, policy := range list(role["Policies"]) {
		for _, s := range list(at(policy, "PolicyDocument", "Statement")) {
			if at(s, "Sid") == string(ownTopics) {
				allowed = list(at(s, "Resource"))
			}
		}
	}
	if len(allowed) != 8 || !slices.Contains(allowed, any("arn:aws:sns:us-east-1:444455556666:audit")) {
		t.Errorf("the function may publish to %v", allowed)
	}
}

// Where the command line says which account it deploys to, a topic of another account that nothing is said of is an error.
func TestATopicOfAnotherAccount(t *testing.T) {
	context := `{"emails":["ops@example.com"],"routes":[{"name":"siem","to":{"topics":["arn:aws:sns:us-east-1:111122223333:siem"]}}]}`
	for account, want := range map[string]string{"": "", "111122223333": "", "444455556666": "rolewatch.routes[0].to.topics[0]"} {
		_, err := newApp(options{Known: settings.Known(), Bootstrap: bootstrap(t, "x"), Outdir: t.TempDir(), Account: account, Context: object{contextKey: context}})
		if (err != nil) != (want != "") || err != nil && (!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "policyAllowsPublish")) {
			t.Errorf("account %q: %v", account, err)
		}
	}
}
