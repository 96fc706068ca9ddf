package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/testscript"
)

// many writes the export of an account, many DIR ROLES. Lambda cannot assume every second role. Every third one has a policy
// whose text is missing; the others pass any role, and have a tag by which settings can except that.
func many(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	document := func(statement object) object {
		return object{"Version": "2012-10-17", "Statement": []object{statement}}
	}
	var roles, functions []object
	for i := range n {
		name := fmt.Sprintf("role-%03d", i)
		arn := "arn:aws:iam::111122223333:role/" + name
		service := []string{"ec2.amazonaws.com", "lambda.amazonaws.com"}[i%2]
		attached := []object{}
		if i%3 == 0 {
			attached = []object{{"PolicyName": name, "PolicyArn": "arn:aws:iam::111122223333:policy/" + name}}
		}
		roles = append(roles, object{
			"RoleName": name, "RoleId": fmt.Sprintf("AROA%03d", i), "Arn": arn, "CreateDate": "2026-01-01T00:00:00+00:00",
			"AssumeRolePolicyDocument": document(object{"Effect": "Allow", "Principal": object{"Service": service}, "Action": "sts:AssumeRole"}),
			"RolePolicyList": []object{{"PolicyName": "app", "PolicyDocument": document(object{
				"Effect": "Allow", "Action": []string{"logs:*", "iam:PassRole"}, "Resource": "*",
			})}},
			"AttachedManagedPolicies": attached, "Tags": []object{{"Key": "accepted", "Value": "yes"}},
		})
		for _, suffix := range []string{"a", "b"} {
			functions = append(functions, object{
				"FunctionName": name + suffix, "FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:" + name + suffix + ":$LATEST",
				"Version": "$LATEST", "Role": arn, "LastModified": "2026-01-02T00:00:00.000+0000",
			})
		}
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	for file, value := range map[string]object{
		"iam.json": {"RoleDetailList": roles, "Policies": []object{}}, "functions.json": {"Functions": functions},
		"organization.json": {"scps": []any{}, "rcps": []any{}}, "event-source-mappings.json": {"EventSourceMappings": []any{}},
		"invoke-configs.json": {"FunctionEventInvokeConfigs": []any{}}, "function-urls.json": {"FunctionUrlConfigs": []any{}}, "capacity-providers.json": {"CapacityProviders": []any{}},
	} {
		text, err := json.Marshal(value, json.Deterministic(true))
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(dir, file), text, 0o644))
	}
}
