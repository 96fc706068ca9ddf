package events

import "slices"

// Organization is what a record of AWS Organizations names. What it does not name is empty.
type Organization struct {
	// Policy is the ID of a policy, Type its type ("SERVICE_CONTROL_POLICY"), and Target the ID of the root, organizational unit or
	// account that it is attached to.
	Policy, Type, Target string
	// Account is the ID of the account that moves or leaves; empty where all below Target may be meant.
	Account string
}

// Binds reports whether the record is of a policy, or of something else, that binds what roles may do. Tag policies and the like do
// not.
func (o Organization) Binds() bool {
	return o.Type == "" || o.Type == "SERVICE_CONTROL_POLICY" || o.Type == "RESOURCE_CONTROL_POLICY"
}

// LeavesOrganization reports whether the record says that its account is closed, or leaves the organization.
func (c *Change) LeavesOrganization() bool {
	return c.Organization.Account != "" && slices.Contains(leaves, c.Name)
}

// leaves are the calls by which an account leaves its organization, or is closed.
var leaves = []string{"CloseAccount", "LeaveOrganization", "RemoveAccountFromOrganization"}

// organizationsRequest is what is read of the requestParameters of AWS Organizations' calls:
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
type organizationsRequest struct {
	Omitted     bool   `json:"omitted"`
	PolicyID    string `json:"policyId"`
	PolicyType  string `json:"policyType"`
	TargetID    string `json:"targetId"`
	RootID      string `json:"rootId"`
	AccountID   string `json:"accountId"`
	HandshakeID string `json:"handshakeId"`
}

type organizationsResponse struct {
	Omitted bool `json:"omitted"`
	Policy  struct {
		Summary struct {
			Type string `json:"type"`
		} `json:"policySummary"`
	} `json:"policy"`
}

// readOrganizations fills the change from the parts of a record of AWS Organizations.
func (p *parser) readOrganizations() error {
	var req organizationsRequest
	var resp organizationsResponse
	if err := p.decode(p.record.Request, "requestParameters", &req); err != nil {
		return err
	}
	if err := p.decode(p.record.Response, "responseElements", &resp); err != nil {
		return err
	}
	c := p.change
	c.Organization = Organization{
		Policy: req.PolicyID, Type: first(req.PolicyType, resp.Policy.Summary.Type), Target: first(req.TargetID, req.RootID), Account: req.AccountID,
	}
	if c.Event.Field == fieldCaller {
		c.Organization.Account = c.Account
	}
	named := map[string]string{
		fieldOrganizationPolicy: req.PolicyID, fieldAccount: req.AccountID, fieldRoot: req.RootID, fieldHandshake: req.HandshakeID, fieldCaller: c.Account,
	}
	p.lack(req.Omitted, resp.Omitted)
	// What it acted on is not needed: the record bears on every role all the same.
	p.nameless, p.omitted = p.omitted || named[c.Event.Field] != "", false
	return nil
}
