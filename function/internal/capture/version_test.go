package capture_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// TestRuntimeManagementIsExported gives the function of an emulator a customer-managed runtime, which no emulator has, and lets the
// call that reads its updates succeed, and be denied.
func TestRuntimeManagementIsExported(t *testing.T) {
	const (
		call    = "Lambda GetRuntimeManagementConfig"
		runtime = "arn:aws:lambda:us-east-1:444455556666:runtime/php"
	)
	arn := "arn:aws:lambda:" + awstest.Region + ":" + awstest.MotoAccount + ":function:shop"
	json := map[string]string{"Content-Type": "application/json"}
	list := awstest.Answer{Status: 200, Headers: json, Body: `{"Functions":[{"FunctionName":"shop","FunctionArn":"` + arn + `","Version":"$LATEST",
		"Role":"arn:aws:iam::` + awstest.MotoAccount + `:role/orders","RuntimeConfig":{"RuntimeArn":"` + runtime + `","RuntimeAlias":"prod"}}]}`}
	cfg := emulated(t, awstest.Moto(t))
	for name, tt := range map[string]struct {
		answer awstest.Answer
		want   role.Maybe[role.RuntimeUpdates]
		why    string
	}{
		"read": {
			answer: awstest.Answer{Status: 200, Headers: json, Body: `{"UpdateRuntimeOn":"Manual","FunctionArn":"` + arn + `","RuntimeVersionArn":"` + runtime + `/version/v8"}`},
			want:   role.Have(role.RuntimeUpdates{On: role.RuntimeManual, Version: runtime + "/version/v8"}),
		},
		"denied": {answer: awstest.JSONAnswer(403, "AccessDeniedException", "no"), why: "lambda:GetRuntimeManagementConfig was denied in " + awstest.Region},
	} {
		t.Run(name, func(t *testing.T) {
			gated, _ := awstest.Behind(plain(t, cfg), map[string]awstest.Answer{"Lambda ListFunctions": list, call: tt.answer})
			missing, dir, err := write(t, gated, awstest.MotoAccount)
			if err != nil {
				t.Fatal(err)
			}
			read, err := export.Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			versions, err := read.Function(t.Context(), arn)
			if err != nil || len(versions) != 1 {
				t.Fatalf("%d versions, %v", len(versions), err)
			}
			got := versions[0].Config.RuntimeUpdates
			if got.State() != tt.want.State() || got.Or(role.RuntimeUpdates{}) != tt.want.Or(role.RuntimeUpdates{}) || !strings.Contains(got.Why(), tt.why) {
				t.Errorf("the updates are %+v", got)
			}
			if said := strings.Contains(strings.Join(missing, "\n"), "lambda:GetRuntimeManagementConfig"); said != (tt.why != "") {
				t.Errorf("missing: %q", missing)
			}
		})
	}
}
