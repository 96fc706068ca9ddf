package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// Users of the account, both administrators: one is in the setting ackPrincipals, and the other one is not.
const decides, mayNot = "decides", "may-not"

// accessKey is what somebody signs calls with.
type accessKey struct{ id, secret string }

// ofRoot are the keys that the emulator takes for those of the root user, to whom it allows everything.
var ofRoot = accessKey{"test", "test"}

func userARN(name string) string { return "arn:aws:iam::" + account + ":user/" + name }

// makeUser makes a user that the policies of the account allow everything.
func (s *stack) makeUser(t *testing.T, name string) {
	t.Helper()
	_, err := s.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
	must(t, err)
	_, err = s.iam.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("all"), PolicyDocument: aws.String(allowsAll)})
	must(t, err)
}

// keysOf makes an access key of a user.
func (s *stack) keysOf(t *testing.T, name string) accessKey {
	t.Helper()
	out, err := s.iam.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	must(t, err)
	return accessKey{*out.AccessKey.AccessKeyId, *out.AccessKey.SecretAccessKey}
}

// refuses has an administrator whom the setting ackPrincipals does not name call the command function, from the command line and directly:
// the emulator authorizes the calls by the policies of the caller and by the resource policy that the stack has deployed.
func (s *stack) refuses(t *testing.T, program, id string) {
	t.Helper()
	keys := s.keysOf(t, mayNot)
	out, errs, err := s.runs(program, keys, "ack", id, "--reason", "let me in")
	if err == nil || out != "" || !strings.Contains(errs, "as "+userARN(mayNot)) || !strings.Contains(errs, "The setting ackPrincipals says who may") {
		t.Errorf("rolewatch ack of somebody who may not: %v: %s%s", err, out, errs)
	}
	cfg := awstest.Config(t, s.endpoint)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(keys.id, keys.secret, "")
	theirs := lambda.NewFromConfig(cfg)
	function := s.outputs[deploy.CommandOutput]
	for _, name := range []string{function, functionARN(function)} {
		_, err := theirs.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: []byte(`{"act":"list"}`)})
		if err == nil || !strings.Contains(err.Error(), "AccessDenied") || !strings.Contains(err.Error(), "with an explicit deny in a resource-based policy") {
			t.Errorf("%s was invoked as %s: %v", name, mayNot, err)
		}
	}
	// It is the policy of the command function that refuses them, and not the emulator everybody.
	other := "acted-function"
	if _, err := theirs.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &other}); err != nil && strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("%s may not invoke another function: %v", mayNot, err)
	}
}
