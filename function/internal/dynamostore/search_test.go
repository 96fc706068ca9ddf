package dynamostore_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// slow is a table that gives a few items a page, and so many pages in one invocation.
type slow struct {
	*dynamodb.Client
	pages, left, read int
}

func (s *slow) Scan(ctx context.Context, in *dynamodb.ScanInput, o ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	if s.left == 0 {
		return nil, &types.ProvisionedThroughputExceededException{}
	}
	s.left--
	s.read++
	in.Limit = aws.Int32(3)
	return s.Client.Scan(ctx, in, o...)
}

// tick is the next invocation, with a store that knows nothing.
func (s *slow) tick(t *testing.T, l *lab) {
	t.Helper()
	s.left = s.pages
	_ = dynamostore.New(s, l.table, l.now).Search(ctx) // What keeps it from its end is the table.
}

var _ = scenario("a table that is too large for one invocation is searched in the end", func(t *testing.T, l *lab) {
	s := l.store()
	var texts []string
	want := map[string]time.Duration{}
	for i := range 20 {
		used, unused := fmt.Sprintf("used %d", i), fmt.Sprintf("unused %d", i)
		texts = append(texts, used, unused)
		of := fmt.Sprintf("%s-%d", key, i)
		commitState(t, s, finding.State{Key: of, Exists: true, Parts: map[role.Part]finding.PartState{"trust": {Hash: role.HashText(used)}}})
		want[hash(unused)] = 90 * day
	}
	commitState(t, s, finding.State{Key: key + "-gone"})
	want["ROLE#"+key+"-gone STATE"] = 90 * day
	must(t, s.SaveDocuments(ctx, texts))
	l.pass(2 * day)
	table := &slow{Client: l.client, pages: 4, left: 4}
	var log bytes.Buffer
	begins := dynamostore.New(table, l.table, l.now)
	begins.Log = slog.New(slog.NewTextHandler(&log, nil))
	l.sweep(t, begins)
	if len(l.expiring(t)) > 0 || !strings.Contains(log.String(), "a tick goes on with it") {
		t.Errorf("after the sweep: %v, %s", l.expiring(t), log.String())
	}
	member := dynamostore.New(table, l.table, l.now).Of("222233334444")
	before := table.read
	if table.left = 4; member.Search(ctx) != nil || table.read != before {
		t.Error("the search is not that of a member")
	}
	// Meanwhile, a text is used again, and a role that was gone is made again.
	ticks := 0
	for ; len(l.expiring(t)) == 0 && ticks < 50; ticks++ {
		l.pass(15 * time.Minute)
		table.tick(t, l)
	}
	other := l.store()
	must(t, other.SaveDocuments(ctx, []string{"unused 7"}))
	commitState(t, other, finding.State{Key: key + "-gone", Exists: true, Parts: map[role.Part]finding.PartState{"trust": {Hash: role.HashText("unused 7")}}})
	for ; len(l.expiring(t)) < len(want)-2 && ticks < 100; ticks++ {
		l.pass(15 * time.Minute)
		table.tick(t, l)
	}
	for range 20 {
		l.pass(15 * time.Minute)
		table.tick(t, l)
	}
	delete(want, hash("unused 7"))
	delete(want, "ROLE#"+key+"-gone STATE")
	got := l.expiring(t)
	for name, in := range got {
		if got[name] = 90 * day; in < 88*day || in > 90*day {
			t.Errorf("%s expires in %v", name, in)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after %d ticks (-want +got):\n%s", ticks, diff)
	}
	if ticks < 5 {
		t.Errorf("%d ticks", ticks)
	}
	// It is done: the table is read again a week later, and not each day.
	before = table.read
	table.tick(t, l)
	l.pass(day)
	table.left = 4
	l.sweep(t, dynamostore.New(table, l.table, l.now))
	if table.read != before {
		t.Errorf("%d pages were read", table.read-before)
	}
	l.pass(7 * day)
	table.left = 4
	if l.sweep(t, dynamostore.New(table, l.table, l.now)); table.read == before {
		t.Error("no other search has begun")
	}
})

var _ = scenario("a search that meets what it cannot read gives nothing a time, however far it is", func(t *testing.T, l *lab) {
	s := l.store()
	for i := range 12 {
		commitState(t, s, finding.State{Key: fmt.Sprintf("%s-%d", key, i)})
	}
	_, err := l.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.table, Item: stored{"pk": &types.AttributeValueMemberS{Value: "X#1"}, "sk": &types.AttributeValueMemberS{Value: "LATER"}}})
	must(t, err)
	l.pass(2 * day)
	table := &slow{Client: l.client, pages: 2, left: 2}
	l.sweep(t, dynamostore.New(table, l.table, l.now))
	for range 30 {
		table.tick(t, l)
	}
	if n := len(l.expiring(t)); n > 0 {
		t.Errorf("%d items expire", n)
	}
	// Once it can be read, the next sweep begins another search.
	_, err = l.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &l.table, Key: stored{"pk": &types.AttributeValueMemberS{Value: "X#1"}, "sk": &types.AttributeValueMemberS{Value: "LATER"}}})
	must(t, err)
	l.pass(day)
	table.left = 2
	l.sweep(t, dynamostore.New(table, l.table, l.now))
	for range 30 {
		table.tick(t, l)
	}
	if n := len(l.expiring(t)); n != 12 {
		t.Errorf("%d items expire", n)
	}
})
