package main

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/policy"
)

// deployedAs is a template as it is once deployed in an account: what it refers to has a name.
type deployedAs struct {
	*template
	account, region string
}

// concrete gives a value with names for what it refers to.
func (d deployedAs) concrete(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = d.concrete(one)
		}
		return out
	case object:
		if name, ok := v["Ref"].(string); ok {
			return d.name(name)
		}
		if att, ok := v["Fn::GetAtt"].([]any); ok {
			return d.arn(att[0].(string))
		}
		if choice, ok := v["Fn::If"].([]any); ok {
			if d.holds(at(d.root, "Conditions", choice[0].(string))) {
				return d.concrete(choice[1])
			}
			return d.concrete(choice[2])
		}
		if join, ok := v["Fn::Join"].([]any); ok {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, d.concrete(part).(string))
			}
			return strings.Join(parts, join[0].(string))
		}
		out := object{}
		for k, one := range v {
			out[k] = d.concrete(one)
		}
		return out
	}
	return v
}

// holds evaluates a condition of the template.
func (d deployedAs) holds(condition any) bool {
	if not, ok := at(condition, "Fn::Not").([]any); ok {
		return !d.holds(not[0])
	}
	equals, ok := at(condition, "Fn::Equals").([]any)
	if !ok {
		d.t.Fatalf("the condition %v is neither Fn::Equals nor Fn::Not", condition)
	}
	return d.concrete(equals[0]) == d.concrete(equals[1])
}

// name is the name of a resource: its own, or one that begins as CloudFormation makes it.
func (d deployedAs) name(id string) string {
	switch id {
	case "AWS::AccountId":
		return d.account
	case "AWS::Partition":
		return "aws"
	case "AWS::Region":
		return d.region
	}
	resources, _ := d.root["Resources"].(object)
	if own := at(resources[id], "Properties", "RoleName"); own != nil {
		return own.(string)
	}
	if at(resources[id], "Type") == "AWS::SNS::Topic" {
		return "arn:aws:sns:" + d.region + ":" + d.account + ":" + deploy.PhysicalName(id)
	}
	return deploy.PhysicalName(id) + "-1A2B3C4D5E6F"
}

func (d deployedAs) arn(id string) string {
	resources, _ := d.root["Resources"].(object)
	place := d.region + ":" + d.account + ":"
	switch at(resources[id], "Type") {
	case "AWS::IAM::Role":
		return "arn:aws:iam::" + d.account + ":role/" + d.name(id)
	case "AWS::Lambda::Function":
		return "arn:aws:lambda:" + place + "function:" + d.name(id)
	case "AWS::DynamoDB::Table":
		return "arn:aws:dynamodb:" + place + "table/" + d.name(id)
	case "AWS::SQS::Queue":
		return "arn:aws:sqs:" + place + d.name(id)
	case "AWS::Events::Rule":
		return "arn:aws:events:" + place + "rule/" + d.name(id)
	default:
		return "arn:aws:x:" + place + d.name(id)
	}
}

// document reads a policy document of the template.
func (d deployedAs) document(v any, kind policy.Kind) policy.Part {
	d.t.Helper()
	parsed, errs := policy.Parse([]byte(text(d.t, d.concrete(v))), kind)
	if parsed == nil || errs != nil {
		d.t.Fatalf("%v: %s", errs, text(d.t, v))
	}
	return policy.Part{Name: "policy", Document: parsed}
}

// identity are the policies of a role.
func (d deployedAs) identity(id string) (parts []policy.Part) {
	for _, p := range list(d.properties("AWS::IAM::Role")[id]["Policies"]) {
		parts = append(parts, d.document(at(p, "PolicyDocument"), policy.Identity))
	}
	return parts
}

// resourcePolicy is that of a function; nil where it has none.
func (d deployedAs) resourcePolicy(function string) *policy.Part {
	for _, p := range d.find("AWS::Lambda::ResourcePolicy") {
		if referred(p["ResourceArn"]) == function {
			part := d.document(p["PolicyDocument"], policy.Resource)
			return &part
		}
	}
	return nil
}

func parsed(t *testing.T, text string, kind policy.Kind) policy.Part {
	t.Helper()
	document, errs := policy.Parse([]byte(text), kind)
	if document == nil {
		t.Fatal(errs)
	}
	return policy.Part{Name: "policy", Document: document}
}

// having is a context key with these values.
func having(values ...string) policy.ContextValue {
	return policy.ContextValue{Presence: policy.KeyPresent, Values: values}
}

// everything is the policy of an administrator.
const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
