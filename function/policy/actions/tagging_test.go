package actions

import (
	"slices"
	"strings"
	"testing"
)

// TestTaggingActions holds the actions of services whose tags decide most often.
func TestTaggingActions(t *testing.T) {
	services := map[string]bool{}
	for _, tc := range []struct{ service, resourceType, want string }{
		{"iam", "role", "iam:TagRole"},
		{"IAM", "user", "iam:TagUser"},
		{"iam", "policy", "iam:TagPolicy"},
		{"iam", "instance-profile", "iam:TagInstanceProfile"},
		{"iam", "group", ""},
		{"ec2", "instance", "ec2:CreateTags"},
		{"lambda", "function", "lambda:TagResource"},
		{"ssm", "parameter", "ssm:AddTagsToResource"},
		{"secretsmanager", "Secret", "secretsmanager:TagResource"},
		{"kms", "key", "kms:TagResource"},
		{"s3", "bucket", "s3:PutBucketTagging s3:TagResource"},
		{"s3", "object", "s3:PutObjectTagging s3:PutObjectVersionTagging"},
		{"rds", "db", "rds:AddTagsToResource"},
		{"sagemaker", "notebook-instance", "sagemaker:AddTags"},
		{"codebuild", "project", ""},
		{"sqs", "queue", "sqs:TagQueue"},
		{"sns", "topic", "sns:TagResource"},
		{"dynamodb", "table", "dynamodb:TagResource"},
		{"logs", "log-group", "logs:TagLogGroup logs:TagResource"},
		{"states", "statemachine", "states:TagResource"},
		{"events", "rule-on-default-event-bus", "events:TagResource"},
		{"ecs", "cluster", "ecs:TagResource"},
		{"ecr", "repository", "ecr:TagResource"},
		{"cloudformation", "stack", "cloudformation:TagResource"},
		{"autoscaling", "autoScalingGroup", "autoscaling:CreateOrUpdateTags"},
		{"kinesis", "stream", "kinesis:AddTagsToStream kinesis:TagResource"},
		{"firehose", "deliverystream", "firehose:TagDeliveryStream"},
		{"route53", "hostedzone", "route53:ChangeTagsForResource"},
		{"acm", "certificate", "acm:AddTagsToCertificate"},
		{"redshift", "cluster", "redshift:CreateTags"},
		{"elasticfilesystem", "file-system", "elasticfilesystem:CreateTags elasticfilesystem:TagResource"},
		{"aoss", "collection", "aoss:TagResource"},
		{"sts", "role", ""},
		{"nosuch", "thing", ""},
	} {
		services[strings.ToLower(tc.service)] = true
		var names []string
		for _, a := range TaggingActions(tc.service, tc.resourceType) {
			names = append(names, a.String())
		}
		if got := strings.Join(names, " "); got != tc.want {
			t.Errorf("%s of %s: %q, want %q", tc.resourceType, tc.service, got, tc.want)
		}
	}
	if len(services) < 20 {
		t.Fatalf("checked %d services", len(services))
	}
}

// TestTaggingActionsAreOfTheirLevel holds what is taken from the names against AWS's lists: what sets tags takes them in its
// request, what removes them is not counted, and what neither sets nor removes them is named here.
func TestTaggingActionsAreOfTheirLevel(t *testing.T) {
	neither := Set(`
bcm-pricing-calculator: ListTagsForResource
honeycode: ListTagsForResource
kinesis: CreateChannel
lakeformation: AddLFTagsToResource
s3-outposts: ReplicateTags
s3: ReplicateTags
sts: TagGetWebIdentityToken TagSession
`)
	sets, removes := 0, 0
	for _, a := range Expand("*") {
		removing := slices.ContainsFunc([]string{"Untag", "UnTag", "Remove", "Delete"}, func(verb string) bool { return strings.HasPrefix(a.Name, verb) })
		switch {
		case setsTags(a):
			sets++
			if removing || neither[a.String()] {
				t.Errorf("%v is said to set tags", a)
			}
		case a.Level == Tagging && removing:
			removes++
		case a.Level == Tagging && !neither[a.String()]:
			t.Errorf("%v is neither said to set tags nor to remove them", a)
		}
	}
	if sets < 300 || removes < 300 {
		t.Fatalf("%d actions set tags, %d remove them", sets, removes)
	}
	t.Logf("%d actions set tags, %d remove them", sets, removes)
}
