package e2e

import (
	"context"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// unseen are actions of the function's role that no call of this test shows, each with its reason.
var unseen = map[string]string{
	"sqs:ReceiveMessage":                  "Lambda's event source mapping receives with the function's role; the emulator's poller does not call the API",
	"sqs:DeleteMessage":                   "as sqs:ReceiveMessage",
	"events:DescribeEventBus":             "there is a bus where there are other Regions, which this stack has none of",
	"logs:CreateLogStream":                "Lambda's runtime writes the log with the function's role; the emulator keeps it to itself",
	"logs:PutLogEvents":                   "as logs:CreateLogStream",
	"kms:Decrypt":                         "SNS uses the key of the topics in the name of who publishes; the emulator does not encrypt",
	"kms:GenerateDataKey*":                "as kms:Decrypt",
	"iam:ListRoles":                       "roles are listed by it where iam:GetAccountAuthorizationDetails is not supported, which the emulator supports",
	"lambda:ListTags":                     "functions' tags are read where exceptions go by tag, which this stack's settings have none of",
	"cloudtrail:LookupEvents":             "the emulator records no call of CloudTrail; the scenario of a change without a record shows that it is made",
	"cloudtrail:DescribeTrails":           "as cloudtrail:LookupEvents; the scenario of a broken deployment shows that it is made",
	"cloudtrail:GetTrailStatus":           "as cloudtrail:DescribeTrails",
	"cloudtrail:GetEventSelectors":        "as cloudtrail:DescribeTrails",
	"lambda:GetRuntimeManagementConfig":   "it is called for functions with a customer-managed runtime, which the emulator does not have",
	"organizations:ListParents":           "the emulator's account is in no organization",
	"organizations:ListPoliciesForTarget": "as organizations:ListParents",
	"organizations:DescribePolicy":        "as organizations:ListParents",
}

// seldom are actions of the function's role that a run shows or not, each with its reason.
var seldom = map[string]string{
	"sqs:ChangeMessageVisibility": "only what failed for a while is hidden longer, as when the machine is busy",
}

// call is one API call that the emulator recorded.
type call struct {
	Service   string         `json:"service"`
	Name      string         `json:"event_name"`
	UserAgent string         `json:"user_agent"`
	Params    map[string]any `json:"request_params"`
}

// permissions holds the function's role against the calls that it made, both ways, and rolewatch's own checks against
// the role.
func permissions(t *testing.T, s *stack) {
	set, snapshot := s.ownRole(t)
	used := map[string]bool{}
	calls := 0
	for _, c := range s.callsOf(t, "rolewatch") {
		calls++
		for _, r := range requests(c) {
			r.Principal = "arn:aws:sts::" + account + ":assumed-role/" + snapshot.Ref.Name + "/rolewatch"
			with := set
			if c.Service == "kms" {
				with.Resource = keyPolicy(t)
			}
			if v := policy.Evaluate(r, with); v.Decision != policy.Allowed {
				t.Errorf("the function called %s on %s, which its role does not allow", r.Action, r.Resource)
			}
			used[strings.ToLower(r.Action)] = true
		}
	}
	if calls < 50 {
		t.Fatalf("%d calls of the function were recorded: the recording does not see them", calls)
	}
	actions := map[string]bool{}
	for _, p := range set.Identity {
		for _, st := range p.Document.Statements {
			for _, a := range st.Actions {
				actions[a.Text] = true
				if !used[strings.ToLower(a.Text)] && unseen[a.Text] == "" && seldom[a.Text] == "" {
					t.Errorf("the role allows %s, which was not used and is not listed with a reason", a.Text)
				}
			}
		}
	}
	if len(actions) == 0 {
		t.Fatal("the role allows nothing")
	}
	for a := range seldom {
		if !actions[a] {
			t.Errorf("%s is listed as seldom used, and not allowed", a)
		}
	}
	for a := range unseen {
		if !actions[a] || used[strings.ToLower(a)] {
			t.Errorf("%s is listed as allowed and unused: allowed %v, used %v", a, actions[a], used[strings.ToLower(a)])
		}
	}
	result := check.Run(catalogue.Checks(), &check.Subject{Role: snapshot, Now: started})
	for _, d := range result.Diagnostics {
		if d.Check.ID == danger.DataAccess && strings.HasSuffix(d.Title, " can call cloudtrail:LookupEvents on any resource") {
			continue // The event history has no resource that a policy could name.
		}
		t.Errorf("rolewatch finds %s on its own role: %s", d.Check.ID, d.Title)
	}
	t.Logf("%d calls, %d actions", calls, len(actions))
}

// keyPolicy is the default policy of a key, which leaves it to the account's IAM policies who uses the key:
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func keyPolicy(t *testing.T) *policy.Part {
	t.Helper()
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"kms:*","Resource":"*"}]}`
	document, errs := policy.Parse([]byte(text), policy.Resource)
	if document == nil {
		t.Fatal(errs)
	}
	return &policy.Part{Name: "resource", Document: document}
}

// ownRole reads the deployed function's role.
func (s *stack) ownRole(t *testing.T) (policy.Set, *role.Snapshot) {
	t.Helper()
	return s.roleOf(t, s.outputs["FunctionName"])
}

// roleOf reads the role of a function.
func (s *stack) roleOf(t *testing.T, function string) (policy.Set, *role.Snapshot) {
	t.Helper()
	ctx := context.Background()
	f, err := s.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &function})
	must(t, err)
	ref, err := role.ParseRef(*f.Role)
	must(t, err)
	got, err := s.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &ref.Name})
	must(t, err)
	trust, err := url.PathUnescape(*got.Role.AssumeRolePolicyDocument)
	must(t, err)
	snapshot := &role.Snapshot{
		Ref: ref, Identity: role.Have(role.Identity{ARN: *got.Role.Arn, ID: *got.Role.RoleId}),
		Trust: role.Have(role.NewPolicy("trust", trust, policy.Trust)), Boundary: role.None[role.Policy](), Tags: role.Have(map[string]string{}),
		Users: role.Users{Complete: true, List: []role.Function{{ARN: *f.FunctionArn, Version: "$LATEST", Role: *f.Role}}},
	}
	var set policy.Set
	var inline []role.Policy
	names, err := s.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &ref.Name})
	must(t, err)
	for _, name := range names.PolicyNames {
		out, err := s.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &ref.Name, PolicyName: &name})
		must(t, err)
		text, err := url.PathUnescape(*out.PolicyDocument)
		must(t, err)
		p := role.NewPolicy(role.InlinePart(name), text, policy.Identity)
		if p.Fault != nil {
			t.Errorf("the role's policy %s: %v", name, p.Fault)
		}
		inline = append(inline, p)
		set.Identity = append(set.Identity, p.AsPart())
	}
	attached, err := s.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &ref.Name})
	must(t, err)
	if len(attached.AttachedPolicies) > 0 {
		t.Errorf("the role has managed policies: %+v", attached.AttachedPolicies)
	}
	snapshot.Inline, snapshot.Attached = role.Have(inline), role.Have([]role.Policy(nil))
	return set, snapshot
}

// callsOf are the calls that a function made: its SDK names itself.
func (s *stack) callsOf(t *testing.T, app string) []call {
	t.Helper()
	text, err := os.ReadFile(s.calls)
	must(t, err)
	var out []call
	for line := range strings.Lines(string(text)) {
		if !strings.HasSuffix(line, "\n") {
			// The emulator is just writing it.
			continue
		}
		var c call
		must(t, json.Unmarshal([]byte(line), &c))
		if slices.Contains(strings.Fields(c.UserAgent), "app/"+app) {
			out = append(out, c)
		}
	}
	return out
}

// requests are the questions that IAM asks for a call.
func requests(c call) []policy.Request {
	text := func(name string) string { s, _ := c.Params[name].(string); return s }
	arn := func(service, resource string) string {
		return "arn:aws:" + service + ":" + region + ":" + account + ":" + resource
	}
	name := c.Name
	if a := text("Action"); a != "" {
		name = a
	}
	ask := func(action, resource string) []policy.Request {
		return []policy.Request{{Action: c.Service + ":" + action, Resource: resource, Context: policy.Context{RestUnknown: true}}}
	}
	switch c.Service {
	case "dynamodb":
		return tableRequests(c, name)
	case "sqs":
		url := text("QueueUrl")
		return ask(name, arn("sqs", url[strings.LastIndexByte(url, '/')+1:]))
	case "sns":
		return ask(name, text("TopicArn"))
	case "lambda":
		if name == "ListFunctions" || name == "ListEventSourceMappings" {
			return ask(name, "*")
		}
		if name == "GetEventSourceMapping" {
			return ask(name, arn("lambda", "event-source-mapping:any"))
		}
		return ask(name, arn("lambda", "function:any"))
	case "cloudformation":
		return ask(name, arn("cloudformation", "stack/"+text("StackName")+"/id"))
	case "events":
		rule := text("Rule")
		if rule == "" {
			rule = text("Name")
		}
		return ask(name, arn("events", "rule/"+rule))
	case "kms":
		if key := text("KeyId"); strings.Contains(key, ":key/") {
			return ask(name, key)
		}
		return ask(name, arn("kms", "key/"+text("KeyId")))
	case "iam":
		resource := "*"
		if r := text("RoleName"); r != "" {
			resource = "arn:aws:iam::" + account + ":role/" + r
		} else if p := text("PolicyArn"); p != "" {
			resource = p
		}
		return ask(name, resource)
	}
	return ask(name, "*")
}

// tableRequests takes a transaction and a batch apart: IAM asks for what is done to each item, and of a batch for the
// batch itself.
func tableRequests(c call, name string) []policy.Request {
	table := func(t string) string { return "arn:aws:dynamodb:" + region + ":" + account + ":table/" + t }
	one := func(action, resource string) policy.Request {
		return policy.Request{Action: "dynamodb:" + action, Resource: resource, Context: policy.Context{RestUnknown: true}}
	}
	var out []policy.Request
	switch name {
	case "TransactWriteItems":
		items, _ := c.Params["TransactItems"].([]any)
		for _, i := range items {
			for kind, write := range i.(map[string]any) {
				action := map[string]string{"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}[kind]
				out = append(out, one(action, table(write.(map[string]any)["TableName"].(string))))
			}
		}
	case "BatchGetItem", "BatchWriteItem":
		tables, _ := c.Params["RequestItems"].(map[string]any)
		for t := range tables {
			out = append(out, one(name, table(t)))
		}
	default:
		t, _ := c.Params["TableName"].(string)
		resource := table(t)
		if index, ok := c.Params["IndexName"].(string); ok {
			resource += "/index/" + index
		}
		out = append(out, one(name, resource))
	}
	return out
}
