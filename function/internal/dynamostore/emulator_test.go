package dynamostore_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 3, 2, 9, 0, 0, 123456789, time.UTC)
)

const (
	account = "111122223333"
	key     = "arn:aws:iam::111122223333:role/orders"
)

// lab is a new table in an emulator, and a clock.
type lab struct {
	emulator string
	client   *dynamodb.Client
	table    string
	reads    reading

	mu sync.Mutex
	at time.Time
}

func (l *lab) now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at
}

func (l *lab) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = l.at.Add(d)
}

// store is another process's view of the same table.
func (l *lab) store() *dynamostore.Store { return dynamostore.New(&l.reads, l.table, l.now) }

// reading is a client that notes each read that is not strongly consistent. An index has no other reads, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html. An emulator always shows the last write.
type reading struct {
	*dynamodb.Client
	mu     sync.Mutex
	stale  []string
	strong int
}

func (r *reading) note(call string, consistent *bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if aws.ToBool(consistent) {
		r.strong++
	} else {
		r.stale = append(r.stale, call)
	}
}

func (r *reading) GetItem(ctx context.Context, in *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	r.note("GetItem", in.ConsistentRead)
	return r.Client.GetItem(ctx, in, options...)
}

func (r *reading) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	for _, keys := range in.RequestItems {
		r.note("BatchGetItem", keys.ConsistentRead)
	}
	return r.Client.BatchGetItem(ctx, in, options...)
}

func (r *reading) Query(ctx context.Context, in *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if in.IndexName == nil {
		r.note("Query "+aws.ToString(in.KeyConditionExpression), in.ConsistentRead)
	}
	return r.Client.Query(ctx, in, options...)
}

func (r *reading) Scan(ctx context.Context, in *dynamodb.ScanInput, options ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	r.note("Scan", in.ConsistentRead)
	return r.Client.Scan(ctx, in, options...)
}

// scenarios are what TestOnEmulators runs, each on a table of its own.
var scenarios = map[string]func(*testing.T, *lab){}

// scenario adds one: the emulators are started once for all of them.
func scenario(name string, run func(*testing.T, *lab)) bool {
	if _, twice := scenarios[name]; twice {
		panic("scenario " + name + " is there twice")
	}
	scenarios[name] = run
	return true
}

func TestOnEmulators(t *testing.T) {
	if len(scenarios) == 0 {
		t.Fatal("no scenario")
	}
	for emulator, start := range map[string]func(testing.TB, ...awstest.Option) string{"moto": awstest.Moto, "ministack": awstest.Ministack} {
		t.Run(emulator, func(t *testing.T) {
			client := dynamodb.NewFromConfig(awstest.Config(t, start(t)))
			ran, strong := 0, 0
			for name, run := range scenarios {
				t.Run(name, func(t *testing.T) {
					l := newLab(t, emulator, client, deploy.KeysIndex)
					run(t, l)
					strong += l.reads.strong
				})
				ran++
			}
			if t.Logf("%d scenarios, %d strongly consistent reads", ran, strong); strong == 0 {
				t.Error("nothing was read")
			}
		})
	}
}

var tables struct {
	sync.Mutex
	n int
}

// newLab makes a table with these indexes.
func newLab(t *testing.T, emulator string, client *dynamodb.Client, with ...deploy.Index) *lab {
	t.Helper()
	tables.Lock()
	tables.n++
	name := "rolewatch-" + string(rune('a'+tables.n/26)) + string(rune('a'+tables.n%26))
	tables.Unlock()
	attribute := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS}
	}
	keys := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{
			{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(sort), KeyType: types.KeyTypeRange},
		}
	}
	var indexes []types.GlobalSecondaryIndex
	for _, i := range with {
		indexes = append(indexes, types.GlobalSecondaryIndex{
			IndexName: &i.Name, KeySchema: keys(deploy.RoleIndexKey, deploy.PartitionKey),
			Projection: &types.Projection{ProjectionType: types.ProjectionType(i.Projection)},
		})
	}
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions:   []types.AttributeDefinition{attribute(deploy.PartitionKey), attribute(deploy.SortKey), attribute(deploy.RoleIndexKey)},
		KeySchema:              keys(deploy.PartitionKey, deploy.SortKey),
		GlobalSecondaryIndexes: indexes,
	})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{emulator: emulator, client: client, table: name, reads: reading{Client: client}, at: start}
	t.Cleanup(func() {
		if len(l.reads.stale) > 0 {
			t.Errorf("reads that may show what was there before the last write: %q", l.reads.stale)
		}
	})
	return l
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, s *dynamostore.Store, key string) finding.State {
	t.Helper()
	states, err := s.Load(ctx, []string{key})
	if err != nil || len(states) != 1 {
		t.Fatalf("load: %v, %d states", err, len(states))
	}
	return states[0]
}

// keysInTable lists what is in the table, as "pk sk".
func (l *lab) keysInTable(t *testing.T) []string {
	t.Helper()
	var out []string
	pages := dynamodb.NewScanPaginator(l.client, &dynamodb.ScanInput{TableName: &l.table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(t, err)
		for _, i := range page.Items {
			out = append(out, i["pk"].(*types.AttributeValueMemberS).Value+" "+i["sk"].(*types.AttributeValueMemberS).Value)
		}
	}
	slices.Sort(out)
	return out
}
