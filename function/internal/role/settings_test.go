package role_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// TestSettingsThatAreNotMade are absent or false, and what the settings do not tell is unknown.
func TestSettingsThatAreNotMade(t *testing.T) {
	got := role.Settings{TracingMode: "PassThrough", SnapStart: "None", PackageType: "Zip"}.Config(role.Because("not told"))
	want := role.UnreadConfig(role.Because("not told"))
	want.LogGroup, want.DeadLetter, want.Network = role.None[string](), role.None[string](), role.None[role.Network]()
	want.Tracing, want.SnapStart, want.Image, want.Durable = role.Have(false), role.Have(false), role.Have(false), role.Have(false)
	want.Layers, want.Mounts = role.Have[[]string](nil), role.Have[[]role.Mount](nil)
	want.CapacityProvider, want.Runtime, want.RuntimeUpdates = role.None[string](), role.None[role.Runtime](), role.None[role.RuntimeUpdates]()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(role.Maybe[string]{}, role.Maybe[int]{}, role.Maybe[bool]{}, role.Maybe[role.Network]{}, role.Maybe[[]string]{},
		role.Maybe[[]role.Mount]{}, role.Maybe[role.Status]{}, role.Maybe[role.Runtime]{}, role.Maybe[role.RuntimeUpdates]{}, role.Maybe[[]role.Source]{}, role.Maybe[[]role.Destinations]{},
		role.Maybe[[]role.ResourcePolicy]{}, role.Maybe[[]role.URL]{}, role.Maybe[map[string]string]{}, role.Reason{})); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

// TestSettingsThatAreMade are taken as Lambda spells them; a VPC may be named by its subnets alone.
func TestSettingsThatAreMade(t *testing.T) {
	c := role.Settings{
		LogGroup: "/orders", DeadLetter: "arn:aws:sqs:eu-west-1:111122223333:failed", Subnets: []string{"subnet-1"}, TracingMode: "Active",
		SnapStart: "PublishedVersions", PackageType: "Image", Durable: true, Memory: 512,
	}.Config(role.Because("not told"))
	network, inVPC := c.Network.Get()
	if c.LogGroup.Or("") != "/orders" || c.DeadLetter.Or("") == "" || !inVPC || len(network.Subnets) != 1 ||
		!c.Tracing.Or(false) || !c.SnapStart.Or(false) || !c.Image.Or(false) || !c.Durable.Or(false) || c.Memory.Or(0) != 512 {
		t.Errorf("configuration: %+v", c)
	}
}
