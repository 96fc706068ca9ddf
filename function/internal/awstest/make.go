package awstest

import (
	"archive/zip"
	"bytes"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// An emulator can drop a connection after it has done what a request asks for. The SDK then sends the request again, and the answer
// is that what it makes exists, or that what it removes does not. A test uses each name once, so either means that the call is done.

// MakeRole makes a role and gives its ARN.
func MakeRole(t testing.TB, client *iam.Client, in *iam.CreateRoleInput) string {
	t.Helper()
	out, err := client.CreateRole(t.Context(), in)
	if isTwin(err) {
		got, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: in.RoleName})
		must(t, err)
		return *got.Role.Arn
	}
	must(t, err)
	return *out.Role.Arn
}

// MakePolicy makes a managed policy and gives its ARN.
func MakePolicy(t testing.TB, client *iam.Client, name, document string) string {
	t.Helper()
	out, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document})
	if isTwin(err) {
		return existingPolicy(t, client, name)
	}
	must(t, err)
	return *out.Policy.Arn
}

func existingPolicy(t testing.TB, client *iam.Client, name string) string {
	t.Helper()
	pages := iam.NewListPoliciesPaginator(client, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, p := range page.Policies {
			if *p.PolicyName == name {
				return *p.Arn
			}
		}
	}
	t.Fatalf("policy %s exists and is not listed", name)
	return ""
}

// MakeFunction makes a function that does nothing, with what in says besides its code, and gives its ARN.
func MakeFunction(t testing.TB, client *lambda.Client, in *lambda.CreateFunctionInput) string {
	t.Helper()
	in.Runtime, in.Handler = lambdatypes.RuntimePython312, aws.String("index.handler")
	in.Code = &lambdatypes.FunctionCode{ZipFile: code(t)}
	out, err := client.CreateFunction(t.Context(), in)
	if isTwin(err) {
		got, err := client.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: in.FunctionName})
		must(t, err)
		return *got.FunctionArn
	}
	must(t, err)
	return *out.FunctionArn
}

// Made ends the test unless a call has made what it makes, whose output the test does not need.
func Made(t testing.TB, err error) {
	t.Helper()
	if !isTwin(err) {
		must(t, err)
	}
}

// Removed ends the test unless what a call removes is gone.
func Removed(t testing.TB, err error) {
	t.Helper()
	var entity *iamtypes.NoSuchEntityException
	var function *lambdatypes.ResourceNotFoundException
	if !errors.As(err, &entity) && !errors.As(err, &function) {
		must(t, err)
	}
}

// isTwin says whether a call that makes something failed because that exists.
func isTwin(err error) bool {
	var role *iamtypes.EntityAlreadyExistsException
	var function *lambdatypes.ResourceConflictException
	return errors.As(err, &role) || errors.As(err, &function)
}

// code is the deployment package of a function that does nothing.
func code(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("index.py")
	must(t, err)
	_, err = w.Write([]byte("def handler(event, context):\n    return None\n"))
	must(t, err)
	must(t, z.Close())
	return b.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
