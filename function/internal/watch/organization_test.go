package watch_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

// TestAChangeOfTheOrganizationLeadsToASweep reads the policies of the organization anew, and every role, although the last sweep is
// not over a day old.
func TestAChangeOfTheOrganizationLeadsToASweep(t *testing.T) {
	for name, tt := range map[string]struct {
		parameters map[string]any
		sweeps     bool
	}{
		"AttachPolicy":                  {map[string]any{"policyId": "p-1", "targetId": "r-1"}, true},
		"DetachPolicy":                  {map[string]any{"policyId": "p-1", "targetId": "r-1"}, true},
		"UpdatePolicy":                  {map[string]any{"policyId": "p-1"}, true},
		"DeletePolicy":                  {map[string]any{"policyId": "p-1"}, false},
		"EnablePolicyType":              {map[string]any{"rootId": "r-1", "policyType": "RESOURCE_CONTROL_POLICY"}, true},
		"DisablePolicyType":             {map[string]any{"rootId": "r-1", "policyType": "TAG_POLICY"}, false},
		"MoveAccount":                   {map[string]any{"accountId": account}, true},
		"RemoveAccountFromOrganization": {map[string]any{"accountId": account}, true},
		"LeaveOrganization":             {nil, true},
		"CloseAccount":                  {map[string]any{"accountId": account}, true},
		"AcceptHandshake":               {map[string]any{"handshakeId": "h-1"}, true},
	} {
		l := newLab(t, finds("RW301", check.Critical, everything, byPart))
		l.role("orders", goodTrust)
		l.swept()
		l.want()
		l.cloud.roles["orders"].inline["all"] = everything
		forgotten := l.cloud.forgotten
		l.must(l.record(name, tt.parameters, map[string]any{"eventSource": "organizations.amazonaws.com"}))
		l.pass(1)
		if !tt.sweeps {
			l.want()
			continue
		}
		l.want("opened RW301 orders")
		if l.cloud.forgotten == forgotten {
			t.Errorf("%s: the policies of the organization are not read anew", name)
		}
		// A second one while nothing is under way is a second sweep.
		delete(l.cloud.roles["orders"].inline, "all")
		l.must(l.record(name, tt.parameters, map[string]any{"eventSource": "organizations.amazonaws.com"}))
		l.pass(1)
		l.want("resolved RW301 orders mended")
	}
}

// A confirmation has read the policies of the organization since the settling began: the environment that confirms may have read them before
// they changed.
func TestAConfirmationHasReadTheOrganization(t *testing.T) {
	l := newLab(t, modelChecks(check.Critical)...)
	l.role("orders", goodTrust)
	l.function("f", "orders")
	l.swept()
	l.want()
	l.must(l.setTrust("orders", badTrust))
	before := l.now
	forgotten := len(l.cloud.forgottenBefore)
	l.pass(2 * time.Minute)
	l.want("opened RW102 orders")
	got := l.cloud.forgottenBefore[forgotten:]
	if len(got) == 0 || got[0].Before(before) {
		t.Errorf("settling began at %v, and what was read before these times is read anew: %v", before, got)
	}
}
