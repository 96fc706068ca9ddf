package dynamostore_test

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const day = 24 * time.Hour

// expiring are the items that have an expiry, with how long it is until then.
func (l *lab) expiring(t *testing.T) map[string]time.Duration {
	t.Helper()
	out := map[string]time.Duration{}
	for name, i := range l.items(t) {
		if n, ok := i[deploy.ExpiresKey].(*types.AttributeValueMemberN); ok {
			seconds, err := strconv.ParseInt(n.Value, 10, 64)
			must(t, err)
			out[name] = time.Unix(seconds, 0).Sub(l.now()).Round(time.Hour)
		}
	}
	return out
}

// expire deletes what has expired, as DynamoDB does, and gives it.
func (l *lab) expire(t *testing.T) []string {
	t.Helper()
	var gone []string
	all := l.items(t)
	for name, in := range l.expiring(t) {
		if in > 0 {
			continue
		}
		_, err := l.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &l.table, Key: stored{"pk": all[name]["pk"], "sk": all[name]["sk"]}})
		must(t, err)
		gone = append(gone, name)
	}
	slices.Sort(gone)
	return gone
}

// sweep is a whole sweep that lists these versions.
func (l *lab) sweep(t *testing.T, s *dynamostore.Store, versions ...role.Function) {
	t.Helper()
	generation := startSweep(t, s, l.now())
	must(t, s.PutSwept(ctx, generation, versions))
	must(t, s.IndexBuilt(ctx, account, generation))
	must(t, s.FinishSweep(ctx, account, generation, l.now()))
}

func hash(text string) string { return "DOC#" + role.HashText(text) + " DOC" }

// commitState stores a state of the role, whatever is stored of it.
func commitState(t *testing.T, s *dynamostore.Store, state finding.State) {
	t.Helper()
	state.Revision, state.Schema = load(t, s, state.Key).Revision, finding.Schema
	must(t, s.Commit(ctx, []finding.State{state}, nil, start))
}

func notice(t *testing.T, s *dynamostore.Store, k string) bool {
	t.Helper()
	rendered := message.Operations(message.Notice{Account: account, Region: "us-east-1", Subject: "subject", Text: "text"}, nil)
	first, err := s.NoticeOnce(ctx, account, k, message.Outgoing{ID: k, Kind: message.KindOperations, Rendered: &rendered, Created: start}, start)
	must(t, err)
	return first
}

var _ = scenario("what a sweep finds unused expires, and what is used again does not", func(t *testing.T, l *lab) {
	const gone, used, noted = key + "-gone", key + "-used", key + "-noted"
	s := l.store()
	must(t, s.SaveDocuments(ctx, []string{"now", "before", "nobody's"}))
	commitState(t, s, finding.State{Key: key, Exists: true, Parts: map[role.Part]finding.PartState{
		"trust": {Hash: role.HashText("now"), Former: &finding.Former{Hash: role.HashText("before"), Seen: start}},
	}})
	commitState(t, s, finding.State{Key: gone})
	commitState(t, s, finding.State{Key: gone + "-found", Findings: []finding.Stored{{ID: "RW101-x", Severity: check.High}}})
	commitState(t, s, finding.State{Key: gone + "-edited", Parts: map[role.Part]finding.PartState{"trust": {Gone: true, Former: &finding.Former{Seen: start}}}})
	commitState(t, s, finding.State{Key: gone + "-waits", ConfirmAt: start.Add(3 * day)})
	commitState(t, s, finding.State{Key: gone + "-refused", Refusals: []check.Refusal{{Function: functions + "f", Time: start}}})
	commitState(t, s, finding.State{Key: used})
	commitState(t, s, finding.State{Key: noted})
	must(t, s.PutRefused(ctx, functions+"f", gone+"-refused"))
	must(t, s.PutRefused(ctx, functions+"g", noted))
	notice(t, s, "k")
	l.sweep(t, s, version("f", "1", "orders-used"), version("g", "1", "other"))
	// While the newest sweep is under way a version that is deleted leaves a mark.
	mark := startSweep(t, s, l.now().Add(2*time.Hour))
	must(t, s.PutVersions(ctx, account, functions+"g", nil))
	must(t, s.IndexBuilt(ctx, account, mark))
	must(t, s.FinishSweep(ctx, account, mark, l.now()))
	wantUntil := func(name string, want map[string]time.Duration) {
		t.Helper()
		if diff := cmp.Diff(want, l.expiring(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	state := func(key string) string { return "ROLE#" + key + " STATE" }
	// f's entry is of the sweep before.
	wantUntil("within a day", map[string]time.Duration{state(gone): 90 * day, "FUNCTION#" + functions + "f VERSION#1": 90 * day})
	l.pass(2 * day)
	s = l.store()
	l.sweep(t, s, version("f", "1", "orders-used"))
	wantUntil("after two days", map[string]time.Duration{
		state(gone): 88 * day, hash("nobody's"): 90 * day, "FUNCTION#" + functions + "g VERSION#1": 90 * day, "REFUSED#" + functions + "g ROLE#" + noted: 90 * day,
	})
	// Each is used again, as the watch does it.
	must(t, s.SaveDocuments(ctx, []string{"nobody's"}))
	commitState(t, s, finding.State{Key: gone, Exists: true, Parts: map[role.Part]finding.PartState{"trust": {Hash: role.HashText("nobody's")}}})
	must(t, s.PutVersions(ctx, account, functions+"g", []role.Function{version("g", "1", "other")}))
	must(t, s.PutRefused(ctx, functions+"g", noted))
	wantUntil("used again", map[string]time.Duration{})
	l.pass(500 * day)
	s = l.store()
	l.sweep(t, s, version("f", "1", "orders-used"), version("g", "1", "other"))
	wantUntil("after 500 days", map[string]time.Duration{
		state(gone + "-waits"): 90 * day, "REFUSED#" + functions + "g ROLE#" + noted: 90 * day, "ACCOUNT#" + account + " NOTICE#k": 90 * day,
	})
	// A cause that is seen again, although late, is no reason for another notice.
	if notice(t, s, "k") {
		t.Error("the notice was sent twice")
	}
	l.pass(91 * day)
	want := []string{"REFUSED#" + functions + "g ROLE#" + noted, state(gone + "-waits")}
	if diff := cmp.Diff(want, l.expire(t)); diff != "" {
		t.Errorf("expired (-want +got):\n%s", diff)
	}
	// Nothing names that role any more.
	l.sweep(t, l.store(), version("f", "1", "orders-used"), version("g", "1", "other"))
	wantUntil("in the end", map[string]time.Duration{state(noted): 90 * day})
})

var _ = scenario("a notice whose cause was not seen for long is sent again", func(t *testing.T, l *lab) {
	s := l.store()
	if !notice(t, s, "k") || notice(t, s, "k") {
		t.Error("not once")
	}
	for range 40 {
		l.pass(31 * day)
		l.sweep(t, s)
		if notice(t, s, "k") {
			t.Fatalf("sent again after %s, and the cause was seen each month", l.now().Sub(start))
		}
	}
	l.pass(401 * day)
	l.sweep(t, s)
	l.pass(91 * day)
	if gone := l.expire(t); len(gone) != 1 {
		t.Errorf("expired: %v", gone)
	}
	if !notice(t, s, "k") {
		t.Error("not sent again")
	}
})

var _ = scenario("nothing expires while something in the table cannot be read", func(t *testing.T, l *lab) {
	for name, spoil := range map[string]func(stored) stored{
		"a state of a newer release": func(i stored) stored {
			i["schema"] = &types.AttributeValueMemberN{Value: "2"}
			return i
		},
		"a state that is damaged": func(i stored) stored {
			i["body"] = &types.AttributeValueMemberB{Value: []byte("no DEFLATE")}
			return i
		},
		"a kind of a newer release": func(i stored) stored {
			return stored{"pk": &types.AttributeValueMemberS{Value: "X#1"}, "sk": &types.AttributeValueMemberS{Value: "LATER"}}
		},
		"nothing": func(i stored) stored { return i },
	} {
		own := newLab(t, l.emulator, l.client, deploy.KeysIndex)
		s := own.store()
		var log bytes.Buffer
		s.Log = slog.New(slog.NewTextHandler(&log, nil))
		commitState(t, s, finding.State{Key: key})
		commitState(t, s, finding.State{Key: key + "-2", Exists: true})
		_, err := l.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &own.table, Item: spoil(own.items(t)["ROLE#"+key+"-2 STATE"])})
		must(t, err)
		own.sweep(t, s)
		if n := len(own.expiring(t)); n != map[bool]int{true: 1}[name == "nothing"] {
			t.Errorf("%s: %d items expire", name, n)
		}
		if told := strings.Contains(log.String(), "uses is unknown"); told == (name == "nothing") {
			t.Errorf("%s: the log says %q", name, log.String())
		}
		if sweep, err := s.SweepState(ctx, account); err != nil || sweep.Complete != 1 {
			t.Errorf("%s: the sweep is %+v, %v", name, sweep, err)
		}
	}
})

var _ = scenario("what a former release stored without a time is judged from the next sweep on", func(t *testing.T, l *lab) {
	s := l.store()
	must(t, s.SaveDocuments(ctx, []string{"old"}))
	must(t, s.PutRefused(ctx, functions+"f", key))
	for _, i := range l.items(t) {
		delete(i, "updated")
		delete(i, "schema")
		_, err := l.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.table, Item: i})
		must(t, err)
	}
	l.pass(100 * day)
	for _, want := range []int{0, 2} {
		l.sweep(t, s)
		if n := len(l.expiring(t)); n != want {
			t.Errorf("%d items expire, want %d", n, want)
		}
		l.pass(2 * day)
	}
})

// between lets something happen after the table was read and before what was found is noted.
type between struct {
	*dynamodb.Client
	happens func()
}

func (b *between) Scan(ctx context.Context, in *dynamodb.ScanInput, options ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	out, err := b.Client.Scan(ctx, in, options...)
	if b.happens != nil {
		b.happens()
		b.happens = nil
	}
	return out, err
}

var _ = scenario("what is written while a sweep looks for unused items does not expire", func(t *testing.T, l *lab) {
	s := l.store()
	must(t, s.SaveDocuments(ctx, []string{"text"}))
	commitState(t, s, finding.State{Key: key})
	must(t, s.PutRefused(ctx, functions+"f", key))
	must(t, s.PutRefused(ctx, functions+"g", key+"-other"))
	l.pass(500 * day)
	other := l.store()
	mid := dynamostore.New(&between{l.client, func() {
		must(t, other.SaveDocuments(ctx, []string{"text"}))
		must(t, other.PutRefused(ctx, functions+"f", key))
		must(t, other.PutRefused(ctx, functions+"g", key+"-other"))
		commitState(t, other, finding.State{Key: key, Exists: true})
	}}, l.table, l.now)
	l.sweep(t, mid)
	if left := slices.Sorted(maps.Keys(l.expiring(t))); len(left) != 0 {
		t.Errorf("%v expire", left)
	}
})
