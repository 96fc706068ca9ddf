package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// chosenFor is how long the former index is read before the table is described again. The index that replaces it stays once it
// is whole, and is read for as long as the execution environment lives.
const chosenFor = 5 * time.Minute

// chosen is the index that is read.
type chosen struct {
	deploy.Index
	at time.Time
	// unsure is why the table could not be described.
	unsure error
}

// roleIndex is the index to read: deploy.KeysIndex when it is active and whole, else deploy.FormerIndex.
func (s *Store) roleIndex(ctx context.Context) (chosen, error) {
	s.mu.Lock()
	c := s.index
	s.mu.Unlock()
	if c.Index == deploy.KeysIndex || c.Name != "" && s.now().Sub(c.at) < chosenFor {
		return c, nil
	}
	out, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: s.table})
	switch {
	case ctx.Err() != nil:
		return chosen{}, ctx.Err()
	case err != nil:
		// Both indexes lead to the same items, so the former one does until the table can be described.
		s.Log.Warn("the table cannot be described: the index "+deploy.FormerIndex.Name+" is read", "table", *s.table, "error", err.Error())
		c = chosen{Index: deploy.FormerIndex, unsure: fmt.Errorf("describe table %s: %w", *s.table, err)}
	default:
		if c.Index, err = choose(out.Table); err != nil {
			return chosen{}, fmt.Errorf("table %s: %w", *s.table, err)
		}
		c.unsure = nil
	}
	c.at = s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index = c
	return c, nil
}

// choose chooses between the indexes that a table has.
func choose(table *types.TableDescription) (deploy.Index, error) {
	var there []types.GlobalSecondaryIndexDescription
	if table != nil {
		there = table.GlobalSecondaryIndexes
	}
	status := map[string]string{}
	for _, i := range there {
		status[aws.ToString(i.IndexName)] = string(i.IndexStatus)
		if aws.ToBool(i.Backfilling) {
			status[aws.ToString(i.IndexName)] = "being filled"
		}
	}
	if status[deploy.KeysIndex.Name] == string(types.IndexStatusActive) {
		return deploy.KeysIndex, nil
	}
	if _, ok := status[deploy.FormerIndex.Name]; ok {
		return deploy.FormerIndex, nil
	}
	if is, ok := status[deploy.KeysIndex.Name]; ok {
		return deploy.Index{}, fmt.Errorf("its index %s is %s, and there is no index %s to read until it is active", deploy.KeysIndex.Name, is, deploy.FormerIndex.Name)
	}
	return deploy.Index{}, fmt.Errorf("it has neither an index %s nor an index %s: it is not a table of rolewatch, or its indexes were removed", deploy.KeysIndex.Name, deploy.FormerIndex.Name)
}

// indexKeys reads from the index the keys of the items that stand under a word or a role's key.
func (s *Store) indexKeys(ctx context.Context, word string) ([]item, error) {
	index, err := s.roleIndex(ctx)
	if err != nil {
		return nil, err
	}
	condition, projection := "#"+deploy.RoleIndexKey+" = :word", "#"+deploy.PartitionKey+", #"+deploy.SortKey
	items, err := s.query(ctx, &dynamodb.QueryInput{
		IndexName: aws.String(index.Name), KeyConditionExpression: &condition, ProjectionExpression: &projection,
		ExpressionAttributeNames:  names(condition, projection),
		ExpressionAttributeValues: item{":word": text(word)},
	})
	if err != nil {
		// The index may be gone: a deployment of another release removes one. The next call chooses anew.
		s.mu.Lock()
		s.index = chosen{}
		s.mu.Unlock()
		return nil, errors.Join(err, index.unsure)
	}
	return items, nil
}
