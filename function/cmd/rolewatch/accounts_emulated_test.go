package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// managementAccount is whose credentials the tests have.
const managementAccount = "111122223333"

// liveOrganization is an organization in an emulator that enforces trust policies, permissions and session policies.
type liveOrganization struct {
	*testing.T
	endpoint string
	// ids are the accounts by their names, and units the organizational units.
	ids, units map[string]string
	client     *organizations.Client
	root       string
}

// in is the configuration of clients in an account, as its root user: the emulator takes the ID for an access key.
func (o *liveOrganization) in(account string) aws.Config {
	cfg := awstest.Config(o.T, o.endpoint)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(account, "test", "")
	return cfg
}

// makeOrganization makes Workloads/Production with payments and shop, and logs and old below the root; old is closed. The credentials are
// those of the management account. payments has an administrator, and payments and shop have the reader role.
func makeOrganization(t *testing.T) *liveOrganization {
	t.Helper()
	o := &liveOrganization{T: t, endpoint: awstest.Ministack(t, awstest.Env("AUTH", "true")), ids: map[string]string{}, units: map[string]string{}}
	o.client = organizations.NewFromConfig(o.in(managementAccount))
	roots, err := o.client.ListRoots(t.Context(), &organizations.ListRootsInput{})
	if err != nil {
		t.Fatal(err)
	}
	o.root = *roots.Roots[0].Id
	o.unit("Workloads", o.root)
	o.unit("Production", o.units["Workloads"])
	for _, name := range []string{"payments", "shop"} {
		o.account(name, o.units["Production"])
		o.reader(name, "")
	}
	o.account("logs", "")
	o.account("old", "")
	if _, err := o.client.CloseAccount(t.Context(), &organizations.CloseAccountInput{AccountId: aws.String(o.ids["old"])}); err != nil {
		t.Fatal(err)
	}
	payments := newBuilder(t, o.in(o.ids["payments"]))
	payments.function("checkout", payments.role("checkout", "lambda", map[string]string{"all": liveAdmin}), nil)
	shop := newBuilder(t, o.in(o.ids["shop"]))
	shop.function("cart", shop.role("cart", "lambda", map[string]string{"logs": liveLogs}), nil)

	talkTo(t, o.endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", managementAccount)
	return o
}

func (o *liveOrganization) unit(name, parent string) {
	o.Helper()
	made, err := o.client.CreateOrganizationalUnit(o.Context(), &organizations.CreateOrganizationalUnitInput{Name: &name, ParentId: &parent})
	if err != nil {
		o.Fatal(err)
	}
	o.units[name] = *made.OrganizationalUnit.Id
	// As AWS does with a new unit.
	o.attach("p-FullAWSAccess", o.units[name])
}

func (o *liveOrganization) attach(policy, target string) {
	o.Helper()
	if _, err := o.client.AttachPolicy(o.Context(), &organizations.AttachPolicyInput{PolicyId: &policy, TargetId: &target}); err != nil {
		o.Fatal(err)
	}
}

func (o *liveOrganization) account(name, parent string) {
	o.Helper()
	made, err := o.client.CreateAccount(o.Context(), &organizations.CreateAccountInput{AccountName: &name, Email: aws.String(name + "@example.com")})
	if err != nil {
		o.Fatal(err)
	}
	id := *made.CreateAccountStatus.AccountId
	o.ids[name] = id
	if parent != "" {
		_, err = o.client.MoveAccount(o.Context(), &organizations.MoveAccountInput{AccountId: &id, SourceParentId: &o.root, DestinationParentId: &parent})
		if err != nil {
			o.Fatal(err)
		}
	}
}

// reader makes the role that is assumed. It allows everything, so that it is the session policy that limits the session.
func (o *liveOrganization) reader(name, externalID string) {
	o.Helper()
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + managementAccount + `:root"},"Action":"sts:AssumeRole"}]}`
	if externalID != "" {
		trust = strings.Replace(trust, `"sts:AssumeRole"`, `"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"`+externalID+`"}}`, 1)
	}
	role := aws.String(organization.DefaultRole)
	client := iam.NewFromConfig(o.in(o.ids[name]))
	awstest.MakeRole(o, client, &iam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: &trust})
	_, err := client.PutRolePolicy(o.Context(), &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("all"), PolicyDocument: aws.String(liveAdmin)})
	if err != nil {
		o.Fatal(err)
	}
}
