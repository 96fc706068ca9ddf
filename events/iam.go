package events

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
)

// iamRequest is what is read of the requestParameters of IAM's calls; the names are the API's, with a small first
// letter: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
type iamRequest struct {
	Omitted                  bool     `json:"omitted"`
	RoleName                 string   `json:"roleName"`
	UserName                 string   `json:"userName"`
	GroupName                string   `json:"groupName"`
	NewUserName              string   `json:"newUserName"`
	NewGroupName             string   `json:"newGroupName"`
	Path                     string   `json:"path"`
	PolicyName               string   `json:"policyName"`
	PolicyARN                string   `json:"policyArn"`
	VersionID                string   `json:"versionId"`
	SetAsDefault             bool     `json:"setAsDefault"`
	PermissionsBoundary      string   `json:"permissionsBoundary"`
	AssumeRolePolicyDocument *string  `json:"assumeRolePolicyDocument"`
	PolicyDocument           *string  `json:"policyDocument"`
	Tags                     []tag    `json:"tags"`
	TagKeys                  []string `json:"tagKeys"`
}

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// iamResponse is what is read of the responseElements of IAM's calls. Only calls that make something have any.
type iamResponse struct {
	Omitted bool `json:"omitted"`
	Role    struct {
		RoleName                 string  `json:"roleName"`
		RoleID                   string  `json:"roleId"`
		ARN                      string  `json:"arn"`
		Path                     string  `json:"path"`
		CreateDate               moment  `json:"createDate"`
		AssumeRolePolicyDocument *string `json:"assumeRolePolicyDocument"`
	} `json:"role"`
	Policy struct {
		ARN              string `json:"arn"`
		DefaultVersionID string `json:"defaultVersionId"`
	} `json:"policy"`
	PolicyVersion struct {
		VersionID string `json:"versionId"`
		IsDefault bool   `json:"isDefaultVersion"`
	} `json:"policyVersion"`
}

// acquiring is how long before its record AcquireRole may have made the role. AWS's documentation gives no time.
const acquiring = time.Minute

// readIAM fills the change from the parts of an IAM record.
func (p *parser) readIAM() error {
	var req iamRequest
	var resp iamResponse
	if err := p.decode(p.record.Request, "requestParameters", &req); err != nil {
		return err
	}
	if err := p.decode(p.record.Response, "responseElements", &resp); err != nil {
		return err
	}
	p.lack(req.Omitted, resp.Omitted)
	p.nameless = p.omitted
	c := p.change
	if strings.Contains(req.RoleName, "/") && !c.Failed() {
		return p.malformed("requestParameters.roleName", "the name of a role cannot contain a path, unlike "+strconv.Quote(req.RoleName))
	}
	c.Partition = first(c.Partition, partitionOf(resp.Role.ARN), partitionOf(resp.Policy.ARN), aws.PartitionOfRegion(c.Region).Name)
	if c.Event.Effect == EffectSets && req.Path != "" && !isPath(req.Path) && !c.Failed() {
		return p.malformed("requestParameters.path", "is "+quoted(req.Path)+", want a path that begins and ends with a slash")
	}
	c.Role = p.role(&req, &resp)
	c.Returned = c.Event.Name == "AcquireRole" && !c.Role.Created.After(c.Time.Add(-acquiring))
	c.Policy = PolicyRef{
		ARN:          first(req.PolicyARN, resp.Policy.ARN, p.newPolicy(&req)),
		VersionID:    first(resp.PolicyVersion.VersionID, req.VersionID, resp.Policy.DefaultVersionID),
		SetAsDefault: req.SetAsDefault || resp.PolicyVersion.IsDefault,
	}
	if c.Event.Subject == SubjectRole {
		c.Policy.Name = req.PolicyName
	}
	switch c.Event.Subject {
	case SubjectUser:
		c.Principal = first(req.NewUserName, req.UserName)
	case SubjectGroup:
		c.Principal = first(req.NewGroupName, req.GroupName)
	}
	c.Boundary = req.PermissionsBoundary
	c.UntaggedKeys = req.TagKeys
	for _, t := range req.Tags {
		if c.Tags == nil {
			c.Tags = make(map[string]string, len(req.Tags))
		}
		c.Tags[t.Key] = t.Value
	}
	return p.document(&req, &resp)
}

// role puts the role together. A request gives its name alone; only CreateRole's gives the path as well, "/" when it
// is silent, which completes the ARN even when the response is missing.
func (p *parser) role(req *iamRequest, resp *iamResponse) RoleRef {
	c := p.change
	ref := RoleRef{
		Name: first(resp.Role.RoleName, req.RoleName),
		ARN:  resp.Role.ARN, ID: resp.Role.RoleID, Path: resp.Role.Path,
		Created: resp.Role.CreateDate.Time,
	}
	if c.Event.Name != "CreateRole" || c.Failed() || req.RoleName == "" {
		return ref
	}
	ref.Path = first(ref.Path, req.Path, "/")
	if ref.ARN == "" && c.Account != "" {
		ref.ARN = aws.RoleARN(c.Partition, c.Account, ref.Path, ref.Name).String()
	}
	return ref
}

// newPolicy is the ARN of the policy that CreatePolicy has made, as its request tells; empty for any other call.
func (p *parser) newPolicy(req *iamRequest) string {
	c := p.change
	if c.Event.Name != "CreatePolicy" || c.Failed() || req.PolicyName == "" || c.Account == "" {
		return ""
	}
	return aws.PolicyARN(c.Partition, c.Account, first(req.Path, "/"), req.PolicyName).String()
}

// isPath reports whether a text is the path of a role or a policy.
func isPath(text string) bool { return strings.HasPrefix(text, "/") && strings.HasSuffix(text, "/") }

// document takes the policy text from the request, where it is as the caller wrote it, or else from the response,
// where it is percent-encoded (RFC 3986). A request that CloudTrail cut short has none worth reading.
func (p *parser) document(req *iamRequest, resp *iamResponse) error {
	doc := req.AssumeRolePolicyDocument
	if doc == nil {
		doc = req.PolicyDocument
	}
	if doc != nil && !req.Omitted {
		p.change.Document = doc
		return nil
	}
	if resp.Omitted || resp.Role.AssumeRolePolicyDocument == nil {
		return nil
	}
	decoded, err := url.PathUnescape(*resp.Role.AssumeRolePolicyDocument)
	if err != nil {
		out := p.malformed("responseElements.role.assumeRolePolicyDocument", "not percent-encoded: "+err.Error())
		out.Err = err
		return out
	}
	p.change.Document = &decoded
	return nil
}

// roleFromARN reads a role ARN: its resource is role/PATH/NAME.
func roleFromARN(text string) (RoleRef, bool) {
	arn, _ := aws.ParseARN(text)
	path, name, ok := arn.Role()
	if !ok {
		return RoleRef{}, false
	}
	return RoleRef{ARN: text, Path: path, Name: name}, true
}

// partitionOf gives an ARN's partition, or nothing.
func partitionOf(text string) string {
	arn, _ := aws.ParseARN(text)
	return arn.Partition
}
