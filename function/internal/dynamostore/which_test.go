package dynamostore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// asked is a table that notes which indexes are asked for.
type asked struct {
	*fake
	indexes []string
	at      time.Time
}

func (a *asked) Query(ctx context.Context, in *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	a.indexes = append(a.indexes, aws.ToString(in.IndexName))
	return a.fake.Query(ctx, in, options...)
}

func (a *asked) store() *dynamostore.Store {
	return dynamostore.New(a, "t", func() time.Time { return a.at })
}

func TestWhichIndexIsRead(t *testing.T) {
	tests := []struct {
		table []string
		want  string
		fails string
	}{
		{table: []string{"role", "ACTIVE", "role-keys", "ACTIVE"}, want: "role-keys"},
		{table: []string{"role-keys", "ACTIVE"}, want: "role-keys"},
		{table: []string{"role", "ACTIVE"}, want: "role"},
		{table: []string{"role", "ACTIVE", "role-keys", "CREATING"}, want: "role"},
		{table: []string{"role", "ACTIVE", "role-keys", "BACKFILLING"}, want: "role"},
		{table: []string{"role", "ACTIVE", "role-keys", "DELETING"}, want: "role"},
		{table: []string{"role", "UPDATING", "role-keys", ""}, want: "role"},
		{table: []string{"role-keys", "CREATING"}, fails: "its index role-keys is CREATING"},
		{table: []string{"role-keys", "BACKFILLING"}, fails: "its index role-keys is being filled"},
		{table: []string{"other", "ACTIVE"}, fails: "neither an index role-keys nor an index role"},
		{fails: "neither an index role-keys nor an index role"},
	}
	for _, c := range tests {
		a := &asked{fake: newFake(), at: start}
		a.table = described(c.table...)
		_, err := a.store().OpenRoles(ctx)
		switch {
		case c.fails != "":
			if err == nil || !strings.Contains(err.Error(), c.fails) || !strings.Contains(err.Error(), "table t") || len(a.indexes) > 0 {
				t.Errorf("%v: %v, read %v", c.table, err, a.indexes)
			}
		case err != nil || !slices.Equal(a.indexes, []string{c.want}):
			t.Errorf("%v: read %v, %v", c.table, a.indexes, err)
		}
	}
}

func TestTheIndexIsChosenOnceItIsWhole(t *testing.T) {
	a := &asked{fake: newFake(), at: start}
	a.table = described("role", "ACTIVE", "role-keys", "BACKFILLING")
	s := a.store()
	read := func(want string, describes int) {
		t.Helper()
		a.calls, a.indexes = nil, nil
		if _, err := s.OpenRoles(ctx); err != nil || !slices.Equal(a.indexes, []string{want}) || len(a.calls) != 1+describes {
			t.Errorf("read %v with the calls %v: %v", a.indexes, a.calls, err)
		}
	}
	read("role", 1)
	read("role", 0)
	a.table = described("role", "ACTIVE", "role-keys", "ACTIVE")
	read("role", 0)
	a.at = a.at.Add(5 * time.Minute)
	read("role-keys", 1)
	a.at = a.at.Add(1000 * time.Hour)
	read("role-keys", 0)
	// A deployment of the release before takes the index away.
	gone := &smithy.GenericAPIError{Code: "ValidationException", Message: "The table does not have the specified index: role-keys"}
	a.fail["Query"], a.table = gone, described("role", "ACTIVE")
	if _, err := s.OpenRoles(ctx); !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
	delete(a.fail, "Query")
	read("role", 1)
}

func TestATableThatCannotBeDescribedIsReadByTheFormerIndex(t *testing.T) {
	a := &asked{fake: newFake(), at: start}
	denied := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized to perform: dynamodb:DescribeTable"}
	a.fail["DescribeTable"] = denied
	s := a.store()
	for range 2 {
		if _, err := s.OpenRoles(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(a.indexes, []string{"role", "role"}) || len(a.calls) != 3 {
		t.Errorf("read %v with the calls %v", a.indexes, a.calls)
	}
	// Where that one is gone, both failures are reported: the second alone would lead nowhere.
	gone := &smithy.GenericAPIError{Code: "ValidationException", Message: "The table does not have the specified index: role"}
	a.fail["Query"] = gone
	if _, err := s.OpenRoles(ctx); !errors.Is(err, gone) || !errors.Is(err, denied) {
		t.Errorf("%v", err)
	}
	delete(a.fail, "Query")
	delete(a.fail, "DescribeTable")
	a.indexes = nil
	if _, err := s.OpenRoles(ctx); err != nil || !slices.Equal(a.indexes, []string{"role-keys"}) {
		t.Errorf("read %v, %v", a.indexes, err)
	}
}

var _ = scenario("an index that is added to a table leads to what the former one leads to", func(t *testing.T, l *lab) {
	old := newLab(t, l.emulator, l.client, deploy.FormerIndex)
	s := old.store()
	state := load(t, s, key)
	state.Findings = []finding.Stored{{ID: "RW102-x"}}
	must(t, s.Commit(ctx, []finding.State{state}, nil, start))
	leads := func(s *dynamostore.Store) {
		t.Helper()
		if open, err := s.OpenRoles(ctx); err != nil || !slices.Equal(open, []string{key}) {
			t.Errorf("roles with findings: %v, %v", open, err)
		}
	}
	leads(s)
	_, err := l.client.UpdateTable(ctx, &dynamodb.UpdateTableInput{
		TableName:            &old.table,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("role"), AttributeType: "S"}, {AttributeName: aws.String("pk"), AttributeType: "S"}},
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName:  aws.String(deploy.KeysIndex.Name),
			KeySchema:  []types.KeySchemaElement{{AttributeName: aws.String("role"), KeyType: "HASH"}, {AttributeName: aws.String("pk"), KeyType: "RANGE"}},
			Projection: &types.Projection{ProjectionType: "KEYS_ONLY"},
		}}},
	})
	must(t, err)
	leads(s)
	old.pass(time.Hour)
	leads(s)
	// The later release takes the former index away.
	_, err = l.client.UpdateTable(ctx, &dynamodb.UpdateTableInput{
		TableName: &old.table, GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String(deploy.FormerIndex.Name)}}},
	})
	must(t, err)
	leads(s)
	leads(old.store())
})
