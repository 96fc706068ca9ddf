package awsaccount_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
)

// An account has one alias or none; where it may not be read, the error names the call.
func TestAlias(t *testing.T) {
	for name, tt := range map[string]struct {
		aliases []string
		want    string
	}{"one": {[]string{"pay-prod"}, "pay-prod"}, "none": {nil, ""}} {
		got, err := awsaccount.New(&fakeIAM{aliases: tt.aliases}, map[string]*fakeLambda{}, awsaccount.Options{}).Alias(t.Context())
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	denied := &fakeIAM{counting: counting{fail: map[string]error{"iam:ListAccountAliases": errors.New("AccessDenied")}}}
	if _, err := awsaccount.New(denied, map[string]*fakeLambda{}, awsaccount.Options{}).Alias(t.Context()); err == nil || !strings.Contains(err.Error(), "iam:ListAccountAliases") {
		t.Errorf("denied: %v", err)
	}
}
