package simulate

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// table is the table of states as DynamoDB keeps it, in memory, for the store that is deployed. It counts what each call takes of the capacity of
// a partition key.
type table struct {
	wait  func(context.Context) error
	usage *usage

	mu sync.Mutex
	// parts are the items by partition key and sort key, and index the keys of items by the key of the index.
	parts map[string]map[string]item
	index map[string]map[string]item
}

func newTable(wait func(context.Context) error, usage *usage) *table {
	return &table{wait: wait, usage: usage, parts: map[string]map[string]item{}, index: map[string]map[string]item{}}
}

func numberOf(v *types.AttributeValueMemberN) *big.Int {
	n, ok := new(big.Int).SetString(v.Value, 10)
	if !ok {
		panic("simulate: " + v.Value + " is no whole number")
	}
	return n
}

func partOf(it item) string { return textOf(it[deploy.PartitionKey]) }
func sortOf(it item) string { return textOf(it[deploy.SortKey]) }

// sizeOf is about what DynamoDB counts as the size of an item, in bytes:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func sizeOf(it item) int {
	size := 0
	for name, v := range it {
		size += len(name)
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			size += len(v.Value)
		case *types.AttributeValueMemberN:
			size += len(v.Value)/2 + 1
		case *types.AttributeValueMemberB:
			size += len(v.Value)
		default:
			size++
		}
	}
	return size
}

func (t *table) at(key item) item { return t.parts[partOf(key)][sortOf(key)] }

// put writes an item, or deletes the one with its key where it is nil, and keeps the index. Factor is 2 in a transaction.
func (t *table) put(key, it item, factor int) {
	part, sort := partOf(key), sortOf(key)
	old := t.parts[part][sort]
	t.usage.write("table "+part, max(sizeOf(it), sizeOf(old)), factor)
	if it == nil {
		delete(t.parts[part], sort)
		if len(t.parts[part]) == 0 {
			delete(t.parts, part)
		}
	} else {
		if t.parts[part] == nil {
			t.parts[part] = map[string]item{}
		}
		t.parts[part][sort] = it
	}
	before, after := textOf(old[deploy.RoleIndexKey]), textOf(it[deploy.RoleIndexKey])
	if before == after {
		return
	}
	name := part + "\x00" + sort
	if before != "" {
		delete(t.index[before], name)
		t.usage.write("index "+before, 100, 1)
	}
	if after != "" {
		if t.index[after] == nil {
			t.index[after] = map[string]item{}
		}
		t.index[after][name] = item{deploy.PartitionKey: it[deploy.PartitionKey], deploy.SortKey: it[deploy.SortKey]}
		t.usage.write("index "+after, 100, 1)
	}
}

// begin waits as long as a call takes, and locks the table.
func (t *table) begin(ctx context.Context) error {
	if err := t.wait(ctx); err != nil {
		return err
	}
	t.mu.Lock()
	return nil
}

func holds(text *string, it item, names map[string]string, values item) bool {
	return text == nil || conditionOf(*text)(it, given{names, values})
}

// GetItem implements the client of DynamoDB.
func (t *table) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	it := t.at(in.Key)
	t.usage.read("table "+partOf(in.Key), sizeOf(it), in.ConsistentRead)
	return &dynamodb.GetItemOutput{Item: maps.Clone(it)}, nil
}

// one changes the item with a key, unless a condition on what it was does not hold. It gives what the item is then.
func (t *table) one(ctx context.Context, key item, c writeCondition, change func(old item) item) (now item, err error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	old := t.at(key)
	if !holds(c.text, old, c.names, c.values) {
		return nil, failedOn(c.give, old)
	}
	now = change(old)
	t.put(key, now, 1)
	return maps.Clone(now), nil
}

// writeCondition is the condition of a write, and what its failure gives.
type writeCondition struct {
	text   *string
	names  map[string]string
	values item
	give   types.ReturnValuesOnConditionCheckFailure
}

// PutItem implements the client of DynamoDB.
func (t *table) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	c := writeCondition{in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.ReturnValuesOnConditionCheckFailure}
	_, err := t.one(ctx, in.Item, c, func(item) item { return in.Item })
	return &dynamodb.PutItemOutput{}, err
}

func failedOn(give types.ReturnValuesOnConditionCheckFailure, old item) error {
	failed := &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
	if give == types.ReturnValuesOnConditionCheckFailureAllOld {
		failed.Item = maps.Clone(old)
	}
	return failed
}

// UpdateItem implements the client of DynamoDB.
func (t *table) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	c := writeCondition{in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.ReturnValuesOnConditionCheckFailure}
	now, err := t.one(ctx, in.Key, c, func(old item) item {
		return updated(*in.UpdateExpression, old, in.Key, given{in.ExpressionAttributeNames, in.ExpressionAttributeValues})
	})
	return &dynamodb.UpdateItemOutput{Attributes: now}, err
}

// DeleteItem implements the client of DynamoDB.
func (t *table) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	c := writeCondition{in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.ReturnValuesOnConditionCheckFailure}
	_, err := t.one(ctx, in.Key, c, func(item) item { return nil })
	return &dynamodb.DeleteItemOutput{}, err
}

// Query implements the client of DynamoDB: it gives one page.
func (t *table) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	if in.FilterExpression != nil || in.Limit != nil || in.ExclusiveStartKey != nil {
		panic("simulate: a query with a filter, a limit or a start is not understood")
	}
	// Each query of the store begins with the partition key and an equals sign.
	words := strings.Fields(*in.KeyConditionExpression)
	part := textOf(in.ExpressionAttributeValues[words[2]])
	from, where := t.parts[part], "table "
	if in.IndexName != nil {
		from, where = t.index[part], "index "
	}
	size, out := 0, &dynamodb.QueryOutput{}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		it := from[name]
		if in.IndexName != nil || holds(in.KeyConditionExpression, it, in.ExpressionAttributeNames, in.ExpressionAttributeValues) {
			out.Items, size = append(out.Items, maps.Clone(it)), size+sizeOf(it)
		}
	}
	t.usage.read(where+part, size, in.ConsistentRead)
	return out, nil
}

// Scan implements the client of DynamoDB: all items are one page.
func (t *table) Scan(ctx context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	out := &dynamodb.ScanOutput{}
	for part, items := range t.parts {
		size := 0
		for _, it := range items {
			out.Items, size = append(out.Items, maps.Clone(it)), size+sizeOf(it)
		}
		t.usage.read("table "+part, size, in.ConsistentRead)
	}
	t.usage.scans++
	return out, nil
}

// DescribeTable implements the client of DynamoDB.
func (t *table) DescribeTable(ctx context.Context, _ *dynamodb.DescribeTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	if err := t.wait(ctx); err != nil {
		return nil, err
	}
	out := &types.TableDescription{}
	for _, index := range deploy.Indexes() {
		out.GlobalSecondaryIndexes = append(out.GlobalSecondaryIndexes, types.GlobalSecondaryIndexDescription{IndexName: aws.String(index.Name), IndexStatus: types.IndexStatusActive})
	}
	return &dynamodb.DescribeTableOutput{Table: out}, nil
}

// BatchGetItem implements the client of DynamoDB.
func (t *table) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]types.AttributeValue{}}
	for name, wanted := range in.RequestItems {
		for _, key := range wanted.Keys {
			it := t.at(key)
			t.usage.read("table "+partOf(key), sizeOf(it), wanted.ConsistentRead)
			if it != nil {
				out.Responses[name] = append(out.Responses[name], maps.Clone(it))
			}
		}
	}
	return out, nil
}

// TransactWriteItems implements the client of DynamoDB.
func (t *table) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	reasons, cancelled := make([]types.CancellationReason, len(in.TransactItems)), false
	writes := make([]func(), len(in.TransactItems))
	for i, w := range in.TransactItems {
		holding, write := t.transact(w)
		writes[i], reasons[i].Code = write, aws.String("None")
		if !holding {
			cancelled, reasons[i].Code = true, aws.String("ConditionalCheckFailed")
		}
	}
	if cancelled {
		return nil, &types.TransactionCanceledException{Message: aws.String("Transaction cancelled"), CancellationReasons: reasons}
	}
	for _, write := range writes {
		write()
	}
	return &dynamodb.TransactWriteItemsOutput{}, nil
}

// transact says whether the condition of a write holds, and gives the write.
func (t *table) transact(w types.TransactWriteItem) (bool, func()) {
	switch {
	case w.Put != nil:
		return holds(w.Put.ConditionExpression, t.at(w.Put.Item), w.Put.ExpressionAttributeNames, w.Put.ExpressionAttributeValues),
			func() { t.put(w.Put.Item, w.Put.Item, 2) }
	case w.Delete != nil:
		return holds(w.Delete.ConditionExpression, t.at(w.Delete.Key), w.Delete.ExpressionAttributeNames, w.Delete.ExpressionAttributeValues),
			func() { t.put(w.Delete.Key, nil, 2) }
	case w.Update != nil:
		old := t.at(w.Update.Key)
		return holds(w.Update.ConditionExpression, old, w.Update.ExpressionAttributeNames, w.Update.ExpressionAttributeValues), func() {
			t.put(w.Update.Key, updated(*w.Update.UpdateExpression, old, w.Update.Key, given{w.Update.ExpressionAttributeNames, w.Update.ExpressionAttributeValues}), 2)
		}
	case w.ConditionCheck != nil:
		return holds(w.ConditionCheck.ConditionExpression, t.at(w.ConditionCheck.Key), w.ConditionCheck.ExpressionAttributeNames, w.ConditionCheck.ExpressionAttributeValues), func() {}
	}
	panic(fmt.Sprintf("simulate: the write %+v is not understood", w))
}
