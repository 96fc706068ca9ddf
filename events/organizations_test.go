package events

import "testing"

// Service and resource control policies bind what roles may do. Of a record that does not name the type, it may be one of them.
func TestWhichPoliciesOfAnOrganizationBindRoles(t *testing.T) {
	for kind, want := range map[string]bool{
		"": true, "SERVICE_CONTROL_POLICY": true, "RESOURCE_CONTROL_POLICY": true, "TAG_POLICY": false, "BACKUP_POLICY": false, "DECLARATIVE_POLICY_EC2": false,
	} {
		body := edited(t, "organizations.EnablePolicyType", func(r object) { r["requestParameters"].(object)["policyType"] = kind })
		if got := parse(t, body).Organization.Binds(); got != want {
			t.Errorf("a policy of the type %q binds: %v", kind, got)
		}
	}
}

// An account leaves its organization by three calls, of which one names the account that makes it. Where the record lacks the account,
// it is not known which one leaves.
func TestWhichAccountLeavesTheOrganization(t *testing.T) {
	leaving := 0
	for _, e := range Catalog() {
		body, ok := Sample(e.Source, e.Name)
		if !ok {
			t.Fatalf("%s has no sample", e.Name)
		}
		c := parse(t, body)
		want := map[string]string{"CloseAccount": "444455556666", "RemoveAccountFromOrganization": "444455556666", "LeaveOrganization": c.Account}[e.Name]
		if got := c.LeavesOrganization(); got != (want != "") || got && c.Organization.Account != want {
			t.Errorf("%s: %v, account %q, want %q", e.Name, got, c.Organization.Account, want)
		}
		if want != "" {
			leaving++
		}
	}
	if leaving != 3 {
		t.Errorf("%d calls let an account leave", leaving)
	}
	for name, want := range map[string]bool{"organizations.CloseAccount": false, "organizations.LeaveOrganization": true} {
		c := parse(t, edited(t, name, func(r object) { r["requestParameters"] = object{"omitted": true} }))
		if c.LeavesOrganization() != want {
			t.Errorf("%s without its parameters: account %q leaves: %v", name, c.Organization.Account, !want)
		}
	}
}
