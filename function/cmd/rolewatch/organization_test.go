package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// The check names what an organization lacks for the hub of the settings with its command, and ends with 3; then it ends with 0.
func TestOrganizationCheckNamesWhatIsMissing(t *testing.T) {
	endpoint := awstest.Moto(t)
	talkTo(t, endpoint)
	client := organizations.NewFromConfig(awstest.Config(t, endpoint))
	made, err := client.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{FeatureSet: orgtypes.OrganizationFeatureSetAll})
	must(t, err)
	roots, err := client.ListRoots(t.Context(), &organizations.ListRootsInput{})
	must(t, err)
	id, account, root := *made.Organization.Id, *made.Organization.MasterAccountId, *roots.Roots[0].Id
	file := filepath.Join(t.TempDir(), "cdk.json")
	write := func(hub string) {
		must(t, os.WriteFile(file, []byte(`{"app":"go run ./infra","context":{"rolewatch":{"organization":{"id":"`+id+`","hub":`+hub+`}}}}`), 0o644))
	}
	write(`{"account":"` + account + `","callAs":"SELF"}`)
	out, errs, code := runLine(t, "organization", "check", "--settings", file)
	for _, want := range []string{`Fix: set organization.hub.root to "` + root + `"`, "Fix: aws cloudformation activate-organizations-access", "2 wrong, 0 unknown"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s%s", want, out, errs)
		}
	}
	if code != 3 {
		t.Errorf("exit code %d", code)
	}
	_, err = client.EnableAWSServiceAccess(t.Context(), &organizations.EnableAWSServiceAccessInput{ServicePrincipal: aws.String("member.org.stacksets.cloudformation.amazonaws.com")})
	must(t, err)
	write(`{"account":"` + account + `","callAs":"SELF","root":"` + root + `"}`)
	if out, errs, code = runLine(t, "organization", "check", "--settings", file); code != 0 || !strings.Contains(out, "0 wrong, 0 unknown") {
		t.Errorf("exit code %d:\n%s%s", code, out, errs)
	}
	if out, _, code = runLine(t, "organization", "check", "--settings", file, "--format", "json"); code != 0 || !strings.Contains(out, `{"id":"trusted-access","status":"ok"`) || !strings.Contains(out, `{"summary":{`) {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

// Settings without a hub have nothing to check, need no credentials, and are no error: make deploy checks them, too.
func TestOrganizationCheckLeavesOneAccountAlone(t *testing.T) {
	talkTo(t, "http://localhost:1")
	if out, errs, code := runLine(t, "organization", "check", "--settings", "../../../cdk.json"); code != 0 || out != "" || !strings.Contains(errs, "has no organization.hub") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	for want, file := range map[string]string{"read settings": "missing.json", "organization.hub.account": "bad.json"} {
		path := filepath.Join(t.TempDir(), file)
		if file == "bad.json" {
			must(t, os.WriteFile(path, []byte(`{"organization":{"id":"o-a1b2c3d4e5","hub":{"account":"1"}}}`), 0o644))
		}
		if _, errs, code := runLine(t, "organization", "check", "--settings", path); code != 1 || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d: %s", file, code, errs)
		}
	}
}
