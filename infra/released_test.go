package main

import (
	"os"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// removedOnPurpose are the resources of the last release that an update deletes: stack prefix and how the logical ID begins.
// docs/upgrading.md has the reason of each.
var removedOnPurpose = map[string][]string{
	deploy.RulesStackPrefix: {"TopicsKey", "Operations"},
}

// names are the properties with which a resource has a name of its own. CloudFormation replaces a resource when one changes.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
var names = []string{"QueueName", "TopicName", "TableName", "FunctionName", "LogGroupName", "RoleName", "AlarmName", "DashboardName", "AliasName"}

// TestADeploymentIsUpdatedInPlace compares the templates with the resources of the last release, in testdata/released.txt: each is still
// there with its type, so that CloudFormation updates it. A queue, a topic or a table with another logical ID would be made anew, and
// what it holds, and who is subscribed, would be lost.
func TestADeploymentIsUpdatedInPlace(t *testing.T) {
	text, err := os.ReadFile("testdata/released.txt")
	if err != nil {
		t.Fatal(err)
	}
	templates, kept, removed := synthesize(t, severalRegions), 0, 0
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			t.Fatalf("line %q", line)
		}
		stack, id, kind := fields[0], fields[1], fields[2]
		tm := templates[stack]
		if tm == nil {
			t.Fatalf("there is no stack %s", stack)
		}
		properties, ok := tm.find(kind)[id]
		if !ok {
			if !onPurpose(stack, id) {
				t.Errorf("%s: %s of type %s is deleted by an update", stack, id, kind)
			}
			removed++
			continue
		}
		kept++
		for _, name := range names {
			// A mapping and a permission name the function that they are of.
			if properties[name] != nil && kind != "AWS::Lambda::Permission" && kind != "AWS::Lambda::EventSourceMapping" {
				t.Errorf("%s: %s has a %s, and is replaced by an update", stack, id, name)
			}
		}
	}
	if kept < 40 || removed == 0 {
		t.Fatalf("%d resources are kept and %d are removed", kept, removed)
	}
}

func onPurpose(stack, id string) bool {
	for prefix, ids := range removedOnPurpose {
		for _, begin := range ids {
			if strings.HasPrefix(stack, prefix) && strings.HasPrefix(id, begin) {
				return true
			}
		}
	}
	return false
}
