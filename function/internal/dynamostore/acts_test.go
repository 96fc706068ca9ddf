package dynamostore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// act is an act about a finding.
func act(id, of string, at time.Time) finding.Act {
	return finding.Act{
		ID: id, Finding: of, Kind: finding.Accepted, By: "sam", Reason: "SEC-1", At: at, Until: at.AddDate(0, 1, 0),
		Seen: finding.Seen{Severity: check.High, Meaning: "m", Functions: []string{"f"}, FunctionsHash: "h", Actors: []string{"a"}},
	}
}

func callOf(id string, at time.Time) finding.Call {
	return finding.Call{ID: id, Account: account, At: at, From: "principals", Act: "accept", Finding: "0a1b2c3d4e5f", By: "sam"}
}

var _ = scenario("an act is stored with its call, in place of an earlier one about the same finding", func(t *testing.T, l *lab) {
	s := l.store()
	first, second, other := act("1", "RW301-a", start), act("2", "RW301-a", start.Add(time.Hour)), act("3", "RW303-b", start)
	for _, a := range []finding.Act{first, other, second} {
		must(t, s.PutAct(ctx, key, a, callOf(a.ID, a.At)))
	}
	refused := callOf("4", start)
	refused.Refused = "no"
	must(t, s.PutCall(ctx, refused))
	got, err := l.store().Acts(ctx, []string{key, "arn:aws:iam::111122223333:role/none", key})
	must(t, err)
	if diff := cmp.Diff(map[string][]finding.Act{key: {other, second}}, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	roles, err := s.ActedRoles(ctx)
	must(t, err)
	if len(roles) != 1 || roles[0] != key {
		t.Errorf("roles with acts: %v", roles)
	}
	if open, err := s.OpenRoles(ctx); err != nil || len(open) != 0 {
		t.Errorf("a role with acts is one with findings: %v, %v", open, err)
	}
	// What is written has the keys that the role of the command functions may write, and expires.
	calls, items := 0, l.all(t)
	for _, i := range items {
		pk, _ := i[deploy.PartitionKey].(*types.AttributeValueMemberS)
		switch {
		case pk.Value == deploy.CallsPrefix+account:
			calls++
		case pk.Value != deploy.ActsPrefix+key:
			t.Errorf("there is an item %s", pk.Value)
		}
		if _, expires := i[deploy.ExpiresKey].(*types.AttributeValueMemberN); !expires {
			t.Errorf("%s does not expire", pk.Value)
		}
	}
	if calls != 4 || len(items) != 5 {
		t.Errorf("%d calls among %d items", calls, len(items))
	}
	if err := s.PutCall(ctx, finding.Call{ID: "5"}); err == nil {
		t.Error("a call without an account is stored")
	}
	refused.Refused = ""
	if err := s.PutCall(ctx, refused); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("a call is overwritten: %v", err)
	}
})

var _ = scenario("calls are stored in the order in which they were made, within one second too", func(t *testing.T, l *lab) {
	var want []string
	for i, after := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond, time.Second, time.Minute} {
		id := fmt.Sprintf("id-%d", 9-i)
		must(t, l.store().PutCall(ctx, callOf(id, start.Add(after))))
		want = append(want, id)
	}
	out, err := l.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &l.table, KeyConditionExpression: aws.String(deploy.PartitionKey + " = :calls"),
		ExpressionAttributeValues: stored{":calls": &types.AttributeValueMemberS{Value: deploy.CallsPrefix + account}},
	})
	must(t, err)
	var got []string
	for _, i := range out.Items {
		var c finding.Call
		must(t, json.Unmarshal([]byte(i["body"].(*types.AttributeValueMemberS).Value), &c))
		got = append(got, c.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
})

// all are the items of the table.
func (l *lab) all(t *testing.T) []stored {
	t.Helper()
	out, err := l.client.Scan(ctx, &dynamodb.ScanInput{TableName: &l.table})
	must(t, err)
	return out.Items
}

var _ = scenario("acts that cannot be read cover nothing, and the others are there", func(t *testing.T, l *lab) {
	s := l.store()
	const second = "arn:aws:iam::111122223333:role/second"
	must(t, s.PutAct(ctx, key, act("1", "RW301-a", start), callOf("1", start)))
	must(t, s.PutAct(ctx, second, act("2", "RW301-b", start), callOf("2", start)))
	_, err := l.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.table, Item: stored{
		"pk": &types.AttributeValueMemberS{Value: deploy.ActsPrefix + key}, "sk": &types.AttributeValueMemberS{Value: "ACTS"}, "body": &types.AttributeValueMemberS{Value: "[]"},
	}})
	must(t, err)
	got, err := s.Acts(ctx, []string{key, second})
	if err == nil || len(got) != 1 || len(got[second]) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if err := s.PutAct(ctx, key, act("3", "RW301-a", start), callOf("3", start)); err == nil {
		t.Error("what cannot be read is overwritten")
	}
})

var _ = scenario("acts and calls do not keep anything from expiring, and expire by themselves", func(t *testing.T, l *lab) {
	s := l.store()
	must(t, s.PutAct(ctx, key, act("1", "RW301-a", start), callOf("1", start)))
	before := l.all(t)
	generation, mine, err := s.StartSweep(ctx, account, start, start.Add(time.Hour))
	must(t, err)
	if !mine {
		t.Fatal("another sweep is under way")
	}
	must(t, s.IndexBuilt(ctx, account, generation))
	must(t, s.FinishSweep(ctx, account, generation, start))
	for _, i := range before {
		out, err := l.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &l.table, Key: stored{"pk": i["pk"], "sk": i["sk"]}})
		must(t, err)
		if diff := cmp.Diff(i[deploy.ExpiresKey].(*types.AttributeValueMemberN).Value, out.Item[deploy.ExpiresKey].(*types.AttributeValueMemberN).Value); diff != "" {
			t.Errorf("expires (-before +after):\n%s", diff)
		}
	}
})
