package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// revised reads an item that holds one value and counts its commits, consistently, into value. Where it was never stored the revision
// is 0, and value is as it was.
func (s *Store) revised(ctx context.Context, key item, value any) (revision int64, err error) {
	i, err := s.get(ctx, key)
	if err != nil || i == nil {
		return 0, err
	}
	r := read(i)
	r.decode(value)
	revision = r.number(revisionKey)
	return revision, *r.err
}

// putRevised writes such an item, at the revision that it was loaded with.
func (s *Store) putRevised(key item, value any, loaded int64) (*types.Put, error) {
	body, err := packJSON(value)
	if err != nil {
		return nil, err
	}
	i := newItem(key)
	i[revisionKey], i[updatedKey], i["body"] = number(loaded+1), when(s.now()), body
	return s.putRevision(i, loaded), nil
}
