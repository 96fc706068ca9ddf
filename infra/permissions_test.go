package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// What the clients of package awsaccount can call is what the function's role may read, one for one: a call without its
// permission would leave things unknown, and a permission without a call is one too many.
func TestEveryCallOfTheAccountsReaderIsPermittedAndNothingElse(t *testing.T) {
	calls := clientCalls(t, filepath.Join("..", "function", "internal", "awsaccount"))
	if len(calls) < 20 {
		t.Fatalf("only %d calls were found: %v", len(calls), calls)
	}
	var reads []string
	for _, p := range permissions {
		if slices.Contains([]resource{functions, mappings, organization, watched}, p.Resource) {
			reads = append(reads, p.Action)
		}
	}
	for _, c := range calls {
		if !slices.Contains(reads, c) {
			t.Errorf("%s is called and not permitted", c)
		}
	}
	for _, r := range reads {
		if !slices.Contains(calls, r) {
			t.Errorf("%s is permitted and never called", r)
		}
	}
	t.Logf("%d calls", len(calls))
}

// clientCalls are the actions behind the interfaces of SDK clients that a package declares: iamAPI's GetRole is iam:GetRole.
func clientCalls(t *testing.T, dir string) (calls []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, f.Name()), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			service, isAPI := strings.CutSuffix(spec.Name.Name, "API")
			if client, ok := spec.Type.(*ast.InterfaceType); ok && isAPI {
				for _, m := range client.Methods.List {
					calls = append(calls, service+":"+callOf(m))
				}
			}
			return true
		})
	}
	return calls
}

// callOf is the call of a method, or of one of the SDK's own interfaces with one method: ListRolesAPIClient has ListRoles.
func callOf(m *ast.Field) string {
	if len(m.Names) == 1 {
		return m.Names[0].Name
	}
	if s, ok := m.Type.(*ast.SelectorExpr); ok {
		return strings.TrimSuffix(s.Sel.Name, "APIClient")
	}
	return ""
}

// A call of Lambda's or AWS Organizations' that takes a resource is permitted on such resources alone, and each kind that it
// may be asked for is among them; only what takes none is permitted on "*".
func TestReadsAreOnTheNarrowestResourceThatTheyTake(t *testing.T) {
	const account = "111122223333"
	targets := permissionTargets{partition: jsii.String("aws"), account: jsii.String(account), regions: []string{"eu-west-1", "us-east-1"}}
	hub := targets
	hub.organizationID = "o-a1b2c3d4e5"
	fill := strings.NewReplacer("${Partition}", "aws", "${Region}", "us-east-1", "${AccountId}", account, "${FunctionName}", "shop:live", "${PolicyType}", "service_control_policy")
	rest := regexp.MustCompile(`\$\{[^}]*\}`)
	asked := 0
	for _, p := range permissions {
		service, _, _ := strings.Cut(p.Action, ":")
		if service != "lambda" && service != "organizations" {
			continue
		}
		action, ok := actions.Lookup(p.Action)
		if !ok || action.OnlyStar() != (p.Resource == watched) {
			t.Errorf("%s is on %s; known %v, takes no resource %v", p.Action, p.Resource, ok, action.OnlyStar())
		}
		for _, kind := range action.ResourceTypes {
			if p.Action == "lambda:ListTags" && kind.Name != "function" {
				continue
			}
			arn := fill.Replace(kind.ARNs[0])
			if service == "lambda" {
				arn = strings.ReplaceAll(arn, "${Account}", account)
			}
			asked++
			arn = rest.ReplaceAllString(arn, "444455556666")
			if !slices.ContainsFunc(targets.arns(p.Resource), func(pattern *string) bool { return covers(*pattern, arn) }) {
				t.Errorf("%s may not be called for a %s, %s", p.Action, kind.Name, arn)
			}
			if other := strings.Replace(arn, account, "999988887777", 1); other != arn && slices.ContainsFunc(targets.arns(p.Resource), func(pattern *string) bool { return covers(*pattern, other) }) {
				t.Errorf("%s may be called for another account's %s", p.Action, kind.Name)
			}
		}
	}
	// A hub lists all of its organization, and nothing of another.
	for _, p := range hubPermissions {
		action, ok := actions.Lookup(p.Action)
		if !strings.HasPrefix(p.Action, "organizations:") {
			continue
		}
		if !ok || action.OnlyStar() != (p.Resource == organizationLists) {
			t.Errorf("%s is on %s; known %v, takes no resource %v", p.Action, p.Resource, ok, action.OnlyStar())
		}
		for _, kind := range action.ResourceTypes {
			if !slices.Contains([]string{"root", "organizationalunit", "account"}, kind.Name) {
				continue
			}
			asked++
			arn := strings.ReplaceAll(fill.Replace(kind.ARNs[0]), "o-${OrganizationId}", hub.organizationID)
			arn = rest.ReplaceAllString(arn, "444455556666")
			may := func(arn string) bool {
				return slices.ContainsFunc(hub.arns(p.Resource), func(pattern *string) bool { return covers(*pattern, arn) })
			}
			if other := strings.Replace(arn, hub.organizationID, "o-z9y8x7w6v5", 1); !may(arn) || other == arn || may(other) {
				t.Errorf("%s of a %s: %s", p.Action, kind.Name, arn)
			}
		}
	}
	if asked < 15 {
		t.Fatalf("only %d resources were asked for", asked)
	}
}

// covers tells whether a pattern of IAM's, with asterisks, matches.
func covers(pattern, arn string) bool {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(arn)
}

// What package organization calls, a hub may call.
func TestEveryCallThatListsTheOrganizationIsPermitted(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "function", "internal", "organization", "organization.go"))
	if err != nil {
		t.Fatal(err)
	}
	calls := regexp.MustCompile(`(organizations|sts):[A-Z][A-Za-z]+`).FindAllString(string(text), -1)
	for _, c := range calls {
		if !slices.ContainsFunc(allPermissions(), func(p permission) bool { return p.Action == c }) {
			t.Errorf("%s is called and not permitted", c)
		}
	}
	if len(calls) < 9 {
		t.Errorf("only %d calls were found: %v", len(calls), calls)
	}
}
