// Package dynamostore keeps what outlives an invocation in one DynamoDB table: the roles' states, policy documents by
// their hash, the outbox, the index of who uses which role, how far the sweeps are, and what they came to under a new catalogue. It owns the forms of keys and
// items, and that states and messages are committed together; it judges nothing.
//
// The table and its indexes are described in package deploy. Only keys are read from an index: what they lead to is read
// from the table, consistently. Each item has the number of its form (form.go); what nothing refers to any more expires
// (expire.go).
package dynamostore

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

const (
	// outbox stands in the index for what is in the outbox.
	outbox = "OUTBOX"

	prefixRole, sortState        = deploy.StatesPrefix, "STATE"
	prefixDocument, sortDocument = "DOC#", "DOC"
	prefixMessage, sortMessage   = "MSG#", "MSG"
	prefixFunction, sortVersion  = "FUNCTION#", "VERSION#"
	prefixRefused                = "REFUSED#"
	prefixAccount, sortSweep     = "ACCOUNT#", "SWEEP"
	sortNotice, sortTally        = "NOTICE#", "TALLY"
	sortEpisodes, sortMarks      = "EPISODES", "MARKS"
	prefixHub, sortKept          = deploy.HubPrefix, "KEPT#"
	sortCount                    = "COUNT#"

	// revisionKey counts the commits of an item, generationKey says which sweep saw a function version, and updatedKey when an item
	// was written: each changes when an item is written.
	revisionKey, generationKey, updatedKey = "revision", "generation", "updated"
)

// api is what is needed of DynamoDB's client.
type api interface {
	dynamodb.QueryAPIClient
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	dynamodb.ScanAPIClient
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Store is one table. It is safe for concurrent use.
type Store struct {
	*data
	// account is set where the store is that of a member of an organization: its lists in the index are its own.
	account string
}

// Of is the store as the watch of a member of an organization has it. The words that lists have in the index are those of that account:
// the roles with findings or acts, and the outbox. The account of the hub has the store itself, with the words of a deployment of one
// account; an empty account gives that.
func (s *Store) Of(account string) *Store { return &Store{s.data, account} }

// word is the word of a list in the index.
func (s *Store) word(word string) string { return deploy.Word(word, s.account) }

// data is what a store and those of members share.
type data struct {
	client api
	table  *string
	now    func() time.Time

	// Log is told what went wrong and fails no call: which index is not there, and why unused items were not looked for.
	Log *slog.Logger

	mu sync.Mutex
	// saved says when documents, by their hash, were written, and noticed when notices were last known to be in the table.
	saved, noticed map[string]time.Time
	// index is the index that is read, as it was chosen last.
	index chosen
	// indexed is the newest generation whose index is whole, by account, as it was read last.
	indexed map[string]indexedRead
}

type indexedRead struct {
	generation int64
	read       time.Time
}

// New keeps everything in this table. now is the clock, by which items say when they were written.
func New(client api, table string, now func() time.Time) *Store {
	return &Store{data: &data{
		client: client, table: aws.String(table), now: now,
		saved: map[string]time.Time{}, noticed: map[string]time.Time{}, indexed: map[string]indexedRead{}, Log: slog.New(slog.DiscardHandler),
	}}
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

// update changes one item if the condition holds, and gives it as it is then; nil when the condition does not hold. An item of
// a newer release is left as it is, and is the error.
func (s *Store) update(ctx context.Context, key item, change, condition string, values item) (item, error) {
	condition = "(" + condition + ") AND " + notNewer
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: s.table, Key: key, UpdateExpression: &change, ConditionExpression: &condition,
		ExpressionAttributeNames: names(change, condition), ExpressionAttributeValues: with(key, values), ReturnValues: types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		var newer *finding.NewerError
		if len(failed.Item) > 0 && errors.As(*read(failed.Item).err, &newer) {
			return nil, newer
		}
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
