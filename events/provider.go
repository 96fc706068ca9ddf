package events

import "github.com/rolewatch/rolewatch/function/aws"

// providerForm is how records have a capacity provider: https://docs.aws.amazon.com/lambda/latest/api/API_CapacityProvider.html
type providerForm struct {
	Omitted     bool   `json:"omitted"`
	Name        string `json:"capacityProviderName"`
	ARN         string `json:"capacityProviderArn"`
	Permissions struct {
		Role string `json:"capacityProviderOperatorRoleArn"`
	} `json:"permissionsConfig"`
	VPC struct {
		Subnets        []string `json:"subnetIds"`
		SecurityGroups []string `json:"securityGroupIds"`
	} `json:"vpcConfig"`
}

// readProvider fills the change from the parts of a record about a capacity provider.
func (p *parser) readProvider() error {
	var req providerForm
	var resp struct {
		Omitted  bool         `json:"omitted"`
		Provider providerForm `json:"capacityProvider"`
	}
	if err := p.decode(p.record.Request, "requestParameters", &req); err != nil {
		return err
	}
	if err := p.decode(p.record.Response, "responseElements", &resp); err != nil {
		return err
	}
	c, answered := p.change, &resp.Provider
	p.lack(req.Omitted, resp.Omitted)
	p.nameless = p.omitted
	name := shown(req.Name)
	c.Partition = first(c.Partition, partitionOf(answered.ARN), partitionOf(name), aws.PartitionOfRegion(c.Region).Name)
	ref := ProviderRef{
		ARN: answered.ARN, Role: first(shown(answered.Permissions.Role), shown(req.Permissions.Role)),
		Subnets: answered.VPC.Subnets, SecurityGroups: answered.VPC.SecurityGroups,
	}
	if ref.Subnets == nil {
		ref.Subnets, ref.SecurityGroups = req.VPC.Subnets, req.VPC.SecurityGroups
	}
	ref.ARN = first(ref.ARN, providerNamed(c, name))
	switch {
	case ref.ARN != "" || name == "":
	case c.Region == "":
		return p.malformed("awsRegion", "missing, though the capacity provider's ARN depends on it")
	default:
		return p.malformed("recipientAccountId", "missing, though the capacity provider's ARN depends on it")
	}
	c.Provider = ref
	c.Role, _ = roleFromARN(ref.Role)
	return nil
}

// providerNamed is the ARN of the capacity provider of a name or an ARN; empty where the record lacks what the ARN depends on.
func providerNamed(c *Change, name string) string {
	switch {
	case aws.IsARN(name):
		return name
	case name == "" || c.Region == "" || c.Account == "":
		return ""
	}
	return aws.CapacityProviderARN(c.Partition, c.Region, c.Account, name)
}
