package dynamostore

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// An item expires because the whole table was read after a sweep and no use for it was found, never because time has passed: while no
// sweep completes, nothing expires. Whatever begins to use an item again writes it without its expiry. docs/table.md says for
// each kind of item what its uses are.
const (
	// unusedFor is how long an item stays after no use was found for it. Everything that may still lead to it is over by then:
	// an edit and a refused call are remembered for 7 days, and a dead letter is kept for 14.
	unusedFor = 90 * 24 * time.Hour
	// freshFor is how old an item is at least before it is judged: what uses it is committed minutes after it.
	freshFor = 24 * time.Hour
	// noticeLife is how long a notice is a reason not to send it again after its cause was last seen: longer than a year, so that
	// what comes up once a year is not repeated. It is noted again that the cause is seen once in noticeRenewal.
	noticeLife    = 400 * 24 * time.Hour
	noticeRenewal = 30 * 24 * time.Hour
	// changeLife is how long a change to many roles and its slices are used: longer than a record may be on its way, which must not be
	// reported as a change of its own.
	changeLife = 14 * 24 * time.Hour
)

// carryOut notes when an item expires, unless it was written since it was read: what has written it uses it.
func (s *Store) carryOut(ctx context.Context, v verdict) error {
	change, condition := "REMOVE #"+deploy.ExpiresKey, notNewer+" AND attribute_exists(#"+deploy.PartitionKey+")"
	values := with(v.key, nil)
	switch {
	case v.dated != nil:
		change, condition = "SET #"+updatedKey+" = :now", condition+" AND attribute_not_exists(#"+updatedKey+")"
		values[":now"] = v.dated
	case v.expires != nil:
		change, condition = "SET #"+deploy.ExpiresKey+" = :expires", condition+" AND #"+v.version+" = :version"
		values[":expires"], values[":version"] = v.expires, v.is
	}
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: s.table, Key: v.key, UpdateExpression: &change, ConditionExpression: &condition,
		ExpressionAttributeNames: names(change, condition), ExpressionAttributeValues: values,
	})
	if conditionFailed(err) {
		return nil
	}
	return err
}

// renew notes that the cause of a notice is seen still; false when the notice has expired since it was read. A notice of a newer
// release is left as it is.
func (s *Store) renew(ctx context.Context, there item) (bool, error) {
	r := read(there)
	_, expires := there[deploy.ExpiresKey]
	if *r.err != nil || !expires && s.now().Sub(r.when(updatedKey)) < noticeRenewal {
		return true, nil
	}
	key := keyOf(r.text(deploy.PartitionKey), r.text(deploy.SortKey))
	now, err := s.update(ctx, key, "SET #"+updatedKey+" = :now REMOVE #"+deploy.ExpiresKey, "attribute_exists(#"+deploy.PartitionKey+")",
		item{":now": when(s.now())})
	return now != nil, err
}

// verdict is what becomes of one item.
type verdict struct {
	key item
	// expires is when it expires; nil takes its expiry away. It holds while the attribute version has the value is.
	expires types.AttributeValue
	version string
	is      types.AttributeValue
	// dated is the time from which on the item's age is counted: a former release gave it none.
	dated types.AttributeValue
}
