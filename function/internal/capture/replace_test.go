package capture_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/capture"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// TestAnExportIsReplacedWhenAllIsWritten exports an account three times: into no folder, in place of what is there, and with a failure at
// the end, after which the earlier export is still there.
func TestAnExportIsReplacedWhenAllIsWritten(t *testing.T) {
	cfg := awstest.Config(t, awstest.Moto(t))
	client := iam.NewFromConfig(cfg)
	awstest.MakeRole(t, client, &iam.CreateRoleInput{RoleName: aws.String("orders"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[]}`)})
	var failure error
	s := capture.Source{
		IAM: client, Tell: func(string) {},
		Limits: func(context.Context) (scps, rcps role.Maybe[[][]policy.Part], err error) {
			return role.None[[][]policy.Part](), role.None[[][]policy.Part](), failure
		},
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "accounts", awstest.MotoAccount)
	replace := func() (os.FileInfo, error) {
		t.Helper()
		_, err := capture.Replace(t.Context(), s, dir)
		info, missing := os.Stat(filepath.Join(dir, "iam.json"))
		if missing != nil {
			t.Fatalf("%v, and there is no export: %v", err, missing)
		}
		return info, err
	}
	first, err := replace()
	if err != nil {
		t.Fatal(err)
	}
	second, err := replace()
	if err != nil || os.SameFile(first, second) {
		t.Fatalf("the export was not replaced: %v", err)
	}
	failure = errors.New("throttled")
	third, err := replace()
	if !errors.Is(err, failure) || !os.SameFile(second, third) {
		t.Errorf("a failure left another export: %v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
