package prerequisite_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/smithy-go"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/prerequisite"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
	"github.com/rolewatch/rolewatch/function/settings"
)

const stackSets = "member.org.stacksets.cloudformation.amazonaws.com"

// lab is an organization in an emulator, whose management account makes the calls.
type lab struct {
	*testing.T
	*organizations.Client
	// id, root and management are of the organization; security and payments are accounts, and workloads is a unit with payments.
	id, root, management, security, payments, workloads string
	// denied are the calls that are refused, and delegated is a delegated administrator for StackSets: the emulator knows other services alone.
	denied    []string
	delegated string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{T: t, Client: organizations.NewFromConfig(awstest.Config(t, awstest.Moto(t)))}
	made, err := l.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll})
	l.must(err)
	l.id, l.management = *made.Organization.Id, *made.Organization.MasterAccountId
	roots, err := l.Client.ListRoots(t.Context(), &organizations.ListRootsInput{})
	l.must(err)
	l.root = *roots.Roots[0].Id
	unit, err := l.CreateOrganizationalUnit(t.Context(), &organizations.CreateOrganizationalUnitInput{Name: aws.String("Workloads"), ParentId: &l.root})
	l.must(err)
	l.workloads = *unit.OrganizationalUnit.Id
	l.security, l.payments = l.account("security"), l.account("payments")
	_, err = l.MoveAccount(t.Context(), &organizations.MoveAccountInput{AccountId: &l.payments, SourceParentId: &l.root, DestinationParentId: &l.workloads})
	l.must(err)
	return l
}

func (l *lab) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *lab) account(name string) string {
	l.Helper()
	made, err := l.CreateAccount(l.Context(), &organizations.CreateAccountInput{AccountName: &name, Email: aws.String(name + "@example.com")})
	l.must(err)
	return *made.CreateAccountStatus.AccountId
}

func (l *lab) refuse(call string) error {
	if slices.Contains(l.denied, call) {
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "You don't have permissions to access this resource."}
	}
	return nil
}

func (l *lab) ListAccounts(ctx context.Context, in *organizations.ListAccountsInput, o ...func(*organizations.Options)) (*organizations.ListAccountsOutput, error) {
	if err := l.refuse("ListAccounts"); err != nil {
		return nil, err
	}
	return l.Client.ListAccounts(ctx, in, o...)
}

func (l *lab) DescribePolicy(ctx context.Context, in *organizations.DescribePolicyInput, o ...func(*organizations.Options)) (*organizations.DescribePolicyOutput, error) {
	if err := l.refuse("DescribePolicy"); err != nil {
		return nil, err
	}
	return l.Client.DescribePolicy(ctx, in, o...)
}

func (l *lab) ListAWSServiceAccessForOrganization(ctx context.Context, in *organizations.ListAWSServiceAccessForOrganizationInput, o ...func(*organizations.Options)) (*organizations.ListAWSServiceAccessForOrganizationOutput, error) {
	if err := l.refuse("ListAWSServiceAccessForOrganization"); err != nil {
		return nil, err
	}
	return l.Client.ListAWSServiceAccessForOrganization(ctx, in, o...)
}

func (l *lab) ListDelegatedServicesForAccount(ctx context.Context, in *organizations.ListDelegatedServicesForAccountInput, o ...func(*organizations.Options)) (*organizations.ListDelegatedServicesForAccountOutput, error) {
	out, err := l.Client.ListDelegatedServicesForAccount(ctx, in, o...)
	if err == nil && aws.ToString(in.AccountId) == l.delegated {
		out.DelegatedServices = append(out.DelegatedServices, types.DelegatedService{ServicePrincipal: aws.String(stackSets)})
	}
	return out, err
}

// hub is one in the account security, that watches all accounts.
func (l *lab) hub() prerequisite.Hub {
	return prerequisite.Hub{
		Hub:          settings.Hub{Account: l.security, Watch: settings.Watched{All: true}, Deploy: settings.DeployStackSet, CallAs: settings.CallAsDelegatedAdmin, Root: l.root},
		Organization: l.id, Account: l.security,
	}
}

// check gives what is found as lines: status, ID, and what fixes it.
func (l *lab) check(hub prerequisite.Hub) []string {
	l.Helper()
	results, err := prerequisite.Check(l.Context(), l, hub)
	l.must(err)
	var out []string
	for _, r := range results {
		line := string(r.Status) + " " + r.ID
		if r.Fix != "" {
			line += ": " + r.Fix
		}
		if r.What == "" || r.Status == selfcheck.Wrong && (r.Means == "" || r.Fix == "") || r.Status == selfcheck.Unknown && !r.Why.Given() {
			l.Errorf("%+v lacks something", r)
		}
		out = append(out, line)
	}
	return out
}

func (l *lab) want(got []string, lines ...string) {
	l.Helper()
	for _, want := range lines {
		if !slices.Contains(got, want) {
			l.Errorf("%q is not found among\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// What is missing is named with the command that makes it, and found once the command has run.
func TestWhatIsMissingIsNamedWithItsCommand(t *testing.T) {
	l := newLab(t)
	got := l.check(l.hub())
	l.want(got, "ok account", "ok organization", "ok call-as", "ok listing", "ok root", "ok management-account", "ok policies",
		"wrong trusted-access: aws cloudformation activate-organizations-access",
		"wrong delegated-administrator: aws organizations register-delegated-administrator --account-id "+l.security+" --service-principal "+stackSets)
	_, err := l.EnableAWSServiceAccess(t.Context(), &organizations.EnableAWSServiceAccessInput{ServicePrincipal: aws.String(stackSets)})
	l.must(err)
	_, err = l.RegisterDelegatedAdministrator(t.Context(), &organizations.RegisterDelegatedAdministratorInput{AccountId: &l.security, ServicePrincipal: aws.String("guardduty.amazonaws.com")})
	l.must(err)
	l.want(l.check(l.hub()), "ok trusted-access",
		"wrong delegated-administrator: aws organizations register-delegated-administrator --account-id "+l.security+" --service-principal "+stackSets)
	l.delegated = l.security
	got = l.check(l.hub())
	l.want(got, "ok trusted-access", "ok delegated-administrator")
	if len(got) != 9 || strings.Contains(strings.Join(got, "\n"), "wrong") {
		t.Errorf("%q", got)
	}
}

// Each key that does not fit the organization is named.
func TestSettingsThatDoNotFitTheOrganizationAreNamed(t *testing.T) {
	l := newLab(t)
	looked := 0
	for name, tt := range map[string]struct {
		edit func(*prerequisite.Hub)
		want []string
		only int
	}{
		"credentials of another account": {func(h *prerequisite.Hub) { h.Account = l.payments }, []string{
			"wrong account: use credentials of account " + l.security + ", or correct organization.hub.account"}, 1},
		"another organization": {func(h *prerequisite.Hub) { h.Organization = "o-z9y8x7w6v5" }, []string{
			"wrong organization: set organization.id to " + l.id + ", or deploy the hub in an account of o-z9y8x7w6v5"}, 2},
		"no root":      {func(h *prerequisite.Hub) { h.Root = "" }, []string{`wrong root: set organization.hub.root to "` + l.root + `"`}, 0},
		"another root": {func(h *prerequisite.Hub) { h.Root = "r-zzzz" }, []string{`wrong root: set organization.hub.root to "` + l.root + `"`}, 0},
		"a member that says it manages": {func(h *prerequisite.Hub) { h.CallAs = settings.CallAsSelf }, []string{
			"wrong call-as: set organization.hub.callAs to DELEGATED_ADMIN"}, 0},
		"the management account as delegated administrator": {func(h *prerequisite.Hub) { h.Hub.Account, h.Account = l.management, l.management }, []string{
			"wrong call-as: set organization.hub.callAs to SELF"}, 0},
		"accounts that are not there": {func(h *prerequisite.Hub) { h.Watch = settings.Watched{Accounts: []string{l.payments, "999988887777"}} }, []string{
			"wrong organization.hub.watch: correct organization.hub.watch"}, 0},
		"exceptions that are not there": {func(h *prerequisite.Hub) { h.Except = []string{"999988887777"} }, []string{
			"wrong organization.hub.except: correct organization.hub.except"}, 0},
		"a unit that is not there": {func(h *prerequisite.Hub) { h.Watch = settings.Watched{OUs: []string{l.workloads, "ou-zzzz-c3d4e5f6"}} }, []string{
			"wrong organization.hub.watch.ous: correct organization.hub.watch.ous"}, 0},
		"a unit that is there": {func(h *prerequisite.Hub) { h.Watch, h.Root = settings.Watched{OUs: []string{l.workloads}}, "" }, []string{
			"ok organization.hub.watch.ous"}, 0},
		"no StackSet": {func(h *prerequisite.Hub) { h.Deploy, h.Root = settings.DeployNone, "" }, []string{"ok listing", "ok policies"}, 5},
	} {
		h := l.hub()
		tt.edit(&h)
		got := l.check(h)
		l.want(got, tt.want...)
		if tt.only > 0 && len(got) != tt.only {
			t.Errorf("%s: %q", name, got)
		}
		looked++
	}
	if looked != 11 {
		t.Errorf("%d settings", looked)
	}
}

// What the account may not read is named with the statement that lets it, and what is not known is unknown.
func TestWhatMayNotBeReadIsNamed(t *testing.T) {
	for call, want := range map[string]string{
		"ListAccounts": "wrong listing: aws organizations put-resource-policy", "DescribePolicy": "wrong policies: aws organizations put-resource-policy",
		"ListAWSServiceAccessForOrganization": "unknown trusted-access",
	} {
		l := newLab(t)
		l.denied = []string{call}
		got := l.check(l.hub())
		at := slices.IndexFunc(got, func(line string) bool { return strings.HasPrefix(line, want) })
		if at < 0 {
			t.Errorf("%s: %q", call, got)
			continue
		}
		if strings.HasPrefix(want, "wrong") && (!strings.Contains(got[at], `"Principal":{"AWS":"`+l.security+`"}`) || !strings.Contains(got[at], `"organizations:DescribePolicy"`)) {
			t.Errorf("%s: %s", call, got[at])
		}
	}
}

func TestAnAccountOutsideOfAnyOrganizationIsNamed(t *testing.T) {
	client := organizations.NewFromConfig(awstest.Config(t, awstest.Moto(t)))
	results, err := prerequisite.Check(t.Context(), client, prerequisite.Hub{Hub: settings.Hub{Account: "123456789012"}, Organization: "o-a1b2c3d4e5", Account: "123456789012"})
	if err != nil || len(results) != 2 || results[1].Status != selfcheck.Wrong || !strings.Contains(results[1].What, "not in an organization") {
		t.Errorf("%s, %v", fmt.Sprint(results), err)
	}
}
