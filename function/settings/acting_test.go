package settings_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/settings"
)

func TestWhoMayDecideIsNamed(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/"
	refused := 0
	for _, tt := range []struct{ value, want string }{
		{`["` + role + `security"]`, ""},
		{`["` + role + `aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Security_*", "arn:aws-cn:iam::111122223333:user/kims?"]`, ""},
		{`["` + role + `a/sec"]`, ""},
		{`["` + role + `*/security"]`, ""},
		{`["` + role + `aws-reserved/*"]`, "is not the ARN of a role or user"},
		{`["` + role + `aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_*"]`, "is not the ARN of a role or user"},
		{`["*"]`, "is not the ARN of a role or user"},
		{`["` + role + `*"]`, "is not the ARN of a role or user"},
		{`["` + role + `ab*"]`, "is not the ARN of a role or user"},
		{`["` + role + `?ecurity"]`, "is not the ARN of a role or user"},
		{`["arn:aws:iam::*:role/security"]`, "is not the ARN of a role or user"},
		{`["arn:*:iam::111122223333:role/security"]`, "is not the ARN of a role or user"},
		{`["arn:aws*:iam::111122223333:role/security"]`, "is not the ARN of a role or user"},
		{`["arn:gcp:iam::111122223333:role/security"]`, "is not the ARN of a role or user"},
		{`["arn:aws:iam:us-east-1:111122223333:role/security"]`, "is not the ARN of a role or user"},
		{`["arn:aws:sns::111122223333:role/security"]`, "is not the ARN of a role or user"},
		{`["` + role + `secu*"]`, ""},
		{`["` + role + `sec*"]`, "is not the ARN of a role or user"},
		{`["` + role + `AWSReservedSSO_Secu*"]`, ""},
		{`["` + role + `AWSReservedSSO_Sec*"]`, "is not the ARN of a role or user"},
		{`["arn:aws:iam::111122223333:root"]`, "is not the ARN of a role or user"},
		{`["arn:aws:iam::111122223333:*"]`, "is not the ARN of a role or user"},
		{`["arn:aws:iam::111122223333:group/security"]`, "is not the ARN of a role or user"},
		{`["111122223333"]`, "is not the ARN of a role or user"},
		{`["` + role + `security ${aws:username}"]`, "is not the ARN of a role or user"},
		{`["arn:aws:sts::111122223333:assumed-role/security/kim"]`, "is a session: name the role"},
		{`["` + role + `security","` + role + `security"]`, "is named twice"},
		{`["` + strings.Repeat(role+`security","`, 51) + `x"]`, "names 52 principals, and 50 are allowed"},
		{`"` + role + `security"`, "rolewatch.ackPrincipals"},
	} {
		_, err := settings.FromContext([]byte(`{"ackPrincipals":`+tt.value+`}`), settings.Known())
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.value, err, tt.want)
		}
		if err != nil {
			refused++
		}
	}
	if refused < 12 {
		t.Errorf("%d values are refused", refused)
	}
}

// What infra writes into the environment is what the command function reads.
func TestTheCommandFunctionReadsItsEnvironment(t *testing.T) {
	for _, want := range []settings.Command{{Table: "t", Account: "111122223333"}, {Table: "t", Account: "111122223333", Chat: true, AckCritical: true}} {
		env := want.Environment()
		getenv := func(name string) string { return env[name] }
		if got, err := settings.CommandFromEnvironment(getenv); err != nil || got != want || !settings.IsCommand(getenv) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	for name, value := range map[string]string{"ROLEWATCH_TABLE": "", "ROLEWATCH_ACCOUNT": "me", "ROLEWATCH_COMMAND": "everybody", "ROLEWATCH_ACK_CRITICAL": "yes"} {
		env := settings.Command{Table: "t", Account: "111122223333"}.Environment()
		env[name] = value
		if _, err := settings.CommandFromEnvironment(func(name string) string { return env[name] }); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s %q: %v", name, value, err)
		}
	}
	if settings.IsCommand(func(string) string { return "" }) {
		t.Error("rolewatch's own function is taken for the command function")
	}
}

func TestACriticalFindingIsAcknowledgedWhereSlackSaysSo(t *testing.T) {
	for value, want := range map[string]bool{`true`: true, `false`: false} {
		s, err := settings.FromContext([]byte(`{"slack":{"workspace":"T0AB12CD3","channel":"C0EF45GH6","ackCritical":`+value+`}}`), settings.Known())
		if err != nil || s.AckCritical() != want {
			t.Errorf("%s: %v, %v", value, s.AckCritical(), err)
		}
	}
	if s, err := settings.FromContext(nil, settings.Known()); err != nil || s.AckCritical() {
		t.Errorf("by default: %v, %v", s.AckCritical(), err)
	}
}
