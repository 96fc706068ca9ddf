// Package largeaccount makes up an account of any size as an export of it, so that a scan can be measured: most roles are
// in order, some have a fault of one kind or another, and some functions name a role that is not there. The same numbers
// give the same account.
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

// Write makes an account with so many roles and functions, and writes it into dir.
func Write(dir string, roles, functions int, seed uint64) error {
	g := generator{rand: rand.New(rand.NewPCG(seed, seed)), roles: roles}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write account: %w", err)
	}
	for name, value := range g.files(functions) {
		if err := write(filepath.Join(dir, name), value); err != nil {
			return fmt.Errorf("write account: %w", err)
		}
	}
	return nil
}

func write(path string, value any) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	e := json.NewEncoder(out)
	e.SetIndent("", "    ")
	return errors.Join(e.Encode(value), out.Flush(), f.Close())
}

type object = map[string]any

type generator struct {
	rand  *rand.Rand
	roles int
}

// one tells true for one in n.
func (g *generator) one(n int) bool { return g.rand.IntN(n) == 0 }

func (g *generator) files(functions int) map[string]any {
	out := map[string]any{}
	var roles []any
	for i := range g.roles {
		roles = append(roles, g.role(i))
	}
	out["iam.json"] = object{"RoleDetailList": roles, "Policies": g.managed()}
	perRegion := map[string][]any{}
	var mappings, invokes, urls []any
	for i := range functions {
		region, role := regions[i%len(regions)], g.rand.IntN(g.roles)
		name := fmt.Sprintf("function-%05d", i)
		arn := "arn:aws:lambda:" + region + ":" + Account + ":function:" + name
		perRegion[region] = append(perRegion[region], g.function(name, arn, role))
		queue := "arn:aws:sqs:" + region + ":" + Account + ":queue-" + fmt.Sprintf("%05d", role)
		if g.one(4) {
			mappings = append(mappings, object{"UUID": fmt.Sprintf("00000000-0000-4000-8000-%012d", i), "EventSourceArn": queue, "FunctionArn": arn, "State": "Enabled", "BatchSize": 10})
		}
		if g.one(8) {
			invokes = append(invokes, object{"FunctionArn": arn + ":$LATEST", "DestinationConfig": object{"OnFailure": object{"Destination": queue}}})
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

func (g *generator) function(name, arn string, role int) object {
	roleName := fmt.Sprintf("role-%05d", role)
	if g.one(500) {
		roleName = "gone-" + roleName
	}
	f := object{
		"FunctionName": name, "FunctionArn": arn + ":$LATEST", "Version": "$LATEST", "Role": "arn:aws:iam::" + Account + ":role/" + roleName,
		"Runtime": "python3.13", "Handler": "app.handler", "CodeSize": 4096, "Description": "", "Timeout": 30, "MemorySize": 256,
		"LastModified": "2026-03-02T09:00:00.000+0000", "CodeSha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "RevisionId": "00000000-0000-4000-8000-000000000000",
		"TracingConfig": object{"Mode": "PassThrough"}, "PackageType": "Zip", "Architectures": []string{"arm64"}, "EphemeralStorage": object{"Size": 512},
		"SnapStart": object{"ApplyOn": "None", "OptimizationStatus": "Off"}, "LoggingConfig": object{"LogFormat": "Text", "LogGroup": "/aws/lambda/" + name},
		"State": "Active", "LastUpdateStatus": "Successful",
	}
	if g.one(3) {
		f["Environment"] = object{"Variables": object{"STAGE": "", "TABLE": ""}}
	}
	if g.one(5) {
		f["VpcConfig"] = object{"VpcId": "vpc-0a1b2c3d", "SubnetIds": []string{"subnet-0a1b2c3d", "subnet-4e5f6071"}, "SecurityGroupIds": []string{"sg-0a1b2c3d"}}
	}
	if g.one(10) {
		f["TracingConfig"] = object{"Mode": "Active"}
	}
	return f
}

func (g *generator) role(i int) object {
	name := fmt.Sprintf("role-%05d", i)
	service := "lambda.amazonaws.com"
	if g.one(100) {
		service = "ec2.amazonaws.com"
	}
	trust := object{"Effect": "Allow", "Principal": object{"Service": service}, "Action": "sts:AssumeRole"}
	if g.one(50) {
		trust["Condition"] = object{"StringEquals": object{"aws:SourceAccount": Account}}
	}
	attached := []object{{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}}
	if g.one(4) {
		attached = append(attached, object{"PolicyName": "AWSLambdaVPCAccessExecutionRole", "PolicyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"})
	}
	if g.one(200) {
		attached = append(attached, object{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})
	}
	attached = append(attached, object{"PolicyName": "team", "PolicyArn": fmt.Sprintf("arn:aws:iam::%s:policy/team-%02d", Account, i%50)})
	return object{
		"Path": "/", "RoleName": name, "RoleId": fmt.Sprintf("AROAEXAMPLE%08d", i), "Arn": "arn:aws:iam::" + Account + ":role/" + name,
		"CreateDate": "2026-01-01T00:00:00+00:00", "AssumeRolePolicyDocument": document(trust), "InstanceProfileList": []any{},
		"RolePolicyList":          []object{{"PolicyName": "work", "PolicyDocument": g.work(i)}},
		"AttachedManagedPolicies": attached, "Tags": []object{{"Key": "team", "Value": fmt.Sprintf("team-%02d", i%50)}}, "RoleLastUsed": object{},
	}
}

// work is what a role's functions do: a few tables, buckets and queues, and now and then more than that.
func (g *generator) work(i int) object {
	id := fmt.Sprintf("%05d", i)
	statements := []object{
		statement("Allow", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"}, []string{
			"arn:aws:dynamodb:*:" + Account + ":table/table-" + id, "arn:aws:dynamodb:*:" + Account + ":table/table-" + id + "/index/*",
		}),
		statement("Allow", []string{"s3:GetObject", "s3:PutObject"}, "arn:aws:s3:::bucket-"+id+"/*"),
		statement("Allow", []string{"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, "arn:aws:sqs:*:"+Account+":queue-"+id),
	}
	if g.one(3) {
		s := statement("Allow", "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:"+Account+":secret:app-"+id+"-*")
		s["Condition"] = object{"StringEquals": object{"secretsmanager:ResourceTag/team": fmt.Sprintf("team-%02d", i%50)}}
		statements = append(statements, s)
	}
	for range g.rand.IntN(6) {
		statements = append(statements, statement("Allow", []string{"sns:Publish", "events:PutEvents"}, []string{
			fmt.Sprintf("arn:aws:sns:*:%s:topic-%d", Account, g.rand.IntN(1000)), fmt.Sprintf("arn:aws:events:*:%s:event-bus/bus-%d", Account, g.rand.IntN(1000)),
		}))
	}
	switch {
	case g.one(100):
		statements = append(statements, statement("Allow", "iam:PassRole", "*"))
	case g.one(50):
		statements = append(statements, statement("Allow", "s3:*", "*"))
	case g.one(50):
		statements = append(statements, statement("Allow", []string{"kms:Decrypt", "ssm:GetParameter*"}, "*"))
	}
	return document(statements...)
}

// managed are the policies that the roles share.
func (g *generator) managed() []object {
	one := func(arn string, doc object) object {
		return object{"PolicyName": filepath.Base(arn), "Arn": arn, "DefaultVersionId": "v1", "PolicyVersionList": []object{
			{"VersionId": "v1", "IsDefaultVersion": true, "Document": doc},
		}}
	}
	logs := []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
	out := []object{
		one("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", document(statement("Allow", logs, "*"))),
		one("arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole", document(statement("Allow", append(logs, "ec2:CreateNetworkInterface",
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"), "*"))),
		one("arn:aws:iam::aws:policy/AdministratorAccess", document(statement("Allow", "*", "*"))),
	}
	for i := range 50 {
		team := fmt.Sprintf("team-%02d", i)
		out = append(out, one("arn:aws:iam::"+Account+":policy/"+team, document(
			statement("Allow", []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, "*"),
			statement("Allow", []string{"ssm:GetParameter", "ssm:GetParameters"}, "arn:aws:ssm:*:"+Account+":parameter/"+team+"/*"),
		)))
	}
	return out
}
