package awsaccount

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	// markerByName begins the marker of a page of roles that iam:ListRoles listed; what follows is IAM's own marker.
	markerByName = "ListRoles:"
	// namesPerPage is how many roles such a page has: each of them takes several calls.
	namesPerPage = 50
)

// rolesByName is a page of roles where iam:GetAccountAuthorizationDetails is not supported. A role that is deleted after it
// was listed is left out, as it is from the list of all details.
func (a *Account) rolesByName(ctx context.Context, marker string) ([]role.Snapshot, string, error) {
	in := &iam.ListRolesInput{MaxItems: aws.Int32(namesPerPage)}
	if marker != "" {
		in.Marker = aws.String(marker)
	}
	out, err := a.iam.ListRoles(ctx, in)
	if err != nil {
		return nil, "", failed("iam:ListRoles", err)
	}
	var page rolePage
	for _, r := range out.Roles {
		ref, err := role.ParseRef(aws.ToString(r.Arn))
		if err != nil {
			return nil, "", fmt.Errorf("iam:ListRoles: %w", err)
		}
		s, err := a.Role(ctx, ref)
		if err == nil && s.Identity.State() == role.Absent {
			continue
		}
		s.Ref = ref
		if err = page.add(ctx, s, err); err != nil {
			return nil, "", err
		}
	}
	if out.IsTruncated && aws.ToString(out.Marker) == "" {
		return nil, "", errors.New("iam:ListRoles: the answer is truncated and has no marker")
	}
	if !out.IsTruncated {
		return page.shots, "", page.err()
	}
	return page.shots, markerByName + *out.Marker, page.err()
}

const (
	// mostNamePages bounds how many pages of roles are read for the names of an account.
	mostNamePages = 10
	// namedFor is how long they are taken for granted: a role that is missing is read again and again.
	namedFor = 5 * time.Minute
)

// similar are the roles of similar names to one that does not exist. They are a hint: where they cannot be listed there is none.
func (a *Account) similar(ctx context.Context, ref role.Ref) []string {
	a.mu.Lock()
	known, read := a.names, a.namesRead
	a.mu.Unlock()
	if now := a.opts.Now(); read.IsZero() || now.Sub(read) >= namedFor {
		known = a.listNames(ctx)
		a.mu.Lock()
		a.names, a.namesRead = known, now
		a.mu.Unlock()
	}
	return role.SimilarTo(ref, role.Refs(slices.Values(known)))
}

// listNames are the ARNs of roles, as far as they can be listed.
func (a *Account) listNames(ctx context.Context) (arns []string) {
	pages := iam.NewListRolesPaginator(a.iam, &iam.ListRolesInput{MaxItems: aws.Int32(1000)})
	for range mostNamePages {
		if !pages.HasMorePages() {
			break
		}
		out, err := pages.NextPage(ctx)
		if err != nil {
			break
		}
		for _, r := range out.Roles {
			arns = append(arns, aws.ToString(r.Arn))
		}
	}
	return arns
}
