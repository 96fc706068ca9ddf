package capture

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// lack is an input that the export does not have.
type lack struct {
	export.NotRead
	sentence string
}

// lack notes once what is left out, of a Region where it is one's.
func (w *writing) lack(input, region, what string, why role.Reason) {
	reason := why.String()
	if region != "" {
		reason += " in " + region
	}
	one := lack{export.NotRead{Input: input, Why: reason}, what + ": " + reason}
	if !slices.Contains(w.missing, one) {
		w.missing = append(w.missing, one)
	}
}

// notRead writes what is left out, and why.
func (w *writing) notRead() error {
	if len(w.missing) == 0 {
		return nil
	}
	var out struct{ NotRead []export.NotRead }
	for _, m := range w.missing {
		out.NotRead = append(out.NotRead, m.NotRead)
	}
	return w.file("not-read.json", out)
}

// iamByName writes roles and policies as they are read one by one, where their details cannot be listed. A role that is known in
// part has no form in the file: then there is none.
func (w *writing) iamByName(ctx context.Context, why role.Reason) error {
	if _, unsupported := why.UnsupportedCall(); !unsupported {
		w.lack("iam", "", "iam.json", why)
		return nil
	}
	var out struct {
		RoleDetailList []iamtypes.RoleDetail
		Policies       []iamtypes.ManagedPolicyDetail
	}
	seen := map[string]bool{}
	for marker, more := "", true; more; more = marker != "" {
		page, next, err := w.Roles(ctx, marker)
		if errors.Is(err, role.ErrUnread) {
			w.lack("iam", "", "iam.json", role.WhyUnread(err, "iam:ListRoles"))
			return nil
		}
		if err != nil {
			return err
		}
		for i := range page {
			s := &page[i]
			if why, unread := unread(s); unread {
				w.lack("iam", "", "iam.json", why)
				return nil
			}
			out.RoleDetailList = append(out.RoleDetailList, detailOf(s))
			for _, p := range append(s.Attached.Or(nil), s.Boundary.Or(role.Policy{})) {
				if text, known := p.Text.Get(); known && !seen[p.ARN] {
					seen[p.ARN] = true
					out.Policies = append(out.Policies, iamtypes.ManagedPolicyDetail{
						Arn: &p.ARN, DefaultVersionId: &p.Version,
						PolicyVersionList: []iamtypes.PolicyVersion{{Document: encoded(text), VersionId: &p.Version, IsDefaultVersion: true}},
					})
				}
			}
		}
		marker = next
	}
	return w.file("iam.json", out)
}

// unread says why a part of a role is unknown that the file would take for absent.
func unread(s *role.Snapshot) (why role.Reason, unread bool) {
	for _, part := range []struct {
		state role.State
		why   role.Reason
	}{
		{s.Identity.State(), s.Identity.Reason()}, {s.Trust.State(), s.Trust.Reason()}, {s.Inline.State(), s.Inline.Reason()},
		{s.Attached.State(), s.Attached.Reason()}, {s.Boundary.State(), s.Boundary.Reason()}, {s.Tags.State(), s.Tags.Reason()},
	} {
		if part.state == role.Unknown {
			return part.why, true
		}
	}
	return role.Reason{}, false
}

// detailOf is a role as iam:GetAccountAuthorizationDetails lists it. A policy without a text is there without a document.
func detailOf(s *role.Snapshot) iamtypes.RoleDetail {
	id := s.Identity.Or(role.Identity{})
	d := iamtypes.RoleDetail{Arn: &id.ARN, RoleId: &id.ID, RoleName: &s.Ref.Name, RolePolicyList: []iamtypes.PolicyDetail{}}
	if created, ok := id.Created.Get(); ok {
		d.CreateDate = &created
	}
	if p, ok := s.Trust.Get(); ok {
		d.AssumeRolePolicyDocument = documentOf(p)
	}
	for _, p := range s.Inline.Or(nil) {
		name, _ := p.Part.InlineName()
		d.RolePolicyList = append(d.RolePolicyList, iamtypes.PolicyDetail{PolicyName: &name, PolicyDocument: documentOf(p)})
	}
	for _, p := range s.Attached.Or(nil) {
		d.AttachedManagedPolicies = append(d.AttachedManagedPolicies, iamtypes.AttachedPolicy{PolicyArn: &p.ARN})
	}
	if p, ok := s.Boundary.Get(); ok {
		d.PermissionsBoundary = &iamtypes.AttachedPermissionsBoundary{PermissionsBoundaryArn: &p.ARN}
	}
	for key, value := range s.Tags.Or(nil) {
		d.Tags = append(d.Tags, iamtypes.Tag{Key: &key, Value: &value})
	}
	return d
}

func documentOf(p role.Policy) *string {
	if text, ok := p.Text.Get(); ok {
		return encoded(text)
	}
	return nil
}

// encoded is a document in the percent-encoding in which IAM answers.
func encoded(text string) *string { return aws.String(url.PathEscape(text)) }
