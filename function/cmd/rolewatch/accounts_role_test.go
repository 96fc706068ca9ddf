package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// yamlOfMarkdown is the block of YAML in a list of a document.
var yamlOfMarkdown = regexp.MustCompile("(?ms)^   ```yaml\n(.*?)^   ```$")

// documentedTemplate is the template of the role in docs/organization.md.
func documentedTemplate(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/organization.md")
	if err != nil {
		t.Fatal(err)
	}
	block := yamlOfMarkdown.FindSubmatch(text)
	if block == nil {
		t.Fatal("docs/organization.md has no template")
	}
	var b strings.Builder
	for line := range strings.Lines(string(block[1])) {
		b.WriteString(strings.TrimPrefix(line, "   "))
	}
	return b.String()
}

// TestTheDocumentedRoleReadsAnAccount deploys the template into an account with everything that a scan reads, and scans that with it. The
// emulator enforces the role's policy and the session policy: a call that they do not allow would be denied. It takes the calls that list
// URLs and asynchronous configurations for those that get one.
func TestTheDocumentedRoleReadsAnAccount(t *testing.T) {
	o := makeOrganization(t)
	logs := o.in(o.ids["logs"])
	build(t, logs, true)
	deploy := func(principal string) {
		t.Helper()
		client := cloudformation.NewFromConfig(logs)
		_, err := client.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("reader"), TemplateBody: aws.String(documentedTemplate(t)), Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
			Parameters: []types.Parameter{
				{ParameterKey: aws.String("Account"), ParameterValue: aws.String(managementAccount)},
				{ParameterKey: aws.String("Principal"), ParameterValue: &principal},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := cloudformation.NewStackCreateCompleteWaiter(client).Wait(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("reader")}, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	deploy("arn:aws:iam::" + managementAccount + ":*")
	out, errs, code := runLine(t, "scan", "--organization", "--region", awstest.Region, "--format", "json", "--accounts", o.ids["logs"])
	lines := linesOf(t, out)
	if sums := total(t, lines); code != exitFound || sums["accounts"] != 1.0 || sums["functions"] != 4.0 {
		t.Fatalf("exit code %d: %s\n%s", code, errs, out)
	}
	if got := found(lines); !slices.Contains(got, "logs RW301") || !slices.Contains(got, "logs RW101") || !slices.Contains(got, "logs RW407") {
		t.Errorf("found %q", got)
	}
	denied := map[string]bool{}
	for _, l := range lines {
		if l.Unknown == nil {
			continue
		}
		for _, m := range regexp.MustCompile(`([a-z]+:[A-Za-z]+) was denied`).FindAllStringSubmatch((*l.Unknown)["missing"].(string), -1) {
			denied[m[1]] = true
		}
	}
	delete(denied, "lambda:ListFunctionEventInvokeConfigs")
	delete(denied, "lambda:ListFunctionUrlConfigs")
	if len(denied) > 0 {
		t.Errorf("the role was denied %v", denied)
	}
}
