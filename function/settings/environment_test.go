package settings_test

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/settings"
)

// The doctor finds the table of a deployed function even where other variables are wrong, and takes no Regions from a wrong list.
func TestADeployedFunctionIsFoundByItsVariables(t *testing.T) {
	for regions, want := range map[string][]string{"us-east-1": {"us-east-1"}, "us-east-1,eu-west-1": {"us-east-1", "eu-west-1"}, "us-east-1,moon": nil, "": nil} {
		env := map[string]string{"ROLEWATCH_TABLE": "findings", "ROLEWATCH_REGIONS": regions, "ROLEWATCH_SETTLE": "soon"}
		table, got := settings.Deployed(func(name string) string { return env[name] })
		if table != "findings" || !slices.Equal(got, want) {
			t.Errorf("Regions %q: table %q, %v, want %v", regions, table, got, want)
		}
	}
}
