package awsaccount

import (
	"context"
	"errors"
	"fmt"

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
	snapshots := make([]role.Snapshot, 0, len(out.Roles))
	for _, r := range out.Roles {
		ref, err := role.ParseRef(aws.ToString(r.Arn))
		if err != nil {
			return nil, "", fmt.Errorf("iam:ListRoles: %w", err)
		}
		s, err := a.Role(ctx, ref)
		if err != nil {
			return nil, "", err
		}
		if s.Identity.State() != role.Absent {
			snapshots = append(snapshots, s)
		}
	}
	if !out.IsTruncated {
		return snapshots, "", nil
	}
	if aws.ToString(out.Marker) == "" {
		return nil, "", errors.New("iam:ListRoles: the answer is truncated and has no marker")
	}
	return snapshots, markerByName + *out.Marker, nil
}
