package catalogue_test

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// accountSection is the rest of the account of a case: its other roles, and the functions that run as them. With it a case has a graph.
type accountSection struct {
	Roles []struct {
		Name   string         `json:"name"`
		Trust  jsontext.Value `json:"trust"`
		Policy jsontext.Value `json:"policy"`
		// Boundary is the permissions boundary, if any.
		Boundary jsontext.Value `json:"boundary"`
	} `json:"roles"`
	// Functions are the names of roles by those of functions, which may have their Region and a colon before them.
	Functions map[string]string `json:"functions"`
}

// graph gives a subject what the graph of its account says of it.
func (c *caseFile) graph(s *check.Subject) error {
	if _, ok := c.sections["account.json"]; !ok {
		return nil
	}
	var section accountSection
	if err := c.decode("account.json", &section); err != nil {
		return err
	}
	l := reach.Listing{Roles: []*role.Snapshot{s.Role}, NoUsers: "no case lists users"}
	partition := c.role.Partition
	arn := func(name string) string { return aws.RoleARN(partition, c.role.Account, "/", name).String() }
	for _, one := range section.Roles {
		other := *s.Role
		other.Ref = role.Ref{Partition: partition, Account: c.role.Account, Name: one.Name, ARN: arn(one.Name)}
		other.Identity = role.Have(role.Identity{ARN: arn(one.Name), ID: "AROA" + one.Name, Created: role.Have(s.Now)})
		other.Trust = role.Have(role.NewPolicy(role.PartTrust, cmp.Or(string(one.Trust), usualTrust), policy.Trust))
		other.Inline = role.Have([]role.Policy{role.NewPolicy(role.InlinePart("own"), string(one.Policy), policy.Identity)})
		other.Attached, other.Boundary, other.Users = role.Have([]role.Policy(nil)), role.None[role.Policy](), role.Users{Complete: true}
		if one.Boundary != nil {
			other.Boundary = role.Have(role.NewPolicy(role.PartBoundary, string(one.Boundary), policy.Boundary))
		}
		l.Roles = append(l.Roles, &other)
	}
	for text, runsAs := range section.Functions {
		region, name, ok := strings.Cut(text, ":")
		if !ok {
			region, name = aws.PartitionNamed(partition).GlobalRegion, text
		}
		l.Functions = append(l.Functions, reach.Function{
			ARN: "arn:" + partition + ":lambda:" + region + ":" + c.role.Account + ":function:" + name, Role: arn(runsAs), Tags: role.Have(map[string]string(nil)),
		})
	}
	for _, f := range s.Role.Users.List {
		l.Functions = append(l.Functions, reach.Function{ARN: f.ARN, Role: f.Role, Tags: f.Config.Tags})
	}
	if s.Reach = danger.NewGraph(l, s.Now, s.Parameters).Of(s.Role.ARN()); s.Reach == nil {
		return fmt.Errorf("read case: account.json: the graph does not have %s", s.Role.ARN())
	}
	return nil
}
