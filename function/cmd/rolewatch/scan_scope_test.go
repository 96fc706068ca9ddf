package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// TestAScanSaysWhoseScopeIsUnknown writes an unknown of the account, one of a check and one of a role's scope.
func TestAScanSaysWhoseScopeIsUnknown(t *testing.T) {
	r := scan.Result{Unknowns: []scan.Unknown{
		{Missing: "functions: none", Checks: []string{}}, {Missing: "inline policies: denied", Checks: []string{"RW301"}, Roles: 2, SettledBy: "Allow it.", RoleARNs: []string{"arn:aws:iam::111122223333:role/orders", "arn:aws:iam::111122223333:role/a/pay"},
			Statements: []scan.Statement{{RoleARN: "arn:aws:iam::111122223333:role/orders", StatementName: role.StatementName{Policy: "boundary", Sid: "Deny"}}}},
		{Missing: "whether the role is in scope: trust policy: denied", Checks: []string{}, Roles: 1},
	}, Tally: scan.Tally{Unknown: 3}}
	for f, want := range map[format][]string{
		formatText: {
			"not known: functions: none\n", "not known: inline policies: denied (RW301; 2 roles: orders and pay; 1 statement: permissions boundary, statement Deny). Allow it.\n",
			"not known: whether the role is in scope: trust policy: denied (1 role)\n", "3 not known\n",
		},
		formatJSON: {`{"unknown":{"missing":"whether the role is in scope: trust policy: denied","checks":[],"roles":1,"settledBy":""`, `"roleArns":["arn:aws:iam::111122223333:role/orders","arn:aws:iam::111122223333:role/a/pay"],"functionArns":[],"statements":[{"roleArn":"arn:aws:iam::111122223333:role/orders","policy":"boundary","statement":0,"sid":"Deny"}]}`, `"unknown":3`},
	} {
		var out bytes.Buffer
		p := scanPrinter{world: &world{out: &out, err: &bytes.Buffer{}, now: time.Now}, format: f}
		if err := p.print(r, nil); err != nil {
			t.Fatal(err)
		}
		for _, line := range want {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%v: %q is not in\n%s", f, line, out.String())
			}
		}
	}
}
