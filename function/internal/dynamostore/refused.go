package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// Refused lists the ARNs of the roles of which a refused call for a function is remembered, and perhaps more. If notes cannot be
// read, the error says so and the list has the others.
func (s *Store) Refused(ctx context.Context, functionARN string) ([]string, error) {
	condition, projection := "#"+deploy.PartitionKey+" = :function", "#"+deploy.PartitionKey+", #"+deploy.SortKey+", #"+schemaKey
	items, err := s.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression: &condition, ProjectionExpression: &projection, ExpressionAttributeNames: names(condition, projection),
		ExpressionAttributeValues: item{":function": text(prefixRefused + functionARN)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("read the refused calls for %s: %w", functionARN, err)
	}
	var arns []string
	var unread []error
	for _, i := range items {
		r := read(i)
		arn := strings.TrimPrefix(r.text(deploy.SortKey), prefixRole)
		if *r.err != nil {
			unread = append(unread, fmt.Errorf("read the refused calls for %s: %w", functionARN, *r.err))
			continue
		}
		arns = append(arns, arn)
	}
	slices.Sort(arns)
	return arns, errors.Join(unread...)
}

// PutRefused notes such a role.
func (s *Store) PutRefused(ctx context.Context, functionARN, roleARN string) error {
	i := newItem(keyOf(prefixRefused+functionARN, prefixRole+roleARN))
	i[updatedKey] = when(s.now())
	if err := s.putItem(ctx, i); err != nil {
		return fmt.Errorf("note %s under %s: %w", roleARN, functionARN, err)
	}
	return nil
}

// DropRefused takes the note away; one of a newer release stays.
func (s *Store) DropRefused(ctx context.Context, functionARN, roleARN string) error {
	key, condition := keyOf(prefixRefused+functionARN, prefixRole+roleARN), notNewer
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: s.table, Key: key, ConditionExpression: &condition,
		ExpressionAttributeNames: names(condition), ExpressionAttributeValues: with(key, nil),
	})
	if err != nil && !conditionFailed(err) {
		return fmt.Errorf("forget %s under %s: %w", roleARN, functionARN, err)
	}
	return nil
}
