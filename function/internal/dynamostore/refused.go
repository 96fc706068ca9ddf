package dynamostore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// Refused lists the ARNs of the roles of which a refused call for a function is remembered, and perhaps more.
func (s *Store) Refused(ctx context.Context, functionARN string) ([]string, error) {
	condition, projection := "#"+deploy.PartitionKey+" = :function", "#"+deploy.SortKey
	items, err := s.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression: &condition, ProjectionExpression: &projection, ExpressionAttributeNames: names(condition, projection),
		ExpressionAttributeValues: item{":function": text(prefixRefused + functionARN)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("read the refused calls for %s: %w", functionARN, err)
	}
	var arns []string
	for _, i := range items {
		arns = append(arns, strings.TrimPrefix(read(i).text(deploy.SortKey), prefixRole))
	}
	slices.Sort(arns)
	return arns, nil
}

// PutRefused notes such a role.
func (s *Store) PutRefused(ctx context.Context, functionARN, roleARN string) error {
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.table, Item: keyOf(prefixRefused+functionARN, prefixRole+roleARN)})
	if err != nil {
		return fmt.Errorf("note %s under %s: %w", roleARN, functionARN, err)
	}
	return nil
}

// DropRefused takes the note away.
func (s *Store) DropRefused(ctx context.Context, functionARN, roleARN string) error {
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.table, Key: keyOf(prefixRefused+functionARN, prefixRole+roleARN)})
	if err != nil {
		return fmt.Errorf("forget %s under %s: %w", roleARN, functionARN, err)
	}
	return nil
}
