package dynamostore_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

type stored = map[string]types.AttributeValue

// items is the whole table, by "pk sk".
func (l *lab) items(t *testing.T) map[string]stored {
	t.Helper()
	out := map[string]stored{}
	pages := dynamodb.NewScanPaginator(l.client, &dynamodb.ScanInput{TableName: &l.table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(t, err)
		for _, i := range page.Items {
			out[i["pk"].(*types.AttributeValueMemberS).Value+" "+i["sk"].(*types.AttributeValueMemberS).Value] = i
		}
	}
	return out
}

// set changes one attribute of an item behind the store's back.
func (l *lab) set(t *testing.T, i stored, name string, value types.AttributeValue) {
	t.Helper()
	change := "SET #a = :a"
	_, err := l.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.table, Key: stored{"pk": i["pk"], "sk": i["sk"]}, UpdateExpression: &change,
		ExpressionAttributeNames: map[string]string{"#a": name}, ExpressionAttributeValues: stored{":a": value},
	})
	must(t, err)
}

const policyText = `{"Version":"2012-10-17","Statement":[]}`

// anything does with one role, function and message everything that a store can do. It gives the errors by what was done.
func anything(l *lab, s *dynamostore.Store) map[string]error {
	f := version("checkout", "7", "orders")
	rendered := message.Operations(message.Notice{Account: account, Region: "us-east-1", Subject: "subject", Text: "text"}, nil)
	note := message.Outgoing{ID: "n1", Kind: message.KindOperations, Rendered: &rendered, Created: start}
	out := message.Outgoing{ID: "m1", Kind: message.KindWork, Work: []byte("{}"), Created: start}
	errs := map[string]error{}
	var states []finding.State
	states, errs["load"] = s.Load(ctx, []string{key})
	if errs["load"] == nil {
		states[0].ARN, states[0].Exists = key, true
		states[0].Findings = []finding.Stored{{ID: "RW102-x", Check: "RW102", Severity: check.Critical}}
	}
	errs["save"] = s.SaveDocuments(ctx, []string{policyText})
	errs["commit"] = s.Commit(ctx, states, []message.Outgoing{out}, start)
	var tally finding.Tally
	tally, errs["tally"] = s.Tally(ctx, account)
	errs["commitTally"] = s.CommitTally(ctx, tally, nil, nil, start)
	_, _, errs["document"] = s.Document(ctx, role.HashText(policyText))
	_, errs["outbox"] = s.Outbox(ctx, start)
	_, errs["lease"] = s.Lease(ctx, "m1", start, start)
	_, errs["notice"] = s.NoticeOnce(ctx, account, "k", note, start)
	errs["putRefused"] = s.PutRefused(ctx, f.ARN, key)
	_, errs["refused"] = s.Refused(ctx, f.ARN)
	errs["putVersions"] = s.PutVersions(ctx, account, f.ARN, []role.Function{f})
	_, errs["versions"] = s.Versions(ctx, f.ARN)
	_, errs["users"] = s.Users(ctx, account, key)
	_, errs["sweepState"] = s.SweepState(ctx, account)
	var generation int64
	generation, _, errs["startSweep"] = s.StartSweep(ctx, account, l.now(), l.now())
	errs["putSwept"] = s.PutSwept(ctx, generation, []role.Function{f})
	errs["indexBuilt"] = s.IndexBuilt(ctx, account, generation)
	var episodes episode.Episodes
	episodes, errs["episodes"] = s.Episodes(ctx, account)
	errs["commitEpisodes"] = s.CommitEpisodes(ctx, episodes, nil, start)
	var change fanin.Change
	change, errs["change"] = s.Change(ctx, account, "c")
	errs["commitChange"] = s.CommitChange(ctx, change, nil, start)
	errs["commitSlice"] = s.CommitSlices(ctx, account, map[string]fanin.Slice{"c": fanin.Slice{Number: 1}}, nil, nil, nil, start)
	_, errs["slices"] = s.Slices(ctx, account, "c")
	_, errs["marks"] = s.Marks(ctx, account)
	errs["mark"] = s.Mark(ctx, account, "canary", l.now())
	errs["finishSweep"] = s.FinishSweep(ctx, account, generation, start)
	return errs
}

// An item of a newer release stays as it is, whatever is done, and who needs it is told.
var _ = scenario("what a newer release has stored stays as it is", func(t *testing.T, l *lab) {
	for name, err := range anything(l, l.store()) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	told := map[string][]string{
		"STATE": {"load"}, "DOC": {"document"}, "MSG": {"outbox"}, "TALLY": {"tally"}, "SWEEP": {"sweepState", "startSweep"},
		"VERSION#7": {"putVersions", "versions"}, "ROLE#" + key: {"refused"}, "NOTICE#k": nil,
		"EPISODES": {"episodes"}, "MARKS": {"marks"}, "CHANGE": {"change"}, "DONE#000001": nil, "SLICE#000001": {"slices"},
	}
	kinds := map[string]bool{}
	for name, i := range l.items(t) {
		sk := i["sk"].(*types.AttributeValueMemberS).Value
		want, known := told[sk]
		if !known {
			t.Fatalf("no test knows what is to be told of %s", name)
		}
		kinds[sk] = true
		if name == "MSG#m1 MSG" {
			want = []string{"outbox", "lease"}
		}
		own := i["schema"]
		if own == nil {
			t.Errorf("%s has no schema", name)
			continue
		}
		l.set(t, i, "schema", &types.AttributeValueMemberN{Value: "99"})
		l.set(t, i, "body", &types.AttributeValueMemberS{Value: "in a form of its own"})
		before := l.items(t)[name]
		errs := anything(l, l.store())
		if after := l.items(t)[name]; !reflect.DeepEqual(before, after) {
			t.Errorf("%s was\n%v\nand is\n%v", name, before, after)
		}
		for _, what := range want {
			var newer *finding.NewerError
			if !errors.As(errs[what], &newer) || newer.Item != name || newer.Schema != 99 {
				t.Errorf("%s, %s: %v", name, what, errs[what])
			}
		}
		if sk == "VERSION#7" {
			if u, err := l.store().Users(ctx, account, key); err != nil || u.Complete || !strings.Contains(u.Why, "newer release") {
				t.Errorf("users: %+v, %v", u, err)
			}
		}
		must(t, l.store().DropRefused(ctx, functions+"checkout", key))
		if _, left := l.items(t)[name]; !left {
			t.Errorf("%s was dropped", name)
		}
		_, err := l.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.table, Item: i})
		must(t, err)
		// Whatever else was written meanwhile is as good: what is left of it is of this release.
		l.pass(time.Minute)
	}
	if len(kinds) != len(told) {
		t.Errorf("only the kinds %v were tried", kinds)
	}
})

var _ = scenario("states that cannot be read do not keep the others from being read", func(t *testing.T, l *lab) {
	s := l.store()
	keys := []string{key, key + "-corrupt", key + "-later", key + "-body", key + "-none"}
	for _, k := range keys[:4] {
		state := load(t, s, k)
		state.ARN, state.Schema = k, finding.Schema
		if k == keys[3] {
			state.Schema = 7
		}
		must(t, s.Commit(ctx, []finding.State{state}, nil, start))
	}
	all := l.items(t)
	l.set(t, all["ROLE#"+keys[1]+" STATE"], "body", &types.AttributeValueMemberB{Value: []byte("no DEFLATE")})
	l.set(t, all["ROLE#"+keys[2]+" STATE"], "schema", &types.AttributeValueMemberN{Value: "2"})
	states, err := s.Load(ctx, keys)
	var unread *finding.UnreadError
	if !errors.As(err, &unread) || !slices.Equal(unread.Keys(), []string{keys[3], keys[1], keys[2]}) {
		t.Fatalf("%v", err)
	}
	for i, want := range []finding.State{
		{Key: keys[0], ARN: keys[0], Schema: finding.Schema, Revision: 1}, {Key: keys[1], Revision: finding.NotRead}, {Key: keys[2], Revision: finding.NotRead},
		{Key: keys[3], Revision: finding.NotRead}, {Key: keys[4]},
	} {
		if diff := cmp.Diff(want, states[i]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", keys[i], diff)
		}
	}
	var newer *finding.NewerError
	if errors.As(unread.Roles[keys[1]], &newer) || !errors.As(unread.Roles[keys[2]], &newer) || newer.Schema != 2 || !errors.As(unread.Roles[keys[3]], &newer) || newer.Schema != 7 {
		t.Errorf("%v", err)
	}
	before := l.items(t)
	if err := s.Commit(ctx, states[:3], nil, start); err == nil || errors.Is(err, finding.ErrConflict) || !strings.Contains(err.Error(), keys[1]) {
		t.Errorf("committed what was not read: %v", err)
	}
	if !reflect.DeepEqual(before, l.items(t)) {
		t.Error("the table has changed")
	}
})

var _ = scenario("a message that cannot be read does not keep the others from being delivered", func(t *testing.T, l *lab) {
	s := l.store()
	must(t, s.Commit(ctx, nil, []message.Outgoing{{ID: "a", Created: start}, {ID: "b", Created: start}, {ID: "c", Created: start}}, start))
	all := l.items(t)
	l.set(t, all["MSG#a MSG"], "body", &types.AttributeValueMemberB{Value: []byte("no DEFLATE")})
	l.set(t, all["MSG#b MSG"], "schema", &types.AttributeValueMemberN{Value: "2"})
	left, err := s.Outbox(ctx, start)
	var newer *finding.NewerError
	if len(left) != 1 || left[0].ID != "c" || !errors.As(err, &newer) || !strings.Contains(err.Error(), "message a") {
		t.Errorf("%+v, %v", left, err)
	}
})
