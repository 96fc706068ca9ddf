package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// fake is a table that holds nothing and answers as it is told to.
type fake struct {
	mu    sync.Mutex
	calls []string
	fail  map[string]error
	// unprocessed is how many items batches give back, by the call's number.
	unprocessed []int
	tokens      []string
	// table is what DescribeTable describes.
	table *types.TableDescription
}

func newFake() *fake { return &fake{fail: map[string]error{}, table: described("role-keys", "ACTIVE")} }

// described describes a table that has these indexes, each followed by its status.
func described(indexes ...string) *types.TableDescription {
	out := &types.TableDescription{}
	for pair := range slices.Chunk(indexes, 2) {
		index := types.GlobalSecondaryIndexDescription{IndexName: &pair[0], IndexStatus: types.IndexStatus(pair[1])}
		if pair[1] == "BACKFILLING" {
			index.IndexStatus, index.Backfilling = types.IndexStatusActive, aws.Bool(true)
		}
		out.GlobalSecondaryIndexes = append(out.GlobalSecondaryIndexes, index)
	}
	return out
}

func (f *fake) store() *dynamostore.Store {
	return dynamostore.New(f, "t", func() time.Time { return start })
}

func (f *fake) call(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
	return f.fail[name]
}

// back is how many items the next batch gives back.
func (f *fake) back(of int) int {
	if len(f.unprocessed) == 0 {
		return 0
	}
	n := min(f.unprocessed[0], of)
	f.unprocessed = f.unprocessed[1:]
	return n
}

func (f *fake) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return &dynamodb.QueryOutput{}, f.call("Query")
}

func (f *fake) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{}, f.call("GetItem")
}

func (f *fake) PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return &dynamodb.PutItemOutput{}, f.call("PutItem")
}

func (f *fake) UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return &dynamodb.UpdateItemOutput{Attributes: map[string]types.AttributeValue{}}, f.call("UpdateItem")
}

func (f *fake) DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return &dynamodb.DeleteItemOutput{}, f.call("DeleteItem")
}

func (f *fake) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	if err := f.call("BatchGetItem"); err != nil {
		return nil, err
	}
	keys := in.RequestItems["t"].Keys
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]types.AttributeValue{}, UnprocessedKeys: map[string]types.KeysAndAttributes{}}
	n := f.back(len(keys))
	if n > 0 {
		out.UnprocessedKeys["t"] = types.KeysAndAttributes{Keys: keys[:n]}
	}
	for _, k := range keys[n:] {
		// DEFLATE of {}.
		i := map[string]types.AttributeValue{"pk": k["pk"], "sk": k["sk"], "revision": &types.AttributeValueMemberN{Value: "7"}, "body": &types.AttributeValueMemberB{Value: []byte{0xab, 0xae, 0x05, 0x00}}}
		out.Responses["t"] = append(out.Responses["t"], i)
	}
	return out, nil
}

func (f *fake) Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	return &dynamodb.ScanOutput{}, f.call("Scan")
}

func (f *fake) DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	return &dynamodb.DescribeTableOutput{Table: f.table}, f.call("DescribeTable")
}

func (f *fake) TransactWriteItems(_ context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	f.tokens = append(f.tokens, aws.ToString(in.ClientRequestToken))
	return &dynamodb.TransactWriteItemsOutput{}, f.call("TransactWriteItems")
}

func cancelled(codes ...string) error {
	e := &types.TransactionCanceledException{}
	for _, code := range codes {
		e.CancellationReasons = append(e.CancellationReasons, types.CancellationReason{Code: aws.String(code), Message: aws.String("because of " + code)})
	}
	return e
}

func TestACancelledTransactionIsAConflictOnlyWhenSomebodyElseWrote(t *testing.T) {
	for _, c := range []struct {
		cause    error
		conflict bool
	}{
		{cancelled("None", "ConditionalCheckFailed"), true},
		{cancelled("TransactionConflict", "None"), true},
		{cancelled("ThrottlingError", "ConditionalCheckFailed"), true},
		{cancelled("None", "ThrottlingError"), false},
		{cancelled("ProvisionedThroughputExceeded"), false},
		{cancelled("ItemCollectionSizeLimitExceeded"), false},
		{&smithy.GenericAPIError{Code: "ThrottlingException"}, false},
		{context.DeadlineExceeded, false},
	} {
		f := newFake()
		f.fail["TransactWriteItems"] = c.cause
		err := f.store().Commit(ctx, []finding.State{{Key: key}}, []message.Outgoing{{ID: "m"}}, start)
		if err == nil || errors.Is(err, finding.ErrConflict) != c.conflict {
			t.Errorf("%v: %v", c.cause, err)
		}
		if !c.conflict && !errors.Is(err, c.cause) {
			t.Errorf("%v is lost: %v", c.cause, err)
		}
		// The notice's two writes are no look: a conflict there is not the caller's to start again for.
		if first, err := f.store().NoticeOnce(ctx, account, "k", message.Outgoing{ID: "m"}, start); err == nil || first || errors.Is(err, finding.ErrConflict) {
			t.Errorf("notice, %v: %v, %v", c.cause, first, err)
		}
	}
}

func TestTheTokenIsThatOfWhatIsWritten(t *testing.T) {
	f := newFake()
	commit := func(state finding.State, id string, leased time.Time) {
		t.Helper()
		must(t, f.store().Commit(ctx, []finding.State{state}, []message.Outgoing{{ID: id}}, leased))
	}
	commit(finding.State{Key: key, ARN: "a"}, "m", start)
	commit(finding.State{Key: key, ARN: "a"}, "m", start)
	commit(finding.State{Key: key, ARN: "b"}, "m", start)
	commit(finding.State{Key: key, ARN: "a", Revision: 1}, "m", start)
	commit(finding.State{Key: key, ARN: "a"}, "n", start)
	commit(finding.State{Key: key, ARN: "a"}, "m", start.Add(1))
	distinct := map[string]bool{}
	for _, token := range f.tokens {
		distinct[token] = true
		if len(token) == 0 || len(token) > 36 {
			t.Errorf("token %q", token)
		}
	}
	if f.tokens[0] != f.tokens[1] || len(distinct) != 5 {
		t.Errorf("tokens %v", f.tokens)
	}
}

func TestABatchGoesOnWithWhatCameBack(t *testing.T) {
	f := newFake()
	f.unprocessed = []int{60, 60, 1}
	var keys []string
	for i := range 130 {
		keys = append(keys, fmt.Sprint(key, i))
	}
	states, err := f.store().Load(ctx, keys)
	must(t, err)
	for i, s := range states {
		if s.Key != keys[i] || s.Revision != 7 {
			t.Fatalf("state %d: %s at %d", i, s.Key, s.Revision)
		}
	}
	if len(f.calls) != 5 {
		t.Errorf("%d calls, want 4 for the first hundred and one for the rest", len(f.calls))
	}
}

func TestABatchThatGetsNowhereIsAnError(t *testing.T) { synctest.Test(t, getsNowhere) }

func getsNowhere(t *testing.T) {
	f := newFake()
	for range 100 {
		f.unprocessed = append(f.unprocessed, 100)
	}
	s := f.store()
	if _, err := s.Load(ctx, []string{key}); err == nil || !strings.Contains(err.Error(), "unprocessed") {
		t.Errorf("load: %v", err)
	}
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := s.Load(short, []string{key}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("load: %v", err)
	}
}

func TestWhatWasNotSavedIsNotRememberedAsSaved(t *testing.T) {
	f := newFake()
	f.fail["PutItem"] = errors.New("down")
	s := f.store()
	if err := s.SaveDocuments(ctx, []string{"text"}); !errors.Is(err, f.fail["PutItem"]) {
		t.Errorf("save: %v", err)
	}
	f.fail, f.calls = nil, nil
	must(t, s.SaveDocuments(ctx, []string{"text"}))
	must(t, s.SaveDocuments(ctx, []string{"text"}))
	if len(f.calls) != 1 {
		t.Errorf("calls %v", f.calls)
	}
}

func TestEveryFailureSaysWhatFailed(t *testing.T) {
	down := &smithy.GenericAPIError{Code: "InternalServerError", Message: "down"}
	operations := map[string]func(*dynamostore.Store) error{
		"load":   func(s *dynamostore.Store) error { _, err := s.Load(ctx, []string{key}); return err },
		"commit": func(s *dynamostore.Store) error { return s.Commit(ctx, []finding.State{{Key: key}}, nil, start) },
		"tally":  func(s *dynamostore.Store) error { _, err := s.Tally(ctx, account); return err },
		"commitTally": func(s *dynamostore.Store) error {
			return s.CommitTally(ctx, finding.Tally{Account: account}, nil, nil, start)
		},
		"open":      func(s *dynamostore.Store) error { _, err := s.OpenRoles(ctx); return err },
		"documents": func(s *dynamostore.Store) error { return s.SaveDocuments(ctx, []string{"x"}) },
		"document":  func(s *dynamostore.Store) error { _, _, err := s.Document(ctx, "x"); return err },
		"outbox":    func(s *dynamostore.Store) error { _, err := s.Outbox(ctx, start); return err },
		"lease":     func(s *dynamostore.Store) error { _, err := s.Lease(ctx, "m", start, start); return err },
		"delivered": func(s *dynamostore.Store) error { return s.Delivered(ctx, "m") },
		"notice": func(s *dynamostore.Store) error {
			_, err := s.NoticeOnce(ctx, account, "k", message.Outgoing{ID: "m"}, start)
			return err
		},
		"users":       func(s *dynamostore.Store) error { _, err := s.Users(ctx, account, key); return err },
		"versions":    func(s *dynamostore.Store) error { _, err := s.Versions(ctx, functions+"f"); return err },
		"putVersions": func(s *dynamostore.Store) error { return s.PutVersions(ctx, account, functions+"f", nil) },
		"putSwept":    func(s *dynamostore.Store) error { return s.PutSwept(ctx, 1, []role.Function{version("f", "1", "a")}) },
		"sweepState":  func(s *dynamostore.Store) error { _, err := s.SweepState(ctx, account); return err },
		"startSweep":  func(s *dynamostore.Store) error { _, _, err := s.StartSweep(ctx, account, start, start); return err },
		"indexBuilt":  func(s *dynamostore.Store) error { return s.IndexBuilt(ctx, account, 1) },
		"finishSweep": func(s *dynamostore.Store) error { return s.FinishSweep(ctx, account, 1, start) },
		"refused":     func(s *dynamostore.Store) error { _, err := s.Refused(ctx, functions+"f"); return err },
		"putRefused":  func(s *dynamostore.Store) error { return s.PutRefused(ctx, functions+"f", key) },
		"dropRefused": func(s *dynamostore.Store) error { return s.DropRefused(ctx, functions+"f", key) },
	}
	for name, run := range operations {
		f := newFake()
		for _, call := range []string{"Query", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "TransactWriteItems"} {
			f.fail[call] = down
		}
		err := run(f.store())
		if !errors.Is(err, down) || strings.Count(err.Error(), ": ") < 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
