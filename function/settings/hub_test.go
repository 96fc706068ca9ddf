package settings_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/settings"
)

// A hub is read as it is written, and what it cannot do is an error that names the key.
func TestAHubIsRead(t *testing.T) {
	read, refused := 0, 0
	for _, tt := range []struct{ value, want string }{
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333"}}`, ""},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":"all","except":["444455556666"],"deploy":"none","callAs":"SELF"}}`, ""},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":["444455556666"]}}`, ""},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":{"ous":["ou-ab12-c3d4e5f6","r-ab12"]}}}`, ""},
		{`{"hub":{"account":"111122223333"}}`, `organization {"hub":{"account":"111122223333"}}: it lacks "id"`},
		{`{"id":"o-a1b2c3d4e5","hub":{}}`, `organization.hub {}: it lacks "account"`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"1111"}}`, `organization.hub.account "1111": it is not the ID of an account`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":"some"}}`, `organization.hub.watch "some": it must be "all"`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":[]}}`, `organization.hub.watch []: it names no account`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":["4444"]}}`, `is not an account ID of 12 digits`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":{}}}`, `organization.hub.watch {}: it lacks "ous"`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":{"ous":[]}}}`, `organization.hub.watch.ous []: it names no organizational unit`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":{"ous":["Production"]}}}`, `is not the ID of an organizational unit or root`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":{"ous":["r-ab12"]},"except":["444455556666"]}}`, ""},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","root":"r-ab12"}}`, ""},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","root":"ou-ab12-c3d4e5f6"}}`, `organization.hub.root "ou-ab12-c3d4e5f6": it is not the ID of a root`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","watch":["444455556666"],"except":["444455556666"]}}`, `account 444455556666 is both in hub.watch and in hub.except`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","deploy":"sam"}}`, `organization.hub.deploy "sam": it must be one of`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","callAs":"admin"}}`, `organization.hub.callAs "admin": it must be one of`},
		{`{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","regions":[]}}`, `organization.hub.regions`},
		{`{"id":"o-a1b2c3d4e5","hub":"111122223333"}`, `organization.hub "111122223333": it must be an object`},
	} {
		rules, err := settings.FromFile([]byte(`{"organization":`+tt.value+`}`), settings.Known())
		if tt.want != "" {
			refused++
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %q", tt.value, err, tt.want)
			}
			continue
		}
		read++
		if err != nil || rules.Organization.Hub == nil {
			t.Errorf("%s: %v", tt.value, err)
			continue
		}
		f := settings.Function{Rules: rules}
		if text := f.Environment()["ROLEWATCH_RULES"]; !strings.Contains(text, `"hub":{"account":"111122223333"`) {
			t.Errorf("%s: the function reads %s", tt.value, text)
		}
	}
	if read < 4 || refused < 12 {
		t.Errorf("%d are read and %d refused", read, refused)
	}
}

// A StackSet is deployed to organizational units or, where watch names none, to the root, whose ID has to be set.
func TestAStackSetIsDeployedToUnitsOrTheRoot(t *testing.T) {
	for hub, fits := range map[string]bool{
		`{"account":"111122223333"}`:                                      false,
		`{"account":"111122223333","watch":["444455556666"]}`:             false,
		`{"account":"111122223333","deploy":"stackset"}`:                  false,
		`{"account":"111122223333","root":"r-ab12"}`:                      true,
		`{"account":"111122223333","watch":{"ous":["ou-ab12-c3d4e5f6"]}}`: true,
		`{"account":"111122223333","deploy":"none"}`:                      true,
	} {
		text := []byte(`{"organization":{"id":"o-a1b2c3d4e5","hub":` + hub + `}}`)
		_, err := settings.FromContext(text, settings.Known())
		if fits && err != nil || !fits && (err == nil || !strings.Contains(err.Error(), "rolewatch.organization.hub {") || !strings.Contains(err.Error(), `it lacks "root"`)) {
			t.Errorf("%s: %v", hub, err)
		}
		// The command line deploys nothing.
		if _, err := settings.FromFile(text, settings.Known()); err != nil {
			t.Errorf("%s in a file: %v", hub, err)
		}
	}
}
