package export

import (
	"fmt"
	"reflect"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// iamFile is the output of get-account-authorization-details (GetAccountAuthorizationDetails in the API reference), as
// far as it tells of roles and users.
type iamFile struct {
	RoleDetailList  []roleDetail
	UserDetailList  []userDetail
	GroupDetailList []groupDetail
	Policies        []policyDetail
	IsTruncated     bool
}

type roleDetail struct {
	RoleName, RoleId, Arn, Path string
	CreateDate                  moment
	AssumeRolePolicyDocument    document
	RolePolicyList              policyList
	AttachedManagedPolicies     attachedList
	PermissionsBoundary         *struct{ PermissionsBoundaryArn string }
	Tags                        tagList
}

// policyList are the inline policies of a role, user or group, attachedList its managed policies, and tagList its tags.
type (
	policyList []struct {
		PolicyName     string
		PolicyDocument document
	}
	attachedList []struct{ PolicyName, PolicyArn string }
	tagList      []struct{ Key, Value string }
)

// tags are the tags by their keys.
func (l tagList) tags() role.Maybe[map[string]string] {
	out := map[string]string{}
	for _, t := range l {
		out[t.Key] = t.Value
	}
	return role.Have(out)
}

type policyDetail struct {
	PolicyName, Arn, DefaultVersionId string
	PolicyVersionList                 []struct {
		Document         document
		VersionId        string
		IsDefaultVersion bool
	}
}

// managedPolicy is a managed policy's versions.
type managedPolicy struct {
	current string
	parsed  map[string]role.Policy
}

// readIAM reads one file of roles and policies.
func readIAM(f *file) (take, error) {
	var in iamFile
	if err := decodeList(f, "RoleDetailList", &in, &in.RoleDetailList); err != nil {
		return nil, err
	}
	return func(r *reading) error {
		if f.has["RoleDetailList"] {
			r.roleFiles++
		}
		if f.has["Policies"] {
			r.policyFiles++
		}
		if f.has["UserDetailList"] {
			r.userFiles++
		}
		for i := range in.UserDetailList {
			if err := r.user(f, i, &in.UserDetailList[i]); err != nil {
				return err
			}
		}
		for i := range in.GroupDetailList {
			r.groups[in.GroupDetailList[i].GroupName] = &in.GroupDetailList[i]
		}
		if in.IsTruncated {
			r.truncated = append(r.truncated, f.path)
		}
		r.iamFiles++
		for i, p := range in.Policies {
			if err := r.policy(f, i, p); err != nil {
				return err
			}
		}
		for i := range in.RoleDetailList {
			d := &in.RoleDetailList[i]
			ref, err := role.ParseRef(d.Arn)
			if err != nil || ref.Name != d.RoleName && d.RoleName != "" {
				return fmt.Errorf("%s: field RoleDetailList[%d].Arn: %q is not the ARN of role %q", f.path, i, d.Arn, d.RoleName)
			}
			if err := r.belongs(f, ref.Partition, ref.Account); err != nil {
				return err
			}
			key := ref.Key()
			if before, twice := r.details[key]; twice && !reflect.DeepEqual(before.roleDetail, d) {
				return fmt.Errorf("%s: role %s is in %s too, and differs there", f.path, d.Arn, before.file)
			}
			r.details[key] = &detail{roleDetail: d, ref: ref, file: f.path, index: i}
		}
		return nil
	}, nil
}

func (r *reading) policy(f *file, i int, p policyDetail) error {
	if !aws.IsARN(p.Arn) {
		return fmt.Errorf("%s: field Policies[%d].Arn: %q is not an ARN", f.path, i, p.Arn)
	}
	if before, twice := r.policies[p.Arn]; twice && !reflect.DeepEqual(before, p) {
		return fmt.Errorf("%s: policy %s is there twice, and differs", f.path, p.Arn)
	}
	r.policies[p.Arn] = p
	m := managedPolicy{current: p.DefaultVersionId, parsed: map[string]role.Policy{}}
	for j, v := range p.PolicyVersionList {
		if err := v.Document.fault; err != nil {
			return fmt.Errorf("%s: field Policies[%d].PolicyVersionList[%d].Document (%s): %w", f.path, i, j, p.Arn, err)
		}
		if v.IsDefaultVersion && m.current == "" {
			m.current = v.VersionId
		}
		if v.Document.given {
			m.parsed[v.VersionId] = role.NewPolicy(role.ManagedPart(p.Arn), v.Document.plain, policy.Identity)
		}
	}
	r.managed[p.Arn] = m
	return nil
}

// check reports the first of a role's fields that is not what it should be.
func (d *detail) check() error {
	fail := func(field string, err error) error {
		return fmt.Errorf("%s: field RoleDetailList[%d].%s (role %s): %w", d.file, d.index, field, d.ref.Name, err)
	}
	if err := d.CreateDate.fault; err != nil {
		return fail("CreateDate", err)
	}
	if err := d.AssumeRolePolicyDocument.fault; err != nil {
		return fail("AssumeRolePolicyDocument", err)
	}
	for i := range d.RolePolicyList {
		if err := d.RolePolicyList[i].PolicyDocument.fault; err != nil {
			return fail(fmt.Sprintf("RolePolicyList[%d].PolicyDocument", i), err)
		}
	}
	return nil
}

// snapshot puts a role together. In this output a role is whole: a list that is not there is empty. The role's own policies
// are parsed anew each time: nearly always a role is asked for once, and kept by whoever needs it again.
func (a *Account) snapshot(d *detail) role.Snapshot {
	s := role.Snapshot{Ref: d.ref, SCPs: a.scps, RCPs: a.rcps, Boundary: role.None[role.Policy]()}
	s.Identity = role.Have(role.Identity{ARN: d.Arn, ID: d.RoleId, Created: d.CreateDate.time()})
	text := d.AssumeRolePolicyDocument.text(d.file + " has no trust policy for role " + d.ref.Name)
	s.Trust = role.NotRead[role.Policy](text.Reason())
	if plain, ok := text.Get(); ok {
		s.Trust = role.Have(a.texts.parsed(role.PartTrust, plain, policy.Trust))
	}
	inline, attached := a.identityPolicies(d.RolePolicyList, d.AttachedManagedPolicies, "", d.file)
	s.Inline, s.Attached = role.Have(inline), role.Have(attached)
	if d.PermissionsBoundary != nil {
		s.Boundary = role.Have(a.boundary(d.PermissionsBoundary.PermissionsBoundaryArn))
	}
	s.Tags = d.Tags.tags()
	return s
}

// identityPolicies are the inline and managed policies of a role, user or group, in a file of the export. A prefix is put before the names
// of inline policies.
func (a *Account) identityPolicies(list policyList, managed attachedList, prefix, file string) (inline, attached []role.Policy) {
	inline, attached = make([]role.Policy, 0, len(list)), make([]role.Policy, 0, len(managed))
	for _, p := range list {
		part, text := role.InlinePart(prefix+p.PolicyName), p.PolicyDocument.text(file+" has no document for inline policy "+p.PolicyName)
		if plain, ok := text.Get(); ok {
			inline = append(inline, role.NewPolicy(part, plain, policy.Identity))
		} else {
			inline = append(inline, role.Policy{Part: part, Text: text})
		}
	}
	for _, p := range managed {
		attached = append(attached, a.ManagedPolicy(p.PolicyArn, ""))
	}
	return inline, attached
}
