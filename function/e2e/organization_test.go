package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/hub"
)

const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// tenant is an account of the organization, with the clients of it.
type tenant struct {
	*stack
	id string
}

// tenant gives the clients of another account on the same emulator.
func (s *stack) tenant(id string) *tenant {
	of := *s
	of.key = id
	cfg := awstest.Config(s.t, s.endpoint)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(id, "test", "")
	of.iam, of.lambda, of.events = iam.NewFromConfig(cfg), lambda.NewFromConfig(cfg), eventbridge.NewFromConfig(cfg)
	return &tenant{&of, id}
}

func (m *tenant) arn(role string) string { return "arn:aws:iam::" + m.id + ":role/" + role }

// make makes a role that a function of the same name uses.
func (m *tenant) make(t *testing.T, name string) {
	t.Helper()
	m.makeRole(t, name, goodTrust)
	awstest.MakeFunction(t, m.lambda, &lambda.CreateFunctionInput{FunctionName: aws.String(name), Role: aws.String(m.arn(name))})
}

// by is what a record of the account has other than one of the hub's.
func (m *tenant) by() map[string]any {
	return map[string]any{
		"recipientAccountId": m.id,
		"userIdentity":       map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + m.id + ":user/mallory", "accountId": m.id, "userName": "mallory"},
	}
}

// trust sets the trust policy of a role, admin lets a role do everything, and noAdmin takes that away. Each puts the record on the default
// bus of the account.
func (m *tenant) trust(t *testing.T, role, document string) {
	t.Helper()
	m.put(t, m.setTrust(t, role, document, m.by()))
}

func (m *tenant) admin(t *testing.T, role string) {
	t.Helper()
	_, err := m.iam.PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("all"), PolicyDocument: aws.String(everything)})
	must(t, err)
	m.put(t, record("PutRolePolicy", map[string]any{"roleName": role, "policyName": "all", "policyDocument": everything}, m.by()))
}

func (m *tenant) noAdmin(t *testing.T, role string) {
	t.Helper()
	_, err := m.iam.DeleteRolePolicy(context.Background(), &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: aws.String("all")})
	awstest.Removed(t, err)
	m.put(t, record("DeleteRolePolicy", map[string]any{"roleName": role, "policyName": "all"}, m.by()))
}

// TestOrganization deploys a hub and the stacks of two members by the CDK command line, and plays scenarios in their accounts. The accounts
// are those of the emulator's AWS Organizations; it delivers events to the bus of another account by a few lines of the launcher.
func TestOrganization(t *testing.T) {
	t.Parallel()
	s := bootstrapped(t)
	ctx := context.Background()
	org := organizations.NewFromConfig(awstest.Config(t, s.endpoint))
	create := func(name string) *tenant {
		out, err := org.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: aws.String(name), Email: aws.String(name + "@example.com")})
		must(t, err)
		return s.tenant(*out.CreateAccountStatus.AccountId)
	}
	payments, shop := create("payments"), create("shop")
	described, err := org.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	must(t, err)
	s.more = `,"organization":{"id":"` + *described.Organization.Id + `","hub":{"account":"` + account + `","deploy":"none"}}`
	s.deploy()
	s.subscribe()
	notices := s.operationsInbox(t)
	all := s.listen(t)
	for _, m := range []*tenant{payments, shop} {
		m.more, m.outputs = s.more, s.outputs
		m.make(t, "orders")
		m.cdk("deploy", "--all", "--require-approval", "never")
	}
	s.tick(t)
	s.listed(t, 1)
	payments.sweep(t)
	shop.sweep(t)

	failureAndRisk(t, all, payments, shop)
	forgedRecordIsSetAside(t, s, shop, payments, notices)
	policyOfTheRoot(t, s, org, all, payments)
	accountsComeAndGo(t, s, org, all, payments, notices, create)
	if _, repeated := all.everything(); len(repeated) > 0 {
		t.Logf("delivered twice: %q", repeated)
	}
}

// A failure and a risk in each member are reported with the name of its account, and are resolved.
func failureAndRisk(t *testing.T, all *told, members ...*tenant) {
	for i, m := range members {
		m.trust(t, "orders", badTrust)
		name := []string{"payments", "shop"}[i]
		if got := all.waitARN(t, m.arn("orders"), "opened RW103"); got.Account != m.id || got.AccountName != name || got.Opened[0].Status != finding.Open {
			t.Errorf("%s: account %s (%s): %+v", name, got.Account, got.AccountName, got.Opened)
		}
		m.trust(t, "orders", goodTrust)
		all.waitARN(t, m.arn("orders"), "opened RW103", "resolved RW103")
		m.admin(t, "orders")
		got := all.waitARN(t, m.arn("orders"), "opened RW103", "resolved RW103", "opened RW301")
		if f := got.Opened[0]; f.Severity != check.Critical || f.Cause == nil || f.Cause.Certainty != finding.Certain || got.Changes[0].Actor.Name != "mallory" {
			t.Errorf("%s: %+v, changes %+v", name, f, got.Changes)
		}
		if i == 0 {
			continue // It stays until the account is closed.
		}
		m.noAdmin(t, "orders")
		all.waitARN(t, m.arn("orders"), "opened RW103", "resolved RW103", "opened RW301", "resolved RW301")
	}
}

// A record that one account sends in the name of another one is set aside, and operations are notified of the sender.
func forgedRecordIsSetAside(t *testing.T, s *stack, sender, named *tenant, notices string) {
	sender.put(t, record("PutRolePolicy", map[string]any{"roleName": "orders", "policyName": "all", "policyDocument": everything}, named.by()))
	s.noticedOf(t, notices, sender.id)
}

// noticedOf waits for a notice to operations whose subject names something.
func (s *stack) noticedOf(t *testing.T, inbox, what string) {
	t.Helper()
	noticed, missing := s.naming(t, inbox, what)
	awstest.Eventually(t, noticed, missing)
}

// naming reports whether a notice to operations names something in its subject, and says of what they were notified instead.
func (s *stack) naming(t *testing.T, inbox, what string) (noticed func() bool, missing func() string) {
	var subjects []string
	noticed = func() bool {
		subjects = append(subjects, s.notices(t, inbox)...)
		return strings.Contains(strings.Join(subjects, "\n"), what)
	}
	return noticed, func() string {
		return "operations were notified of " + strings.Join(subjects, "; ") + ", and not of " + what
	}
}

// A service control policy at the root that denies everything takes the risk away from the accounts below it, and what functions need. Its end
// brings both back.
func policyOfTheRoot(t *testing.T, s *stack, org *organizations.Client, all *told, m *tenant) {
	ctx := context.Background()
	roots, err := org.ListRoots(ctx, &organizations.ListRootsInput{})
	must(t, err)
	root := roots.Roots[0].Id
	made, err := org.CreatePolicy(ctx, &organizations.CreatePolicyInput{
		Name: aws.String("nothing"), Description: aws.String("Denies everything"), Type: orgtypes.PolicyTypeServiceControlPolicy,
		Content: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`),
	})
	must(t, err)
	id := made.Policy.PolicySummary.Id
	change := func(name string) {
		s.put(t, record(name, map[string]any{"policyId": *id, "targetId": *root}))
	}
	lines := []string{"opened RW103", "resolved RW103", "opened RW301", "opened RW201", "resolved RW301"}
	_, err = org.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: id, TargetId: root})
	must(t, err)
	change("AttachPolicy")
	all.waitARN(t, m.arn("orders"), lines...)
	_, err = org.DetachPolicy(ctx, &organizations.DetachPolicyInput{PolicyId: id, TargetId: root})
	awstest.Removed(t, err)
	change("DetachPolicy")
	all.waitARN(t, m.arn("orders"), append(lines, "opened RW301", "resolved RW201")...)
}

// listed waits until the organization has been listed so often, or more.
func (s *stack) listed(t *testing.T, times int64) {
	t.Helper()
	var revision int64
	awstest.Eventually(t, func() bool {
		var err error
		_, revision, err = dynamostore.New(s.dynamodb, s.outputs["TableName"], time.Now).Kept(context.Background(), deploy.HubDirectory)
		must(t, err)
		return revision >= times
	}, func() string { return fmt.Sprintf("the organization was listed %d times, want %d", revision, times) })
}

// sweep waits for the account's first sweep.
func (m *tenant) sweep(t *testing.T) {
	t.Helper()
	m.ticks(t, func() bool {
		state, err := dynamostore.New(m.dynamodb, m.outputs["TableName"], time.Now).Of(m.id).SweepState(context.Background(), m.id)
		must(t, err)
		return state.Complete > 0
	}, func() string { return "account " + m.id + " was not swept" })
}

// ticks sends the account's tick, which the hub spreads over the time between two ticks of its own, now and again until a condition holds: what
// an execution environment has read of the organization, or tried of the account, it takes for a minute.
func (m *tenant) ticks(t *testing.T, holds func() bool, missing func() string) {
	t.Helper()
	var sent time.Time
	awstest.Eventually(t, func() bool {
		if time.Since(sent) > 15*time.Second {
			sent = time.Now()
			m.send(t, deploy.Tick, map[string]sqstypes.MessageAttributeValue{deploy.AccountAttribute: {DataType: aws.String("String"), StringValue: &m.id}})
		}
		return holds()
	}, missing)
}

// send puts an item of the function's own into its queue.
func (s *stack) send(t *testing.T, body string, attributes map[string]sqstypes.MessageAttributeValue) {
	t.Helper()
	_, err := s.sqs.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: aws.String(s.outputs[deploy.QueueOutput]), MessageBody: &body, MessageAttributes: attributes})
	must(t, err)
}

// When the organization is listed again, an account that it has since then is watched, and the findings of one that was closed are resolved.
// The account that was added has no role yet that the hub can read it with: operations are notified of it, and when it has one.
func accountsComeAndGo(t *testing.T, s *stack, org *organizations.Client, all *told, closed *tenant, notices string, create func(string) *tenant) {
	before, _ := all.everything()
	_, err := org.CloseAccount(context.Background(), &organizations.CloseAccountInput{AccountId: aws.String(closed.id)})
	must(t, err)
	added := create("search")
	added.more = closed.more
	added.make(t, "orders")
	// The hub lists the organization once an hour: this is the work item that it sends itself then.
	s.send(t, `{"hub":"list"}`, nil)
	s.listed(t, 2)
	added.isUnreadable(t, notices)
	added.cdk("deploy", "--all", "--require-approval", "never")
	added.sweep(t)
	s.send(t, `{"hub":"list"}`, nil) // After a listing, the members are checked.
	s.listed(t, 3)
	s.noticedOf(t, notices, "rolewatch can read account "+added.id+" (search) again")
	added.admin(t, "orders")
	if got := all.waitARN(t, added.arn("orders"), "opened RW301"); got.AccountName != "search" {
		t.Errorf("account %s (%s)", got.Account, got.AccountName)
	}
	s.tick(t) // It resolves what is open in accounts that the last listing lacks.
	lines := before[closed.arn("orders")]
	m := all.waitARN(t, closed.arn("orders"), append(slices.Clone(lines), "resolved RW301")...)
	if r := m.Resolved[0].Resolution; r != finding.AccountGone {
		t.Errorf("resolved as %q", r)
	}
}

// isUnreadable waits for the notice that the account cannot be read. An account that was listed less than an hour ago is given the time that a
// StackSet takes: here it is listed since two hours ago.
func (m *tenant) isUnreadable(t *testing.T, notices string) {
	t.Helper()
	store := dynamostore.New(m.dynamodb, m.outputs["TableName"], time.Now)
	awstest.Eventually(t, func() bool {
		d, revision, err := hub.ReadDirectory(context.Background(), store)
		must(t, err)
		note := d.Notes[m.id]
		note.Since = time.Now().Add(-2 * time.Hour)
		d.Notes[m.id] = note
		body, err := json.Marshal(d)
		must(t, err)
		return store.Keep(context.Background(), deploy.HubDirectory, body, revision) == nil
	}, func() string { return "the directory of the hub changes all the time" })
	noticed, missing := m.naming(t, notices, "rolewatch cannot read account "+m.id+" (search)")
	m.ticks(t, noticed, missing)
}
