// Package dynamostore keeps what outlives an invocation in one DynamoDB table: the roles' states, policy documents by
// their hash, the outbox, the index of who uses which role, how far the sweeps are, and what they came to under a new catalogue. It owns the forms of keys and
// items, and that states and messages are committed together; it judges nothing.
//
// The table and its indexes are described in package deploy. Only keys are read from an index: what they lead to is read
// from the table, consistently.
package dynamostore

import (
	"context"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
)

const (
	// openRoles stands in the index for states that have findings, and outbox for what is in the outbox.
	openRoles = "OPEN"
	outbox    = "OUTBOX"

	prefixRole, sortState        = "ROLE#", "STATE"
	prefixDocument, sortDocument = "DOC#", "DOC"
	prefixMessage, sortMessage   = "MSG#", "MSG"
	prefixFunction, sortVersion  = "FUNCTION#", "VERSION#"
	prefixRefused                = "REFUSED#"
	prefixAccount, sortSweep     = "ACCOUNT#", "SWEEP"
	sortNotice, sortTally        = "NOTICE#", "TALLY"
	sortEpisodes                 = "EPISODES"
)

// api is what is needed of DynamoDB's client.
type api interface {
	dynamodb.QueryAPIClient
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
}

// Store is one table. It is safe for concurrent use.
type Store struct {
	client api
	table  *string
	now    func() time.Time
	// Log is told what went wrong and fails no call: why an index is not read.
	Log *slog.Logger

	mu sync.Mutex
	// index is the index that is read, as it was chosen last.
	index chosen
	// saved are the hashes of documents, and noticed the notices, that are known to be in the table. Neither is ever
	// taken out of it.
	saved, noticed map[string]bool
	// indexed is the newest generation whose index is whole, by account, as it was read last.
	indexed map[string]indexedRead
}

type indexedRead struct {
	generation int64
	read       time.Time
}

// New keeps everything in this table. now is the clock, by which items say when they were written.
func New(client api, table string, now func() time.Time) *Store {
	return &Store{
		client: client, table: aws.String(table), now: now,
		saved: map[string]bool{}, noticed: map[string]bool{}, indexed: map[string]indexedRead{}, Log: slog.New(slog.DiscardHandler),
	}
}

// item is an item of the table, or its key.
type item = map[string]types.AttributeValue

func keyOf(pk, sk string) item { return item{deploy.PartitionKey: text(pk), deploy.SortKey: text(sk)} }

// get reads one item, consistently; nil when it is not there.
func (s *Store) get(ctx context.Context, key item) (item, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: s.table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// update changes one item if the condition holds, and gives it as it is then; nil when the condition does not hold.
func (s *Store) update(ctx context.Context, key item, change, condition string, values item) (item, error) {
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: s.table, Key: key, UpdateExpression: &change, ConditionExpression: &condition,
		ExpressionAttributeNames: names(change, condition), ExpressionAttributeValues: values, ReturnValues: types.ReturnValueAllNew,
	})
	if conditionFailed(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

// query reads every item that a query finds.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput) ([]item, error) {
	in.TableName = s.table
	var items []item
	pages := dynamodb.NewQueryPaginator(s.client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
	}
	return items, nil
}

// alias is a name in an expression. All are written so, because hundreds of plain words are reserved.
var alias = regexp.MustCompile(`#(\w+)`)

// names are the names that expressions use.
func names(expressions ...string) map[string]string {
	out := map[string]string{}
	for _, e := range expressions {
		for _, m := range alias.FindAllStringSubmatch(e, -1) {
			out[m[0]] = m[1]
		}
	}
	return out
}
