package awsaccount_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// rolePages reads every page.
func rolePages(t *testing.T, w *world) (shots []role.Snapshot, pages int) {
	t.Helper()
	for marker := ""; ; {
		page, next, err := w.read.RolePage(t.Context(), marker)
		if err != nil {
			t.Fatal(err)
		}
		shots, pages = append(shots, page...), pages+1
		if marker = next; marker == "" {
			return shots, pages
		}
	}
}

func TestAPageOfRolesTellsWhatEachRoleDoes(t *testing.T) {
	w := newWorld()
	bare := types.RoleDetail{Arn: aws.String("arn:aws:iam::" + ownAccount + ":role/bare"), RoleName: aws.String("bare"), AssumeRolePolicyDocument: encoded(trustText)}
	w.iam.roles = append(w.iam.roles, bare)
	shots, pages := rolePages(t, w)
	if pages != 2 || len(shots) != 2 {
		t.Fatalf("%d roles on %d pages", len(shots), pages)
	}
	if diff := cmp.Diff(whole(), parts(shots[0])); diff != "" {
		t.Errorf("orders (-want +got):\n%s", diff)
	}
	if shots[0].Ref.ARN != ordersARN || shots[0].Identity.Or(role.Identity{}).ID != "AROAORDERS" {
		t.Errorf("orders: %+v", shots[0].Ref)
	}
	want := map[string]string{"trust": " " + trustText, "boundary": "absent"}
	if diff := cmp.Diff(want, parts(shots[1])); diff != "" {
		t.Errorf("bare (-want +got):\n%s", diff)
	}
	// The account's own policies are listed for the page that needs them, two pages of one; AWS's is asked for.
	calls := map[string]int{"iam:GetAccountAuthorizationDetails Role": 2, "iam:GetAccountAuthorizationDetails LocalManagedPolicy": 2, "iam:GetPolicy": 1, "iam:GetPolicyVersion": 1}
	got := map[string]int{}
	for _, call := range w.iam.calls {
		got[call]++
	}
	if diff := cmp.Diff(calls, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestARoleWhosePolicyIsGoneSinceItWasListedIsReadAnew(t *testing.T) {
	w := newWorld()
	w.iam.before = func(call string) {
		if call == "iam:GetAccountAuthorizationDetails LocalManagedPolicy" {
			w.iam.policies = w.iam.policies[1:]
			w.iam.roles[0] = ordersDetail()
			w.iam.roles[0].AttachedManagedPolicies = w.iam.roles[0].AttachedManagedPolicies[1:]
			w.iam.before = nil
		}
	}
	shots, _ := rolePages(t, w)
	if diff := cmp.Diff(without(map[string]string{queuesARN: ""}), parts(shots[0])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// One role whose policy cannot be read now does not take the page with it; where all fail, it is not about the roles.
func TestAPageOfRolesIsReadWithoutARoleThatFails(t *testing.T) {
	w := newWorld()
	bare := types.RoleDetail{Arn: aws.String("arn:aws:iam::" + ownAccount + ":role/bare"), RoleName: aws.String("bare"), AssumeRolePolicyDocument: encoded(trustText)}
	w.iam.roles = append([]types.RoleDetail{bare}, w.iam.roles...)
	w.iam.fail["iam:GetPolicy"] = apiError("ServiceFailure")
	var shots []role.Snapshot
	var failed []string
	for marker, more := "", true; more; more = marker != "" {
		page, next, err := w.read.RolePage(t.Context(), marker)
		var some *role.SomeUnreadError
		if errors.As(err, &some) {
			for _, ref := range some.Roles {
				failed = append(failed, ref.ARN)
			}
		} else if err != nil {
			t.Fatal(err)
		}
		shots, marker = append(shots, page...), next
	}
	if diff := cmp.Diff([]string{ordersARN}, failed); diff != "" || len(shots) != 1 || shots[0].Ref.Name != "bare" {
		t.Errorf("%d roles are read; failed (-want +got):\n%s", len(shots), diff)
	}
	w.iam.fail["iam:GetAccountAuthorizationDetails Role"] = apiError("ServiceFailure")
	if _, _, err := w.read.RolePage(t.Context(), ""); err == nil || errors.As(err, new(*role.SomeUnreadError)) {
		t.Errorf("the page: %v", err)
	}
}

func TestEveryPageOfAPolicysRolesIsReadAndEachRoleNamedOnce(t *testing.T) {
	w := newWorld()
	w.iam.holders = [][]string{{"orders", "payments"}, {"orders"}, {"refunds"}}
	refs, err := w.read.PolicyRoles(t.Context(), queuesARN)
	if err != nil {
		t.Fatal(err)
	}
	want := []role.Ref{orders, {Partition: "aws", Account: ownAccount, Name: "payments"}, {Partition: "aws", Account: ownAccount, Name: "refunds"}}
	if diff := cmp.Diff(want, refs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func config(name, version string, change func(*lambdatypes.FunctionConfiguration)) lambdatypes.FunctionConfiguration {
	c := lambdatypes.FunctionConfiguration{
		FunctionArn: aws.String(functionARN + name + ":" + version), FunctionName: aws.String(name), Version: aws.String(version),
		Role: aws.String(ordersARN), LastModified: aws.String("2026-03-02T09:00:00.000+0000"),
	}
	if change != nil {
		change(&c)
	}
	return c
}

func functionPages(t *testing.T, w *world) (all []role.Function) {
	t.Helper()
	for marker := ""; ; {
		page, next, err := w.read.FunctionPage(t.Context(), "us-east-1", marker)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if marker = next; marker == "" {
			return all
		}
	}
}

func TestVersionsComeWithTheAliasesThatPointToThem(t *testing.T) {
	w := newWorld()
	w.lambda.configs = []lambdatypes.FunctionConfiguration{config("shop", "$LATEST", nil), config("shop", "1", nil), config("shop", "2", nil), config("plain", "$LATEST", nil)}
	w.lambda.aliases = []lambdatypes.AliasConfiguration{
		{Name: aws.String("live"), FunctionVersion: aws.String("1"), RoutingConfig: &lambdatypes.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.1}}},
		{Name: aws.String("beta"), FunctionVersion: aws.String("2")},
	}
	check := func(what string, list []role.Function, aliasCalls int) {
		t.Helper()
		got := map[string][]string{}
		for _, f := range list {
			got[f.QualifiedARN()] = f.Aliases
		}
		want := map[string][]string{shopARN: nil, shopARN + ":1": {"live"}, shopARN + ":2": {"beta", "live"}}
		if len(list) == 4 {
			want[functionARN+"plain"] = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		// Two pages of aliases for the one function that has numbered versions.
		if n := w.lambda.count("lambda:ListAliases"); n != aliasCalls {
			t.Errorf("%s: %d calls of ListAliases, want %d", what, n, aliasCalls)
		}
		w.lambda.calls = nil
	}
	check("pages", functionPages(t, w), 2)
	check("pages again", functionPages(t, w), 0)
	one, err := w.read.Function(t.Context(), shopARN)
	if err != nil {
		t.Fatal(err)
	}
	check("function", one, 2)
	if plain, err := w.read.Function(t.Context(), functionARN+"plain"); err != nil || len(plain) != 1 || w.lambda.count("lambda:ListAliases") != 0 {
		t.Errorf("plain: %v, %v, calls %v", plain, err, w.lambda.calls)
	}
	w.lambda.fail["lambda:ListAliases"] = apiError("AccessDeniedException")
	if one, err := w.read.Function(t.Context(), shopARN); err != nil || len(one) != 3 {
		t.Errorf("aliases denied: %d versions, %v", len(one), err)
	}
	w.lambda.fail["lambda:ListAliases"] = apiError("TooManyRequestsException")
	if _, err := w.read.Function(t.Context(), shopARN); err == nil {
		t.Error("aliases throttled: no error")
	}
}

func TestWhatAConfigurationSaysOfAFunction(t *testing.T) {
	w := newWorld()
	secret := func(c *lambdatypes.FunctionConfiguration) {
		c.Environment = &lambdatypes.EnvironmentResponse{Error: &lambdatypes.EnvironmentError{ErrorCode: aws.String("AccessDeniedException")}}
		c.KMSKeyArn = aws.String("arn:aws:kms:us-east-1:" + ownAccount + ":key/k")
	}
	empty := func(c *lambdatypes.FunctionConfiguration) {
		c.Environment = &lambdatypes.EnvironmentResponse{Variables: map[string]string{}}
		c.KMSKeyArn, c.LastModified = aws.String(""), aws.String("yesterday")
	}
	replica := func(c *lambdatypes.FunctionConfiguration) { c.MasterArn = aws.String(shopARN + ":3") }
	w.lambda.mixed = true
	w.lambda.configs = []lambdatypes.FunctionConfiguration{
		config("us-east-1.shop", "3", replica), config("shop", "3", secret), config("shop", "$LATEST", empty),
	}
	list := functionPages(t, w)
	if len(list) != 2 {
		t.Fatalf("%d functions: a replica is none", len(list))
	}
	f := list[0]
	if f.ARN != shopARN || f.Version != "3" || !f.Environment.Or(false) || f.KMSKey.State() != role.Known || !f.Edge.Or(false) || !f.LastModified.Or(start.Add(1)).Equal(start) {
		t.Errorf("shop:3: %+v", f)
	}
	f = list[1]
	if f.Environment.State() != role.Known || f.Environment.Or(true) || f.KMSKey.State() != role.Absent || f.Edge.State() != role.Unknown || f.Edge.Why() == "" || f.LastModified.State() != role.Unknown {
		t.Errorf("shop: %+v", f)
	}
}

func TestAFunctionThatIsNotThisAccountsIsNotRead(t *testing.T) {
	w := newWorld()
	w.lambda.configs = []lambdatypes.FunctionConfiguration{config("shop", "$LATEST", nil)}
	if got, err := w.read.Function(t.Context(), "arn:aws:lambda:us-east-1:999988887777:function:shop"); got != nil || err != nil || len(w.lambda.calls) != 0 {
		t.Errorf("another account's: %v, %v", got, err)
	}
	for _, arn := range []string{"", "shop", "arn:aws:lambda:us-east-1:" + ownAccount + ":layer:shop", "arn:aws:lambda:eu-west-9:" + ownAccount + ":function:shop"} {
		if _, err := w.read.Function(t.Context(), arn); err == nil {
			t.Errorf("%q was read", arn)
		}
	}
}
