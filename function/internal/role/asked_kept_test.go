package role_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// TestALongCallIsRememberedAsUnknown holds that what is not remembered of a call is unknown, and never left as it is.
func TestALongCallIsRememberedAsUnknown(t *testing.T) {
	kept := role.Asked{
		Role: "r", Layers: role.Have([]string{strings.Repeat("l", 5000)}), Network: role.Have(role.Network{Subnets: []string{"subnet-1"}}),
	}.Kept()
	if kept.Role != "r" || kept.Network.State() != role.Unknown || !kept.Network.Reason().Given() || !kept.Layers.Reason().Given() {
		t.Errorf("kept %+v", kept)
	}
	if kept.Tracing.Reason().Given() {
		t.Errorf("what the call leaves as it is: %v", kept.Tracing.Why())
	}
}
