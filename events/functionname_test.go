package events

import (
	"strings"
	"testing"
)

func TestFunctionNameForms(t *testing.T) {
	const home = "arn:aws:lambda:eu-central-1:111122223333:function:"
	tests := []struct {
		given string
		want  FunctionRef
	}{
		{"orders", FunctionRef{"orders", home + "orders", ""}},
		{"orders:live", FunctionRef{"orders", home + "orders", "live"}},
		{"orders:7", FunctionRef{"orders", home + "orders", "7"}},
		{"orders:$LATEST", FunctionRef{"orders", home + "orders", "$LATEST"}},
		{"my-function-1:live", FunctionRef{"my-function-1", home + "my-function-1", "live"}},
		{"function:orders", FunctionRef{"orders", home + "orders", ""}},
		{"function", FunctionRef{"function", home + "function", ""}},
		{"444455556666", FunctionRef{"444455556666", home + "444455556666", ""}},
		{"444455556666:function:orders", FunctionRef{"orders", "arn:aws:lambda:eu-central-1:444455556666:function:orders", ""}},
		{"444455556666:function:orders:live", FunctionRef{"orders", "arn:aws:lambda:eu-central-1:444455556666:function:orders", "live"}},
		{"444455556666:orders", FunctionRef{"orders", "arn:aws:lambda:eu-central-1:444455556666:function:orders", ""}},
		{"us-east-2:444455556666:function:orders", FunctionRef{"orders", "arn:aws:lambda:us-east-2:444455556666:function:orders", ""}},
		{"arn:aws:lambda:us-east-2:444455556666:function:orders", FunctionRef{"orders", "arn:aws:lambda:us-east-2:444455556666:function:orders", ""}},
		{"arn:aws:lambda:us-east-2:444455556666:function:orders:12", FunctionRef{"orders", "arn:aws:lambda:us-east-2:444455556666:function:orders", "12"}},
		{"arn:aws-cn:lambda:cn-north-1:444455556666:function:orders:$LATEST", FunctionRef{"orders", "arn:aws-cn:lambda:cn-north-1:444455556666:function:orders", "$LATEST"}},
	}
	for _, tt := range tests {
		body := edited(t, "lambda.RemovePermission", func(r object) {
			r["requestParameters"] = object{"functionName": tt.given, "statementId": "s"}
		})
		if got := parse(t, body).Function; got != tt.want {
			t.Errorf("functionName %q is %+v, want %+v", tt.given, got, tt.want)
		}
	}
}

var noFunctionNames = []string{
	":", "a:b:c", "a b", "arn:aws:lambda:us-east-1:111122223333:layer:common", "arn:aws:lambda:us-east-1:111122223333:function:",
	"arn:aws:lambda:us-east-1:111122223333:function:a:b:c", "arn:aws:s3:::bucket", "arn:", "orders:", "orders:$", "444455556666:",
	"arn::lambda:us-east-1:111122223333:function:a", "arn:aws:lambda::111122223333:function:a",
}

func TestWhatIsNoFunctionName(t *testing.T) {
	for _, name := range noFunctionNames {
		request := object{"functionName": name}
		refused := edited(t, "lambda.RemovePermission", func(r object) {
			r["requestParameters"], r["errorCode"] = request, "ValidationException"
		})
		if got := parse(t, refused).Function; !got.IsZero() {
			t.Errorf("functionName %q of a refused call is %+v", name, got)
		}
		done := edited(t, "lambda.RemovePermission", func(r object) { r["requestParameters"] = request })
		bad := wantMalformed(t, done, fieldFunction)
		if !strings.Contains(bad.Reason, "want a function's name or ARN") {
			t.Errorf("functionName %q: %v", name, bad)
		}
	}
}

func TestWhereTheQualifierIsFound(t *testing.T) {
	for name, want := range map[string]string{
		"lambda.AddPermission":                   "live",    // a parameter of its own
		"lambda.PutFunctionEventInvokeConfig":    "live",    // the same, and the response's ARN
		"lambda.UpdateFunctionEventInvokeConfig": "$LATEST", // the response's ARN alone
		"lambda.UpdateFunctionCode":              "3",       // the version just published
		"lambda.CreateAlias":                     "live",    // the alias itself
		"lambda.DeleteAlias":                     "live",
		"lambda.DeleteFunction":                  "",
	} {
		if got := parse(t, sample(t, name)).Function.Qualifier; got != want {
			t.Errorf("%s has the qualifier %q, want %q", name, got, want)
		}
	}
}

func TestFullyQualifiedArnStandsInForTheName(t *testing.T) {
	body := edited(t, "lambda.UpdateFunctionCode", func(r object) {
		r["responseElements"] = nil
		delete(r["requestParameters"].(object), "functionName")
	})
	want := FunctionRef{Name: "orders-worker", ARN: "arn:aws:lambda:eu-central-1:111122223333:function:orders-worker"}
	if got := parse(t, body).Function; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFunctionOfATaggedResource(t *testing.T) {
	body := edited(t, "lambda.TagResource", func(r object) {
		r["requestParameters"].(object)["resource"] = "arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:3d5b7f10"
	})
	if c := parse(t, body); !c.Function.IsZero() || c.Tags["team"] != "orders" {
		t.Errorf("a tagged mapping gives the function %+v, tags %v", c.Function, c.Tags)
	}
}

func TestAccountAndRegionCompleteTheName(t *testing.T) {
	body := edited(t, "lambda.DeleteFunction", func(r object) {
		delete(r, "recipientAccountId")
		r["awsRegion"] = "us-gov-west-1"
		r["userIdentity"] = object{"type": "AWSService", "invokedBy": "x.amazonaws.com", "accountId": "444455556666"}
	})
	want := "arn:aws-us-gov:lambda:us-gov-west-1:444455556666:function:orders-worker"
	if got := parse(t, body).Function.ARN; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for field, name := range map[string]string{"awsRegion": "awsRegion", "recipientAccountId": "recipientAccountId"} {
		wantMalformed(t, edited(t, "lambda.DeleteFunction", func(r object) {
			delete(r, field)
			r["userIdentity"] = nil
		}), name)
	}
}
