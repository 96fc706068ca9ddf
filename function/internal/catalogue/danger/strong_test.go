package danger

import (
	"slices"
	"testing"
)

// What a role may do that is strong is on resources that its policies name, and by actions that act on such resources, however its policies
// cover the actions.
func TestWhatIsStrongOnNamedResources(t *testing.T) {
	on := func(service, resource string) string {
		return "arn:aws:" + service + ":us-east-1:" + account + ":" + resource
	}
	secret, table, alarm := on("secretsmanager", "secret:db-abc123"), on("dynamodb", "table/orders"), on("cloudwatch", "alarm:orders")
	ofSecret := []string{"secretsmanager:DeleteResourcePolicy", "secretsmanager:GetSecretValue", "secretsmanager:PutResourcePolicy", "secretsmanager:ValidateResourcePolicy"}
	notAction := func(element, resource string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":` + element + `,"Resource":"` + resource + `"}}`
	}
	for _, c := range []struct {
		what, policy string
		want         []string
	}{
		{"the action", allowing(t, secret, "secretsmanager:GetSecretValue"), []string{"secretsmanager:GetSecretValue"}},
		{"the service", allowing(t, secret, "secretsmanager:*"), ofSecret},
		{"all actions", allowing(t, secret, "*"), ofSecret},
		{"a pattern of services, and another service", allowing(t, secret, "secrets*:Get*", "s3:PutBucketPolicy"), []string{"secretsmanager:GetSecretValue"}},
		{"all but another service", notAction(`"s3:*"`, secret), ofSecret},
		{"all but what is strong", notAction(`["secretsmanager:*Policy","secretsmanager:Get*"]`, secret), nil},
		{"what is not strong", allowing(t, secret, "secretsmanager:Describe*"), nil},
		{"actions of what has no such type", allowing(t, alarm, "cloudwatch:*"), nil},
		{"all actions on what has no such type", allowing(t, alarm, "*"), nil},
		{"actions of another service", allowing(t, table, "secretsmanager:*"), nil},
		{"any resource", allowing(t, "*", "*"), nil},
	} {
		var got []string
		for _, s := range judgeOf(subject(c.policy)).strong() {
			got = append(got, s.Action)
		}
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
