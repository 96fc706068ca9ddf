package main

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/testscript"
)

type object = map[string]any

// storyDay is the day on which stories play unless their times say otherwise.
const storyDay = "2026-03-02"

// cloudtrail writes a story as CloudTrail records: cloudtrail STORY LOG. A story's lines read
//
//	09:00:00 CreateRole id=e1 role=orders policy=@trust.json
//
// where @FILE stands for a file's text. The log is JSON lines, or a bundle in an archive when its name ends in .gz.
func cloudtrail(ts *testscript.TestScript, _ bool, args []string) {
	var lines []string
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.HasPrefix(line, "#") {
			continue
		}
		values := map[string]string{}
		for _, field := range fields[2:] {
			k, v, _ := strings.Cut(field, "=")
			if name, is := strings.CutPrefix(v, "@"); is {
				v = strings.TrimSpace(ts.ReadFile(name))
			}
			values[k] = v
		}
		at := fields[0]
		if !strings.Contains(at, "T") {
			at = storyDay + "T" + at + "Z"
		}
		text, err := json.Marshal(storyRecord(at, fields[1], values), json.Deterministic(true))
		ts.Check(err)
		lines = append(lines, string(text))
	}
	path := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	f, err := os.Create(path)
	ts.Check(err)
	defer f.Close()
	if !strings.HasSuffix(path, ".gz") {
		_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
		ts.Check(err)
		return
	}
	z := gzip.NewWriter(f)
	_, err = z.Write([]byte(`{"Records":[` + strings.Join(lines, ",") + `]}`))
	ts.Check(err)
	ts.Check(z.Close())
}

// storyOfFunction is the request of a record about what is configured beside a function, and its answer.
func storyOfFunction(name, arn string, v map[string]string) (request, response object) {
	switch name {
	case "AddPermission":
		statement, err := json.Marshal(object{"Sid": v["sid"], "Effect": "Allow", "Principal": v["principal"], "Action": v["action"], "Resource": arn})
		if err != nil {
			panic(err) // It is made of texts.
		}
		return object{"functionName": v["function"], "statementId": v["sid"], "action": v["action"], "principal": v["principal"]},
			object{"statement": string(statement)}
	case "CreateFunctionUrlConfig":
		return object{"functionName": v["function"], "authType": v["auth"]},
			object{"functionArn": arn, "functionUrl": "https://x.lambda-url.us-east-1.on.aws/", "authType": v["auth"]}
	case "PutRuntimeManagementConfig":
		request = object{"functionName": v["function"], "updateRuntimeOn": v["on"]}
		if v["version"] != "" {
			request["runtimeVersionArn"] = v["version"]
		}
		return request, object{"functionArn": arn, "updateRuntimeOn": v["on"], "runtimeVersionArn": request["runtimeVersionArn"]}
	case "PutFunctionEventInvokeConfig":
		to := object{"onFailure": object{"destination": v["to"]}}
		return object{"functionName": v["function"], "destinationConfig": to}, object{"functionArn": arn + ":$LATEST", "destinationConfig": to}
	default:
		return object{"functionName": v["function"], "eventSourceArn": v["from"]},
			object{"uUID": v["id"], "functionArn": arn, "eventSourceArn": v["from"], "state": "Creating"}
	}
}

// storyRecord is one record, as CloudTrail writes those of IAM and Lambda.
func storyRecord(at, name string, v map[string]string) object {
	const account = "111122223333"
	source, response := "iam.amazonaws.com", any(nil)
	var request object
	roleARN := "arn:aws:iam::" + account + ":role/" + v["role"]
	event := name
	switch name {
	case "CreateRole":
		request = object{"roleName": v["role"], "assumeRolePolicyDocument": v["policy"]}
		created, _ := time.Parse(time.RFC3339, at)
		response = object{"role": object{"path": "/", "roleName": v["role"], "roleId": "AROA" + strings.ToUpper(v["role"]), "arn": roleARN,
			"createDate": created.Format("Jan 2, 2006 3:04:05 PM")}}
	case "UpdateAssumeRolePolicy":
		request = object{"roleName": v["role"], "policyDocument": v["policy"]}
	case "PutRolePolicy":
		request = object{"roleName": v["role"], "policyName": v["name"], "policyDocument": v["policy"]}
	case "AttachRolePolicy", "DetachRolePolicy":
		request = object{"roleName": v["role"], "policyArn": v["policy"]}
	case "CreateFunction", "UpdateFunctionConfiguration":
		source, event = "lambda.amazonaws.com", map[string]string{"CreateFunction": "CreateFunction20150331"}[name]
		if event == "" {
			event = name + "20150331v2"
		}
		request = object{"functionName": v["function"], "role": roleARN}
		response = object{"functionName": v["function"], "functionArn": "arn:aws:lambda:us-east-1:" + account + ":function:" + v["function"],
			"role": roleARN, "version": "$LATEST", "lastModified": strings.TrimSuffix(at, "Z") + ".000+0000"}
		if v["runtime"] != "" {
			request["runtimeConfig"] = object{"runtimeArn": v["runtime"], "runtimeAlias": "prod"}
			response.(object)["runtimeConfig"] = request["runtimeConfig"]
		}
	case "AddPermission", "CreateFunctionUrlConfig", "PutFunctionEventInvokeConfig", "PutRuntimeManagementConfig", "CreateEventSourceMapping":
		source, event = "lambda.amazonaws.com", name+map[string]string{"AddPermission": "20150331v2", "CreateEventSourceMapping": "20150331"}[name]
		request, response = storyOfFunction(name, "arn:aws:lambda:us-east-1:"+account+":function:"+v["function"], v)
	case "CreateCapacityProvider", "DeleteCapacityProvider":
		source, event = "lambda.amazonaws.com", name+"20251130"
		request = object{"capacityProviderName": v["provider"]}
		response = object{"capacityProvider": object{
			"capacityProviderArn": "arn:aws:lambda:us-east-1:" + account + ":capacity-provider:" + v["provider"],
			"permissionsConfig":   object{"capacityProviderOperatorRoleArn": roleARN},
		}}
	case "PutResourcePolicy", "DeleteResourcePolicy":
		source, event = "lambda.amazonaws.com", name+"20260709"
		request = object{"resourceArn": "arn:aws:lambda:us-east-1:" + account + ":function:" + v["function"]}
		if v["policy"] != "" {
			request["policy"] = v["policy"]
		}
	default:
		request = object{"roleName": v["role"]}
	}
	r := object{
		"eventVersion": "1.11", "eventTime": at, "eventSource": source, "eventName": event, "awsRegion": "us-east-1",
		"sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.33.29", "requestParameters": request, "responseElements": response,
		"userIdentity": object{"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/anna", "accountId": account, "userName": "anna"},
		"eventID":      v["id"], "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
	}
	if v["id"] == "" {
		r["eventID"] = fmt.Sprintf("%s-%s-%s%s", name, at, v["role"], v["function"])
	}
	if v["error"] != "" {
		r["errorCode"], r["errorMessage"], r["responseElements"] = v["error"], v["message"], nil
	}
	return r
}
