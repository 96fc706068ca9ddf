package dynamostore_test

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const functions = "arn:aws:lambda:us-east-1:" + account + ":function:"

func version(name, v, roleName string) role.Function {
	return role.Function{ARN: functions + name, Version: v, Role: "arn:aws:iam::" + account + ":role/service/" + roleName}
}

// used lists the versions that use a role, by the index, as "name:version".
func used(t *testing.T, s *dynamostore.Store, roleName string) (list []string, complete bool) {
	t.Helper()
	u, err := s.Users(ctx, account, "arn:aws:iam::"+account+":role/"+roleName)
	must(t, err)
	for _, f := range u.List {
		list = append(list, f.QualifiedARN()[len(functions):])
	}
	if u.Complete == (u.Why != "") {
		t.Errorf("complete %v, why %q", u.Complete, u.Why)
	}
	return list, u.Complete
}

func expectUsers(t *testing.T, s *dynamostore.Store, roleName string, wantComplete bool, want ...string) {
	t.Helper()
	list, complete := used(t, s, roleName)
	if diff := cmp.Diff(want, list); diff != "" || complete != wantComplete {
		t.Errorf("users of %s: complete %v, want %v (-want +got):\n%s", roleName, complete, wantComplete, diff)
	}
}

func startSweep(t *testing.T, s *dynamostore.Store, at time.Time) int64 {
	t.Helper()
	generation, mine, err := s.StartSweep(ctx, account, at, at.Add(time.Hour))
	if err != nil || !mine {
		t.Fatalf("start a sweep: %v, %v", mine, err)
	}
	return generation
}

var _ = scenario("the facts of a version come back as they were written", func(t *testing.T, l *lab) {
	s := l.store()
	full := version("shop", "$LATEST", "a")
	full.Environment, full.KMSKey, full.LastModified, full.Edge = role.Have(true), role.Have("arn:aws:kms:key"), role.Have(start), role.Have(false)
	full.Config = role.UnreadConfig(role.Because("not asked for"))
	full.Config.Network = role.Have(role.Network{VPC: "vpc-1", Subnets: []string{"subnet-1"}})
	full.Config.Sources, full.Config.LogGroup = role.Have([]role.Source{{Kind: role.SourceSQS, ARN: "arn:aws:sqs:q"}}), role.None[string]()
	numbered := version("shop", "2", "a")
	numbered.Aliases = []string{"beta", "live"}
	numbered.Environment, numbered.KMSKey, numbered.LastModified, numbered.Edge = role.Have(false), role.None[string](), role.NotRead[time.Time](role.Because("why")), role.NotRead[bool](role.Because("list"))
	ten := version("shop", "10", "a")
	ten.Role = "no ARN at all"
	roleless := role.Function{ARN: functions + "shop", Version: "11"}
	want := []role.Function{full, numbered, ten, roleless}
	must(t, s.PutVersions(ctx, account, full.ARN, want))
	got, err := l.store().Versions(ctx, full.ARN)
	must(t, err)
	if diff := cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := s.Versions(ctx, functions+"none"); err != nil || got != nil {
		t.Errorf("versions of no function: %v, %v", got, err)
	}
	if u, err := s.Users(ctx, account, "no ARN at all"); err != nil || len(u.List) != 1 {
		t.Errorf("users of what is no role: %v, %v", u.List, err)
	}
})

var _ = scenario("the index is complete with a sweep and keeps what events wrote since", func(t *testing.T, l *lab) {
	s := l.store()
	put := func(name string, versions ...role.Function) {
		t.Helper()
		must(t, s.PutVersions(ctx, account, functions+name, versions))
	}
	put("gone", version("gone", "$LATEST", "a"))
	generation := startSweep(t, s, start)
	if _, again, err := l.store().StartSweep(ctx, account, start, start.Add(time.Hour)); again || err != nil {
		t.Errorf("two sweeps at a time: %v, %v", again, err)
	}
	put("new", version("new", "10", "a"), version("new", "2", "a"), version("new", "$LATEST", "b"))
	put("deleted", version("deleted", "$LATEST", "a"))
	put("deleted")
	listed := []role.Function{version("new", "2", "b"), version("old", "$LATEST", "a"), version("deleted", "$LATEST", "a")}
	must(t, s.PutSwept(ctx, generation, listed))
	must(t, s.PutSwept(ctx, generation, listed))
	expectUsers(t, s, "a", false, "gone", "new:2", "new:10", "old")
	other := l.store()
	expectUsers(t, other, "b", false, "new")
	must(t, s.IndexBuilt(ctx, account, generation))
	// A process that has seen the index unfinished does not believe so a moment longer.
	expectUsers(t, other, "b", true, "new")
	expectUsers(t, s, "a", true, "new:2", "new:10", "old")
	expectUsers(t, l.store(), "b", true, "new")
	must(t, s.FinishSweep(ctx, account, generation, start))
	sweep, err := l.store().SweepState(ctx, account)
	if diff := cmp.Diff(finding.Sweep{Generation: 1, Complete: 1, Indexed: 1, CompletedAt: start}, sweep); err != nil || diff != "" {
		t.Errorf("sweep: %v (-want +got):\n%s", err, diff)
	}
	put("old")
	expectUsers(t, s, "a", true, "new:2", "new:10")
	versions, err := s.Versions(ctx, functions+"new")
	if err != nil || len(versions) != 3 || versions[0].Version != "$LATEST" || versions[2].Version != "10" {
		t.Errorf("versions %v, %v", versions, err)
	}
	if keys := l.keysInTable(t); len(keys) != 5 {
		t.Errorf("what is outdated or was deleted is left in the table: %v", keys)
	}
})

var _ = scenario("the next sweep drops what nobody has seen since", func(t *testing.T, l *lab) {
	s := l.store()
	first := startSweep(t, s, start)
	must(t, s.PutSwept(ctx, first, []role.Function{version("stays", "$LATEST", "a"), version("goes", "$LATEST", "a"), version("moves", "$LATEST", "a")}))
	must(t, s.IndexBuilt(ctx, account, first))
	must(t, s.FinishSweep(ctx, account, first, start))
	expectUsers(t, s, "a", true, "goes", "moves", "stays")
	other := l.store()
	second := startSweep(t, other, start.Add(24*time.Hour))
	must(t, other.PutSwept(ctx, second, []role.Function{version("stays", "$LATEST", "a"), version("moves", "$LATEST", "b")}))
	expectUsers(t, other, "a", true, "goes", "stays")
	must(t, other.IndexBuilt(ctx, account, second))
	expectUsers(t, other, "a", true, "stays")
	if versions, err := other.Versions(ctx, functions+"goes"); err != nil || len(versions) != 0 {
		t.Errorf("versions of what is gone: %v, %v", versions, err)
	}
	// A process that remembers the first generation notices within a minute.
	l.pass(2 * time.Minute)
	expectUsers(t, s, "a", true, "stays")
	expectUsers(t, s, "b", true, "moves")
})

// twice sends each update again, as the SDK does when the answer to the first was lost.
type twice struct{ *dynamodb.Client }

func (c twice) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, options ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if out, err := c.Client.UpdateItem(ctx, in, options...); err != nil {
		return out, err
	}
	return c.Client.UpdateItem(ctx, in, options...)
}

var _ = scenario("a sweep starts though the answer was lost", func(t *testing.T, l *lab) {
	s := dynamostore.New(twice{l.client}, l.table, l.now)
	generation := startSweep(t, s, start)
	must(t, s.FinishSweep(ctx, account, generation, start))
	if sweep, err := s.SweepState(ctx, account); err != nil || sweep.Complete != generation {
		t.Errorf("%+v, %v", sweep, err)
	}
	startSweep(t, l.store(), start.Add(24*time.Hour))
	if _, ok, err := s.StartSweep(ctx, account, start.Add(24*time.Hour), start.Add(25*time.Hour)); ok || err != nil {
		t.Errorf("two sweeps at once: %v, %v", ok, err)
	}
})

var _ = scenario("an overtaken sweep changes nothing", func(t *testing.T, l *lab) {
	s := l.store()
	first := startSweep(t, s, start)
	second := startSweep(t, s, start.Add(2*time.Hour))
	if second != first+1 {
		t.Fatalf("second sweep: %d after %d", second, first)
	}
	must(t, s.IndexBuilt(ctx, account, first))
	must(t, s.FinishSweep(ctx, account, first, start))
	want := finding.Sweep{Generation: second, LeasedUntil: start.Add(3 * time.Hour)}
	sweep, err := s.SweepState(ctx, account)
	if diff := cmp.Diff(want, sweep); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, complete := used(t, s, "a"); complete {
		t.Error("complete by an overtaken sweep")
	}
	must(t, s.FinishSweep(ctx, account, second, start.Add(2*time.Hour)))
	if third := startSweep(t, s, start.Add(2*time.Hour)); third != second+1 {
		t.Errorf("third sweep: %d", third)
	}
})

var _ = scenario("a function with very many versions is written whole", func(t *testing.T, l *lab) {
	s := l.store()
	var versions []role.Function
	for i := range 150 {
		versions = append(versions, version("many", strconv.Itoa(i+1), "a"))
	}
	must(t, s.PutVersions(ctx, account, functions+"many", versions))
	if list, _ := used(t, s, "a"); len(list) != 150 || list[149] != "many:150" {
		t.Errorf("%d users", len(list))
	}
	must(t, s.PutVersions(ctx, account, functions+"many", versions[140:]))
	if list, _ := used(t, s, "a"); len(list) != 10 {
		t.Errorf("%d users after most were deleted: %v", len(list), list)
	}
	if err := s.PutVersions(ctx, account, functions+"many", []role.Function{version("another", "1", "a")}); err == nil {
		t.Error("another function's version went through")
	}
	if list, _ := used(t, s, "a"); fmt.Sprint(list[0]) != "many:141" {
		t.Errorf("users %v", list)
	}
})
