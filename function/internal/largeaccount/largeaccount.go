// Package largeaccount makes up an account of any size as an export of it, so that a scan can be measured: most roles are
// correct, some have an error of one kind or another, and some functions name a role that does not exist. The same profile and
// numbers give the same account.
package largeaccount

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Account is whose it is.
const Account = "111122223333"

var regions = []string{"us-east-1", "eu-central-1", "eu-west-1", "ap-southeast-2"}

// Profile is what the roles of an account are like.
type Profile int

const (
	// Dense has an inline policy of up to nine statements in every role, and files that are indented as the AWS CLI writes them.
	Dense Profile = iota
	// Sparse has several hundred managed policies that many roles share, few inline policies, few administrators, a fifth of
	// its roles for others than Lambda, and files without indentation.
	Sparse
)

// Write makes an account with so many roles and functions, and writes it into dir.
func Write(dir string, profile Profile, roles, functions int, seed uint64) error {
	g := &generator{rand: rand.New(rand.NewPCG(seed, seed)), roles: roles}
	var maker roleMaker = &dense{g}
	indent := "    "
	if profile == Sparse {
		maker, indent = &sparse{g}, ""
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write account: %w", err)
	}
	for name, value := range g.files(maker, functions) {
		if err := write(filepath.Join(dir, name), indent, value); err != nil {
			return fmt.Errorf("write account: %w", err)
		}
	}
	return nil
}

func write(path, indent string, value any) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	e := json.NewEncoder(out)
	e.SetIndent("", indent)
	return errors.Join(e.Encode(value), out.Flush(), f.Close())
}

type object = map[string]any

type generator struct {
	rand  *rand.Rand
	roles int
}

// roleMaker makes the roles of a profile.
type roleMaker interface {
	role(i int) object
	// used is the number of a role that a function uses.
	used() int
	// uses decides whether a function with a role uses a feature of Lambda.
	uses(f feature, role int) bool
	// managed are the policies that the roles share.
	managed() []object
}

// feature is something of a function that its role needs permissions for.
type feature int

const (
	network feature = iota
	tracing
	queue
	destination
)

// one tells true for one in n.
func (g *generator) one(n int) bool { return g.rand.IntN(n) == 0 }

func (g *generator) files(maker roleMaker, functions int) map[string]any {
	out := map[string]any{}
	var roles []any
	for i := range g.roles {
		roles = append(roles, maker.role(i))
	}
	out["iam.json"] = object{"RoleDetailList": roles, "Policies": maker.managed()}
	perRegion := map[string][]any{}
	var mappings, invokes, urls []any
	for i := range functions {
		region, role := regions[i%len(regions)], maker.used()
		name := fmt.Sprintf("function-%05d", i)
		arn := "arn:aws:lambda:" + region + ":" + Account + ":function:" + name
		perRegion[region] = append(perRegion[region], g.function(maker, name, arn, role))
		queueARN := "arn:aws:sqs:" + region + ":" + Account + ":queue-" + fmt.Sprintf("%05d", role)
		if maker.uses(queue, role) {
			mappings = append(mappings, object{"UUID": fmt.Sprintf("00000000-0000-4000-8000-%012d", i), "EventSourceArn": queueARN, "FunctionArn": arn, "State": "Enabled", "BatchSize": 10})
		}
		if maker.uses(destination, role) {
			invokes = append(invokes, object{"FunctionArn": arn + ":$LATEST", "DestinationConfig": object{"OnFailure": object{"Destination": queueARN}}})
		}
		if g.one(40) {
			urls = append(urls, object{"FunctionArn": arn, "FunctionUrl": "https://" + name + ".lambda-url." + region + ".on.aws/", "AuthType": "AWS_IAM"})
		}
		if g.one(10) {
			out[filepath.Join("function-policies", region, name+".json")] = object{"Policy": resourcePolicy(arn, region)}
		}
	}
	for region, list := range perRegion {
		out["functions-"+region+".json"] = object{"Functions": list}
	}
	out["event-source-mappings.json"] = object{"EventSourceMappings": mappings}
	out["invoke-configs.json"] = object{"FunctionEventInvokeConfigs": invokes}
	out["function-urls.json"] = object{"FunctionUrlConfigs": urls}
	out["organization.json"] = object{"scps": []any{[]any{document(statement("Allow", "*", "*"))}}, "rcps": []any{}}
	return out
}

func resourcePolicy(arn, region string) string {
	s := object{"Sid": "topic", "Effect": "Allow", "Principal": object{"Service": "sns.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": arn,
		"Condition": object{"ArnLike": object{"AWS:SourceArn": "arn:aws:sns:" + region + ":" + Account + ":topic"}}}
	text, _ := json.Marshal(document(s)) // A map of plain values marshals.
	return string(text)
}

func document(statements ...object) object {
	return object{"Version": "2012-10-17", "Statement": statements}
}

func statement(effect string, action, resource any) object {
	return object{"Effect": effect, "Action": action, "Resource": resource}
}

// managedPolicy is a managed policy with one version.
func managedPolicy(arn string, statements ...object) object {
	return object{"PolicyName": filepath.Base(arn), "Arn": arn, "DefaultVersionId": "v1", "PolicyVersionList": []object{
		{"VersionId": "v1", "IsDefaultVersion": true, "Document": document(statements...)},
	}}
}
