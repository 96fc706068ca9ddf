package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// membersOf gives the properties of the StackSet.
func membersOf(t *testing.T, hub string) object {
	t.Helper()
	templates := synthesize(t, `{"home":"eu-central-1","regions":["eu-central-1","eu-west-1"],"organization":{"id":"o-a1b2c3d4e5","hub":`+hub+`}}`)
	if templates[deploy.MembersStackSet] == nil {
		t.Fatalf("%s: there is no StackSet", hub)
	}
	_, set := templates[deploy.MembersStackSet].only("AWS::CloudFormation::StackSet")
	return set
}

// Each form of watch and except has its targets. A StackSet with a list of accounts does not deploy to accounts that join later.
func TestTheStackSetIsDeployedToWhatIsWatched(t *testing.T) {
	for hub, want := range map[string]string{
		`{"account":"111122223333","root":"r-ab12"}`:                                                        `true {"AccountFilterType":"DIFFERENCE","Accounts":["111122223333"],"OrganizationalUnitIds":["r-ab12"]}`,
		`{"account":"111122223333","root":"r-ab12","watch":"all","except":["444455556666","000011112222"]}`: `true {"AccountFilterType":"DIFFERENCE","Accounts":["000011112222","111122223333","444455556666"],"OrganizationalUnitIds":["r-ab12"]}`,
		`{"account":"111122223333","root":"r-ab12","callAs":"SELF"}`:                                        `true {"OrganizationalUnitIds":["r-ab12"]}`,
		`{"account":"111122223333","root":"r-ab12","callAs":"SELF","except":["444455556666"]}`:              `true {"AccountFilterType":"DIFFERENCE","Accounts":["444455556666"],"OrganizationalUnitIds":["r-ab12"]}`,
		`{"account":"111122223333","root":"r-ab12","watch":["444455556666","111122223333","222233334444"]}`: `false {"AccountFilterType":"INTERSECTION","Accounts":["222233334444","444455556666"],"OrganizationalUnitIds":["r-ab12"]}`,
		`{"account":"111122223333","watch":{"ous":["ou-ab12-c3d4e5f6","ou-ab12-a1b2c3d4"]}}`:                `true {"OrganizationalUnitIds":["ou-ab12-c3d4e5f6","ou-ab12-a1b2c3d4"]}`,
		`{"account":"111122223333","watch":{"ous":["ou-ab12-c3d4e5f6"]},"except":["444455556666"]}`:         `true {"AccountFilterType":"DIFFERENCE","Accounts":["444455556666"],"OrganizationalUnitIds":["ou-ab12-c3d4e5f6"]}`,
	} {
		set := membersOf(t, hub)
		group := list(set["StackInstancesGroup"])[0]
		if got := text(t, at(set, "AutoDeployment", "Enabled")) + " " + text(t, at(group, "DeploymentTargets")); got != want {
			t.Errorf("%s:\n%s, want\n%s", hub, got, want)
		}
		callAs := "DELEGATED_ADMIN"
		if strings.Contains(hub, "SELF") {
			callAs = "SELF"
		}
		const regions = `["us-east-1","eu-central-1","eu-west-1"]`
		if set["CallAs"] != callAs || set["PermissionModel"] != "SERVICE_MANAGED" || text(t, set["Capabilities"]) != `["CAPABILITY_NAMED_IAM"]` || set["StackSetName"] != "rolewatch-members" ||
			text(t, at(group, "Regions")) != regions || text(t, at(set, "OperationPreferences", "RegionOrder")) != regions || at(set, "OperationPreferences", "RegionConcurrencyType") != "SEQUENTIAL" {
			t.Errorf("%s: %s", hub, text(t, set))
		}
		var body object
		if err := json.Unmarshal([]byte(set["TemplateBody"].(string)), &body); err != nil || text(t, body["Conditions"]) == "null" {
			t.Errorf("%s: the template of the members: %v", hub, err)
		}
	}
}

// A list of as many accounts as an organization may have is deployed.
func TestALongListOfAccountsIsDeployed(t *testing.T) {
	var accounts []string
	for i := range 20_000 {
		accounts = append(accounts, fmt.Sprintf("%012d", i+1))
	}
	list, err := json.Marshal(accounts)
	if err != nil {
		t.Fatal(err)
	}
	set := membersOf(t, `{"account":"111122223333","root":"r-ab12","watch":`+string(list)+`}`)
	if n := len(text(t, set)); n > 1_000_000 || n < 200_000 {
		t.Errorf("the StackSet has %d bytes", n)
	}
}

// What a deployment cannot do is an error that names the key.
func TestABadHubIsAnErrorOfTheDeployment(t *testing.T) {
	refused := 0
	for value, want := range map[string]string{
		`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333"}}`:                                                                    `rolewatch.organization.hub`,
		`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":["444455556666"]}}`:                                           `it lacks "root"`,
		`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","root":"ou-ab12-c3d4e5f6"}}`:                                          `rolewatch.organization.hub.root "ou-ab12-c3d4e5f6": it is not the ID of a root`,
		`{"hub":{"account":"111122223333","root":"r-ab12"}}`:                                                                        `rolewatch.organization {`,
		`{"id":"o-a1b2c3d4e5","hub":{"account":"1111","root":"r-ab12"}}`:                                                            `rolewatch.organization.hub.account "1111"`,
		`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","root":"r-ab12","deploy":"tf"}}`:                                      `rolewatch.organization.hub.deploy "tf"`,
		`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","root":"r-ab12","callAs":"me"}}`:                                      `rolewatch.organization.hub.callAs "me"`,
		`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":{"ous":["Production"]}}}`:                                     `rolewatch.organization.hub.watch.ous`,
		`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","root":"r-ab12","watch":["444455556666"],"except":["444455556666"]}}`: `account 444455556666 is both`,
	} {
		_, err := newApp(options{
			Known: settings.Known(), Bootstrap: bootstrap(t, "x"), Outdir: t.TempDir(), Context: object{contextKey: `{"organization":` + value + `}`},
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v lacks %q", value, err, want)
		}
		refused++
	}
	if refused < 9 {
		t.Errorf("%d are refused", refused)
	}
}
