package aws

import (
	"slices"
	"strings"
	"testing"
)

func TestEachRefusalIsReadByItsOwnRow(t *testing.T) {
	meanings := map[Meaning]int{}
	for i, row := range refusals.rows {
		meanings[row.Meaning]++
		got, ok := ReadRefusal(row.Example)
		if !ok || got.Says != row.Says || got.Meaning != row.Meaning {
			t.Errorf("row %d: its example %q is read as %q", i, row.Example, got.Meaning)
		}
		if !strings.HasPrefix(row.Source, "https://") || !strings.HasSuffix(row.Says, ".") {
			t.Errorf("row %d has source %q and says %q", i, row.Source, row.Says)
		}
		for _, wrapped := range []string{
			"An error occurred (InvalidParameterValueException) when calling the CreateFunction operation: " + row.Example,
			"CREATE_FAILED  AWS::Lambda::Function  Func  " + strings.ReplaceAll(row.Example, " ", "\n                      ") + "\n                      (Service: Lambda)",
			"╷\n│ Error: creating Lambda Function (f): InvalidParameterValueException: " + strings.ReplaceAll(row.Example, " ", "\n│ ") + " \n│\n│   with aws_lambda_function.f,\n╵",
			`Resource handler returned message: "` + row.Example + ` (Service: Lambda, Status Code: 400, Request ID: b8d705e6-af89-464c-bc64-ec1e956254c9)" (RequestToken: 4, HandlerErrorCode: InvalidRequest)`,
			strings.ToUpper(row.Example[:1]) + row.Example[1:] + "\n{\n  RespMetadata: {}\n}",
		} {
			again, ok := ReadRefusal(wrapped)
			broken := strings.Contains(wrapped, "\n  ") || strings.Contains(wrapped, "\n│ ") // An ARN at the end of a line may go on in the next one.
			if !ok || again.Says != row.Says || !slices.Equal(again.Actions, got.Actions) && !broken || again.Resource != got.Resource && !(broken && again.Resource == "") {
				t.Errorf("row %d: %q is read as %+v, want as %+v", i, wrapped, again, got)
			}
			if again.Denied != got.Denied && !broken {
				t.Errorf("row %d: %q is denied by %+v, want %+v", i, wrapped, again.Denied, got.Denied)
			}
			if sentence, _ := ReadRefusal(again.Sentence); sentence.Says != row.Says || strings.Contains(again.Sentence, "\n") || strings.Contains(again.Sentence, "CREATE_FAILED  ") {
				t.Errorf("row %d: of %q the sentence is %q", i, wrapped, again.Sentence)
			}
		}
	}
	if len(meanings) < 11 {
		t.Errorf("the table has %d meanings, want all 11: %v", len(meanings), meanings)
	}
}

func TestReadRefusal(t *testing.T) {
	tests := []struct {
		message  string
		meaning  Meaning
		actions  string
		resource string
	}{
		{"The function execution role does not have permissions to call ReceiveMessage on SQS", RoleLacks, "sqs:ReceiveMessage", ""},
		{"Invalid request provided: The provided execution role does not have permissions to call DeleteMessage on SQS.", RoleLacks, "sqs:DeleteMessage", ""},
		{"The provided execution role does not have permissions to call PutTraceSegments on XRAY", RoleLacks, "xray:PutTraceSegments", ""},
		{"The function's execution role does not have permissions to call Publish on arn:aws:sns:us-east-1:111122223333:alerts", RoleLacks, "sns:Publish", "arn:aws:sns:us-east-1:111122223333:alerts"},
		{"The function execution role does not have permissions to call InvokeFunction on arn:aws:lambda:us-east-1:111122223333:function:next.", RoleLacks, "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:next"},
		{"The provided execution role does not have permissions to call PutObject on S3", RoleLacks, "s3:PutObject", ""},
		{"The provided execution role does not have permissions to call Frobnicate on Quux", RoleLacks, "", ""},
		{"Cannot access stream arn:aws:kinesis:us-east-1:111122223333:stream/clicks. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM.",
			RoleLacks, "kinesis:GetRecords kinesis:GetShardIterator kinesis:DescribeStream kinesis:ListShards kinesis:ListStreams", "arn:aws:kinesis:us-east-1:111122223333:stream/clicks"},
		{"Cannot access secret manager value arn:aws:secretsmanager:us-east-1:111122223333:secret:AmazonMSK_x.\nPlease ensure the role can perform the 'secretsmanager:GetSecretValue' action on your broker in IAM.",
			RoleLacks, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:AmazonMSK_x"},
		{"User: arn:aws:sts::111122223333:assumed-role/deploy/ci is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/r", CallerMayNotPass, "", "arn:aws:iam::111122223333:role/r"},
		{"User: arn:aws:sts::111122223333:assumed-role/deploy/ci is not authorized to perform: lambda:CreateFunction on resource: arn:aws:lambda:us-east-1:111122223333:function:f", CodeLacks, "lambda:CreateFunction", "arn:aws:lambda:us-east-1:111122223333:function:f"},
		{"EFSMountFailureException: The function couldn't mount the Amazon EFS file system with access point arn:aws:elasticfilesystem:us-east-1:111122223333:access-point/fsap-1.", NotMounted, "", "arn:aws:elasticfilesystem:us-east-1:111122223333:access-point/fsap-1"},
		{"KMSInvalidStateException: Lambda was unable to decrypt the environment variables because the KMS key used is in an invalid state for Decrypt.", NotTheRole, "", ""},
		{"Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings.", "", "", ""},
		{"Please ensure the role can perform the GetRecords and DescribeStream Actions on your stream in IAM.", RoleLacks, "", ""},
		{"The function does not have permission to access the specified image.", NotTheRole, "", ""},
		{`User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k" because no session policy allows it`, CodeLacks, "s3:GetObject", "arn:aws:s3:::b/k"},
		{"Function already exist: orders-api", "", "", ""},
		{"", "", "", ""},
	}
	for _, tt := range tests {
		got, ok := ReadRefusal(tt.message)
		if got.Meaning != tt.meaning || ok != (tt.meaning != "") || strings.Join(got.Actions, " ") != tt.actions || got.Resource != tt.resource {
			t.Errorf("%q: %q, %q on %q, want %q, %q on %q", tt.message, got.Meaning, got.Actions, got.Resource, tt.meaning, tt.actions, tt.resource)
		}
	}
	if got, _ := ReadRefusal("call Frobnicate: the execution role does not have permissions to call Frobnicate on Quux"); !slices.Equal(got.Calls, []string{"Frobnicate"}) {
		t.Errorf("an unknown service's call is read as %q", got.Calls)
	}
}

// TestReadDenial reads each reason that the IAM User Guide lists.
func TestReadDenial(t *testing.T) {
	const call = "User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k "
	types := []string{"identity-based policy", ByResourcePolicy, "permissions boundary", BySessionPolicy, "service control policy", "resource control policy", ByEndpointPolicy}
	for _, by := range types {
		for text, explicit := range map[string]bool{"because no " + by + " allows the s3:GetObject action": false, "with an explicit deny in a " + by: true, "with an explicit deny in an " + by + "\n": true} {
			if got, _ := ReadRefusal(call + text); got.Denied != (Denial{by, explicit}) {
				t.Errorf("%q is denied by %+v", text, got.Denied)
			}
		}
	}
	for text, want := range map[string]Denial{"with an explicit deny": {Explicit: true}, "": {}, "with an explicit\n   deny in a service\n   control policy": {"service control policy", true}} {
		if got, _ := ReadRefusal(call + text); got.Denied != want {
			t.Errorf("%q is denied by %+v, want %+v", text, got.Denied, want)
		}
	}
}

// TestAnARNThatATableBreaksIsNotRead holds that the part of an ARN that fits into the column of a table is not taken for the whole.
func TestAnARNThatATableBreaksIsNotRead(t *testing.T) {
	got, ok := ReadRefusal("Cannot access stream\n    arn:aws:kinesis:us-east-1:111122223333:stream/cli\n    cks. Please ensure the role can\n    perform the GetRecords Actions on\n    your stream in IAM.")
	if ok && got.Resource != "" {
		t.Errorf("the resource is read as %q", got.Resource)
	}
	got, ok = ReadRefusal("User: arn:aws:sts::111122223333:assumed-role/r/f is not\n   authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:us-east-1:111122223333:ord\n   ers because no identity-based policy allows it")
	if !ok || got.Resource != "" || got.Function != "f" {
		t.Errorf("read %+v", got)
	}
}

// TestTheEndOfACutMessageIsNotRead holds that half an ARN or an action is not taken for a whole one.
func TestTheEndOfACutMessageIsNotRead(t *testing.T) {
	const call = "User: arn:aws:sts::111122223333:assumed-role/orders/f is not authorized to perform: sqs:SendMessage"
	tests := []struct{ message, resource, actions string }{
		{call + " on resource: arn:aws:sqs:us-east-1:111122223333:ord", "", "sqs:SendMessage"},
		{call + " on resource: arn:aws:sqs:us-east-1:111122223333:orders because no", "arn:aws:sqs:us-east-1:111122223333:orders", "sqs:SendMessage"},
		{call, "", ""},
	}
	for _, tt := range tests {
		got, ok := ReadRefusal(strings.Repeat("x", 1024-len(tt.message)) + tt.message)
		if !ok || got.Resource != tt.resource || strings.Join(got.Actions, " ") != tt.actions {
			t.Errorf("the end of %q is read as %q on %q", tt.message, got.Actions, got.Resource)
		}
	}
}

// FuzzReadRefusal holds that a message is read without a panic, and that what is read is in the message: a meaning only with the
// row that has it.
func FuzzReadRefusal(f *testing.F) {
	for _, row := range refusals.rows {
		f.Add(row.Example)
	}
	f.Fuzz(func(t *testing.T, message string) {
		got, ok := ReadRefusal(message)
		row := slices.IndexFunc(refusals.rows, func(r Refusal) bool { return r.pattern.MatchString(message) })
		if ok != (got.Meaning != "") || ok != (row >= 0) || ok && (got.Meaning != refusals.rows[row].Meaning || got.Says != refusals.rows[row].Says) {
			t.Fatalf("%q: %+v, %t", message, got, ok)
		}
		for _, part := range append([]string{got.Resource, got.Value, got.Session, got.Role, got.Function}, got.Calls...) {
			if !strings.Contains(message, part) {
				t.Errorf("%q is read from %q, which does not have it", part, message)
			}
		}
		for _, action := range got.Actions {
			if service, name, ok := strings.Cut(action, ":"); !ok || service == "" || name == "" {
				t.Errorf("action %q is read from %q", action, message)
			}
		}
	})
}
